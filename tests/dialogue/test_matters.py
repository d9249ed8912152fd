"""What a consultation keeps apart: several matters, their facts and follow-ups, and the meanings of a word."""

from dataclasses import replace

import pytest

from actions import matters
from actions.acts import Act
from actions.wire import AnswerReply, QuestionReply, TextReply, VerdictReply
from api.services.records import DialogueState
from knowledge_base.types import Matter, Triage
from tests.dialogue.desk import Desk
from tests.dialogue.fakes import classify

pytestmark = pytest.mark.unit

THREE = "老板拖欠工资，还有我想离婚，另外房东不退押金"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def offered(desk: Desk) -> list[str]:
    return [choice.title for choice in desk.choices if choice.wording == "go_on"]


class TestSeveralMatters:
    def test_are_named_on_lines_of_their_own_and_the_first_is_answered(self, desk: Desk) -> None:
        desk.say(THREE)
        assert desk.said == ["several_matters", "answer"]
        assert desk.lines.splitlines() == ["· 拖欠劳动报酬", "· 离婚", "· 房屋租赁"]
        assert desk.sources == ["保障农民工工资支付条例"]
        assert offered(desk) == ["离婚", "房屋租赁"]

    def test_begin_with_the_most_pressing(self, desk: Desk) -> None:
        desk.say("老板拖欠工资 还有我老公打我")
        assert desk.sources == ["中华人民共和国反家庭暴力法"]
        assert offered(desk) == ["拖欠劳动报酬"]

    def test_are_told_one_after_the_other_and_then_nothing_nags(self, desk: Desk) -> None:
        desk.say(THREE)
        desk.pick("离婚")
        assert desk.sources == ["中华人民共和国民法典"]
        assert offered(desk) == ["房屋租赁"]
        desk.say("接着说")
        assert offered(desk) == []
        desk.say("还有一件呢")
        assert desk.said == ["no_other_matter"]
        assert desk.outcome.state.topic == "property.tenancy"

    def test_are_looked_up_in_the_words_that_speak_of_them(self, desk: Desk) -> None:
        desk.say(THREE)
        desk.pick("房屋租赁")
        assert desk.knowledge.queries[-1] == "房东不退押金"

    def test_can_be_gone_back_to(self, desk: Desk) -> None:
        desk.say(THREE)
        desk.pick("离婚")
        desk.say("拖欠工资那件事")
        assert desk.state.topic == "labour.wages"
        desk.go_on("那要带什么")
        assert desk.sources == ["中华人民共和国劳动争议调解仲裁法"]

    @pytest.mark.parametrize("act", [Act.REPEAT, Act.GO_BACK])
    def test_can_be_gone_back_to_in_words_that_sound_like_a_repetition(self, desk: Desk, act: Act) -> None:
        desk.say(THREE)
        desk.pick("离婚")
        desk.say("还是说说拖欠工资的事", act=act)
        assert desk.state.topic == "labour.wages"
        assert desk.sources == ["保障农民工工资支付条例"]

    def test_lose_one_that_was_not_meant(self, desk: Desk) -> None:
        desk.say(THREE)
        desk.pick("not_all_meant")
        assert desk.said == ["which_not_meant"]
        desk.pick("离婚")
        assert desk.said == ["matter_dropped"]
        assert offered(desk) == ["房屋租赁"]
        assert desk.state.matters == ("labour.wages", "property.tenancy")

    def test_lose_the_one_at_hand_and_go_on_with_the_next(self, desk: Desk) -> None:
        desk.say(THREE)
        desk.answer(matter__dropped="labour.wages")
        assert desk.said == ["matter_dropped", "answer"]
        assert desk.state.topic == "family.divorce"
        assert "labour.wages" not in desk.state.matters

    def test_lose_one_in_plain_words(self, desk: Desk) -> None:
        desk.say(THREE)
        desk.say("我没说要离婚")
        assert desk.said == ["matter_dropped"]
        assert desk.state.matters == ("labour.wages", "property.tenancy")

    def test_are_all_on_the_application(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.say("我想离婚怎么办")
        assert desk.state.matters == ("labour.wages", "family.divorce")

    def test_of_one_clause_are_one(self, desk: Desk) -> None:
        desk.say("工资没签合同")
        assert "several_matters" not in desk.said

    def test_of_a_list_of_troubles_are_heard_clause_by_clause(self) -> None:
        """The first of a list drowns the others for whoever reads the whole; each clause alone tells of its own."""
        text = "老板拖欠工资，家里闹离婚，房东不退押金"
        whole = classify(text, vector=None).matters[:1]
        found = matters.apart(text, whole, lambda clause: classify(clause, vector=None))
        assert [one.matter.code for one in found] == ["labour.wages", "family.divorce", "property.tenancy"]
        assert found[1].words == "家里闹离婚"

    def test_are_no_scenes_of_a_story(self) -> None:
        """In a long clause another matter is only named: who is owed wages may once have been divorced."""
        text = "老板拖欠工资三个月了一直没有给过我，我跟他说过我前年离婚以后一个人带着孩子"
        whole = classify(text, vector=None).matters[:1]
        assert len(matters.apart(text, whole, lambda clause: classify(clause, vector=None))) == 1

    @pytest.mark.parametrize(
        ("text", "heard", "codes"),
        [
            (
                "房东不退押金 公司又把我辞了",
                {"房东不退押金": ("property.tenancy", 0.99), "公司又把我辞了": ("labour.dismissal", 0.6)},
                ["property.tenancy", "labour.dismissal"],
            ),
            (
                "儿子被拘留了 老房子又要拆迁",
                {"儿子被拘留了": ("criminal.defence", 0.84), "老房子又要拆迁": ("property.demolition", 0.5)},
                ["criminal.defence", "property.demolition"],
            ),
            (
                "邻居的牛顶了我 肋骨断了",
                {"邻居的牛顶了我": ("property.neighbour", 0.6), "肋骨断了": ("injury.other", 0.9)},
                ["injury.other"],
            ),
            (
                "我老公把我打了 我就想离",
                {"我老公把我打了": ("family.domestic_violence", 0.8), "我就想离": ("family.divorce", 0.9)},
                ["family.divorce", "family.domestic_violence"],
            ),
            (
                "我被车撞了 在医院花了八万",
                {"我被车撞了": ("injury.traffic", 0.9), "在医院花了八万": ("injury.medical", 0.95)},
                ["injury.traffic"],
            ),
        ],
    )
    def test_of_a_list_are_heard_in_words_of_their_own_though_the_model_is_not_sure(
        self, text: str, heard: dict[str, tuple[str, float]], codes: list[str]
    ) -> None:
        first = Matter(code=codes[0], title="", confidence=0.9)
        found = {clause: Matter(code=code, title="", confidence=sure) for clause, (code, sure) in heard.items()}
        said = matters.apart(text, (first,), lambda clause: Triage(matters=(found[clause],)))
        assert sorted(one.matter.code for one in said) == sorted(codes)

    def test_that_are_counted_up_are_heard_though_each_is_unsure(self) -> None:
        heard = {"一是加班费": ("labour.wages", 0.9), "二是公司要我走": ("labour.dismissal", 0.35)}
        found = {clause: Matter(code=code, title="", confidence=sure) for clause, (code, sure) in heard.items()}
        text = "想问 一是加班费 二是公司要我走"
        said = matters.apart(
            text, (found["一是加班费"],), lambda one: Triage(matters=(found[one],) if one in found else ())
        )
        assert [one.matter.code for one in said] == ["labour.wages", "labour.dismissal"]

    def test_are_never_none_where_the_whole_was_heard(self) -> None:
        whole = [Matter(code=code, title="", confidence=0.38) for code in ("family.marital_property", "family.divorce")]
        divorce = Matter(code="family.divorce", title="", confidence=0.8)
        text = "爸妈一辈子攒下来的那一套老房子我哥哥说什么也不让我分到一点点 我还在离婚"
        said = matters.apart(text, whole, lambda one: Triage(matters=(divorce,) if "离婚" in one else ()))
        assert said

    def test_are_not_looked_up_with_the_words_of_something_else(self) -> None:
        heard = {"老公打我": ("family.domestic_violence", 0.9), "还欠了一屁股债": ("debt.private_loan", 0.4)}
        heard["我想离婚"] = ("family.divorce", 0.9)
        found = {clause: Matter(code=code, title="", confidence=sure) for clause, (code, sure) in heard.items()}
        whole = (found["老公打我"], found["我想离婚"])
        said = matters.apart(" ".join(heard), whole, lambda clause: Triage(matters=(found[clause],)))
        assert [one.words for one in said] == ["老公打我", "我想离婚"]

    def test_of_endless_words_are_read_from_the_first_clauses(self) -> None:
        text = "老板欠我工资，房东不退押金，" + "，".join(f"再说第{number}句话" for number in range(500))
        read: list[str] = []

        def noted(clause: str) -> Triage:
            read.append(clause)
            return classify(clause, vector=None)

        matters.apart(text, classify("老板欠我工资，房东不退押金", vector=None).matters, noted)
        assert len(read) < 20

    def test_never_asked_about_leave_no_room_for_strangers(self, desk: Desk) -> None:
        desk.say(THREE)
        desk.answer(matter__dropped="no.such.matter")
        assert desk.said == ["which_not_meant"]

    def test_stay_few_whatever_is_said(self) -> None:
        state = DialogueState()
        for number in range(40):
            said = matters.Said(matter=Matter(code=f"made.up{number}", title="。", confidence=0.9), words="长" * 900)
            state = matters.heard(state, (said,))
        assert len(matters.held(state)) < 10
        assert all(len(one.words) <= 200 for one in matters.held(state))


class TestFactsOfTheScreening:
    def test_stay_with_their_matter_and_come_back(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.screen()
        desk.answer(applicant__migrant_worker=True)
        wages = dict(desk.state.facts)
        desk.state = replace(desk.state, facts={**wages, "opponent.in_household": False})
        desk.say("我想离婚怎么办")
        assert desk.state.facts == {"applicant.migrant_worker": True}
        desk.say("老板拖欠工资")
        assert desk.state.facts["matter"] == "labour.wages"
        assert desk.state.facts["opponent.in_household"] is False

    def test_about_the_person_are_shared(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.screen()
        desk.answer(applicant__migrant_worker=False)
        desk.answer(applicant__age=66)
        desk.say("我想离婚怎么办") if desk.state.asked is None else desk.answer(matter="family.divorce")
        assert desk.state.facts["applicant.age"] == 66

    def test_stay_where_they_are_when_another_matter_is_picked_in_the_middle(self, desk: Desk) -> None:
        desk.say(THREE)
        other = next(choice for choice in desk.choices if choice.title == "离婚")
        desk.screen()
        asked, facts = desk.state.asked, dict(desk.state.facts)
        desk.tap(other)
        assert desk.sources == ["中华人民共和国民法典"]
        assert (desk.state.asked, dict(desk.state.facts)) == (asked, facts)
        assert isinstance(desk.outcome.replies[-1], QuestionReply)

    def test_are_exchanged_where_the_matter_itself_is_answered_anew(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.screen()
        desk.answer(matter="family.divorce")
        assert desk.state.facts["matter"] == "family.divorce"

    def test_are_not_lost_to_a_question_in_between(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.screen()
        asked, facts = desk.state.asked, dict(desk.state.facts)
        desk.say("离婚要什么手续？")
        assert (desk.state.asked, dict(desk.state.facts)) == (asked, facts)
        assert desk.state.topic == "family.divorce"

    def test_lead_on_to_the_other_matter_with_the_result(self, desk: Desk) -> None:
        desk.say("老板拖欠工资 还有我想离婚")
        desk.screen()
        desk.answer(applicant__migrant_worker=True)
        while desk.state.asked is not None:
            desk.answer(**{desk.state.asked.replace(".", "__"): None})
        assert isinstance(desk.outcome.replies[-1], VerdictReply)
        assert offered(desk) == ["离婚"]
        assert desk.state.topic == "labour.wages"


class TestTheWordsThatBeginTheScreening:
    def test_tell_the_matter_that_is_then_not_asked_about(self, desk: Desk) -> None:
        desk.screen("老板拖欠工资 我能申请法律援助吗")
        assert desk.state.facts["matter"] == "labour.wages"
        assert desk.state.asked != "matter"

    def test_lead_to_another_matter_than_the_one_before_where_they_surely_name_it(self, desk: Desk) -> None:
        desk.say("我想离婚怎么办")
        desk.screen("老板拖欠工资能申请法律援助吗")
        assert desk.state.facts["matter"] == "labour.wages"

    def test_leave_the_matter_at_hand_where_they_name_none(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.screen("那我能申请法律援助吗")
        assert desk.state.facts["matter"] == "labour.wages"

    def test_ask_for_the_matter_where_nothing_tells_it(self, desk: Desk) -> None:
        desk.screen("我能申请法律援助吗")
        assert desk.state.asked == "matter"


class TestApart:
    def test_gives_each_matter_its_words(self) -> None:
        found = classify(THREE, vector=None).matters
        said = matters.apart(THREE, found, lambda clause: classify(clause, vector=None))
        assert [(one.matter.code, one.words) for one in said] == [
            ("labour.wages", "老板拖欠工资"),
            ("family.divorce", "我想离婚"),
            ("property.tenancy", "房东不退押金"),
        ]

    def test_takes_a_question_about_legal_aid_for_one_about_the_matter(self) -> None:
        found = tuple(Matter(code=code, title="。", confidence=0.6) for code in ("general.legal_aid", "labour.wages"))
        text = "老板拖欠工资 能派律师吗"
        said = matters.apart(text, found, lambda clause: classify(clause, vector=None))
        assert [(one.matter.code, one.words) for one in said] == [("labour.wages", text)]

    def test_leaves_a_single_matter_its_whole_text(self) -> None:
        text = "你好，老板拖欠工资，我很急"
        found = classify(text, vector=None).matters
        assert [one.words for one in matters.apart(text, found, lambda clause: classify(clause, vector=None))] == [text]


def test_what_is_told_carries_the_right_to_apply(desk: Desk) -> None:
    for reply in desk.say(THREE):
        if isinstance(reply, AnswerReply):
            assert reply.right_to_apply
        else:
            assert isinstance(reply, TextReply)


class TestPieces:
    """A story told a few words at a time."""

    def test_are_listened_to_and_no_failed_answers(self, desk: Desk) -> None:
        desk.say("我弟")
        assert desk.said == ["tell_on"]
        desk.say("昨天夜里")
        assert desk.said == ["tell_more"]

    def test_are_looked_up_together_once_they_tell_something(self, desk: Desk) -> None:
        desk.say("我弟")
        desk.say("老板一直")
        assert "我弟 老板一直" in desk.knowledge.queries
        desk.say("拖欠工资")
        assert desk.state.topic == "labour.wages"

    def test_end_with_a_longer_story(self, desk: Desk) -> None:
        desk.say("我弟")
        desk.say("房东说什么也不肯把我那两千块钱的押金退给我们")
        assert not any(query.startswith("我弟") for query in desk.knowledge.queries[1:])

    def test_are_not_listened_to_for_ever(self, desk: Desk) -> None:
        for _ in range(6):
            desk.say("那个嘛就")
        assert desk.said != ["tell_more"]

    def test_are_none_where_somebody_asks(self, desk: Desk) -> None:
        desk.say("那个谁呢？")
        assert "tell_on" not in desk.said
