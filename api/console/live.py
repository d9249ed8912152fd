"""Tells an open page that something changed, by server-sent events; the page then fetches its own parts.

The table is asked, not a hub: it is the truth for every process, and the answer for the queue is shared by all streams.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Final

from starlette.responses import StreamingResponse

from api.console.pages import HEADERS
from api.services.desk import StaffDesk
from api.services.staff import SignInRequired

_EVERY: Final = 1.5
_SEAT_EVERY: Final = 10
"""After so many looks the session is checked again, and the line kept warm."""
_CHANGED: Final = b"event: changed\ndata: {}\n\n"
_ENDED: Final = b"event: ended\ndata: {}\n\n"
_WARM: Final = b": .\n\n"


class QueuePulse:
    """One look at the queue for all the streams that ask within a moment."""

    def __init__(self, desk: StaffDesk) -> None:
        self._desk = desk
        self._turn = asyncio.Lock()
        self._seen = ""
        self._due = 0.0

    async def __call__(self) -> str:
        """Return a digest of everything that would change the queue page."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            if loop.time() >= self._due:
                self._seen = await self._look()
                self._due = loop.time() + _EVERY / 2
            return self._seen

    async def _look(self) -> str:
        async with self._desk.database.reading() as uow:
            mark = await uow.queue.mark()
            given_up = await uow.jobs.dead()
        lines = [mark, *(f"job {job.id}" for job in given_up)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def stream(
    *, pulse: Callable[[], Awaitable[str]], seated: Callable[[], Awaitable[object]], closing: asyncio.Event
) -> StreamingResponse:
    """Return a stream that says `changed` whenever the pulse differs, and `ended` when the session is over."""
    return StreamingResponse(
        beats(pulse=pulse, seated=seated, closing=closing),
        status_code=HTTPStatus.OK,
        media_type="text/event-stream",
        headers={**HEADERS, "X-Accel-Buffering": "no"},
    )


async def beats(
    *,
    pulse: Callable[[], Awaitable[str]],
    seated: Callable[[], Awaitable[object]],
    closing: asyncio.Event,
    every: float = _EVERY,
) -> AsyncIterator[bytes]:
    """Look at the pulse every so many seconds, for as long as somebody is signed in and the app runs."""
    seen = await pulse()
    yield _WARM
    while True:
        for _ in range(_SEAT_EVERY):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(closing.wait(), every)
            if closing.is_set():
                return
            now = await pulse()
            if now != seen:
                seen = now
                yield _CHANGED
        try:
            await seated()
        except SignInRequired:
            yield _ENDED
            return
        yield _WARM
