"""Whether somebody who told of violence may be contacted: asked when it is calm, kept as answered, and held to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.services import conversations
from api.services.records import SafeToContact
from api.services.tickets import DELIVER
from bot.messages import AnswerReply, QuestionReply
from knowledge_base.types import FactType, Question
from tests.fakes import answer
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http

KNIFE = "他又拿刀了"
PILLS = "活着没意思 药都买好了"
ASKED = QuestionReply(question=Question(fact="applicant.age", type=FactType.INT, text="您今年多大了？", why="……"))


async def deliveries(stage: Stage) -> int:
    async with stage.database.unit_of_work() as uow:
        jobs = await uow.jobs.take(now=stage.clock(), lease=timedelta(minutes=1), limit=50)
        await uow.commit()
    return sum(job.kind == DELIVER for job in jobs)


class TestContact:
    async def test_is_not_asked_while_the_danger_is_told(self, stage: Stage) -> None:
        for text in (KNIFE, f"{KNIFE} 快来人"):
            assert [message.kind for message in (await stage.say(text)).messages] == ["safety"]
        assert await stage.safe_to_contact() is SafeToContact.UNKNOWN

    @pytest.mark.parametrize("text", ["嗯", "他走了", "转人工", "老板欠我三个月工资一直不给怎么办"])
    async def test_is_asked_in_the_next_calm_turn_once(self, stage: Stage, text: str) -> None:
        await stage.say(KNIFE)
        messages = (await stage.say(text)).messages
        asked = messages[-1]
        assert (asked.kind, asked.body["question"]["fact"]) == ("question", "safe_to_contact")
        assert [choice["title"] for choice in asked.body["choices"]] == ["可以联系", "只能发消息", "不要联系"]
        assert sum("question" in message.body for message in messages) == 1
        again = (await stage.say("好的知道了谢谢你们大家的帮助我现在就去")).messages
        assert all("question" not in message.body for message in again)

    async def test_is_asked_although_somebody_wished_to_be_written_to(self, stage: Stage) -> None:
        await stage.say("我是聋人 你们怎么联系我")
        async with stage.database.unit_of_work() as uow:
            found = await conversations.conversation(uow, conversation_id=stage.opened.id, now=stage.clock())
            written = replace(found.care, safe_to_contact=SafeToContact.MESSAGE_ONLY)
            await conversations.take_care(uow, conversation_id=found.id, care=written, now=stage.clock())
            await uow.commit()
        await stage.say(KNIFE)
        assert await stage.safe_to_contact() is SafeToContact.UNKNOWN
        messages = (await stage.say("嗯")).messages
        assert messages[-1].body["question"]["fact"] == "safe_to_contact"

    async def test_waits_where_the_dialogue_has_a_question_of_its_own(self, stage: Stage) -> None:
        await stage.say(KNIFE)
        stage.dialogue.enqueue(ASKED)
        first = (await stage.say("我想看看能不能申请法律援助")).messages
        assert [message.body["question"]["fact"] for message in first if "question" in message.body] == [
            "applicant.age"
        ]
        stage.dialogue.enqueue(AnswerReply(answer=answer()))
        second = (await stage.say("保护令怎么申请要几天")).messages
        assert [message.kind for message in second] == ["answer", "question"]

    @pytest.mark.parametrize(
        ("title", "stored"),
        [("yes", SafeToContact.YES), ("message_only", SafeToContact.MESSAGE_ONLY), ("no", SafeToContact.NO)],
    )
    async def test_is_kept_as_answered_by_a_button(self, stage: Stage, title: str, stored: SafeToContact) -> None:
        await stage.say(KNIFE)
        await stage.say("嗯")
        (message,) = (await stage.tap({"safe_to_contact": title})).messages
        assert message.text.startswith("记下了")
        assert await stage.safe_to_contact() is stored
        assert stage.dialogue.asked == []

    @pytest.mark.parametrize(
        ("words", "stored"),
        [
            ("可以联系", SafeToContact.YES),
            ("只能发消息", SafeToContact.MESSAGE_ONLY),
            ("别打电话 发微信吧", SafeToContact.MESSAGE_ONLY),
            ("不要联系", SafeToContact.NO),
            ("别打给我", SafeToContact.NO),
            ("不要发消息", SafeToContact.NO),
        ],
    )
    async def test_is_kept_as_answered_in_words(self, stage: Stage, words: str, stored: SafeToContact) -> None:
        await stage.say(KNIFE)
        await stage.say("嗯")
        await stage.say(words)
        assert await stage.safe_to_contact() is stored

    async def test_is_not_read_out_of_words_said_later(self, stage: Stage) -> None:
        await stage.say(KNIFE)
        await stage.say("嗯")
        await stage.say("我想问问离婚以后孩子归谁抚养")
        await stage.say("可以")
        assert await stage.safe_to_contact() is SafeToContact.UNKNOWN

    async def test_is_not_asked_of_whoever_told_of_no_violence(self, stage: Stage) -> None:
        await stage.say(PILLS)
        assert all("question" not in message.body for message in (await stage.say("嗯")).messages)
        assert await stage.safe_to_contact() is None

    @pytest.mark.parametrize(("said", "rings"), [(None, 0), ("no", 0), ("yes", 1), ("message_only", 1)])
    async def test_lets_nothing_ring_later_unless_it_may(self, stage: Stage, said: str | None, rings: int) -> None:
        await stage.say(KNIFE)
        await stage.say("嗯")
        if said is not None:
            await stage.tap({"safe_to_contact": said})
        stage.clock.pass_(timedelta(hours=2))
        await stage.claim()
        assert await deliveries(stage) == rings

    async def test_lets_an_answer_through_to_whoever_is_writing_now(self, stage: Stage) -> None:
        await stage.say(KNIFE)
        stage.clock.pass_(timedelta(minutes=3))
        await stage.claim()
        assert await deliveries(stage) == 1
