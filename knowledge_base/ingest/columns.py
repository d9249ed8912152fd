"""Puts a page printed in two columns into the order it is read in, as if it had one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import Final

_FEWEST: Final = 5
"""Lines that make a column."""
_PROSE: Final = 8
"""Characters of an ordinary line of prose; cells of tables hold fewer."""
_FULL: Final = 0.4
_ACROSS: Final = 0.25
_BESIDE: Final = 0.5
_APART: Final = 1.8
_PARTED: Final = 0.2


@dataclass(frozen=True, slots=True)
class Piece:
    """Words that stand together on one line of a page, and where."""

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float


def bands(pieces: Sequence[Piece]) -> Iterator[Sequence[Piece]]:
    """Return the parts of a page one after another: each is read from top to bottom, and columns left before right.

    The right column is moved over the left one, for a paragraph goes on from one to the other.
    """
    gutter = _gutter(pieces)
    if gutter is None:
        yield pieces
        return
    end, begin = gutter
    shift = begin - min(piece.left for piece in pieces if piece.right <= end)
    left: list[Piece] = []
    right: list[Piece] = []
    for piece in sorted(pieces, key=lambda p: -p.top):
        if piece.right <= end:
            left.append(piece)
        elif piece.left >= begin:
            right.append(replace(piece, left=piece.left - shift, right=piece.right - shift))
        else:
            yield from filter(None, (left, right))
            left, right = [], []
            yield [piece]
    yield from filter(None, (left, right))


def _gutter(pieces: Sequence[Piece]) -> tuple[float, float] | None:
    """Return where the left column ends and the right one begins; None on a page without columns of prose."""
    if len(pieces) < 2 * _FEWEST:
        return None
    size = median(piece.size for piece in pieces)
    first, last = min(piece.left for piece in pieces), max(piece.right for piece in pieces)
    third = (last - first) / 3
    tried = (first + third + step * size / 2 for step in range(int(2 * third / size)))
    found = [parted for x in tried if (parted := _parted_at(x, pieces, size))]
    return min(found, key=lambda parted: _across(pieces, *parted), default=None)


def _across(pieces: Sequence[Piece], end: float, begin: float) -> int:
    return sum(piece.left < begin and piece.right > end for piece in pieces)


def _parted_at(middle: float, pieces: Sequence[Piece], size: float) -> tuple[float, float] | None:
    left = [piece for piece in pieces if piece.right <= middle]
    right = [piece for piece in pieces if piece.left >= middle]
    if min(len(left), len(right)) < _FEWEST or len(left) + len(right) < (1 - _ACROSS) * len(pieces):
        return None
    end, begin = max(piece.right for piece in left), min(piece.left for piece in right)
    if begin - end < size or not (_is_prose(left, size) and _is_prose(right, size)):
        return None
    return (end, begin) if _stand_beside(left, right) else None


def _is_prose(column: Sequence[Piece], size: float) -> bool:
    """Tell lines that fill their column, one close below another, from the cells of a table."""
    end = max(piece.right for piece in column)
    full = sum(piece.right >= end - 2 * size for piece in column)
    tops = sorted((piece.top for piece in column), reverse=True)
    steps = [above - below for above, below in pairwise(tops)]
    apart = sum(step > _APART * median(steps) for step in steps)
    long = median(len(piece.text) for piece in column) >= _PROSE
    return long and full >= _FULL * len(column) and apart <= _PARTED * len(steps)


def _stand_beside(left: Sequence[Piece], right: Sequence[Piece]) -> bool:
    top = min(max(piece.top for piece in column) for column in (left, right))
    bottom = max(min(piece.bottom for piece in column) for column in (left, right))
    tallest = max(max(p.top for p in column) - min(p.bottom for p in column) for column in (left, right))
    return top - bottom >= _BESIDE * tallest
