"""The port of vector engines: rows go in at build, the nearest admitted ones come out.

Whoever asks says beforehand which rows may be found at all. Every engine filters before it ranks: a row outside the
mask is never returned, and never takes the place of one inside.
"""

from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from knowledge_base.embedding import Matrix, Vector
from knowledge_base.types import KnowledgeUnavailable

Mask: TypeAlias = NDArray[np.bool_]
Rows: TypeAlias = NDArray[np.int64]
Cosines: TypeAlias = NDArray[np.float32]


class ShapeMismatch(KnowledgeUnavailable):
    """A vector or mask of another length than the index has: it belongs to another model or another build."""


class VectorsUnreachable(KnowledgeUnavailable):
    """The server that keeps the vectors does not answer, or is not set."""


class EngineUnknown(KnowledgeUnavailable):
    """The configured engine of vectors is none that we have."""


class Nearest(NamedTuple):
    """Rows, best first, and how near each lies."""

    rows: Rows
    cosines: Cosines


NONE_NEAR = Nearest(np.zeros(0, np.int64), np.zeros(0, np.float32))


class VectorIndex(Protocol):
    """Unit vectors, numbered from nought, opened for many threads."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def __len__(self) -> int:
        """Return how many rows there are."""

    def search(self, vector: Vector, /, *, count: int, mask: Mask | None = None) -> Nearest:
        """Return the nearest rows within the mask, at most so many. Raises ShapeMismatch, VectorsUnreachable."""

    def cosines(self, vector: Vector, rows: Rows, /) -> Cosines:
        """Return how near the given rows lie, in their order. Raises IndexError for a row that is not there."""

    def close(self) -> None:
        """Give back what is held; nobody searches any more."""


class Engine(Protocol):
    """One way of keeping rows. Writes into a folder of a build, and opens what it wrote."""

    @property
    def name(self) -> str:
        """What a build is marked with."""

    def write(self, rows: Matrix, folder: Path, /) -> None:
        """Keep the rows; all that is needed to find them again is under the folder."""

    def open(self, folder: Path, /) -> VectorIndex:
        """Open what was written there. Raises OSError, ValueError or RuntimeError where it is not whole."""

    def discard(self, folder: Path, /) -> None:
        """Forget what was kept elsewhere for this folder, which is about to be removed."""


def fitting(vector: Vector, *, dimension: int) -> Vector:
    """Return the vector as one contiguous row. Raises ShapeMismatch."""
    if vector.shape != (dimension,):
        msg = f"a vector of shape {vector.shape} was searched among vectors of length {dimension}; build again"
        raise ShapeMismatch(msg)
    return np.ascontiguousarray(vector, np.float32)


def covering(mask: Mask | None, *, rows: int) -> Mask | None:
    """Return the mask if it speaks of every row. Raises ShapeMismatch."""
    if mask is not None and mask.shape != (rows,):
        msg = f"a mask of shape {mask.shape} was laid on {rows} rows"
        raise ShapeMismatch(msg)
    return mask


def existing(rows: Rows, *, count: int) -> Rows:
    """Return the rows if there are such. Raises IndexError."""
    if len(rows) and (rows.min() < 0 or rows.max() >= count):
        msg = f"rows {rows.min()} to {rows.max()} were asked of {count}"
        raise IndexError(msg)
    return rows
