"""What is said beside the matter, told apart by its words: how to be reached, who can see, the wait, a complaint that goes on."""

from dataclasses import replace

import pytest

from actions import (
    appointment,
    asides,
    complaint,
    hearing,
    intake_words,
    kindness,
    manner,
    seen,
    simpler,
    waiting,
)
from actions.acts import Act
from api.services.records import DialogueState
from knowledge_base.caller import Callers
from knowledge_base.distress import Distress
from knowledge_base.folding import Folder
from tests.dialogue.fakes import turn

pytestmark = pytest.mark.unit


class TestHowToBeReached:
    @pytest.mark.parametrize(
        "text",
        [
            "我听不见，打字行吗",
            "发短信可以吗",
            "我是聋人",
            "耳背 只能打字",
            "别打 发字",
            "能不能只打字",
            "别打电话 发消息",
            "我不会说话 只能打字",
            "可以用微信联系我吗",
        ],
    )
    def test_hears_who_wants_it_in_writing(self, text: str) -> None:
        assert manner.needs_writing(text)

    @pytest.mark.parametrize(
        "text",
        [
            "老板不接电话",
            "他发短信威胁我",
            "我妈听不见",
            "老公不让我打电话",
            "催收天天打电话",
            "发短信骂人犯法吗",
            "我听不懂",
            "短信算不算证据",
        ],
    )
    def test_leaves_a_story_a_story(self, text: str) -> None:
        assert not manner.needs_writing(text)

    @pytest.mark.parametrize(
        "text", ["你们怎么联系我", "工作人员怎么找我", "那律师到时候怎么联系我呢", "你们会打电话吗", "咋通知我"]
    )
    def test_hears_who_asks_how(self, text: str) -> None:
        assert manner.asks_how(text)

    @pytest.mark.parametrize("text", ["怎么联系律师", "法院怎么通知我开庭", "怎么联系上老板", "我怎么找他"])
    def test_does_not_hear_it_where_another_is_to_be_reached(self, text: str) -> None:
        assert not manner.asks_how(text)


class TestWhoSees:
    @pytest.mark.parametrize(
        "text",
        [
            "会不会让他知道",
            "他会看到聊天记录吗",
            "别让我老公知道",
            "能不能不告诉我妈",
            "怎么删掉聊天记录",
            "会不会通知我单位",
            "工作人员会打电话给我家里吗",
        ],
    )
    def test_is_asked(self, text: str) -> None:
        assert seen.asks(text)

    @pytest.mark.parametrize(
        "text",
        [
            "聊天记录能当证据吗",
            "他知道错了",
            "会不会让他坐牢",
            "能不能让他搬走",
            "他能看孩子吗",
            "拘留会不会通知家里人",
            "我看到他转账",
            "起诉会让他知道吗",
        ],
    )
    def test_is_not_what_the_law_says(self, text: str) -> None:
        assert not seen.asks(text)


class TestTheWait:
    @pytest.mark.parametrize(
        "text", ["还在吗", "人呢", "等了半天了", "怎么没人理我", "还要等多久", "几点能有人", "喂喂"]
    )
    def test_is_asked_about(self, text: str) -> None:
        assert waiting.asks(turn(text))

    @pytest.mark.parametrize(
        "text", ["他还在上班", "工资多久能要回来", "仲裁要等多久", "开庭等了半年", "我在哈尔滨", "工资呢"]
    )
    def test_is_not_what_a_story_is_about(self, text: str) -> None:
        assert not waiting.asks(turn(text))

    def test_takes_no_time_over_a_long_mutter(self) -> None:
        assert not waiting.asks(turn("嗯" * 4000 + "x"))


class TestSomethingHappened:
    @pytest.mark.parametrize(
        "text", ["出事了", "出大事了怎么办", "我老公出事了，怎么办啊", "家里出事了", "不好了", "有急事"]
    )
    def test_is_asked_what(self, text: str) -> None:
        assert kindness.alarmed(turn(text, Act.GOODBYE)) is not None

    @pytest.mark.parametrize(
        "text", ["这房子坏了", "我老公在工地出事了", "手续办完了", "出了事之后老板不管", "出事" * 2000]
    )
    def test_is_no_question_where_it_was_said(self, text: str) -> None:
        assert kindness.alarmed(turn(text)) is None

    def test_is_no_question_in_the_middle_of_a_matter(self) -> None:
        assert kindness.alarmed(turn("出事了", state=DialogueState(topic="labour.wages"))) is None

    @pytest.mark.parametrize(
        ("act", "text"), [(Act.GOODBYE, "出事了"), (Act.GOODBYE, "撑不下去了"), (Act.THANKS, "他跑了")]
    )
    def test_is_no_leave_taking(self, act: Act, text: str) -> None:
        assert hearing.borne_out(turn(text, act)).act is Act.ASK


