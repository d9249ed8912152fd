"""Say how well triage does on families it has not seen: the same figures for every system that is compared."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from knowledge_base.triage import Floats, expected_calibration_error, softmax
from knowledge_base.triage_training import HeldOut, calibrate, temperature_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one system did on families it had not seen."""

    system: str
    accuracy: float
    macro_f1: float
    first_level: float
    calibration_error: float


def scores(held_out: HeldOut) -> tuple[Score, ...]:
    """Score what is trained here: each model alone, and both mixed as in service."""
    systems = {"characters": held_out.characters}
    if held_out.meaning is not None:
        systems |= {"embedding": held_out.meaning, "mixed": held_out.mixed(calibrate(held_out).mix)}
    return tuple(score(name, tempered(logits, held_out), held_out) for name, logits in systems.items())


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
