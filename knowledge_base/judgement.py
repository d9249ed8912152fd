"""Judges which card or clause answers a question, and whether it really does.

Two logistic regressions over the evidence (evidence.py): one chooses among the candidates, one says how probable it is
that the chosen one answers at all. Below a line drawn on questions that the documents do not answer, nothing is said.
Weights, scales and lines are learnt by `python -m knowledge_base calibrate` and kept with the name of the embedding
model they were learnt for.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from knowledge_base.adapter import FOLDER
from knowledge_base.embedding import Vector
from knowledge_base.evidence import FEATURES, Evidence, Row
from knowledge_base.types import KnowledgeUnavailable

LEARNED: Final = FOLDER / "answering.json"
"""What is learnt for the model that comes with us; a home with another model keeps its own beside its index."""
OWN: Final = "answering.json"
LEADS: Final = 3
"""What is known of the best candidate's lead comes before its row."""
_DECIMALS: Final = 5
_NOBODY: Final = -6.0  # in place of a second candidate where there is none


class JudgementUnreadable(KnowledgeUnavailable):
    """What was learnt for answering is missing or is for other evidence; calibrate again."""

    code = "judgement_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A logistic regression on columns brought to one scale."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float

    def logits(self, rows: Row) -> Row:
        """Return what speaks for each row, as log odds."""
        scaled = (rows - np.asarray(self.means)) / np.asarray(self.spreads)
        logits: Row = scaled @ np.asarray(self.weights) + self.bias
        return logits


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What was learnt for one kind of evidence: with this model's vectors, with another's, or by words alone."""

    topic: tuple[float, ...]
    """How much a question's vector alone looks like one that documents answer; empty without vectors of this model."""
    topic_bias: float
    choice: Line
    answer: Line
    least: float
    """Below this probability nothing is said."""

    def choose(self, evidence: Evidence) -> "Choice":
        """Order the candidates, and judge the best."""
        topic = self.of_topic(evidence.vector)
        logits = self.choice.logits(with_topic(evidence.rows, topic))
        order = np.argsort(-logits, kind="stable")
        probability = float(_probability(self.answer.logits(final_row(evidence.rows, logits, topic)[None, :]))[0])
        return Choice(
            entries=tuple(evidence.entries[i] for i in order),
            odds=tuple(float(logits[i]) for i in order),
            probability=probability,
            answers=probability >= self.least,
        )

    def of_topic(self, vector: Vector | None) -> float:
        """Return the log odds by the vector alone."""
        if vector is None or not self.topic:
            return 0.0
        return float(np.dot(np.asarray(self.topic, np.float32), vector)) + self.topic_bias


def silent() -> Judge:
    """Return a judge that has learnt nothing, and so lets nothing be said."""
    columns = len(FEATURES) + 1
    widths = (columns, columns + LEADS)
    lines = [Line(means=(0.0,) * n, spreads=(1.0,) * n, weights=(0.0,) * n, bias=0.0) for n in widths]
    return Judge(topic=(), topic_bias=0.0, choice=lines[0], answer=lines[1], least=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Candidates, best first, with the log odds of each; how probable it is that the first answers."""

    entries: tuple[int, ...]
    odds: tuple[float, ...]
    probability: float
    answers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All that was learnt at one time, and for which model."""

    model: str
    vectors: Judge
    meaning: Judge
    words: Judge

    def judge(self, *, model: str | None) -> Judge:
        """Return what fits an index: with this model's vectors, with those of another, or with none."""
        if model is None:
            return self.words
        return self.vectors if model == self.model else self.meaning

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps({"features": FEATURES, **_rounded(asdict(self))}, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, file: Path) -> "Judgement":
        """Read it back. Raises JudgementUnreadable."""
        try:
            data: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
            if tuple(data["features"]) != FEATURES:
                msg = f"{file.name} was learnt from other evidence; run `python -m knowledge_base calibrate`"
                raise JudgementUnreadable(msg)
            return cls(
                model=data["model"],
                vectors=_judge(data["vectors"]),
                meaning=_judge(data["meaning"]),
                words=_judge(data["words"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            msg = f"{file.name} cannot be read ({error}); run `python -m knowledge_base calibrate`"
            raise JudgementUnreadable(msg) from error


def load_judge(home: Path | None, *, model: str | None) -> Judge:
    """Return what was learnt for a home's own model, else what comes with us. Raises JudgementUnreadable."""
    ours = Judgement.read(LEARNED)
    if home is not None and model not in {None, ours.model} and (home / OWN).is_file():
        own = Judgement.read(home / OWN)
        if own.model == model:
            return own.vectors
    return ours.judge(model=model)


def with_topic(rows: Row, topic: float) -> Row:
    """Return the rows with one more column, the same for all."""
    return np.column_stack([rows, np.full(len(rows), topic)])


def final_row(rows: Row, logits: Row, topic: float) -> Row:
    """Return what is known of the best candidate and its lead over the others."""
    order = np.argsort(-logits, kind="stable")
    best = float(logits[order[0]])
    second = float(logits[order[1]]) if len(order) > 1 else _NOBODY
    total = float(np.log(np.sum(_probability(logits))))
    return np.concatenate([[best, best - second, total], rows[order[0]], [topic]])


def _probability(logits: Row) -> Row:
    probability: Row = 0.5 * (1.0 + np.tanh(0.5 * logits))
    return probability


def _judge(data: Mapping[str, Any]) -> Judge:
    return Judge(
        topic=tuple(data["topic"]),
        topic_bias=data["topic_bias"],
        choice=_line(data["choice"]),
        answer=_line(data["answer"]),
        least=data["least"],
    )


def _line(data: Mapping[str, Any]) -> Line:
    return Line(
        means=tuple(data["means"]), spreads=tuple(data["spreads"]), weights=tuple(data["weights"]), bias=data["bias"]
    )


def _rounded(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _round(value) for key, value in data.items()}


def _round(value: object) -> object:
    match value:
        case float():
            return round(value, _DECIMALS)
        case dict():
            return _rounded(value)
        case tuple() | list():
            return [_round(one) for one in value]
        case _:
            return value
