"""The website and the telephone under the suite of every channel: what differs on them is said where it differs."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.http.edge import Edge
from api.http.limits import LIMITS, Limiter
from api.http.problems import install
from api.observability import Metrics
from api.services.records import TicketKind
from bot.channels.phone import ear, twilio
from bot.channels.phone.account import Account
from bot.channels.phrases import Phrases
from bot.channels.web import WebChannel, build_routers
from bot.sim.twilio_api import FakeTwilio
from tests.channels.test_call_flow import flow
from tests.contracts import MENU, ChannelContract, Line
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http

OPEN = "/api/v1/conversations"
UNHURRIED = dict.fromkeys(("conversation.message", "conversation.message.address", "channel.web"), "100000/minute")
PUBLIC = "https://aid.example.org"
TOKEN = "12345"
WORDS = Phrases.load().phone
LONGEST_SAID = 4096
"""Characters of one Say (twilio.com/docs/voice/twiml/say)."""


@asynccontextmanager
async def http(site: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    edge = Edge(site, metrics=Metrics(), largest_body=65_536)
    transport = httpx.ASGITransport(app=edge, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://10.0.0.5:8000") as client:
        yield client


@dataclass(slots=True, kw_only=True)
class WebLine(Line):
    """The website as its widget drives it: one conversation a user, read by polling."""

    stage: Stage
    client: httpx.AsyncClient
    refuses: frozenset[int] = frozenset({401, 404})
    """A wrong token and an unknown thread look alike."""
    threads: dict[str, dict[str, Any]] = field(default_factory=dict)
    shown: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    """What the page shows below a message that was not taken."""

    async def text(self, words: str, *, user: str = "citizen", id: str | None = None) -> None:  # noqa: A002
        await self._post(user, {"client_id": id or uuid.uuid4().hex, "text": words})

    async def choose(self, title: str, *, user: str = "citizen") -> None:
        offered = [choice for message in self.shown[user] for choice in message.get("choices", ())]
        payload = next(choice["payload"] for choice in reversed(offered) if choice["title"] == title)
        await self._post(user, {"client_id": uuid.uuid4().hex, "payload": payload})

    async def forged(self) -> Sequence[int]:
        thread = await self._thread("citizen")
        token, body = thread["token"], {"client_id": "forged", "text": "老板不给钱"}
        headers = [{}, *({"Authorization": each} for each in ("", token, f"Bearer {token[:-1]}", f"Bearer {token}0"))]
        path = f"{OPEN}/{thread['id']}/messages"
        return [(await self.client.post(path, json=body, headers=each)).status_code for each in headers]

    async def raw(self, body: bytes) -> int:
        thread = await self._thread("citizen")
        headers = {"Authorization": f"Bearer {thread['token']}", "Content-Type": "application/json"}
        return (await self.client.post(f"{OPEN}/{thread['id']}/messages", content=body, headers=headers)).status_code

    async def settle(self) -> None:
        for user, thread in self.threads.items():
            after = max((message["seq"] for message in self.shown[user]), default=0)
            headers = {"Authorization": f"Bearer {thread['token']}"}
            path = f"{OPEN}/{thread['id']}/messages"
            response = await self.client.get(path, params={"after": after}, headers=headers)
            self.shown[user] += [each for each in response.json()["messages"] if each["from"] != "citizen"]

    def read(self, *, user: str = "citizen") -> list[str]:
        return [*(message["text"] for message in self.shown[user]), *self.refused]

    async def _thread(self, user: str) -> dict[str, Any]:
        if user not in self.threads:
            response = await self.client.post(OPEN, json={"channel": "web", "region": "231000"})
            assert response.status_code == 201
            self.threads[user], self.shown[user] = response.json(), []
        return self.threads[user]

    async def _post(self, user: str, body: dict[str, str]) -> None:
        thread = await self._thread(user)
        headers = {"Authorization": f"Bearer {thread['token']}"}
        response = await self.client.post(f"{OPEN}/{thread['id']}/messages", json=body, headers=headers)
        if response.status_code == 409:
            self.refused.append(response.json()["title"])
        else:
            assert response.status_code == 200


class TestWeb(ChannelContract):
    @pytest.fixture
    async def line(self, stage: Stage) -> AsyncIterator[WebLine]:
        site = FastAPI()
        install(site)
        web = WebChannel(
            gateway=stage.gateway,
            database=stage.database,
            limits=Limiter(limits={**LIMITS, **UNHURRIED}),
            wake=stage.wake,
            clock=stage.clock,
            knows_region=lambda _code: True,
            closing=stage.closing,
        )
        for router in build_routers(web):
            site.include_router(router)
        async with http(site) as client:
            yield WebLine(stage=stage, client=client)


def key_of(title: str, said: Sequence[str]) -> str:
    """Return the key that a caller was told to press for a choice."""
    offered = {WORDS.press.format(title=title, key=ear.in_words(str(key))): key for key in range(1, 10)}
    heard = "".join(said)
    return str(next(key for offer, key in offered.items() if offer in heard))


@dataclass(slots=True, kw_only=True)
class PhoneLine(Line):
    """A call by Twilio; its caller has everything read out, however long it is."""

    stage: Stage
    phone: FakeTwilio
    limit: int = LONGEST_SAID
    long: str = "先把合同、工资条和聊天记录留好。" * 30
    seconds: float = 15.0
    seen: dict[str, str] = field(default_factory=dict)

    async def text(self, words: str, *, user: str = "citizen", id: str | None = None) -> None:  # noqa: A002
        del user  # one call has one caller
        if id is not None and id in self.seen:
            again = await self.phone.post(self.seen[id], SpeechResult=words, Confidence="0.91")
            assert again.status_code == 200
            return
        if id is not None:
            self.seen[id] = self.phone.action()
        await (self.phone.presses(words) if words.isdigit() else self.phone.says(words))

    async def choose(self, title: str, *, user: str = "citizen") -> None:
        del user
        await self.phone.presses(key_of(title, self.phone.said))

    async def forged(self) -> Sequence[int]:
        path, form = "/channels/twilio/voice/step?p=0.0.0.0.0.0.0.0.0", {"CallSid": self.phone.call}
        headers = [{}, *({"X-Twilio-Signature": each} for each in ("", "x", "RSOYDt4T1cUTdK1PDd93/VVr8B8="))]
        return [(await self.phone.client.post(path, data=form, headers=each)).status_code for each in headers]

    async def raw(self, body: bytes) -> int:
        url = f"{PUBLIC}/channels/twilio/voice/step?p=0.0.0.0.0.0.0.0.0"
        return (await self.phone.post(url, SpeechResult=body.decode("latin-1"))).status_code

    async def settle(self) -> None:
        while self.phone.waiting_for == "gather" and self.phone.said[-1] == WORDS.more:
            await self.phone.presses("#")

    def read(self, *, user: str = "citizen") -> list[str]:
        del user
        return self.phone.said


class TestTelephone(ChannelContract):
    @pytest.fixture
    async def line(self, stage: Stage) -> AsyncIterator[PhoneLine]:
        site = FastAPI()
        install(site)
        account = Account(public_url=PUBLIC, auth_token=TOKEN, transfer="+8610666666")
        site.include_router(twilio.build_router(twilio.Line(flow=flow(stage), account=account)))
        async with http(site) as client:
            phone = FakeTwilio(client=client, public_url=PUBLIC, token=TOKEN)
            await phone.dial()
            yield PhoneLine(stage=stage, phone=phone)

    async def test_a_number_typed_while_a_turn_is_under_way_chooses_nothing(  # type: ignore[override]
        self, line: Line, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever waits has heard «稍等» already; a key pressed meanwhile is let go."""
        assert isinstance(line, PhoneLine)
        monkeypatch.setattr(twilio, "_PATIENCE", 0.05)
        line.stage.dialogue.delay = 0.2
        line.stage.dialogue.enqueue(MENU)
        turn = asyncio.create_task(line.text("能帮我吗"))
        async with asyncio.timeout(5):
            while "/wait?" not in line.phone.action():  # noqa: ASYNC110 - a fake has no event for it
                await asyncio.sleep(0.01)
        assert (await line.phone.post(line.phone.action(), Digits="1")).status_code == 200
        await turn
        assert [each.text for each in line.stage.dialogue.asked] == ["能帮我吗"]
        assert set(WORDS.holding) <= set(line.read())
        assert "按一" in "".join(line.read())

    async def test_what_staff_write_arrives_once(self, line: Line) -> None:
        """Staff talk on a line; who asks for them is put through at once, and no task is left that nobody could do."""
        assert isinstance(line, PhoneLine)
        await line.text("0")
        assert (line.phone.waiting_for, line.phone.said[-len(WORDS.connecting) :]) == ("dial", list(WORDS.connecting))
        async with line.stage.database.reading() as uow:
            assert [each.kind for each in await uow.tickets.open_ones()] == [TicketKind.PERSON_REQUEST]
