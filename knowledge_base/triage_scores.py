"""Say how well triage does on families it has not seen: the same figures for every system that is compared."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge_base.triage import Floats, blend, expected_calibration_error, softmax
from knowledge_base.triage_training import Bools, HeldOut, accuracy, temperature_of

MIXED: Final = "mixed"
"""The system in service: characters, embedding and neighbours."""
_SHARES: Final = tuple(step / 10 for step in range(1, 10))


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one system did on families it had not seen."""

    system: str
    accuracy: float
    macro_f1: float
    first_level: float
    calibration_error: float


def scores(held_out: HeldOut) -> tuple[Score, ...]:
    """Score what is trained here: each opinion alone, and mixed as in service."""
    return tuple(score(name, tempered(logits, held_out), held_out) for name, logits in opinions(held_out).items())


def opinions(held_out: HeldOut) -> Mapping[str, Floats]:
    """Return each opinion alone and their mixtures, by name: log probabilities."""
    alone = {"characters": held_out.characters}
    if held_out.meaning is None or held_out.neighbours is None:
        return alone
    both = blended(held_out.characters, held_out.meaning, held_out)
    return alone | {
        "embedding": held_out.meaning,
        "nearest neighbours": held_out.neighbours,
        "characters + embedding": both,
        MIXED: blended(both, held_out.neighbours, held_out),
    }


def blended(one: Floats, other: Floats, held_out: HeldOut) -> Floats:
    """Mix two systems; the share of the other is chosen for every fold by the other folds."""
    both = np.empty_like(one)
    for fold in np.unique(held_out.folds):
        own = held_out.folds == fold

        def right(share: float, known: Bools = ~own) -> float:
            return accuracy(blend(one[known], other[known], share=share), held_out.truth[known])

        both[own] = blend(one[own], other[own], share=max(_SHARES, key=right))
    return both


def tempered(logits: Floats, held_out: HeldOut) -> Floats:
    """Return probabilities; each fold is tempered by the other folds, never by itself."""
    sure = np.zeros_like(logits)
    for fold in np.unique(held_out.folds):
        own = held_out.folds == fold
        sure[own] = softmax(logits[own] / temperature_of(logits[~own], held_out.truth[~own]))
    return sure


def score(system: str, sure: Floats, held_out: HeldOut) -> Score:
    """Score one system by the probabilities it gave."""
    guess, truth = sure.argmax(axis=1), held_out.truth
    right = guess == truth
    roots = np.asarray([code.split(".")[0] for code in held_out.classes])
    return Score(
        system=system,
        accuracy=float(right.mean()),
        macro_f1=_macro_f1(guess, truth),
        first_level=float((roots[guess] == roots[truth]).mean()),
        calibration_error=expected_calibration_error(sure.max(axis=1).tolist(), right.tolist()),
    )


def _macro_f1(guess: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    def one(label: int) -> float:
        both = int(((guess == label) & (truth == label)).sum())
        return 2 * both / (int((guess == label).sum()) + int((truth == label).sum()))

    return float(np.mean([one(int(label)) for label in np.unique(truth)]))


def table(rows: Sequence[Score]) -> Iterator[str]:
    """Yield the lines of a table that a terminal or a report can show."""
    yield f"{'system':<28}{'accuracy':>10}{'macro-F1':>10}{'1st level':>11}{'ECE':>8}"
    for one in rows:
        yield (
            f"{one.system:<28}{one.accuracy:>10.3f}{one.macro_f1:>10.3f}"
            f"{one.first_level:>11.3f}{one.calibration_error:>8.3f}"
        )
