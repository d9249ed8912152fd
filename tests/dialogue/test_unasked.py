"""What a story told before it was asked: a crowd is marked, a company is told at once whom legal aid is for."""

from dataclasses import replace

import pytest

from actions.wire import AnswerReply, VerdictReply
from knowledge_base.unasked import COMPANY, KIND, MANY, PERSON
from tests.dialogue.desk import Desk

pytestmark = pytest.mark.unit

CROWD = "我们三十多个工友都被老板拖欠工资"
FIRM = "客户欠我们公司的货款不给 能派律师吗"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def verdict(desk: Desk) -> VerdictReply:
    last = desk.outcome.replies[-1]
    assert isinstance(last, VerdictReply), desk.said
    return last


class TestACrowd:
    def test_is_marked_in_the_result_without_being_asked_about(self, desk: Desk) -> None:
        desk.say(CROWD)
        assert desk.state.facts[MANY] is True
        desk.screen()
        desk.answer(applicant__migrant_worker=True)
        assert "mass_case" in verdict(desk).verdict.flags

    def test_is_marked_when_it_is_told_later(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.go_on("我们一共三十多个人")
        desk.screen()
        desk.answer(applicant__migrant_worker=True)
        assert "mass_case" in verdict(desk).verdict.flags

    def test_stays_with_its_own_matter(self, desk: Desk) -> None:
        desk.say(CROWD)
        desk.say("我想离婚怎么办")
        assert MANY not in desk.state.facts
        desk.say("老板拖欠工资")
        assert desk.state.facts[MANY] is True

    def test_told_before_any_matter_belongs_to_the_one_that_comes(self, desk: Desk) -> None:
        desk.say("我们四十多户都遇上了")
        desk.say("老板拖欠工资")
        assert desk.state.facts[MANY] is True

    def test_is_heard_in_the_answer_to_what_kind_of_matter(self, desk: Desk) -> None:
        desk.screen()
        assert desk.state.asked == "matter"
        desk.say(CROWD)
        assert desk.state.facts[MANY] is True

    def test_is_no_two_friends(self, desk: Desk) -> None:
        desk.say("我们两个人都被老板拖欠工资")
        assert MANY not in desk.state.facts


class TestACompany:
    def test_is_told_first_whom_legal_aid_is_for(self, desk: Desk) -> None:
        desk.say(FIRM)
        first = desk.outcome.replies[0]
        assert isinstance(first, AnswerReply)
        assert "公司不在里面" in first.answer.text
        assert not any(isinstance(reply, AnswerReply) and reply.right_to_apply for reply in desk.outcome.replies)

    def test_is_told_once(self, desk: Desk) -> None:
        desk.say(FIRM)
        desk.say("我们公司的货款要不回来怎么办")
        assert not any(
            "公司不在里面" in one.answer.text for one in desk.outcome.replies if isinstance(one, AnswerReply)
        )

    def test_gets_its_result_without_a_word_about_income(self, desk: Desk) -> None:
        desk.say(FIRM)
        desk.screen()
        told = verdict(desk).verdict
        assert told.basis == "out_of_scope"
        assert any(reason.rule == "CN.art2.company" for reason in told.reasons)
        assert len(told.alternatives) >= 2

    def test_is_heard_in_the_word_that_begins_the_questions(self, desk: Desk) -> None:
        desk.state = replace(desk.state, topic="debt.private_loan")
        desk.screen("我们公司能申请法律援助吗")
        assert verdict(desk).verdict.basis == "out_of_scope"

    def test_can_say_that_it_is_their_own_matter(self, desk: Desk) -> None:
        desk.say(FIRM)
        desk.pick("own_matter")
        assert desk.state.facts[KIND] == PERSON

    def test_can_say_so_in_words(self, desk: Desk) -> None:
        desk.say(FIRM)
        assert desk.state.facts[KIND] == COMPANY
        desk.say("不是公司的事，货款是我自己的事")
        assert KIND not in desk.state.facts

    def test_has_a_husband_too(self, desk: Desk) -> None:
        desk.say(FIRM)
        desk.say("还有我老公打我怎么办")
        assert KIND not in desk.state.facts
        desk.screen()
        assert verdict(desk).verdict.outcome == "likely"

    def test_is_no_employee(self, desk: Desk) -> None:
        desk.say("我们公司拖欠工资")
        assert KIND not in desk.state.facts


class TestSpelling:
    def test_finds_what_was_written_as_it_sounds(self, desk: Desk) -> None:
        desk.say("劳动众裁委的大门朝哪开")
        assert desk.sources == ["中华人民共和国劳动争议调解仲裁法"]


def asked(desk: Desk) -> str | None:
    return desk.state.asked


class TestWhatIsToldOnTheWay:
    def test_of_working_away_is_not_asked_again(self, desk: Desk) -> None:
        desk.say("我是农民工，老板拖欠我三个月工资")
        desk.screen()
        assert verdict(desk).verdict.basis == "means_check_waived"

    def test_of_a_post_in_the_city_is_not_asked_again(self, desk: Desk) -> None:
        desk.say("我是市里正式工，老板拖欠工资")
        desk.screen()
        assert desk.state.facts["applicant.migrant_worker"] is False
        assert asked(desk) not in {None, "applicant.migrant_worker"}

    def test_of_a_beating_is_not_asked_again(self, desk: Desk) -> None:
        desk.say("老公经常打我")
        desk.say("我想离婚怎么办")
        desk.screen()
        assert "claim.abuse" not in desk.said
        assert verdict(desk).verdict.basis == "no_means_condition"

    def test_of_ones_age_goes_with_every_matter_of_ones_own(self, desk: Desk) -> None:
        desk.say("我今年七十一了，想离婚")
        assert desk.state.facts["applicant.age"] == 71
        desk.say("老板拖欠工资")
        assert desk.state.facts["applicant.age"] == 71

    def test_of_a_childs_age_is_not_taken_for_the_callers(self, desk: Desk) -> None:
        desk.say("我想离婚，孩子四岁")
        assert "applicant.age" not in desk.state.facts

    def test_of_a_day_gives_the_day_a_limit_ends(self, desk: Desk) -> None:
        today = desk.clock().date()
        desk.say("老板拖欠工资，劳动仲裁裁决书我昨天收到的，不服")
        assert desk.state.facts["document.received_on"] < today.isoformat()
        desk.screen()
        desk.answer(applicant__migrant_worker=True)
        limits = {limit.what: limit for limit in verdict(desk).verdict.deadlines}
        assert limits["suit_after_award"].latest is not None
        assert not limits["suit_after_award"].certain

    def test_of_a_place_goes_with_the_matter(self, desk: Desk) -> None:
        desk.services = replace(desk.services, region_in=lambda text: "640100" if "银川" in text else None)
        desk.say("我在银川打工，是农民工，老板拖欠工资")
        desk.screen()
        told = verdict(desk).verdict.apply_at
        assert told is not None
        assert told.region == "640100"

    def test_can_be_answered_otherwise(self, desk: Desk) -> None:
        desk.say("我今年七十一了，想离婚")
        desk.screen()
        desk.answer(applicant__age=70)
        assert desk.state.facts["applicant.age"] == 70
        desk.say("我今年七十一了")
        assert desk.state.facts["applicant.age"] == 70

    def test_can_be_told_otherwise(self, desk: Desk) -> None:
        desk.say("我是农民工，老板拖欠工资")
        desk.say("说错了，我是城里人，老板拖欠工资")
        assert desk.state.facts["applicant.migrant_worker"] is False
