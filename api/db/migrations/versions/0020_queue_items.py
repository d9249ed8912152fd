"""What waits, in a table of its own, instead of two columns of the applications."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from api.db.tables import Moment
from api.domain.priority import promised_from

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_queue_items_urgency_since": ["urgency", "since", "application", "id"],
    "ix_queue_items_clock_due": ["clock_due", "since", "application", "id"],
    "ix_queue_items_same_day_since": ["same_day", "since", "application", "id"],
    "ix_queue_items_since": ["since", "application", "id"],
    "ix_queue_items_promised_from": ["promised_from"],
    "ix_queue_items_line": ["line", "region", "unanswered", "owner", "urgency", "clock_due"],
    "ix_queue_items_owner": ["owner"],
    "ix_queue_items_reference": ["reference"],
    "ix_queue_items_stamp": ["stamp"],
}


def upgrade() -> None:
    """Bring the schema forward."""
    waiting = op.create_table(
        "queue_items",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("application", sa.Boolean(), nullable=False),
        sa.Column("conversation_id", sa.String(length=32), nullable=True),
        sa.Column("reference", sa.String(length=20), nullable=True),
        sa.Column("line", sa.String(length=32), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=True),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("unanswered", sa.Boolean(), nullable=False),
        sa.Column("urgency", sa.String(length=2), nullable=False),
        sa.Column("same_day", sa.Boolean(), nullable=False),
        sa.Column("promised_from", Moment(), nullable=True),
        sa.Column("clock_due", Moment(), nullable=True),
        sa.Column("pressing_from", Moment(), nullable=True),
        sa.Column("since", Moment(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "application", name=op.f("pk_queue_items")),
    )
    for name, columns in _INDEXES.items():
        op.create_index(name, "queue_items", columns)
    rows = [*_applications(), *_tickets()]
    threads: dict[str | None, str] = {}
    for row in rows:
        if row["reference"] and row["conversation_id"]:
            threads[row["reference"]] = max(threads.get(row["reference"], ""), row["conversation_id"])
    for row in rows:
        row["line"] = row["conversation_id"] or threads.get(row["reference"]) or row["reference"] or row["id"]
    if rows:
        op.bulk_insert(waiting, rows)
    # Not as a batch: SQLite would make the table anew, and its tickets would not let go of the old one.
    op.drop_column("applications", "pressing_from")
    op.drop_column("applications", "clock_due")


def downgrade() -> None:
    """Take the schema back."""
    op.add_column("applications", sa.Column("clock_due", Moment(), nullable=True))
    op.add_column("applications", sa.Column("pressing_from", Moment(), nullable=True))
    for name in ("clock_due", "pressing_from"):
        op.execute(
            f"UPDATE applications SET {name} = (SELECT {name} FROM queue_items"  # noqa: S608 - two names of columns
            " WHERE queue_items.reference = applications.reference AND queue_items.application)"
        )
    for name in _INDEXES:
        op.drop_index(name, table_name="queue_items")
    op.drop_table("queue_items")


def _applications() -> list[dict[str, Any]]:
    names = ("reference", "conversation_id", "region", "owner", "urgency")
    moments = ("received_at", "state_since", "clock_due", "pressing_from")
    table = sa.table(
        "applications",
        *(sa.column(name, sa.String()) for name in names),
        *(sa.column(name, Moment()) for name in moments),
        *(sa.column(name, sa.Boolean()) for name in ("open", "same_day")),
    )
    return [
        {
            "id": row.reference,
            "application": True,
            "conversation_id": row.conversation_id,
            "reference": row.reference,
            "region": row.region,
            "owner": row.owner,
            "unanswered": False,
            "urgency": row.urgency,
            "same_day": row.same_day or row.urgency == "s1",
            "promised_from": None,
            "clock_due": row.clock_due,
            "pressing_from": row.pressing_from,
            "since": row.received_at or row.state_since or datetime.now(UTC),
            "stamp": 0,
        }
        for row in op.get_bind().execute(sa.select(table).where(table.c.open.is_(True)))
    ]


def _tickets() -> list[dict[str, Any]]:
    names = ("id", "kind", "conversation_id", "reference", "region", "owner", "urgency")
    table = sa.table(
        "tickets",
        *(sa.column(name, sa.String()) for name in names),
        *(sa.column(name, Moment()) for name in ("opened_at", "closed_at", "due", "next_at")),
    )
    return [
        {
            "id": row.id,
            "application": False,
            "conversation_id": row.conversation_id,
            "reference": row.reference,
            "region": row.region,
            "owner": row.owner,
            "unanswered": row.kind == "alert" and row.owner is None,
            "urgency": row.urgency,
            "same_day": row.urgency == "s1",
            "promised_from": promised_from(due=row.due, next_at=row.next_at),
            "clock_due": None,
            "pressing_from": None,
            "since": row.opened_at,
            "stamp": 0,
        }
        for row in op.get_bind().execute(sa.select(table).where(table.c.closed_at.is_(None)))
    ]
