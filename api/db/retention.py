"""What lies in the tables and can be destroyed."""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, null, or_, select, update

from api.db.session import Session
from api.db.tables import applications, attachments, messages, notes, signs, subscriptions, tickets, vault
from api.db.tables import conversations as threads
from api.domain.conversation import Holder


class SqlRetention:
    """Adapter of the `Retention` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def idle(self, *, before: datetime, limit: int) -> tuple[str, ...]:
        """Return what nobody needs and nobody went on with."""
        query = (
            select(threads.c.id)
            .where(threads.c.opened_at < before, _of(messages), ~_said_since(before), ~_needed())
            .order_by(threads.c.opened_at)
            .limit(limit)
        )
        return tuple((await self._session.connection.execute(query)).scalars())

    async def needed(self, conversation_id: str) -> bool:
        """Ask of one conversation."""
        return await self._holds(_needed(), conversation_id)

    async def quiet(self, conversation_id: str, *, before: datetime) -> bool:
        """Ask of one conversation."""
        return not await self._holds(_said_since(before), conversation_id)

    async def empty(self, conversation_id: str) -> int:
        """Delete what was said and kept, and take from the rows that stay what says who it was."""
        run = self._session.connection.execute
        for table in (notes, signs, attachments):
            await run(delete(table).where(table.c.conversation_id == conversation_id))
        await run(delete(vault).where(vault.c.owner == conversation_id))
        await run(
            update(tickets)
            .where(tickets.c.conversation_id == conversation_id)
            .values(words_sealed=null(), contact=null())
        )
        forgotten: dict[str, Any] = {"state_sealed": null(), "care": null(), "expecting": null(), "token_digest": ""}
        subscribed = select(subscriptions.c.conversation_id).where(subscriptions.c.conversation_id == conversation_id)
        if await self._session.value(subscribed) is None:
            forgotten |= {"external_digest": null(), "external_user_sealed": null()}
        await run(update(threads).where(threads.c.id == conversation_id).values(**forgotten))
        return (await run(delete(messages).where(messages.c.conversation_id == conversation_id))).rowcount

    async def _holds(self, condition: ColumnElement[bool], conversation_id: str) -> bool:
        found = await self._session.value(select(threads.c.id).where(threads.c.id == conversation_id, condition))
        return found is not None


def _of(table: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a table with a column of that name
    return exists().where(table.c.conversation_id == threads.c.id)


def _said_since(moment: datetime) -> ColumnElement[bool]:
    return exists().where(and_(messages.c.conversation_id == threads.c.id, messages.c.created_at >= moment))


def _needed() -> ColumnElement[bool]:
    open_ticket = exists().where(and_(tickets.c.conversation_id == threads.c.id, tickets.c.closed_at.is_(None)))
    return or_(threads.c.holder != Holder.BOT, _of(applications), open_ticket)
