"""What staff note for one another, in a table."""

from sqlalchemy import insert, or_, select

from api.db.session import Session
from api.db.tables import notes
from api.services.records import Note


class SqlNotes:
    """Adapter of the `Notes` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def add(self, note: Note) -> bool:
        """Store a note once."""
        if await self._session.value(select(notes.c.id).where(notes.c.id == note.id)) is not None:
            return False
        await self._session.connection.execute(
            insert(notes).values(
                id=note.id,
                conversation_id=note.conversation_id,
                reference=note.reference,
                staff=note.staff,
                at=note.at,
                text_sealed=self._session.keyring.seal(note.text, table="notes", column="text", row=note.id),
            )
        )
        return True

    async def of(self, *, conversation_id: str | None, reference: str | None) -> tuple[Note, ...]:
        """Open the notes on a thread or an application."""
        mine = []
        if conversation_id is not None:
            mine.append(notes.c.conversation_id == conversation_id)
        if reference is not None:
            mine.append(notes.c.reference == reference)
        if not mine:
            return ()
        query = select(notes).where(or_(*mine)).order_by(notes.c.at, notes.c.id)
        return tuple(
            Note(
                id=row.id,
                conversation_id=row.conversation_id,
                reference=row.reference,
                staff=row.staff,
                at=row.at,
                text=self._session.keyring.open(row.text_sealed, table="notes", column="text", row=row.id),
            )
            for row in await self._session.connection.execute(query)
        )
