"""How soon what a citizen says stands on the screens of fifty staff, and what the queue page takes meanwhile.

Real sockets, one process for the server and all the browsers: a browser here keeps its stream open, and fetches the
parts of its page whenever the stream says that something changed, as the console's script does.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from tests.console.office import Browser, TheOffice
from tests.serving import served

STREAMS = 50


@dataclass(slots=True)
class Screen:
    """One open page: when it heard that something changed, and when it had fetched what."""

    http: httpx.AsyncClient
    stream: str
    parts: str
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    heard: asyncio.Queue[float] = field(default_factory=asyncio.Queue)
    drawn: asyncio.Queue[float] = field(default_factory=asyncio.Queue)

    async def watch(self) -> None:
        """Listen until cancelled."""
        async with self.http.stream("GET", self.stream) as answer:
            answer.raise_for_status()
            async for line in answer.aiter_lines():
                self.ready.set()
                if line == "event: changed":
                    self.heard.put_nowait(time.perf_counter())
                    (await self.http.get(self.parts)).raise_for_status()
                    self.drawn.put_nowait(time.perf_counter())


async def streams(office: TheOffice, browser: Browser, *, rounds: int) -> None:
    """Print both for fifty who look at the queue, and for fifty who look at one conversation."""
    thread = await office.conversation()
    talk = f"/staff/conversations/{thread}"
    cookies = dict(browser.http.cookies)
    async with (
        served(office.app()) as address,
        httpx.AsyncClient(base_url=address, cookies=cookies, timeout=None, limits=httpx.Limits()) as http,  # noqa: S113 - a stream lasts
    ):
        looked_at: dict[str, tuple[str, str, Callable[[], Awaitable[None]]]] = {
            "queue": ("/staff/queue/stream", "/staff/queue/parts", lambda: office.in_danger(thread)),
            "conversation": (f"{talk}/stream", f"{talk}/parts", lambda: office.says(thread, "还有人在吗")),
        }
        for name, (stream, parts, happens) in looked_at.items():
            screens = [Screen(http=http, stream=stream, parts=parts) for _ in range(STREAMS)]
            heard, drawn, page = await _watched(http, screens, happens, rounds=rounds)
            print(
                f"{STREAMS} streams on the {name}, p50 / p95 in ms: told to all {_spread(heard)},"
                f" drawn on all {_spread(drawn)}, queue page meanwhile {_spread(page)}"
            )


async def _watched(
    http: httpx.AsyncClient, screens: list[Screen], happens: Callable[[], Awaitable[None]], *, rounds: int
) -> tuple[list[float], list[float], list[float]]:
    """Return in milliseconds how long until the last screen heard, until it was drawn, and what each page took."""
    watching = [asyncio.create_task(screen.watch()) for screen in screens]
    await asyncio.gather(*(screen.ready.wait() for screen in screens))
    page: list[float] = []
    asking = asyncio.create_task(_keep_asking(http, page))
    heard, drawn = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        await happens()
        heard.append(1000 * (max([await screen.heard.get() for screen in screens]) - began))
        drawn.append(1000 * (max([await screen.drawn.get() for screen in screens]) - began))
    for task in (asking, *watching):
        task.cancel()
    ended = await asyncio.gather(asking, *watching, return_exceptions=True)
    for one in ended:
        if isinstance(one, Exception):
            raise one
    return heard, drawn, page


async def _keep_asking(http: httpx.AsyncClient, page: list[float]) -> None:
    while True:
        began = time.perf_counter()
        (await http.get("/staff")).raise_for_status()
        page.append(1000 * (time.perf_counter() - began))
        await asyncio.sleep(0.1)


def _spread(milliseconds: list[float]) -> str:
    return f"{statistics.median(milliseconds):.0f} / {statistics.quantiles(milliseconds, n=20)[-1]:.0f}"
