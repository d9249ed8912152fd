"""Finds the clauses and cards that fit a question: by meaning and by words, never outside the place and the day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge_base.corpus import place_chain
from knowledge_base.embedding import Embedder, Vector
from knowledge_base.expansion import Expansion
from knowledge_base.fusion import DEEPEST, Fusion
from knowledge_base.index import Index
from knowledge_base.index_writer import MEMORY
from knowledge_base.learned_order import Learned
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
_NEARNESS: Final = 0.15


class Mode(StrEnum):
    """Which evidence counts; all but the default are for measuring what each stage adds."""

    DEFAULT = "default"
    WORDS = "bm25"
    MEANING = "dense"
    FUSED = "fused"
    EXPANDED = "expanded"


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

    def __init__(self, index: Index, embedder: Embedder | None) -> None:
        self.index = index
        self._embedder = embedder if index.has_vectors else None
        self._expansion, fusion = _vocabulary(), _weights()
        # The weights count where the index remembers the questions they were learned with.
        self._learned = Learned(index, fusion) if fusion and MEMORY in index.fields else None
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

    def embed(self, query: str) -> Vector | None:
        """Return the question's vector; None in sparse-only mode."""
        return self._embedder.query(query) if self._embedder else None

    def scope(self, *, region: str | None, on: date) -> NDArray[np.bool_]:
        """Return what a caller in that place may be shown on that day."""
        return self._admitted(place_chain(region), on)

    def _admit(self, places: tuple[str, ...], on: date) -> NDArray[np.bool_]:
        return self.index.admitted(places=places, on=on)

    def rank(self, wanted: Wanted) -> Sequence[Ranked]:
        """Return the best entries within the mask, best first."""
        vector = wanted.vector
        if vector is None and wanted.mode is not Mode.WORDS:
            vector = self.embed(wanted.query)
        mode = wanted.mode
        if vector is None and mode in {Mode.MEANING, Mode.FUSED}:
            mode = Mode.WORDS
        words = self._word_scores(wanted.query, mode)
        if wanted.mask is not None:
            words = np.where(wanted.mask, words, np.float32(0))
        pool = max(_POOL, 2 * wanted.count)
        pools = [_best(words, pool)] if mode is not Mode.MEANING else []
        near = np.zeros(0, np.int32)
        if vector is not None and mode is not Mode.WORDS:
            near = self.index.nearest(vector, count=max(pool, DEEPEST), mask=wanted.mask)
            pools.append(near[:pool])
        learned = mode is Mode.DEFAULT and vector is not None and self._learned is not None
        order: NDArray[np.int64] = np.zeros(0, np.int64)
        if learned and vector is not None and self._learned is not None:
            order = self._learned.order(vector, words=words, near=near, mask=wanted.mask)
            # What the learned order did not look at has no place in it.
            pools = [*(p[p >= self.index.passages] for p in pools), order[:pool].astype(np.int32)]
        entries = np.unique(np.concatenate(pools)).astype(np.int32)
        if not len(entries):
            return ()
        cosines = np.zeros(len(entries), np.float32)
        if vector is not None and mode is not Mode.WORDS:
            cosines = self.index.cosines(vector, entries)
        scores = _fuse(cosines, words[entries], mode)
        if mode is Mode.DEFAULT:
            scores = scores + self._worth(wanted.on)[entries]
        if learned:
            scores = _in_order(scores, entries, order)
        best = np.lexsort((entries, -scores))[: wanted.count]
        return tuple(
            Ranked(
                entry=int(entries[i]),
                score=float(scores[i]),
                cosine=float(cosines[i]),
                words=float(words[entries[i]]),
            )
            for i in best
        )

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
        case Mode.DEFAULT | Mode.FUSED | Mode.EXPANDED:
            meaning = (cosines.astype(np.float64) - cosines.max(initial=0.0)) / _DENSE_SPREAD
            fused: NDArray[np.float64] = meaning + _WORD_WEIGHT * share
            return fused
