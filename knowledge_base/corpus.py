"""What the knowledge base knows: official documents clause by clause, and what each is worth on a given day."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final, assert_never

import yaml
from pydantic import TypeAdapter

from knowledge_base.text import normalise
from knowledge_base.types import NATION, Citation, Passage, Standing

_OLD_POLICY_YEARS: Final = 10
_CODE_LENGTH: Final = 6
_CLOSING_CLAUSES: Final = 3
_LONGEST_WAIT: Final = timedelta(days=366)
"""No amendment we know of waited longer between the day it was passed and the day it took effect."""
_REPEALED: Final = re.compile(r"[^。；]*(?:同时|予以|即行|即)废止")
_BOOK_TITLE: Final = re.compile(r"《([^《》]+)》")
_COUNTRY_PREFIX: Final = re.compile(r"^中华人民共和国")
PREAMBLE: Final = "引言"
"""What stands before the first mark of a policy."""
OPENING: Final = "序言"
"""What stands before the first article of a law."""
FRONT: Final = "印发通知"
"""The clause that a cover letter becomes."""
CLOSING: Final = "结尾"
"""What the whole document says of itself below its last point: from when to when it holds."""
WHOLE: Final = "全文"
"""All of a notice without sections."""
NAMED: Final = frozenset({PREAMBLE, OPENING, FRONT, CLOSING})
"""Parts of a document that are cited by name, having no number."""
_BY_LAW: Final = re.compile(r"条例(?:[（(].{1,8}[)）])?$")
"""No office, and no government, may call its own rules 条例 (规章制定程序条例第七条)."""


class DocumentKind(StrEnum):
    """What sort of text a document is: it decides how standing is computed."""

    STATUTE = "statute"
    POLICY = "policy"
    CARD = "card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One numbered unit of a document, as printed; `line` is where it began in the file it came from."""

    mark: str
    text: str
    headings: tuple[str, ...] = ()
    line: int = 0
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """核实: what somebody answerable looked up about a text's standing, who it was, and when."""

    standing: Standing
    on: date
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One version of one official text.

    `issued` is the 成文日期, `published` the date a web page shows; they differ by twelve years in one of ours.
    `effective_assumed`: the text does not say when it takes effect, as amended laws do not, and the day it was issued
    stands in. `plan_end` is the last day of a plan; `superseded_from` and `doubtful_from` are set by the versions and
    events known to the corpus, never by the document itself, and so are the days since which single articles are
    doubtful: an article may change more than once. `below_law`: 规范性文件 in articles, an office's own rule, which
    ages as a policy does.
    """

    id: str
    title: str
    kind: DocumentKind
    clauses: tuple[Clause, ...]
    number: str | None = None
    issuer: str | None = None
    region: str = NATION
    issued: date | None = None
    published: date | None = None
    effective_from: date | None = None
    effective_assumed: bool = False
    plan_end: date | None = None
    superseded_from: date | None = None
    doubtful_from: date | None = None
    doubtful_articles: tuple[tuple[str, date], ...] = ()
    stated_valid: bool = False
    below_law: bool = False
    verified: Verified | None = None
    blocked: tuple[str, ...] = ()

    def standing(self, on: date) -> Standing:
        """效力状态 on a given day. The end of a plan beats the page's own "有效", and whatever was verified before."""
        if ended := self._ended(on):
            return ended
        if verified := self.verified_for(on):
            return verified.standing
        if self.doubtful_from and on >= self.doubtful_from:
            return Standing.UNKNOWN
        wait = _LONGEST_WAIT if self.effective_assumed else timedelta()
        if self.effective_from and on < self.effective_from + wait:
            return Standing.UNKNOWN
        if self.ages:
            return self._policy_standing(on)
        return Standing.IN_FORCE if self.effective_from else Standing.UNKNOWN

    def standing_of(self, mark: str, on: date) -> Standing:
        """效力状态 of one article, which may have been changed while the others hold."""
        whole = self.standing(on)
        return Standing.UNKNOWN if whole is Standing.IN_FORCE and self._is_doubtful(mark, on) else whole

    def verified_of(self, mark: str, on: date) -> Verified | None:
        """Return what was verified of one article: nothing, where it has been changed since."""
        return None if self._is_doubtful(mark, on) else self.verified_for(on)

    def doubting(self, article: str, since: date) -> "Document":
        """Return the document with one more day on which an article is said to have changed."""
        doubts = dict.fromkeys((*self.doubtful_articles, (article, since)))
        return replace(self, doubtful_articles=tuple(doubts))

    def _is_doubtful(self, mark: str, on: date) -> bool:
        verified = self.verified_for(on)
        return any(
            day <= on and (verified is None or verified.on < day)
            for article, day in self.doubtful_articles
            if mark == article or mark.startswith(f"{article}第")
        )

    @property
    def ages(self) -> bool:
        """Tell a text whose standing wears off with the years, unless it says how long it holds."""
        return self.kind is DocumentKind.POLICY or self.below_law

    @property
    def day(self) -> date | None:
        """The day by which editions are put in order: of writing, or else the day the text says it takes effect."""
        return self.issued or self.effective_from

    def verified_for(self, on: date) -> Verified | None:
        """Return what was verified, where that decides the standing of a day: until the text ends or is doubted anew."""
        said = self.verified
        if said is None or self._ended(on):
            return None
        begins = said.on if self.effective_assumed else self.effective_from or said.on
        doubted = self.doubtful_from and said.on < self.doubtful_from <= on
        too_old = self.ages and on.year - said.on.year >= _OLD_POLICY_YEARS
        return None if on < begins or doubted or too_old else said

    def _ended(self, on: date) -> Standing | None:
        if self.plan_end and on > self.plan_end:
            return Standing.PLAN_ENDED
        return Standing.SUPERSEDED if self.superseded_from and on >= self.superseded_from else None

    def _policy_standing(self, on: date) -> Standing:
        if self.day and on.year - self.day.year >= _OLD_POLICY_YEARS:
            return Standing.HISTORICAL
        return Standing.IN_FORCE if self.stated_valid or self.plan_end else Standing.UNKNOWN

    def applies(self, on: date) -> bool:
        """Tell whether this version may answer a question about that day.

        Plans that ended and old policies may, with a caveat; a statute replaced by its next version may not.
        """
        begun = self.effective_from is None or self.effective_from <= on
        return begun and not (self.superseded_from and on >= self.superseded_from)


