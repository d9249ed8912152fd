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
