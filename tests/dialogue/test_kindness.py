"""What a consultation says when it failed, when it cannot know, and to what a caller feels."""

import pytest

from actions import failing
from actions.acts import Act
from api.services.records import Care
from knowledge_base.feelings import Feelings
from knowledge_base.types import Urgency
from tests.dialogue.desk import Desk

pytestmark = pytest.mark.unit


@pytest.fixture
def desk() -> Desk:
    return Desk()


class TestHowItWillEnd:
    @pytest.mark.parametrize("text", ["能赢吗", "我这官司能赢吗", "有几成把握"])
    def test_is_not_foretold_but_what_to_prepare_is_told(self, desk: Desk, text: str) -> None:
        desk.say(text)
        assert desk.said == ["cannot_foretell", "answer"]
        assert desk.sources == ["中华人民共和国民事诉讼法"]

    def test_is_no_failed_answer(self, desk: Desk) -> None:
        desk.say("能赢吗")
        desk.say("胜算大不大")
        assert "limits" not in desk.said


class TestFailedAnswer:
    def test_the_second_time_is_explained_and_a_person_offered(self, desk: Desk) -> None:
        desk.say("银川的单位法律规定有哪几条？")
        assert desk.said[0] == "not_in_documents_but_aid"
        desk.say("单位那条法律到底是什么？")
        assert desk.said[-1] == "limits"
        assert {"act": "human"} in [choice.payload for choice in desk.choices]
        assert {"act": "appoint"} in [choice.payload for choice in desk.choices]

    def test_the_first_time_is_honest(self, desk: Desk) -> None:
        desk.knowledge.broken = True
        desk.say("老板拖欠工资怎么办")
        assert desk.said == ["unavailable"]

    def test_is_none_where_the_index_is_broken(self, desk: Desk) -> None:
        desk.knowledge.broken = True
        for _ in range(3):
            desk.say("老板拖欠工资怎么办")
            assert desk.said == ["unavailable"]
            assert {"act": "human"} in [choice.payload for choice in desk.choices]

    def test_is_one_that_was_not_understood_as_well(self, desk: Desk) -> None:
        desk.say("呜啦呜啦喔喔喔？", act=Act.NOT_UNDERSTOOD)
        assert desk.said == ["not_understood"]
        desk.say("喔喔呜啦呜啦？", act=Act.NOT_UNDERSTOOD)
        assert desk.said == ["limits"]

    def test_is_none_where_the_question_was_foreign_to_the_law(self, desk: Desk) -> None:
        desk.say("中午吃什么好呢朋友")
        desk.say("晚上吃什么好呢朋友")
        assert desk.said == ["off_topic"]

    def test_is_forgotten_after_an_answer(self, desk: Desk) -> None:
        desk.say("单位那条法律到底是什么？")
        desk.say("老板拖欠工资怎么办")
        assert desk.said == ["answer"]
        desk.say("单位那条法律到底是什么？")
        assert desk.said[0] == "not_in_documents"  # how to apply was told the first time

    def test_of_another_matter_is_counted_anew(self, desk: Desk) -> None:
        desk.say("单位那条法律到底是什么？")
        desk.say("房东那条法律到底有几款？")
        assert desk.said[0] == "not_in_documents"

    def test_of_nothing_in_particular_is_no_failure_of_the_matter_before(self, desk: Desk) -> None:
        desk.say("单位那条法律到底是什么？")
        desk.say("法律上的八种情形是哪八种？")
        assert "limits" not in desk.said

    def test_beside_the_point_is_asked_about_once(self, desk: Desk) -> None:
        desk.say("老板拖欠工资怎么办")
        desk.say("我问的不是这个")
        assert desk.said == ["ask_again"]
        desk.say("老板拖欠工资找谁")
        desk.say("答非所问")
        assert desk.said == ["limits"]

    def test_is_not_asked_about_after_a_question_of_our_own(self, desk: Desk) -> None:
        desk.say("离婚")
        assert desk.said == ["clarify"]
        desk.say("我问的不是这个")
        assert desk.said == ["limits"]

    @pytest.mark.parametrize("act", [Act.DENY, Act.CORRECT, Act.ASK_WHY])
    def test_is_not_taken_for_a_no(self, desk: Desk, act: Act) -> None:
        desk.say("老板拖欠工资怎么办")
        desk.say("我不是这个意思", act=act)
        assert desk.said == ["ask_again"]

    @pytest.mark.parametrize("text", ["你没听懂我说的", "不是这个意思", "说了等于没说", "我要问的不是这个", "没回答我"])
    def test_is_heard_in_many_words(self, text: str) -> None:
        assert failing.is_beside_the_point(text)

    @pytest.mark.parametrize(
        "text", ["老板说不是这个厂的人不给工伤", "不是我签的字", "合同我没看懂", "法院没答复", "不是", ""]
    )
    def test_is_not_heard_in_a_story(self, text: str) -> None:
        assert not failing.is_beside_the_point(text)


