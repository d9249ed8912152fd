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
from knowledge_base.corpus import Document, plain_title
from knowledge_base.evaluate import Golden, Labelled, read_questions
from knowledge_base.evidence import WORDS_ONLY, Evidence, Row
from knowledge_base.index import Index
from knowledge_base.judgement import LEADS, Choice, Judge, Judgement, Line, final_row, with_topic
from knowledge_base.text import normalise

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

_Clause = tuple[str, str]
"""A document's number or title, and the mark of a clause."""


class ExamplesTooFew(Exception):
    """Hardly any of the labelled questions is about the texts of this home."""

    code = "examples_too_few"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled question with its evidence: which candidates are right, and whether anything is.

    `question` is its number, the same in every home it is asked in. `orders` unless a place was put into its mouth: that
    of which nothing is held says nothing about a place's rule beside the nation's.
    """

    question: int
    evidence: Evidence
    right: NDArray[np.bool_]
    answerable: bool
    family: str
    orders: bool


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The questions with the clauses that answer them, named so that they are known in any home."""

    questions: Sequence[tuple[Labelled, str]]
    clauses: Sequence[frozenset[_Clause]]

    @classmethod
    def read(cls, index: Index, folder: Path = EXAMPLES) -> "Labels":
        """Read the questions, and find in a home that holds the texts which clauses they mean."""
        golden, questions = Golden(index), tuple(_labelled(folder))
        entries = (frozenset[int]().union(*golden.entries(question)) for question, _ in questions)
        return cls(
            questions=questions,
            clauses=[
                frozenset(_named(index.document_of(entry), index.clause(entry).mark) for entry in found)
                for found in entries
            ],
        )


def _named(document: Document, mark: str) -> _Clause:
    return normalise(document.number or plain_title(document.title)), normalise(mark)


def gather(  # noqa: PLR0913 - the ways of asking are told by name
    base: KnowledgeBase,
    labels: Labels,
    *,
    on: date,
    set_aside: bool = False,
    with_place: bool = False,
    heard: Callable[[], None] = lambda: None,
) -> tuple[Example, ...]:
    """Return every question with its evidence in a home, but those that no card or clause of the home answers.

    With `set_aside`, each is asked as if the cards that answer it had just been set aside, and the text alone were left.
    With `with_place`, those that were asked of no place are asked again of a place of which nothing is held: national law
    still answers what it answered.
    """
    return tuple(_gathered(base, labels, on=on, set_aside=set_aside, with_place=with_place, heard=heard))


def _gathered(  # noqa: PLR0913
    base: KnowledgeBase,
    labels: Labels,
    *,
    on: date,
    set_aside: bool,
    with_place: bool,
    heard: Callable[[], None],
) -> Iterator[Example]:
    index = base.searcher.index
    clauses = [_clauses(index, entry) for entry in range(len(index))]
    for number, ((question, family), gold) in enumerate(zip(labels.questions, labels.clauses, strict=True)):
        heard()
        right = frozenset(entry for entry, named in enumerate(clauses) if gold & named)
        cards = frozenset(entry for entry in right if set_aside and index.is_card(entry))
        if (right - cards or family) and (cards or not set_aside):
            asked = base.asked(question.query, region=question.region, on=on)
            if with_place:
                if asked.region is not None:
                    continue
                asked = replace(asked, named=True)
            evidence = base.witness.weigh(asked, without=cards)
            yield Example(
                question=number,
                evidence=evidence,
                right=np.asarray([entry in right for entry in evidence.entries], bool),
                answerable=bool(right),
                family=family,
                orders=not with_place,
            )


def _clauses(index: Index, entry: int) -> frozenset[_Clause]:
    """Return what an entry is, or rests on."""
    if not index.is_card(entry):
        return frozenset({_named(index.document_of(entry), index.clause(entry).mark)})
    return frozenset(_named(one.document, one.mark) for one in index.card(entry).references)


def _labelled(folder: Path) -> Iterator[tuple[Labelled, str]]:
    yield from ((question, "") for question in read_questions(folder / "answerable.jsonl"))
    silent = folder / "unanswerable.jsonl"
    lines = [line for line in silent.read_text("utf-8").splitlines() if line.strip()]
    families = [str(json.loads(line)["family"]) for line in lines]
    yield from zip(read_questions(silent), families, strict=True)


