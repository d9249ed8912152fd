"""Reads statutes, regulations and judicial interpretations: 编, 章, 节 and 条, from marked-up text or a bare page."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from knowledge_base.corpus import Clause, Document, DocumentKind, known_start, plain_title
from knowledge_base.ingest.contacts import Screen
from knowledge_base.ingest.page import Numbered, fields_of, is_furniture, is_own_text, left_out
from knowledge_base.ingest.parsed import (
    FileRefused,
    Locate,
    Parsed,
    Remark,
    dates_in,
    effective_day,
    find_date,
    find_number,
    last_valid_day,
    strip_line,
    told_apart,
)
from knowledge_base.text import numeral
from knowledge_base.types import NATION

_NUMERALS: Final = "零〇一二三四五六七八九十百千"
_ARTICLE: Final = re.compile(rf"^(第[{_NUMERALS}]+条(?:之[一二三四五六七八九十]+)?)(?:[\s　]+(.*))?$")
_TIGHT: Final = re.compile(
    rf"^(第([{_NUMERALS}]+)条(?:之[一二三四五六七八九十]+)?)(?!规定|第|之|、|和|至|所|的|中|及|与|或|[，,。])(.+)$"
)
"""第一条为了…, without the blank; believed only in order, for a line may begin by citing an article."""
_NUMBER_OF: Final = re.compile(rf"^第([{_NUMERALS}]+)条(之)?")
_HEADING: Final = re.compile(r"^(#+)\s*(.+)$")
_PART: Final = re.compile(r"^第[一二三四五六七八九十百]+(分编|[编章节])(?![㐀-鿿]*[。；])")
_PART_LEVELS: Final = {"编": 1, "分编": 2, "章": 3, "节": 4}
_TOPIC: Final = re.compile(r"^[一二三四五六七八九十]{1,3}、[^。；：:;]{2,25}$")
_TOPIC_LEVEL: Final = 3
_HEADING_LENGTH: Final = 30
_VERSION: Final = re.compile(r"[（(](\d{4}-\d\d-\d\d)[)）]$")
_INFO_END: Final = "<!-- INFO END -->"
_ORDER: Final = re.compile(r"((?:国务院|主席)令第[\d一二三四五六七八九十百零〇]+号|法释〔\d{4}〕\d+号)")
_AMENDED: Final = re.compile(r"修正|修订|修改")
_TITLE: Final = re.compile(
    r"(?:法|法典|条例|规定|办法|解释|细则|规则|决定|批复|意见|制度|通则|规程|标准|章程)(?:[（(](?:[一二三四五六七八九十]+|试行|暂行)[)）])?$"
)
_CONTENTS: Final = re.compile(r"^目\s*[录次]$")
_PROSE: Final = re.compile(r"(?:。|[：:])$")
_NATIONAL: Final = re.compile(r"全国人民代表大会|国务院|最高人民|主席令|司法部")
_SPACE: Final = re.compile(r"[\s　]+")


def looks_like_statute(text: str) -> bool:
    """Tell a statute from a policy document: it has numbered articles, and more of them than sections."""
    found = [line for raw in text.splitlines() if (line := strip_line(raw)).startswith("第")]
    return sum(1 for line in found if _ARTICLE.match(line) or _TIGHT.match(line)) > 1


def parse_statute(text: str, *, name: str, region: str | None = None, locate: Locate | None = None) -> Parsed:
    """Parse one version of one statute; `name` is the file's name without ending, which may carry its date."""
    reader = _Reader()
    for number, line in enumerate(text.splitlines(), 1):
        reader.feed(number, strip_line(line))
    reader.finish()
    if not reader.clauses:
        msg = "没有找到条文（第…条）"
        raise FileRefused(msg)
    title = reader.title or _title_in(reader.header) or plain_title(_VERSION.sub("", name))
    version = _VERSION.search(name)
    issued = date.fromisoformat(version[1]) if version else reader.stated_issue or _last_date(reader.header)
    effective, stated = _effective(reader, issued)
    part = f"·{reader.part}" if reader.part else ""
    identity = f"{plain_title(title)}{part}@{issued or '无日期'}"
    clauses, repeated = told_apart(reader.clauses, document=identity)
    document = Document(
        id=identity,
        title=title,
        kind=DocumentKind.STATUTE,
        number=_number(reader.header, issued) or find_number(reader.fields.get("发文字号", "")),
        issuer=reader.fields.get("发布机构"),
        region=region or _place(title, reader.header, locate),
        issued=issued,
        published=find_date(reader.fields.get("发布日期", "")),
        effective_from=effective,
        effective_assumed=not stated,
        plan_end=_validity_end(clauses, effective),
        blocked=tuple(reader.screen.blocked),
        clauses=clauses,
    )
    notes = () if stated else (_unstated(title, issued),)
    problems = (*reader.problems, *repeated, *_gaps(clauses))
    return Parsed(
        documents=(document,), problems=problems, notes=(*notes, *reader.screen.notes, *left_out(reader.furniture))
    )


