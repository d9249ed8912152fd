"""WeChat as its platform drives it: sealed messages over real HTTP, three tries of a few moments, and an API with quotas.

What the platform seals and opens is another's code, wechatpy: it knows nothing of ours.
"""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

import httpx
import xmltodict
from fastapi import FastAPI
from wechatpy.crypto import WeChatCrypto

from api.http.edge import Edge
from api.http.limits import LIMITS, Limiter
from api.http.problems import install
from api.observability import Metrics
from bot.channels.phrases import Phrases
from bot.channels.wechat.account import PATH, Account
from bot.channels.wechat.channel import WeChat
from bot.channels.wechat.inbox import place_in
from bot.channels.wechat.post import LONGEST
from bot.sim.serving import served
from bot.sim.wechat_api import FakeWeChat
from knowledge_base.regions import Regions
from tests.contracts import LONG, Line, outbox
from tests.gateway.stage import Stage

APP_ID, SECRET, TOKEN, ORIGINAL_ID = "wx0123456789abcdef", "secret-of-nobody", "token-of-nobody", "gh_0123456789ab"
KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
PATIENCE = 2.0
"""Stands for four and a half seconds, and the platform's for five."""
PLATFORMS_PATIENCE = 3.5
UNHURRIED = {"patience": 20.0, "platforms_patience": 25.0}
"""For tests that are not about time, on a machine that is busy with others."""
PLACE = place_in(Regions.load())


@dataclass(frozen=True, slots=True)
class TheirSeal:
    """The envelope by wechatpy."""

    crypto: WeChatCrypto

    def seal(self, text: str, /, *, now: datetime) -> Mapping[str, str]:
        found: Mapping[str, str] = xmltodict.parse(
            self.crypto.encrypt_message(text, "a-nonce", str(int(now.timestamp())))
        )["xml"]
        return found

    def open(self, reply: str, /, *, now: datetime) -> Mapping[str, str]:  # noqa: ARG002 - it has no idea of time
        found = xmltodict.parse(reply)["xml"]
        opened = self.crypto.decrypt_message(found, found["MsgSignature"], found["TimeStamp"], found["Nonce"])
        fields: Mapping[str, str] = xmltodict.parse(opened)["xml"]
        return fields


@dataclass(slots=True, kw_only=True)
class WeChatLine(Line):
    """One account, its platform, and the door that messages come in by."""

    stage: Stage
    fake: FakeWeChat
    wechat: WeChat
    address: str
    """Where the account's door is."""
    limit: int = LONGEST
    long: str = LONG[: len(LONG) // 3]
    seconds: float = PLATFORMS_PATIENCE
    ids: dict[str, str] = field(default_factory=dict)

    async def text(self, words: str, *, user: str = "citizen", id: str | None = None) -> None:  # noqa: A002
        number = None if id is None else self.ids.setdefault(id, str(7_000_000 + len(self.ids)))
        await self.fake.text(user, words, id=number)

    async def choose(self, title: str, *, user: str = "citizen") -> None:
        """Type the number that stands before a title."""
        lines = "\n".join(self.read(user=user)).splitlines()
        number = next(line.split()[0] for line in reversed(lines) if line.endswith(f" {title}"))
        await self.fake.text(user, number)

    async def forged(self) -> list[int]:
        query, body = self.fake.request("citizen", {"MsgType": "text", "Content": "老板不给钱", "MsgId": "1"})
        changes = [
            {"signature": ""},
            {"signature": query["signature"][::-1]},
            {"signature": query["signature"].upper()},
            {"msg_signature": ""},
            {"msg_signature": query["signature"]},
            {"timestamp": str(int(query["timestamp"]) + 1)},
            {"nonce": "密"},
        ]
        found = [await self.post({**query, **each}, body) for each in changes]
        stale = self.fake.stamp(at=datetime.fromtimestamp(0, tz=self.stage.clock().tzinfo))
        found.append(await self.post({**query, **stale}, body))
        found.append(
            (await self.fake.door.get(PATH, params={**self.fake.stamp(), "signature": "", "echostr": "1"})).status_code
        )
        return found

    async def raw(self, body: bytes) -> int:
        return await self.post({**self.fake.stamp(), "encrypt_type": "aes"}, body)

    async def settle(self) -> None:
        await self.wechat.background.finish()
        await outbox(self.stage, self.wechat.platform)

    def read(self, *, user: str = "citizen") -> list[str]:
        return self.fake.user(user).read

    def measure(self, text: str) -> int:
        return len(text.encode())

    async def post(self, query: Mapping[str, str], body: bytes) -> int:
        """Bring a request to the door; return the status."""
        return (await self.fake.door.post(PATH, params=query, content=body)).status_code


@asynccontextmanager
async def wechat_line(  # noqa: PLR0913 - all of them named
    stage: Stage,
    *,
    limits: Mapping[str, str] | None = None,
    plain: bool = False,
    both: bool = False,
    region: str | None = None,
    patience: float = PATIENCE,
    platforms_patience: float = PLATFORMS_PATIENCE,
) -> AsyncIterator[WeChatLine]:
    """Open a line on a stage: sealed, in clear, or both at once."""
    async with httpx.AsyncClient(trust_env=False) as door:
        fake = FakeWeChat(
            app_id=APP_ID,
            secret=SECRET,
            token=TOKEN,
            original_id=ORIGINAL_ID,
            clock=stage.clock,
            door=door,
            path=PATH,
            seal=None if plain else TheirSeal(WeChatCrypto(TOKEN, KEY, APP_ID)),
            both=both,
            patience=platforms_patience,
        )
        async with served(fake.app) as base_url:
            wechat = WeChat.of(
                Account(
                    app_id=APP_ID,
                    secret=SECRET,
                    token=TOKEN,
                    base_url=base_url,
                    key=None if plain else base64.b64decode(f"{KEY}="),
                    original_id=ORIGINAL_ID,
                    region=region,
                ),
                gateway=stage.gateway,
                database=stage.database,
                limits=Limiter(limits={**LIMITS, **(limits or {})}),
                clock=stage.clock,
                phrases=Phrases.load(),
                place=PLACE,
                patience=patience,
            )
            app = FastAPI()
            install(app)
            app.include_router(wechat.router())
            async with served(Edge(app, metrics=Metrics(), largest_body=65_536)) as address:
                door.base_url = httpx.URL(address)
                yield WeChatLine(stage=stage, fake=fake, wechat=wechat, address=address)
            await wechat.aclose()
