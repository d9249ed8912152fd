"""Learns, at build, how near is near enough: for the model at hand, from our own questions.

Cosines of one model mean nothing for another (unrelated texts sit at 0.85 with e5), so no threshold is written down.
Each way of asking a card is held against the card's other ways (that is a match) and against all other cards (that is
not); questions about the weather are held against the cards too, and tell what lies outside the law altogether.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from knowledge_base.cards import Card
from knowledge_base.embedding import Matrix, Vector
from knowledge_base.text import bigrams

_REGULARISATION: Final = 10.0
_TOPIC_REGULARISATION: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Weights of three small logistic regressions; `topic` is empty where there was no model."""

    match: tuple[float, float, float]
    match_by_words: tuple[float, float]
    topic: tuple[float, ...] = ()
    topic_bias: float = 0.0

    def match_probability(self, *, cosine: float | None, cover: float) -> float:
        """Return how probable it is that a card answers the question."""
        if cosine is None:
            weight, bias = self.match_by_words
            return _sigmoid(weight * cover + bias)
        near, words, bias = self.match
        return _sigmoid(near * cosine + words * cover + bias)

    def legal_probability(self, vector: Vector | None) -> float | None:
        """Return how probable it is that a question is for this service at all; None without a model."""
        if vector is None or not self.topic:
            return None
        return _sigmoid(float(np.dot(np.asarray(self.topic, np.float32), vector)) + self.topic_bias)

    def to_json(self) -> dict[str, Any]:
        """Return what the manifest keeps."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Calibration":
        """Read it back."""
        near, words, bias = data["match"]
        weight, word_bias = data["match_by_words"]
        return cls(
            match=(near, words, bias),
            match_by_words=(weight, word_bias),
            topic=tuple(data["topic"]),
            topic_bias=data["topic_bias"],
        )


def cover(question: str, ways: Sequence[str]) -> float:
    """Return which share of a question's words the most similar way of asking has."""
    asked = bigrams(question)
    if not asked:
        return 0.0
    return max((len(asked & bigrams(way)) / len(asked) for way in ways), default=0.0)


def calibrate(
    cards: Sequence[Card], off_topic: Sequence[str], *, card_vectors: Matrix | None, off_vectors: Matrix | None
) -> Calibration:
    """Fit the regressions. `card_vectors` has a row for each question of each card, in order."""
    owners = np.asarray([i for i, card in enumerate(cards) for _ in card.questions])
    questions = [question for card in cards for question in card.questions]
    near = card_vectors @ card_vectors.T if card_vectors is not None else None
    far = off_vectors @ card_vectors.T if off_vectors is not None and card_vectors is not None else None
    samples = [*_within(cards, questions, owners, near), *_outside(cards, off_topic, owners, far)]
    features = np.asarray([[cosine, share] for cosine, share, _ in samples])
    labels = np.asarray([label for _, _, label in samples])
    by_words, word_bias = _fit(features[:, 1:], labels, _REGULARISATION)
    match = (0.0, by_words[0], word_bias)
    topic, topic_bias = np.zeros(0), 0.0
    if card_vectors is not None and off_vectors is not None:
        weights, bias = _fit(features, labels, _REGULARISATION)
        match = (weights[0], weights[1], bias)
        both = np.concatenate([card_vectors, off_vectors])
        inside = np.concatenate([np.ones(len(card_vectors)), np.zeros(len(off_vectors))])
        topic, topic_bias = _fit(both, inside, _TOPIC_REGULARISATION)
    return Calibration(
        match=match,
        match_by_words=(by_words[0], word_bias),
        topic=tuple(float(w) for w in topic),
        topic_bias=topic_bias,
    )


def _within(
    cards: Sequence[Card], questions: Sequence[str], owners: NDArray[Any], near: Matrix | None
) -> list[tuple[float, float, int]]:
    """Hold each question against its own card without itself, and against the nearest other card."""
    samples = []
    for i, question in enumerate(questions):
        others = [q for j, q in enumerate(questions) if owners[j] == owners[i] and j != i]
        if others:
            same = [j for j in range(len(questions)) if owners[j] == owners[i] and j != i]
            cosine = float(near[i, same].max()) if near is not None else 0.0
            samples.append((cosine, cover(question, others), 1))
        strangers = np.flatnonzero(owners != owners[i])
        if len(strangers) and (rival := _nearest(question, cards, owners, strangers, near[i] if near is not None else None)):
            samples.append((*rival, 0))
    return samples


def _outside(
    cards: Sequence[Card], off_topic: Sequence[str], owners: NDArray[Any], far: Matrix | None
) -> list[tuple[float, float, int]]:
    everyone = np.arange(len(owners))
    rivals = (
        _nearest(text, cards, owners, everyone, far[i] if far is not None else None) for i, text in enumerate(off_topic)
    )
    return [(*rival, 0) for rival in rivals if rival]


def _nearest(
    question: str, cards: Sequence[Card], owners: NDArray[Any], among: NDArray[Any], near: Vector | None
) -> tuple[float, float] | None:
    if near is not None:
        best = among[int(np.argmax(near[among]))]
        return float(near[best]), cover(question, cards[owners[best]].questions)
    shares = [cover(question, cards[owner].questions) for owner in np.unique(owners[among])]
    return (0.0, max(shares)) if shares else None


def _fit(features: NDArray[Any], labels: NDArray[Any], strength: float) -> tuple[list[float], float]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only a build needs it

    model = LogisticRegression(C=strength, class_weight="balanced", max_iter=2000)
    model.fit(features, labels)
    return [float(w) for w in model.coef_[0]], float(model.intercept_[0])


def _sigmoid(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-value)) if value > -700 else 0.0  # noqa: PLR2004 - exp overflows beyond
