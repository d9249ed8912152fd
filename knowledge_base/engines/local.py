"""Vectors in files beside the index, searched by FAISS: exact, by graph, or by cells with rescoring.

All three keep the rows themselves in half precision, which is what the embedder's cache holds, so nothing is lost. The
file is mapped, not read: it opens at once, and its pages are shared by all processes and given up when memory is short.

An approximate engine is exact where that is cheaper: with few rows admitted, a scan of just those takes less time than
a graph needs to find enough of them, and misses none.
"""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from knowledge_base.embedding import Matrix, Vector
from knowledge_base.engines.port import (
    NONE_NEAR,
    Cosines,
    Mask,
    Nearest,
    Rows,
    VectorIndex,
    covering,
    existing,
    fitting,
)

_Faiss: TypeAlias = Any
"""The library and its classes: its type stubs lack half of them."""

FILE: Final = "vectors.faiss"
# A scan takes 55 ns a row; a walk that must find its fill among a share of the rows grows with the inverse of that
# share. Over a million rows the two meet near a hundred thousand admitted ones, at 6 ms.
_SCANNED: Final = 100_000
_LINKS: Final = 32
_BUILD_EFFORT: Final = 100
_EFFORT: Final = 256
_MOST_EFFORT: Final = 4096
_CELLS_PER_ROOT: Final = 4  # cells: four times the root of the rows, FAISS's own rule
_LEAST_PER_CELL: Final = 39
_TRAINED_PER_CELL: Final = 64
_PROBED: Final = 64
_WORDS: Final = 256
_WORD_WIDTH: Final = 8
_RESCORED: Final = 4  # candidates for each row wanted, and no fewer than are walked through
_AT_ONCE: Final = 256  # rows multiplied at once: more take twice the time a row, in new memory and a second thread
_LEAST_FOR_CELLS: Final = _LEAST_PER_CELL * _WORDS


def _faiss() -> _Faiss:
    import faiss  # noqa: PLC0415 - loaded with the index, not with the module

    return faiss


def _exact(dimension: int) -> _Faiss:
    faiss = _faiss()
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


@cache
def _floats() -> NDArray[np.float32]:
    """Return what each half is as a float: numpy works it out anew for every number, and takes twice as long."""
    return np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(np.float32)


class _Shape(Protocol):
    """What makes one engine differ from another."""

    @property
    def name(self) -> str:
        """What a build is marked with."""

    def empty(self, rows: Matrix) -> _Faiss:
        """Return an index for rows like these, before they are added."""


@dataclass(frozen=True)
class Flat:
    """Every admitted row is looked at: exact, and the fastest up to some hundred thousand rows."""

    name: str = "flat"

    def empty(self, rows: Matrix) -> _Faiss:
        """Return rows in half precision and nothing else."""
        return _exact(rows.shape[1])


