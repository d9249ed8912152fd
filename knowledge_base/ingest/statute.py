"""Reads statutes, regulations and judicial interpretations: 编, 章, 节 and 条, from marked-up text or a bare page."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from knowledge_base.corpus import FRONT, OPENING, Clause, Document, DocumentKind, known_start, own_id, plain_title
from knowledge_base.ingest.authority import Issued, is_below_law, issuers, place_of, presumed_issuer
from knowledge_base.ingest.front import Page, is_day_at_the_end, is_signature
from knowledge_base.ingest.head import Head, read_head, split_preamble
from knowledge_base.ingest.page import Numbered, fields_of, is_furniture, is_own_text, left_out, plain_row
from knowledge_base.ingest.parsed import (
    NO_PLACE,
    FileRefused,
    Locate,
    Parsed,
    Remark,
    effective_day,
    find_date,
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
_AMENDED: Final = re.compile(r"修正|修订|修改")
_UNDATED: Final = Remark(line=1, text="成文日期和施行日期都没有写明：同名的另一版会把它替换掉，也不知道它现在算不算数")
_SPACE: Final = re.compile(r"[\s　]+")


def looks_like_statute(text: str) -> bool:
    """Tell a statute from a policy document: it has numbered articles, and more of them than sections."""
    found = [line for raw in text.splitlines() if (line := strip_line(raw)).startswith("第")]
    return sum(1 for line in found if _ARTICLE.match(line) or _TIGHT.match(line)) > 1


def parse_statute(text: str, *, name: str, region: str | None = None, locate: Locate | None = None) -> Parsed:
    """Parse one version of one statute; `name` is the file's name without ending, which may carry its date.

    `locate` finds the place whose rule it is; `region` is for one that cannot be told. Without either only the nation's law
    is read.
    """
    reader = _Reader()
    for at, line in enumerate(text.splitlines(), 1):
        reader.feed(at, plain_row(strip_line(line)))
    reader.finish()
    if not reader.clauses:
        msg = "没有找到条文（第…条）"
        raise FileRefused(msg)
    head = read_head(reader.header, marked=reader.title)
    title = head.title or plain_title(_VERSION.sub("", name))
    signed = (*head.organs, *reader.page.signed_by)
    stated = reader.fields.get("发布机构")
    said = Issued(title=title, enacted=head.enacted, signed=signed, hosted=(*head.hosted, *filter(None, [stated])))
    place = place_of(said, locate) or region
    if place is None:
        raise FileRefused(NO_PLACE)
    issued = _issued(reader, head, name)
    effective, known = _effective(reader, head, issued)
    number = head.number_of(issued, reader.page)
    own_name = _name(title, reader.part, place, locate)
    identity = own_id(DocumentKind.STATUTE, name=own_name, number=number, issued=issued, effective_from=effective)
    issuer = stated or "、".join(issuers(said, place=place))
    presumed = None if issuer else presumed_issuer(title, place=place)
    clauses, repeated = told_apart((*_front(head), *reader.clauses), document=identity)
    undated = place != NATION and not (issued or effective)
    screens = (head.page.screen, reader.page.screen)
    document = Document(
        id=identity,
        title=title,
        kind=DocumentKind.STATUTE,
        number=number,
        issuer=issuer or presumed,
        region=place,
        issued=issued,
        published=find_date(reader.fields.get("发布日期", "")),
        effective_from=effective,
        effective_assumed=not known,
        plan_end=_validity_end(clauses, effective),
        stated_valid=reader.fields.get("效力状态") == "有效",
        below_law=place != NATION and is_below_law(said, number=number),
        blocked=tuple(blocked for screen in screens for blocked in screen.blocked),
        clauses=clauses,
    )
    return Parsed(
        documents=(document,),
        problems=(
            *head.page.problems,
            *reader.page.problems,
            *repeated,
            *_gaps(clauses),
            *([_UNDATED] if undated else []),
        ),
        notes=(
            *(() if known else (_unstated(title, issued),)),
            *((Remark(line=1, text=f"发文机关未写明，按{presumed}计"),) if presumed else ()),
            *(note for screen in screens for note in screen.notes),
            *left_out((*head.page.furniture, *reader.page.furniture)),
        ),
    )


class _Reader:
    """Goes through the lines once and places each."""

    def __init__(self) -> None:
        self.title = ""
        self.part = ""
        self.header: list[Numbered] = []
        self.page = Page()
        self.clauses: list[Clause] = []
        self._levels: list[tuple[int, str]] = []
        self._in_header = True
        self._mark, self._start = "", 0
        self._last = 0
        self._lines: list[Numbered] = []
        self._waiting: list[Numbered] = []

    @property
    def fields(self) -> dict[str, str]:
        """What the page says about the document."""
        return self.page.fields

    def feed(self, number: int, line: str) -> None:
        """Place one line: heading, article, more of the open article, header, or the page's own."""
        if not line.strip("# ") or line == _INFO_END:
            return  # below that mark a title and number printed again are still the head's: the preamble is prose
        if article := self._article(line):
            self._begin()
            self._settle(headings=True)
            self._open(*article, number)
        elif heading := _HEADING.match(line):
            if len(heading[1]) > 1:
                self._begin()
            self._settle(headings=True)
            self._marked_heading(len(heading[1]), _SPACE.sub(" ", heading[2]))
        elif len(line) < _HEADING_LENGTH and (_PART.match(line) or _TOPIC.match(line)):
            self._waiting.append((number, line))
        elif fields := (fields_of(line, head=True) if self._in_header else {}):
            self.page.fields = {key: value for key, value in fields.items() if value} | self.fields
        elif self._in_header and is_furniture(line):
            self.page.furniture.append((number, line))
        else:
            self._settle(headings=False)
            self._text(number, line)

    def _begin(self) -> None:
        """End the header; nothing parts it from the preamble but that a preamble is prose."""
        if not self._in_header:
            return
        self._in_header = False
        head, preamble = split_preamble(self.header)
        self.header = list(head)
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
            self.header.append((number, line))
        elif not self._mark:
            self._open(OPENING, line, number)
        elif shown := self.page.screen.shown(number, line):
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
        shown = self.page.screen.shown(number, words) if words else None
        self._lines = [(number, shown)] if shown else []

    def finish(self) -> None:
        """Place what is still open at the end of the file; below the last article the page goes on."""
        self._settle(headings=False)
        self._below()
        self.close()

    def _below(self) -> None:
        """Take the signature and the page's own lines off the last article; what else stands there is reported."""
        lines = self._lines
        signed = [at for at in range(1, len(lines)) if is_signature(lines, at) or is_day_at_the_end(lines, at)]
        below = next((at for at in range(1, len(lines)) if at in signed or is_furniture(lines[at][1])), len(lines))
        for at in range(below, len(lines)):
            number, line = lines[at]
            if at in signed:
                self.page.signatures.append((number, line))
            elif is_furniture(line) or not (is_own_text(line) or signed):
                self.page.furniture.append((number, line))
            else:
                self.page.problems.append(Remark(line=number, text=f"正文之后的文字，不知归处：{line[:40]}"))
        del lines[below:]

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
            self.page.problems.append(Remark(line=self._start, text=f"{self._mark}没有正文"))
        self._mark, self._lines = "", []