def learn(
    homes: Mapping[str, Sequence[Example]], by_words: Mapping[str, Sequence[Example]], *, model: str
) -> tuple[Judgement, Mapping[str, Measured]]:
    """Fit everything that is kept, and measure it in each home; `by_words` are the same questions without vectors.

    Raises ExamplesTooFew.
    """
    kinds = [one.answerable for group in homes.values() for one in group]
    if min(sum(kinds), len(kinds) - sum(kinds)) < FEWEST:
        msg = (
            f"{sum(kinds)} questions with an answer and {len(kinds) - sum(kinds)} without; {FEWEST} of each are needed"
        )
        raise ExamplesTooFew(msg)
    fitted: dict[str, Judge] = {}
    figures: dict[str, Measured] = {}
    for name, kind in _KINDS.items():
        groups = by_words if kind.words_only else homes
        examples = [one for group in groups.values() for one in group]
        choices = _judged_by_the_others(examples, kind)
        places = np.repeat(list(groups), [len(group) for group in groups.values()])
        least = max(_line_of_silence(examples, choices, places == home) for home in groups)
        fitted[name] = replace(_fit(examples, kind), least=least)
        for home in groups:
            at = np.flatnonzero(places == home)
            figures[f"{name}, {home}"] = _measure([examples[i] for i in at], [choices[i] for i in at], least)
    return Judgement(model=model, **fitted), figures


def _judged_by_the_others(examples: Sequence[Example], kind: _Kind) -> list[Choice | None]:
    """Judge each question by what was learnt from the other questions; None where there is nothing to choose."""
    choices: list[Choice | None] = [None] * len(examples)
    for held, rest in _folds(examples):
        judge = _fit([examples[at] for at in rest], kind)
        for at in held:
            if examples[at].evidence.entries:
                choices[at] = judge.choose(examples[at].evidence)
    return choices


def _line_of_silence(examples: Sequence[Example], choices: Sequence[Choice | None], among: NDArray[np.bool_]) -> float:
    probabilities = [
        choice.probability if choice else 0.0
        for example, choice, counts in zip(examples, choices, among, strict=True)
        if counts and not example.answerable
    ]
    return float(np.quantile(probabilities, SILENCE)) if probabilities else 0.0


def _measure(examples: Sequence[Example], choices: Sequence[Choice | None], least: float) -> Measured:
    right, among, said = (np.zeros(len(examples), bool) for _ in range(3))
    families: defaultdict[str, list[bool]] = defaultdict(list)
    for at, (example, choice) in enumerate(zip(examples, choices, strict=True)):
        if choice is not None:
            marks = dict(zip(example.evidence.entries, example.right, strict=True))
            right[at], among[at] = marks[choice.entries[0]], any(marks[one] for one in choice.entries[:_AMONG])
            said[at] = choice.probability > least
        if example.family:
            families[example.family].append(not said[at])
    answerable = np.asarray([one.answerable for one in examples])
    return Measured(
        answerable=int(answerable.sum()),
        unanswerable=int((~answerable).sum()),
        among_first=_share(among[answerable]),
        first=_share(right[answerable]),
        answered=_share(said[answerable]),
        right=_share((said & right)[answerable]),
        silent=_share((~said)[~answerable]),
        silent_by_family={name: (sum(kept), len(kept)) for name, kept in sorted(families.items())},
        least=least,
    )


def _share(found: NDArray[np.bool_]) -> float:
    return float(found.mean()) if len(found) else 1.0


def _fit(examples: Sequence[Example], kind: _Kind) -> Judge:
    """Fit the three regressions; what one hands to the next was judged without the question itself."""
    answerable = np.asarray([one.answerable for one in examples])
    topic: tuple[float, ...] = ()
    topics, topic_bias = np.zeros(len(examples)), 0.0
    if kind.topic:
        vectors = np.asarray([one.evidence.vector for one in examples], np.float64)
        for held, rest in _folds(examples):
            weights, bias = _topic(vectors[rest], answerable[rest])
            topics[held] = vectors[held] @ weights + bias
        weights, topic_bias = _topic(vectors, answerable)
        topic = tuple(map(float, weights))
    full = np.asarray([bool(one.evidence.entries) for one in examples])
    rows = [with_topic(one.evidence.rows, z) for one, z in zip(examples, topics, strict=True)]
    finals: list[Row] = [np.zeros(0)] * len(examples)
    chosen = np.zeros(len(examples), bool)
    for held, rest in _folds(examples):
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
    right = np.concatenate([one.right for one in examples if one.orders])
    told = np.concatenate([row for row, one in zip(rows, examples, strict=True) if one.orders])
    return _regression(told, right, strength=_CHOICE_C, keep=kind.keep(before=0))


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


def _folds(examples: Sequence[Example]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the same divisions every time, each part with all the others: what was learnt can be learnt again.

    A question stays in one part, in whatever homes it is asked.
    """
    numbers = np.asarray([one.question for one in examples])
    part = (np.random.default_rng(0).permutation(int(numbers.max()) + 1) % _FOLDS)[numbers]
    for each in range(_FOLDS):
        yield np.flatnonzero(part == each), np.flatnonzero(part != each)


def to_json(figures: Mapping[str, Measured]) -> dict[str, Any]:
    """Return the figures as plain tables."""
    return {name: asdict(one) for name, one in figures.items()}
