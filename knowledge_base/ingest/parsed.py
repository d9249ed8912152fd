"""What a parser hands back, and the reading of dates and numbers that all parsers share."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, TypeAlias

from knowledge_base.corpus import Clause, Document
from knowledge_base.text import numeral

Locate: TypeAlias = Callable[[str], str | None]
"""Finds the GB/T 2260 code of the place a text names."""

_DATE: Final = re.compile(
    r"(?P<y>(?:19|20)\d\d|[一二三四五六七八九零〇○]{4})\s*[-年./]\s*"
    r"(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})\s*[-月./]\s*"
    r"(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})"
)
_DAY_FIRST: Final = re.compile(r"^(\d\d)\.(\d\d)\.((?:19|20)\d\d)\b")
_NUMBER: Final = re.compile(
    r"(?P<organ>[㐀-鿿]{1,8}?(?:发|字|函|办|规|通|公告))\s*(?:[〔\[［(（【]\s*)?"
    r"(?P<year>(?:19|20)\d\d)\s*(?:[〕\]］)）】]\s*)?(?:第\s*)?(?P<serial>\d{1,4})\s*号?"
)
_ALONE: Final = re.compile(
    r"(?P<organ>(?!法释)[㐀-鿿]{2,10})\s*[〔\[［(（【]\s*(?P<year>(?:19|20)\d\d)\s*[〕\]］)）】]\s*(?:第\s*)?(?P<serial>\d{1,4})\s*号"
)
"""Where a number is all there is, its brackets tell it, whatever the office calls its series: 财综〔2021〕3号.

法释〔…〕 is an order's, and which edition it belongs to its own line says.
"""


_EFFECTIVE: Final = re.compile(r"自(.{4,20}?)起(?:施行|实施|生效|执行)")
_FROM_ISSUE: Final = re.compile(r"自(?:公布|发布|颁布|印发|下发|发文)之日起(?:施行|实施|生效|执行)")
_STARTS: Final = re.compile(r"日?\s*起?(?:施行|实施)")
_UNTIL: Final = re.compile(r"有效期(?:限)?(?:截止|截至|至|到)([^。;；]{6,16}?日?)(?=[。,，;；)）止]|$)")
_FOR_YEARS: Final = re.compile(r"有效期(?:限)?(?:为|是)?\s*([一二三四五六七八九十]{1,2}|\d{1,2})\s*年")

NO_PLACE: Final = "看不出是哪个地方发的；请用 --region 给出区划代码"
"""Why a document is refused whose reach cannot be told: taken for the nation's, a city's rule would reach everybody."""
_FULL_WIDTH: Final = str.maketrans("０１２３４５６７８９", "0123456789")
_BLANKS: Final = " \t\r\n\u3000\u00a0\u200b\ufeff"


def strip_line(line: str) -> str:
    """Return a line without the blanks of every width that web pages put around it."""
    return line.strip(_BLANKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about one line of a file that its owner should see; `page` where the file has pages."""

    line: int
    text: str
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The documents of one file. `problems` are lines without a place; `notes` are repairs and guesses."""

    documents: tuple[Document, ...]
    problems: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()
    furniture: int = 0


class FileRefused(Exception):
    """A file cannot be taken in; the others go on."""

    code = "file_refused"


@dataclass(frozen=True, slots=True)
class Line:
    """One paragraph or table row of a file, and where its owner finds it there."""

    text: str
    number: int
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reader of a format hands to the parsers: the lines, and what it left out or could not read."""

    lines: tuple[Line, ...]
    problems: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()

    @property
    def text(self) -> str:
        """The lines as one text: line n of it is `lines[n - 1]`."""
        return "\n".join(line.text for line in self.lines)

    def placed(self, parsed: Parsed) -> Parsed:
        """Say of every clause and remark where it stands in the file, not in the text made from it."""
        return replace(
            parsed,
            documents=tuple(
                replace(d, clauses=tuple(replace(c, line=self._at(c.line).number) for c in d.clauses))
                for d in parsed.documents
            ),
            problems=(*self.problems, *map(self._moved, parsed.problems)),
            notes=(*self.notes, *map(self._moved, parsed.notes)),
        )

    def _at(self, line: int) -> Line:
        return self.lines[line - 1] if 0 < line <= len(self.lines) else Line("", line)

    def _moved(self, remark: Remark) -> Remark:
        line = self._at(remark.line)
        return replace(remark, line=line.number, page=line.page)


