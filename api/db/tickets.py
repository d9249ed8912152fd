"""Tickets in a table."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import Row, and_, insert, select, update

from api.db.queue_items import queue_items, queue_ticket
from api.db.scoping import in_scope
from api.db.session import Session
from api.db.tables import tickets
from api.services.records import Assistance, ReportTo, SafeToContact, Ticket, TicketKind, Viewer
from knowledge_base.types import Urgency

_SHOWN: Final = tuple(column for column in tickets.c if column.name != "words_sealed")


class SqlTickets:
    """Adapter of the `Tickets` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def add(self, ticket: Ticket, *, words: str | None = None) -> None:
        """Store a new ticket, its words sealed."""
        sealed = words and self._session.keyring.seal(words, table="tickets", column="words", row=ticket.id)
        values = {**asdict(ticket), "assistance": _listed(ticket.assistance), "words_sealed": sealed or None}
        await self._session.connection.execute(insert(tickets).values(**values))
        await queue_ticket(self._session, ticket)

    async def get(self, ticket_id: str, *, lock: bool = True) -> Ticket | None:
        """Return one ticket, its row locked where the transaction writes."""
        query = select(*_SHOWN).where(tickets.c.id == ticket_id)
        query = self._session.locking(query) if lock else query
        row = await self._session.row(query)
        return None if row is None else _ticket(row)

    async def words(self, ticket_id: str) -> str | None:
        """Open what the caller said."""
        query = select(tickets.c.words_sealed).where(tickets.c.id == ticket_id)
        return await self._session.opened(query, table="tickets", column="words", row=ticket_id)

    async def reword(self, ticket_id: str, *, words: str) -> None:
        """Put other words in the place of what the caller said, sealed like them."""
        sealed = self._session.keyring.seal(words, table="tickets", column="words", row=ticket_id)
        await self._session.connection.execute(
            update(tickets).where(tickets.c.id == ticket_id).values(words_sealed=sealed)
        )

    async def numbered(self, number: str) -> Ticket | None:
        """Return the ticket that bears this number."""
        row = await self._session.row(select(*_SHOWN).where(tickets.c.number == number))
        return None if row is None else _ticket(row)

    async def save(self, ticket: Ticket) -> None:
        """Store what can change of a ticket."""
        await self._session.connection.execute(
            update(tickets)
            .where(tickets.c.id == ticket.id)
            .values(
                urgency=ticket.urgency,
                reason=ticket.reason,
                owner=ticket.owner,
                closed_at=ticket.closed_at,
                outcome=ticket.outcome,
                times=ticket.times,
                heard_at=ticket.heard_at,
                acknowledged_at=ticket.acknowledged_at,
                report_raised_at=ticket.report_raised_at,
                reported_at=ticket.reported_at,
                reported_by=ticket.reported_by,
                reported_to=ticket.reported_to,
                contact=ticket.contact,
                due=ticket.due,
                slot=ticket.slot,
                tried=ticket.tried,
                next_at=ticket.next_at,
                safe_to_contact=ticket.safe_to_contact,
                assistance=_listed(ticket.assistance),
            )
        )
        await queue_ticket(self._session, ticket)

    async def several(self, ids: Collection[str]) -> tuple[Ticket, ...]:
        """Return these tickets, in no order."""
        query = select(*_SHOWN).where(tickets.c.id.in_(ids))
        return tuple(_ticket(row) for row in await self._session.connection.execute(query))

    async def open_ones(
        self, *, conversation_id: str | None = None, reference: str | None = None
    ) -> tuple[Ticket, ...]:
        """Return open tickets, oldest first."""
        query = select(*_SHOWN).where(tickets.c.closed_at.is_(None)).order_by(tickets.c.opened_at)
        if conversation_id is not None:
            query = query.where(tickets.c.conversation_id == conversation_id)
        if reference is not None:
            query = query.where(tickets.c.reference == reference)
        return tuple(_ticket(row) for row in await self._session.connection.execute(query))

    async def alerts_of(self, conversation_id: str) -> tuple[str, ...]:
        """Look closed ones up too."""
        query = (
            select(tickets.c.id)
            .where(tickets.c.conversation_id == conversation_id, tickets.c.kind == TicketKind.ALERT)
            .order_by(tickets.c.opened_at, tickets.c.id)
        )
        return tuple((await self._session.connection.execute(query)).scalars())

    async def untaken(self, *, viewer: Viewer) -> tuple[Ticket, ...]:
        """Look in the queue, where what nobody answers for has an index; every page of staff asks."""
        waits = queue_items
        query = (
            select(*_SHOWN)
            .join(waits, and_(waits.c.id == tickets.c.id, waits.c.application.is_(False)))
            .where(waits.c.unanswered.is_(True), in_scope(waits, viewer))
            .order_by(tickets.c.opened_at, tickets.c.id)
        )
        return tuple(_ticket(row) for row in await self._session.connection.execute(query))


def _listed(assistance: tuple[Assistance, ...]) -> str | None:
    return ",".join(assistance) or None


def _ticket(row: Row[Any]) -> Ticket:
    return Ticket(
        id=row.id,
        kind=TicketKind(row.kind),
        reason=row.reason,
        urgency=Urgency(row.urgency),
        region=row.region,
        opened_at=row.opened_at,
        conversation_id=row.conversation_id,
        reference=row.reference,
        owner=row.owner,
        closed_at=row.closed_at,
        outcome=row.outcome,
        times=row.times,
        heard_at=row.heard_at,
        acknowledged_at=row.acknowledged_at,
        report_raised_at=row.report_raised_at,
        reported_at=row.reported_at,
        reported_by=row.reported_by,
        reported_to=None if row.reported_to is None else ReportTo(row.reported_to),
        number=row.number,
        slot=row.slot,
        tried=row.tried,
        next_at=row.next_at,
        due=row.due,
        contact=row.contact,
        safe_to_contact=None if row.safe_to_contact is None else SafeToContact(row.safe_to_contact),
        assistance=tuple(Assistance(each) for each in (row.assistance or "").split(",") if each),
    )
