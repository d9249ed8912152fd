"""Learns what retrieval can learn from answered questions: adapter, fusion, and the memory of the questions.

First the adapter learns from our own questions (asked.py), which know nothing of the answered ones. Then, fold by fold,
it learns from the other folds, and the fold left out shows what every source of evidence makes of questions it never
saw: from that the fusion learns, and by that it is measured. Last, all of it is learned once more from everything.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from knowledge_base import adapter
from knowledge_base.adapter_training import Example, Halfway, State, Student
from knowledge_base.asked import Asked
from knowledge_base.build import passage_pieces
from knowledge_base.corpus import Clause, Document, plain_title
from knowledge_base.embedding import DEFAULT_SPEC, Matrix
from knowledge_base.evaluate import Golden, Labelled, figures, summary
from knowledge_base.expansion import Expansion
from knowledge_base.fusion import (
    ASKED_ROWS,
    ASKED_TAKEN,
    DEEPEST,
    FEATURES,
    MEANING_TAKEN,
    MEMORY_ROWS,
    WORDS_TAKEN,
    Evidence,
    Floats,
    ranked,
    source,
)
from knowledge_base.fusion_training import Case, fit
from knowledge_base.index import Index
from knowledge_base.judge_training import ExamplesTooFew
from knowledge_base.learned_order import law_priors
from knowledge_base.memory import Memory
from knowledge_base.text import normalise
from knowledge_base.vectors import VectorCache

FOLDS: Final = 3
FEWEST: Final = 30
"""With fewer questions a fold may be empty, and nothing that is learned would carry over."""
_OWN_EPOCHS, _OWN_RATE = 2, 5e-4
_ANSWERED_EPOCHS, _ANSWERED_RATE = 4, 3e-4
_REPEATED: Final = 500
"""How many of our own questions are learned again beside the answered ones, lest they be forgotten."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Question:
    text: str
    entries: tuple[int, ...]
    groups: tuple[frozenset[int], ...]
    halfway: Halfway


@dataclass(frozen=True, slots=True)
class _Rows:
    """Vectors with the entries they belong to, in ascending order of entries."""

    vectors: Matrix
    owners: NDArray[np.int32]

    def best(self, vector: Floats, count: int, entries: int) -> tuple[NDArray[np.int64], Floats]:
        """Return the entries of the nearest rows in order, and the best cosine of each entry; nought where too far."""
        near = self.vectors @ vector
        rows = ranked(near, count)
        scores = np.zeros(entries, np.float32)
        np.maximum.at(scores, self.owners[rows], near[rows])
        owners = self.owners[rows]
        _, first = np.unique(owners, return_index=True)
        return owners[np.sort(first)].astype(np.int64), scores


