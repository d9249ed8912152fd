"""Reads what stands above a text in articles: its title, number, who passed or issued it and when, and a cover letter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from knowledge_base.ingest.authority import decree_number
from knowledge_base.ingest.front import Page, is_organ, read_front
from knowledge_base.ingest.note import read_note, with_whole_notes
from knowledge_base.ingest.page import Numbered, squeeze
from knowledge_base.ingest.parsed import Remark, dates_in, find_date, find_number, is_number

_TITLE: Final = re.compile(
    r"(?:法|法典|条例|规定|办法|解释|细则|规则|决定|批复|意见|制度|通则|规程|标准|章程)(?:[（(](?:[一二三四五六七八九十]+|试行|暂行)[)）])?$"
)
_STOPS: Final = re.compile(r"[。，；：:;]")
_PROSE: Final = re.compile(r"(?:。|[：:])$")
_QUOTED: Final = re.compile(r"[《〈]([^《》]{4,80})[》〉]")
_FORWARDED: Final = re.compile(r"(?:印发|发布|公布)[《〈](.{4,80})[》〉]的(?:通知|公告|通告|决定)$")
_ORDER: Final = re.compile(r"((?:国务院|主席)令第[\d一二三四五六七八九十百零〇]+号|法释〔\d{4}〕\d+号)")
_ENACTED: Final = re.compile(
    r"通过|公布|发布|批准|修正|修订|修改|印发|施行|实施|令$|令\s*第|^[（(]?第[\d一二三四五六七八九十百]+号[)）]?$"
)
_CONTENTS: Final = re.compile(r"^目\s*[录次]$")
_RED_HEAD: Final = re.compile(r"文件$")


@dataclass(slots=True, kw_only=True)
class Head:
    """What stands above the first article, each line in its place."""

    title: str = ""
    number: str | None = None
    enacted: list[str] = field(default_factory=list)
    organs: list[str] = field(default_factory=list)
    hosted: list[str] = field(default_factory=list)
    page: Page = field(default_factory=Page)

    @property
    def last_day(self) -> date | None:
        """The last day that the head names, but for days of effect."""
        return max((day for line in self.enacted for day in dates_in(line)), default=None)

    @property
    def passed(self) -> bool:
        """Whether the head says who passed or published the text, which an office's own rule does not."""
        return any(_ENACTED.search(line) and dates_in(line) for line in self.enacted)

    def number_of(self, issued: date | None, page: Page) -> str | None:
        """Return the number of this edition: a national order names its day or year, others stand alone or on the `page`."""
        for line in reversed(self.enacted):
            if (found := _order(line)) and issued and _names(issued.year, line):
                return found
        return self.number or decree_number(self.enacted) or page.number


def read_head(lines: Sequence[Numbered], *, marked: str) -> Head:
    """Place the lines above the first article; `marked` is the title where the file marks it as one."""
    head = Head(title=marked)
    own = with_whole_notes(_letter(lines, head))
    first, after = (0, 0) if head.title else _title_in(own, head)
    for at, (number, words) in enumerate(own):
        if not first <= at < after:
            _place(number, words, head, above=at < first)
    if forwarded := _FORWARDED.search(squeeze(head.title)):
        head.title = forwarded[1]
    return head


def split_preamble(lines: Sequence[Numbered]) -> tuple[Sequence[Numbered], Sequence[Numbered]]:
    """Part the head of a bare page from the preamble below it, which is prose; a cover letter belongs to the head."""
    after_letter = _title_after_letter(lines)
    start = after_letter[1] if after_letter else 0
    prose = next((at for at in range(start, len(lines)) if _PROSE.search(lines[at][1])), len(lines))
    return lines[:prose], lines[prose:]


def _letter(lines: Sequence[Numbered], head: Head) -> Sequence[Numbered]:
    """Take the cover letter off (印发《…办法》的通知), with its number and signature, and return what is the text's own."""
    found = _title_after_letter(lines)
    if found is None:
        return lines
    first, after = found
    read_front(lines[:first], head.page)
    head.title = squeeze("".join(words for _, words in lines[first:after]))
    head.number = head.page.number
    head.organs = list(head.page.signed_by)
    head.enacted = [words for _, words in head.page.signatures if find_date(words)]
    return lines[after:]


def _title_after_letter(lines: Sequence[Numbered]) -> tuple[int, int] | None:
    """Find the title that stands below prose, with the lines it was broken over where the letter announces it."""
    prose = next((at for at, (_, line) in enumerate(lines) if _PROSE.search(line)), None)
    if prose is None:
        return None
    announced = {squeeze(found) for _, line in lines[: prose + 3] for found in _QUOTED.findall(line)}
    for last in range(len(lines) - 1, prose, -1):
        if not _is_title(lines[last][1]):
            continue
        spans = (range(first, last + 1) for first in range(last, max(prose, last - 3), -1))
        whole = next(
            (s for s in spans if squeeze("".join(lines[at][1] for at in s)) in announced), range(last, last + 1)
        )
        return whole.start, whole.stop
    return None


def _title_in(lines: Sequence[Numbered], head: Head) -> tuple[int, int]:
    """Find the title on a bare page: the first line that ends as titles of law do, with the line it was broken from."""
    for at, (_, line) in enumerate(lines):
        if _is_title(line):
            before = squeeze(lines[at - 1][1]) if at else ""
            broken = "关于" in before and not dates_in(before)
            head.title = (before if broken else "") + squeeze(line)
            return (at - 1 if broken else at), at + 1
    return 0, 0


def _is_title(line: str) -> bool:
    return bool(_TITLE.search(squeeze(line))) and not _STOPS.search(line) and not is_number(line)


def _place(number: int, words: str, head: Head, *, above: bool) -> None:
    """Place one line of the head; what fits nowhere is reported below the title, and above it is the page's."""
    organ = _RED_HEAD.sub("", words)
    if is_number(words):
        head.number = head.number or find_number(words)
    elif is_organ(organ):
        (head.hosted if above else head.organs).append(squeeze(organ))
    elif find_date(words) or _order(words) or _ENACTED.search(words):
        head.enacted.append(words)
        note = read_note(words)
        head.number = head.number or note.number
        head.organs += note.organs
    elif above:
        head.page.furniture.append((number, words))
    elif (
        not _CONTENTS.match(words)
        and squeeze(words) not in squeeze(head.title)
        and head.page.screen.shown(number, words)
    ):
        head.page.problems.append(Remark(line=number, text=f"标题之下的文字，不知归处：{words[:40]}"))


def _names(year: int, line: str) -> bool:
    return f"〔{year}〕" in line or any(day.year == year for day in dates_in(line))


def _order(line: str) -> str | None:
    found = _ORDER.search(line)
    return found[1] if found else decree_number([line])
