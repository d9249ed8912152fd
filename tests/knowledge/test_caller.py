"""Who speaks in danger and of whom, and what a word after it means."""

from collections.abc import Callable

import pytest

from knowledge_base.caller import Bearing, Caller, Callers
from knowledge_base.folding import Folder
from knowledge_base.types import SafetyFinding, SafetyKind, Urgency

pytestmark = pytest.mark.knowledge

SELF_HARM, VIOLENCE = SafetyKind.SELF_HARM, SafetyKind.VIOLENCE_NOW
Fold = Callable[[str], str]
CHILD, FRAUD = SafetyKind.CHILD_HARM, SafetyKind.LIVE_FRAUD


@pytest.fixture(scope="module")
def callers() -> Callers:
    return Callers.load()


@pytest.fixture(scope="module")
def fold() -> Fold:
    folder = Folder.load()
    return lambda text: folder.fold(text).spaced


class TestOf:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("我13岁 继父晚上进我房间 我妈不信 别告诉别人", CHILD),
            ("我在读初二 不想活了", SELF_HARM),
            ("爸爸打我 我上五年级", CHILD),
            ("我是小学生 他拿刀了", VIOLENCE),
            ("i am 12 and my stepdad touches me", CHILD),
        ],
    )
    def test_hears_a_child(self, callers: Callers, fold: Fold, text: str, kind: SafetyKind) -> None:
        assert callers.of(fold(text), [kind]) == Caller(child=True)

    @pytest.mark.parametrize(
        ("text", "kind", "about"),
        [
            ("我朋友说要跳楼", SELF_HARM, "您朋友"),
            ("我同学给我发消息说活着没意思", SELF_HARM, "您同学"),
            ("我妈吃了安眠药叫不醒", SELF_HARM, "您妈"),
            ("我初中同学不想活了", SELF_HARM, "您同学"),
            ("我女儿被老师摸了 才6岁", CHILD, "您女儿"),
            ("我儿子上初二 被同学打", CHILD, "您儿子"),
            ("邻居家孩子天天被打", CHILD, "对方"),
            ("隔壁在打老婆 喊救命", VIOLENCE, "对方"),
            ("我姐被姐夫打 现在关屋里", VIOLENCE, "您姐"),
            ("我妈刚给骗子转了8万", FRAUD, "您妈"),
        ],
    )
    def test_hears_who_is_in_danger(
        self, callers: Callers, fold: Fold, text: str, kind: SafetyKind, about: str
    ) -> None:
        assert callers.of(fold(text), [kind]) == Caller(about=about)

    def test_names_the_other_to_a_child_as_a_child_would(self, callers: Callers, fold: Fold) -> None:
        assert callers.of(fold("我12岁 我妈要跳楼"), [SELF_HARM]) == Caller(child=True, about="你妈")

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("我不想活了", SELF_HARM),
            ("老公打我 我不想活了", SELF_HARM),
            ("他逼我还钱 我不想活了", SELF_HARM),
            ("他又拿刀了孩子也在屋里", VIOLENCE),
            ("刚转了8万", FRAUD),
            ("继父晚上进我房间", CHILD),
            ("我替13岁的人问", CHILD),
        ],
    )
    def test_takes_everybody_else_for_the_one_in_danger(
        self, callers: Callers, fold: Fold, text: str, kind: SafetyKind
    ) -> None:
        assert callers.of(fold(text), [kind]) == Caller()


class TestBearing:
    @pytest.mark.parametrize(
        "text", ["他走了", "我没事了", "安全了", "我报警了", "到派出所了", "警察来了", "有我妈在旁边陪着我呢", "好多了"]
    )
    def test_is_safe(self, callers: Callers, fold: Fold, text: str) -> None:
        assert callers.bearing(fold(text)) is Bearing.SAFE

    @pytest.mark.parametrize(
        "text",
        [
            "好",
            "嗯",
            "没有",
            "有，我妈",
            "不知道怎么办",
            "不安全",
            "他没走",
            "他还在门口",
            "他会回来的",
            "ok",
            "能不能别说出去",
            "他会回来吗",
            "能救救我吗",
        ],
    )
    def test_is_a_word_in_answer(self, callers: Callers, fold: Fold, text: str) -> None:
        assert callers.bearing(fold(text)) is Bearing.SHORT

    @pytest.mark.parametrize(
        "text",
        [
            "怎么离婚",
            "他走了 我想离婚怎么办",
            "继续",
            "老板一直拖着不给钱也不见人躲起来了",
            "对方家长不赔",
            "这钱还能要回来吗",
            "他会被抓吗",
            "孩子归谁",
            "需要报警吗",
            "要什么材料",
            "你刚才说的是啥意思",
        ],
    )
    def test_has_moved_on(self, callers: Callers, fold: Fold, text: str) -> None:
        assert callers.bearing(fold(text)) is Bearing.MOVED_ON