def _issued(reader: _Reader, head: Head, name: str) -> date | None:
    """成文日期: of the version in the file's name, as the page states it, of who passed it, or under the signature."""
    if version := _VERSION.search(name):
        return date.fromisoformat(version[1])
    page = reader.page
    return page.stated_day or (head.last_day if head.passed else None) or page.signed_day or head.last_day


def _name(title: str, part: str, place: str, locate: Locate | None) -> str:
    """Name a text by its title, its book, and its place where the title has none: two cities call their rules alike."""
    named = place == NATION or locate is None or locate(title)
    return "·".join(filter(None, (plain_title(title), part, None if named else place)))


def _front(head: Head) -> tuple[Clause, ...]:
    letter = head.page.letter
    text = "\n".join(words for _, words in letter)
    return (Clause(mark=FRONT, text=text, line=letter[0][0]),) if letter else ()


def _effective(reader: _Reader, head: Head, issued: date | None) -> tuple[date | None, bool]:
    """Return the day this version takes effect, and whether the text says so."""
    printed = [find_date(line) for line in head.enacted if line.endswith("施行")]
    if stated := next((day for day in printed if day and (issued is None or day >= issued)), None):
        return stated, True
    first = not any(_AMENDED.search(line) for line in head.enacted)
    texts = (*(clause.text for clause in reversed(reader.clauses[-3:])), *head.enacted)
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
