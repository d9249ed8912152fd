"""What happens while a turn is under way, or when its way back breaks: danger does not queue, a receipt is not lost."""

import asyncio

import pytest

from actions.turn import remember
from api.services import conversations
from api.services.records import DialogueState, Sender
from bot.messages import QuestionReply, ReceiptReply
from bot.under_way import TurnUnderWay
from knowledge_base.types import FactType, Question
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http
QUESTION = QuestionReply(
    question=Question(fact="applicant.age", type=FactType.INT, text="您今年多大了？", why="有的规定看年龄。")
)


class TestDanger:
    async def test_is_answered_while_another_turn_hangs(self, stage: Stage) -> None:
        stage.dialogue.delay = 0.25
        hanging = asyncio.create_task(stage.say("老板不给钱"))
        await is_under_way(stage)
        outcome = await stage.say("活着没意思 药都买好了")
        assert not hanging.done()
        assert outcome.messages[0].kind == "safety"
        await hanging

    async def test_is_not_followed_by_the_question_of_a_turn_that_was_under_way(self, stage: Stage) -> None:
        stage.dialogue.delay = 0.2
        stage.dialogue.enqueue(QUESTION)
        hanging = asyncio.create_task(stage.say("看看我能不能申请"))
        await is_under_way(stage)
        await stage.say("活着没意思 药都买好了")
        assert (await hanging).messages == ()
        assert (await stage.thread())[-1].kind == "safety"
        assert not (await stage.state()).screening

    async def test_leaves_an_earlier_danger_out_of_it(self, stage: Stage) -> None:
        await stage.say("活着没意思 药都买好了")
        stage.dialogue.enqueue(QUESTION)
        outcome = await stage.say("现在好一些了，想问问老板不给工资怎么办")
        assert [message.kind for message in outcome.messages] == ["question"]


class TestAPerson:
    async def test_is_asked_for_while_another_turn_hangs(self, stage: Stage) -> None:
        stage.dialogue.delay = 0.25
        hanging = asyncio.create_task(stage.say("老板不给钱"))
        await is_under_way(stage)
        assert (await stage.say("转人工")).messages[0].kind == "handover"
        assert not hanging.done()
        await hanging


async def is_under_way(stage: Stage) -> None:
    """Wait until the turn before has come to the dialogue; a busy machine takes its time."""
    async with asyncio.timeout(5):
        while not stage.dialogue.asked:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0.005)


class TestANumberOrAYes:
    @pytest.mark.parametrize(
        "typed", ["1", " 2。", "１２", "是", "好", "行", "好的！", "同意", "我同意", "OK", "是的。"]
    )
    async def test_is_not_taken_while_another_turn_hangs(self, stage: Stage, typed: str) -> None:
        stage.dialogue.delay = 0.25
        hanging = asyncio.create_task(stage.say("老板不给钱"))
        await is_under_way(stage)
        with pytest.raises(TurnUnderWay, match="稍等"):
            await stage.say(typed)
        await hanging
        assert [message.text for message in await stage.thread() if message.sender is Sender.CITIZEN] == ["老板不给钱"]

    @pytest.mark.parametrize("typed", ["6200", "是老板不给", "好像有合同", "行李还在厂里"])
    async def test_is_neither_four_digits_nor_words_that_tell_more(self, stage: Stage, typed: str) -> None:
        stage.dialogue.delay = 0.1
        hanging = asyncio.create_task(stage.say("老板不给钱"))
        await is_under_way(stage)
        await stage.say(typed)
        await hanging
        assert [each.text for each in stage.dialogue.asked] == ["老板不给钱", typed]

    async def test_sent_again_by_its_platform_is_the_same_turn(self, stage: Stage) -> None:
        stage.dialogue.delay = 0.1
        first, again = await asyncio.gather(*(stage.say("3", external_id="m-1") for _ in range(2)))
        assert first.messages == again.messages
        assert len(stage.dialogue.asked) == 1

    async def test_is_taken_after_a_turn_that_died(self, stage: Stage) -> None:
        stage.dialogue.queue.append(RuntimeError())
        with pytest.raises(RuntimeError):
            await stage.say("老板不给钱")
        assert (await stage.say("1")).messages


class TestWhatTheActionDecided:
    async def test_reaches_the_citizen_though_the_way_back_broke(self, stage: Stage) -> None:
        receipt = ReceiptReply(reference="LA-2026-7K4Q-3")
        stored = remember(DialogueState(), [receipt], message="2", form=None)
        await stage.remember(stored)
        stage.dialogue.fail("closed")
        outcome = await stage.say("电话办理")
        assert [message.kind for message in outcome.messages] == ["receipt"]
        assert "LA-2026-7K4Q-3" in outcome.messages[0].text

    async def test_for_an_earlier_message_is_not_said_again(self, stage: Stage) -> None:
        receipt = ReceiptReply(reference="LA-2026-7K4Q-3")
        await stage.remember(remember(DialogueState(), [receipt], message="7", form=None))
        stage.dialogue.fail("closed")
        assert "receipt" not in {message.kind for message in (await stage.say("在吗")).messages}

    async def test_is_known_to_be_too_late_once_the_citizen_was_answered(self, stage: Stage) -> None:
        await stage.say("老板不给钱")
        async with stage.database.reading() as uow:
            assert await conversations.answered(uow, conversation_id=stage.opened.id, seq=2)
            assert not await conversations.answered(uow, conversation_id=stage.opened.id, seq=9)


class TestABugInTheAnswers:
    async def test_costs_the_answer_and_never_the_reply(self, stage: Stage) -> None:
        async def broken(query: str, **_more: object) -> object:
            raise RuntimeError(query)

        stage.gateway._answers = broken  # type: ignore[assignment]  # noqa: SLF001 - the port, after the fact
        stage.dialogue.fail()
        outcome = await stage.say("老板不给钱")
        assert "故障" in outcome.messages[0].text