def find_date(text: str) -> date | None:
    """Return the first date of a text, in digits or in characters; None when there is none or it is impossible."""
    text = text.translate(_FULL_WIDTH)
    if match := _DAY_FIRST.match(text):
        return _day(match[3], match[2], match[1])
    return _day(match["y"], match["m"], match["d"]) if (match := _DATE.search(text)) else None


def dates_in(text: str) -> tuple[date, ...]:
    """Return every date of a text but those from which something takes effect."""
    text = text.translate(_FULL_WIDTH)
    found = ((match, _day(match["y"], match["m"], match["d"])) for match in _DATE.finditer(text))
    return tuple(day for match, day in found if day and not _STARTS.match(text[match.end() :]))


def _day(year: str, month: str, day: str) -> date | None:
    read = [numeral(part) for part in (year, month, day)]
    try:
        return date(*(part or 0 for part in read))
    except ValueError:
        return None


def find_number(text: str) -> str | None:
    """Return the first document number (发文字号) of a text with its brackets restored: 常政办发〔2004〕123号."""
    text = text.translate(_FULL_WIDTH)
    match = _ALONE.fullmatch(_bare(text)) or _NUMBER.search(text)
    return f"{match['organ']}〔{match['year']}〕{match['serial']}号" if match else None


def is_number(line: str) -> bool:
    """Tell a line that is a document number and nothing else: 常司发〔2025〕12号."""
    return bool(_NUMBER.fullmatch(_bare(line)) or _ALONE.fullmatch(_bare(line)))


def _bare(line: str) -> str:
    """Return a line without the brackets around it, and with those that belong to its year."""
    words = strip_line(line).translate(_FULL_WIDTH)
    enclosed = words[:1] in {"(", "（"} and words[-1:] in {")", "）"}
    return strip_line(words[1:-1]) if enclosed else words.strip("()（）")


def effective_day(texts: Iterable[str], *, issued: date | None, first_version: bool = True) -> date | None:
    """Return the day that texts say they take effect (自…起施行), the first that can be true.

    An amended law goes on printing its first version's day, so a day before this version was issued says nothing,
    and neither does «from the day of publication».
    """
    for text in texts:
        for found in _EFFECTIVE.finditer(text):
            day = find_date(found[1])
            if day and (issued is None or day >= issued):
                return day
        if issued and first_version and _FROM_ISSUE.search(text):
            return issued
    return None


def last_valid_day(texts: Iterable[str], *, effective: date | None) -> date | None:
    """Return the last day of a stated validity: 有效期至2027年12月31日, or 有效期5年 counted from its first day."""
    for text in texts:
        if (until := _UNTIL.search(text)) and (day := find_date(until[1])):
            return day
        if effective and (span := _FOR_YEARS.search(text)) and (years := numeral(span[1])):
            return _years_later(effective, years) - timedelta(days=1)
    return None


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, month=3, day=1)


def told_apart(clauses: Iterable[Clause], *, document: str) -> tuple[tuple[Clause, ...], tuple[Remark, ...]]:
    """Give a clause whose number came before an id of its own, and report it: ids must stay one to a clause."""
    seen: Counter[str] = Counter()
    kept, problems = [], []
    for clause in clauses:
        seen[clause.mark] += 1
        if (times := seen[clause.mark]) > 1:
            problems.append(Remark(line=clause.line, text=f"{clause.mark}重复出现"))
            kept.append(replace(clause, id=f"{document}#{clause.mark}~{times}"))
        else:
            kept.append(clause)
    return tuple(kept), tuple(problems)
