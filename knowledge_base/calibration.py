"""Learns, at build, how near is near enough: for the model at hand, from our own questions.

Cosines of one model mean nothing for another (unrelated texts sit at 0.88 with e5), so no cosine is written down.
Questions that are none of this service's business are held against the cards and against the clauses; how near they
come by accident is the scale on which a real question is measured.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from knowledge_base.embedding import Matrix, Vector
from knowledge_base.text import bigrams

_TOPIC_REGULARISATION: Final = 30.0
_LEAST_SPREAD: Final = 0.005
_STEEPNESS: Final = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Accident:
    """How near unrelated questions come: mean and spread of their best cosines."""

    mean: float = 1.0
    spread: float = 1.0

    def deviations(self, cosine: float) -> float:
        """Return how many spreads above accident a cosine lies."""
        return (cosine - self.mean) / self.spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The two scales, and a logistic regression of «is this for us at all»; empty where there was no model."""

    cards: Accident = Accident()
    clauses: Accident = Accident()
    topic: tuple[float, ...] = ()
    topic_bias: float = 0.0

    def legal_probability(self, vector: Vector | None) -> float | None:
        """Return how probable it is that a question is for this service; None without a model."""
        if vector is None or not self.topic:
            return None
        return sigmoid(float(np.dot(np.asarray(self.topic, np.float32), vector)) + self.topic_bias)

    def to_json(self) -> dict[str, Any]:
        """Return what the manifest keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Calibration":
        """Read it back."""
        return cls(
            cards=Accident(**data["cards"]),
            clauses=Accident(**data["clauses"]),
            topic=tuple(data["topic"]),
            topic_bias=data["topic_bias"],
        )


def calibrate(*, cards: Matrix | None, clauses: Matrix | None, off_topic: Matrix | None) -> Calibration:
    """Measure the scales and fit the regression; vectors of all our ways of asking, all clauses, all strangers."""
    if cards is None or off_topic is None or not len(off_topic) or not len(cards):
        return Calibration()
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only a build needs it

    model = LogisticRegression(C=_TOPIC_REGULARISATION, class_weight="balanced", max_iter=2000)
    model.fit(np.concatenate([cards, off_topic]), [*([1] * len(cards)), *([0] * len(off_topic))])
    return Calibration(
        cards=_accident(off_topic, cards),
        clauses=_accident(off_topic, clauses) if clauses is not None and len(clauses) else Accident(),
        topic=tuple(float(weight) for weight in model.coef_[0]),
        topic_bias=float(model.intercept_[0]),
    )


def _accident(strangers: Matrix, known: Matrix) -> Accident:
    best = (strangers @ known.T).max(axis=1)
    return Accident(mean=float(best.mean()), spread=max(float(best.std()), _LEAST_SPREAD))


def likeness(question: str, ways: Sequence[str]) -> float:
    """Return how much a question shares in words with the most similar way of asking, from 0 to 1."""
    return shared(bigrams(question), [bigrams(way) for way in ways])


def shared(asked: frozenset[str], ways: Iterable[frozenset[str]]) -> float:
    """Return the same of questions already cut into pairs of characters."""
    shares = (2 * len(asked & way) / max(len(asked) + len(way), 1) for way in ways)
    return max(shares, default=0.0)


def sigmoid(value: float) -> float:
    """Map any number to (0, 1)."""
    return 0.5 * (1.0 + math.tanh(0.5 * _STEEPNESS * value))
