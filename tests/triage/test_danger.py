"""The second opinion hears danger that no rule was written for, and the gate holds without it and without a vector."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from knowledge_base import adapter, danger
from knowledge_base.__main__ import main
from knowledge_base.adapter import EAR, FOLDER
from knowledge_base.danger import DangerGate, DangerUnreadable, Ear, Lines, Opinion, Voice
from knowledge_base.danger_between import Between
from knowledge_base.danger_cli import SENTENCES
from knowledge_base.danger_training import Teaching, ordinary_speech, read_sentences, save, table
from knowledge_base.terminal import BAD_INPUT
from knowledge_base.triage import NONE, Floats
from knowledge_base.triage_training import Utterances, UtterancesInvalid
from knowledge_base.types import SafetyFinding, SafetyKind, Urgency

pytestmark = pytest.mark.unit

SLOWEST_MS: Final = 5
LARGEST: Final = 1024 * 1024
_TENSORS: Final = "adapter_model.safetensors"
MOST_LEARNED: Final = 16 * LARGEST
AGAINST, FOR = np.asarray([0, 1], np.float32), np.asarray([1, 0], np.float32)


@pytest.fixture(scope="module")
def danger_gate() -> DangerGate:
    return DangerGate.load()


@pytest.fixture(scope="module")
def said() -> Utterances:
    """Return a small world in which danger smells of smoke, told by ten families of each kind."""
    texts, codes, families = [], [], []
    for family in range(10):
        for kind in SafetyKind:
            texts += [f"{kind.value} 浓烟{family}", f"浓烟 {kind.value} 又来{family}"]
            codes += [kind.value] * 2
            families += [f"{kind}{family}"] * 2
        texts += [f"工资{family}没给", f"押金{family}不退", f"社保{family}断缴"]
        codes += [NONE] * 3
        families += [f"{NONE}{family}"] * 3
    return Utterances(texts=tuple(texts), codes=tuple(codes), families=tuple(families))


class SmellsSmoke:
    """A listener that hears smoke and nothing else, and tells no kind from another."""

    def __init__(self) -> None:
        self.taught: list[int] = []
        self.saved = 0

    def teach(self, texts: Sequence[str], labels: Sequence[int], /) -> tuple[Floats, Floats]:
        assert len(texts) == len(labels)
        self.taught.append(len(texts))
        weights = np.zeros((len(SafetyKind) + 1, 2), np.float32)
        weights[:-1, 0] = 6
        return weights, np.asarray([0] * len(SafetyKind) + [3], np.float32)

    def hear(self, texts: Sequence[str], /) -> Floats:
        return np.asarray([FOR if "浓烟" in text else AGAINST for text in texts])

    def save(self) -> str:
        self.saved += 1
        return adapter.digest(EAR)


def with_opinion(gate: DangerGate, *, hears: SafetyKind, bears_out: float = -1e9) -> DangerGate:
    """Return the gate with a second opinion that hears one thing whenever the first number of what is heard is large."""
    features = replace(gate.opinion.features, grams={}, idf=np.zeros(0, np.float32))
    lines = Lines(speaks=0, bears_out=bears_out)
    voice = Voice(
        alarm=np.zeros(features.width, np.float32),
        alarm_bias=0,
        weights=np.zeros((len(SafetyKind), features.width), np.float32),
        bias=np.zeros(len(SafetyKind), np.float32),
        lines=replace(lines, speaks=1),
    )
    weights = np.zeros((len(SafetyKind) + 1, 2), np.float32)
    weights[list(SafetyKind).index(hears), 0] = 9
    bias = np.asarray([-9] * len(SafetyKind) + [0], np.float32)
    bias[list(SafetyKind).index(hears)] = -3
    return replace(
        gate,
        opinion=Opinion(features=features, voice=voice, ear=Ear(weights=weights, bias=bias, lines=lines, adapter="")),
    )


class TestTheSecondOpinion:
    def test_is_asked_with_what_the_model_makes_of_the_words(self, danger_gate: DangerGate) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.SELF_HARM)
        words = "窗台上的花谢了"
        assert gate.rules.check(words) == SafetyFinding()
        assert gate.check(words, heard=FOR) == SafetyFinding(kinds=(SafetyKind.SELF_HARM,), urgency=Urgency.S0)
        assert gate.check(words, heard=AGAINST) == SafetyFinding()
        assert gate.check(words) == SafetyFinding()

    def test_takes_nothing_from_the_rules_unless_it_is_sure(self, danger_gate: DangerGate) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.SELF_HARM)
        assert gate.check("明天开庭", heard=AGAINST).kinds == (SafetyKind.DEADLINE,)
        both = gate.check("明天开庭", heard=FOR)
        assert both == SafetyFinding(kinds=(SafetyKind.SELF_HARM, SafetyKind.DEADLINE), urgency=Urgency.S0)

    def test_leaves_out_what_a_rule_calls_by_another_name_but_never_a_life(self, danger_gate: DangerGate) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.DETENTION)
        said = "明天上午九点法院叫我们去开庭"
        assert gate.check(said, heard=FOR).kinds == (SafetyKind.DETENTION,)
        assert gate.check(said).kinds == (SafetyKind.DEADLINE,), "without the model the rule's name counts"
        assert SafetyKind.SELF_HARM in gate.check("我真的不想活了 想从楼上跳下去算了", heard=FOR).kinds

    def test_takes_back_what_a_rule_alone_heard_where_it_is_sure_that_all_is_calm(
        self, danger_gate: DangerGate
    ) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.SELF_HARM, bears_out=-2)
        said = "法院通知我们明天早上九点开庭"
        assert gate.check(said, heard=AGAINST) == SafetyFinding()
        assert gate.check(said).kinds == (SafetyKind.DEADLINE,), "without the model the rule counts"

    def test_takes_nothing_back_of_a_few_characters(self, danger_gate: DangerGate) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.SELF_HARM, bears_out=-2)
        assert gate.check("救命", heard=AGAINST).kinds == (SafetyKind.VIOLENCE_NOW,)

    def test_takes_nothing_back_of_what_a_firm_rule_says(self, danger_gate: DangerGate) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.DEADLINE, bears_out=-2)
        given_away = "爸说不拖累我们 存折都给我了"
        for heard in (AGAINST, FOR):
            assert SafetyKind.SELF_HARM in gate.check(given_away, heard=heard).kinds
        loose = replace(gate.rules, rules=tuple(replace(rule, firm=False) for rule in gate.rules.rules))
        assert replace(gate, rules=loose).check(given_away, heard=AGAINST) == SafetyFinding()

    def test_leaves_out_beside_a_firm_rule_what_another_says(self, danger_gate: DangerGate) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.SELF_HARM, bears_out=-2)
        said = "听见隔壁打老人 我法院的传票是明天开庭"
        assert set(gate.check(said).kinds) == {SafetyKind.VIOLENCE_NOW, SafetyKind.DEADLINE}
        assert gate.check(said, heard=AGAINST) == SafetyFinding(kinds=(SafetyKind.VIOLENCE_NOW,), urgency=Urgency.S0)

    @pytest.mark.parametrize("text", ["明天", "明天下午", "明天上午九点", "下周三下午2点左右可以", "后天 三点半吧"])
    def test_makes_nothing_of_a_day_and_an_hour(self, danger_gate: DangerGate, text: str) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.DEADLINE)
        assert gate.check(text, heard=FOR).kinds == ()
        assert gate.check(f"{text}开庭", heard=FOR).kinds == (SafetyKind.DEADLINE,)

    @pytest.mark.parametrize(
        ("text", "calm"),
        [
            ("我明天上午过去行不行", True),
            ("后天有空 我带材料去一趟", True),
            ("下周一我再打给您", True),
            ("明天就去", False),
            ("我今晚过去", False),
            ("明天我去找他", False),
            ("明天你们打我", False),
            ("明天我不在了", False),
        ],
    )
    def test_makes_nothing_of_a_visit_to_us(self, danger_gate: DangerGate, text: str, *, calm: bool) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.DEADLINE)
        assert (gate.check(text, heard=FOR).kinds == ()) is calm

    @pytest.mark.parametrize(
        ("text", "calm"),
        [
            ("老板叫我明天不用来了", True),
            ("公司突然通知我们下个月不用来上班了", True),
            ("主管跟我说从明天起不用来了", True),
            ("他叫我明天别来了", False),
            ("老板叫我明天别来了 来了就没命", False),
            ("老板叫我别走", False),
        ],
    )
    def test_makes_nothing_of_a_notice_of_dismissal(self, danger_gate: DangerGate, text: str, *, calm: bool) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.VIOLENCE_NOW)
        assert (gate.check(text, heard=FOR).kinds == ()) is calm

    def test_leaves_detention_its_own_urgency(self, danger_gate: DangerGate) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.DETENTION)
        assert gate.check("昨晚的事 他人没了踪影", heard=FOR).urgency is Urgency.S1
        assert gate.check("那边三个月没有音讯", heard=FOR).urgency is Urgency.S2


class TestBetweenTwoLessons:
    """The mean of two adapters is that of their products, and of it nobody's pupils are examiners."""

    def lesson(self, folder: Path, *, rank: int, learned: Sequence[str] | None) -> Path:
        (folder / EAR.name).mkdir(parents=True)
        numbers = np.random.default_rng(rank)
        tensors = {
            "x.lora_A.weight": numbers.normal(size=(rank, 4)).astype(np.float16),
            "x.lora_B.weight": numbers.normal(size=(3, rank)).astype(np.float16),
        }
        save_file(tensors, folder / EAR.name / "adapter_model.safetensors")
        config = json.dumps({"r": rank, "lora_alpha": 8})
        (folder / EAR.name / "adapter_config.json").write_text(config, encoding="utf-8")
        opinion = Opinion.load()
        assert opinion.ear is not None
        taught = replace(opinion.ear, bias=opinion.ear.bias * 0 + rank, adapter=adapter.digest(folder / EAR.name))
        save(replace(opinion, ear=taught), folder / danger.FILE.name, learned=learned or ())
        return folder

    def test_lies_midway(self, tmp_path: Path) -> None:
        earlier = self.lesson(tmp_path / "earlier", rank=2, learned=["a", "b"])
        later = self.lesson(tmp_path / "later", rank=4, learned=["b", "c"])
        keep = tmp_path / "keep"
        keep.mkdir()
        between = Between(earlier, later, keep=keep, models=tmp_path)
        assert between.learned == {"a", "b", "c"}
        _, bias = between.teach([], [])
        assert bias.tolist() == [3] * len(bias)
        products = [self.product(folder / EAR.name) for folder in (earlier, later)]
        assert self.product(keep) == pytest.approx((products[0] + products[1]) / 2, abs=0.02)
        assert between.save() == adapter.digest(keep)

    @staticmethod
    def product(folder: Path) -> Floats:
        config = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        tensors = {name: values.astype(np.float32) for name, values in load_file(folder / _TENSORS).items()}
        scale = config["lora_alpha"] / config["r"]
        product: Floats = scale * tensors["x.lora_B.weight"] @ tensors["x.lora_A.weight"]
        return product

    def test_counts_no_family_that_either_was_taught(self, said: Utterances) -> None:
        held_out = {family for family, fold in zip(said.families, said.folds(8), strict=True) if fold == 0}
        known = {family for family in held_out if family.startswith(SafetyKind.DEADLINE.value)}
        everybody = Teaching(said, listener=SmellsSmoke()).learn(alarms=0.1)
        strangers = Teaching(said, listener=SmellsSmoke(), learned=known).learn(alarms=0.1)
        counted = [{one.kind: one.sentences for one in lesson.noticed} for lesson in (everybody, strangers)]
        assert counted[0][SafetyKind.DEADLINE] > 0
        assert counted[1] == {**counted[0], SafetyKind.DEADLINE: 0}

    def test_refuses_a_lesson_that_does_not_say_what_it_learned(self, tmp_path: Path) -> None:
        folder = self.lesson(tmp_path / "one", rank=2, learned=["a"])
        head, arrays = self.taken_apart(folder)
        del head["learned"]
        np.savez(folder / danger.FILE.name, head=np.asarray(json.dumps(head)), **arrays)
        with pytest.raises(DangerUnreadable, match="which families"):
            Between(folder, folder, keep=tmp_path, models=tmp_path)

    @staticmethod
    def taken_apart(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
        with np.load(folder / danger.FILE.name, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored}
        return json.loads(str(arrays.pop("head"))), arrays


class TestWithoutAnEmbedder:
    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("老公在打我", SafetyKind.VIOLENCE_NOW),
            ("帮我跟我女儿说一声对不起 我要走了 下辈子再见", SafetyKind.SELF_HARM),
            ("刚打过去五万 头像就没了 群也解散了", SafetyKind.LIVE_FRAUD),
        ],
    )
    def test_rules_and_characters_still_hear(self, danger_gate: DangerGate, text: str, kind: SafetyKind) -> None:
        assert kind in danger_gate.check(text).kinds

    @pytest.mark.parametrize("text", ["仲裁时效是多久", "你们几点上班", "老板拖欠三个月工资怎么办", "", "  ？！ "])
    def test_ordinary_words_stay_ordinary(self, danger_gate: DangerGate, text: str) -> None:
        assert danger_gate.check(text) == SafetyFinding()


