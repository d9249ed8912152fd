"""Who wants law education, in a table."""

from datetime import datetime

from sqlalchemy import delete, insert, select

from api.db.conversations import THREAD, thread_of
from api.db.session import Session
from api.db.tables import conversations as threads
from api.db.tables import subscriptions
from api.services.records import Conversation


class SqlSubscriptions:
    """Adapter of the `Subscriptions` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def since(self, conversation_id: str) -> datetime | None:
        """Return when a citizen agreed."""
        query = select(subscriptions.c.agreed_at).where(subscriptions.c.conversation_id == conversation_id)
        agreed: datetime | None = await self._session.value(query)
        return agreed

    async def put(self, conversation_id: str, *, now: datetime) -> None:
        """Note that a citizen agrees."""
        await self._session.connection.execute(
            insert(subscriptions).values(conversation_id=conversation_id, agreed_at=now)
        )

    async def end(self, conversation_id: str) -> None:
        """Forget that a citizen agreed."""
        await self._session.connection.execute(
            delete(subscriptions).where(subscriptions.c.conversation_id == conversation_id)
        )

    async def threads(self, *, channel: str) -> tuple[Conversation, ...]:
        """Return the threads on a channel whose citizens agree, by their ids."""
        query = (
            select(*THREAD)
            .join(subscriptions, subscriptions.c.conversation_id == threads.c.id)
            .where(threads.c.channel == channel)
            .order_by(threads.c.id)
        )
        return tuple(thread_of(row) for row in await self._session.connection.execute(query))
