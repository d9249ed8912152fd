"""Reads web pages: the words of the document line by line, tables as rows, without the page's own furniture.

What stands after the element that holds the marked paragraphs is the page's and not the document's, whatever it says;
what stands before it may be the document's metadata and is left to the parser.
"""

import copy
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from lxml import etree, html

from knowledge_base.ingest.encoding import clean, decode
from knowledge_base.ingest.page import is_own_text, left_out, opens_clause, squeeze
from knowledge_base.ingest.parsed import FileRefused, Line, Reading, Remark, find_date, strip_line

_Element: TypeAlias = html.HtmlElement

_DROPPED: Final = frozenset(
    [
        "head",
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "iframe",
        "object",
        "form",
        "select",
        "option",
        "button",
        "input",
        "textarea",
        "nav",
        "footer",
        "aside",
        "audio",
        "video",
        "map",
        "canvas",
        "dialog",
        "del",
        "s",
        "strike",
    ]
)
_INLINE: Final = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "em",
        "font",
        "i",
        "ins",
        "kbd",
        "label",
        "mark",
        "o:p",
        "q",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)
_FURNISHED: Final = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|menu|footer|foot|breadcrumbs?|crumbs?|sidebar|share|bdshare|related|copyright|pager|"
    r"pagination|toolbar|qrcode|counter|print|login|search|links?|friendlink|topbar)(?:$|[\s_-])",
    re.IGNORECASE,
)
_AS_TYPED: Final = frozenset(["pre", "xmp", "listing", "plaintext"])
"""Elements that break lines where their source does."""
_FRAMES: Final = frozenset(["frame", "iframe"])
_INVISIBLE: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACE: Final = re.compile(r"[ \t\r\n\u00a0]+")
_SIGNED: Final = re.compile(r"^[㐀-鿿\s]{4,40}(?:局|厅|办公室|政府|委员会|部|院)$")
_CELL: Final = " | "
_SHORT: Final = 200
_TOO_DEEP: Final = 200


@dataclass(slots=True)
class _Block:
    """One line of the page: its words, where it began, and the element it stands in."""

    text: str
    line: int
    holder: _Element


@dataclass(slots=True)
class _Walk:
    """Goes through a page once, top to bottom, and cuts it into lines."""

    blocks: list[_Block] = field(default_factory=list)
    dropped: list[tuple[int, str]] = field(default_factory=list)
    _words: list[str] = field(default_factory=list)
    _line: int = 0
    _as_typed: int = 0

    def visit(self, element: _Element, holder: _Element, depth: int = 0) -> None:
        if depth > _TOO_DEEP:
            msg = "网页元素嵌套得太深"
            raise FileRefused(msg)
        if not isinstance(element.tag, str):
            return  # a comment
        tag = element.tag
        if tag in _DROPPED or _is_hidden(element) or _is_furnished(element):
            self._drop(element)
        elif tag == "br":
            self.end(holder)
        elif tag == "tr" and (cells := _cells(element)) is not None:
            self.end(holder)
            self._say(_CELL.join(cells), element)
            self.end(element)
        elif tag in _INLINE:
            self._inside(element, holder, depth)
        elif tag in _AS_TYPED:
            self.end(holder)
            self._as_typed += 1
            self._inside(element, element, depth)
            self._as_typed -= 1
            self.end(element)
        else:
            self.end(holder)
            self._inside(element, element, depth)
            self.end(element)

    def _inside(self, element: _Element, holder: _Element, depth: int) -> None:
        self._say(element.text, element)
        for child in element:
            self.visit(child, holder, depth + 1)
            self._say(child.tail, child)

    def _say(self, words: str | None, element: _Element) -> None:
        if words and self._as_typed:
            first, *others = words.split("\n")
            self._add(first, element)
            for line in others:
                self.end(element)
                self._add(line, element)
        else:
            self._add(words, element)

    def _add(self, words: str | None, element: _Element) -> None:
        if words and words.strip():
            self._line = self._line or element.sourceline or 0
        if words:
            self._words.append(words)

    def end(self, holder: _Element) -> None:
        """Close the open line."""
        text = strip_line(_SPACE.sub(" ", clean("".join(self._words))))
        if text:
            self.blocks.append(_Block(text, self._line, holder))
        self._words, self._line = [], 0

    def _drop(self, element: _Element) -> None:
        if element.tag in {"script", "style", "head", "noscript", "template"}:
            return
        if words := strip_line(_SPACE.sub(" ", "".join(element.itertext()))):
            self.dropped.append((element.sourceline or 0, words))