class TestWhatIsCommitted:
    def test_is_small_and_says_how_it_came_about(self) -> None:
        assert danger.FILE.stat().st_size < LARGEST
        assert sum(file.stat().st_size for file in FOLDER.rglob("*")) < MOST_LEARNED
        note = json.loads(danger.FILE.with_name("danger.json").read_text(encoding="utf-8"))
        assert note["command"].startswith("python -m knowledge_base danger train")
        assert set(note["held_out_families"]) == {NONE, *(kind.value for kind in SafetyKind)}

    def test_is_quick_and_always_the_same(self, danger_gate: DangerGate) -> None:
        texts = read_sentences(SENTENCES).texts[::20]
        opinion, folder = danger_gate.opinion, danger_gate.folder
        ear = opinion.ear
        assert ear is not None
        heard = np.full(ear.weights.shape[1], 0.05, np.float32)
        folded = [folder.fold(text).spaced for text in texts]
        first = [opinion.hear(text, heard=heard).sound for text in folded]
        started = time.process_time()
        again = [opinion.hear(text, heard=heard).sound for text in folded]
        assert (time.process_time() - started) / len(texts) * 1000 < SLOWEST_MS
        assert first == again


class TestLearning:
    def test_hears_held_out_families_and_is_read_back_as_written(self, said: Utterances, tmp_path: Path) -> None:
        listener = SmellsSmoke()
        teaching = Teaching(said, listener=listener)
        lesson = teaching.learn(alarms=0.1)
        noticed = lesson.noticed
        assert all(one.learned == one.gate == one.sentences for one in noticed if one.kind != NONE)
        assert next(one.gate for one in noticed if one.kind == NONE) <= 1
        assert len(list(table(noticed))) == len(SafetyKind) + 3
        assert listener.saved == 0
        opinion = teaching.keep(lesson, tmp_path / "danger.npz").opinion
        assert listener.saved == 1
        held_out = sum(one.sentences for one in noticed)
        assert listener.taught == [len(said.texts) - held_out], "what was measured is what is kept"
        read = Opinion.load(tmp_path / "danger.npz")
        for text, heard in (("浓烟 又来", FOR), ("社保断缴", AGAINST), ("社保断缴", None)):
            was, now = opinion.hear(text, heard=heard), read.hear(text, heard=heard)
            assert now.sound == pytest.approx(was.sound, abs=0.01)
            assert now.lines == was.lines

    def test_does_without_a_model(self, said: Utterances, tmp_path: Path) -> None:
        teaching = Teaching(said, listener=None)
        lesson = teaching.keep(teaching.learn(), tmp_path / "danger.npz")
        assert lesson.lines["voice"].bears_out < -1e6, "characters alone take no alarm back"
        assert lesson.opinion.ear is None
        assert Opinion.load(tmp_path / "danger.npz").ear is None

    def test_learns_calm_from_ordinary_speech_but_does_not_count_it(self, said: Utterances) -> None:
        ordinary = ordinary_speech(
            Utterances(
                texts=("合同怎么写", "他打我", "说好的货没来"),
                codes=("contract", "family.domestic_violence", "contract"),
                families=("a", "b", "c"),
            )
        )
        assert ordinary == ["说好的货没来", "合同怎么写"], "the longest first"
        listener, alone = SmellsSmoke(), SmellsSmoke()
        with_it = Teaching(said, listener=listener, ordinary=ordinary).learn()
        without = Teaching(said, listener=alone).learn()
        assert [one.sentences for one in with_it.noticed] == [one.sentences for one in without.noticed]
        assert listener.taught == [alone.taught[0] + 2]

    def test_draws_the_line_where_the_rules_alarm_too_often(self, said: Utterances) -> None:
        texts = tuple(
            f"明天开庭 {text}" if code == NONE else text for text, code in zip(said.texts, said.codes, strict=True)
        )
        noisy = replace(said, texts=texts)
        lesson = Teaching(noisy, listener=SmellsSmoke()).learn(alarms=0.1)
        noticed = lesson.noticed
        calm = next(one for one in noticed if one.kind == NONE)
        assert calm.rules == calm.sentences
        assert calm.gate <= 0.1 * calm.sentences
        assert all(one.gate == one.sentences for one in noticed if one.kind != NONE)
        assert lesson.lines["ear"].bears_out > -1e6

    def test_refuses_sentences_of_no_kind(self, tmp_path: Path) -> None:
        (tmp_path / "a.yml").write_text("boredom:\n  one: |\n    无聊\n", encoding="utf-8")
        with pytest.raises(UtterancesInvalid, match="boredom"):
            read_sentences(tmp_path)

    def test_refuses_too_little(self, tmp_path: Path) -> None:
        (tmp_path / "a.yml").write_text("none:\n  one: |\n    你好\n", encoding="utf-8")
        with pytest.raises(UtterancesInvalid, match="no sentences"):
            read_sentences(tmp_path)


class TestTheCommand:
    def test_refuses_to_learn_with_and_without_an_ear_at_once(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        lessons = [str(tmp_path / "earlier"), str(tmp_path / "later")]
        with pytest.raises(SystemExit) as left:
            main(["danger", "train", "--mean", *lessons, "--words-only"])
        assert left.value.code == BAD_INPUT
        assert "--words-only：不能和 --mean 一起用" in capsys.readouterr().err


class TestADamagedFile:
    @pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 broken"])
    def test_is_named(self, tmp_path: Path, content: bytes | None) -> None:
        file = tmp_path / "danger.npz"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(DangerUnreadable, match="danger train"):
            Opinion.load(file)

    def test_is_told_from_an_adapter_of_another_lesson(self, tmp_path: Path) -> None:
        with pytest.raises(DangerUnreadable, match="not learned together"):
            Opinion.load(adapter_folder=tmp_path)


class TestTheSentences:
    def test_are_many_of_every_kind_and_written_once(self) -> None:
        said = read_sentences(SENTENCES)
        for kind in SafetyKind:
            assert said.codes.count(kind.value) >= 250, kind
        assert said.codes.count(NONE) >= 1500
        assert len(set(said.texts)) == len(said.texts)
