"""Gathers questions that ask the same, and says what they share in words that several people used (归并问题).

Nothing is told that fewer than so many people said: a name or a story stays in the conversation it was told in.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from knowledge_base.drafts import Asked
from knowledge_base.embedding import Matrix
from knowledge_base.text import bigrams, normalise

WORDS_ALIKE: Final = 0.3
"""Share of character pairs in common from which two questions count as one, where no model of meaning is at hand."""
_SHORTEST: Final = 2
_LONGEST: Final = 16
_MOST_PHRASES: Final = 5
_MOST_READ: Final = 200


def gathered(likeness: NDArray[np.float32], *, alike: float) -> tuple[tuple[int, ...], ...]:
    """Return which questions belong together, the largest group first; `likeness` compares each with each."""
    if len(likeness) < 2:  # noqa: PLR2004 - nothing to compare
        return tuple((number,) for number in range(len(likeness)))
    from sklearn.cluster import AgglomerativeClustering  # noqa: PLC0415 - heavy, and needed once a day

    apart = np.clip(1.0 - likeness, 0.0, None)
    np.fill_diagonal(apart, 0.0)
    model = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1.0 - alike
    )
    groups: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(model.fit_predict(apart)):
        groups[int(group)].append(number)
    return tuple(sorted(map(tuple, groups.values()), key=lambda group: (-len(group), group)))


def by_meaning(vectors: Matrix) -> NDArray[np.float32]:
    """Compare unit vectors."""
    likeness: NDArray[np.float32] = vectors @ vectors.T
    return likeness


def by_words(texts: Sequence[str]) -> NDArray[np.float32]:
    """Compare texts by the character pairs they share."""
    pairs = [bigrams(text) for text in texts]
    rows = [[2 * len(one & other) / max(len(one) + len(other), 1) for other in pairs] for one in pairs]
    return np.asarray(rows, np.float32).reshape(len(pairs), len(pairs))


def phrases(questions: Iterable[Asked], *, least: int) -> tuple[str, ...]:
    """Return the longest stretches of words that at least so many people used, the most telling first."""
    said: dict[str, set[str]] = defaultdict(set)
    for question in list(questions)[:_MOST_READ]:
        for stretch in _stretches(question.words):
            said[stretch].add(question.asker)
    shared = [stretch for stretch, people in said.items() if len(people) >= least]
    chosen: list[str] = []
    for stretch in sorted(shared, key=lambda s: (-len(s) * len(said[s]), s)):
        if not any(stretch in other or other in stretch or _overlap(stretch, other) for other in chosen):
            chosen.append(stretch)
    return tuple(chosen[:_MOST_PHRASES])


def _stretches(text: str) -> set[str]:
    runs = "".join(c if c.isalnum() else " " for c in normalise(text)).split()
    lengths = range(_SHORTEST, _LONGEST + 1)
    return {run[at : at + n] for run in runs for n in lengths for at in range(len(run) - n + 1)}


def _overlap(one: str, other: str) -> bool:
    """Tell whether two stretches are the same words cut at another place."""
    half = min(len(one), len(other)) // 2 + 1
    return any(one[at : at + half] in other for at in range(len(one) - half + 1))
