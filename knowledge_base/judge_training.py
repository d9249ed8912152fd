"""Learns from labelled questions when to answer and from what, and measures it on questions held back.

The questions (`nlu_data/answers`) say what answers them, or that nothing we hold does. Everything that is reported was
judged by weights fitted without the question at hand; the line below which nothing is said is drawn the same way.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from knowledge_base.answer import KnowledgeBase
from knowledge_base.evaluate import Golden, Labelled, read_questions
from knowledge_base.evidence import WORDS_ONLY, Evidence, Row
from knowledge_base.judgement import LEADS, Judge, Judgement, Line, final_row, with_topic

EXAMPLES: Final = Path(__file__).parent.parent / "nlu_data" / "answers"
SILENCE: Final = 0.97
"""How many of the questions without an answer must meet silence: more than the nineteen in twenty asked for, since some of
what we know we cannot answer was learnt from these very questions."""
FEWEST: Final = 60
"""Of either kind; fewer teach nothing."""
_FOLDS: Final = 5
_TOPIC_C: Final = 3.0
_CHOICE_C: Final = 0.1
_ANSWER_C: Final = 0.1
_LEAST_SPREAD: Final = 1e-6
_AMONG: Final = 3


class ExamplesTooFew(Exception):
    """Hardly any of the labelled questions is about the texts of this home."""

    code = "examples_too_few"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled question with its evidence: which candidates are right, and whether anything is."""

    evidence: Evidence
    right: NDArray[np.bool_]
    answerable: bool
    family: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Shares on held-back questions: `first`, `among_first` and `right` are of the answerable, `silent` of the others."""

    answerable: int
    unanswerable: int
    among_first: float
    first: float
    answered: float
    right: float
    silent: float
    silent_by_family: Mapping[str, tuple[int, int]]
    least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """One of the three sorts of evidence a judge is learnt for."""

    topic: bool
    words_only: bool

    def keep(self, *, before: int) -> NDArray[np.bool_]:
        """Return which columns count; some stand before the evidence, the topic after it."""
        columns = WORDS_ONLY if self.words_only else np.ones(len(WORDS_ONLY), bool)
        return np.concatenate([np.ones(before, bool), columns, [True]])


_KINDS: Final = {
    "vectors": _Kind(topic=True, words_only=False),
    "meaning": _Kind(topic=False, words_only=False),
    "words": _Kind(topic=False, words_only=True),
}


def gather(
    base: KnowledgeBase, *, on: date, folder: Path = EXAMPLES, heard: Callable[[], None] = lambda: None
) -> tuple[Example, ...]:
    """Return every labelled question with its evidence, but those whose answer is in a text that was not taken in."""
    return tuple(_gathered(base, on, folder, heard))


def _gathered(base: KnowledgeBase, on: date, folder: Path, heard: Callable[[], None]) -> Iterator[Example]:
    golden = Golden(base.searcher.index)
    for question, family in _labelled(folder):
        heard()
        gold = frozenset[int]().union(*golden.entries(question))
        if gold or family:
            evidence = base.witness.weigh(base.asked(question.query, region=question.region, on=on))
            right = _right(base, evidence, gold)
            yield Example(evidence=evidence, right=right, answerable=bool(gold), family=family)


def _right(base: KnowledgeBase, evidence: Evidence, gold: frozenset[int]) -> NDArray[np.bool_]:
    """Tell which candidates are a clause that answers, or rest on one."""
    cited = base.witness.cited
    return np.asarray([bool(gold & {entry, *cited.get(entry, ())}) for entry in evidence.entries], bool)


def _labelled(folder: Path) -> Iterator[tuple[Labelled, str]]:
    yield from ((question, "") for question in read_questions(folder / "answerable.jsonl"))
    silent = folder / "unanswerable.jsonl"
    lines = [line for line in silent.read_text("utf-8").splitlines() if line.strip()]
    families = [str(json.loads(line)["family"]) for line in lines]
    yield from zip(read_questions(silent), families, strict=True)


def learn(
    examples: Sequence[Example], by_words: Sequence[Example], *, model: str
) -> tuple[Judgement, Mapping[str, Measured]]:
    """Fit everything that is kept, each with its line; `by_words` are the same questions without vectors.

    Raises ExamplesTooFew.
    """
    answerable = sum(one.answerable for one in examples)
    if min(answerable, len(examples) - answerable) < FEWEST:
        msg = (
            f"{answerable} questions with an answer here and {len(examples) - answerable} without; {FEWEST} are needed"
        )
        raise ExamplesTooFew(msg)
    fitted: dict[str, Judge] = {}
    figures: dict[str, Measured] = {}
    for name, kind in _KINDS.items():
        group = by_words if kind.words_only else examples
        figures[name] = _cross_validate(group, kind)
        fitted[name] = replace(_fit(group, kind), least=figures[name].least)
    return Judgement(model=model, **fitted), figures


def _cross_validate(examples: Sequence[Example], kind: _Kind) -> Measured:
    """Judge each question by what was learnt from the others."""
    probabilities, found = np.zeros(len(examples)), np.zeros((len(examples), 2), bool)
    for held, rest in _folds(len(examples)):
        judge = _fit([examples[at] for at in rest], kind)
        for at in held:
            example = examples[at]
            if not example.evidence.entries:
                continue  # nothing can be said
            choice = judge.choose(example.evidence)
            right = dict(zip(example.evidence.entries, example.right, strict=True))
            probabilities[at] = choice.probability
            found[at] = right[choice.entries[0]], any(right[entry] for entry in choice.entries[:_AMONG])
    answerable = np.asarray([one.answerable for one in examples])
    least = float(np.quantile(probabilities[~answerable], SILENCE))
    said = probabilities > least
    families: defaultdict[str, list[bool]] = defaultdict(list)
    for example, spoke in zip(examples, said, strict=True):
        if example.family:
            families[example.family].append(not spoke)
    return Measured(
        answerable=int(answerable.sum()),
        unanswerable=int((~answerable).sum()),
        among_first=float(found[answerable, 1].mean()),
        first=float(found[answerable, 0].mean()),
        answered=float(said[answerable].mean()),
        right=float((said & found[:, 0])[answerable].mean()),
        silent=float((~said)[~answerable].mean()),
        silent_by_family={name: (sum(kept), len(kept)) for name, kept in sorted(families.items())},
        least=least,
    )


def _fit(examples: Sequence[Example], kind: _Kind) -> Judge:
    """Fit the three regressions; what one hands to the next was judged without the question itself."""
    answerable = np.asarray([one.answerable for one in examples])
    topic: tuple[float, ...] = ()
    topics, topic_bias = np.zeros(len(examples)), 0.0
    if kind.topic:
        vectors = np.asarray([one.evidence.vector for one in examples], np.float64)
        for held, rest in _folds(len(examples)):
            weights, bias = _topic(vectors[rest], answerable[rest])
            topics[held] = vectors[held] @ weights + bias
        weights, topic_bias = _topic(vectors, answerable)
        topic = tuple(map(float, weights))
    full = np.asarray([bool(one.evidence.entries) for one in examples])
    rows = [with_topic(one.evidence.rows, z) for one, z in zip(examples, topics, strict=True)]
    finals: list[Row] = [np.zeros(0)] * len(examples)
    chosen = np.zeros(len(examples), bool)
    for held, rest in _folds(len(examples)):
        line = _choice([rows[at] for at in rest], [examples[at] for at in rest], kind)
        for at in held[full[held]]:
            logits = line.logits(rows[at])
            finals[at] = final_row(examples[at].evidence.rows, logits, topics[at])
            chosen[at] = examples[at].right[int(np.argmax(logits))]
    # A wrong choice for a question that has an answer says nothing about questions that have none.
    teaches = np.flatnonzero((chosen | ~answerable) & full)
    return Judge(
        topic=topic,
        topic_bias=topic_bias,
        choice=_choice(rows, examples, kind),
        answer=_regression(
            np.asarray([finals[at] for at in teaches]),
            answerable[teaches],
            strength=_ANSWER_C,
            keep=kind.keep(before=LEADS),
        ),
        least=1.0,
    )


def _choice(rows: Sequence[Row], examples: Sequence[Example], kind: _Kind) -> Line:
    right = np.concatenate([one.right for one in examples])
    return _regression(np.concatenate(rows), right, strength=_CHOICE_C, keep=kind.keep(before=0))


def _topic(vectors: Row, answerable: NDArray[np.bool_]) -> tuple[Row, float]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - only training needs it

    model = LogisticRegression(C=_TOPIC_C, class_weight="balanced", solver="liblinear").fit(vectors, answerable)
    return model.coef_[0], float(model.intercept_[0])


def _regression(rows: Row, right: NDArray[np.bool_], *, strength: float, keep: NDArray[np.bool_]) -> Line:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    means, spreads = rows.mean(axis=0), rows.std(axis=0)
    spreads = np.where(spreads > _LEAST_SPREAD, spreads, 1.0)
    scaled = np.where(keep, (rows - means) / spreads, 0.0)
    model = LogisticRegression(C=strength, solver="newton-cholesky").fit(scaled, right)
    return Line(
        means=tuple(map(float, means)),
        spreads=tuple(map(float, spreads)),
        weights=tuple(map(float, np.where(keep, model.coef_[0], 0.0))),
        bias=float(model.intercept_[0]),
    )


def _folds(count: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the same divisions every time, each part with all the others: what was learnt can be learnt again."""
    part = np.random.default_rng(0).permutation(count) % _FOLDS
    for number in range(_FOLDS):
        yield np.flatnonzero(part == number), np.flatnonzero(part != number)


def to_json(figures: Mapping[str, Measured]) -> dict[str, Any]:
    """Return the figures as plain tables."""
    return {name: asdict(one) for name, one in figures.items()}