class Trainer:
    """One training over one index and its embedded passages."""

    def __init__(self, index: Index, base: Path, *, cache: VectorCache, seed: int, say: Say) -> None:
        """Take the folder of the model to be adapted, and what it makes of the passages."""
        self._index, self._say = index, say
        self._student = Student(base, seed=seed)
        self._expansion = Expansion.load()
        self._rng = np.random.default_rng(seed)
        self._passages = self._embedded(cache)
        self._rows_of = _grouped(self._passages.owners)
        self._own_owners, self._own = self._asked()

    def _clauses(self) -> list[tuple[Document, Clause]]:
        return [(self._index.document_of(e), self._index.clause(e)) for e in range(self._index.passages)]

    def _embedded(self, cache: VectorCache) -> _Rows:
        pieces = [
            (entry, piece)
            for entry, (document, clause) in enumerate(self._clauses())
            for piece in passage_pieces(document, clause)
        ]
        vectors = cache.documents([piece for _, piece in pieces])
        return _Rows(vectors, np.asarray([entry for entry, _ in pieces], np.int32))

    def _asked(self) -> tuple[NDArray[np.int32], list[Example]]:
        asked = Asked.load()
        entries: dict[str, list[int]] = {}
        for entry, (document, clause) in enumerate(self._clauses()):
            for text in asked.of(document, clause):
                entries.setdefault(text, []).append(entry)
        texts = list(entries)
        halfway = self._student.halfway(texts)
        examples = [
            Example(halfway=half, rows=self._rows(entries[text])) for text, half in zip(texts, halfway, strict=True)
        ]
        pairs = sorted((entry, i) for i, text in enumerate(texts) for entry in entries[text])
        return np.asarray(pairs, np.int32).reshape(-1, 2), examples

    def _rows(self, entries: Sequence[int]) -> list[int]:
        return [row for entry in entries for row in self._rows_of[entry]]

    def train(self, labelled: Sequence[Labelled], out: Path) -> Mapping[str, Any]:
        """Learn everything, write it, and return the figures of the folds. Raises ExamplesTooFew."""
        questions = self._questions(labelled)
        if len({normalise(question.text) for question in questions}) < FEWEST:
            msg = f"the index has the answers of {len(questions)} questions; {FEWEST} different ones are needed"
            raise ExamplesTooFew(msg)
        self._say(f"{len(self._own)} questions of our own, {len(questions)} answered ones")
        self._fit(self._own, "own questions", epochs=_OWN_EPOCHS, rate=_OWN_RATE)
        start = self._student.state
        folds = self._folds(questions)
        cases: dict[int, Case] = {}
        for fold in range(FOLDS):
            left_out, known = _where(folds == fold), [questions[i] for i in _where(folds != fold)]
            self._learn(start, known, f"fold {fold + 1}")
            memory, prior = self._remembered(known), self._priors(known)
            ways = self._ways()
            vectors = self._student.encode([questions[i].halfway for i in left_out])
            for i, vector in zip(left_out, vectors, strict=True):
                cases[i] = self._case(questions[i], vector, ways, memory, prior)
        report = self._cross_validated(questions, [case for _, case in sorted(cases.items())], folds)
        self._learn(start, questions, "everything")
        out.mkdir(parents=True, exist_ok=True)
        self._student.save(out)
        fit(list(cases.values())).save(out)
        self._memory(questions, out)
        return report

    def _questions(self, labelled: Sequence[Labelled]) -> list[_Question]:
        golden = Golden(self._index)
        groups = [tuple(golden.entries(question)) for question in labelled]
        kept = [(question.query, found) for question, found in zip(labelled, groups, strict=True) if found]
        halfway = self._student.halfway([text for text, _ in kept])
        return [
            _Question(text, tuple(sorted(frozenset().union(*found))), found, half)
            for (text, found), half in zip(kept, halfway, strict=True)
        ]

    def _folds(self, questions: Sequence[_Question]) -> NDArray[np.int64]:
        """Return the fold of each question; the same question asked twice is in one, or it would know its answer."""
        texts = [normalise(question.text) for question in questions]
        numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        of_text = self._rng.integers(0, FOLDS, len(numbers))
        folds: NDArray[np.int64] = of_text[[numbers[text] for text in texts]]
        return folds

    def _learn(self, start: State, questions: Sequence[_Question], name: str) -> None:
        self._student.restore(start)
        again = self._rng.choice(len(self._own), min(_REPEATED, len(self._own)), replace=False)
        answered = [Example(halfway=q.halfway, rows=self._rows(q.entries)) for q in questions]
        self._fit([*answered, *(self._own[i] for i in again)], name, epochs=_ANSWERED_EPOCHS, rate=_ANSWERED_RATE)

    def _fit(self, examples: Sequence[Example], name: str, *, epochs: int, rate: float) -> None:
        def heard(done: int, steps: int, loss: float) -> None:
            self._say(f"{name}: step {done} of {steps}, loss {loss:.3f}")

        passages = torch.from_numpy(self._passages.vectors)
        self._student.fit(examples, passages, epochs=epochs, rate=rate, heard=heard)

    def _ways(self) -> _Rows:
        vectors = self._student.encode([example.halfway for example in self._own])
        return _Rows(vectors[self._own_owners[:, 1]], self._own_owners[:, 0])

    def _remembered(self, questions: Sequence[_Question]) -> _Rows:
        vectors = self._student.encode([question.halfway for question in questions])
        pairs = sorted((entry, i) for i, question in enumerate(questions) for entry in question.entries)
        owners, rows = (np.asarray(column, np.int32) for column in zip(*pairs, strict=True))
        return _Rows(vectors[rows], owners)

    def _priors(self, questions: Sequence[_Question]) -> tuple[Floats, Floats]:
        entries = [entry for question in questions for entry in question.entries]
        answered = np.bincount(np.asarray(entries, np.int64), minlength=self._index.passages)
        return law_priors(self._index, answered), np.log1p(answered).astype(np.float32)

    def _case(
        self, question: _Question, vector: Floats, ways: _Rows, memory: _Rows, prior: tuple[Floats, Floats]
    ) -> Case:
        """Gather the evidence as learned_order.py does, from vectors that never saw the question."""
        count = self._index.passages
        words = self._index.word_scores(question.text, terms=self._expansion.terms(question.text))[:count]
        by_words = ranked(words, DEEPEST)
        all_near = np.zeros(count, np.float32)
        np.maximum.at(all_near, self._passages.owners, self._passages.vectors @ vector)
        near = ranked(all_near, DEEPEST)
        asked, asked_scores = ways.best(vector, ASKED_ROWS, count)
        known, known_scores = memory.best(vector, MEMORY_ROWS, count)
        pools = (by_words[:WORDS_TAKEN], near[:MEANING_TAKEN], asked[:ASKED_TAKEN], known)
        candidates = np.unique(np.concatenate(pools))
        evidence = Evidence(
            words=source(by_words, words[candidates], candidates),
            meaning=source(near, all_near[candidates], candidates),
            asked=source(asked, asked_scores[candidates], candidates),
            memory=known_scores[candidates],
            law_prior=prior[0][candidates],
            article_prior=prior[1][candidates],
        )
        return Case(
            entries=candidates, features=evidence.features(), right=np.isin(candidates, np.asarray(question.entries))
        )

    def _cross_validated(
        self, questions: Sequence[_Question], cases: Sequence[Case], folds: NDArray[np.int64]
    ) -> Mapping[str, Any]:
        rows: dict[str, list[list[float]]] = {"all": [], "seen": [], "unseen": []}
        for fold in range(FOLDS):
            fusion = fit([cases[i] for i in _where(folds != fold)])
            seen = {entry for i in _where(folds != fold) for entry in questions[i].entries}
            for i in _where(folds == fold):
                order = cases[i].entries[np.argsort(-fusion.scores(cases[i].features), kind="stable")]
                row = figures([int(entry) for entry in order], questions[i].groups)
                rows["all"].append(row)
                rows["seen" if seen & set(questions[i].entries) else "unseen"].append(row)
        return {name: {"n": len(found), **summary(found)} for name, found in rows.items()}

    def _memory(self, questions: Sequence[_Question], out: Path) -> None:
        vectors = self._student.encode([question.halfway for question in questions])
        answers = [
            sorted({(plain_title(self._index.document_of(e).title), self._index.clause(e).mark) for e in q.entries})
            for q in questions
        ]
        Memory(vectors, answers, f"{DEFAULT_SPEC}@{adapter.digest(out)}").save(out)


def _where(mask: NDArray[np.bool_]) -> list[int]:
    return [int(i) for i in np.flatnonzero(mask)]


def _grouped(owners: NDArray[np.int32]) -> list[range]:
    """Return the rows of each entry, for owners in ascending order."""
    ends = np.searchsorted(owners, np.arange(int(owners.max(initial=-1)) + 2))
    return [range(int(a), int(b)) for a, b in pairwise(ends)]


def write_manifest(out: Path, *, command: str, base: str, report: Mapping[str, Any]) -> None:
    """Write beside the weights what they are made of and what they reached."""
    manifest = {
        "base": base,
        "base_licence": "MIT",
        "licence": "Apache-2.0",
        "command": command,
        "features": FEATURES,
        "own_questions": Asked.load().digest,
        "cross_validation": {"folds": FOLDS, **report},
    }
    (out / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n", "utf-8")
