"""Reads the tables of a page by their ruled lines: what stands in one cell belongs together, however it is broken."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from knowledge_base.ingest.columns import Piece

_THIN: Final = 2.5
_NEAR: Final = 3.0
_FEWEST_COLUMNS: Final = 2
_FEWEST_ROWS: Final = 2
_MOST_RULES: Final = 5_000
"""More are a drawing."""
_MOST_LINES: Final = 12
"""Two cells side by side with more lines than this are columns of a page, with a line between them."""
_BLANK: Final = 0.5


@dataclass(frozen=True, slots=True)
class Box:
    """Where something stands on a page, measured from below."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: the words of its cells, and where it stands."""

    cells: tuple[str, ...]
    box: Box


@dataclass(frozen=True, slots=True)
class _Cell:
    left: float
    right: float
    band: int


def rows_of(rules: Iterable[Box], letters: Sequence[Piece]) -> list[tuple[Row, frozenset[int]]]:
    """Return the rows of every ruled table, each with the letters (by number) that stand in it."""
    across, down = _straight(rules)
    if len(across) + len(down) > _MOST_RULES:
        return []
    found: list[tuple[Row, frozenset[int]]] = []
    for low, high in _regions(down):
        inside = [rule for rule in across if low - _NEAR <= rule.bottom <= high + _NEAR]
        table = list(_table(inside, [rule for rule in down if low <= rule.bottom and rule.top <= high], letters))
        if len(table) >= _FEWEST_ROWS:
            found += _within_a_frame(table)
    return found


def _within_a_frame(table: list[tuple[Row, frozenset[int]]]) -> Iterator[tuple[Row, frozenset[int]]]:
    """Leave out what lies between a table and a frame around the page: columns in which nothing stands."""
    first = 1 if all(row.cells[0] == "" for row, _ in table) else 0
    last = -1 if all(row.cells[-1] == "" for row, _ in table) else None
    for row, own in table:
        cells = row.cells[first:last]
        if len(cells) >= _FEWEST_COLUMNS:
            yield Row(cells, row.box), own


def _straight(rules: Iterable[Box]) -> tuple[list[Box], list[Box]]:
    """Part what runs across from what runs down; a frame is two of each."""
    across, down = [], []
    for box in rules:
        thin = box.top - box.bottom <= _THIN, box.right - box.left <= _THIN
        if thin == (True, False):
            across.append(box)
        elif thin == (False, True):
            down.append(box)
        elif thin == (False, False):
            across += (Box(box.left, y, box.right, y) for y in (box.bottom, box.top))
            down += (Box(x, box.bottom, x, box.top) for x in (box.left, box.right))
    return across, down


def _regions(down: Sequence[Box]) -> Iterator[tuple[float, float]]:
    """Return from where to where lines run down the page without a break."""
    opened: tuple[float, float] | None = None
    for rule in sorted(down, key=lambda r: r.bottom):
        if opened and rule.bottom <= opened[1] + _NEAR:
            opened = (opened[0], max(opened[1], rule.top))
        else:
            if opened:
                yield opened
            opened = (rule.bottom, rule.top)
    if opened:
        yield opened


def _table(
    across: Sequence[Box], down: Sequence[Box], letters: Sequence[Piece]
) -> Iterator[tuple[Row, frozenset[int]]]:
    heights = _apart(sorted((rule.bottom for rule in across), reverse=True))
    bands = list(pairwise(heights))
    cells = [_cells(band, top, bottom, down) for band, (top, bottom) in enumerate(bands)]
    held = _held(cells, bands, letters)
    groups = _merged(cells, bands, across)
    for band, (top, bottom) in enumerate(bands):
        row = cells[band]
        if len(row) < _FEWEST_COLUMNS or sum(_lines(letters, held[cell]) > _MOST_LINES for cell in row) > 1:
            continue
        words = tuple(_words(letters, [n for one in groups[cell] for n in held[one]]) for cell in row)
        if any(words):
            own = frozenset(number for cell in row for number in held[cell])
            yield Row(words, Box(row[0].left, bottom, row[-1].right, top)), own


def _cells(band: int, top: float, bottom: float, down: Sequence[Box]) -> list[_Cell]:
    middle = (top + bottom) / 2
    edges = _apart(sorted(rule.left for rule in down if rule.bottom <= middle <= rule.top))
    return [_Cell(left, right, band) for left, right in pairwise(edges)]


def _held(
    cells: Sequence[Sequence[_Cell]], bands: Sequence[tuple[float, float]], letters: Sequence[Piece]
) -> dict[_Cell, list[int]]:
    held: dict[_Cell, list[int]] = {cell: [] for row in cells for cell in row}
    for number, letter in enumerate(letters):
        x, y = (letter.left + letter.right) / 2, (letter.top + letter.bottom) / 2
        band = next((at for at, (top, bottom) in enumerate(bands) if bottom <= y < top), None)
        cell = None if band is None else next((c for c in cells[band] if c.left <= x < c.right), None)
        if cell:
            held[cell].append(number)
    return held


def _merged(
    cells: Sequence[Sequence[_Cell]], bands: Sequence[tuple[float, float]], across: Sequence[Box]
) -> dict[_Cell, list[_Cell]]:
    """Return the cells that are one, with no line between them: each is read with what stands in all of them."""
    groups = {cell: [cell] for row in cells for cell in row}
    for band, (_, bottom) in enumerate(bands[:-1]):
        for cell in cells[band]:
            below = next((c for c in cells[band + 1] if _same(c.left, cell.left) and _same(c.right, cell.right)), None)
            middle = (cell.left + cell.right) / 2
            if below and not any(_same(r.bottom, bottom) and r.left <= middle <= r.right for r in across):
                groups[cell].append(below)
                groups[below] = groups[cell]
    return groups


def _words(letters: Sequence[Piece], numbers: Sequence[int]) -> str:
    """Return the words of a cell: its letters line by line, with a blank where the page leaves one."""
    words, before = "", None
    for letter in _in_order([letters[number] for number in numbers]):
        if before:
            same_line = abs(letter.bottom - before.bottom) < before.size / 2
            gap = same_line and letter.left - before.right > _BLANK * letter.size
            latin = not same_line and all(one.text.isascii() and one.text.isalpha() for one in (before, letter))
            words += " " if gap or latin else ""
        words += letter.text
        before = letter
    return words


def _in_order(letters: Sequence[Piece]) -> list[Piece]:
    rows: list[list[Piece]] = []
    for letter in sorted(letters, key=lambda one: -(one.top + one.bottom)):
        if rows and rows[-1][0].bottom < (letter.top + letter.bottom) / 2 < rows[-1][0].top:
            rows[-1].append(letter)
        else:
            rows.append([letter])
    return [letter for row in rows for letter in sorted(row, key=lambda one: one.left)]


def _lines(letters: Sequence[Piece], numbers: Sequence[int]) -> int:
    return len(_apart(sorted(letters[number].bottom for number in numbers)))


def _apart(values: Sequence[float]) -> list[float]:
    """Return sorted values without those that a line's width lies between."""
    kept: list[float] = []
    for value in values:
        if not kept or not _same(value, kept[-1]):
            kept.append(value)
    return kept


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _NEAR
