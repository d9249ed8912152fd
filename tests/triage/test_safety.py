"""The safety gate sees danger in every register and keeps calm where there is none.

The phrases here are the ones the rules were tuned on; the judged set is elsewhere and independent of the rules.
"""

import time
from pathlib import Path
from typing import Final

import pytest
import yaml

from knowledge_base.safety import SafetyGate, SafetyRulesInvalid
from knowledge_base.types import SafetyFinding, SafetyKind, Urgency

pytestmark = pytest.mark.unit

PHRASES: Final = yaml.safe_load(Path(__file__).with_name("safety_dev.yml").read_text(encoding="utf-8"))
DANGER: Final = [(kind, text) for kind, texts in PHRASES["danger"].items() for text in texts]
SLOWEST_MS: Final = 5


class TestTheDevelopmentPhrases:
    def test_are_many_and_of_every_kind(self) -> None:
        assert set(PHRASES["danger"]) == {kind.value for kind in SafetyKind}
        assert len(DANGER) >= 150
        assert len(PHRASES["calm"]) >= 150

    @pytest.mark.parametrize(("kind", "text"), DANGER)
    def test_of_danger_are_found(self, gate: SafetyGate, kind: str, text: str) -> None:
        assert kind in gate.check(text).kinds

    @pytest.mark.parametrize("text", PHRASES["calm"])
    def test_without_danger_raise_no_alarm(self, gate: SafetyGate, text: str) -> None:
        assert gate.check(text) == SafetyFinding()


class TestUrgency:
    @pytest.mark.parametrize(
        ("text", "urgency"),
        [
            ("活着没意思 药都买好了", Urgency.S0),
            ("他又拿刀了孩子也在屋里我锁厕所里呢", Urgency.S0),
            ("刚转了8万 群解散了", Urgency.S0),
            ("明天开庭", Urgency.S1),
            ("我儿子昨晚被警察抓了", Urgency.S1),
            ("我老公在看守所三个月了", Urgency.S2),
            ("我儿子打架被刑拘了能派律师吗", Urgency.S1),
            ("老板不给工资", Urgency.S2),
        ],
    )
    def test_follows_the_kind_and_the_time(self, gate: SafetyGate, text: str, urgency: Urgency) -> None:
        assert gate.check(text).urgency is urgency

    def test_is_the_gravest_of_several_and_kinds_are_gravest_first(self, gate: SafetyGate) -> None:
        found = gate.check("明天开庭 我不想活了")
        assert found.kinds == (SafetyKind.SELF_HARM, SafetyKind.DEADLINE)
        assert found.urgency is Urgency.S0


class TestWritingStyles:
    @pytest.mark.parametrize(
        "text",
        [
            "我想自杀",
            "我想自 杀",
            "我想自*杀",
            "我想自.杀",
            "我想ｚｉｓｈａ",
            "我想zi sha",
            "我想自沙",
            "我想紫砂",
            "我想自殺",
            "我想\u200b自\u200b杀",
            "我想自杀杀杀！！！",
            "老板欠我钱，房东赶我走，老婆也跑了，我想自杀，你们管不管",
        ],
    )
    def test_do_not_hide_danger(self, gate: SafetyGate, text: str) -> None:
        assert gate.check(text).kinds == (SafetyKind.SELF_HARM,)


class TestDampeners:
    @pytest.mark.parametrize(
        ("calm", "danger"),
        [
            ("去年被他打过", "去年被他打过 现在他又拿着刀来了"),
            ("我想死心", "我想死"),
            ("上个月开过庭了", "上个月开过庭了 明天二次开庭"),
            ("新闻里说有人跳楼", "新闻里说有人跳楼 我现在也想跳楼"),
            ("仲裁时效是多久", "仲裁时效只剩两天了"),
            ("我弟拘留过五天放出来了", "我弟拘留过五天放出来了 昨天又被警察抓了"),
        ],
    )
    def test_yield_to_danger_in_the_same_message(self, gate: SafetyGate, calm: str, danger: str) -> None:
        assert not gate.check(calm).kinds
        assert gate.check(danger).kinds


