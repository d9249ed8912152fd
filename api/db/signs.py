"""Signs of life in a table."""

from sqlalchemy import delete, insert, select

from api.db.session import Session
from api.db.tables import signs
from api.services.sign_ports import Side, Sign


class SqlSigns:
    """Adapter of the `Signs` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def get(self, *, conversation_id: str, side: Side) -> Sign:
        """Return one side's sign."""
        query = select(signs.c.read, signs.c.typing_until).where(
            signs.c.conversation_id == conversation_id, signs.c.side == side.value
        )
        row = await self._session.row(query)
        return Sign() if row is None else Sign(read=row.read, typing_until=row.typing_until)

    async def put(self, *, conversation_id: str, side: Side, sign: Sign) -> None:
        """Store one side's sign."""
        same = (signs.c.conversation_id == conversation_id, signs.c.side == side.value)
        await self._session.connection.execute(delete(signs).where(*same))
        row = {
            "conversation_id": conversation_id,
            "side": side.value,
            "read": sign.read,
            "typing_until": sign.typing_until,
        }
        await self._session.connection.execute(insert(signs).values(**row))
