"""What a conversation must survive: a turn run twice, an engine that forgot, an index that broke, any set of facts."""

import random
import sqlite3

import pytest

from api.services import conversations
from api.services.records import DialogueState
from knowledge_base.types import FactType
from tests.dialogue.stage import Stage, Talk

pytestmark = pytest.mark.dialogue

PHONE = "13812345678"
RUNS = 25
MOST_QUESTIONS = 12


def forget(stage: Stage, talk: Talk, state: DialogueState) -> None:
    """Put another memory in the place of the dialogue's own."""

    async def save() -> None:
        async with stage.database.unit_of_work() as uow:
            await conversations.save_state(uow, conversation_id=talk.id, state=state)
            await uow.commit()

    stage.loop.run(save())


def unsent(stage: Stage, talk: Talk) -> None:
    """Take the stored answers of the last turn away, as if the app had died before it stored them."""
    with sqlite3.connect(stage.folder / "dialogue.db") as database:
        newest = "SELECT max(seq) FROM messages WHERE conversation_id = ? AND sender = 'citizen'"
        database.execute(f"DELETE FROM messages WHERE conversation_id = ? AND seq > ({newest})", (talk.id, talk.id))  # noqa: S608
        database.execute(
            f"UPDATE messages SET answered = 0 WHERE conversation_id = ? AND seq = ({newest})",  # noqa: S608
            (talk.id, talk.id),
        )


class TestTurn:
    def test_calls_one_action(self, stage: Stage, talk: Talk) -> None:
        talk.say("老板拖欠工资")
        talk.tap({"act": "screen"})
        before = stage.calls
        talk.say("不知道")
        talk.say("法律援助收费吗")
        talk.say("算了")
        assert stage.calls - before == 3

    def test_that_runs_again_after_a_crash_answers_as_before(self, stage: Stage, talk: Talk) -> None:
        talk.say("老板拖欠工资")
        talk.tap({"act": "screen"})
        talk.say("不知道")
        first, facts = talk.messages, talk.state.facts
        unsent(stage, talk)
        talk.again()
        assert [message.text for message in talk.messages] == [message.text for message in first]
        assert talk.state.facts == facts

    def test_goes_on_where_rasa_has_forgotten_the_form(self, stage: Stage, talk: Talk) -> None:
        other = stage.open(region="231000")
        talk.say("老板拖欠工资")
        talk.tap({"act": "screen"})
        asked = talk.state.asked
        assert asked is not None
        forget(stage, other, talk.state)  # a thread whose tracker knows nothing of the form its memory is in
        other.say("不知道")
        assert other.state.facts[asked] is None
        assert other.state.asked not in {asked, None}

    def test_is_free_where_only_rasa_still_holds_the_form(self, stage: Stage, talk: Talk) -> None:
        talk.say("老板拖欠工资")
        talk.tap({"act": "screen"})
        forget(stage, talk, DialogueState())
        talk.say("法律援助收费吗")
        assert [message.kind for message in talk.messages] == ["answer"]
        talk.say("好的")
        assert talk.state.asked is None

    def test_tells_a_broken_index_from_a_missing_answer(self, stage: Stage, talk: Talk) -> None:
        stage.knowledge.broken = True
        talk.say("老板拖欠工资怎么办")
        assert "系统出了故障，不是没有答案" in talk.messages[0].text
        stage.knowledge.broken = False
        talk.say("银川的八种免审查情形是哪八种")
        assert "我手里的文件没有写这一点" in talk.messages[0].text

    def test_leaves_no_phone_number_with_rasa(self, stage: Stage, talk: Talk) -> None:
        talk.say(f"我电话{PHONE} 老板不给钱")
        talk.say("我要申请法律援助")
        talk.tap({"consent.handoff": True})
        talk.tap({"consent.sensitive": True})
        talk.say("王建国")
        talk.say(PHONE)
        assert talk.state.asked == "contact.safe"
        tracker = b"".join(file.read_bytes() for file in stage.folder.glob("tracker.db*"))
        for secret in (PHONE, "王建国"):
            assert secret.encode() not in tracker
            assert secret.encode("unicode_escape") not in tracker
            assert secret not in (stage.folder / "rasa.log").read_text(errors="replace")
        assert b"<pii:" in tracker

    def test_reaches_a_person_however_the_form_stands(self, talk: Talk) -> None:
        talk.say("老板拖欠工资")
        talk.tap({"act": "screen"})
        talk.say("别跟我说机器话 找个人")
        assert talk.last is not None
        assert talk.last.holder == "waiting"
        assert talk.state.asked is None


class TestAnyCitizen:
    @pytest.mark.parametrize("seed", range(RUNS))
    def test_gets_a_verdict_in_few_questions_none_of_them_twice(self, stage: Stage, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 (no secret)
        talk = stage.open(region=dice.choice([None, "231000", "140581", "640100", "320400"]))
        talk.say(dice.choice(["老板不给钱", "老板拖欠工资", "他打我", "想离婚", "说不清的事 帮帮我"]))
        talk.tap({"act": "screen"})
        seen: list[str] = []
        while talk.question is not None:
            fact = talk.question["fact"]
            assert fact not in seen
            seen.append(fact)
            assert len(seen) <= MOST_QUESTIONS, seen
            talk.tap({fact: self._answer(dice, talk)})
        assert [message.kind for message in talk.messages] == ["verdict"], seen
        assert talk.state.screening is False

    def _answer(self, dice: random.Random, talk: Talk) -> object:
        question = talk.question
        assert question is not None
        offered = list(question.get("options", ()))
        if dice.random() < 0.2:
            return None
        values: dict[str, list[object]] = {
            FactType.BOOL: [True, False],
            FactType.ENUM: offered,
            FactType.INT: [12, 17, 18, 59, 60, 71],
            FactType.MONEY: [0, 800.5, 2260, 9000],
            FactType.REGION: ["231000", "640100"],
            FactType.DATE: ["2026-11-25"],
            FactType.TEXT: ["说不清"],
        }
        return dice.choice(values[question["type"]])
