"""Reads PDF files: printed lines become paragraphs again, running heads and page numbers stay on their pages.

A page knows where letters stand and nothing else, so paragraphs are told by how offices print them: a line goes on
where the one before it was full and this one is not indented.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from statistics import median
from typing import Any, Final

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LAParams, LTPage
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser

from knowledge_base.ingest.apart import serve
from knowledge_base.ingest.columns import Piece, bands
from knowledge_base.ingest.grid import Row, rows_of
from knowledge_base.ingest.letters import joined, letters_of, level_and_tilted, pictures, piece_of, rules, text_lines
from knowledge_base.ingest.page import opens_clause
from knowledge_base.ingest.parsed import FileRefused, Line, Reading, Remark

_MAX_PAGES: Final = 2000
_EDGE_LINES: Final = 2
_PAGE_NUMBER: Final = re.compile(
    r"^[\s\-—–_·.]*(?:第?\s*\d{1,4}\s*页?|[ivxlc]{1,6})(?:\s*[/,，]?\s*共?\s*\d{1,4}\s*页?)?[\s\-—–_·.]*$"
)
_DIGITS: Final = re.compile(r"\d+")
_UNMAPPED: Final = re.compile(r"\(cid:\d+\)")
_UNBROKEN: Final = re.compile(r"[!-~]+")
"""Latin words and figures go to the next line whole, and leave the one before them short."""
_TOO_DAMAGED: Final = 0.05
_COLLECTIONS: Final = frozenset({b"Adobe", b"Identity", b"UCS", b"GB1", b"CNS1", b"Japan1", b"Korea1", b"KR"})
"""Names of character collections (ISO 32000-1, 9.7.3)."""
_ENDED: Final = ("。", "；", ";", "：", ":", "！", "？", "”")
_PICTURE: Final = "这一页是图片，上面的文字没有收录；要先做文字识别（OCR）"
_TURNED: Final = "这一页的字是横躺或者倒着的，没有收录；请把页面转正，再存一次"
_STAMPED: Final = "斜着印的字（水印之类），未收录："
_SHOWN: Final = 30
_FEW_WORDS: Final = 50
_LOCKED: Final = "加了密码；请另存为不加密的文件"
_BROKEN: Final = "PDF 坏了，或者没有下载完；请重新下载，或者用阅读器打开，另存一份再收"
_CELL: Final = " | "
_GAP: Final = 1.5
_FULL: Final = 1.3
_INDENT: Final = 0.7
_LOOSE: Final = 1.6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Printed:
    """One printed line: its cells from left to right (one, but for tables), and where it stands."""

    cells: tuple[str, ...]
    left: float
    right: float
    top: float
    bottom: float
    size: float
    page: int
    number: int = 0

    @property
    def text(self) -> str:
        return " ".join(self.cells)


@dataclass(frozen=True, slots=True)
class _Page:
    """The printed lines of one page, why the rest of it is not among them, and what was stamped across it."""

    number: int
    lines: list[_Printed]
    lost: str | None
    stamped: str


@dataclass(frozen=True, slots=True)
class _Margins:
    left: float
    right: float
    step: float


def read_pdf(content: bytes) -> Reading:
    """Read a PDF. Raises FileRefused for one that asks for a password, is damaged, hostile, or only pictures of pages."""
    if not content.lstrip()[:5].startswith(b"%PDF"):
        msg = "不是 PDF"
        raise FileRefused(msg)
    try:
        document = _opened(content)
        pages = tuple(_pages(document))
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        raise FileRefused(_LOCKED) from error
    except FileRefused:
        raise
    except Exception as error:
        raise FileRefused(_BROKEN) from error
    if not any(page.lines and not page.lost for page in pages):
        turned = any(page.lost == _TURNED for page in pages)
        raise FileRefused(_TURNED if turned else "里面没有文字，只有页面的图片；要先做文字识别（OCR）")
    kept, furniture = _without_running_lines([page.lines for page in pages])
    lines = tuple(_paragraphs(kept))
    lost = (Remark(line=1, page=page.number, text=page.lost) for page in pages if page.lost)
    stamps = (Remark(line=1, page=page.number, text=f"{_STAMPED}{page.stamped}") for page in pages if page.stamped)
    return Reading(
        lines=lines,
        problems=(*_unreadable(lines, locked=document.encryption is not None), *lost),
        notes=(*furniture, *stamps),
    )


def _opened(content: bytes) -> PDFDocument:
    """Open a file, also one that only its owner's password keeps from being changed: it is encrypted all the same.

    Some programs leave the names of character collections out of the encryption; decrypted they would name none, and
    no letter of the file could be told.
    """
    document = PDFDocument(PDFParser(BytesIO(content)))
    if decipher := document.decipher:

        def sparing(objid: int, genno: int, data: bytes, attrs: dict[str, Any] | None = None) -> bytes:
            return data if data in _COLLECTIONS else decipher(objid, genno, data, attrs)

        document.decipher = sparing
    return document


def _pages(document: PDFDocument) -> Iterator[_Page]:
    parameters = LAParams(boxes_flow=None, all_texts=True, word_margin=0.5, char_margin=1.8, line_margin=0.1)
    resources = PDFResourceManager()
    device = PDFPageAggregator(resources, laparams=parameters)
    interpreter = PDFPageInterpreter(resources, device)
    for number, page in enumerate(PDFPage.create_pages(document), 1):
        if number > _MAX_PAGES:
            msg = f"超过 {_MAX_PAGES} 页"
            raise FileRefused(msg)
        interpreter.process_page(page)
        layout = device.get_result()
        level, tilted = level_and_tilted(layout)
        found = [] if len(tilted) > level else _printed_on(layout, page=number)
        printed = [replace(line, number=at) for at, line in enumerate(found, 1)]
        lost = _TURNED if len(tilted) > level else _PICTURE if _is_picture(layout, printed) else None
        yield _Page(number, printed, lost=lost, stamped="" if lost else tilted[:_SHOWN])


def _printed_on(layout: LTPage, *, page: int) -> list[_Printed]:
    """Return what is printed on a page in the order it is read in: ruled tables by their cells, columns one by one."""
    lines = [line for line in text_lines(layout) if next(letters_of(line), None)]
    letters = [(at, letter) for at, line in enumerate(lines) for letter in letters_of(line)]
    tables = rows_of(rules(layout), [letter for _, letter in letters])
    if not tables:
        pieces = [piece_of(line) for line in lines]
        return [_printed(row, page=page) for band in bands(pieces) for row in _rows(band)]
    taken = frozenset().union(*(own for _, own in tables))
    left: dict[int, list[Piece]] = {}
    for number, (at, letter) in enumerate(letters):
        if number not in taken:
            left.setdefault(at, []).append(letter)
    whole = Counter(at for at, _ in letters)
    pieces = [piece_of(lines[at]) if len(own) == whole[at] else joined(own) for at, own in left.items()]
    found = [_printed(row, page=page) for row in _rows(pieces)]
    found += [_in_cells(row, [letters[number][1] for number in own], page=page) for row, own in tables]
    return sorted(found, key=lambda line: -line.top)


def _in_cells(row: Row, letters: Sequence[Piece], *, page: int) -> _Printed:
    standing = letters or [Piece("", row.box.left, row.box.right, row.box.top, row.box.bottom, 1.0)]
    return _Printed(
        cells=row.cells,
        left=min(letter.left for letter in standing),
        right=max(letter.right for letter in standing),
        top=row.box.top,
        bottom=row.box.bottom,
        size=median(letter.size for letter in standing),
        page=page,
    )


def _is_picture(layout: LTPage, printed: Sequence[_Printed]) -> bool:
    """Tell a page that was photographed or drawn: one without a word, or hardly any beside a picture of half its size."""
    if not printed:
        return len(layout) > 0
    if sum(len(line.text) for line in printed) >= _FEW_WORDS:
        return False
    return any(picture.width * picture.height * 2 >= layout.width * layout.height for picture in pictures(layout))


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Put side by side what is printed on one height, top to bottom and left to right."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda p: (-(p.top + p.bottom), p.left)):
        middle = (piece.top + piece.bottom) / 2
        if rows and rows[-1][0].bottom < middle < rows[-1][0].top:
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda p: p.left) for row in rows]


def _printed(row: Sequence[Piece], *, page: int) -> _Printed:
    cells = [row[0].text]
    for before, piece in pairwise(row):
        if piece.left - before.right > _GAP * piece.size:
            cells.append(piece.text)
        else:
            cells[-1] += piece.text
    return _Printed(
        cells=tuple(cells),
        left=row[0].left,
        right=row[-1].right,
        top=max(p.top for p in row),
        bottom=min(p.bottom for p in row),
        size=median(p.size for p in row),
        page=page,
    )


def _without_running_lines(pages: Sequence[list[_Printed]]) -> tuple[list[_Printed], list[Remark]]:
    """Part running heads, feet and page numbers from the text: they come again at the edge of page after page."""
    seen: Counter[str] = Counter()
    for lines in pages:
        seen.update({_shape(line) for line in _edges(lines)})
    often = max(2, len(pages) / 2)
    kept, furniture = [], []
    for lines in pages:
        edges = _edges(lines)
        for line in lines:
            if line in edges and (
                _PAGE_NUMBER.match(line.text) or (seen[_shape(line)] >= often and not opens_clause(line.text))
            ):
                furniture.append(Remark(line=line.number, page=line.page, text=f"页眉页脚，未收录：{line.text[:30]}"))
            else:
                kept.append(line)
    return kept, furniture


def _edges(lines: Sequence[_Printed]) -> Sequence[_Printed]:
    return (*lines[:_EDGE_LINES], *lines[-_EDGE_LINES:])


def _shape(line: _Printed) -> str:
    return f"{_DIGITS.sub('#', line.text)}@{line.top:.0f}"


def _paragraphs(lines: Sequence[_Printed]) -> Iterator[Line]:
    """Join printed lines into paragraphs; rows of a table stay by themselves."""
    margins = _margins(lines)
    opened: _Printed | None = None
    words = ""
    previous: _Printed | None = None
    for at, line in enumerate(lines):
        if opened and previous and not _in_table(lines, at) and _goes_on(previous, line, margins):
            words += _glued(words, line.text)
        else:
            if opened:
                yield Line(words, opened.number, opened.page)
            opened = line
            words = _CELL.join(line.cells) if _in_table(lines, at) else line.text
        previous = None if _in_table(lines, at) else line
    if opened:
        yield Line(words, opened.number, opened.page)


def _margins(lines: Sequence[_Printed]) -> _Margins:
    """Tell where full lines begin and end, from the lines as long as most."""
    if not lines:
        return _Margins(0, 0, 0)
    right = sorted(line.right for line in lines)[int(len(lines) * 0.9)]
    full = [line for line in lines if line.right >= right - 2 * line.size]
    left = min(Counter(round(line.left) for line in full).most_common(2))[0]
    steps = [a.top - b.top for a, b in pairwise(lines) if a.page == b.page and a.top > b.top]
    return _Margins(left, right, median(steps) if steps else 0)


def _goes_on(before: _Printed, line: _Printed, margins: _Margins) -> bool:
    """Tell whether a printed line goes on with the paragraph of the one before it."""
    word = _UNBROKEN.match(line.text)
    unbroken = len(word[0]) * line.size / 2 if word else 0
    if before.right + unbroken < margins.right - _FULL * before.size or abs(line.size - before.size) > before.size / 8:
        return False
    if line.left > margins.left + _INDENT * line.size:
        return False
    if line.page == before.page and margins.step and before.top - line.top > _LOOSE * margins.step:
        return False
    return not (opens_clause(line.text) and before.text.endswith(_ENDED))


def _in_table(lines: Sequence[_Printed], at: int) -> bool:
    """Tell a row of a table: it has cells, and so has the line above or below it."""
    if len(lines[at].cells) == 1:
        return False
    return any(0 <= other < len(lines) and len(lines[other].cells) > 1 for other in (at - 1, at + 1))


def _glued(words: str, more: str) -> str:
    """Return the link and the words to add: Latin words keep their blank, characters need none."""
    apart = words[-1:].isascii() and words[-1:].isalpha() and more[:1].isascii() and more[:1].isalpha()
    return f" {more}" if apart else more


def _unreadable(lines: Sequence[Line], *, locked: bool) -> tuple[Remark, ...]:
    """Report lines with letters the file gives no meaning for; a file full of them is refused."""
    lost = sum(len(_UNMAPPED.findall(line.text)) for line in lines)
    if lost > _TOO_DAMAGED * sum(len(_UNMAPPED.sub("字", line.text)) for line in lines):
        raise FileRefused(_LOCKED if locked else "没有写明字形是哪些字；要先做文字识别（OCR）")
    return tuple(
        Remark(line=line.number, page=line.page, text=f"有无法辨认的字：{line.text[:40]}")
        for line in lines
        if _UNMAPPED.search(line.text)
    )


if __name__ == "__main__":
    sys.exit(serve(read_pdf))
