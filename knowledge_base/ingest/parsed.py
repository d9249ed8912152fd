"""What a parser hands back, and the reading of dates and numbers that all parsers share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from knowledge_base.corpus import Document
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
    r"(?P<organ>[㐀-鿿]{1,8}?(?:发|字|函|办|规|通|公告))\s*[〔\[［(（【]?\s*"
    r"(?P<year>(?:19|20)\d\d)\s*[〕\]］)）】]?\s*(?P<serial>\d{1,4})\s*号?"
)


_BLANKS: Final = " \t\r\n\u3000\u00a0\u200b\ufeff"


def strip_line(line: str) -> str:
    """Return a line without the blanks of every width that web pages put around it."""
    return line.strip(_BLANKS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about one line of a file that its owner should see."""

    line: int
    text: str


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


def find_date(text: str) -> date | None:
    """Return the first date of a text, in digits or in characters; None when there is none or it is impossible."""
    if match := _DAY_FIRST.match(text):
        day, month, year = (int(group) for group in match.groups())
    elif match := _DATE.search(text):
        read = [numeral(match[group]) for group in "ymd"]
        if None in read:
            return None
        year, month, day = (value or 0 for value in read)
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def find_number(text: str) -> str | None:
    """Return the first document number (发文字号) of a text with its brackets restored: 常政办发〔2004〕123号."""
    match = _NUMBER.search(text)
    return f"{match['organ']}〔{match['year']}〕{match['serial']}号" if match else None
