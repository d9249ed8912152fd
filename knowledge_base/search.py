"""Finds the clauses and cards that fit a question: by meaning and by words, never outside the place and the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge_base.calibration import Calibration
from knowledge_base.corpus import place_chain, plain_title
from knowledge_base.embedding import Embedder, Reading, Vector
from knowledge_base.expansion import Expansion
from knowledge_base.fusion import DEEPEST, Fusion
from knowledge_base.index import Index
from knowledge_base.index_writer import MEMORY
from knowledge_base.learned_order import Learned
from knowledge_base.rerank import READ, Reranker
from knowledge_base.types import NATION, Standing

_POOL: Final = 200
_DENSE_SPREAD: Final = 0.02
_WORD_WEIGHT: Final = 1.0
_STANDING_PENALTY: Final = {
    Standing.IN_FORCE: 0.0,
    Standing.UNKNOWN: 0.0,
    Standing.PLAN_ENDED: 0.15,
    Standing.HISTORICAL: 0.3,
    Standing.SUPERSEDED: 0.5,
}
"""By document: what an article's own standing changes, in force to unknown, costs nothing."""
_NEARNESS: Final = 0.15


class Mode(StrEnum):
    """Which evidence counts; all but the default are for measuring what each stage adds."""

    DEFAULT = "default"
    WORDS = "bm25"
    MEANING = "dense"
    FUSED = "fused"
    EXPANDED = "expanded"
    LEARNED = "learned"
    """The default without the reranker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One entry of the index with its evidence: `cosine` and `words` are raw, `score` is what it was ranked by."""

    entry: int
    score: float
    cosine: float
    words: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look for: the words, their vector where the caller has it, and the entries that may be looked at."""

    query: str
    on: date
    mask: NDArray[np.bool_] | None = None
    vector: Vector | None = None
    count: int = 10
    mode: Mode = Mode.DEFAULT


class Searcher:
    """Ranks the entries of one index."""

    def __init__(self, index: Index, embedder: Embedder | None, reranker: Reranker | None = None) -> None:
        self.index, self.reranker = index, reranker
        self._embedder = embedder if index.has_vectors else None
        self._expansion, fusion = _vocabulary(), _weights()
        # The weights count where the index remembers the questions they were learned with.
        self._learned = Learned(index, fusion) if fusion and MEMORY in index.fields else None
        self._is_card = np.arange(len(index)) >= index.passages
        scale = Calibration.from_json(index.manifest["calibration"])
        self._by_chance = np.asarray([scale.clauses.mean, scale.cards.mean], np.float32)
        self._admitted = lru_cache(maxsize=64)(self._admit)
        self._worth = lru_cache(maxsize=4)(self._worth_on)

    @property
    def by_meaning(self) -> bool:
        """Tell whether vectors are at hand."""
        return self._embedder is not None

    @property
    def learned(self) -> bool:
        """Tell whether learned weights order the clauses."""
        return self._learned is not None

    def read(self, query: str) -> Reading | None:
        """Return what the model makes of a question; None in sparse-only mode."""
        return self._embedder.read(query) if self._embedder else None

    def embed(self, query: str) -> Vector | None:
        """Return the question's vector; None in sparse-only mode."""
        return self._embedder.query(query) if self._embedder else None

    def scope(self, *, region: str | None, on: date) -> NDArray[np.bool_]:
        """Return what a caller in that place may be shown on that day."""
        return self._admitted(place_chain(region), on)

    def _admit(self, places: tuple[str, ...], on: date) -> NDArray[np.bool_]:
        return self.index.admitted(places=places, on=on)

    def rank(self, wanted: Wanted) -> Sequence[Ranked]:
        """Return the best clauses and the best cards within the mask, `count` of each at most, best first."""
        vector = wanted.vector
        if vector is None and wanted.mode is not Mode.WORDS:
            vector = self.embed(wanted.query)
        mode = _without_reranker(wanted.mode, by_meaning=vector is not None)
        words = self._word_scores(wanted.query, mode)
        if wanted.mask is not None:
            words = np.where(wanted.mask, words, np.float32(0))
        pool = max(_POOL, 2 * wanted.count)
        pools = [_best(words, pool)] if mode is not Mode.MEANING else []
        near = np.zeros(0, np.int32)
        if vector is not None and mode is not Mode.WORDS:
            # Apart, for a question lies nearer to questions, which cards are asked by, than to any clause.
            near = self.index.nearest(vector, count=max(pool, DEEPEST), mask=self._among(wanted.mask, cards=False))
            pools += [near[:pool], np.flatnonzero(self._among(wanted.mask, cards=True)).astype(np.int32)]
        learned = mode is Mode.DEFAULT and vector is not None and self._learned is not None
        order: NDArray[np.int64] = np.zeros(0, np.int64)
        if learned and vector is not None and self._learned is not None:
            order = self._learned.order(vector, words=words, near=near, mask=wanted.mask)
            # What the learned order did not look at has no place in it.
            pools = [*(p[~self._learned.covers[p]] for p in pools), order[:pool].astype(np.int32)]
        entries = np.unique(np.concatenate(pools)).astype(np.int32)
        if not len(entries):
            return ()
        cosines = above_chance = np.zeros(len(entries), np.float32)
        if vector is not None and mode is not Mode.WORDS:
            cosines = self.index.cosines(vector, entries)
            above_chance = cosines - self._by_chance[self._is_card[entries].astype(np.int8)]
        scores = _fuse(above_chance, words[entries], mode)
        if mode is Mode.DEFAULT:
            scores = scores + self._worth(wanted.on)[entries]
        if learned:
            scores = _in_order(scores, entries, order)
        if wanted.mode is Mode.DEFAULT:
            scores = self._read_anew(wanted.query, entries, scores)
        best = self._best_of_each_kind(entries, scores, count=wanted.count)
        columns = (entries[best], scores[best], cosines[best], words[entries[best]])
        return tuple(
            Ranked(entry=entry, score=score, cosine=cosine, words=said)
            for entry, score, cosine, said in zip(*(column.tolist() for column in columns), strict=True)
        )

    def in_learned_order(self, entries: Sequence[int], ranked: Sequence[Ranked]) -> tuple[int, ...]:
        """Return entries with the clauses that were ordered by what was learned in that order, in the places they hold."""
        if self._learned is None:
            return tuple(entries)
        places = {found.entry: place for place, found in enumerate(ranked)}
        covers = self._learned.covers
        clauses = iter(sorted((e for e in entries if covers[e]), key=lambda e: places.get(e, len(places))))
        return tuple(next(clauses) if covers[entry] else entry for entry in entries)

    def _among(self, mask: NDArray[np.bool_] | None, *, cards: bool) -> NDArray[np.bool_]:
        """Narrow a mask to the cards, or to the clauses."""
        kind = self._is_card if cards else ~self._is_card
        return kind if mask is None else kind & mask

    def _best_of_each_kind(
        self, entries: NDArray[np.int32], scores: NDArray[np.float64], *, count: int
    ) -> NDArray[np.int64]:
        """Return the positions of the best clauses and of the best cards, as many of each, in one order."""
        order = np.lexsort((entries, -scores))
        cards = self._is_card[entries[order]]
        place = np.where(cards, np.cumsum(cards), np.cumsum(~cards))
        best: NDArray[np.int64] = order[place <= count]
        return best

    def _read_anew(self, query: str, entries: NDArray[np.int32], scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bring the best clauses into the order that the reranker puts them in, where there is one."""
        if self.reranker is None:
            return scores
        clauses = np.flatnonzero(entries < self.index.passages)
        best = entries[clauses[np.lexsort((entries[clauses], -scores[clauses]))[:READ]]]
        read = self.reranker.score(query, [self._printed(int(entry)) for entry in best])
        return _in_order(scores, entries, best[np.argsort(-read, kind="stable")].astype(np.int64))

    def _printed(self, entry: int) -> str:
        clause = self.index.clause(entry)
        return f"{plain_title(self.index.document_of(entry).title)}{clause.mark}：{clause.text}"

    def _word_scores(self, query: str, mode: Mode) -> NDArray[np.float32]:
        terms = self._expansion.terms(query) if mode in {Mode.DEFAULT, Mode.EXPANDED} else ()
        return self.index.word_scores(query, terms=terms)

    def _worth_on(self, on: date) -> NDArray[np.float64]:
        """Return what standing and nearness add to each entry: in force before ended, local before the nation's."""
        index = self.index
        documents = [
            _nearness(document.region) - _STANDING_PENALTY[document.standing(on)] for document in index.documents
        ]
        cards = [_nearness(card.region) for card in index.cards]
        return np.concatenate(
            [np.asarray(documents, np.float64)[index.clause_documents], np.asarray(cards, np.float64)]
        )


@cache
def _vocabulary() -> Expansion:
    return Expansion.load()


@cache
def _weights() -> Fusion | None:
    return Fusion.load()


def _without_reranker(mode: Mode, *, by_meaning: bool) -> Mode:
    """Return what counts before a reranker, by words alone where there is no vector."""
    match mode:
        case Mode.LEARNED:
            return Mode.DEFAULT
        case Mode.MEANING | Mode.FUSED if not by_meaning:
            return Mode.WORDS
        case _:
            return mode


def _nearness(region: str) -> float:
    return 0.0 if region == NATION else _NEARNESS


def _best(scores: NDArray[np.float32], count: int) -> NDArray[np.int32]:
    top = np.argpartition(-scores, count)[:count] if len(scores) > count else np.arange(len(scores))
    return top[scores[top] > 0].astype(np.int32)


def _in_order(scores: NDArray[np.float64], entries: NDArray[np.int32], order: NDArray[np.int64]) -> NDArray[np.float64]:
    """Hand the clauses' own scores out among them in the learned order; cards keep theirs and their place among them."""
    at = np.searchsorted(entries, order)
    at = at[entries[np.minimum(at, len(entries) - 1)] == order]
    handed = scores.copy()
    handed[at] = np.sort(scores[at])[::-1]
    return handed


def _fuse(cosines: NDArray[np.float32], words: NDArray[np.float32], mode: Mode) -> NDArray[np.float64]:
    """Add what the two kinds of evidence say, each on the scale of its own best."""
    share = words / max(float(words.max(initial=0.0)), 1e-6)
    match mode:
        case Mode.WORDS:
            return share.astype(np.float64)
        case Mode.MEANING:
            return cosines.astype(np.float64)
        case Mode.DEFAULT | Mode.LEARNED | Mode.FUSED | Mode.EXPANDED:
            meaning = (cosines.astype(np.float64) - cosines.max(initial=0.0)) / _DENSE_SPREAD
            fused: NDArray[np.float64] = meaning + _WORD_WEIGHT * share
            return fused
