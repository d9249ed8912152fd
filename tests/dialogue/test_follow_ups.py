"""What a follow-up and a bare word mean: they stay with the matter that was spoken of."""

from dataclasses import replace

import pytest

from actions.acts import Act
from actions.wire import QuestionReply
from api.services.records import Care
from knowledge_base.types import Matter, SafetyKind, Triage
from tests.dialogue.desk import Desk

pytestmark = pytest.mark.unit

THREE = "老板拖欠工资，还有我想离婚，另外房东不退押金"


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestFollowUp:
    def test_keeps_its_matter_after_an_answer_inside_a_form(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.screen()
        desk.say("离婚要什么手续？")
        desk.go_on("那要带什么？")
        assert desk.sources == ["婚姻登记条例"]
        assert isinstance(desk.outcome.replies[-1], QuestionReply)

    def test_with_words_of_another_kind_stays_with_its_matter(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.go_on("那如果没签合同呢")
        assert desk.sources == ["中华人民共和国劳动合同法"]
        assert desk.state.topic == "labour.wages"

    def test_points_back_to_a_matter_and_asks_in_a_word(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.say("我想离婚怎么办")
        desk.say("拿不到工资那件事要多久")
        assert desk.sources == ["中华人民共和国劳动争议调解仲裁法"]
        assert desk.state.topic == "labour.wages"

    def test_that_may_be_about_anything_leaves_the_matter_as_it_was(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.say("单位那边说他们管不着")
        assert desk.state.topic == "labour.wages"

    def test_that_surely_names_another_matter_is_about_that(self, desk: Desk) -> None:
        desk.say("我想离婚怎么办")
        desk.go_on("那老板不给钱呢")
        assert desk.state.topic == "labour.wages"

    @pytest.mark.parametrize("asked", ["赔偿找谁", "能得到什么赔偿", "那要多少钱", "需要什么证据"])
    def test_without_words_of_its_own_stays_with_its_matter_whatever_it_sounds_like(
        self, desk: Desk, asked: str
    ) -> None:
        desk.say("老板拖欠工资")
        other = Matter(code="state_compensation", title="国家赔偿", confidence=0.95)
        desk.services = replace(desk.services, classify=lambda _text, **_: Triage(matters=(other,)))
        desk.say(asked)
        assert desk.state.topic == "labour.wages"
        assert "state_compensation" not in desk.state.matters

    def test_is_not_called_foreign_to_the_law_where_only_the_documents_are_silent(self, desk: Desk) -> None:
        desk.say("跳伞那家不退票 该去哪儿告他们呢", act=Act.OFF_TOPIC)
        assert "off_topic" not in desk.said
        assert desk.said[0].startswith("not_in_documents")
        desk.say("今天天气怎么样", act=Act.OFF_TOPIC)
        assert desk.said == ["off_topic"]


class TestBareWord:
    def test_is_asked_back_with_three_ways(self, desk: Desk) -> None:
        desk.say("离婚")
        assert desk.said == ["clarify"]
        assert [choice.title for choice in desk.choices if "ask" in choice.payload] == [
            "想了解怎么离",
            "财产、孩子",
            "有打骂或不安全",
        ]

    def test_leads_to_help_before_the_law(self, desk: Desk) -> None:
        desk.say("离婚")
        desk.pick("有打骂或不安全")
        assert desk.said == ["safe_first", "answer"]
        assert desk.sources == ["中华人民共和国反家庭暴力法"]

    def test_does_not_repeat_the_numbers_to_whoever_has_read_them(self, desk: Desk) -> None:
        desk.care = Care(heard=(SafetyKind.VIOLENCE_NOW,))
        desk.say("被家暴了怎么办")
        assert desk.said == ["answer"]

    def test_is_told_the_rule_that_holds_whatever_is_meant(self, desk: Desk) -> None:
        desk.say("时效?")
        assert desk.said == ["answer", "clarify"]
        assert desk.sources == ["中华人民共和国民法典"]

    def test_that_the_rule_answers_only_leads_further(self, desk: Desk) -> None:
        desk.say("多少钱")
        assert desk.said == ["answer"]
        assert "请援助律师" in [choice.title for choice in desk.choices]

    def test_is_asked_back_once(self, desk: Desk) -> None:
        desk.say("时效?")
        desk.say("时效?")
        assert desk.said == ["answer"]

    def test_means_the_matter_at_hand(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.say("多少钱")
        assert "clarify" not in desk.said

    @pytest.mark.parametrize("text", ["老板不给钱", "离婚怎么办", "公司不签合同怎么办"])
    def test_is_no_whole_question(self, desk: Desk, text: str) -> None:
        desk.say(text)
        assert "clarify" not in desk.said

    def test_is_not_asked_back_about_beside_danger(self, desk: Desk) -> None:
        desk.care = Care(close=True)
        desk.say("离婚")
        assert "clarify" not in desk.said

    def test_is_not_asked_back_about_in_a_form(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.screen()
        desk.say("多少钱？")
        assert "clarify" not in desk.said
