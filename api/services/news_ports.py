"""The store of those who want law education (普法订阅), as services see it."""

from datetime import datetime
from typing import Protocol

from api.services.records import Conversation


class Subscriptions(Protocol):
    """Threads whose citizens agreed to be sent what they did not ask for."""

    async def since(self, conversation_id: str) -> datetime | None:
        """Return when a citizen agreed, None where they have not."""

    async def put(self, conversation_id: str, *, now: datetime) -> None:
        """Note that a citizen agrees."""

    async def end(self, conversation_id: str) -> None:
        """Forget that a citizen agreed."""

    async def threads(self, *, channel: str) -> tuple[Conversation, ...]:
        """Return the threads on a channel whose citizens agree, by their ids."""