class TestOnceMore:
    @pytest.mark.parametrize(
        "text", ["啥", "重复一下", "再说一遍", "没听清 再说一次", "刚才问的啥", "你说啥？", "麻烦再讲一遍"]
    )
    def test_is_wanted(self, text: str) -> None:
        assert simpler.asks_again(text)

    @pytest.mark.parametrize(
        "text", ["要什么材料", "老板说啥都不给", "再问一下工伤", "啥时候开庭", "我没看到合同", "没听见他说啥时候给"]
    )
    def test_is_not_heard_in_a_question(self, text: str) -> None:
        assert not simpler.asks_again(text)

    @pytest.mark.parametrize("text", ["啥意思", "这是什么意思", "问这干啥"])
    def test_is_wanted_in_other_words(self, text: str) -> None:
        assert simpler.asks_meaning(text)

    @pytest.mark.parametrize("text", ["你说啥 没看清", "再说一遍", "为啥要问名字", "不想说"])
    def test_is_no_name(self, text: str) -> None:
        assert intake_words.is_no_name(text)

    @pytest.mark.parametrize("text", ["老李", "王建国", "叫我小贺就行", "刘再明", "张不凡", "尔古·阿依"])
    def test_is_heard_in_no_name(self, text: str) -> None:
        assert not intake_words.is_no_name(text)


class TestAWishToBeRung:
    @pytest.mark.parametrize(
        "text", ["你给俺打个电话中不", "给我回个电话吧", "能不能打个电话给我", "律师给我打个电话行不行"]
    )
    def test_is_heard(self, text: str) -> None:
        assert appointment.wants_a_call(text)

    @pytest.mark.parametrize(
        "text",
        [
            "老板打电话给我骂我",
            "别给我打电话",
            "催收天天给我打电话",
            "法院给我打电话了",
            "谁给我打电话了",
            "他昨天打电话给我",
        ],
    )
    def test_is_not_heard_in_a_call_that_was_made(self, text: str) -> None:
        assert not appointment.wants_a_call(text)


class TestANumberDeclined:
    @pytest.mark.parametrize(
        "text", ["不用", "不用了 就在这写", "没有了", "算了不留", "不想留电话", "在这里回就行", "说完了", "俺没手机号"]
    )
    def test_is_told_from_more_of_the_complaint(self, text: str) -> None:
        assert complaint.declines(turn(text))

    @pytest.mark.parametrize("text", ["打了十几次都没有人接", "他不给我看材料", "不要脸的东西收我钱", "没有" * 2000])
    def test_is_not_heard_in_a_story(self, text: str) -> None:
        assert not complaint.declines(turn(text))


class TestAnErrandWithinAnErrand:
    def test_gives_back_the_first_and_then_the_form(self) -> None:
        form = DialogueState(asked="applicant.age", screening=True)
        first = asides.ask(form, asides.CALL, known={"kind": "appointment", "when": "后天上午"}).state
        second = asides.ask(first, asides.REFERENCE, known={"kind": "status"}).state
        again = asides.ask(second, asides.TAIL, known={"kind": "status", "reference": "LA"}).state
        assert asides.form_of(again) == asides.form_of(form)
        back = asides.over(again)
        assert (back.asked, asides.errand(back)["when"]) == (asides.CALL.fact, "后天上午")
        assert asides.over(back) == form

    def test_is_forgotten_whole_by_whoever_leaves(self) -> None:
        first = asides.ask(DialogueState(), asides.WHEN, known={"kind": "appointment"}).state
        second = asides.ask(first, asides.REFERENCE, known={"kind": "status"}).state
        assert asides.dropped(second) == DialogueState()
        assert asides.dropped(replace(second, misses=1)) == DialogueState()


class TestAChild:
    @pytest.mark.parametrize(
        "text",
        ["我今年15 工厂不给我工资", "我才十六，老板扣我钱", "我还没满18", "我未成年", "我们班同学老打我", "叔叔救救我"],
    )
    def test_is_heard(self, text: str) -> None:
        assert Callers.load().of(Folder.load().fold(text).spaced, ()).child

    @pytest.mark.parametrize(
        "text",
        [
            "我今年15号上班",
            "我才15块钱一小时",
            "我没成年子女",
            "班主任打我女儿",
            "叔叔把我打了",
            "阿姨我雇的保姆",
            "我今年56",
        ],
    )
    def test_is_not_heard_in_a_grown_up(self, text: str) -> None:
        assert not Callers.load().of(Folder.load().fold(text).spaced, ()).child


class TestDistress:
    @pytest.mark.parametrize(
        "text",
        ["谁能跟我说说话", "想找个人聊聊", "没人跟我说话 我好孤单", "陪我说会儿话", "没有人听我说话", "我好难受"],
    )
    def test_is_heard_in_loneliness(self, text: str) -> None:
        assert Distress.load().heard(text)

    @pytest.mark.parametrize(
        "text", ["谁能跟我说说这个合同", "你能不能跟我说说", "想找人聊聊案子", "他心里难受", "没有人跟我说过要签合同"]
    )
    def test_is_not_heard_where_law_is_talked_of(self, text: str) -> None:
        assert not Distress.load().heard(text)
