"""What WeChat limits, refuses or forgets: quotas, hours, tokens; nothing is said twice, nothing is lost, no secret is told."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from api.services import applications, conversations
from api.services.records import SafeToContact, Ticket, TicketKind
from bot.channels.phrases import Phrases
from bot.messages import Say, TextReply
from tests.channels.logged import logged
from tests.channels.wechat_line import APP_ID, KEY, SECRET, TOKEN, UNHURRIED, WeChatLine, wechat_line
from tests.console.screen import assessed
from tests.contracts import LONG
from tests.gateway.stage import Stage
from tests.http.world import draft

pytestmark = pytest.mark.http
WORDS = Phrases.load().wechat
CITIZEN = "citizen"


@pytest.fixture
async def line(stage: Stage) -> AsyncIterator[WeChatLine]:
    async with wechat_line(stage, **UNHURRIED) as line:
        yield line


async def thread(line: WeChatLine) -> str:
    async with line.stage.database.reading() as uow:
        found = await conversations.conversation_of(uow, channel="wechat", external_user=CITIZEN)
    assert found is not None
    return found.id


async def staff_write(line: WeChatLine, *words: str) -> None:
    """Have a lawyer take the thread, where nobody has, and write."""
    async with line.stage.database.unit_of_work() as uow:
        own, now = await thread(line), line.stage.clock()
        await conversations.claim(uow, conversation_id=own, staff="staff-1", now=now)
        for each in words:
            await conversations.staff_message(uow, conversation_id=own, staff="staff-1", text=each, now=now)
        await uow.commit()
    await line.settle()


async def hand_in(line: WeChatLine, safe: SafeToContact) -> str:
    """Hand an application in that says whether its citizen may be contacted; return its reference."""
    async with line.stage.database.unit_of_work() as uow:
        handed_in = await applications.submit(
            uow,
            idempotency_key=uuid.uuid4().hex,
            draft=draft(safe_to_contact=safe, conversation_id=await thread(line), channel="wechat"),
            assess=assessed(flags=()),
            now=line.stage.clock(),
        )
        await uow.commit()
    return handed_in.reference


async def tasks(line: WeChatLine) -> list[Ticket]:
    async with line.stage.database.reading() as uow:
        return [one for one in await uow.tickets.open_ones() if one.kind is TicketKind.TASK]


class TestQuotas:
    async def test_what_the_platform_takes_no_more_of_leads_the_next_reply(self, line: WeChatLine) -> None:
        line.stage.dialogue.enqueue(TextReply(say=Say.FEELING, args={"said": LONG}))
        await line.text("都要带什么")
        await line.settle()
        told = "".join(line.read()).count("工资条")
        assert 0 < told < LONG.count("工资条")
        assert [one.reason for one in await tasks(line)] == ["undelivered:out_of_messages"]
        while told < LONG.count("工资条"):
            await line.text("还有吗")
            await line.settle()
            now = "".join(line.read()).count("工资条")
            assert now > told
            told = now
        assert told == LONG.count("工资条")

    async def test_are_five_a_message_for_the_staff_too(self, line: WeChatLine) -> None:
        await line.text("0")
        await line.settle()
        await staff_write(line, *(f"第{number}句。" for number in range(8)))
        assert sum("句。" in one for one in line.read()) < 8
        await line.text("好的")
        await line.settle()
        said = "\n".join(line.read())
        assert [said.count(f"第{number}句。") for number in range(8)] == [1] * 8

    async def test_are_three_within_a_minute_of_a_tap(self, line: WeChatLine) -> None:
        await line.fake.event(CITIZEN, "CLICK", EventKey="human")
        await line.settle()
        line.stage.clock.pass_(timedelta(minutes=2))
        await staff_write(line, "您好，我是王律师。")
        assert set(line.fake.refused) == {45015}
        assert "王律师" not in "".join(line.read())
        await line.text("在吗")
        assert "王律师" in "".join(line.read())


class TestRefused:
    async def test_a_message_it_never_takes_is_a_task_and_holds_nothing_up(self, line: WeChatLine) -> None:
        await line.text("0")
        await line.settle()
        line.fake.never_takes = ("第一句",)
        await staff_write(line, "第一句。", "第二句。")
        assert "第二句" in "".join(line.read())
        assert [one.reason for one in await tasks(line)] == ["undelivered:message_refused"]


class TestTwoDays:
    async def test_later_the_answer_leads_the_next_reply(self, line: WeChatLine) -> None:
        await line.text("0")
        await line.settle()
        line.stage.clock.pass_(timedelta(hours=49))
        await staff_write(line, "您好，我是王律师。")
        assert set(line.fake.refused) == {45015}
        assert [one.reason for one in await tasks(line)] == ["undelivered:out_of_time"]
        delivery = await line.fake.text(CITIZEN, "还在吗")
        assert (delivery.reply or "").count("王律师") == 1

    @pytest.mark.parametrize(
        ("safe", "reason"),
        [
            (SafeToContact.YES, "call_back"),
            (SafeToContact.NEUTRAL_ONLY, "call_back"),
            (SafeToContact.MESSAGE_ONLY, "undelivered"),
        ],
    )
    async def test_staff_call_where_a_number_is_known_that_is_safe_to_ring(
        self, line: WeChatLine, safe: SafeToContact, reason: str
    ) -> None:
        await line.text("0")
        await line.settle()
        reference = await hand_in(line, safe)
        line.stage.clock.pass_(timedelta(hours=49))
        await staff_write(line, "您好，我是王律师。", "请回个话。")
        (task,) = await tasks(line)
        assert task.reason == f"{reason}:out_of_time"
        assert task.reference == (reference if reason == "call_back" else None)

    @pytest.mark.parametrize("safe", [SafeToContact.NO, SafeToContact.UNKNOWN])
    async def test_nothing_rings_where_an_application_says_that_it_endangers(
        self, line: WeChatLine, safe: SafeToContact
    ) -> None:
        await line.text("0")
        await line.settle()
        await hand_in(line, safe)
        line.stage.clock.pass_(timedelta(hours=1))
        await staff_write(line, "您好，我是王律师。")
        assert "王律师" not in "".join(line.read())
        await line.text("我在")
        assert "".join(line.read()).count("王律师") == 1


class TestWhoeverLeft:
    async def test_becomes_a_task_and_reads_it_all_on_coming_back(self, line: WeChatLine) -> None:
        await line.text("0")
        await line.settle()
        await line.fake.event(CITIZEN, "unsubscribe")
        await staff_write(line, "您好，我是王律师。")
        assert [one.reason for one in await tasks(line)] == ["undelivered:out_of_time"]
        await line.fake.event(CITIZEN, "subscribe")
        assert "王律师" in line.read()[-1]


class TestTokens:
    async def late(self, line: WeChatLine) -> str:
        """Have something go out by the API, and return what came."""
        await staff_write(line, f"第{uuid.uuid4().hex}句。")
        return line.read()[-1]

    async def test_are_asked_for_once_and_kept(self, line: WeChatLine) -> None:
        await line.text("0")
        await line.settle()
        for _ in range(3):
            assert "工作人员" in await self.late(line)
        assert line.fake.asked == [False]

    async def test_are_renewed_before_they_end(self, line: WeChatLine) -> None:
        await line.text("0")
        await line.settle()
        await self.late(line)
        line.stage.clock.pass_(timedelta(seconds=7180))
        await self.late(line)
        assert line.fake.refused == []

    async def test_that_somebody_else_ended_are_replaced(self, line: WeChatLine) -> None:
        await line.text("0")
        await line.settle()
        await self.late(line)
        line.fake.tokens.clear()
        assert "句。" in await self.late(line)
        assert line.fake.refused == [40001]
        assert line.fake.asked == [False, False]

    async def test_that_were_revoked_are_forced_anew(self, line: WeChatLine) -> None:
        await line.text("0")
        await line.settle()
        await self.late(line)
        line.fake.revoke()
        assert "句。" in await self.late(line)
        assert line.fake.asked == [False, False, True]

    async def test_are_asked_for_by_one_at_a_time(self, line: WeChatLine) -> None:
        users = [f"o{number}" for number in range(6)]
        for user in users:
            await line.text("你好", user=user)
        await asyncio.gather(*(line.wechat.client.send(user, "早") for user in users))
        line.fake.revoke()
        await asyncio.gather(*(line.wechat.client.send(user, "晚") for user in users))
        assert line.fake.asked == [False, False, True]
        assert [line.read(user=user)[-2:] for user in users] == [["早", "晚"]] * 6


class TestAnOutage:
    async def test_costs_time_and_no_words(self, line: WeChatLine) -> None:
        await line.text("0")
        await line.settle()
        line.fake.away = 2
        await staff_write(line, "您好，我是王律师。")
        line.stage.clock.pass_(timedelta(minutes=1))
        await line.settle()
        assert sum("王律师" in one for one in line.read()) == 1

    async def test_of_the_right_to_write_leaves_everything_to_the_replies(self, line: WeChatLine) -> None:
        line.fake.verified = False
        line.stage.dialogue.enqueue(TextReply(say=Say.FEELING, args={"said": LONG[:1500]}))
        await line.text("都要带什么")
        for _ in range(3):
            await line.text("还有吗")
            await line.settle()
        assert "".join(line.read()).count("工资条") == LONG[:1500].count("工资条")


class TestSecrecy:
    async def test_no_log_holds_a_token_a_secret_or_a_word(self, line: WeChatLine) -> None:
        with logged() as stream:
            await line.forged()
            await line.text("张老板不给钱", user="oHiddenUser")
            await line.fake.say("oHiddenUser", MsgType="location", Label="牡丹江市西安路", Location_X="44.5827")
            line.fake.away = 1
            await line.text("0")
            await line.settle()
            await staff_write(line, "您好，我是王律师。")
            line.fake.secret = "another"
            line.fake.tokens.clear()
            await staff_write(line, "请回个话。")
            await line.raw(b"<xml>\xe5\xbc\xa0</xml>")
        told = stream.getvalue()
        assert "wechat.refused" in told
        for hidden in (SECRET, TOKEN, KEY, line.fake.current, "老板", "律师", "西安路", "44.58", "oHiddenUser"):
            assert hidden not in told
        assert APP_ID not in told
