"""Asks for updates where no webhook can reach us: an update is confirmed only when it was taken, and none waits for another."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Protocol

import structlog

LONG: Final = timedelta(seconds=30)
_NOT_AT_ALL: Final = timedelta()
_LOOK_AGAIN: Final = 0.3
"""Seconds between looks while something is still under way."""
_LONGEST_PAUSE: Final = 60.0
_MOST_ATTEMPTS: Final = 10
_log = structlog.get_logger(__name__)


class Ask(Protocol):
    """Returns the updates from `offset` on, and forgets those before; waits for one to come if there is none."""

    async def __call__(self, *, offset: int | None, wait: timedelta) -> Sequence[Mapping[str, Any]]:
        """Ask once. Raises whatever keeps it from it."""


async def poll(ask: Ask, take: Callable[[Mapping[str, Any]], Awaitable[None]], /) -> None:
    """Take updates until cancelled; what is under way then comes again with the next start."""
    offset: int | None = None
    tasks: dict[int, asyncio.Task[bool]] = {}
    async with asyncio.TaskGroup() as group:
        while True:
            busy = any(not task.done() for task in tasks.values())
            found = await _asked(ask, offset=offset, wait=_NOT_AT_ALL if busy else LONG)
            for data in found:
                number = int(data["update_id"])
                if number not in tasks:
                    tasks[number] = group.create_task(_taken(take, data))
            if busy:
                await asyncio.sleep(_LOOK_AGAIN)
            if tasks:
                unfinished = (number for number, task in tasks.items() if not task.done())
                offset = min(unfinished, default=max(tasks) + 1)
                tasks = {number: task for number, task in tasks.items() if number >= offset}


async def persist(work: Callable[[], Awaitable[None]], /, *, attempts: int | None = None) -> bool:
    """Do something until it succeeds, more and more slowly; return whether it did within so many attempts."""
    attempt = 0
    while attempts is None or attempt < attempts:
        try:
            await work()
        except Exception as failure:  # noqa: BLE001 - whatever it was, it is logged and tried again
            _log.warning("telegram.again", attempt=attempt, exc_info=failure)
            await asyncio.sleep(min(2.0**attempt, _LONGEST_PAUSE))
            attempt += 1
        else:
            return True
    return False


async def _asked(ask: Ask, *, offset: int | None, wait: timedelta) -> Sequence[Mapping[str, Any]]:
    found: list[Mapping[str, Any]] = []

    async def once() -> None:
        found.extend(await ask(offset=offset, wait=wait))

    await persist(once)
    return found


async def _taken(take: Callable[[Mapping[str, Any]], Awaitable[None]], data: Mapping[str, Any]) -> bool:
    taken = await persist(lambda: take(data), attempts=_MOST_ATTEMPTS)
    if not taken:
        _log.error("telegram.update_given_up")
    return taken
