"""What a danger really is: who strikes, who is held, who is lost, what is not paid yet, and what only sounds like any of it."""

import time
from collections.abc import Callable
from typing import Final

import pytest

from knowledge_base.folding import Folder
from knowledge_base.scene import Plight, Scenes
from knowledge_base.types import SafetyFinding, SafetyKind, Scene, Urgency

pytestmark = pytest.mark.knowledge

SLOWEST: Final = 2
"""Seconds; where a pattern runs wild it is minutes."""

SELF_HARM, VIOLENCE, CHILD = SafetyKind.SELF_HARM, SafetyKind.VIOLENCE_NOW, SafetyKind.CHILD_HARM
FRAUD, DEADLINE, DETENTION = SafetyKind.LIVE_FRAUD, SafetyKind.DEADLINE, SafetyKind.DETENTION
Read = Callable[..., Plight]


def calm(_text: str) -> SafetyFinding:
    return SafetyFinding()


@pytest.fixture(scope="module")
def read() -> Read:
    scenes, folder = Scenes.load(), Folder.load()

    def plight(text: str, *kinds: SafetyKind, rest: SafetyFinding | None = None) -> Plight:
        grave = Urgency.S0 if {*kinds} - {DEADLINE, DETENTION} else Urgency.S1
        heard = SafetyFinding(kinds=kinds, urgency=grave if kinds else Urgency.S2)
        return scenes.read(folder.fold(text).spaced, heard, calm if rest is None else lambda _rest: rest)

    return plight


class TestHeldForAFight:
    @pytest.mark.parametrize(
        "text",
        [
            "我儿子跟人打架 现在被关在派出所",
            "我老公跟邻居打架 被拘留了",
            "我弟在工地把人打伤了 昨晚让警察带走了",
            "警察把我弟抓走了 说他砍人",
            "娃和同学动手 派出所扣着人不放",
            "他打我 我还手 警察把我也关了",
        ],
    )
    def test_is_held_and_nobody_strikes_any_more(self, read: Read, text: str) -> None:
        found = read(text, VIOLENCE, CHILD).finding
        assert (found.kinds, found.urgency) == ((DETENTION,), Urgency.S1)

    @pytest.mark.parametrize(
        "text",
        [
            "我弟打架被抓了 人家现在堵在门口要弄死我们",
            "派出所把我弟扣了 说他砍伤人 对方家属在门口要打我们",
            "我老公打我 又在砸门 上次就被拘留了",
            "我哥在看守所里面被人打了",
            "他打人被拘过 现在正追着我打",
        ],
    )
    def test_is_no_comfort_to_whoever_is_struck_or_in_fear(self, read: Read, text: str) -> None:
        assert VIOLENCE in read(text, VIOLENCE).finding.kinds

    def test_since_long_ago_presses_nobody(self, read: Read) -> None:
        long_ago = SafetyFinding(kinds=(DETENTION,), urgency=Urgency.S2)
        found = read("我儿子打架关在看守所半年了", VIOLENCE, DETENTION, rest=long_ago).finding
        assert (found.kinds, found.urgency) == ((DETENTION,), Urgency.S2)

    def test_loses_no_other_danger(self, read: Read) -> None:
        found = read("我儿子打架被抓了 我不想活了", SELF_HARM, VIOLENCE).finding
        assert (found.kinds, found.urgency) == ((SELF_HARM, DETENTION), Urgency.S0)

    @pytest.mark.parametrize("text", ["我十六 派出所叫我去 说我打人", "派出所通知我弟过去问话 说他打架"])
    def test_is_no_harm_to_a_child_where_somebody_is_only_called_to_come(self, read: Read, text: str) -> None:
        assert read(text, CHILD).finding == SafetyFinding()
        assert read(text, DETENTION).finding == SafetyFinding()

    @pytest.mark.parametrize("text", ["我老公打我 被警察带走了", "前夫家暴我 昨天刑拘了"])
    def test_is_offered_no_defender_by_whom_he_struck(self, read: Read, text: str) -> None:
        assert read(text, DETENTION).finding == SafetyFinding()


