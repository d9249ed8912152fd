"""Calls on a line of our own, from a telephone that speaks SIP and RTP on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from aiosipua.sdp import build_sdp

from api.services import conversations
from api.services.records import TicketKind
from bot.channels.phone.call import number
from bot.channels.phone.command import fetch
from bot.channels.phone.speech import loudness
from bot.messages import AnswerReply, MenuReply, Say
from knowledge_base.offices import Opening, Openness
from tests.channels.sip_phone import (
    LOOPBACK,
    Line,
    Phone,
    ScriptedEar,
    eventually,
    free_port,
    line,
    phone,
    registrar,
    until,
)
from tests.channels.test_call_flow import flow
from tests.contracts import MENU
from tests.fakes import answer
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http


@pytest.fixture
async def served(stage: Stage) -> AsyncIterator[Line]:
    async with line(flow(stage), ear=ScriptedEar()) as served:
        yield served


@pytest.fixture
async def caller() -> AsyncIterator[Phone]:
    async with phone() as plugged:
        yield plugged


async def call_backs(stage: Stage) -> int:
    async with stage.database.reading() as uow:
        return sum(one.kind is TicketKind.CALL_BACK for one in await uow.tickets.open_ones())


class TestCall:
    async def test_is_answered_with_sound_and_the_greeting(self, served: Line, caller: Phone) -> None:
        await caller.dial(served.port)
        await until(lambda: len(served.voice.said) == 4 and caller.heard > 0.1)
        assert "自动助手，不是律师" in served.voice.text
        assert "按一" not in served.voice.text

    async def test_words_are_a_turn(self, served: Line, caller: Phone, stage: Stage) -> None:
        assert served.ear is not None
        served.ear.words.append("哪天有律师")
        stage.dialogue.enqueue(AnswerReply(answer=answer("每个星期三有人值班。")))
        await caller.dial(served.port)
        await until(lambda: len(served.voice.said) == 4)
        await caller.speak(0.8)
        await until(lambda: "每个星期三有人值班。" in served.voice.said)
        (asked,) = stage.dialogue.asked
        assert (asked.text, asked.metadata["channel"]) == ("哪天有律师", "voice")
        assert "138" not in f"{asked.conversation_id}{asked.text}{dict(asked.metadata)}"
        assert 0.7 < len(served.ear.sounds[0]) / 16000 < 2.5

    async def test_a_key_chooses_and_the_hash_after_it_counts_for_nothing(
        self, served: Line, caller: Phone, stage: Stage
    ) -> None:
        assert served.ear is not None
        served.ear.words.append("能帮我申请吗")
        stage.dialogue.enqueue(MENU)
        stage.dialogue.enqueue(AnswerReply(answer=answer("好的。")))
        await caller.dial(served.port)
        await until(lambda: len(served.voice.said) == 4)
        await caller.speak(0.8)
        await until(lambda: "按一" in served.voice.text)
        caller.press("1#")
        await until(lambda: len(stage.dialogue.asked) == 2)
        assert stage.dialogue.asked[-1].payload == {"act": "screen"}
        await until(lambda: "好的。" in served.voice.said)
        before = len(served.voice.said)
        await asyncio.sleep(0.5)
        assert len(stage.dialogue.asked) == 2
        assert len(served.voice.said) <= before + 2

    async def test_a_key_cuts_in(self, served: Line, caller: Phone, stage: Stage) -> None:
        served.voice.seconds = 5.0
        stage.dialogue.enqueue(MenuReply(say=Say.SCREEN_OFFER, choices=()))
        await caller.dial(served.port)
        await until(lambda: caller.heard > 0.2)
        caller.press("3")
        await until(lambda: len(stage.dialogue.asked) == 1, seconds=3)
        assert len(served.voice.said) < 8

    async def test_speech_cuts_in(self, served: Line, caller: Phone, stage: Stage) -> None:
        assert served.ear is not None
        served.voice.seconds = 30.0
        served.ear.words.append("老板不给工资")
        await caller.dial(served.port)
        await until(lambda: caller.heard > 0.2)
        await caller.speak(0.6)
        await until(lambda: len(stage.dialogue.asked) == 1, seconds=5)

    async def test_two_silences_are_a_call_back_and_no_hang_up(self, stage: Stage, caller: Phone) -> None:
        closed = Opening(state=Openness.CLOSED)
        async with line(flow(stage, opening=closed)) as served:
            await caller.dial(served.port)

            async def called_back() -> bool:
                return await call_backs(stage) == 1

            await eventually(called_back, seconds=25)
            assert not caller.hung_up.is_set()
            await until(lambda: any("留言" in one for one in served.voice.said))


class TestWithoutARecogniser:
    async def test_says_so_once_and_names_the_keys(self, stage: Stage, caller: Phone) -> None:
        async with line(flow(stage)) as served:
            await caller.dial(served.port)
            await until(lambda: "按零" in served.voice.text and len(served.voice.said) >= 5)
            assert sum("听不懂说话" in one for one in served.voice.said) == 1
            caller.press("1")
            await until(lambda: len(stage.dialogue.asked) == 1)
            assert stage.dialogue.asked[0].text == "干活没给工资"
            assert sum("听不懂说话" in one for one in served.voice.said) == 1


class TestPerson:
    async def test_nought_puts_through_and_the_call_is_given_away(
        self, served: Line, caller: Phone, stage: Stage
    ) -> None:
        await caller.dial(served.port)
        await until(lambda: caller.heard > 0.05)
        caller.press("0")
        target = await asyncio.wait_for(caller.referred, 8)
        assert target.startswith("sip:desk@pbx.example?X-Urgency=s")
        await asyncio.wait_for(caller.hung_up.wait(), 5)
        await until(lambda: served.sip.calls == 0)
        assert await call_backs(stage) == 0

    @pytest.mark.parametrize("outcome", [486, 603])
    async def test_nobody_there_takes_the_caller_back(
        self, served: Line, caller: Phone, stage: Stage, outcome: int
    ) -> None:
        caller.refer_outcome = outcome
        await caller.dial(served.port)
        await until(lambda: caller.heard > 0.05)
        caller.press("0")
        await until(lambda: any("没有接通" in one for one in served.voice.said))
        assert not caller.hung_up.is_set()
        await until(lambda: any("留言" in one for one in served.voice.said))
        # The message that is left then is locked away, and filed with its length.
        await asyncio.sleep(1.5)
        await caller.speak(2.0)
        caller.press("#")
        await until(lambda: any("留言收到了" in one for one in served.voice.said), seconds=12)
        async with stage.database.reading() as uow:
            (task,) = [one for one in await uow.tickets.open_ones() if one.kind is TicketKind.CALL_BACK]
            words = str(await uow.tickets.words(task.id))
        *_, thread, kept = words.split("录音：")[1].split()
        sound = await fetch(stage.database, conversation=thread, number=int(kept), staff="staff-1", purpose="录音要听")
        assert loudness(sound) > 1000


class TestHangingUp:
    @pytest.mark.parametrize("moment", ["greeting", "listening", "thinking", "transfer", "message"])
    async def test_in_any_state_frees_the_line(self, stage: Stage, caller: Phone, moment: str) -> None:
        opening = Opening(state=Openness.CLOSED if moment == "message" else Openness.OPEN)
        async with line(flow(stage, opening=opening), ear=ScriptedEar(words=["离婚"])) as served:
            caller.refer_outcome = None
            await caller.dial(served.port)
            await until(lambda: caller.heard > 0.05)
            if moment != "greeting":
                await until(lambda: len(served.voice.said) == 4)
            if moment == "thinking":
                await caller.speak(0.5)
            if moment in {"transfer", "message"}:
                caller.press("0")
                said = "接通" if moment == "transfer" else "留言"
                await until(lambda: any(said in one for one in served.voice.said))
            caller.hang_up()
            await until(lambda: served.sip.calls == 0)
            await served.background.finish()
            waits = moment in {"transfer", "message"}
            assert await call_backs(stage) == int(waits)


class TestHostile:
    async def test_garbage_and_strangers_are_let_go(self, served: Line, caller: Phone) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for data in (
                b"",
                b"\x00" * 2000,
                b"INVITE",
                b"INVITE sip:x SIP/2.0\r\n\r\n",
                b"INVITE sip:x SIP/2.0\r\nVia: x\r\nCall-ID: a\r\nCSeq: x INVITE\r\nFrom: <\r\nTo: >\r\n\r\nv=0",
                b"SIP/2.0 200 OK\r\n\r\n",
                b"BYE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=1\r\nCall-ID: b\r\nCSeq: 1 BYE\r\nFrom: a\r\nTo: b\r\n\r\n",
                "您好".encode("gb18030") * 8000,
            ):
                stranger.sendto(data, (LOOPBACK, served.port))
        await caller.dial(served.port)
        await until(lambda: caller.heard > 0.05)
        assert served.sip.calls == 1

    async def test_sound_that_is_none_ends_no_call(self, served: Line, caller: Phone, stage: Stage) -> None:
        await caller.dial(served.port)
        await until(lambda: len(served.voice.said) == 4)
        assert caller.sound is not None
        remote = caller.sound._remote_addr  # noqa: SLF001
        assert remote is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as same_host:
            for data in (
                b"",
                b"\x80",
                b"\x80\x65" + bytes(10),
                b"\x80\x65" + bytes(12),
                b"\x80\xc8" + bytes(30),
                bytes(9000),
            ):
                same_host.sendto(data, remote)
        caller.press("1")
        await until(lambda: len(stage.dialogue.asked) == 1)

    async def test_who_is_not_the_exchange_is_not_heard(self, stage: Stage) -> None:
        async with line(flow(stage), peers=(ip_network("192.0.2.0/24"),)) as served, phone() as caller:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1):
                    await caller.dial(served.port)
            assert served.sip.calls == 0

    async def test_an_offer_that_points_elsewhere_is_refused(self, served: Line, caller: Phone) -> None:
        offer = build_sdp("198.51.100.9", 40000, 8, "PCMA")
        call = caller.uac.send_invite("sip:1@x", f"sip:2@{LOOPBACK}", (LOOPBACK, served.port), offer)
        with pytest.raises(Exception, match="488"):
            await call.wait_answered(3)
        await until(lambda: served.sip.calls == 0)

    async def test_one_call_more_than_there_may_be_is_told_so(self, stage: Stage) -> None:
        async with line(flow(stage), most_calls=1) as served, phone() as first, phone() as second:
            await first.dial(served.port)
            with pytest.raises(Exception, match="503"):
                await second.dial(served.port)
            assert served.sip.calls == 1

    async def test_a_repeated_invite_is_one_call(self, served: Line, caller: Phone, stage: Stage) -> None:
        await caller.dial(served.port)
        assert caller.call is not None
        for _ in range(3):
            caller.uac.transport.send(caller.call.invite, (LOOPBACK, served.port))
        await until(lambda: len(served.voice.said) == 4)
        await asyncio.sleep(0.3)
        assert served.sip.calls == 1
        assert len(served.voice.said) == 4
        async with stage.database.reading() as uow:
            assert await conversations.conversation(uow, conversation_id=stage.opened.id, now=stage.clock())

    async def test_a_voice_that_fails_leaves_the_keys(self, served: Line, caller: Phone, stage: Stage) -> None:
        served.voice.mute = True
        await caller.dial(served.port)
        await asyncio.sleep(0.5)
        caller.press("1")
        await until(lambda: len(stage.dialogue.asked) == 1)


class TestNumber:
    @pytest.mark.parametrize(
        ("user", "known"),
        [
            ("13812345678", True),
            ("+8613812345678", True),
            ("anonymous", False),
            ("", False),
            (None, False),
            ("1" * 30, False),
        ],
    )
    def test_is_kept_where_it_is_one(self, user: str | None, *, known: bool) -> None:
        assert (number(user) == user) is known or user is None


SCENARIO = """<?xml version="1.0" encoding="UTF-8" ?>
<scenario name="call">
<send retrans="500"><![CDATA[
INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:1381234[call_number]0000@[local_ip]>;tag=[call_number]
To: <sip:[service]@[remote_ip]>
Call-ID: [call_id]
CSeq: 1 INVITE
Contact: sip:x@[local_ip]:[local_port]
Max-Forwards: 70
Content-Type: application/sdp
Content-Length: [len]

v=0
o=- 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
]]></send>
<recv response="100" optional="true"/>
<recv response="200"/>
<send><![CDATA[
ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:1381234[call_number]0000@[local_ip]>;tag=[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 1 ACK
Max-Forwards: 70
Content-Length: 0

]]></send>
<pause milliseconds="3000"/>
<send retrans="500"><![CDATA[
BYE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: <sip:1381234[call_number]0000@[local_ip]>;tag=[call_number]
[last_To:]
Call-ID: [call_id]
CSeq: 2 BYE
Max-Forwards: 70
Content-Length: 0

]]></send>
<recv response="200"/>
</scenario>
"""


class TestManyAtOnce:
    async def test_forty_calls_of_an_independent_telephone(
        self, stage: Stage, sipp: str, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        folder = tmp_path_factory.mktemp("sipp")
        (folder / "call.xml").write_text(SCENARIO)
        async with line(flow(stage)) as served:
            process = await asyncio.create_subprocess_exec(
                *(sipp, f"{LOOPBACK}:{served.port}", "-sf", "call.xml", "-i", LOOPBACK, "-p", str(free_port())),
                *("-m", "40", "-l", "40", "-r", "40", "-nostdin", "-timeout", "40"),
                cwd=folder,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            most = 0
            while process.returncode is None:
                most = max(most, served.sip.calls)
                await asyncio.sleep(0.05)
            assert process.returncode == 0
            assert most == 40
            await until(lambda: served.sip.calls == 0)


class TestRegistering:
    async def test_answers_the_exchange_s_challenge_and_takes_its_leave(self, stage: Stage) -> None:
        """RFC 3261, 10 and 22: REGISTER, 401, REGISTER with a digest, 200; at the end with Expires 0."""
        async with registrar() as (exchange, port):
            account = {"registrar": (LOOPBACK, port), "uri": "sip:12348@pbx.example", "password": "secret"}
            async with line(flow(stage), **account):
                await until(lambda: len(exchange.requests) == 2)
                assert "Authorization: Digest" in exchange.requests[1]
                assert "secret" not in exchange.requests[1]
            await until(lambda: len(exchange.requests) >= 3)
            assert "Expires: 0" in exchange.requests[-1]


class TestHolding:
    async def test_nothing_is_sent_while_the_exchange_holds_the_call(self, served: Line, caller: Phone) -> None:
        await caller.dial(served.port)
        await until(lambda: caller.packets > 5)
        caller.reinvite(served.port, direction="sendonly")
        await asyncio.sleep(0.3)
        before = caller.packets
        await asyncio.sleep(0.3)
        assert caller.packets <= before + 1
        caller.reinvite(served.port, direction="sendrecv")
        await until(lambda: caller.packets > before + 5)
        assert served.sip.calls == 1
