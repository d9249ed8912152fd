"""The store of conversations, as services see it."""

from datetime import datetime
from typing import Protocol

from api.services.records import Conversation, DialogueState, JsonObject, NewMessage, Sender, StoredMessage


class Conversations(Protocol):
    """Threads, their messages, and the dialogue's memory of each."""

    async def add(
        self, conversation: Conversation, *, token_digest: str, external_digest: str | None, external_user: str | None
    ) -> None:
        """Store a new thread; the platform's user id is kept sealed, and found again by its digest."""

    async def get(self, conversation_id: str, *, lock: bool = True) -> Conversation | None:
        """Return a thread; a transaction that writes holds it until it ends, unless it only wants to look."""

    async def by_external(self, *, channel: str, external_digest: str) -> Conversation | None:
        """Return the newest thread of a platform's user."""

    async def external_user(self, conversation_id: str) -> str | None:
        """Return the platform's user id, for sending."""

    async def token_digest(self, conversation_id: str) -> str | None:
        """Return the digest of the bearer token, None for an unknown thread."""

    async def save(self, conversation: Conversation) -> None:
        """Store holder, urgency, region and what is expected."""

    async def leases_expired(self, *, now: datetime) -> tuple[Conversation, ...]:
        """Return threads whose person has gone away."""

    async def inbound(self, *, conversation_id: str, external_id: str, sender: Sender) -> StoredMessage | None:
        """Return this sender's message with this external id; what another sender named alike is another message."""

    async def append(  # noqa: PLR0913 - all of them named
        self,
        conversation_id: str,
        message: NewMessage,
        *,
        now: datetime,
        external_id: str | None = None,
        payload: JsonObject | None = None,
        in_reply_to: int | None = None,
    ) -> StoredMessage:
        """Store a message under the next sequence number."""

    async def mark_answered(self, *, conversation_id: str, seq: int) -> None:
        """Note that the turn of this message is over."""

    async def unanswered(self, conversation_id: str, *, besides: str) -> bool:
        """Tell whether another message of the citizen waits for its turn to end; one known by this external id waits for none."""

    async def after(self, *, conversation_id: str, seq: int, limit: int | None = None) -> tuple[StoredMessage, ...]:
        """Return messages with a greater sequence number, oldest first."""

    async def undelivered(self, conversation_id: str) -> tuple[StoredMessage, ...]:
        """Return what was said to the citizen and has not been carried to them, oldest first."""

    async def mark_delivered(self, conversation_id: str, *, seq: int) -> None:
        """Note how far the citizen has been told; never back."""

    async def last_turn(self, conversation_id: str) -> tuple[StoredMessage, ...]:
        """Return everything said since the citizen spoke last, oldest first."""

    async def last_said(self, conversation_id: str, *, sender: Sender) -> datetime | None:
        """Return when this sender spoke last."""

    async def replies(self, *, conversation_id: str, seq: int) -> tuple[StoredMessage, ...]:
        """Return what was said in reply to one message."""

    async def load_state(self, conversation_id: str) -> DialogueState:
        """Return the dialogue's memory, empty when there is none."""

    async def save_state(self, conversation_id: str, state: DialogueState) -> None:
        """Replace the dialogue's memory."""
