"""What is learnt speaks where the evidence is good, keeps silent where it is not, and is read back as it was."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.evidence import FEATURES, WORDS_ONLY, Evidence
from knowledge_base.judge_training import FEWEST, SILENCE, Example, ExamplesTooFew, learn
from knowledge_base.judgement import LEARNED, OWN, Judgement, JudgementUnreadable, load_judge, silent

pytestmark = pytest.mark.unit

MODEL = "fake:model"
CANDIDATES = 5
DIMENSION = 8


def example(seed: int, *, answerable: bool) -> Example:
    """Return a question whose right candidate, if there is one, is asked for in nearly its words."""
    chance = np.random.default_rng(seed)
    rows = chance.normal(size=(CANDIDATES, len(FEATURES)))
    right = np.zeros(CANDIDATES, bool)
    if answerable:
        right[chance.integers(CANDIDATES)] = True
    for name in ("likeness", "asked_near"):
        rows[right, FEATURES.index(name)] += 8.0
    vector = chance.normal(size=DIMENSION).astype(np.float32)
    entries = tuple(int(entry) for entry in chance.permutation(100)[:CANDIDATES])
    evidence = Evidence(entries=entries, rows=rows, ranked=(), vector=vector)
    return Example(
        question=seed,
        evidence=evidence,
        right=right,
        answerable=answerable,
        family="" if answerable else "contact",
        orders=True,
    )


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [example(seed, answerable=seed % 2 == 0) for seed in range(4 * FEWEST)]


@pytest.fixture(scope="module")
def judgement(examples: list[Example]) -> Judgement:
    return learn({"home": examples}, {"home": examples}, model=MODEL)[0]


class TestLearning:
    def test_draws_the_line_where_silence_is_as_wanted(self, examples: list[Example]) -> None:
        _, figures = learn({"home": examples}, {"home": examples}, model=MODEL)
        for one in figures.values():
            assert one.silent >= SILENCE - 1 / one.unanswerable
            assert one.right >= 0.9
            assert one.answerable + one.unanswerable == len(examples)
            assert sum(count for _, count in one.silent_by_family.values()) == one.unanswerable

    def test_answers_new_questions_and_keeps_silent_on_others(self, judgement: Judgement) -> None:
        for judge in (judgement.vectors, judgement.meaning, judgement.words):
            new = [example(seed, answerable=seed % 2 == 0) for seed in range(10_000, 10_100)]
            choices = [judge.choose(one.evidence) for one in new]
            right = [
                choice.answers and bool(one.right[one.evidence.entries.index(choice.entries[0])])
                for one, choice in zip(new, choices, strict=True)
                if one.answerable
            ]
            kept = [not choice.answers for one, choice in zip(new, choices, strict=True) if not one.answerable]
            assert np.mean(right) > 0.85
            assert np.mean(kept) > 0.85

    def test_keeps_silent_enough_in_every_home(self, examples: list[Example]) -> None:
        """A question asked in two homes is judged in either by what was learnt without it."""
        homes = {"texts": examples, "cards": [replace(one, family=one.family and "other") for one in examples]}
        _, figures = learn(homes, homes, model=MODEL)
        assert set(figures) == {f"{kind}, {home}" for kind in ("vectors", "meaning", "words") for home in homes}
        assert all(one.silent >= SILENCE - 1 / one.unanswerable for one in figures.values())

    def test_uses_nothing_of_a_model_where_there_is_none(self, judgement: Judgement) -> None:
        weights = np.asarray(judgement.words.choice.weights)[: len(FEATURES)]
        assert not weights[~WORDS_ONLY].any()
        assert judgement.words.topic == ()

    def test_refuses_to_learn_from_next_to_nothing(self, examples: list[Example]) -> None:
        with pytest.raises(ExamplesTooFew, match=str(FEWEST)):
            learn({"home": examples[: 2 * FEWEST - 2]}, {"home": examples}, model=MODEL)

    def test_learns_the_same_again(self, judgement: Judgement, examples: list[Example]) -> None:
        assert learn({"home": examples}, {"home": examples}, model=MODEL)[0] == judgement


class TestKeeping:
    def test_is_read_back_as_it_was(self, judgement: Judgement, tmp_path: Path) -> None:
        file = tmp_path / "learnt.json"
        file.write_text(judgement.to_json(), "utf-8")
        again, one = Judgement.read(file), example(77, answerable=True)
        assert again.vectors.choose(one.evidence).entries == judgement.vectors.choose(one.evidence).entries
        assert again.model == MODEL

    def test_a_home_with_its_own_model_has_its_own(self, judgement: Judgement, tmp_path: Path) -> None:
        (tmp_path / OWN).write_text(judgement.to_json(), "utf-8")
        assert load_judge(tmp_path, model=MODEL).least == pytest.approx(judgement.vectors.least, abs=1e-4)
        ours = Judgement.read(LEARNED)
        assert load_judge(tmp_path, model="another:model") == ours.meaning
        assert load_judge(tmp_path, model=None) == ours.words
        assert load_judge(tmp_path, model=ours.model) == ours.vectors

    @pytest.mark.parametrize("damage", ['{"features": []}', "{", '{"features": ["card"]}'])
    def test_what_does_not_fit_is_refused(self, tmp_path: Path, damage: str) -> None:
        file = tmp_path / "learnt.json"
        file.write_text(damage, "utf-8")
        with pytest.raises(JudgementUnreadable, match="calibrate"):
            Judgement.read(file)

    def test_before_anything_is_learnt_nothing_is_said(self) -> None:
        assert not silent().choose(example(3, answerable=True).evidence).answers
