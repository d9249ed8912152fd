"""Words that take back one's own: which answer or told fact they change, that the caller reads which, and that nothing else is claimed."""

import time

import pytest

from actions import amends
from actions.acts import Act
from actions.turn import RECEIPT, with_extra
from actions.wire import Say, TextReply, VerdictReply
from knowledge_base import correcting
from knowledge_base.unasked import MANY
from tests.dialogue.desk import Desk

pytestmark = pytest.mark.unit

WAGES = "老板拖欠工资"
INCOME = "household.monthly_income_per_capita"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def asked(desk: Desk) -> Desk:
    """Let somebody answer everything, their income last, and read the result."""
    desk.hears("家里低保停了")
    desk.chooses(act="screen")
    while desk.state.asked is not None:
        desk.chooses(**{desk.state.asked: {INCOME: 1200, "applicant.age": 40}.get(desk.state.asked, False)})
    assert desk.said == ["verdict"]
    assert desk.state.facts[INCOME] == 1200
    return desk


def corrected(desk: Desk) -> str:
    """Return which answers the caller reads as changed."""
    lists = [
        one.args["list"]
        for one in desk.outcome.replies
        if isinstance(one, TextReply) and one.say is Say.ANSWER_CORRECTED
    ]
    return lists[0] if lists else ""


class TestTheAnswer:
    def test_that_changed_is_named_with_its_new_value(self, asked: Desk) -> None:
        asked.hears("说错了 收入是三千")
        assert asked.state.facts[INCOME] in {"3000", "3000.00"}
        assert corrected(asked) == "“平均每人每月收入”记成“3000 元”"
        assert asked.said == ["answer_corrected", "verdict"]

    @pytest.mark.parametrize(
        "text", ["说错了 押金是两千", "不对 欠我一万二", "搞错了 孩子是8岁", "说错了 是厂里欠的工资"]
    )
    def test_stays_where_the_words_are_about_something_else(self, asked: Desk, text: str) -> None:
        asked.hears(text)
        assert asked.state.facts[INCOME] == 1200
        assert not corrected(asked)

    def test_takes_a_bare_sum_right_after_it_was_asked(self, asked: Desk) -> None:
        asked.hears("不对 是三千")
        assert "3000" in corrected(asked)

    def test_takes_no_bare_sum_once_something_else_was_talked_of(self, asked: Desk) -> None:
        asked.hears("低保停了怎么办")
        asked.hears("不对 是三千")
        assert asked.state.facts[INCOME] == 1200
        assert asked.said == ["story_corrected"]

    def test_is_named_when_a_button_changes_it(self, asked: Desk) -> None:
        asked.chooses(**{INCOME: 900})
        assert corrected(asked) == "“平均每人每月收入”记成“900 元”"

    def test_is_changed_by_its_name_among_the_questions(self, desk: Desk) -> None:
        desk.hears("家里低保停了")
        desk.chooses(act="screen")
        desk.chooses(applicant__social_assistance=True)
        first = desk.state.asked
        desk.hears("不对 没有低保", act=Act.CORRECT)
        assert desk.state.facts["applicant.social_assistance"] is False
        assert corrected(desk) == "“领低保、救助”记成“不是”"
        assert desk.state.asked is not None
        assert first != "applicant.social_assistance"

    def test_says_that_what_was_handed_in_stays_as_it_was(self, asked: Desk) -> None:
        asked.state = with_extra(asked.state, **{RECEIPT: {"reference": "LA-2026-9NM6-7"}})
        asked.hears("说错了 收入是三千")
        assert asked.said == ["answer_corrected", "application_unchanged", "verdict"]

    def test_is_asked_for_where_only_the_mistake_was_told(self, asked: Desk) -> None:
        asked.hears("我说错了")
        assert asked.said == ["what_is_right"]
        asked.hears("我有低保")
        assert asked.state.facts["applicant.social_assistance"] is True
        assert corrected(asked)

    def test_that_is_not_changed_is_not_claimed(self, asked: Desk) -> None:
        asked.hears("说错了 收入是一千二")
        assert not corrected(asked)