class TestDenial:
    @pytest.mark.parametrize(
        ("text", "rest"), [("误会了 他真在打我", "他真在打我"), ("我没想死 就是活着没意思", "活着没意思")]
    )
    def test_is_none_where_danger_stands_beside_it(self, callers: Callers, fold: Fold, text: str, rest: str) -> None:
        def check(said: str) -> SafetyFinding:
            heard = (SafetyKind.VIOLENCE_NOW,) if rest in said.replace(",", "") else ()
            return SafetyFinding(kinds=heard, urgency=Urgency.S0 if heard else Urgency.S2)

        assert callers.bearing(fold(text)) is Bearing.DENIED
        assert callers.bearing(fold(text), check) is not Bearing.DENIED
        assert callers.bearing(fold("没有 我就是打个比方"), check) is Bearing.DENIED

    @pytest.mark.parametrize(
        "text",
        ["没有 我就是打个比方", "不是我 是电视里的", "我开玩笑的", "发错了", "看错了 没那回事", "我没想死 就是气话"],
    )
    def test_is_heard(self, callers: Callers, fold: Fold, text: str) -> None:
        assert callers.bearing(fold(text)) is Bearing.DENIED

    @pytest.mark.parametrize(
        "text", ["不是 他还在", "但是我真的想死 不是开玩笑", "没有 他又来了", "不是气话 刀都买了", "没有"]
    )
    def test_is_not_heard_where_danger_goes_on(self, callers: Callers, fold: Fold, text: str) -> None:
        assert callers.bearing(fold(text)) is not Bearing.DENIED


class TestQuiet:
    @pytest.mark.parametrize(
        "text", ["不方便说话", "他在旁边", "我是聋哑人", "现在不能说话 他就在客厅", "我听不见 打不了电话", "不敢出声"]
    )
    def test_is_heard(self, callers: Callers, fold: Fold, text: str) -> None:
        assert callers.is_quiet(fold(text))

    @pytest.mark.parametrize("text", ["他不在家", "老板不接电话", "他又拿刀了", "我在派出所旁边"])
    def test_is_not_heard_otherwise(self, callers: Callers, fold: Fold, text: str) -> None:
        assert not callers.is_quiet(fold(text))


class TestReporter:
    @pytest.mark.parametrize(
        "text", ["我是小学老师 班上一个女孩说继父摸她", "急诊送来一个孩子 身上都是伤", "我是村里网格员 孩子被锁屋里"]
    )
    def test_is_heard(self, callers: Callers, fold: Fold, text: str) -> None:
        assert callers.of(fold(text), [CHILD]).reports

    @pytest.mark.parametrize("text", ["老师打我", "我儿子被老师打了", "我女儿在医院 被继父打的"])
    def test_is_no_parent_and_no_child(self, callers: Callers, fold: Fold, text: str) -> None:
        assert not callers.of(fold(text), [CHILD]).reports


class TestAsksLaw:
    @pytest.mark.parametrize(
        "text", ["他打我我能申请保护令吗", "被老公打了 离婚孩子归谁", "他还让我净身出户 打过我 怎么离婚"]
    )
    def test_is_a_question(self, callers: Callers, fold: Fold, text: str) -> None:
        assert callers.asks_law(fold(text))

    @pytest.mark.parametrize(
        "text",
        [
            "他现在拿刀追我 我能告他吗",
            "他又来砸门了 怎么离婚",
            "他打我 我害怕",
            "他打我 我躲厕所里 怎么申请保护令",
            "孩子还在被他打 能报警吗 怎么告",
            "他要打死我 怎么办理离婚",
            "他打得我起不来 能不能告他",
        ],
    )
    def test_is_none_while_somebody_strikes(self, callers: Callers, fold: Fold, text: str) -> None:
        assert not callers.asks_law(fold(text))


class TestKorean:
    @pytest.mark.parametrize(
        ("text", "kinds"),
        [
            ("남편이 칼을 들고 있어요 살려주세요", (VIOLENCE,)),
            ("죽고 싶어요", (SELF_HARM,)),
            ("방금 800만원 송금했는데 사기인 것 같아요", (FRAUD,)),
            ("아이를 때려요", (CHILD,)),
        ],
    )
    def test_is_heard(self, callers: Callers, text: str, kinds: tuple[SafetyKind, ...]) -> None:
        assert set(kinds) <= set(callers.danger_in_korean(text))

    @pytest.mark.parametrize(
        "text", ["월급을 석 달 못 받았는데 어디에 신청하나요?", "배고파 죽겠어요", "안녕하세요", "我不想活了"]
    )
    def test_is_no_alarm_otherwise(self, callers: Callers, text: str) -> None:
        assert callers.danger_in_korean(text) == ()


class TestSaysOnlySafe:
    @pytest.mark.parametrize("text", ["他走了", "我没事了", "嗯 安全了", "警察来了，谢谢", "我已经报警了"])
    def test_is_true_of_nothing_else(self, callers: Callers, fold: Fold, text: str) -> None:
        assert callers.says_only_safe(fold(text))

    @pytest.mark.parametrize(
        "text", ["他走了 我不想活了", "他走了 药我喝了", "没事了 就想死", "他没走", "好", "安全了吗"]
    )
    def test_is_false_where_danger_may_hide(self, callers: Callers, fold: Fold, text: str) -> None:
        assert not callers.says_only_safe(fold(text))
