"""Counts attempts, so that nobody can guess references, flood the intake or wear out the line (限流)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fastapi import Request
from limits import RateLimitItem, parse_many
from limits.aio.storage import Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.storage import storage_from_string

from api.http.problems import ProblemError
from api.services.ports import RateLimits

LIMITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "application.submit": "20/hour;60/day",
        "application.status": "20/hour",
        "application.status.reference": "20/hour",
        "application.pass_phrase": "10/hour",
        "knowledge.search": "120/minute",
        "triage": "120/minute",
        "eligibility": "240/minute",
        "directory": "240/minute",
        "conversation.open": "30/minute",
        "conversation.message": "30/minute",
        "conversation.attachment": "10/minute",
        "conversation.too_fast": "1/minute",
        "channel.once": "1/day",
        "staff.sign_in": "10/minute;60/hour",
    }
)
"""Attempts by action and person; actions that stand nowhere have the default."""
_DEFAULT: Final = "120/minute"


class Limiter:
    """The adapter of the `RateLimits` port over the library `limits`."""

    def __init__(self, *, storage: str = "async+memory://", limits: Mapping[str, str] = LIMITS) -> None:
        """Prepare counters; memory by default, Redis when several processes share the work."""
        found = storage_from_string(storage)
        if not isinstance(found, Storage):
            msg = "rate limits need an async+… storage address"
            raise TypeError(msg)
        self._strategy = MovingWindowRateLimiter(found)
        self._limits: dict[str, list[RateLimitItem]] = {action: parse_many(rule) for action, rule in limits.items()}
        self._default = parse_many(_DEFAULT)

    async def allow(self, action: str, *, who: str) -> bool:
        """Count one attempt and tell whether it is within every limit of this action."""
        allowed = True
        for item in self._limits.get(action, self._default):
            allowed = await self._strategy.hit(item, action, who) and allowed
        return allowed


async def within(limits: RateLimits, action: str, *, who: str) -> None:
    """Raise the problem `too_many_requests` beyond the limit."""
    if not await limits.allow(action, who=who):
        raise too_many_requests()


def too_many_requests() -> ProblemError:
    """Return what somebody is told who tries too often."""
    return ProblemError(
        429,
        "too_many_requests",
        "操作太频繁了，请过一会儿再试。急事请拨 12348，危险请拨 110。",
        headers={"Retry-After": "60"},
    )


def caller(request: Request) -> str:
    """Return who asks, as far as the network tells."""
    return request.client.host if request.client is not None else "unknown"