class _Reader:
    """Goes through the lines once and places each."""

    def __init__(self) -> None:
        self.title = ""
        self.part = ""
        self._header: list[Numbered] = []
        self.fields: dict[str, str] = {}
        self.clauses: list[Clause] = []
        self.problems: list[Remark] = []
        self.furniture: list[Numbered] = []
        self._levels: list[tuple[int, str]] = []
        self._in_header = True
        self._mark, self._start = "", 0
        self._last = 0
        self._lines: list[Numbered] = []
        self.screen = Screen()
        self._waiting: list[Numbered] = []

    @property
    def header(self) -> list[str]:
        """What stands above the text: who passed it, and when."""
        return [line for _, line in self._header]

    @property
    def stated_issue(self) -> date | None:
        """成文日期 where the page states it."""
        return find_date(self.fields.get("成文日期", ""))

    def feed(self, number: int, line: str) -> None:
        """Place one line: heading, article, more of the open article, header, or the page's own."""
        if not line:
            return
        if line == _INFO_END:
            self._in_header = False
        elif article := self._article(line):
            self._begin()
            self._settle(headings=True)
            self._open(*article, number)
        elif heading := _HEADING.match(line):
            self._settle(headings=True)
            self._marked_heading(len(heading[1]), _SPACE.sub(" ", heading[2]))
        elif len(line) < _HEADING_LENGTH and (_PART.match(line) or _TOPIC.match(line)):
            self._waiting.append((number, line))
        elif fields := (fields_of(line, head=True) if self._in_header else {}):
            self.fields = {key: value for key, value in fields.items() if value} | self.fields
        elif self._in_header and is_furniture(line):
            self.furniture.append((number, line))
        else:
            self._settle(headings=False)
            self._text(number, line)

    def _begin(self) -> None:
        """End the header; on a bare page nothing parts it from the preamble but that a preamble is prose."""
        if not self._in_header:
            return
        self._in_header = False
        prose = next((at for at, (_, line) in enumerate(self._header) if _PROSE.search(line)), len(self._header))
        preamble, self._header = self._header[prose:], self._header[:prose]
        for number, line in preamble:
            self._text(number, line)

    def _article(self, line: str) -> tuple[str, str] | None:
        if found := _ARTICLE.match(line):
            self._last = numeral(found[1][1 : found[1].index("条")]) or self._last
            return found[1], found[2] or ""
        if (found := _TIGHT.match(line)) and (number := numeral(found[2])):
            repeats = "条之" in found[1] and number == self._last
            if repeats or number == self._last + 1 or (not self.clauses and not self._mark):
                self._last = number
                return found[1], found[3]
        return None

    def _settle(self, *, headings: bool) -> None:
        """Place the lines that look like headings: they are, when an article or another heading follows them."""
        waiting, self._waiting = self._waiting, []
        for number, line in waiting:
            if not headings:
                self._text(number, line)
            elif part := _PART.match(line):
                self._heading(_PART_LEVELS[part[1]], _SPACE.sub(" ", line))
            else:
                like = [level for level, words in self._levels if _TOPIC.match(words)]
                self._heading(like[-1] if like else _TOPIC_LEVEL, line)

    def _text(self, number: int, line: str) -> None:
        if self._in_header:
            self._header.append((number, line))
        elif not self._mark:
            self._open("序言", line, number)
        elif shown := self.screen.shown(number, line):
            self._lines.append((number, shown))

    def _marked_heading(self, level: int, words: str) -> None:
        if level == 1 and not self.title:
            self.close()
            self.title = words
            return
        if level == 1 and self._in_header:
            self.part = words
        self._heading(level, words)

    def _heading(self, level: int, words: str) -> None:
        self.close()
        self._levels = [(depth, text) for depth, text in self._levels if depth < level]
        self._levels.append((level, words))

    def _open(self, mark: str, words: str, number: int) -> None:
        self.close()
        self._mark, self._start = mark, number
        shown = self.screen.shown(number, words) if words else None
        self._lines = [(number, shown)] if shown else []

    def finish(self) -> None:
        """Place what is still open at the end of the file; below the last article the page goes on."""
        self._settle(headings=False)
        below = next((at for at, (_, line) in enumerate(self._lines[1:], 1) if is_furniture(line)), None)
        if below is not None:
            for number, line in self._lines[below:]:
                if is_own_text(line):
                    self.problems.append(Remark(line=number, text=f"正文之后的文字，不知归处：{line[:40]}"))
                else:
                    self.furniture.append((number, line))
            del self._lines[below:]
        self.close()

    def close(self) -> None:
        """End the open article; one without words is reported."""
        if self._mark and self._lines:
            headings = tuple(text for _, text in self._levels)
            self.clauses.append(
                Clause(
                    mark=self._mark,
                    text="\n".join(line for _, line in self._lines),
                    headings=headings,
                    line=self._start,
                )
            )
        elif self._mark:
            self.problems.append(Remark(line=self._start, text=f"{self._mark}没有正文"))
        self._mark, self._lines = "", []