def read_html(content: bytes) -> Reading:
    """Read a page. Raises FileRefused for what is no page or hides what it says in depth."""
    text = decode(content)
    root = _parse(text)
    for table in root.iter("table"):
        _repeat_tall_cells(table)
    walk = _Walk()
    walk.visit(root, root)
    walk.end(root)
    blocks, after = _document(walk.blocks)
    if _is_frame(root, blocks):
        msg = "只是一个框架，正文在它嵌入的另一个网页里；请打开那个网页，再另存"
        raise FileRefused(msg)
    if not blocks:
        msg = "里面没有文字"
        raise FileRefused(msg)
    outside = [(block.line, block.text) for block in after if not is_own_text(block.text)]
    problems = tuple(
        Remark(line=block.line, text=f"正文之外的文字，不知归处：{block.text[:40]}")
        for block in after
        if is_own_text(block.text)
    )
    return Reading(
        lines=tuple(Line(block.text, block.line) for block in blocks),
        problems=problems,
        notes=left_out((*walk.dropped, *outside)),
    )


def _is_frame(root: _Element, blocks: Sequence[_Block]) -> bool:
    """Tell a page that says nothing itself and embeds another that does."""
    embeds = any(element.get("src") for element in root.iter(*_FRAMES))
    return (
        embeds and sum(len(block.text) for block in blocks) < _SHORT and not any(opens_clause(b.text) for b in blocks)
    )


def _parse(text: str) -> _Element:
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
    try:
        root = html.document_fromstring(text.encode(), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        msg = "不是网页；请在浏览器里打开，另存为 .html 再收"
        raise FileRefused(msg) from error
    if any(entry.level >= etree.ErrorLevels.FATAL for entry in parser.error_log):
        msg = "网页坏了，或者元素嵌套得太深；请在浏览器里打开，另存为 .txt 再收"
        raise FileRefused(msg)
    return root


def _is_hidden(element: _Element) -> bool:
    return (
        "hidden" in element.attrib
        or element.get("aria-hidden") == "true"
        or bool(_INVISIBLE.search(element.get("style", "")))
    )


def _is_furnished(element: _Element) -> bool:
    """Tell an element that its name calls furniture, unless it holds text of a document after all."""
    named = f"{element.get('class', '')} {element.get('id', '')} {element.get('role', '')}"
    if not _FURNISHED.search(named):
        return False
    words = "".join(element.itertext())
    return len(words) < _SHORT or not any(opens_clause(strip_line(line)) for line in words.splitlines())


def _cells(row: _Element) -> list[str] | None:
    """Return the cells of a row of data; None for a row that only lays out the page."""
    cells = [cell for cell in row if cell.tag in {"td", "th"}]
    if len(cells) < 2 or any(_is_layout(cell) for cell in cells):  # noqa: PLR2004 - one cell is no row
        return None
    return [strip_line(_SPACE.sub(" ", "".join(_visible(cell)))) for cell in cells]


def _repeat_tall_cells(table: _Element) -> None:
    """Write a cell that spans rows into each of them, so that every row can be read by itself."""
    rows = list(table.iter("tr"))
    for at, row in enumerate(rows):
        for column, cell in enumerate(row):
            span = cell.get("rowspan", "")
            if not (span.isascii() and span.isdecimal()) or len(span) > 3:  # noqa: PLR2004 - no table is that tall
                continue
            del cell.attrib["rowspan"]
            for below in rows[at + 1 : at + int(span)]:
                below.insert(column, copy.deepcopy(cell))


def _is_layout(cell: _Element) -> bool:
    if cell.find(".//table") is not None or cell.find(".//tr") is not None:
        return True
    paragraphs = sum(1 for part in cell.iter("p", "div", "br", "li") if part is not cell)
    words = "".join(cell.itertext())
    return paragraphs > 3 or any(opens_clause(strip_line(line)) for line in words.splitlines())  # noqa: PLR2004


def _visible(element: _Element) -> Iterator[str]:
    for part in element.iter():
        if isinstance(part.tag, str) and part.tag not in _DROPPED:
            yield part.text or ""
        if part is not element:
            yield part.tail or ""


def _document(blocks: list[_Block]) -> tuple[list[_Block], list[_Block]]:
    """Part the page's tail from the lines up to the end of the element that holds the marked paragraphs.

    A signing organ and its date stay, wherever the page puts them.
    """
    marked = [block for block in blocks if opens_clause(block.text)]
    if len(marked) < 2:  # noqa: PLR2004 - one mark says nothing about where the text ends
        return blocks, []
    main = _common(block.holder for block in marked)
    inside = [at for at, block in enumerate(blocks) if block.holder is main or main in block.holder.iterancestors()]
    end = inside[-1] + 1
    kept = [block for block in blocks[end:] if _is_signature(block.text)]
    return [*blocks[:end], *kept], [block for block in blocks[end:] if not _is_signature(block.text)]


def _common(holders: Iterable[_Element]) -> _Element:
    """Return the innermost element around all of these."""
    paths = [[*reversed(list(holder.iterancestors())), holder] for holder in holders]
    shared = paths[0]
    for path in paths[1:]:
        length = next((i for i, (a, b) in enumerate(zip(shared, path, strict=False)) if a is not b), None)
        shared = shared[: min(len(shared), len(path)) if length is None else length]
    return shared[-1]


def _is_signature(text: str) -> bool:
    return bool(_SIGNED.match(text)) or (
        find_date(text) is not None and len(squeeze(text)) < len("二〇二四年十二月三十一日印")
    )
