"""What was answered is read back before it is handed over, and each answer can be changed by its number or its name."""

import pytest

from actions.acts import Act
from actions.checking import CHANGE, meant
from actions.wire import QuestionReply, Say, TextReply, VerdictReply
from tests.dialogue.desk import Desk

pytestmark = pytest.mark.unit

TOLD = {"applicant.migrant_worker": False, "household.monthly_income_per_capita": 1200}


@pytest.fixture
def desk() -> Desk:
    """Let a worker be asked to the end, who knows nothing but a few things."""
    desk = Desk()
    desk.chooses(act="screen")
    desk.chooses(matter="labour.wages")
    while desk.state.asked is not None:
        desk.chooses(**{desk.state.asked: TOLD.get(desk.state.asked)})
    assert "verdict" in desk.said
    return desk


def listed(desk: Desk) -> str:
    (told,) = (reply for reply in desk.outcome.replies if isinstance(reply, TextReply))
    assert told.say is Say.ANSWERS_READ_BACK
    return told.args["list"]


class TestReadBack:
    def test_lists_every_answer_in_plain_words_before_the_first_consent(self, desk: Desk) -> None:
        desk.chooses(act="handoff")
        assert listed(desk).splitlines() == [
            "第1条 什么事：干了活，不给工钱",
            "第2条 从农村出来打工：不是",
            "第3条 领低保、救助：不清楚",
            "第4条 固定的生活来源：不清楚",
            "第5条 平均每人每月收入：1200 元",
        ]
        assert [reply.kind for reply in desk.outcome.replies] == ["text", "question"]
        assert desk.state.asked == "consent.handoff"
        offered = [choice.payload for choice in desk.choices if CHANGE in choice.payload]
        assert len(offered) == 5

    def test_is_not_said_twice_of_the_same_answers(self, desk: Desk) -> None:
        desk.chooses(act="handoff")
        desk.hears("算了", act=Act.CANCEL)
        desk.chooses(act="handoff")
        assert [reply.kind for reply in desk.outcome.replies] == ["question"]

    def test_is_left_out_where_nothing_was_answered(self) -> None:
        desk = Desk()
        desk.chooses(act="handoff")
        assert [reply.kind for reply in desk.outcome.replies] == ["question"]

    def test_names_the_place_of_the_case(self, desk: Desk) -> None:
        desk.chooses(place__event="640104")
        desk.chooses(act="handoff")
        assert "发生在：宁夏回族自治区银川市兴庆区" in listed(desk)


class TestChange:
    @pytest.mark.parametrize(
        "text", ["改第2条", "第二条错了", "我想改一下第2条", "第2条不对", "农民工那条填错了", "改一下打工那条"]
    )
    def test_asks_for_that_answer_again_and_keeps_it_until_there_is_another(self, desk: Desk, text: str) -> None:
        desk.chooses(act="handoff")
        (asked,) = desk.hears(text, act=Act.CORRECT)
        assert isinstance(asked, QuestionReply)
        assert asked.question.fact == "applicant.migrant_worker"
        assert desk.state.facts["applicant.migrant_worker"] is False

    @pytest.mark.parametrize(
        "text",
        [
            "改第五条，应该是900",
            "收入填错了，是900",
            "收入改成900",
            "第5条不对 应该是900块",
            "平均每人每月收入写错了 九百",
        ],
    )
    def test_takes_the_new_answer_where_it_comes_with_it(self, desk: Desk, text: str) -> None:
        desk.chooses(act="handoff")
        desk.hears(text, act=Act.CORRECT)
        assert desk.state.facts["household.monthly_income_per_capita"] in {900, "900", "900.00"}
        assert "verdict" in desk.said

    def test_judges_anew_and_reads_the_new_list_back(self, desk: Desk) -> None:
        desk.chooses(act="handoff")
        desk.chooses(**{CHANGE: "applicant.migrant_worker"})
        told = desk.chooses(applicant__migrant_worker=True)
        assert isinstance(told[-1], VerdictReply)
        assert told[-1].verdict.outcome == "likely"
        desk.chooses(act="handoff")
        assert "从农村出来打工：是" in listed(desk)

    def test_is_heard_after_the_result_as_well(self, desk: Desk) -> None:
        desk.hears("农民工那条选错了，是", act=Act.CORRECT)
        assert desk.said == ["answer_corrected", "verdict"]
        (asked,) = desk.hears("改一下收入", act=Act.ASK)
        assert isinstance(asked, QuestionReply)
        assert asked.question.fact == "household.monthly_income_per_capita"

    @pytest.mark.parametrize(
        "text",
        [
            "我是农民工",
            "同意",
            "老板说我工作做错了要扣钱",
            "收入",
            "我在第2工地",
            "第9条错了",
            "没有固定收入",
            "我要换律师",
        ],
    )
    def test_is_not_read_into_other_words(self, desk: Desk, text: str) -> None:
        assert meant(text, desk.state, desk.services) is None

    @pytest.mark.parametrize("fact", ["applicant.age", "nonsense", "matter' OR 1"])
    def test_of_what_was_never_answered_asks_what_is_open(self, desk: Desk, fact: str) -> None:
        desk.chooses(**{CHANGE: fact})
        assert fact not in desk.state.facts
