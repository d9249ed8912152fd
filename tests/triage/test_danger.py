"""The second opinion hears danger that no rule was written for, and the gate holds without it and without a vector."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from knowledge_base import danger
from knowledge_base.danger import DangerGate, DangerUnreadable, Meaning, Opinion, Voice
from knowledge_base.danger_cli import SENTENCES
from knowledge_base.danger_training import Lesson, read_sentences, save, table
from knowledge_base.triage import NONE, Floats
from knowledge_base.triage_training import Utterances, UtterancesInvalid
from knowledge_base.types import SafetyFinding, SafetyKind, Urgency

pytestmark = pytest.mark.unit

SLOWEST_MS: Final = 5
LARGEST: Final = 1024 * 1024
MODEL: Final = "package:some@1"


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


def vectors_of(said: Utterances) -> Floats:
    """Return vectors that tell danger from calm by their first number alone."""
    return np.asarray([[0.0 if code == NONE else 1.0, 0.5] for code in said.codes], np.float32)


def with_opinion(gate: DangerGate, *, hears: SafetyKind) -> DangerGate:
    """Return the gate with a second opinion that hears one thing whenever the vector's first number is large."""
    features = replace(gate.opinion.features, grams={}, idf=np.zeros(0, np.float32))
    width = features.width
    named = np.asarray([9 if kind is hears else 0 for kind in SafetyKind], np.float32)
    calm = Voice(
        alarm=np.zeros(width, np.float32),
        alarm_bias=-1,
        speak_above=0,
        weights=np.zeros((len(SafetyKind), width), np.float32),
        bias=named,
    )
    alarm = np.asarray([0] * width + [2, 0], np.float32)
    weights = np.zeros((len(SafetyKind), width + 2), np.float32)
    opinion = Opinion(
        features=features,
        alone=calm,
        together=replace(calm, alarm=alarm, weights=weights),
        meaning=Meaning(centre=np.zeros(2, np.float32), scale=1.0, model=MODEL),
    )
    return replace(gate, opinion=opinion)


class TestTheSecondOpinion:
    def test_is_asked_with_the_turns_vector(self, danger_gate: DangerGate) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.SELF_HARM)
        words = "窗台上的花谢了"
        assert gate.rules.check(words) == SafetyFinding()
        assert gate.check(words, vector=np.asarray([1, 0], np.float32)) == SafetyFinding(
            kinds=(SafetyKind.SELF_HARM,), urgency=Urgency.S0
        )
        assert gate.check(words, vector=np.asarray([0, 0], np.float32)) == SafetyFinding()

    def test_takes_nothing_from_the_rules(self, danger_gate: DangerGate) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.SELF_HARM)
        assert gate.check("明天开庭", vector=np.asarray([0, 0], np.float32)).kinds == (SafetyKind.DEADLINE,)
        both = gate.check("明天开庭", vector=np.asarray([1, 0], np.float32))
        assert both == SafetyFinding(kinds=(SafetyKind.SELF_HARM, SafetyKind.DEADLINE), urgency=Urgency.S0)

    def test_leaves_detention_its_own_urgency(self, danger_gate: DangerGate) -> None:
        gate = with_opinion(danger_gate, hears=SafetyKind.DETENTION)
        vector = np.asarray([1, 0], np.float32)
        assert gate.check("昨晚的事 他人没了踪影", vector=vector).urgency is Urgency.S1
        assert gate.check("那边三个月没有音讯", vector=vector).urgency is Urgency.S2

    def test_does_without_vectors_of_another_model(self, danger_gate: DangerGate) -> None:
        opinion = with_opinion(danger_gate, hears=SafetyKind.SELF_HARM).opinion
        assert opinion.for_model("package:another").together is None
        assert not opinion.kinds("花谢了", vector=np.ones(3, np.float32))


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
        note = json.loads(danger.FILE.with_name("danger.json").read_text(encoding="utf-8"))
        assert note["command"].startswith("python -m knowledge_base danger train")
        assert set(note["held_out_families"]) == {NONE, *(kind.value for kind in SafetyKind)}

    def test_is_quick_and_always_the_same(self, danger_gate: DangerGate) -> None:
        texts = read_sentences(SENTENCES).texts[::20]
        opinion, folder = danger_gate.opinion, danger_gate.folder
        vector = np.zeros(384, np.float32)
        folded = [folder.fold(text).spaced for text in texts]
        first = [opinion.kinds(text, vector=vector) for text in folded]
        started = time.process_time()
        again = [opinion.kinds(text, vector=vector) for text in folded]
        assert (time.process_time() - started) / len(texts) * 1000 < SLOWEST_MS
        assert first == again


class TestLearning:
    def test_hears_held_out_families_and_is_read_back_as_written(self, said: Utterances, tmp_path: Path) -> None:
        opinion, heard = Lesson(said, vectors=vectors_of(said), model=MODEL).learn(alarms=0.1)
        assert all(one.learned == one.sentences for one in heard if one.kind != NONE)
        assert next(one.learned for one in heard if one.kind == NONE) <= 4
        assert len(list(table(heard))) == len(SafetyKind) + 3
        save(opinion, tmp_path / "danger.npz")
        read = Opinion.load(tmp_path / "danger.npz")
        for text in ("浓烟 又来", "社保断缴"):
            assert read.kinds(text) == opinion.kinds(text)

    def test_does_without_vectors(self, said: Utterances, tmp_path: Path) -> None:
        opinion, _ = Lesson(said, vectors=None, model=MODEL).learn()
        assert opinion.together is None
        save(opinion, tmp_path / "danger.npz")
        assert Opinion.load(tmp_path / "danger.npz").meaning is None

    def test_refuses_sentences_of_no_kind(self, tmp_path: Path) -> None:
        (tmp_path / "a.yml").write_text("boredom:\n  one: |\n    无聊\n", encoding="utf-8")
        with pytest.raises(UtterancesInvalid, match="boredom"):
            read_sentences(tmp_path)

    def test_refuses_too_little(self, tmp_path: Path) -> None:
        (tmp_path / "a.yml").write_text("none:\n  one: |\n    你好\n", encoding="utf-8")
        with pytest.raises(UtterancesInvalid, match="no sentences"):
            read_sentences(tmp_path)


class TestADamagedFile:
    @pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 broken"])
    def test_is_named(self, tmp_path: Path, content: bytes | None) -> None:
        file = tmp_path / "danger.npz"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(DangerUnreadable, match="danger train"):
            Opinion.load(file)


class TestTheSentences:
    def test_are_many_of_every_kind_and_written_once(self) -> None:
        said = read_sentences(SENTENCES)
        for kind in SafetyKind:
            assert said.codes.count(kind.value) >= 250, kind
        assert said.codes.count(NONE) >= 1500
        assert len(set(said.texts)) == len(said.texts)
