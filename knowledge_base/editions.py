"""Finds what stood on an earlier day where a clause stands now: laws are renumbered from one edition to the next."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Final

import numpy as np

from knowledge_base.corpus import plain_title
from knowledge_base.index import Index
from knowledge_base.text import bigrams

_SAME: Final = 0.55
"""How much two editions of an article share; of those that cards rest on the same article has 0.57 and more, the
likeliest other one 0.48 where its own had gone."""


class Editions:
    """The editions of the texts of one index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._then = lru_cache(maxsize=1024)(self._among)

    def on(self, clause: int, day: date) -> int | None:
        """Return the clause as it applied on a day: itself, or what it was in that day's edition; None for neither."""
        own = self._index.document_of(clause)
        if own.applies(day):
            return clause
        title = plain_title(own.title)
        others = (
            number
            for number, one in enumerate(self._index.documents)
            if (plain_title(one.title), one.region) == (title, own.region) and one.applies(day)
        )
        return self._then(clause, tuple(others))

    def _among(self, clause: int, editions: Sequence[int]) -> int | None:
        words = bigrams(self._index.clause(clause).text)
        found = np.flatnonzero(np.isin(self._index.clause_documents, editions)).tolist()
        likeness, best = max(((self._alike(words, one), one) for one in found), default=(0.0, clause))
        return best if likeness >= _SAME else None

    def _alike(self, words: frozenset[str], other: int) -> float:
        also = bigrams(self._index.clause(other).text)
        return 2 * len(words & also) / max(len(words) + len(also), 1)
