"""What lies in store and can be destroyed, as services see it."""

from datetime import datetime
from typing import Protocol


class Retention(Protocol):
    """What lies in store, as far as it can be destroyed."""

    async def idle(self, *, before: datetime, limit: int) -> tuple[str, ...]:
        """Return conversations that nobody needs and in which nothing was said since, the oldest first."""

    async def needed(self, conversation_id: str) -> bool:
        """Tell whether an application came out of a conversation, a person holds it, or a ticket of it is open."""

    async def quiet(self, conversation_id: str, *, before: datetime) -> bool:
        """Tell whether nothing was said in a conversation since."""

    async def empty(self, conversation_id: str) -> int:
        """Destroy words, personal values, notes and memory of a conversation; return how many messages there were.

        The row stays, with what statistics count. Its token opens nothing any more. Who it was on a platform is kept
        only for a follower who asked for law education, and for as long as they do.
        """
