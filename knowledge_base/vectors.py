"""Remembers the vectors of texts already embedded, so that a rebuild costs only what changed.

Two files that only grow: keys (16 bytes a text) and vectors (half precision). An interrupted build keeps what it did,
and several may write at once: a build, a training, a calibration.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import numpy as np

from knowledge_base.embedding import Embedder, Matrix, Progress

_KEY_BYTES: Final = 16
_STEP: Final = 256


class _Embed(Protocol):
    """Either way of embedding."""

    def __call__(self, texts: Sequence[str], /, *, progress: Progress | None) -> Matrix: ...


class VectorCache:
    """Vectors by text: those of documents under what made them, those of questions under the whole model."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        self._embedder = embedder
        self._documents = _Rows(folder, embedder.documents_by, dimension=embedder.dimension, kind=b"document")
        self._queries = _Rows(folder, embedder.name, dimension=embedder.dimension, kind=b"query")

    def documents(self, texts: Sequence[str], *, progress: Progress | None = None) -> Matrix:
        """Return one vector a passage, embedding only those never seen."""
        return self._documents.of(texts, self._embedder.documents, progress)

    def queries(self, texts: Sequence[str], *, progress: Progress | None = None) -> Matrix:
        """Return one vector a question, embedding only those never seen."""

        def embed(step: Sequence[str], *, progress: Progress | None = None) -> Matrix:
            vectors = self._embedder.queries(step)
            if progress:
                progress(len(step))
            return vectors

        return self._queries.of(texts, embed, progress)


class _Rows:
    """Rows by text, on file."""

    def __init__(self, folder: Path, made_by: str, *, dimension: int, kind: bytes) -> None:
        self._dimension, self._kind = dimension, kind
        self._folder = folder / hashlib.sha256(made_by.encode()).hexdigest()[:16]
        self._folder.mkdir(parents=True, exist_ok=True)
        self._keys_file, self._vectors_file = (self._folder / f"{kind.decode()}.{part}" for part in ("keys", "vectors"))
        self._row_bytes = 2 * dimension
        with self._alone() as (_, _, count):
            keys = self._keys_file.read_bytes()
        self._rows = {keys[i * _KEY_BYTES : (i + 1) * _KEY_BYTES]: i for i in range(count)}

    @contextmanager
    def _alone(self) -> Iterator[tuple[BinaryIO, BinaryIO, int]]:
        """Keep other writers out, drop a step that was cut short, and lend both files with the rows they hold."""
        with self._keys_file.open("ab") as keys, self._vectors_file.open("ab") as vectors:
            fcntl.flock(keys, fcntl.LOCK_EX)  # let go when the file is closed
            sizes = ((keys, _KEY_BYTES), (vectors, self._row_bytes))
            count = min(os.fstat(file.fileno()).st_size // size for file, size in sizes)
            for file, size in sizes:
                file.truncate(count * size)
            yield keys, vectors, count

    def of(self, texts: Sequence[str], embed: _Embed, progress: Progress | None) -> Matrix:
        """Return the rows of these texts in their order."""
        keys = [hashlib.blake2b(text.encode(), digest_size=_KEY_BYTES, person=self._kind).digest() for text in texts]
        missing = list({key: i for i, key in enumerate(keys) if key not in self._rows}.values())
        if progress:
            progress(len(texts) - len(missing))
        # The longest first, so that a batch holds texts of like length and the slow part comes first.
        missing.sort(key=lambda i: -len(texts[i]))
        for start in range(0, len(missing), _STEP):
            step = missing[start : start + _STEP]
            vectors = embed([texts[i] for i in step], progress=progress)
            self._append([keys[i] for i in step], vectors)
        if not texts:
            return np.zeros((0, self._dimension), np.float32)
        rows = [self._rows[key] for key in keys]
        # No further than our own rows: another may be writing behind them.
        stored = np.memmap(self._vectors_file, np.float16, "r", shape=(max(rows) + 1, self._dimension))
        return stored[rows].astype(np.float32)

    def _append(self, keys: Sequence[bytes], vectors: Matrix) -> None:
        with self._alone() as (keys_file, vectors_file, count):
            vectors_file.write(vectors.astype(np.float16).tobytes())
            keys_file.write(b"".join(keys))
        self._rows |= {key: count + i for i, key in enumerate(keys)}