def _title_in(header: Sequence[str]) -> str:
    """Find the title on a bare page: the first line that ends as titles of law do, with the line it was broken from."""
    for at, line in enumerate(header):
        words = _SPACE.sub("", line)
        if _TITLE.search(words) and "。" not in words:
            before = _SPACE.sub("", header[at - 1]) if at else ""
            return before + words if "关于" in before and not dates_in(before) else words
    return ""


def _last_date(header: Sequence[str]) -> date | None:
    return max((day for line in header for day in dates_in(line)), default=None)


def _effective(reader: _Reader, issued: date | None) -> tuple[date | None, bool]:
    """Return the day this version takes effect, and whether the text says so."""
    printed = [find_date(line) for line in reader.header if line.endswith("施行")]
    if stated := next((day for day in printed if day and (issued is None or day >= issued)), None):
        return stated, True
    first = sum(1 for line in reader.header if _AMENDED.search(line)) == 0
    texts = (clause.text for clause in reversed(reader.clauses[-3:]))
    stated = effective_day(texts, issued=issued, first_version=first)
    return (stated, True) if stated else (issued, False)


def _unstated(title: str, issued: date | None) -> Remark:
    known = known_start(title, issued)
    taken = f"按{known[0]}计（{known[1]}）" if known else "按公布日期计，公布后一年内效力标为待核"
    return Remark(line=1, text=f"施行日期未写明，{taken}")


def _validity_end(clauses: Sequence[Clause], effective: date | None) -> date | None:
    """Return the last day of a local rule that ends by itself: 自…起施行，有效期五年. Licences in it end otherwise."""
    closing = (clause.text for clause in clauses[-3:] if "施行" in clause.text)
    return last_valid_day(closing, effective=effective)


def _number(header: Sequence[str], issued: date | None) -> str | None:
    for line in reversed(header):
        days = dates_in(line)
        if (found := _ORDER.search(line)) and issued and any(day.year == issued.year for day in days):
            return found[1]
    return None


def _place(title: str, header: Sequence[str], locate: Locate | None) -> str:
    """Return the place whose law this is: a title may begin with a place and still be the nation's (上海航运交易所…)."""
    national = any(_NATIONAL.search(line) for line in (title, *header))
    return NATION if national or locate is None else locate(title) or NATION


def _gaps(clauses: Sequence[Clause]) -> tuple[Remark, ...]:
    """Report an article that does not follow the one before: one may have been lost before the file reached us."""
    found, last = [], 0
    for clause in clauses:
        if not (match := _NUMBER_OF.match(clause.mark)):
            continue
        number = numeral(match[1]) or 0
        if last and number != last + 1 and not (match[2] and number == last) and number != last:
            found.append(Remark(line=clause.line, text=f"条号不连续：这里是{clause.mark}"))
        last = number
    return tuple(found)
