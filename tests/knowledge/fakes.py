"""An embedder that needs no model: texts that share character pairs lie near one another."""

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from knowledge_base.embedding import Matrix, Progress, Reading, Vector
from knowledge_base.text import bigrams

DIMENSION = 256


class PairEmbedder:
    """Counts which texts it was asked to embed, so that a test can see what a cache saved."""

    def __init__(self, name: str = "fake:pairs") -> None:
        self.name = name
        self.documents_by = name
        self.dimension = DIMENSION
        self.embedded: list[str] = []

    def read(self, text: str, /) -> Reading:
        return Reading(self._vector(text))

    def query(self, text: str, /) -> Vector:
        return self._vector(text)

    def queries(self, texts: Sequence[str], /) -> Matrix:
        return np.stack([self._vector(text) for text in texts])

    def documents(self, texts: Sequence[str], /, *, progress: Progress | None = None) -> Matrix:
        self.embedded.extend(texts)
        if progress:
            progress(len(texts))
        return self.queries(texts)

    def _vector(self, text: str) -> Vector:
        vector = np.full(DIMENSION, 0.05, np.float32)
        for pair in bigrams(text):
            vector[zlib.crc32(pair.encode()) % DIMENSION] += 1.0
        unit: Vector = vector / np.linalg.norm(vector)
        return unit


class PhraseReranker:
    """Prefers texts that hold a phrase, and remembers what it was given to read."""

    name = "fake:phrase"

    def __init__(self, phrase: str) -> None:
        self._phrase = phrase
        self.read: list[tuple[str, tuple[str, ...]]] = []

    def score(self, query: str, texts: Sequence[str], /) -> NDArray[np.float32]:
        self.read.append((query, tuple(texts)))
        return np.asarray([float(self._phrase in text) for text in texts], np.float32)
