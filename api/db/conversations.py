"""Threads, messages and the dialogue's memory in tables."""

from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, and_, func, insert, not_, select, update

from api.db.session import Session
from api.db.tables import conversations as threads
from api.db.tables import messages
from api.domain.conversation import Hold, Holder
from api.services.records import (
    Care,
    Conversation,
    DialogueState,
    JsonObject,
    NewMessage,
    SafeToContact,
    Sender,
    StoredMessage,
)
from knowledge_base.types import SafetyKind, Scene, Urgency

_SELDOM: Final = {
    "state_sealed",
    "external_user_sealed",
    "token_digest",
    "external_digest",
    "last_seq",
    "delivered_seq",
}
THREAD: Final = tuple(column for column in threads.c if column.name not in _SELDOM)
"""What makes a thread."""


class SqlConversations:
    """Adapter of the `Conversations` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def add(
        self, conversation: Conversation, *, token_digest: str, external_digest: str | None, external_user: str | None
    ) -> None:
        """Store a new thread."""
        sealed = None
        if external_user is not None:
            sealed = self._session.keyring.seal(
                external_user, table="conversations", column="external_user", row=conversation.id
            )
        await self._session.connection.execute(
            insert(threads).values(
                id=conversation.id,
                channel=conversation.channel,
                locale=conversation.locale,
                opened_at=conversation.opened_at,
                token_digest=token_digest,
                external_digest=external_digest,
                external_user_sealed=sealed,
                **_changeable(conversation),
            )
        )

    async def get(self, conversation_id: str, *, lock: bool = True) -> Conversation | None:
        """Return a thread, its row locked where the transaction writes."""
        query = select(*THREAD).where(threads.c.id == conversation_id)
        query = self._session.locking(query) if lock else query
        row = await self._session.row(query)
        return None if row is None else thread_of(row)

    async def by_external(self, *, channel: str, external_digest: str) -> Conversation | None:
        """Return the newest thread of a platform's user."""
        query = (
            select(*THREAD)
            .where(threads.c.channel == channel, threads.c.external_digest == external_digest)
            .order_by(threads.c.opened_at.desc())
            .limit(1)
        )
        row = await self._session.row(query)
        return None if row is None else thread_of(row)

    async def external_user(self, conversation_id: str) -> str | None:
        """Return the platform's user id."""
        query = select(threads.c.external_user_sealed).where(threads.c.id == conversation_id)
        return await self._session.opened(query, table="conversations", column="external_user", row=conversation_id)

    async def token_digest(self, conversation_id: str) -> str | None:
        """Return the digest of the bearer token."""
        query = select(threads.c.token_digest).where(threads.c.id == conversation_id)
        digest: str | None = await self._session.value(query)
        return digest

    async def save(self, conversation: Conversation) -> None:
        """Store what can change of a thread."""
        await self._session.connection.execute(
            update(threads).where(threads.c.id == conversation.id).values(**_changeable(conversation))
        )

    async def leases_expired(self, *, now: datetime) -> tuple[Conversation, ...]:
        """Return threads whose person has gone away."""
        query = self._session.locking(
            select(*THREAD).where(threads.c.holder == Holder.PERSON, threads.c.lease_until <= now)
        )
        return tuple(thread_of(row) for row in await self._session.connection.execute(query))

    async def inbound(self, *, conversation_id: str, external_id: str, sender: Sender) -> StoredMessage | None:
        """Return this sender's message with this external id."""
        query = select(messages).where(
            messages.c.conversation_id == conversation_id,
            messages.c.external_id == external_id,
            messages.c.sender == sender,
        )
        row = await self._session.row(query)
        return None if row is None else self._message(row)

    async def append(  # noqa: PLR0913 - the port's
        self,
        conversation_id: str,
        message: NewMessage,
        *,
        now: datetime,
        external_id: str | None = None,
        payload: JsonObject | None = None,
        in_reply_to: int | None = None,
    ) -> StoredMessage:
        """Store a message under the next sequence number, drawn and used in one transaction."""
        drawn = await self._session.connection.execute(
            update(threads)
            .where(threads.c.id == conversation_id)
            .values(last_seq=threads.c.last_seq + 1)
            .returning(threads.c.last_seq)
        )
        seq: int = drawn.scalar_one()
        content = {"text": message.text, "body": message.body, "payload": payload}
        await self._session.connection.execute(
            insert(messages).values(
                conversation_id=conversation_id,
                seq=seq,
                sender=message.sender,
                kind=message.kind,
                content_sealed=self._session.seal_json(
                    content, table="messages", column="content", row=f"{conversation_id}:{seq}"
                ),
                created_at=now,
                external_id=external_id,
                in_reply_to=in_reply_to,
            )
        )
        return StoredMessage(
            sender=message.sender,
            kind=message.kind,
            text=message.text,
            body=message.body,
            seq=seq,
            created_at=now,
            external_id=external_id,
            payload=payload,
        )

    async def mark_answered(self, *, conversation_id: str, seq: int) -> None:
        """Note that the turn of this message is over."""
        await self._session.connection.execute(
            update(messages)
            .where(messages.c.conversation_id == conversation_id, messages.c.seq == seq)
            .values(answered=True)
        )

    async def unanswered(self, conversation_id: str, *, besides: str) -> bool:
        """Tell whether a message of the citizen waits, where `besides` is not stored yet."""
        own = (messages.c.conversation_id == conversation_id, messages.c.sender == Sender.CITIZEN)
        waits = select(messages.c.seq).where(*own, messages.c.answered.is_(False)).exists()
        known = select(messages.c.seq).where(*own, messages.c.external_id == besides).exists()
        return bool(await self._session.value(select(and_(waits, not_(known)))))

    async def after(self, *, conversation_id: str, seq: int, limit: int | None = None) -> tuple[StoredMessage, ...]:
        """Return messages with a greater sequence number."""
        query = (
            select(messages)
            .where(messages.c.conversation_id == conversation_id, messages.c.seq > seq)
            .order_by(messages.c.seq)
            .limit(limit)
        )
        return tuple(self._message(row) for row in await self._session.connection.execute(query))

    async def undelivered(self, conversation_id: str) -> tuple[StoredMessage, ...]:
        """Return what was said to the citizen and has not been carried to them."""
        reached = select(threads.c.delivered_seq).where(threads.c.id == conversation_id).scalar_subquery()
        query = (
            select(messages)
            .where(messages.c.conversation_id == conversation_id, messages.c.seq > reached)
            .where(messages.c.sender != Sender.CITIZEN)
            .order_by(messages.c.seq)
        )
        return tuple(self._message(row) for row in await self._session.connection.execute(query))

    async def mark_delivered(self, conversation_id: str, *, seq: int) -> None:
        """Note how far the citizen has been told; never back."""
        await self._session.connection.execute(
            update(threads)
            .where(threads.c.id == conversation_id, threads.c.delivered_seq < seq)
            .values(delivered_seq=seq)
        )

    async def last_turn(self, conversation_id: str) -> tuple[StoredMessage, ...]:
        """Return everything said since the citizen spoke last."""
        spoke = (
            select(func.coalesce(func.max(messages.c.seq), 0))
            .where(messages.c.conversation_id == conversation_id, messages.c.sender == Sender.CITIZEN)
            .scalar_subquery()
        )
        query = (
            select(messages)
            .where(messages.c.conversation_id == conversation_id, messages.c.seq > spoke)
            .order_by(messages.c.seq)
        )
        return tuple(self._message(row) for row in await self._session.connection.execute(query))

    async def last_said(self, conversation_id: str, *, sender: Sender) -> datetime | None:
        """Return when this sender spoke last."""
        query = (
            select(messages.c.created_at)
            .where(messages.c.conversation_id == conversation_id, messages.c.sender == sender)
            .order_by(messages.c.seq.desc())
            .limit(1)
        )
        said: datetime | None = await self._session.value(query)
        return said

    async def replies(self, *, conversation_id: str, seq: int) -> tuple[StoredMessage, ...]:
        """Return what was said in reply to one message."""
        query = (
            select(messages)
            .where(messages.c.conversation_id == conversation_id, messages.c.in_reply_to == seq)
            .order_by(messages.c.seq)
        )
        return tuple(self._message(row) for row in await self._session.connection.execute(query))

    async def load_state(self, conversation_id: str) -> DialogueState:
        """Return the dialogue's memory."""
        query = select(threads.c.state_sealed).where(threads.c.id == conversation_id)
        sealed = await self._session.value(query)
        if sealed is None:
            return DialogueState()
        stored = self._session.open_json(sealed, table="conversations", column="state", row=conversation_id)
        return DialogueState(**{**stored, "matters": tuple(stored.get("matters", ()))})

    async def save_state(self, conversation_id: str, state: DialogueState) -> None:
        """Replace the dialogue's memory."""
        await self._session.connection.execute(
            update(threads)
            .where(threads.c.id == conversation_id)
            .values(
                state_sealed=self._session.seal_json(
                    asdict(state), table="conversations", column="state", row=conversation_id
                ),
                expecting=state.asked,
                expecting_private=state.asked_private,
            )
        )

    def _message(self, row: Row[Any]) -> StoredMessage:
        content = self._session.open_json(
            row.content_sealed, table="messages", column="content", row=f"{row.conversation_id}:{row.seq}"
        )
        return StoredMessage(
            sender=Sender(row.sender),
            kind=row.kind,
            text=content["text"],
            body=content["body"],
            payload=content["payload"],
            seq=row.seq,
            created_at=row.created_at,
            external_id=row.external_id,
            answered=row.answered,
        )


def _changeable(conversation: Conversation) -> dict[str, object]:
    return {
        "region": conversation.region,
        "holder": conversation.hold.holder,
        "staff": conversation.hold.staff,
        "lease_until": conversation.hold.lease_until,
        "urgency": conversation.urgency,
        "care": asdict(conversation.care),
    }


def thread_of(row: Row[Any]) -> Conversation:
    """Return a thread from its row of the columns `THREAD`."""
    return Conversation(
        id=row.id,
        channel=row.channel,
        region=row.region,
        locale=row.locale,
        opened_at=row.opened_at,
        hold=Hold(holder=Holder(row.holder), staff=row.staff, lease_until=row.lease_until),
        urgency=Urgency(row.urgency),
        expecting=row.expecting,
        expecting_private=row.expecting_private,
        care=_care(row.care),
    )


def _care(stored: JsonObject | None) -> Care:
    if not stored:
        return Care()
    safe = stored.get("safe_to_contact")
    heard = tuple(SafetyKind(kind) for kind in stored.get("heard", ()))
    scene = Scene(stored["scene"]) if stored.get("scene") else None
    contact = SafeToContact(safe) if safe else None
    return Care(**{**stored, "heard": heard, "safe_to_contact": contact, "scene": scene})
