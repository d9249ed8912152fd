"""Telegram as its platform drives it: updates with the right secret, and a Bot API on loopback that keeps the rules."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp

from api.http.edge import Edge
from api.http.limits import LIMITS, Limiter
from api.http.problems import install
from api.observability import Metrics
from bot.channels.phrases import Phrases
from bot.channels.telegram.account import PATH, Account
from bot.channels.telegram.channel import Telegram
from bot.channels.telegram.post import LONGEST
from bot.sim.serving import served
from bot.sim.telegram_api import FakeTelegram, Sent, Update
from tests.contracts import Line, outbox
from tests.gateway.stage import Stage

TOKEN = "12348:AAtest-token_of_nobody"
SECRET = "secret-of-the-webhook_0123456789"
HEADER = "X-Telegram-Bot-Api-Secret-Token"
PUBLIC = "https://bot.example"


@dataclass(slots=True)
class Ticks:
    """Real seconds, and those that a test lets pass."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@dataclass(slots=True, kw_only=True)
class TelegramLine(Line):
    """One bot, its platform, and the door that updates come in by."""

    stage: Stage
    fake: FakeTelegram
    telegram: Telegram
    client: httpx.AsyncClient
    app: ASGIApp
    ticks: Ticks
    limit: int = LONGEST
    seen: dict[str, Update] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)

    async def text(self, words: str, *, user: str = "citizen", id: str | None = None) -> None:  # noqa: A002
        update = self.fake.text(self.user(user), words)
        if id is not None:
            update = self.seen.setdefault(id, update)
        assert await self.post(update) == 200

    async def choose(self, title: str, *, user: str = "citizen") -> None:
        assert await self.post(self.fake.press(self.user(user), title)) == 200

    async def forged(self) -> list[int]:
        update = self.fake.text(self.user("citizen"), "老板不给钱")
        headers: list[dict[str, str]] = [
            {},
            {HEADER: ""},
            {HEADER: SECRET[:-1]},
            {HEADER: SECRET + "0"},
            {HEADER: SECRET.upper()},
            {HEADER: "密"},
            {"Authorization": f"Bearer {SECRET}"},
        ]
        raw = [[(name.encode(), value.encode()) for name, value in one.items()] for one in headers]
        return [(await self.client.post(PATH, json=update, headers=each)).status_code for each in raw]

    async def raw(self, body: bytes) -> int:
        return (await self.client.post(PATH, content=body, headers={HEADER: SECRET})).status_code

    async def settle(self) -> None:
        await outbox(self.stage, self.telegram.platform)

    def read(self, *, user: str = "citizen") -> list[str]:
        return [one.text for one in self.sent(user=user)]

    def measure(self, text: str) -> int:
        return len(text.encode("utf-16-le")) // 2

    async def post(self, update: Update) -> int:
        """Bring an update to the channel; return the status."""
        return (await self.client.post(PATH, json=update, headers={HEADER: SECRET})).status_code

    def user(self, name: str) -> int:
        """Return the id of a user's private chat, which is never known to us by name."""
        return self.users.setdefault(name, 70_000 + len(self.users))

    def sent(self, *, user: str = "citizen") -> list[Sent]:
        """Return what was brought to a user, buttons and all."""
        return self.fake.chat(self.user(user)).sent


@asynccontextmanager
async def telegram_line(
    stage: Stage,
    *,
    limits: dict[str, str] | None = None,
    account: Callable[[str], Account] = lambda base_url: Account(
        token=TOKEN, secret=SECRET, base_url=base_url, webhook=f"{PUBLIC}{PATH}"
    ),
) -> AsyncIterator[TelegramLine]:
    """Open a line on a stage."""
    ticks = Ticks()
    fake = FakeTelegram(token=TOKEN, ticks=ticks)
    async with served(fake.app) as base_url:
        telegram = Telegram.of(
            account(base_url),
            gateway=stage.gateway,
            database=stage.database,
            limits=Limiter(limits={**LIMITS, **(limits or {})}),
            clock=stage.clock,
            phrases=Phrases.load(),
            ticks=ticks,
        )
        app = FastAPI()
        install(app)
        app.include_router(telegram.router())
        edge = Edge(app, metrics=Metrics(), largest_body=65_536)
        transport = httpx.ASGITransport(app=edge, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield TelegramLine(stage=stage, fake=fake, telegram=telegram, client=client, app=edge, ticks=ticks)
        await telegram.aclose()