class TestFeeling:
    def test_is_answered_once_and_before_the_law(self, desk: Desk) -> None:
        desk.say("老板太黑心了 拖欠工资不给")
        assert desk.said == ["feeling", "answer"]
        desk.say("气死我了 老板拖欠工资")
        assert "feeling" not in desk.said

    def test_alone_is_no_reason_to_turn_anybody_away(self, desk: Desk) -> None:
        desk.say("我好害怕")
        assert desk.said == ["feeling", "tell_slowly"]
        desk.say("我真的好害怕")
        assert desk.said == ["tell_slowly"]

    @pytest.mark.parametrize("act", [Act.GREET, Act.THANKS, Act.GOODBYE])
    def test_is_not_taken_for_manners(self, desk: Desk, act: Act) -> None:
        desk.say("我好害怕", act=act)
        assert desk.said == ["feeling", "tell_slowly"]

    def test_is_left_alone_beside_danger(self, desk: Desk) -> None:
        desk.urgency = Urgency.S1
        desk.say("老板太黑心了 拖欠工资不给")
        assert desk.said == ["answer"]

    def test_is_left_alone_where_the_helpline_was_just_offered(self, desk: Desk) -> None:
        desk.care = Care(distress_told=True)
        desk.say("我真的撑不下去了 老板拖欠工资")
        assert "feeling" not in desk.said

    def test_is_left_alone_in_a_form(self, desk: Desk) -> None:
        desk.say("老板拖欠工资")
        desk.screen()
        desk.say("气死我了 法律援助收费吗？")
        assert "feeling" not in desk.said

    @pytest.mark.parametrize(
        ("text", "feeling"),
        [
            ("我好害怕他再来", "fear"),
            ("天天提心吊胆 我很害怕", "fear"),
            ("我爸前几天走了", "grief"),
            ("昨天老人突然去世了", "grief"),
            ("这事说出来丢人", "shame"),
            ("不好意思开口跟人说", "shame"),
            ("太欺负人了", "anger"),
            ("凭什么扣我的钱", "anger"),
            ("一个人带着俩孩子", "exhaustion"),
            ("跑断了腿也没人管", "exhaustion"),
            ("实在没办法了", "despair"),
            ("走投无路了", "despair"),
        ],
    )
    def test_is_heard(self, text: str, feeling: str) -> None:
        found = Feelings.load().heard_in(text)
        assert found is not None
        assert found.name == feeling

    @pytest.mark.parametrize(
        "text",
        [
            "老板拖欠工资怎么办",
            "精神损失费能要吗",
            "怕他转移财产怎么办",
            "楼上太吵睡不着怎么办",
            "不好意思请问一下离婚要什么手续",
            "我妈去世了遗产怎么分",
            "父亲十年前过世 房子归谁",
            "孩子害怕上学学校管吗",
            "法律援助要几天",
        ],
    )
    def test_is_not_heard_in_a_calm_question(self, text: str) -> None:
        assert Feelings.load().heard_in(text) is None

    def test_is_said_to_in_one_short_sentence_or_two(self) -> None:
        for feeling in Feelings.load().known:
            assert len(feeling.says) <= 30
            assert not set("!！《") & set(feeling.says)
