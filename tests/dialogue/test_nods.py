"""A nod, a thought, a short word: the talk goes on from them, and never in the same words three times."""

import pytest

from actions import intake_words, silence
from actions.acts import Act
from actions.intake_questions import CONSENT
from tests.dialogue.desk import Desk

pytestmark = pytest.mark.unit

WAGES = "老板拖欠工资"


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestNods:
    @pytest.mark.parametrize("text", ["嗯", "哦", "好", "行吧", "好的", "那行吧", "OK"])
    def test_say_no_more_than_that_it_was_read(self, text: str) -> None:
        assert silence.nods(text)

    @pytest.mark.parametrize("text", ["可以", "要", "不行", "好难过", "行不行", "是", "哦 那要多久"])
    def test_are_no_words_that_say_something(self, text: str) -> None:
        assert not silence.nods(text)

    def test_lead_with_a_matter_to_the_question_that_it_leaves_open(self, desk: Desk) -> None:
        desk.hears(WAGES)
        desk.hears("行吧", act=Act.AFFIRM)
        assert desk.state.asked is None
        assert desk.said == ["screen_offer"]
        desk.hears("嗯", act=Act.AFFIRM)
        assert desk.state.asked == "applicant.migrant_worker"

    def test_after_the_result_do_not_begin_a_consent(self, desk: Desk) -> None:
        desk.hears(WAGES)
        desk.screen()
        desk.answer(applicant__migrant_worker=True)
        desk.hears("哦", act=Act.AFFIRM)
        assert desk.said == ["handoff_offer"]
        desk.hears("好", act=Act.AFFIRM)
        assert desk.state.asked == CONSENT.fact

    @pytest.mark.parametrize("before", [(), ("公司注册要什么",), (WAGES, "转人工")])
    def test_never_bring_the_same_line_three_times(self, desk: Desk, before: tuple[str, ...]) -> None:
        desk.hears(*before)
        lines, choices = [], []
        for text in ("嗯", "哦", "嗯", "嗯", "好", "嗯"):
            desk.hears(text, act=Act.AFFIRM)
            lines.append(tuple(desk.said))
            choices.append([str(one.payload) for one in desk.choices])
            if desk.state.asked is not None:
                break
        assert all(len({*lines[at : at + 3]}) > 1 for at in range(len(lines) - 2))
        assert any("human" in one or "appoint" in one for each in choices for one in each)

    def test_end_with_silence_at_a_person(self, desk: Desk) -> None:
        for text in ("嗯", "……", "嗯"):
            desk.hears(text, act=Act.AFFIRM)
        assert desk.said == ["silence_second"]
        assert {"human", "appoint"} <= {str(one.payload.get("act")) for one in desk.choices}


class TestThinkingItOver:
    @pytest.mark.parametrize("text", ["再说吧", "我考虑考虑", "先不了", "以后再说吧"])
    def test_is_no_consent_and_presses_nobody(self, desk: Desk, text: str) -> None:
        desk.hears("我要申请法律援助", act=Act.APPLY)
        desk.hears("我要申请法律援助", act=Act.APPLY)
        desk.hears(text)
        assert desk.said == ["intake_cancelled"]
        assert desk.state.intake == {}
        assert desk.state.asked is None

    def test_declines_what_was_asked_in_so_many_words(self, desk: Desk) -> None:
        desk.hears(WAGES, "行吧", "再说吧")
        assert desk.said == ["screen_cancelled"]

    @pytest.mark.parametrize("text", ["我想想孩子怎么办", "再说一遍", "回头他又来打我", "先不给钱"])
    def test_is_not_heard_in_a_story(self, text: str) -> None:
        assert not intake_words.postpones(text)
