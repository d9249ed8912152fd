"""The store of what staff note for one another, as services see it."""

from typing import Protocol

from api.services.records import Note


class Notes(Protocol):
    """Notes on conversations and applications; their text is sealed, and nothing changes or removes one."""

    async def add(self, note: Note) -> bool:
        """Store a note; False where its id is there already: the same form, sent twice."""

    async def of(self, *, conversation_id: str | None, reference: str | None) -> tuple[Note, ...]:
        """Open the notes on a thread or an application, oldest first."""
