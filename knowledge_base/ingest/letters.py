"""Takes letters, lines of text, ruled lines and pictures off a page, as the PDF library lays them out."""

from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from pdfminer.layout import LTChar, LTContainer, LTCurve, LTImage, LTItem, LTLine, LTPage, LTRect, LTTextLine

from knowledge_base.ingest.columns import Piece
from knowledge_base.ingest.encoding import clean
from knowledge_base.ingest.grid import Box
from knowledge_base.ingest.parsed import strip_line

_WHOLE: Final = 0.9
_LEVEL: Final = 0.2
"""How steep a line may climb; only scans of paper are not quite level."""


def text_lines(item: LTItem) -> Iterator[LTTextLine]:
    """Return the lines of a page in which something is written."""
    if isinstance(item, LTTextLine):
        if item.get_text().strip() and any(isinstance(char, LTChar) for char in item):
            yield item
    elif isinstance(item, LTContainer):
        for part in item:
            yield from text_lines(part)


def letters_of(line: LTTextLine) -> Iterator[Piece]:
    """Return the letters of a line that stand level, blanks left out."""
    for char in line:
        if isinstance(char, LTChar) and char.get_text().strip() and _is_level(char):
            yield Piece(clean(char.get_text()), char.x0, char.x1, char.y1, char.y0, char.size)


def piece_of(line: LTTextLine) -> Piece:
    """Return a line as it is printed, without what is stamped across it."""
    if not all(_is_level(char) for char in line if isinstance(char, LTChar)):
        return joined(list(letters_of(line)))
    size = median(letter.size for letter in letters_of(line))
    return Piece(strip_line(clean(line.get_text())), line.x0, line.x1, line.y1, line.y0, size)


def joined(letters: Sequence[Piece]) -> Piece:
    """Make one piece of what is left of a line."""
    first, last = letters[0], letters[-1]
    words = "".join(letter.text for letter in letters)
    return Piece(words, first.left, last.right, first.top, first.bottom, first.size)


def level_and_tilted(layout: LTPage) -> tuple[int, str]:
    """Return how many letters stand level on a page, and those that do not."""
    letters = [char for line in text_lines(layout) for char in line if isinstance(char, LTChar)]
    tilted = "".join(char.get_text() for char in letters if not _is_level(char))
    return sum(map(_is_level, letters)), clean(tilted)


def _is_level(char: LTChar) -> bool:
    along, up = char.matrix[:2]
    return along > 0 and abs(up) <= _LEVEL * along


def rules(item: LTItem, page: LTPage | None = None) -> Iterator[Box]:
    """Return the ruled lines and frames of a page, but for one around all of it."""
    page = page or (item if isinstance(item, LTPage) else None)
    if isinstance(item, LTCurve):
        around = page and item.width > _WHOLE * page.width and item.height > _WHOLE * page.height
        if not around and (isinstance(item, LTLine | LTRect) or min(item.width, item.height) < 1):
            yield Box(item.x0, item.y0, item.x1, item.y1)
    elif isinstance(item, LTContainer) and not isinstance(item, LTTextLine):
        for part in item:
            yield from rules(part, page)


def pictures(item: LTItem) -> Iterator[LTImage]:
    """Return the pictures of a page."""
    if isinstance(item, LTImage):
        yield item
    elif isinstance(item, LTContainer):
        for part in item:
            yield from pictures(part)
