"""Reads the note in brackets under a title: when an office issued the text, who did, and under which number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from knowledge_base.ingest.front import is_organ
from knowledge_base.ingest.page import Numbered, squeeze
from knowledge_base.ingest.parsed import find_date, find_number, is_number

_BRACKETED: Final = re.compile(r"^[（(](.+)[)）]$")
_OPENED: Final = re.compile(r"^[（(][^()（）]+$")
_CUT: Final = re.compile(
    r"[\s　、，,；;]+|(?:联合)?(?:印发|发布|公布|制定|下发)|"
    r"(?:19|20)\d\d\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|[一二三四五六七八九零〇○]{4}年[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日"
)
_HEAD_LINES: Final = 6
"""No note stands further below the first line of a document's head."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a note says; `whole` when it is in brackets, gives a number, and says nothing else."""

    day: date | None
    organs: tuple[str, ...]
    number: str | None
    bracketed: bool
    whole: bool


def read_note(words: str) -> Note:
    """Return what a line says of number, organs and day: （2025年3月1日中国人民银行、司法部印发 银司规〔2025〕4号）."""
    bracketed = _BRACKETED.match(words)
    pieces = [squeeze(piece) for piece in _CUT.split(bracketed[1] if bracketed else words) if piece]
    numbers = [piece for piece in pieces if is_number(piece)]
    organs = tuple(piece for piece in pieces if piece not in numbers and is_organ(piece))
    return Note(
        day=find_date(words),
        organs=organs,
        number=find_number(numbers[0]) if numbers else None,
        bracketed=bracketed is not None,
        whole=bool(bracketed and numbers) and len(pieces) == len(numbers) + len(organs),
    )


def with_whole_notes(lines: Sequence[Numbered]) -> Sequence[Numbered]:
    """Join a note that was broken over two lines; anything else in brackets stays as it is."""
    for at, ((number, words), (_, below)) in enumerate(pairwise(lines[:_HEAD_LINES])):
        if _OPENED.match(words) and read_note(joined := f"{words} {below}").whole:
            return (*lines[:at], (number, joined), *lines[at + 2 :])
    return lines
