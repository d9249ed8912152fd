"""Reads statutes, regulations and judicial interpretations: 编, 章, 节 and 条."""

import re
from datetime import date
from typing import Final

from knowledge_base.corpus import Clause, Document, DocumentKind, plain_title
from knowledge_base.ingest.parsed import FileRefused, Parsed, Remark, find_date, strip_line
from knowledge_base.types import NATION

_ARTICLE: Final = re.compile(r"^(第[零〇一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十]+)?)(?:[\s　]+(.*))?$")
_HEADING: Final = re.compile(r"^(#+)\s*(.+)$")
_PART: Final = re.compile(r"^第[一二三四五六七八九十百]+[编分章节]")
_VERSION: Final = re.compile(r"[（(](\d{4}-\d\d-\d\d)[)）]$")
_INFO_END: Final = "<!-- INFO END -->"
_EFFECTIVE: Final = re.compile(r"自(.{4,20}?)起(?:施行|实施)")
_FROM_ISSUE: Final = re.compile(r"自(?:公布|发布|颁布)之日起(?:施行|实施)")
_ORDER: Final = re.compile(r"((?:国务院|主席)令第[\d一二三四五六七八九十百零〇]+号|法释〔\d{4}〕\d+号)")
_SPACE: Final = re.compile(r"[\s　]+")


def looks_like_statute(text: str) -> bool:
    """Tell a statute from a policy document: it has numbered articles."""
    return sum(1 for line in text.splitlines() if _ARTICLE.match(strip_line(line))) > 1


def parse_statute(text: str, *, name: str, region: str | None = None) -> Parsed:
    """Parse one version of one statute; `name` is the file's name without ending, which may carry its date."""
    reader = _Reader()
    for number, line in enumerate(text.splitlines(), 1):
        reader.feed(number, strip_line(line))
    reader.close()
    if not reader.clauses:
        msg = "no article (第…条) was found"
        raise FileRefused(msg)
    title = reader.title or plain_title(_VERSION.sub("", name))
    version = _VERSION.search(name)
    issued = date.fromisoformat(version[1]) if version else _last_date(reader.header)
    effective, stated = _effective(reader, issued)
    part = f"·{reader.part}" if reader.part else ""
    document = Document(
        id=f"{plain_title(title)}{part}@{issued or '无日期'}",
        title=title,
        kind=DocumentKind.STATUTE,
        number=_number(reader.header, issued),
        region=region or NATION,
        issued=issued,
        effective_from=effective,
        clauses=tuple(reader.clauses),
    )
    notes = () if stated else (Remark(line=1, text="施行日期未写明，按公布日期计"),)
    return Parsed(documents=(document,), problems=tuple(reader.problems), notes=notes)


class _Reader:
    """Goes through the lines once and places each."""

    def __init__(self) -> None:
        self.title = ""
        self.part = ""
        self.header: list[str] = []
        self.clauses: list[Clause] = []
        self.problems: list[Remark] = []
        self._levels: list[tuple[int, str]] = []
        self._in_header = True
        self._mark, self._start = "", 0
        self._lines: list[str] = []
        self._titles_open = True

    def feed(self, number: int, line: str) -> None:
        if not line:
            return
        if line == _INFO_END:
            self._in_header = False
        elif article := _ARTICLE.match(line):
            self._in_header = False
            self._open(article[1], article[2] or "", number)
        elif heading := _HEADING.match(line):
            self._heading(len(heading[1]), _SPACE.sub(" ", heading[2]))
        elif self._in_header:
            self.header.append(line)
        elif _PART.match(line) and len(line) < 30:  # noqa: PLR2004 - a chapter line without its hash
            self._heading(2, _SPACE.sub(" ", line))
        elif self._mark:
            self._lines.append(line)
        else:
            self._open("序言", line, number)

    def _heading(self, level: int, words: str) -> None:
        self.close()
        if level == 1 and not self.title:
            self.title = words
            return
        if level == 1 and self._in_header:
            self.part = words
        self._levels = [(depth, text) for depth, text in self._levels if depth < level]
        self._levels.append((level, words))

    def _open(self, mark: str, words: str, number: int) -> None:
        self.close()
        if any(clause.mark == mark for clause in self.clauses):
            self.problems.append(Remark(line=number, text=f"{mark}重复出现"))
        self._mark, self._start = mark, number
        self._lines = [words] if words else []

    def close(self) -> None:
        if self._mark and self._lines:
            headings = tuple(text for _, text in self._levels)
            self.clauses.append(
                Clause(mark=self._mark, text="\n".join(self._lines), headings=headings, line=self._start)
            )
        elif self._mark:
            self.problems.append(Remark(line=self._start, text=f"{self._mark}没有正文"))
        self._mark, self._lines = "", []


def _last_date(header: list[str]) -> date | None:
    dates = [found for line in header if "施行" not in line and (found := find_date(line))]
    return max(dates, default=None)


def _effective(reader: _Reader, issued: date | None) -> tuple[date | None, bool]:
    """Return the day this version takes effect, and whether the text says so.

    An amended law goes on printing the first version's day, so a day before this version was issued says nothing.
    """
    stated = [find_date(line) for line in reader.header if line.endswith("施行")]
    for clause in reversed(reader.clauses[-3:]):
        stated.extend(find_date(found[1]) for found in _EFFECTIVE.finditer(clause.text))
        if _FROM_ISSUE.search(clause.text):
            stated.append(issued)
    valid = [day for day in stated if day and (issued is None or day >= issued)]
    return (valid[0], True) if valid else (issued, False)


def _number(header: list[str], issued: date | None) -> str | None:
    for line in reversed(header):
        day = find_date(line)
        if (found := _ORDER.search(line)) and day and issued and day.year == issued.year:
            return found[1]
    return None
