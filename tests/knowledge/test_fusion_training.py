"""The weights of the fusion learn which evidence tells, and the same again from the same questions."""

import numpy as np
import pytest

from knowledge_base.fusion import FEATURES, Fusion
from knowledge_base.fusion_training import Case, fit

pytestmark = [pytest.mark.unit, pytest.mark.usefixtures("one_thread")]

TELLING = 11
"""The column in which the right answer shows."""


def cases(count: int, *, seed: int) -> list[Case]:
    """Return questions whose right answer shows in one column; all the others are chance."""
    dice = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        size = int(dice.integers(4, 9))
        right = np.arange(size) == dice.integers(size)
        features = dice.normal(size=(size, FEATURES)).astype(np.float32)
        features[right, TELLING] += 4.0
        made.append(Case(entries=np.arange(size), features=features, right=right))
    return made


def first(fusion: Fusion, case: Case) -> bool:
    return bool(case.right[np.argmax(fusion.scores(case.features))])


class TestLearning:
    def test_finds_the_column_that_tells(self) -> None:
        fusion = fit(cases(120, seed=1))
        assert np.mean([first(fusion, case) for case in cases(200, seed=2)]) > 0.9

    def test_gives_the_same_again(self) -> None:
        once, again = (fit(cases(40, seed=3)) for _ in range(2))
        rows = cases(1, seed=4)[0].features
        assert once.scores(rows).tolist() == again.scores(rows).tolist()

    def test_passes_over_questions_of_which_no_answer_is_a_candidate(self) -> None:
        usable = cases(40, seed=5)
        hopeless = [
            Case(entries=case.entries, features=case.features + 100, right=np.zeros(len(case.entries), bool))
            for case in cases(40, seed=6)
        ]
        rows = usable[0].features
        assert fit([*usable, *hopeless]).scores(rows).tolist() == fit(usable).scores(rows).tolist()

    def test_bears_a_column_that_never_changes(self) -> None:
        same = [
            Case(entries=case.entries, features=np.where(np.arange(FEATURES) == 0, 1, case.features), right=case.right)
            for case in cases(40, seed=7)
        ]
        assert np.isfinite(fit(same).scores(same[0].features)).all()
