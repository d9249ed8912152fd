"""Which way of telling matters is best: every system asked of the same families, held out whole, and what a message costs.

A cost is CPU time on top of the turn's one shared embedding. DIET knows no embedding of ours; its cost is the time Rasa
takes over a message, features included, by the clock.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np

from knowledge_base.triage import Classifier, Floats
from knowledge_base.triage_scores import MIXED, Score, blended, opinions, score, table, tempered
from knowledge_base.triage_training import HeldOut, Utterances
from tests.evaluation.diet import Answers, DietUnavailable

AIM_MS: Final = 5.0
_TIMED: Final = 400
_LEAST: Final = 1e-7
"""A confidence of nought has no logarithm."""
_LEVELS: Final = (0.0, 0.3, 0.5, 0.7, 0.9)


class Answering(Protocol):
    """The part of Diet that is compared."""

    def answers(self, said: Utterances, held_out: HeldOut) -> Answers:
        """Answer for every utterance. Raises DietUnavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One way of telling matters: log probabilities of every held-out utterance, milliseconds for some of them."""

    logits: Floats
    ms: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All systems over the same held-out families; `missing` says why one could not be asked."""

    held_out: HeldOut
    systems: Mapping[str, System]
    sure: Mapping[str, Floats]
    missing: Mapping[str, str]
    whole_ms: Floats
    """What all of triage takes for a message: its matters, and what else is read off it."""

    @property
    def scores(self) -> tuple[Score, ...]:
        """Return one row a system."""
        return tuple(score(name, sure, self.held_out) for name, sure in self.sure.items())

    @property
    def best(self) -> str:
        """Return the best by macro-F1 of those that are quick enough."""
        quick = [one for one in self.scores if np.median(self.systems[one.system].ms) < AIM_MS]
        return max(quick, key=lambda one: one.macro_f1).system if quick else "none"

    @property
    def served(self) -> str:
        """Return what answers in service here: without an embedding, the characters."""
        return MIXED if MIXED in self.systems else "characters"


def compare(
    said: Utterances, held_out: HeldOut, *, vectors: Floats | None, classifier: Classifier, diet: Answering
) -> Comparison:
    """Ask every system."""
    rows = range(0, len(said.texts), max(1, len(said.texts) // _TIMED))
    systems, whole = _ours(said, held_out, vectors, classifier, rows)
    missing: dict[str, str] = {}
    try:
        answers = diet.answers(said, held_out)
    except DietUnavailable as reason:
        missing["DIET"] = str(reason)
    else:
        systems["DIET"] = System(logits=np.log(np.maximum(answers.sure, _LEAST)), ms=answers.ms[rows])
    for pair in (("characters", "DIET"), (MIXED, "DIET")):
        if set(pair) <= set(systems):
            one, other = (systems[name] for name in pair)
            logits = blended(one.logits, other.logits, held_out)
            systems[" + ".join(pair)] = System(logits=logits, ms=one.ms + other.ms)
    return Comparison(
        held_out=held_out,
        systems=systems,
        sure={name: tempered(system.logits, held_out) for name, system in systems.items()},
        missing=missing,
        whole_ms=whole,
    )


def _ours(
    said: Utterances, held_out: HeldOut, vectors: Floats | None, classifier: Classifier, rows: Sequence[int]
) -> tuple[dict[str, System], Floats]:
    fold, texts = classifier.folder.fold, said.texts
    asking: dict[str, Callable[[int], object]] = {
        "characters": lambda row: classifier.probabilities(fold(texts[row]).spaced)
    }
    if vectors is not None:
        both = replace(classifier, calibration=replace(classifier.calibration, near=0.0))
        asking |= {
            "embedding": lambda row: classifier.by_meaning(fold(texts[row]).spaced, vectors[row]),
            "nearest neighbours": lambda row: classifier.neighbours.votes(vectors[row]),
            "characters + embedding": lambda row: both.probabilities(fold(texts[row]).spaced, vector=vectors[row]),
            MIXED: lambda row: classifier.probabilities(fold(texts[row]).spaced, vector=vectors[row]),
        }
    systems = {
        name: System(logits=logits, ms=_timed(rows, asking[name])) for name, logits in opinions(held_out).items()
    }
    whole = _timed(rows, lambda row: classifier.classify(texts[row], vector=None if vectors is None else vectors[row]))
    return systems, whole


def _timed(rows: Sequence[int], ask: Callable[[int], object]) -> Floats:
    """Return the milliseconds of CPU of each call: what else the machine does meanwhile is no cost of ours."""
    spent = []
    for row in rows:
        began = time.process_time()
        ask(row)
        spent.append((time.process_time() - began) * 1000)
    return np.asarray(spent, np.float32)


def lines(found: Comparison) -> Iterator[str]:
    """Yield the table, what was chosen by it, and what keeping silent is worth."""
    held_out, scores = found.held_out, found.scores
    yield f"{len(held_out.truth)} utterances, {len(held_out.classes)} classes, families held out over {len(np.unique(held_out.folds))} folds"
    head, *rows = table(scores)
    yield f"{head:<70}{'ms a message':>16}{'p95':>8}"
    for row, one in zip(rows, scores, strict=True):
        yield f"{row:<70}{_ms(found.systems[one.system].ms)}"
    for name, reason in found.missing.items():
        yield f"{name}: not measured: {reason}"
    yield f"best macro-F1 under {AIM_MS:.0f} ms a message: {found.best}; in service: {found.served}"
    yield f"{'all of triage, particulars and role included':<70}{_ms(found.whole_ms)}"
    sure = found.sure[found.served]
    for level in _LEVELS:
        yield abstaining(sure, held_out, level=level)


def abstaining(sure: Floats, held_out: HeldOut, *, level: float) -> str:
    """Say how many are answered, and how many of those rightly, where nothing is said below a confidence."""
    spoken = sure.max(axis=1) >= level
    right = (sure.argmax(axis=1) == held_out.truth)[spoken]
    share = f"{right.mean():.1%} of those right" if spoken.any() else "none"
    return f"silent below {level:.1f}: {spoken.mean():6.1%} answered, {share}"


def _ms(spent: Floats) -> str:
    return f"{np.median(spent):>16.2f}{np.percentile(spent, 95):>8.2f}"
