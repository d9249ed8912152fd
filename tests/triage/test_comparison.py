"""The comparison of systems is honest: strangers only, nobody judges itself, and what could not be asked is said."""

import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from knowledge_base.taxonomy import Taxonomy
from knowledge_base.triage import Classifier, Floats
from knowledge_base.triage_scores import blended
from knowledge_base.triage_training import HeldOut, Utterances, cross_validate, read_utterances, read_words, train
from tests.evaluation import acts
from tests.evaluation.confusion import Confusion
from tests.evaluation.diet import Answers, Diet, DietUnavailable
from tests.evaluation.systems import Comparison, System, abstaining, compare, lines
from tests.triage.toys import small, toy_vectors

pytestmark = pytest.mark.unit

RASA = """#!{python}
import json, pathlib, sys, yaml
if sys.argv[1] == "train":
    pathlib.Path("diet.tar.gz").write_text(pathlib.Path("said.yml").read_text(encoding="utf-8"), encoding="utf-8")
else:
    known = yaml.safe_load(pathlib.Path(sys.argv[4]).read_text(encoding="utf-8"))["nlu"]
    print("NLU model loaded.")
    for line in sys.stdin:
        ranking = [{{"name": one["intent"], "confidence": 0.9 if line.strip() in one["examples"] else 0.1}} for one in known]
        print("Next message:")
        print(json.dumps({{"text": line.strip(), "intent_ranking": ranking}}, indent=2, ensure_ascii=False), flush=True)
"""
"""Rasa as far as it is spoken to: it knows a sentence again that it was taught, and no other."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A DIET that has answered already, or never will."""

    found: Answers | DietUnavailable

    def answers(self, _said: Utterances, _held_out: HeldOut) -> Answers:
        if isinstance(self.found, DietUnavailable):
            raise self.found
        return self.found


@pytest.fixture
def install(tmp_path: Path) -> Callable[[str], Diet]:
    """Return how to put a program in Rasa's place."""

    def write(program: str) -> Diet:
        rasa = tmp_path / ".venv-rasa" / "bin" / "rasa"
        rasa.parent.mkdir(parents=True, exist_ok=True)
        rasa.write_text(program, encoding="utf-8")
        rasa.chmod(rasa.stat().st_mode | stat.S_IXUSR)
        return Diet(root=tmp_path, keep=tmp_path / "kept", say=lambda _: None)

    return write


def two_matters() -> tuple[Utterances, HeldOut]:
    said = Utterances(
        texts=("拖欠工资", "不发工钱", "要离婚", "过不下去"),
        codes=("labour.wages", "labour.wages", "family.divorce", "family.divorce"),
        families=("w/1", "w/2", "d/1", "d/2"),
    )
    return said, held(truth=[1, 1, 0, 0], folds=[0, 1, 0, 1])


def held(*, truth: list[int], folds: list[int], characters: Floats | None = None) -> HeldOut:
    return HeldOut(
        classes=("family.divorce", "labour.wages"),
        truth=np.asarray(truth),
        folds=np.asarray(folds),
        characters=np.zeros((len(truth), 2), np.float32) if characters is None else characters,
        meaning=None,
        neighbours=None,
    )


class TestDiet:
    def test_is_never_asked_of_a_family_it_was_taught(self, install: Callable[[str], Diet]) -> None:
        said, held_out = two_matters()
        found = install(RASA.format(python=sys.executable)).answers(said, held_out)
        assert found.sure == pytest.approx(np.full((4, 2), 0.1))
        assert (found.ms > 0).all()

    def test_gives_its_own_confidence_to_every_class(self, install: Callable[[str], Diet]) -> None:
        diet = install(RASA.format(python=sys.executable))
        lesson = "nlu:\n- {intent: none, examples: 你好}\n- {intent: debt, examples: 借条}\n"
        found = diet.taught(lesson, ["借条", "你好"], ("debt", "none"))
        assert found.sure == pytest.approx(np.asarray([[0.9, 0.1], [0.1, 0.9]]))

    def test_is_not_trained_a_second_time(self, install: Callable[[str], Diet], tmp_path: Path) -> None:
        said, held_out = two_matters()
        diet = install(RASA.format(python=sys.executable))
        first = diet.answers(said, held_out)
        (tmp_path / ".venv-rasa" / "bin" / "rasa").unlink()
        assert np.array_equal(diet.answers(said, held_out).sure, first.sure)
        assert sorted(file.suffix for file in diet.keep.iterdir()) == [".npz", ".npz"]

    def test_is_trained_anew_on_other_utterances_or_settings(
        self, install: Callable[[str], Diet], tmp_path: Path
    ) -> None:
        said, held_out = two_matters()
        diet = install(RASA.format(python=sys.executable))
        diet.answers(said, held_out)
        (tmp_path / ".venv-rasa" / "bin" / "rasa").unlink()
        other = tmp_path / "other.yml"
        other.write_text("epochs: 1\n", encoding="utf-8")
        with pytest.raises(DietUnavailable):
            replace(diet, config=other).answers(said, held_out)
        with pytest.raises(DietUnavailable):
            diet.answers(replace(said, texts=("欠薪", *said.texts[1:])), held_out)

    def test_says_what_is_missing(self, tmp_path: Path) -> None:
        with pytest.raises(DietUnavailable, match="make setup"):
            Diet(root=tmp_path, keep=tmp_path, say=lambda _: None).answers(*two_matters())

    @pytest.mark.parametrize("step", ["train", "shell"])
    def test_says_which_command_failed_and_how(self, install: Callable[[str], Diet], step: str) -> None:
        program = f'#!/bin/sh\nif [ "$1" = {step} ]; then echo no memory >&2; exit 3; fi\ntouch diet.tar.gz\n'
        with pytest.raises(DietUnavailable, match=f"rasa {step} nlu failed: no memory"):
            install(program).answers(*two_matters())


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Fixed], Comparison]:
    taxonomy, home = Taxonomy.load(), tmp_path_factory.mktemp("comparing")
    folder = small(home, taxonomy)
    said, words = read_utterances(folder, taxonomy), read_words(folder)
    vectors = toy_vectors(list(said.texts))
    train(folder, taxonomy, toy_vectors, home / "m.npz")
    held_out, classifier = cross_validate(said, words, vectors), Classifier.load(home / "m.npz", taxonomy)
    return lambda diet: compare(said, held_out, vectors=vectors, classifier=classifier, diet=diet)


