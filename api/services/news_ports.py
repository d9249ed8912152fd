"""The stores of those who want law education (普法订阅) and of what they were sent, as services see them."""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One request of a broadcast: whose threads it names, when it was first asked for and when it was taken."""

    number: int
    threads: tuple[str, ...]
    began_at: datetime | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastPlan:
    """群发计划: what is sent to whom in which requests, on record before the first of them."""

    id: str
    channel: str
    cards: tuple[str, ...]
    text: str
    planned_at: datetime
    finished_at: datetime | None = None


class Broadcasts(Protocol):
    """What was sent to many at once, or is being sent."""

    async def add(self, plan: BroadcastPlan, *, batches: Sequence[Sequence[str]]) -> None:
        """Store a plan and whose threads each request names."""

    async def newest(self, *, channel: str) -> BroadcastPlan | None:
        """Return the plan made last, its row locked where the transaction writes."""

    async def batches(self, plan_id: str) -> tuple[Batch, ...]:
        """Return the requests of a plan, in order."""

    async def begin(self, plan_id: str, *, number: int, now: datetime) -> None:
        """Note that a request goes out; its first try counts."""

    async def sent(self, plan_id: str, *, number: int, now: datetime) -> None:
        """Note that a request was taken."""

    async def finish(self, plan_id: str, *, now: datetime) -> None:
        """Close a plan; no request of it goes out any more."""