class TestThreats:
    @pytest.mark.parametrize(
        "text",
        [
            "再不给钱我就去他家放火",
            "我要砍了他",
            "我今晚就带刀去厂里",
            "老板再不结账我就把工地点了",
            "逼急了我弄死他全家",
            "信不信我一刀捅死他",
            "我找几个人把他打一顿",
            "大不了一把火烧了",
            "我要让他全家陪葬",
        ],
    )
    def test_of_the_caller_are_heard_whatever_the_gate_heard(self, read: Read, text: str) -> None:
        assert read(text).scene is Scene.THREATENS
        assert read(text).finding.urgency is Urgency.S0
        found = read(text, VIOLENCE)
        assert (found.scene, {*found.finding.kinds} - found.explains) == (Scene.THREATENS, set())

    @pytest.mark.parametrize("text", ["老板欠我工资 我要跟他同归于尽", "我跟他拼了 大不了一命换一命"])
    def test_on_ones_own_life_are_both(self, read: Read, text: str) -> None:
        found = read(text, SELF_HARM)
        assert (found.scene, found.finding.kinds) == (Scene.THREATENS, (SELF_HARM,))

    @pytest.mark.parametrize(
        "text",
        [
            "他说要砍了我",
            "讨债的扬言要烧了我家",
            "前夫发微信说我要杀了你全家",
            "我不会砍他的 就是生气",
            "要是我把他打伤了判几年",
            "我杀了只鸡 邻居说我偷的",
            "我想去法院告他",
            "我要去他家要钱",
            "房东要砍价",
            "我把房子卖了他不给钱",
            "我打比方说我要砍了他",
        ],
    )
    def test_are_not_heard_otherwise(self, read: Read, text: str) -> None:
        assert read(text).scene is None
        assert read(text, VIOLENCE).scene is None

    @pytest.mark.parametrize("text", ["我把他捅了 现在怎么办", "我刚才失手把老婆打晕了", "我砍伤了人"])
    def test_carried_out_ask_for_help_for_the_other_first(self, read: Read, text: str) -> None:
        assert read(text, VIOLENCE).scene is Scene.STRUCK

    @pytest.mark.parametrize("text", ["我去年把他打伤了 赔了两万", "我把车撞了树", "他说我把他打伤了 其实没有"])
    def test_carried_out_long_ago_or_said_by_the_other_do_not(self, read: Read, text: str) -> None:
        assert read(text, VIOLENCE).scene is None

    @pytest.mark.parametrize(
        "text",
        [
            "他打我 我要砍死他",
            "昨晚他又打我了 我今晚就砍了他",
            "他说要杀我 我就先捅死他",
            "他拿刀追我 我也拿刀砍他",
            "老板让人把我揍了 我要去他家放火",
            "我被他打得流血 我要跟他拼了",
        ],
    )
    def test_of_whoever_is_struck_leave_the_blows_to_be_answered_too(self, read: Read, text: str) -> None:
        told = read(text, VIOLENCE)
        assert (told.scene, {*told.finding.kinds} - told.explains) == (Scene.THREATENS, {VIOLENCE})

    @pytest.mark.parametrize("text", ["他打我 说要砍死我", "他打我 发微信说 我要杀了你", "他打我电话 我要砍了他"])
    def test_of_the_other_are_not_taken_for_the_callers(self, read: Read, text: str) -> None:
        told = read(text, VIOLENCE)
        assert told.scene is None or told.explains == {VIOLENCE}

    def test_of_a_child_leave_its_harm_to_be_reported(self, read: Read) -> None:
        told = read("我13岁 我爸天天打我 我要杀了他", CHILD, VIOLENCE)
        assert told.scene is Scene.THREATENS
        assert CHILD in {*told.finding.kinds} - told.explains

    @pytest.mark.parametrize(
        "text", ["我杀人了 我想自首", "人没气了 我干的", "我拿枕头捂了他 现在没呼吸了", "我失手了 他躺在地上叫不醒"]
    )
    def test_carried_out_are_told_without_a_word_of_alarm(self, read: Read, text: str) -> None:
        assert read(text, VIOLENCE).scene is Scene.STRUCK

    def test_carried_out_on_a_child_are_reported(self, read: Read) -> None:
        assert read("我把孩子打得没气了", CHILD, VIOLENCE).finding.kinds == (VIOLENCE, CHILD)

    @pytest.mark.parametrize("text", ["他没气了 他们说是我打的", "他被打晕了 不是我干的", "他打人 我报的警"])
    def test_are_not_carried_out_by_whoever_is_only_blamed(self, read: Read, text: str) -> None:
        assert read(text, VIOLENCE).scene is not Scene.STRUCK

    def test_lay_no_life_aside_that_the_gate_hears_beside_them(self, read: Read) -> None:
        own = SafetyFinding(kinds=(SELF_HARM,), urgency=Urgency.S0)
        told = read("我今晚就去杀了他 然后我一了百了", SELF_HARM, VIOLENCE, rest=own)
        assert told.scene is Scene.THREATENS
        assert told.finding.kinds == (SELF_HARM, VIOLENCE)

    def test_take_no_time_to_read_however_long(self, read: Read) -> None:
        started = time.process_time()
        read("我就也" * 1300)
        assert time.process_time() - started < SLOWEST


