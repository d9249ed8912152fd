"""Weighs what words, meaning and earlier questions say of a clause, with weights learned from answered questions.

Every source of evidence scores the candidates on a scale of its own; a few small networks of one hidden layer, fitted
with a loss over whole result lists (Cao et al. 2007: ListNet), turn the scores into one order. `training.py` fits them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge_base.adapter import FOLDER
from knowledge_base.arrays import read_arrays
from knowledge_base.types import KnowledgeUnavailable

Floats = NDArray[np.float32]

DEEPEST: Final = 400
"""Ranks beyond this one count as this one."""
WORDS_TAKEN: Final = 100
MEANING_TAKEN: Final = 120
ASKED_TAKEN: Final = 60
ASKED_ROWS: Final = 150
MEMORY_ROWS: Final = 100
_SPREAD: Final = 0.02
_TEN: Final = 10.0
_FILE: Final = "fusion.npz"
_CLEARLY: Final = (0.8, 0.85)
"""From which cosine on an earlier question is much like this one."""


class FusionUnreadable(KnowledgeUnavailable):
    """The learned weights are damaged or were made for other features."""

    code = "fusion_unreadable"


@dataclass(frozen=True, slots=True)
class Source:
    """One source's word on the candidates: its scores, its best score over everything, and ranks from nought."""

    scores: Floats
    best: float
    ranks: NDArray[np.int64]

    @property
    def reciprocal(self) -> Floats:
        """Return 1 / (10 + rank)."""
        return (1.0 / (_TEN + self.ranks)).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of the candidates. `memory` holds cosines to questions whose answer is known, else nought."""

    words: Source
    meaning: Source
    asked: Source
    memory: Floats
    law_prior: Floats
    article_prior: Floats

    def features(self) -> Floats:
        """Return one row for each candidate."""
        best = float(self.memory.max(initial=0.0))
        known = self.memory > 0
        columns = [
            self.words.scores / max(self.words.best, 1e-6),
            self.words.scores / _TEN,
            self.words.reciprocal,
            *(
                column
                for source in (self.meaning, self.asked)
                for column in ((source.scores - source.best) / _SPREAD, source.scores, source.reciprocal)
            ),
            self.law_prior,
            self.article_prior,
            self.memory,
            np.where(known, self.memory - best, -1.0),
            np.full(len(self.memory), best),
            *(np.maximum(self.memory - near, 0.0) / (1 - near) for near in _CLEARLY),
        ]
        return np.stack(columns, axis=1).astype(np.float32)


FEATURES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One hidden layer with ReLU."""

    hidden: Floats
    hidden_bias: Floats
    out: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """The learned weights: scale of each feature, and the networks whose scores are added up."""

    mean: Floats
    spread: Floats
    networks: Sequence[Network]

    def scores(self, features: Floats) -> NDArray[np.float64]:
        """Return one score a candidate; they compare only within one question."""
        scaled = (features - self.mean) / self.spread
        total = sum(np.maximum(scaled @ n.hidden + n.hidden_bias, 0) @ n.out for n in self.networks)
        return np.asarray(total, np.float64)

    def save(self, folder: Path = FOLDER) -> None:
        """Write the weights."""
        np.savez(
            folder / _FILE,
            mean=self.mean,
            spread=self.spread,
            hidden=np.stack([n.hidden for n in self.networks]),
            hidden_bias=np.stack([n.hidden_bias for n in self.networks]),
            out=np.stack([n.out for n in self.networks]),
        )

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Fusion | None":
        """Read the weights; None where nothing was learned yet. Raises FusionUnreadable."""
        file = folder / _FILE
        if not file.is_file():
            return None
        try:
            read = read_arrays(file)
            layers = zip(read["hidden"], read["hidden_bias"], read["out"], strict=True)
            networks = tuple(Network(hidden=h, hidden_bias=b, out=o) for h, b, o in layers)
            fusion = cls(mean=read["mean"], spread=read["spread"], networks=networks)
        except (OSError, ValueError, KeyError) as error:
            msg = f"{file.name} cannot be read ({error}); train again"
            raise FusionUnreadable(msg) from error
        if fusion.mean.shape != (FEATURES,) or any(n.hidden.shape[0] != FEATURES for n in networks):
            msg = f"{file.name} was learned for other features; train again"
            raise FusionUnreadable(msg)
        return fusion


def ranked(scores: Floats, count: int) -> NDArray[np.int64]:
    """Return the positions of the best scores above nought, best first; the earlier entry wins a tie."""
    count = min(count, len(scores))
    if not count:
        return np.zeros(0, np.int64)
    least = np.partition(scores, -count)[-count]
    top = np.flatnonzero((scores >= least) & (scores > 0))
    return top[np.argsort(-scores[top], kind="stable")][:count]


def source(order: NDArray[np.integer], scores: Floats, candidates: NDArray[np.integer]) -> Source:
    """Describe candidates by a source's best entries in order and the scores of the candidates themselves."""
    ranks = np.full(len(candidates), DEEPEST, np.int64)
    at = np.searchsorted(candidates, order[:DEEPEST])
    at = np.minimum(at, len(candidates) - 1)
    found = candidates[at] == order[:DEEPEST] if len(candidates) else np.zeros(0, bool)
    ranks[at[found]] = np.flatnonzero(found)
    return Source(scores, float(scores.max(initial=0.0)), ranks)
