"""WeChat's five seconds and its three tries: one turn and one answer, in the reply or soon after it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from api.services import conversations
from bot.channels.phrases import Phrases
from bot.channels.wechat.account import PATH
from bot.messages import Say, TextReply
from bot.sim.wechat_api import BROKEN
from tests.channels.logged import logged
from tests.channels.wechat_line import WeChatLine, wechat_line
from tests.contracts import MENU
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http
WORDS = Phrases.load().wechat
NOTES = Phrases.load().notes
THANKS = TextReply(say=Say.THANKS)
"""Said as «不客气…»."""


@pytest.fixture
async def line(stage: Stage) -> AsyncIterator[WeChatLine]:
    async with wechat_line(stage, limits={"conversation.message": "5/minute"}) as line:
        yield line
        assert line.fake.refused == []


@asynccontextmanager
async def slow(line: WeChatLine) -> AsyncIterator[None]:
    """Keep every turn of the citizen waiting."""
    async with line.stage.database.reading() as uow:
        found = await conversations.conversation_of(uow, channel="wechat", external_user="citizen")
    assert found is not None
    async with line.stage.database.conversation_lock(found.id):
        yield


def told(line: WeChatLine, words: str) -> int:
    return "\n".join(line.read()).count(words)


class TestInTime:
    async def test_everything_comes_in_one_reply(self, line: WeChatLine) -> None:
        line.stage.dialogue.enqueue(THANKS, MENU)
        delivery = await line.fake.text("citizen", "谢谢")
        assert delivery.tries == (200,)
        assert len(line.read()) == 1
        assert delivery.reply is not None
        assert delivery.reply.index("不是律师") < delivery.reply.index("不客气") < delivery.reply.index("2 转人工")

    async def test_whoever_is_served_by_a_person_gets_no_words_of_ours(self, line: WeChatLine) -> None:
        await line.text("0")
        async with line.stage.database.unit_of_work() as uow:
            (ticket,) = await uow.tickets.open_ones()
            assert ticket.conversation_id is not None
            await conversations.claim(
                uow, conversation_id=ticket.conversation_id, staff="staff-1", now=line.stage.clock()
            )
            await uow.commit()
        await line.settle()
        assert (await line.fake.text("citizen", "我在")).reply is None


class TestTooLate:
    async def test_is_told_that_it_comes_and_comes_once(self, line: WeChatLine) -> None:
        await line.text("你好")
        line.stage.dialogue.enqueue(THANKS)
        async with slow(line):
            delivery = await line.fake.text("citizen", "谢谢")
        assert delivery.reply == WORDS.holding
        assert delivery.tries == (200,)
        await line.settle()
        assert told(line, "不客气") == 1
        assert told(line, WORDS.holding) == 1
        assert len(line.stage.dialogue.asked) == 2

    async def test_what_was_written_meanwhile_is_answered_after_it(self, line: WeChatLine) -> None:
        await line.text("你好")
        line.stage.dialogue.enqueue(THANKS)
        line.stage.dialogue.enqueue(MENU)
        async with slow(line):
            await asyncio.gather(line.text("谢谢"), line.text("能帮我吗"))
        await line.settle()
        assert told(line, "不客气") == 1
        assert told(line, "1 看看") == 1

    async def test_a_turn_that_breaks_says_so_too(self, line: WeChatLine) -> None:
        await line.text("你好")
        line.stage.dialogue.queue.append(RuntimeError())
        with logged() as log:
            async with slow(line):
                await line.text("谢谢")
            await line.settle()
        assert "channel.turn_failed" in log.getvalue()
        assert line.read()[-2:] == [WORDS.holding, WORDS.failed]


class TestThreeTries:
    async def test_while_the_turn_runs_are_one_turn_and_one_answer(self, stage: Stage) -> None:
        async with wechat_line(stage, patience=30.0, platforms_patience=1.0) as line:
            await line.text("你好")
            stage.dialogue.enqueue(THANKS)
            async with slow(line):
                delivering = asyncio.create_task(line.fake.text("citizen", "谢谢"))
                await line.fake.hung_up.wait()
            delivery = await delivering
            await line.settle()
            assert (delivery.tries[0], delivery.tries[-1]) == (None, 200)
            assert told(line, "不客气") == 1
            assert len(stage.dialogue.asked) == 2

    async def test_that_all_end_in_silence_are_answered_afterwards(self, stage: Stage) -> None:
        async with wechat_line(stage, patience=30.0, platforms_patience=1.0) as line:
            await line.text("你好")
            stage.dialogue.enqueue(THANKS)
            async with slow(line):
                delivery = await line.fake.text("citizen", "谢谢")
            assert delivery.tries == (None, None, None)
            await asyncio.sleep(0.5)  # the deliveries that WeChat gave up find out
            await line.settle()
            assert line.read()[-2] == BROKEN
            assert told(line, "不客气") == 1
            assert len(stage.dialogue.asked) == 2

    @pytest.mark.parametrize("lost", [1, 2])
    async def test_whose_replies_are_lost_get_the_same_again(self, line: WeChatLine, lost: int) -> None:
        await line.text("你好")
        line.stage.dialogue.enqueue(THANKS)
        line.fake.lost = lost
        delivery = await line.fake.text("citizen", "谢谢")
        await line.settle()
        assert delivery.tries == (None,) * lost + (200,)
        assert told(line, "不客气") == 1
        assert len(line.stage.dialogue.asked) == 2

    async def test_at_two_processes_are_one_turn_and_one_answer(self, line: WeChatLine) -> None:
        async with wechat_line(line.stage) as other:
            query, body = line.fake.request("citizen", {"MsgType": "text", "Content": "谢谢", "MsgId": "77"})
            line.stage.dialogue.enqueue(THANKS)
            answers = await asyncio.gather(
                line.fake.door.post(PATH, params=query, content=body),
                other.fake.door.post(PATH, params=query, content=body),
            )
            assert [one.status_code for one in answers] == [200, 200]
            assert sum(one.text == "success" for one in answers) == 1
            assert len(line.stage.dialogue.asked) == 1

    async def test_long_after_are_nothing_new(self, line: WeChatLine) -> None:
        await line.fake.text("citizen", "谢谢", id="77")
        line.wechat._turns.clear()  # noqa: SLF001 - the process was started anew
        assert (await line.fake.text("citizen", "谢谢", id="77")).reply is None
        assert len(line.stage.dialogue.asked) == 1


class TestWhatCannotBeTaken:
    async def test_a_turn_that_breaks_asks_to_write_again(self, line: WeChatLine) -> None:
        line.stage.dialogue.queue.append(RuntimeError())
        with logged() as log:
            assert (await line.fake.text("citizen", "谢谢")).reply == WORDS.failed
        assert "channel.turn_failed" in log.getvalue()
        line.stage.dialogue.enqueue(THANKS)
        await line.text("谢谢")
        assert told(line, "不客气") == 1

    async def test_haste(self, line: WeChatLine) -> None:
        for number in range(5):
            await line.text(f"喂{number}")
        assert (await line.fake.text("citizen", "喂")).reply == NOTES.too_fast
        assert len(line.stage.dialogue.asked) == 5

    @pytest.mark.parametrize(("words", "named"), [("", "空的"), ("长" * 4001, "4000")])
    async def test_empty_and_endless_words(self, line: WeChatLine, words: str, named: str) -> None:
        delivery = await line.fake.text("citizen", words)
        assert delivery.reply is not None
        assert named in delivery.reply
        assert not line.stage.dialogue.asked


class TestTheDoor:
    async def test_proves_itself_to_whoever_sets_the_account_up(self, line: WeChatLine) -> None:
        stamp = {**line.fake.stamp(), "echostr": "1234567890"}
        answer = await line.fake.door.get(PATH, params=stamp)
        assert (answer.status_code, answer.text) == (200, "1234567890")
        assert answer.headers["content-type"].startswith("text/plain")

    async def test_refuses_what_is_for_another_account(self, line: WeChatLine) -> None:
        line.fake.original_id = "gh_another"
        assert (await line.fake.text("citizen", "你好")).tries == (401,)

    @pytest.mark.parametrize(
        "content",
        [
            {"MsgType": "text", "Content": "你好"},
            {"MsgType": "text", "Content": "你好", "MsgId": "一"},
            {"MsgType": "event", "Event": "subscribe", "CreateTime": ""},
        ],
    )
    async def test_refuses_what_is_no_message(self, line: WeChatLine, content: dict[str, str]) -> None:
        query, body = line.fake.request("citizen", content)
        answer: httpx.Response = await line.fake.door.post(PATH, params=query, content=body)
        assert (answer.status_code, answer.json()["code"]) == (400, "message_unreadable")


class TestTheModes:
    @pytest.mark.parametrize("mode", [{"plain": True}, {"both": True}])
    async def test_take_and_answer(self, stage: Stage, mode: dict[str, bool]) -> None:
        async with wechat_line(stage, **mode) as line:
            stage.dialogue.enqueue(TextReply(say=Say.FEELING, args={"said": "]]> <b> & 完"}))
            await line.text("<xml>]]>&amp;老板")
            assert stage.dialogue.asked[0].text == "<xml>]]>&amp;老板"
            assert line.read()[0].endswith("]]> <b> & 完")

    async def test_in_clear_refuse_what_nobody_signed(self, stage: Stage) -> None:
        async with wechat_line(stage, plain=True) as line:
            statuses = await line.forged()
            # Nothing is sealed there, and nothing but the stamp is signed.
            assert [status for status in statuses if status != 401] == [200, 200]