class TestLost:
    @pytest.mark.parametrize(
        "text",
        [
            "我妈老年痴呆走丢了 一天了没找到",
            "我爸有老年痴呆 今天早上出去到现在没回来",
            "走失了 我哥智力残疾",
            "八十多的老人出门到现在没回家",
            "我儿子自闭症 不见了",
            "我孙子放学没回家 找不到人",
        ],
    )
    def test_is_whoever_cannot_look_after_themselves(self, read: Read, text: str) -> None:
        assert read(text).scene is Scene.LOST
        found = read(text, DEADLINE)
        assert (found.scene, found.finding.kinds) == (Scene.LOST, ())

    def test_is_a_child_too_and_reported_as_one(self, read: Read) -> None:
        found = read("我孙子在超市走丢了", CHILD)
        assert (found.scene, found.finding.kinds) == (Scene.LOST, (CHILD,))

    @pytest.mark.parametrize(
        "text",
        [
            "我妈痴呆走丢过 已经找回来了",
            "怕我爸走丢 能给他做手环吗",
            "老板不见了 工资没给",
            "我爸痴呆 房子过户算数吗",
            "前夫把孩子带走不见了 抚养权在我",
            "失踪几年能宣告死亡",
        ],
    )
    def test_is_nobody_else(self, read: Read, text: str) -> None:
        assert read(text).scene is None


class TestKilled:
    @pytest.mark.parametrize(
        "text", ["我弟弟被人杀了 凶手抓了没有我们都不知道", "我哥让人给捅死了 昨晚的事", "我女儿遇害了"]
    )
    def test_is_no_arrest_and_no_wish_to_die(self, read: Read, text: str) -> None:
        for kind in (DETENTION, SELF_HARM, VIOLENCE):
            found = read(text, kind)
            assert (found.scene, {*found.finding.kinds} - found.explains) == (Scene.KILLED, set())

    def test_leaves_the_wish_to_die_of_whoever_is_left(self, read: Read) -> None:
        assert read("我儿子被人打死了 我也不想活了", SELF_HARM).finding.kinds == (SELF_HARM,)

    @pytest.mark.parametrize("text", ["我妈快被我爸打死了", "我被他打死了也不离", "狗被邻居打死了"])
    def test_is_not_who_lives(self, read: Read, text: str) -> None:
        assert read(text, VIOLENCE).scene is None


