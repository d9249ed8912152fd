"""The tables. Sealed columns end in `_sealed`: they hold ciphertext bound to table, column and row."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.types import TypeDecorator

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Moment(TypeDecorator[datetime]):
    """A point in time, kept in UTC and aware on both databases; SQLite alone would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time; it would mean another moment on every machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a stored moment needs a time zone"
            raise ValueError(msg)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401 - a driver's
        """Give the zone back."""
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


_ID: Final = String(32)

data_keys = Table(
    "data_keys",
    METADATA,
    Column("purpose", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
)

conversations = Table(
    "conversations",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("region", String(6)),
    Column("locale", String(16), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("token_digest", String(64), nullable=False),
    Column("external_digest", String(64)),
    Column("external_user_sealed", LargeBinary),
    Column("holder", String(16), nullable=False),
    Column("staff", _ID),
    Column("lease_until", Moment),
    Column("urgency", String(2), nullable=False),
    Column("expecting", String(128)),
    Column("expecting_private", Boolean, nullable=False, default=False),
    Column("state_sealed", LargeBinary),
    Column("last_seq", Integer, nullable=False, default=0),
    Column("delivered_seq", Integer, nullable=False, server_default="0"),
    Column("care", JSON),
    Index("ix_conversations_channel_external_digest", "channel", "external_digest"),
    Index("ix_conversations_holder_lease_until", "holder", "lease_until"),
)

messages = Table(
    "messages",
    METADATA,
    Column("conversation_id", _ID, ForeignKey("conversations.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("sender", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("content_sealed", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("external_id", String(200)),
    Column("in_reply_to", Integer),
    Column("answered", Boolean, nullable=False, default=False),
    # Ids are the sender's own: a citizen who names a message like one of our notices must not stop either.
    UniqueConstraint("conversation_id", "sender", "external_id"),
    Index("ix_messages_conversation_id_in_reply_to", "conversation_id", "in_reply_to"),
)

subscriptions = Table(
    "subscriptions",
    METADATA,
    Column("conversation_id", _ID, ForeignKey("conversations.id"), primary_key=True),
    Column("agreed_at", Moment, nullable=False),
)

broadcasts = Table(
    "broadcasts",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("channel", String(16), nullable=False),
    Column("cards", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("planned_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Index("ix_broadcasts_channel_planned_at", "channel", "planned_at"),
)

broadcast_readers = Table(
    "broadcast_readers",
    METADATA,
    Column("broadcast_id", _ID, ForeignKey("broadcasts.id"), primary_key=True),
    Column("conversation_id", _ID, ForeignKey("conversations.id"), primary_key=True),
    Column("batch", Integer, nullable=False),
    Column("began_at", Moment),
    Column("sent_at", Moment),
)

vault = Table(
    "vault",
    METADATA,
    Column("owner", _ID, primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("value_sealed", LargeBinary, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("owner", "kind", "digest"),
)

applications = Table(
    "applications",
    METADATA,
    Column("reference", String(20), primary_key=True),
    Column("state", String(32), nullable=False),
    Column("open", Boolean, nullable=False),
    Column("state_since", Moment),
    Column("received_at", Moment),
    Column("granted_at", Moment),
    Column("paused_seconds", Integer, nullable=False, default=0),
    Column("papers", JSON, nullable=False),
    Column("papers_due", Moment),
    Column("supplement_told", Boolean, nullable=False),
    Column("advance_aid", Boolean, nullable=False),
    Column("same_day", Boolean, nullable=False),
    Column("in_custody", Boolean, nullable=False),
    Column("origin", String(16), nullable=False, server_default="self"),
    Column("provider", String(64)),
    Column("provider_id", _ID),
    Column("version", Integer, nullable=False),
    Column("region", String(6)),
    Column("urgency", String(2), nullable=False),
    Column("matters", JSON, nullable=False),
    # Of one place and about the very same matters (a digest): what masses are counted by.
    Column("alike", String(32)),
    Column("outcome", String(16), nullable=False),
    Column("basis", String(32), nullable=False),
    Column("flags", JSON, nullable=False),
    Column("safe_to_contact", String(16), nullable=False),
    Column("delivery", String(16), nullable=False),
    Column("missing_documents", JSON, nullable=False),
    Column("rulebook", String(80), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("conversation_id", _ID, ForeignKey("conversations.id")),
    Column("owner", _ID),
    Column("phone_digest", String(64), nullable=False),
    Column("tail_digest", String(64), nullable=False),
    Column("consents", JSON, nullable=False),
    Column("words_sealed", LargeBinary, nullable=False),
    Column("facts_sealed", LargeBinary, nullable=False),
    Column("verdict_sealed", LargeBinary, nullable=False),
    Column("contact_sealed", LargeBinary, nullable=False),
    Column("third_party_sealed", LargeBinary),
    Column("organ_sealed", LargeBinary),
    Index("ix_applications_open_received_at", "open", "received_at"),
    Index("ix_applications_conversation_id", "conversation_id"),
    Index("ix_applications_phone_digest", "phone_digest"),
    Index("ix_applications_received_at_reference", "received_at", "reference"),
    Index("ix_applications_received_at_alike_reference", "received_at", "alike", "reference"),
    Index("ix_applications_alike_received_at_reference", "alike", "received_at", "reference"),
    Index("ix_applications_state_received_at_reference", "state", "received_at", "reference"),
)

providers = Table(
    "providers",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("credential", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("organisation", String(100), nullable=False),
    Column("practising_since", Date, nullable=False),
    Column("region", String(6), nullable=False),
    Column("languages", JSON, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("clients_sealed", LargeBinary, nullable=False),
    Index("ix_providers_credential", "credential", unique=True),
)

tickets = Table(
    "tickets",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("conversation_id", _ID, ForeignKey("conversations.id")),
    Column("reference", String(20), ForeignKey("applications.reference")),
    Column("reason", String(200), nullable=False),
    Column("urgency", String(2), nullable=False),
    Column("region", String(6)),
    Column("opened_at", Moment, nullable=False),
    Column("owner", _ID),
    Column("closed_at", Moment),
    Column("outcome", String(64)),
    Column("number", String(20)),
    Column("due", Moment),
    Column("contact", String(48)),
    Column("safe_to_contact", String(16)),
    Column("assistance", String(40)),
    Column("words_sealed", LargeBinary),
    Index("ix_tickets_number", "number", unique=True),
    Column("times", Integer, nullable=False, server_default="1"),
    Column("heard_at", Moment),
    Column("acknowledged_at", Moment),
    Column("report_raised_at", Moment),
    Column("reported_at", Moment),
    Column("reported_by", _ID),
    Column("reported_to", String(16)),
    Column("slot", String(13)),
    Column("tried", String(64), nullable=False, server_default=""),
    Column("next_at", Moment),
    Index("ix_tickets_closed_at_opened_at", "closed_at", "opened_at"),
    Index("ix_tickets_conversation_id", "conversation_id"),
    Index("ix_tickets_reference", "reference"),
)

signs = Table(
    "signs",
    METADATA,
    Column("conversation_id", _ID, ForeignKey("conversations.id"), primary_key=True),
    Column("side", String(8), primary_key=True),
    Column("read", Integer, nullable=False),
    Column("typing_until", Moment),
)

attachments = Table(
    "attachments",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("conversation_id", _ID, ForeignKey("conversations.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("media_type", String(32), nullable=False),
    Column("size", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("content_sealed", LargeBinary, nullable=False),
    Index("ix_attachments_conversation_id", "conversation_id"),
)

slot_capacities = Table(
    "slot_capacities",
    METADATA,
    Column("region", String(6), primary_key=True),
    Column("half", String(2), primary_key=True),
    Column("capacity", Integer, nullable=False),
)

notes = Table(
    "notes",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("conversation_id", _ID, ForeignKey("conversations.id")),
    Column("reference", String(20), ForeignKey("applications.reference")),
    Column("staff", _ID, nullable=False),
    Column("at", Moment, nullable=False),
    Column("text_sealed", LargeBinary, nullable=False),
    Index("ix_notes_conversation_id", "conversation_id"),
    Index("ix_notes_reference", "reference"),
)

audit = Table(
    "audit",
    METADATA,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor_kind", String(16), nullable=False),
    Column("actor_id", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("data", JSON, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("ix_audit_subject", "subject"),
)

jobs = Table(
    "jobs",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(64), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("run_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("leased_until", Moment),
    Column("error", String(64)),
    Column("dead_at", Moment),
    Index("ix_jobs_dead_at_run_at", "dead_at", "run_at"),
)

idempotency = Table(
    "idempotency",
    METADATA,
    Column("scope", String(32), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request_digest", String(64), nullable=False),
    Column("answer", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
)

staff = Table(
    "staff",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("display_name", String(64), nullable=False),
    Column("role", String(32), nullable=False),
    Column("regions", JSON, nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("totp_sealed", LargeBinary),
    Column("totp_step", Integer),
    Column("password_temporary", Boolean, nullable=False, server_default=false()),
    Column("disabled", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("created_at", Moment, nullable=False),
)

staff_sessions = Table(
    "staff_sessions",
    METADATA,
    Column("token_digest", String(64), primary_key=True),
    Column("staff_id", _ID, ForeignKey("staff.id"), nullable=False),
    Column("csrf", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index("ix_staff_sessions_staff_id", "staff_id"),
)
