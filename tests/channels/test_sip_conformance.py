"""The line of our own under the suite of every channel: what no telephone has is said where it differs."""

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
from aiosipua.sdp import build_sdp

from api.services.records import TicketKind
from bot.channels.phone import call
from tests.channels.sip_phone import LOOPBACK, Phone, ReadableVoice, ScriptedEar, line, phone, until
from tests.channels.sip_phone import Line as Served
from tests.channels.test_call_flow import flow
from tests.channels.test_conformance import WORDS, key_of
from tests.contracts import MENU, ChannelContract, Line
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http

_STRANGER = "127.0.0.2"
"""An address that the exchange does not have."""
_UNANSWERED, _NOT_ACCEPTABLE = 408, 488
_STILL = 0.3
"""Seconds without another sentence, after which everything was said."""


@dataclass(slots=True, kw_only=True)
class SipLine(Line):
    """A call from a telephone on loopback; its caller has everything read out, however long it is."""

    stage: Stage
    served: Served
    caller: Phone
    limit: int = 200
    """Characters of a sentence: a voice is given one at a time."""
    long: str = "先把合同、工资条和聊天记录留好。" * 30
    refuses: frozenset[int] = frozenset({_UNANSWERED, _NOT_ACCEPTABLE})
    """SIP signs nothing: whoever is not the exchange is not answered, and an offer that leads elsewhere is refused."""
    seen: set[str] = field(default_factory=set)

    @property
    def voice(self) -> ReadableVoice:
        return self.served.voice

    async def text(self, words: str, *, user: str = "citizen", id: str | None = None) -> None:  # noqa: A002
        del user  # one call has one caller
        message = id or uuid.uuid4().hex
        if message in self.seen:
            # What an exchange repeats is the call itself.
            assert self.caller.call is not None
            self.caller.uac.transport.send(self.caller.call.invite, (LOOPBACK, self.served.port))
            await asyncio.sleep(_STILL)
            return
        self.seen.add(message)
        before = len(self.voice.said)
        if words.isdigit():
            self.caller.press(words)
        else:
            assert self.served.ear is not None
            self.served.ear.words.append(words)
            await self.caller.speak(0.6)
        await self._answered(before)

    async def choose(self, title: str, *, user: str = "citizen") -> None:
        await self.text(key_of(title, self.voice.said), user=user)

    async def forged(self) -> Sequence[int]:
        async with phone(host=_STRANGER) as stranger:
            outgoing = stranger.uac.send_invite(
                "sip:1@x", f"sip:2@{LOOPBACK}", (LOOPBACK, self.served.port), build_sdp(_STRANGER, 40000, 8, "PCMA")
            )
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(outgoing.wait_answered(5), 1)
        async with phone() as inside:
            outgoing = inside.uac.send_invite(
                "sip:1@x", f"sip:2@{LOOPBACK}", (LOOPBACK, self.served.port), build_sdp(_STRANGER, 40000, 8, "PCMA")
            )
            with pytest.raises(Exception, match=str(_NOT_ACCEPTABLE)):
                await outgoing.wait_answered(3)
        return [_UNANSWERED, _NOT_ACCEPTABLE]

    async def raw(self, body: bytes) -> int:
        """Send it as SIP and as sound; 500 stands for a call that did not survive it."""
        assert self.caller.call is not None
        assert self.caller.call.sdp_answer is not None
        sound = self.caller.call.sdp_answer.rtp_address
        assert sound is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as exchange:
            exchange.bind((LOOPBACK, 0))
            exchange.sendto(body, (LOOPBACK, self.served.port))
            exchange.sendto(body, sound)
        await asyncio.sleep(0.01)
        return 200 if self.served.sip.calls == 1 and not self.caller.hung_up.is_set() else 500

    async def settle(self) -> None:
        while self.voice.said[-1] == WORDS.more:
            before = len(self.voice.said)
            self.caller.press("#")
            await self._answered(before)

    def read(self, *, user: str = "citizen") -> list[str]:
        del user
        return self.voice.said

    async def _answered(self, before: int) -> None:
        """Wait until something was said beside «one moment», and all of it."""
        async with asyncio.timeout(self.seconds):
            known = before
            while known == before or self.voice.said[-1] in WORDS.holding or len(self.voice.said) != known:
                known = len(self.voice.said)
                await asyncio.sleep(_STILL)


class TestSip(ChannelContract):
    @pytest.fixture
    async def line(self, stage: Stage) -> AsyncIterator[SipLine]:
        async with line(flow(stage), ear=ScriptedEar()) as served, phone() as caller:
            await caller.dial(served.port)
            await until(lambda: served.voice.said[-1:] == [*WORDS.greeting[-1:]])
            yield SipLine(stage=stage, served=served, caller=caller)

    async def test_a_number_typed_while_a_turn_is_under_way_chooses_nothing(  # type: ignore[override]
        self, line: Line, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever waits has heard «稍等» already; a key pressed meanwhile is let go."""
        assert isinstance(line, SipLine)
        monkeypatch.setattr(call, "_PATIENCE", 0.03)
        line.stage.dialogue.delay = 0.2
        line.stage.dialogue.enqueue(MENU)
        turn = asyncio.create_task(line.text("能帮我吗"))
        await until(lambda: line.voice.said[-1] in WORDS.holding)
        line.caller.press("1")
        await turn
        assert [each.text for each in line.stage.dialogue.asked] == ["能帮我吗"]
        assert "按一" in line.voice.text
        line.stage.dialogue.delay = 0
        await line.choose("看看能不能申请法律援助")
        assert line.stage.dialogue.asked[-1].payload == {"act": "screen"}

    async def test_what_staff_write_arrives_once(self, line: Line) -> None:
        """Staff talk on a line; who asks for them is put through at once, and no task is left that nobody could do."""
        assert isinstance(line, SipLine)
        await line.text("0")
        assert (await asyncio.wait_for(line.caller.referred, 5)).startswith("sip:desk@pbx.example")
        assert line.voice.said[-len(WORDS.connecting) :] == list(WORDS.connecting)
        await until(lambda: line.served.sip.calls == 0)
        async with line.stage.database.reading() as uow:
            assert [each.kind for each in await uow.tickets.open_ones()] == [TicketKind.PERSON_REQUEST]
