"""The store of tickets, as services see it."""

from collections.abc import Collection
from typing import Protocol

from api.services.records import Ticket, Viewer


class Tickets(Protocol):
    """What waits for a person: alerts, calls for somebody, tasks, complaints, call-backs."""

    async def add(self, ticket: Ticket, *, words: str | None = None) -> None:
        """Store a new ticket; the caller's own words are sealed."""

    async def get(self, ticket_id: str, *, lock: bool = True) -> Ticket | None:
        """Return one ticket; whoever holds its conversation too holds that first."""

    async def words(self, ticket_id: str) -> str | None:
        """Open what the caller said, for whoever works on the ticket."""

    async def reword(self, ticket_id: str, *, words: str) -> None:
        """Put other words in the place of what the caller said."""

    async def numbered(self, number: str) -> Ticket | None:
        """Return the ticket that bears this number."""

    async def save(self, ticket: Ticket) -> None:
        """Store owner, urgency, reason, contact and outcome."""

    async def several(self, ids: Collection[str]) -> tuple[Ticket, ...]:
        """Return these tickets, in no order."""

    async def open_ones(
        self, *, conversation_id: str | None = None, reference: str | None = None
    ) -> tuple[Ticket, ...]:
        """Return open tickets, of one conversation or about one application where one is named, oldest first."""

    async def alerts_of(self, conversation_id: str) -> tuple[str, ...]:
        """Return the ids of all alerts that one conversation ever gave cause to, first given first."""

    async def untaken(self, *, viewer: Viewer) -> tuple[Ticket, ...]:
        """Return the alerts of the viewer's regions that nobody answers for yet, oldest first."""
