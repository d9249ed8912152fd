"""What waits, in narrow rows of its own: the staff queue reads neither closed cases nor anything that is sealed.

Applications and tickets write their row here in the transaction that changes them, and take it away when they close.
"""

import hashlib
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, delete, func, insert, select, update

from api.db.session import Session
from api.db.tables import METADATA, Moment
from api.domain.application import OPEN_STATES
from api.domain.clocks import clocks
from api.domain.priority import promised_from
from api.services.records import ApplicationRecord, Ticket, TicketKind
from knowledge_base.types import Urgency

queue_items = Table(
    "queue_items",
    METADATA,
    Column("id", String(32), primary_key=True),
    # A ticket stands before an application of the same age.
    Column("application", Boolean, primary_key=True),
    Column("conversation_id", String(32)),
    Column("reference", String(20)),
    # What came from one conversation is one line, and so is what is about one application.
    Column("line", String(32), nullable=False),
    Column("region", String(6)),
    Column("owner", String(32)),
    Column("unanswered", Boolean, nullable=False),
    Column("urgency", String(2), nullable=False),
    Column("same_day", Boolean, nullable=False),
    Column("promised_from", Moment),
    Column("clock_due", Moment),
    Column("pressing_from", Moment),
    Column("since", Moment, nullable=False),
    Column("stamp", BigInteger, nullable=False),
    Index("ix_queue_items_urgency_since", "urgency", "since", "application", "id"),
    Index("ix_queue_items_clock_due", "clock_due", "since", "application", "id"),
    Index("ix_queue_items_same_day_since", "same_day", "since", "application", "id"),
    Index("ix_queue_items_since", "since", "application", "id"),
    Index("ix_queue_items_promised_from", "promised_from"),
    Index("ix_queue_items_unanswered", "unanswered"),
    # All that the figures count: this index alone is read for them.
    Index("ix_queue_items_line", "line", "region", "unanswered", "owner", "urgency", "clock_due"),
    Index("ix_queue_items_owner", "owner"),
    Index("ix_queue_items_reference", "reference"),
    Index("ix_queue_items_stamp", "stamp"),
)
_STAMP: Final = 5
"""Bytes of a stamp: eight million of them add up within a BIGINT."""


async def queue_application(session: Session, record: ApplicationRecord) -> None:
    """Let an application wait as what it is now, or wait no longer."""
    reference = record.application.reference
    row = application_row(record) if record.application.state in OPEN_STATES else None
    await _put(session, row, id_=reference, application=True, reference=reference)


async def queue_ticket(session: Session, ticket: Ticket) -> None:
    """Let a ticket wait as what it is now, or wait no longer."""
    row = ticket_row(ticket) if ticket.closed_at is None else None
    await _put(session, row, id_=ticket.id, application=False, reference=ticket.reference)


def application_row(record: ApplicationRecord) -> dict[str, Any]:
    """Return the row of an open application; its line is right until it is linked."""
    application = record.application
    running = clocks(application)
    return {
        "id": application.reference,
        "application": True,
        "conversation_id": record.conversation_id,
        "reference": application.reference,
        "line": record.conversation_id or application.reference,
        "region": record.region,
        "owner": record.owner,
        "unanswered": False,
        "urgency": record.urgency,
        "same_day": application.same_day or record.urgency is Urgency.S1,
        "promised_from": None,
        "clock_due": min((clock.due for clock in running), default=None),
        "pressing_from": min((clock.pressing_from for clock in running), default=None),
        "since": application.received_at or application.state_since,
        # Every change of an application counts its version on.
        "stamp": _stamp(application.reference, application.version),
    }


def ticket_row(ticket: Ticket) -> dict[str, Any]:
    """Return the row of an open ticket; its line is right until it is linked."""
    return {
        "id": ticket.id,
        "application": False,
        "conversation_id": ticket.conversation_id,
        "reference": ticket.reference,
        "line": ticket.conversation_id or ticket.reference or ticket.id,
        "region": ticket.region,
        "owner": ticket.owner,
        "unanswered": ticket.kind is TicketKind.ALERT and ticket.owner is None,
        "urgency": ticket.urgency,
        "same_day": ticket.urgency is Urgency.S1,
        "promised_from": promised_from(due=ticket.due, next_at=ticket.next_at),
        "clock_due": None,
        "pressing_from": None,
        "since": ticket.opened_at,
        # What a line shows of it.
        "stamp": _stamp(
            ticket.id,
            *(ticket.owner, ticket.urgency, ticket.reason, ticket.times, ticket.reported_at, ticket.next_at),
        ),
    }


async def _put(
    session: Session, row: dict[str, Any] | None, *, id_: str, application: bool, reference: str | None
) -> None:
    run, column = session.connection.execute, queue_items.c
    await run(delete(queue_items).where(column.id == id_, column.application.is_(application)))
    if row is not None:
        await run(insert(queue_items).values(**row))
    if reference is not None:
        # What is about one application and names no conversation stands in the line of what does.
        named = queue_items.alias("named")
        thread = select(func.max(named.c.conversation_id)).where(named.c.reference == reference).scalar_subquery()
        alone = (column.reference == reference, column.conversation_id.is_(None))
        await run(update(queue_items).where(*alone).values(line=func.coalesce(thread, reference)))


def _stamp(*shown: object) -> int:
    text = "\n".join(map(str, shown))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=_STAMP).digest())