class TestWhatAStoryTold:
    def test_of_working_away_is_taken_back(self, desk: Desk) -> None:
        desk.hears("我是农民工，老板拖欠工资")
        desk.hears("说错了 我不是农民工")
        assert desk.state.facts["applicant.migrant_worker"] is False
        assert corrected(desk) == "“从农村出来打工”记成“不是”"

    def test_of_an_age_is_changed(self, desk: Desk) -> None:
        desk.hears("我今年七十一了，想离婚")
        desk.hears("说错了 是六十一岁")
        assert desk.state.facts["applicant.age"] == 61
        assert corrected(desk) == "“年龄”记成“61”"

    def test_of_a_day_is_changed_and_the_limit_with_it(self, desk: Desk) -> None:
        desk.hears("老板拖欠工资，劳动仲裁裁决书我昨天收到的，不服")
        before = desk.state.facts["document.received_on"]
        desk.hears("记错了 是前天")
        assert desk.state.facts["document.received_on"] < before
        assert "哪天收到文书" in corrected(desk)

    @pytest.mark.parametrize("text", ["打错了 是三个人", "不对，就我一个人"])
    def test_of_a_crowd_is_taken_back(self, desk: Desk, text: str) -> None:
        desk.hears("我们三十多个工友都被老板拖欠工资")
        desk.hears(text)
        assert desk.state.facts[MANY] is False
        assert "很多人遇到" in corrected(desk)

    def test_of_a_paper_before_any_matter_was_known_is_changed(self, desk: Desk) -> None:
        desk.hears("裁决书我昨天收到的")
        before = desk.state.facts["document.received_on"]
        desk.hears("记错了 是前天收到的")
        desk.hears("老板拖欠工资")
        assert desk.state.facts["document.received_on"] < before

    def test_is_judged_anew_after_the_result(self, desk: Desk) -> None:
        desk.hears("我们三十多个工友都被老板拖欠工资")
        desk.screen()
        desk.answer(applicant__migrant_worker=True)
        desk.hears("打错了 是三个人")
        last = desk.outcome.replies[-1]
        assert isinstance(last, VerdictReply)
        assert "mass_case" not in last.verdict.flags

    def test_stays_changed_when_the_talk_goes_on(self, desk: Desk) -> None:
        desk.hears("我今年七十一了，想离婚")
        desk.hears("说错了 是六十一岁")
        desk.hears("离婚要什么手续")
        assert desk.state.facts["applicant.age"] == 61

    @pytest.mark.parametrize("text", ["不对 是四个月", "说错了 欠我一万二", "哎呀 打错了，三十个人", "更正 上上个月"])
    @pytest.mark.parametrize("assessed", [True, False])
    def test_is_no_answer_where_nothing_turns_on_it(self, desk: Desk, text: str, *, assessed: bool) -> None:
        desk.hears(WAGES)
        if assessed:
            desk.screen()
            desk.answer(applicant__migrant_worker=True)
        desk.hears(text)
        assert desk.said == ["story_corrected"]
        assert desk.state.asked is None
        assert desk.state.topic == "labour.wages"


class TestTheMatter:
    def test_that_was_meant_is_turned_to_and_the_other_said_to_be_gone(self, desk: Desk) -> None:
        desk.hears(WAGES)
        desk.hears("说错了 是房东不退押金")
        assert desk.state.topic == "property.tenancy"
        assert "labour.wages" not in desk.state.matters
        assert desk.said[0] == "matter_dropped"

    @pytest.mark.parametrize("text", ["说错了 押金是两千", "不对 房东还欠我押金"])
    def test_stays_where_the_words_only_add_to_it(self, desk: Desk, text: str) -> None:
        desk.hears(WAGES)
        desk.hears(text)
        assert "labour.wages" in desk.state.matters
        assert "matter_dropped" not in desk.said

    def test_takes_nobody_elses_age_for_the_callers(self, desk: Desk) -> None:
        desk.hears(WAGES)
        desk.screen()
        desk.answer(applicant__migrant_worker=True)
        desk.hears("说错了 孩子是8岁")
        assert "applicant.age" not in desk.state.facts


class TestWords:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("不对 是四个月", "是四个月"),
            ("说错了四个月", "四个月"),
            ("我刚才说错了啊 是六十一岁", "是六十一岁"),
            ("不是三个月是四个月", "是四个月"),
            ("弄错了，是四个月", "是四个月"),
            ("不对，我们厂是外地的", "我们厂是外地的"),
            ("改成四个月", "四个月"),
            ("我说错了", ""),
        ],
    )
    def test_take_back_ones_own(self, text: str, said: str) -> None:
        assert correcting.opens(text) == said

    @pytest.mark.parametrize(
        "text",
        [
            "搞错了人被抓了怎么办",
            "抓错了人",
            "打错了人怎么赔",
            "警察搞错了",
            "写错了名字怎么办",
            "填错了表怎么办",
            "老板说我打错了卡",
            "改成劳务派遣合法吗",
            "对不起 我再问一下",
            "不对劲啊",
            "你说的不对",
            "等一下 我想问问",
            "不对吧",
            "不是",
        ],
    )
    def test_of_other_mistakes_take_nothing_back(self, text: str) -> None:
        assert correcting.opens(text) is None

    @pytest.mark.parametrize(
        ("text", "said"), [("五个月 不对 是三个月", "是三个月"), ("应该是三千", "是三千"), ("三个月", "三个月")]
    )
    def test_of_an_answer_are_what_stands_last(self, text: str, said: str) -> None:
        assert correcting.instead(text) == said

    @pytest.mark.parametrize("text", ["半" * 19 + "x", "1" * 23 + "x", "三个" * 12])
    def test_are_read_at_once(self, text: str) -> None:
        started = time.process_time()
        amends._FIGURE.fullmatch(text)  # noqa: SLF001 (the pattern is what could run wild)
        assert time.process_time() - started < 1
