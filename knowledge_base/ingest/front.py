"""Places what stands before and below a local document: its fields, cover letter, signature, and the page's own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import dropwhile
from typing import Final

from knowledge_base.ingest.authority import is_national_organ
from knowledge_base.ingest.contacts import Screen
from knowledge_base.ingest.page import Numbered, fields_of, is_furniture, is_own_text, squeeze
from knowledge_base.ingest.parsed import Remark, find_date, find_number

_ORGAN: Final = re.compile(r"^[㐀-鿿\s]{4,40}(?:局|厅|办公室|政府|委员会|部|院|中心|联合会|总工会)$")
_SIGNED: Final = re.compile(r"^(?:\d{4}|[一二三四五六七八九零〇○]{4})年.{1,3}月(?:.{1,3}日?)?$")
_SALUTATION: Final = re.compile(r"^各[^。]{2,80}[:：]$")
_NUMBER_LENGTH: Final = 25
_NEAR: Final = 2


@dataclass(slots=True, kw_only=True)
class Page:
    """The lines of a page, each in its place."""

    fields: dict[str, str] = field(default_factory=dict)
    letter: list[Numbered] = field(default_factory=list)
    signatures: list[Numbered] = field(default_factory=list)
    screen: Screen = field(default_factory=Screen)
    furniture: list[Numbered] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)

    @property
    def signed_by(self) -> tuple[str, ...]:
        """The organs that signed, in their order."""
        return tuple(dict.fromkeys(squeeze(words) for _, words in self.signatures if is_organ(words)))

    @property
    def number(self) -> str | None:
        """发文字号, as the page states it."""
        return find_number(self.fields.get("发文字号", ""))

    @property
    def stated_day(self) -> date | None:
        """成文日期, as the page states it."""
        return find_date(self.fields.get("成文日期", ""))

    @property
    def signed_day(self) -> date | None:
        """The day under the signature."""
        return next((day for _, words in self.signatures if (day := find_date(words))), None)


def read_front(lines: Sequence[Numbered], page: Page) -> None:
    """Place what stands before the title: the page's own fields, the cover letter, and furniture."""
    for at, (number, words) in enumerate(lines):
        if fields := fields_of(words, head=True):
            page.fields |= {key: value for key, value in fields.items() if value}
        elif (shown := page.screen.shown(number, words)) is None:
            continue
        elif is_signature(lines, at):
            page.signatures.append((number, words))
        elif is_furniture(words):
            page.furniture.append((number, words))
        elif words.endswith("。") or _SALUTATION.match(words):
            page.letter.append((number, shown))
        elif find_number(words) and len(words) < _NUMBER_LENGTH:
            page.fields.setdefault("发文字号", words)
        else:
            page.furniture.append((number, words))


def is_organ(words: str) -> bool:
    """Tell a line that is the name of an office and nothing else."""
    return bool(_ORGAN.match(words)) or is_national_organ(words)


def is_signature(lines: Sequence[Numbered], at: int) -> bool:
    """Tell a signing organ or its date: they stand together, and alone on their lines."""
    words = lines[at][1]
    if is_organ(words):
        below = [text for _, text in lines[at + 1 :]]
        others = [*dropwhile(is_organ, below)][:1]  # several may sign, one below the other
        return any(_SIGNED.match(squeeze(text)) for text in (*below[:_NEAR], *others))
    return bool(_SIGNED.match(squeeze(words)) and at and is_organ(lines[at - 1][1]))


def is_day_at_the_end(lines: Sequence[Numbered], at: int) -> bool:
    """Tell the date under a document that names no organ there: alone on its line, with none of the text after it."""
    if not _SIGNED.match(squeeze(lines[at][1])) or not find_date(lines[at][1]):
        return False
    below = [words for _, words in lines[at + 1 :] if words.startswith("附件") or not is_furniture(words)]
    return not any(is_own_text(words) for words in below) or below[0].startswith("附件")
