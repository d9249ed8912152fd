"""Reads the clause tree of a policy document: 一、 (一) 1. (1), with the marks that web pages damage put right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from knowledge_base.corpus import CLOSING, PREAMBLE, Clause
from knowledge_base.ingest.parsed import Remark
from knowledge_base.text import numeral, to_numeral

_CHINESE: Final = "一二三四五六七八九十"
_SECTION: Final = re.compile(rf"^([{_CHINESE}]{{1,3}})\s?(?:、|[．.](?!\d))\s*(.*)$")
_CHAPTER: Final = re.compile(rf"^[(（]\s?([{_CHINESE}]{{1,3}})\s?[)）](?:、\s*)?(.*)$")
_BROKEN: Final = re.compile(rf"^([{_CHINESE}]{{0,3}})[)）](.*)$")
_BARE: Final = re.compile(rf"^([{_CHINESE}]{{1,3}})(?!、)(\S.*)$")
_ITEM: Final = re.compile(r"^(\d{1,2})\s?[.、．](?!\d)(.*)$")
_SUBITEM: Final = re.compile(r"^[(（]?\s?(\d{1,2})\s?[)）](.*)$")
_CIRCLED: Final = re.compile(r"^([①-⑳])(.*)$")
_ORDINAL: Final = re.compile(rf"(?:^|(?<=[。;；]))([{_CHINESE}])是")
_FIRST_SENTENCE: Final = re.compile(r"^([^。;；:：]{2,30})。")
_HEADING_LENGTH: Final = 45
_ROW: Final = " | "
_CLOSES: Final = re.compile(
    r"^本(?:通知|办法|意见|方案|规定|细则|公告|通告|决定|措施|计划|规划|要点|标准|指南|规程|文件)"
    r"(?:自.{2,30}?(?:施行|实施|执行|生效)|有效期)"
)
_SECTION_LEVEL, _CHAPTER_LEVEL, _ITEM_LEVEL, _SUBITEM_LEVEL, _CIRCLED_LEVEL = 1, 2, 3, 4, 5
_PATTERNS: Final = {
    _SECTION_LEVEL: _SECTION,
    _CHAPTER_LEVEL: _CHAPTER,
    _ITEM_LEVEL: _ITEM,
    _SUBITEM_LEVEL: _SUBITEM,
}


@dataclass(slots=True, kw_only=True)
class _Node:
    level: int
    number: int
    mark: str
    line: int
    heading: str = ""
    lines: list[str] = field(default_factory=list)
    parent: "_Node | None" = None
    children: list["_Node"] = field(default_factory=list)


class ClauseTree:
    """Takes the lines of a document's body in order and gives its clauses."""

    def __init__(self) -> None:
        self._preamble: list[str] = []
        self._preamble_line = 0
        self._top: list[_Node] = []
        self._open: _Node | None = None
        self._last_chapter = 0
        self._closing: list[str] = []
        self._closing_line = 0
        self.notes: list[Remark] = []
        self.problems: list[Remark] = []

    def feed(self, number: int, line: str) -> None:
        """Place one line: a new clause, or more of the open one; a row of a table opens none."""
        if opened := (None if _ROW in line else self._mark(number, line)):
            self._begin(*opened, number)
        elif pieces := list(self._ordinals(line)):
            for ordinal, words in pieces:
                self._begin(_ITEM_LEVEL, ordinal, words, number)
        elif self._closing or self._is_closing(line):
            self._closing_line = self._closing_line or number
            self._closing.append(line)
        elif self._open:
            self._open.lines.append(line)
        else:
            self._preamble_line = self._preamble_line or number
            self._preamble.append(line)

    def _is_closing(self, line: str) -> bool:
        """Tell a paragraph on the whole document from one of the open point: a section 附则 may say it as its own."""
        at = self._open
        return bool(at and at.level > _SECTION_LEVEL and (at.lines or not at.heading) and _CLOSES.match(line))

    def _mark(self, number: int, line: str) -> tuple[int, int, str] | None:
        """Return the level, number and words of a line that opens a clause."""
        for level, pattern in _PATTERNS.items():
            if (match := pattern.match(line)) and (value := numeral(match[1])):
                return level, value, match[2]
        if match := _CIRCLED.match(line):
            return _CIRCLED_LEVEL, ord(match[1]) - ord("①") + 1, match[2]
        repaired = self._repair(number, line) if self._last_chapter else None
        return (_CHAPTER_LEVEL, *repaired) if repaired else None

    def _repair(self, number: int, line: str) -> tuple[int, str] | None:
        """Restore (五) from `)健全…`, (十三) from `十三)完善…`, (十一) from `十一加强…`: only as the next in order."""
        expected = self._last_chapter + 1
        words = None
        if match := _BROKEN.match(line):
            words = match[2] if match[1] in {"", to_numeral(expected)} else None
        elif (match := _BARE.match(line)) and match[1] == to_numeral(expected):
            words = match[2]
        if words is None:
            return None
        self.notes.append(Remark(line=number, text=f"条款号残缺，按顺序补为({to_numeral(expected)})"))
        return expected, words

    def _ordinals(self, line: str) -> Iterator[tuple[int, str]]:
        """Yield the points of a paragraph that counts 一是…二是…; each becomes an item of the open clause."""
        starts = list(_ORDINAL.finditer(line))
        if not self._open or not starts or starts[0].start() != 0:
            return
        first = numeral(starts[0][1]) or 0
        parent = self._open if self._open.level < _ITEM_LEVEL else self._open.parent
        if parent is None or first != len([c for c in parent.children if c.level == _ITEM_LEVEL]) + 1:
            return
        ends = [*(match.start() for match in starts[1:]), len(line)]
        for match, end in zip(starts, ends, strict=True):
            yield numeral(match[1]) or 0, line[match.start() : end]

    def _begin(self, level: int, number: int, words: str, line: int) -> None:
        parent = self._open
        while parent and parent.level >= level:
            parent = parent.parent
        node = _Node(level=level, number=number, mark=_mark_of(level, number), line=line, parent=parent)
        siblings = parent.children if parent else self._top
        self._check_order(node, siblings)
        siblings.append(node)
        words = words.strip()
        if words and len(words) <= _HEADING_LENGTH and not re.search("[。;；:：]$", words):
            node.heading = words
        elif words:
            match = _FIRST_SENTENCE.match(words)
            node.heading = match[1] if match else ""
            node.lines.append(words)
        if level == _CHAPTER_LEVEL:
            self._last_chapter = number
        self._open = node

    def _check_order(self, node: _Node, siblings: list[_Node]) -> None:
        """Report a number that does not follow: a clause may have been lost before the file reached us."""
        before = [sibling.number for sibling in siblings if sibling.level == node.level]
        expected = {before[-1] + 1} if before else {1}
        if node.level == _CHAPTER_LEVEL and not before:
            expected.add(self._last_chapter + 1)
        if node.number not in expected:
            self.problems.append(Remark(line=node.line, text=f"条款号不连续：这里是{node.mark}"))

    def clauses(self) -> tuple[Clause, ...]:
        """Return every clause that has words of its own, in the order of the document."""
        found = []
        if self._preamble:
            found.append(Clause(mark=PREAMBLE, text="\n".join(self._preamble), line=self._preamble_line))
        omit = self._chapters_run_on()
        for node in self._walk(self._top):
            if text := _text(node):
                path = [n for n in _path(node) if not (omit and n.level == _SECTION_LEVEL and n is not node)]
                headings = tuple(n.heading for n in _path(node) if n.heading)
                found.append(Clause(mark="".join(n.mark for n in path), text=text, headings=headings, line=node.line))
        if self._closing:
            found.append(Clause(mark=CLOSING, text="\n".join(self._closing), line=self._closing_line))
        return tuple(found)

    def _chapters_run_on(self) -> bool:
        """Tell whether (一), (二) … count through the whole document, so that (十) alone names a clause."""
        groups = [[c.number for c in section.children if c.level == _CHAPTER_LEVEL] for section in self._top]
        groups = [group for group in groups if group]
        numbers = [number for group in groups for number in group]
        return len(groups) > 1 and numbers == sorted(set(numbers))

    def _walk(self, nodes: list[_Node]) -> Iterator[_Node]:
        for node in nodes:
            yield node
            yield from self._walk(node.children)


def _mark_of(level: int, number: int) -> str:
    if level == _CIRCLED_LEVEL:
        return chr(ord("①") + number - 1)
    mark = to_numeral(number) if level <= _CHAPTER_LEVEL else str(number)
    return f"({mark})" if level in {_CHAPTER_LEVEL, _SUBITEM_LEVEL} else mark


def _path(node: _Node) -> list[_Node]:
    path = [node]
    while path[0].parent:
        path.insert(0, path[0].parent)
    return path


def _text(node: _Node) -> str:
    """Return a clause's own words; one that announces a list (…的:) is shown with the list."""
    lines = list(node.lines)
    if not lines and node.heading and not node.children:
        lines = [node.heading]
    if lines and lines[-1].endswith((":", "：")):
        lines.extend(f"{child.mark}{_text(child)}" for child in node.children)
    return "\n".join(lines)