@dataclass(frozen=True)
class Graph:
    """HNSW (Malkov and Yashunin, 2016): a walk along a graph of neighbours; 256 bytes a row more than the rows."""

    name: str = "hnsw"

    def empty(self, rows: Matrix) -> _Faiss:
        """Return a graph over rows in half precision."""
        faiss = _faiss()
        graph = faiss.IndexHNSWSQ(rows.shape[1], faiss.ScalarQuantizer.QT_fp16, _LINKS, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = _BUILD_EFFORT
        return graph


@dataclass(frozen=True)
class Cells:
    """IVF-PQ (Jégou, Douze and Schmid, 2011) with rescoring: the smallest working set, for millions of rows.

    Codes of 48 bytes choose the candidates; the rows themselves, read from the map only for those, rank them. Without
    the second step it would find six of ten. Too few rows to learn a code book from are kept exactly.
    """

    name: str = "ivfpq"

    def empty(self, rows: Matrix) -> _Faiss:
        """Return cells and codes learnt from the rows, over the rows in half precision."""
        faiss = _faiss()
        count, dimension = rows.shape
        if count < _LEAST_FOR_CELLS:
            return _exact(dimension)
        cells = min(int(_CELLS_PER_ROOT * count**0.5), count // _LEAST_PER_CELL)
        parts = next(parts for parts in range(max(dimension // _WORD_WIDTH, 1), 0, -1) if dimension % parts == 0)
        coarse, bits = faiss.IndexFlatIP(dimension), (_WORDS - 1).bit_length()
        codes = faiss.IndexIVFPQ(coarse, dimension, cells, parts, bits, faiss.METRIC_INNER_PRODUCT)
        codes.cp.max_points_per_centroid = _TRAINED_PER_CELL
        return faiss.IndexRefine(codes, _exact(dimension))


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """One of the three, as an engine."""

    shape: _Shape
    scanned: int = _SCANNED
    """Up to so many admitted rows are scanned."""

    @property
    def name(self) -> str:
        """Return the shape's name."""
        return self.shape.name

    def write(self, rows: Matrix, folder: Path, /) -> None:
        """Learn, add and write."""
        faiss = _faiss()
        before = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(os.cpu_count() or 1)
        try:
            index = self.shape.empty(rows)
            if len(rows):
                index.train(rows)
                index.add(rows)
            faiss.write_index(index, str(folder / FILE))
        finally:
            faiss.omp_set_num_threads(before)

    def open(self, folder: Path, /) -> VectorIndex:
        """Map the file."""
        faiss = _faiss()
        faiss.omp_set_num_threads(1)  # questions come side by side; threads inside one would only be in their way
        return LocalIndex(faiss.read_index(str(folder / FILE), faiss.IO_FLAG_MMAP_IFC), scanned=self.scanned)

    def discard(self, folder: Path, /) -> None:
        """Do nothing: all of it is in the folder."""


class LocalIndex:
    """One opened file."""

    def __init__(self, index: _Faiss, *, scanned: int) -> None:
        """Find the rows inside the index. Raises ValueError for an index that is not one of ours."""
        faiss = _faiss()
        self._index, self._scanned = index, scanned
        match index:
            case faiss.IndexScalarQuantizer():
                self._rows = index
            case faiss.IndexHNSWSQ():
                self._rows = faiss.downcast_index(index.storage)
            case faiss.IndexRefine():
                self._rows = faiss.downcast_index(index.refine_index)
            case _:
                msg = f"{type(index).__name__} is no index of ours"
                raise ValueError(msg)
        self._halves = self._view()

    def _view(self) -> NDArray[np.float16]:
        """Return the rows as an array over the map itself."""
        faiss = _faiss()
        if not len(self):
            return np.zeros((0, self.dimension), np.float16)
        codes = faiss.rev_swig_ptr(self._rows.codes.data(), len(self) * self._rows.code_size)
        halves: NDArray[np.float16] = codes.view(np.float16).reshape(len(self), self.dimension)
        return halves

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        return int(self._index.d)

    def __len__(self) -> int:
        """Return how many rows there are."""
        return int(self._index.ntotal)

    def search(self, vector: Vector, /, *, count: int, mask: Mask | None = None) -> Nearest:
        """Return the nearest rows within the mask."""
        faiss = _faiss()
        query = fitting(vector, dimension=self.dimension).reshape(1, -1)
        mask = covering(mask, rows=len(self))
        admitted = len(self) if mask is None else int(np.count_nonzero(mask))
        wanted = min(count, admitted)
        if wanted < 1:
            return NONE_NEAR
        selector, bits = None, None
        if mask is not None and admitted < len(self):
            bits = np.packbits(mask, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(self), faiss.swig_ptr(bits))
        index, parameters = self._plan(selector, admitted=admitted, count=wanted)
        cosines, rows = index.search(query, wanted, params=parameters)
        found = rows[0] >= 0
        return Nearest(rows[0][found], cosines[0][found])

    def _plan(self, selector: _Faiss, *, admitted: int, count: int) -> tuple[_Faiss, _Faiss]:
        """Choose how to search: a scan where few rows are admitted, more effort the smaller their share."""
        faiss = _faiss()
        if admitted <= self._scanned or self._index is self._rows:
            return self._rows, faiss.SearchParameters(sel=selector)
        rarity = len(self) / admitted
        if isinstance(self._index, faiss.IndexHNSWSQ):
            effort = min(int(max(_EFFORT, 2 * count) * rarity), _MOST_EFFORT)
            return self._index, faiss.SearchParametersHNSW(efSearch=effort, sel=selector)
        cells = faiss.SearchParametersIVF(nprobe=int(_PROBED * rarity), sel=selector)
        return self._index, faiss.IndexRefineSearchParameters(
            k_factor=max(_RESCORED, _EFFORT / count), base_index_params=cells
        )

    def cosines(self, vector: Vector, rows: Rows, /) -> Cosines:
        """Return how near the given rows lie."""
        query = fitting(vector, dimension=self.dimension)
        rows = existing(rows, count=len(self))
        near = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            near[part] = _floats().take(self._halves[rows[part]].view(np.uint16)) @ query
        return near

    def close(self) -> None:
        """Let go of the map; it ends with its last reader."""
        del self._halves, self._rows, self._index