class TestMoneyNotYetSent:
    @pytest.mark.parametrize(
        "text",
        [
            "骗子让我转账 我还没转",
            "客服让我下载会议软件共享屏幕 说给我退款 要我念验证码",
            "他说我涉嫌洗钱 要不要把钱转过去",
            "我妈非要去银行给网友汇款 拦不住",
        ],
    )
    def test_is_held_back(self, read: Read, text: str) -> None:
        assert read(text, FRAUD).scene is Scene.LURED

    @pytest.mark.parametrize(
        "text", ["刚转了8万 群解散了", "刚给他念了验证码 卡里钱没了", "按他说的共享屏幕 卡里五万被转走了"]
    )
    def test_is_not_said_of_money_that_is_gone(self, read: Read, text: str) -> None:
        assert read(text, FRAUD).scene is None


class TestGrownPeople:
    @pytest.mark.parametrize(
        "text",
        [
            "我七十了 儿子喝了酒就打我",
            "我才二十 我爸还打我",
            "我三十多了 我爸又在打我妈",
            "儿媳打婆婆 我是她女儿 早就结婚了",
        ],
    )
    def test_are_no_children(self, read: Read, text: str) -> None:
        assert read(text, CHILD, VIOLENCE).finding.kinds == (VIOLENCE,)
        assert read(text, CHILD).finding.kinds == (VIOLENCE,)

    @pytest.mark.parametrize("text", ["隔壁老太太天天喊别打了", "墙那边总有老人哭 说不敢了", "听到隔壁的揍他老娘"])
    def test_who_are_struck_next_door_are_no_children_and_do_not_wish_to_die(self, read: Read, text: str) -> None:
        assert read(text, SELF_HARM, VIOLENCE, CHILD).finding.kinds == (VIOLENCE,)

    def test_who_wish_to_die_next_door_are_heard(self, read: Read) -> None:
        said = "隔壁老太太天天喊别打了 说不想活了"
        assert read(said, SELF_HARM, VIOLENCE).finding.kinds == (SELF_HARM, VIOLENCE)

    def test_may_be_struck_beside_a_child(self, read: Read) -> None:
        assert CHILD in read("听见隔壁打老人 也打孩子", VIOLENCE, CHILD).finding.kinds

    def test_may_be_watched_by_a_child(self, read: Read) -> None:
        assert read("我爸喝了酒打我妈 我拦不住", CHILD).finding.kinds == (VIOLENCE, CHILD)

    @pytest.mark.parametrize(
        "text", ["我十二 我爸打我", "我三十了 我老公打孩子", "我奶奶天天打我弟弟", "继父晚上进我房间"]
    )
    def test_are_not_taken_for_a_child_that_is_harmed(self, read: Read, text: str) -> None:
        assert CHILD in read(text, CHILD, VIOLENCE).finding.kinds


class TestAccident:
    """遇险: nobody does it to them, and what is called is the fire service and the ambulance."""

    @pytest.mark.parametrize(
        "text",
        [
            "楼塌了把人压底下了",
            "矿上冒顶了 三个人没出来",
            "厂里着火了 有人没跑出来",
            "车祸 人卡在车里",
            "电梯坏了人困在电梯里",
            "我们宿舍煤气中毒了 叫不醒",
            "工友从架子上掉下来不动了",
        ],
    )
    def test_is_heard_of_itself(self, read: Read, text: str) -> None:
        assert read(text).scene is Scene.ACCIDENT

    @pytest.mark.parametrize(
        "text",
        [
            "去年矿上塌方死了两个人 怎么赔",
            "工地塌方被埋 后来救出来了 现在要赔偿",
            "孩子的户口卡在村里",
            "押金困在里面",
            "他把我困在屋里",
            "我被他压在身下",
            "老公把我压在床底下",
            "他把我从楼上推下来 流了好多血",
        ],
    )
    def test_is_neither_what_is_over_nor_what_somebody_does(self, read: Read, text: str) -> None:
        assert read(text, VIOLENCE).scene is not Scene.ACCIDENT
        assert read(text).scene is not Scene.ACCIDENT

    def test_takes_no_poison_for_one(self, read: Read) -> None:
        assert SELF_HARM in read("我喝了农药 中毒了 叫不醒", SELF_HARM).finding.kinds