DOCUMENT: Final = TypeAdapter(Document)


class _What(StrEnum):
    """What an event is to the text it names."""

    EFFECTIVE = "effective"
    REPEALED = "repealed"
    REVISED = "revised"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    """What is known of a text that it does not say itself: our file of such events names the source of each."""

    title: str
    day: date
    what: _What
    basis: str
    before: date | None = None
    article: str | None = None
    issued: date | None = None


_EVENTS: Final = TypeAdapter(tuple[_Event, ...])


def plain_title(title: str) -> str:
    """Return a title as people cite it: without 中华人民共和国 and without book-title marks."""
    return _COUNTRY_PREFIX.sub("", title.strip().replace("《", "").replace("》", ""))


def title_key(title: str) -> str:
    """Return a title as it is compared: as people cite it, in one spelling, without spaces."""
    return normalise(plain_title(title)).replace(" ", "")


def is_by_law(title: str, number: str | None) -> bool:
    """Tell by its name or number what a people's congress passed (条例) or a government decreed (政府令)."""
    return bool(_BY_LAW.search(plain_title(title))) or "政府令" in (number or "")


def own_id(
    kind: DocumentKind, *, name: str, number: str | None, issued: date | None, effective_from: date | None
) -> str:
    """Return the id of a text: a policy's number, else its name and its day, so that two editions are never one.

    The name is the title, and what tells the text from others of that title: its book, or its place.
    """
    if kind is DocumentKind.POLICY and number:
        return number
    return f"{plain_title(name)}@{issued or effective_from or '无日期'}"


def name_in(own_id: str) -> str | None:
    """Return the name in an id that is made of a name and a day; None in one that is a number."""
    name, at, _ = own_id.rpartition("@")
    return name if at else None


def order_versions(documents: Iterable[Document]) -> tuple[Document, ...]:
    """Mark each version of a statute as superseded from the day its successor takes effect."""
    by_title: dict[tuple[str, str], list[Document]] = defaultdict(list)
    ordered: list[Document] = []
    for document in documents:
        if document.kind is DocumentKind.STATUTE and document.day:
            by_title[plain_title(document.title), document.region].append(document)
        else:
            ordered.append(document)
    for versions in by_title.values():
        versions.sort(key=lambda d: (d.day or date.min, d.id))
        starts = [_start_of_next(versions, i) for i in range(len(versions))]
        ordered.extend(replace(d, superseded_from=start) for d, start in zip(versions, starts, strict=True))
    return tuple(sorted(ordered, key=lambda d: d.id))


def _start_of_next(versions: Sequence[Document], at: int) -> date | None:
    day = versions[at].day
    for later in versions[at + 1 :]:
        if later.day != day:  # the books of the Civil Code share one date and replace nothing
            return later.effective_from or later.day
    return None


