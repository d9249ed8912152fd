"""Orders the clauses of one index by learned weights: gathers the evidence of every source for each candidate."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from knowledge_base.corpus import plain_title
from knowledge_base.embedding import Vector
from knowledge_base.fusion import (
    ASKED_ROWS,
    ASKED_TAKEN,
    DEEPEST,
    MEANING_TAKEN,
    MEMORY_ROWS,
    WORDS_TAKEN,
    Evidence,
    Floats,
    Fusion,
    ranked,
    source,
)
from knowledge_base.index import Index
from knowledge_base.index_writer import ASKED, MEMORY
from knowledge_base.types import NATION

_LIKELY: np.float32 = np.float32(0.5)
_DAMPING: np.float32 = np.float32(20.0)


class Learned:
    """The learned order over one index."""

    def __init__(self, index: Index, fusion: Fusion) -> None:
        self._index, self._fusion = index, fusion
        answered = np.bincount(index.owners(MEMORY), minlength=index.passages)[: index.passages]
        self._law_prior = law_priors(index, answered)
        self._article_prior = np.log1p(answered).astype(np.float32)
        national = np.asarray([document.region == NATION for document in index.documents], bool)
        self.covers: NDArray[np.bool_] = np.zeros(len(index), bool)
        """Which entries are ordered: the clauses of the nation's law, for of no other were there questions to learn from."""
        self.covers[: index.passages] = national[index.clause_documents]

    def order(
        self, vector: Vector, *, words: Floats, near: NDArray[np.int32], mask: NDArray[np.bool_] | None
    ) -> NDArray[np.int64]:
        """Return the candidates it covers, best first. `near` are the nearest entries by meaning, in order."""
        index = self._index
        by_words = ranked(np.where(self.covers, words, np.float32(0)), DEEPEST)
        near = near[self.covers[near]]
        mask = self.covers if mask is None else self.covers & mask
        asked = index.nearest(vector, count=ASKED_ROWS, mask=mask, field=ASKED)
        remembered = index.nearest(vector, count=MEMORY_ROWS, mask=mask, field=MEMORY)
        pools = (by_words[:WORDS_TAKEN], near[:MEANING_TAKEN], asked[:ASKED_TAKEN], remembered)
        candidates = np.unique(np.concatenate(pools)).astype(np.int32)
        if not len(candidates):
            return candidates.astype(np.int64)
        evidence = Evidence(
            words=source(by_words, words[candidates], candidates),
            meaning=source(near, index.cosines(vector, candidates), candidates),
            asked=source(asked, self._only(asked, candidates, vector, ASKED), candidates),
            memory=self._only(remembered, candidates, vector, MEMORY),
            law_prior=self._law_prior[candidates],
            article_prior=self._article_prior[candidates],
        )
        scores = self._fusion.scores(evidence.features())
        best: NDArray[np.int64] = candidates[np.lexsort((candidates, -scores))].astype(np.int64)
        return best

    def _only(self, found: NDArray[np.int32], candidates: NDArray[np.int32], vector: Vector, field: str) -> Floats:
        """Return the cosines of those candidates that the search in a field came upon, nought for the others."""
        cosines = np.zeros(len(candidates), np.float32)
        hit = np.flatnonzero(np.isin(candidates, found))
        if len(hit):
            cosines[hit] = self._index.cosines(vector, candidates[hit], field=field)
        return cosines


def law_priors(index: Index, answered: NDArray[np.int64]) -> Floats:
    """Return for each clause how much more often its law answers questions than its size would have it."""
    titles = [plain_title(document.title) for document in index.documents]
    of_clause = index.clause_documents
    sizes = np.bincount(of_clause, minlength=len(titles))
    answers = np.bincount(of_clause, weights=answered, minlength=len(titles))
    size: Counter[str] = Counter()
    answer: Counter[str] = Counter()
    for number, title in enumerate(titles):
        size[title] += int(sizes[number])
        answer[title] += int(answers[number])
    prior = np.asarray([np.log((answer[t] + _LIKELY) / (size[t] + _DAMPING)) for t in titles], np.float32)
    per_clause: Floats = prior[of_clause]
    return per_clause
