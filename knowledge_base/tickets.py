"""Read an office's past tickets from its own table, whatever wrote it: a damaged line costs itself, never the run."""

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

LONGEST_TEXT: Final = 4000
"""What a channel takes of one message; more of a ticket is not read."""
_LONGEST_LINE: Final = 1 << 20
_LARGEST_FIELD: Final = 1 << 17
_CHUNK: Final = 1 << 20
_LOST: Final = "\ufffd"
_WIDE: Final = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_NARROW: Final = ("utf-8-sig", "gb18030")
TEXT: Final = (
    "text",
    "内容",
    "咨询内容",
    "诉求内容",
    "问题",
    "咨询问题",
    "诉求",
    "工单内容",
    "来电内容",
    "反映内容",
    "咨询事项",
    "事项描述",
    "问题描述",
    "诉求描述",
    "主要内容",
    "案情",
    "案情简介",
)
CATEGORY: Final = (
    "category",
    "类别",
    "分类",
    "案由",
    "纠纷类型",
    "咨询类别",
    "事项类别",
    "纠纷类别",
    "咨询类型",
    "事项类型",
    "事项分类",
    "问题分类",
    "诉求分类",
    "业务类型",
    "案件类型",
)
OUTCOME: Final = ("outcome", "结果", "办理结果", "处理结果", "办理情况", "答复情况", "办结情况", "处理情况")


class TicketsUnreadable(ValueError):
    """The table cannot be opened, or has no column of that name."""

    code = "tickets_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """工单: one line of the table; `line` is where it begins in the file."""

    line: int
    text: str
    category: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Damaged:
    """A line that is no ticket, and why."""

    line: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What the office calls the columns; None for the usual names."""

    text: str | None = None
    category: str | None = None
    outcome: str | None = None


def read_tickets(path: Path, columns: Columns, /) -> Iterator[Ticket | Damaged]:
    """Read a table one line at a time, so that its size does not matter. Raises TicketsUnreadable."""
    try:
        encoding = _encoding(path)
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            yield from _rows(file, columns, path)
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror or error}"
        raise TicketsUnreadable(msg) from error


def _encoding(path: Path) -> str:
    """Return the encoding that loses least: offices export UTF-8 with or without a mark, GB18030 and UTF-16."""
    with path.open("rb") as file:
        head = file.read(2)
    if head in _WIDE:
        return _WIDE[head]
    return min(_NARROW, key=lambda name: _lost(path, name))


def _lost(path: Path, encoding: str) -> int:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    lost = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            lost += decoder.decode(chunk).count(_LOST)
    return lost + decoder.decode(b"", final=True).count(_LOST)


def _lines(file: TextIO) -> Iterator[str]:
    """Return lines, an endless one in pieces: it is no table then, and must not fill the memory."""
    while line := file.readline(_LONGEST_LINE):
        yield line


def _rows(file: TextIO, columns: Columns, path: Path) -> Iterator[Ticket | Damaged]:
    csv.field_size_limit(_LARGEST_FIELD)
    reader = csv.reader(_lines(file))
    try:
        header = [name.strip() for name in next(reader, [])]
    except csv.Error as error:
        msg = f"{path} has no header line: {error}"
        raise TicketsUnreadable(msg) from error
    text = _needed(header, columns.text, TEXT, path)
    category = _needed(header, columns.category, CATEGORY, path)
    outcome = _needed(header, columns.outcome, (), path) if columns.outcome else _column(header, OUTCOME)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            yield Damaged(line=line, why=str(error))
            continue
        if row is None:
            return
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            yield Damaged(line=line, why=f"{len(row)} columns, the header has {len(header)}")
        elif any(_LOST in cell for cell in row):
            yield Damaged(line=line, why="bytes that are no text")
        elif not row[text].strip():
            yield Damaged(line=line, why="no text")
        else:
            yield Ticket(
                line=line,
                text=row[text].strip()[:LONGEST_TEXT],
                category=row[category].strip(),
                outcome="" if outcome is None else row[outcome].strip(),
            )


def _column(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _needed(header: Sequence[str], asked: str | None, usual: Sequence[str], path: Path) -> int:
    names = (asked,) if asked else usual
    found = _column(header, names)
    if found is None:
        msg = f"{path} has no column {' or '.join(names)}; its columns are {', '.join(header) or 'none'}"
        raise TicketsUnreadable(msg)
    return found