def in_time(documents: Iterable[Document]) -> tuple[Document, ...]:
    """Return texts with all that is known of their days: since when each holds, what replaced it, what befell it since."""
    events = _events()
    return tuple(_after(document, events) for document in order_versions(_begun(d) for d in documents))


def known_start(title: str, issued: date | None) -> tuple[date, str] | None:
    """Return the day an edition took effect and the source that says so, where its own text is silent and we know."""
    edition = (plain_title(title), issued)
    known = (e for e in _events() if e.what is _What.EFFECTIVE and (e.title, e.issued) == edition)
    return next(((event.day, event.basis) for event in known), None)


def events_file() -> bytes:
    """Return the file of what is known of texts beside what they say, for telling whether an index is still theirs."""
    return files("knowledge_base").joinpath("sources", "events.yml").read_bytes()


@cache
def _events() -> tuple[_Event, ...]:
    return _EVENTS.validate_python(yaml.safe_load(events_file()))


def _begun(document: Document) -> Document:
    if not document.effective_assumed or not (known := known_start(document.title, document.issued)):
        return document
    return replace(document, effective_from=known[0], effective_assumed=False)


def _after(document: Document, events: Sequence[_Event]) -> Document:
    title = plain_title(document.title)
    for event in events:
        if event.title != title or (event.before and document.issued and document.issued >= event.before):
            continue
        match event.what:
            case _What.REPEALED:
                document = replace(document, superseded_from=_earlier(document.superseded_from, event.day))
            case _What.REVISED if event.article:
                document = document.doubting(event.article, event.day)
            case _What.REVISED:
                document = replace(document, doubtful_from=_earlier(document.doubtful_from, event.day))
            case _What.EFFECTIVE:
                pass  # of one edition, and told before the editions were put in order
            case _:
                assert_never(event.what)
    return document


def apply_repeals(documents: Iterable[Document]) -> tuple[Document, ...]:
    """Mark what another of these texts repeals in so many words: 《…办法》同时废止.

    Only an earlier text, in the same place or below it, can be meant.
    """
    listed = tuple(documents)
    repealed: dict[str, list[Document]] = defaultdict(list)
    for document in listed:
        if document.effective_from:
            for clause in document.clauses[-_CLOSING_CLAUSES:]:
                for sentence in _REPEALED.findall(clause.text):
                    for title in _BOOK_TITLE.findall(sentence):
                        repealed[plain_title(title)].append(document)
    return tuple(_repealed(document, repealed.get(plain_title(document.title), ())) for document in listed)


def _repealed(document: Document, by: Iterable[Document]) -> Document:
    for newer in by:
        near = newer.region == NATION or newer.region in place_chain(document.region)
        if near and newer.effective_from and document.day and newer.day and document.day < newer.day:
            document = replace(document, superseded_from=_earlier(document.superseded_from, newer.effective_from))
    return document


def _earlier(first: date | None, second: date) -> date:
    return min(first, second) if first else second


def passage_id(document: Document, clause: Clause) -> str:
    """Return the stable name of a clause; texts that bring their own ids keep them."""
    return clause.id or f"{document.id}#{clause.mark}"


def citation(document: Document, clause: Clause, *, on: date, quote: str | None = None) -> Citation:
    """出处 of one clause, with its standing on that day."""
    return cite(document, clause.mark, on=on, source_id=passage_id(document, clause), quote=quote)


def cite(document: Document, mark: str, *, on: date, source_id: str, quote: str | None = None) -> Citation:
    """出处 of any part of a text, with its standing on that day and who verified it."""
    verified = document.verified_of(mark, on)
    return Citation(
        document=document.title,
        number=document.number,
        clause=mark,
        issued=document.issued,
        standing=document.standing_of(mark, on),
        verified_on=verified.on if verified else None,
        verified_by=verified.by if verified else None,
        region=document.region,
        source_id=source_id,
        quote=quote,
    )


def passage(document: Document, clause: Clause, *, on: date) -> Passage:
    """One clause, ready to be shown."""
    return Passage(
        id=passage_id(document, clause),
        document_id=document.id,
        title=document.title,
        clause=clause.mark,
        text=clause.text,
        citation=citation(document, clause, on=on, quote=clause.text),
        headings=clause.headings,
        effective_from=document.effective_from,
        effective_to=document.superseded_from,
    )


def place_chain(region: str | None) -> tuple[str, ...]:
    """Return a place, its ancestors and the nation: 140581 -> 140581, 140500, 140000, CN.

    The code itself says so (GB/T 2260: two digits each for province, city, county).
    """
    if region is None or region == NATION or len(region) != _CODE_LENGTH:
        return (NATION,)
    wider = (region, f"{region[:4]}00", f"{region[:2]}0000")
    return (*dict.fromkeys(wider), NATION)
