"""Tickets in a table."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, insert, select, update

from api.db.session import Session
from api.db.tables import tickets
from api.services.records import Ticket, TicketKind
from knowledge_base.types import Urgency


class SqlTickets:
    """Adapter of the `Tickets` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def add(self, ticket: Ticket) -> None:
        """Store a new ticket."""
        await self._session.connection.execute(insert(tickets).values(**asdict(ticket)))

    async def get(self, ticket_id: str, *, lock: bool = True) -> Ticket | None:
        """Return one ticket, its row locked where the transaction writes."""
        query = select(tickets).where(tickets.c.id == ticket_id)
        query = self._session.locking(query) if lock else query
        row = (await self._session.connection.execute(query)).one_or_none()
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
            )
        )

    async def open_ones(self, *, conversation_id: str | None = None) -> tuple[Ticket, ...]:
        """Return open tickets, oldest first."""
        query = select(tickets).where(tickets.c.closed_at.is_(None)).order_by(tickets.c.opened_at)
        if conversation_id is not None:
            query = query.where(tickets.c.conversation_id == conversation_id)
        return tuple(_ticket(row) for row in await self._session.connection.execute(query))


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
    )