class TestTheGate:
    def test_finds_nothing_in_nothing(self, gate: SafetyGate) -> None:
        assert gate.check("") == SafetyFinding()
        assert gate.check("  ？！ ") == SafetyFinding()

    def test_is_quick_on_ordinary_and_patient_with_endless_messages(self, gate: SafetyGate) -> None:
        texts = [text for _, text in DANGER] + PHRASES["calm"]
        started = time.process_time()
        for text in texts:
            gate.check(text)
        assert (time.process_time() - started) / len(texts) * 1000 < SLOWEST_MS
        started = time.process_time()
        gate.check("我在工地干活老板不给钱孩子上学也没钱" * 220)
        assert time.process_time() - started < 1.5

    @pytest.mark.parametrize(
        "body",
        [
            "words: {}\ncontexts: {}\nkinds: [{kind: boredom, urgency: s0, rules: [{id: a, any: [x]}]}]",
            "words: {}\ncontexts: {}\nkinds: [{kind: deadline, urgency: s1, rules: [{id: a, any: ['(']}]}]",
            "words: {}\ncontexts: {}\nkinds: [{kind: deadline, urgency: s1, rules: [{id: a, any: [x], unless: [y]}]}]",
        ],
    )
    def test_refuses_rules_it_cannot_apply(self, tmp_path: Path, body: str) -> None:
        path = tmp_path / "safety.yml"
        path.write_text(f"{body}\nidioms: [x]\nlong_detention: [x]\n", encoding="utf-8")
        with pytest.raises(SafetyRulesInvalid):
            SafetyGate.load(path)


class TestGeneralRules:
    """Each beside what comes near it and is calm."""

    @pytest.mark.parametrize(
        ("kind", "dangers", "calms"),
        [
            pytest.param(
                SafetyKind.VIOLENCE_NOW,
                [
                    "护工天天扇我妈耳光",
                    "保姆打我爸 他瘫在床上",
                    "养老院的人掐我奶奶",
                    "护工把老人绑在床上",
                    "看护的不给我妈吃饭 身上全是青的",
                ],
                [
                    "护工把我妈摔伤了 医院赔吗",
                    "护工打电话说我妈病了",
                    "保姆偷了我妈的金镯子",
                    "养老院打我妈的电话催费",
                    "护工工资拖欠半年不给",
                    "去年护工打过我妈 后来换人了",
                ],
                id="hit in care",
            ),
            pytest.param(
                SafetyKind.SELF_HARM,
                [
                    "爸说不拖累我们 存折都给我了",
                    "我妈怕拖累儿女 把养老钱都分了",
                    "老伴说自己是累赘 寿衣都买了",
                    "我爸把后事都说了 让我别惦记",
                ],
                [
                    "爸妈说不拖累我们 要去养老院",
                    "我妈把存折给我保管 弟弟不同意",
                    "不想拖累公司 把存款转给公司了",
                    "我爸后事办完了 丧葬费找谁要",
                    "我爸存折密码忘了 怎么取钱",
                ],
                id="given away",
            ),
            pytest.param(
                SafetyKind.SELF_HARM,
                ["女儿饭也不吃 说不想过了", "我闺女好几天没吃东西 就说想解脱", "孩子不吃不喝 说活着没意思"],
                ["孩子不吃饭 想走读", "女儿减肥不吃饭怎么劝", "食堂的饭不吃行吗", "妈不吃饭 劝不动 保姆想走了"],
                id="wastes away",
            ),
            pytest.param(
                SafetyKind.CHILD_HARM,
                [
                    "班里几个人天天堵我要钱 不给就打",
                    "我们班同学天天打我 要钱",
                    "放学路上高年级的拦着我儿子收保护费 动手打他",
                ],
                [
                    "班里收班费 不给就记名字",
                    "同学借我钱不还 我想要钱",
                    "我打了同学 他们家要钱",
                    "我才十六 派出所叫我去 说我打人",
                    "我十五 打了同学 学校让我去",
                ],
                id="robbed at school",
            ),
            pytest.param(
                SafetyKind.VIOLENCE_NOW,
                [
                    "讨债的泼油漆还说要剁我手",
                    "催收的来家门口泼粪 说要卸我一条腿",
                    "老板扣着我身份证护照不让出厂",
                    "厂里收了身份证 不让出门",
                    "再不给钱我就去他家放火",
                ],
                ["催收打我电话 一天十几个", "老板扣着我的毕业证不还", "工地放火烧荒罚了款", "我就去他家要钱"],
                id="threatened and shut in",
            ),
        ],
    )
    def test_hear_the_one_and_not_the_other(
        self, gate: SafetyGate, kind: SafetyKind, dangers: list[str], calms: list[str]
    ) -> None:
        assert [text for text in dangers if kind not in gate.check(text).kinds] == []
        assert [text for text in calms if kind in gate.check(text).kinds] == []

    def test_fear_of_prison_is_no_long_imprisonment(self, gate: SafetyGate) -> None:
        assert gate.check("我儿子把人打了 派出所把他带走了 会不会坐牢").urgency is Urgency.S1
        assert gate.check("我老公在坐牢 被关在看守所").urgency is Urgency.S2
