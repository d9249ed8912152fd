"""Measures retrieval: which share of the passages that answer a question is found among the first few."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import TypeAdapter, ValidationError

from knowledge_base.index import Index
from knowledge_base.index_writer import MEMORY
from knowledge_base.search import Mode, Searcher, Wanted
from knowledge_base.text import normalise

_CUTS: Final = (1, 3, 5, 10, 100)
_RECIPROCAL_CUT: Final = 10
_SAME: Final = 0.999
"""From which cosine on a remembered question is this very one: memory keeps eight bits a number."""


class QuestionsUnreadable(Exception):
    """The file of questions cannot be read; the message names the line."""

    code = "questions_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A question and what answers it: ids of passages or documents, or articles by name."""

    query: str
    region: str | None = None
    gold: tuple[str, ...] = ()
    article_names: tuple[str, ...] = ()


_LABELLED: Final = TypeAdapter(Labelled)


def read_questions(file: Path) -> tuple[Labelled, ...]:
    """Read one JSON object a line. Raises QuestionsUnreadable."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{file} cannot be read: {error}"
        raise QuestionsUnreadable(msg) from error
    questions = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            questions.append(_LABELLED.validate_json(line))
        except ValidationError as error:
            msg = f"{file.name}, line {number}: {error.errors()[0]['msg']}"
            raise QuestionsUnreadable(msg) from error
    return tuple(questions)


def evaluate(
    searcher: Searcher,
    questions: Sequence[Labelled],
    *,
    on: date,
    heard: Callable[[], None] = lambda: None,
) -> Mapping[str, Any]:
    """Return the figures of each system, each stage by itself and added to those before it.

    A question without a place is searched over everything. Where retrieval learned from answered questions, those whose
    articles it has seen among the answers then are told apart from the others; `learned_from` are the questions that it
    learned from themselves, by which it cannot be measured.
    """
    index = searcher.index
    golden = Golden(index)
    gold = [golden.entries(question) for question in questions]
    kept = [(question, answers) for question, answers in zip(questions, gold, strict=True) if answers]
    remembered = set(index.owners(MEMORY).tolist())
    unseen = [not any(group & remembered for group in answers) for _, answers in kept]
    clauses = np.arange(len(index)) < index.passages
    systems: dict[str, dict[str, Any]] = {}
    for mode in _modes(searcher):
        rows, seconds = [], []
        for question, answers in kept:
            mask = clauses if question.region is None else clauses & searcher.scope(region=question.region, on=on)
            started = time.perf_counter()
            ranked = searcher.rank(Wanted(query=question.query, on=on, mask=mask, count=max(_CUTS), mode=mode))
            seconds.append(time.perf_counter() - started)
            rows.append(figures([found.entry for found in ranked], answers))
            heard()
        systems[mode.value] = {**summary(rows), **_times(seconds)}
        if remembered:
            new = [row for row, is_new in zip(rows, unseen, strict=True) if is_new]
            known = [row for row, is_new in zip(rows, unseen, strict=True) if not is_new]
            systems[mode.value] |= {"unseen": summary(new), "seen": summary(known)}
    return {
        "n": len(kept),
        "without_gold": len(questions) - len(kept),
        "unseen": sum(unseen),
        "learned_from": sum(_is_remembered(searcher, question.query) for question, _ in kept),
        "learned": searcher.learned,
        "reranker": searcher.reranker.name if searcher.reranker else None,
        "systems": systems,
    }


def _modes(searcher: Searcher) -> Sequence[Mode]:
    """Return what there is to compare, each stage after those it builds on."""
    stages = [Mode.WORDS, Mode.MEANING, Mode.FUSED, Mode.EXPANDED] if searcher.by_meaning else [Mode.WORDS]
    return [*stages, Mode.LEARNED, Mode.DEFAULT] if searcher.reranker else [*stages, Mode.DEFAULT]


def _is_remembered(searcher: Searcher, query: str) -> bool:
    vector = searcher.embed(query) if MEMORY in searcher.index.fields else None
    if vector is None:
        return False
    nearest = searcher.index.nearest(vector, count=1, mask=None, field=MEMORY)
    return bool((searcher.index.cosines(vector, nearest, field=MEMORY) >= _SAME).any())


class Golden:
    """Turns the names a question file uses into groups of entries, one group for each thing to be found."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._documents: dict[str, frozenset[int]] = {}
        self._articles: dict[str, frozenset[int]] | None = None

    def entries(self, question: Labelled) -> list[frozenset[int]]:
        """Return one group of entries for each thing that is to be found."""
        groups = [self._named(name) for name in question.gold]
        groups += [self._article(name) for name in question.article_names]
        return [group for group in groups if group]

    def _named(self, name: str) -> frozenset[int]:
        entry = self._index.entry_of(name)
        if entry is not None:
            return frozenset({entry})
        if not self._documents:
            self._documents = self._index.entries_by_document()
        return self._documents.get(name, frozenset())

    def _article(self, name: str) -> frozenset[int]:
        if self._articles is None:
            groups: dict[str, set[int]] = {}
            for entry in range(self._index.passages):
                clause = self._index.clause(entry)
                groups.setdefault(_article_key(self._index.document_of(entry).title + clause.mark), set()).add(entry)
            self._articles = {key: frozenset(entries) for key, entries in groups.items()}
        return self._articles.get(_article_key(name), frozenset())


def _article_key(name: str) -> str:
    return normalise(name).replace(" ", "").replace("《", "").replace("》", "").replace("中华人民共和国", "")


def figures(entries: Sequence[int], answers: Sequence[frozenset[int]]) -> list[float]:
    """Return recall at each cut, then the reciprocal rank of the first hit, of entries in their order."""
    places = {entry: place for place, entry in enumerate(entries)}
    firsts = [min((places[entry] for entry in group if entry in places), default=None) for group in answers]
    found = [place for place in firsts if place is not None]
    first = min(found, default=_RECIPROCAL_CUT)
    recalls = [sum(place < cut for place in found) / len(answers) for cut in _CUTS]
    return [*recalls, 1 / (first + 1) if first < _RECIPROCAL_CUT else 0.0]


def summary(rows: Sequence[Sequence[float]]) -> dict[str, float]:
    """Return the mean of each figure by its name."""
    if not rows:
        return {}
    means = np.asarray(rows).mean(axis=0)
    names = [*(f"recall@{cut}" for cut in _CUTS), f"mrr@{_RECIPROCAL_CUT}"]
    return {name: round(float(mean), 4) for name, mean in zip(names, means, strict=True)}


def _times(seconds: Sequence[float]) -> dict[str, float]:
    if not seconds:
        return {}
    p50, p95 = np.percentile(np.asarray(seconds) * 1000, [50, 95])
    return {"p50_ms": round(float(p50), 2), "p95_ms": round(float(p95), 2)}


def to_json(figures: Mapping[str, Any]) -> str:
    """Return the figures as the contract's JSON."""
    return json.dumps(figures, ensure_ascii=False, indent=1)