class TestComparing:
    def test_gives_every_system_and_mixture_a_row(self, asked: Callable[[Fixed], Comparison]) -> None:
        said = asked(Fixed(DietUnavailable("none"))).held_out
        sure = np.eye(len(said.classes), dtype=np.float32)[said.truth]
        found = asked(Fixed(Answers(sure=sure, ms=np.full(len(sure), 7.0, np.float32))))
        assert list(found.systems) == [
            "characters",
            "embedding",
            "nearest neighbours",
            "characters + embedding",
            "mixed",
            "DIET",
            "characters + DIET",
            "mixed + DIET",
        ]
        by_name = {one.system: one for one in found.scores}
        assert by_name["DIET"].macro_f1 == pytest.approx(1)
        assert (found.systems["mixed + DIET"].ms > 7).all()
        shown = "\n".join(lines(found))
        assert all(name in shown for name in found.systems)
        assert "not measured" not in shown

    def test_says_why_a_row_is_missing(self, asked: Callable[[Fixed], Comparison]) -> None:
        found = asked(Fixed(DietUnavailable("no such environment")))
        assert "DIET: not measured: no such environment" in lines(found)
        assert not any("DIET" in name for name in found.systems)

    def test_chooses_among_the_quick_alone(self, asked: Callable[[Fixed], Comparison]) -> None:
        found = asked(Fixed(DietUnavailable("none")))
        slow = {
            name: System(logits=one.logits, ms=one.ms + 6) for name, one in found.systems.items() if name != "mixed"
        }
        assert replace(found, systems={**found.systems, **slow}).best == "mixed"


class TestBlending:
    def test_asks_the_other_folds_how_much_to_take_of_each(self) -> None:
        right = np.asarray([[0, -9], [-9, 0]] * 2, np.float32)
        wrong = right[:, ::-1].copy()
        held_out = held(truth=[0, 1, 0, 1], folds=[0, 0, 1, 1])
        one = np.vstack([right[:2], wrong[2:]])
        # Each system is right in one fold alone, and is therefore trusted in the other.
        both = blended(one, -one, held_out)
        assert (both.argmax(axis=1) != held_out.truth).all()
        assert (blended(right, wrong, held_out).argmax(axis=1) == held_out.truth).all()


class TestAbstaining:
    def test_counts_what_is_answered_and_what_of_it_is_right(self) -> None:
        sure = np.asarray([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8]], np.float32)
        held_out = held(truth=[0, 1, 1], folds=[0, 0, 0])
        assert "100.0% answered, 66.7% of those right" in abstaining(sure, held_out, level=0.0)
        assert "66.7% answered, 100.0% of those right" in abstaining(sure, held_out, level=0.7)
        assert "0.0% answered, none" in abstaining(sure, held_out, level=0.95)


class TestConfusion:
    @pytest.fixture
    def drawn(self) -> Confusion:
        classes = ("consumer", "contract", "labour.wages", "none")
        truth, guess = np.asarray([0, 0, 1, 2, 2, 3]), np.asarray([0, 1, 1, 2, 2, 2])
        return Confusion.of_matters(classes, truth, guess, Taxonomy.load())

    def test_keeps_the_order_of_the_taxonomy_with_no_matter_last(self, drawn: Confusion) -> None:
        order = [code for code in Taxonomy.load().topics if code in drawn.codes]
        assert drawn.codes == (*order, "none")
        place = drawn.codes.index
        assert drawn.counts[place("consumer"), place("contract")] == 1
        assert drawn.counts[place("labour.wages"), place("labour.wages")] == 2
        assert drawn.counts.sum() == 6

    def test_names_what_is_most_often_taken_for_what(self, drawn: Confusion) -> None:
        assert set(drawn.pairs()) == {
            "  consumer taken for contract: 1 (50%)",
            "  none taken for labour.wages: 1 (100%)",
        }

    def test_draws_a_cell_for_every_count_that_is_not_nought(self, drawn: Confusion) -> None:
        root = etree.fromstring(drawn.svg("Mine & <yours>").encode())
        named = [title.text for title in root.iter("{http://www.w3.org/2000/svg}title")]
        assert named[0] == "Mine & <yours>"
        assert len(named) - 1 == np.count_nonzero(drawn.counts)
        assert "consumer → contract: 1 (50.0%)" in named
        assert "拖欠劳动报酬 labour.wages" in "".join(root.itertext())


class TestActs:
    def test_are_left_out_with_the_reason_where_there_is_no_model(self, tmp_path: Path) -> None:
        (tmp_path / "config.yml").write_text("pipeline: []\n", encoding="utf-8")
        (line,) = acts.lines(tmp_path, tmp_path / "drawn")
        assert line.startswith("not measured")
        assert not (tmp_path / "drawn").exists()
