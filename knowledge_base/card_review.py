"""Holds a card of the office against its sources before anybody relies on it: at the desk as a draft, at a build as a file."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from knowledge_base import figures
from knowledge_base.calibration import likeness
from knowledge_base.card_checks import LONGEST, TWINS, contact_in, figure_owed
from knowledge_base.card_sources import Library, Resolved
from knowledge_base.cards import Card, Reference
from knowledge_base.corpus import Clause, Document, place_chain, title_key
from knowledge_base.drafts import CardDraft, Finding, Flaw, Review, SourceDraft, SourceSeen
from knowledge_base.index import Index
from knowledge_base.text import article_numbers
from knowledge_base.types import NATION

MOST_ID: Final = 50
_ID: Final = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*")
_ARTICLE: Final = re.compile(r"^第[^条]+条(?:之[一二三四五六七八九十])?")
_SAID_ARTICLE: Final = re.compile(r"^(第?[零〇一二三四五六七八九十百千两0-9]+条(?:之[一二三四五六七八九十])?)(.*)$")
_MARK_NOISE: Final = re.compile(r"[\s、.．。,，]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A source that was found: the text, its clause, and the reference a card makes of it."""

    document: Document
    clause: Clause | None
    reference: Reference


@dataclass(slots=True)
class Sources:
    """Finds what people cite by name in one opened index, reading only the clauses that are asked for."""

    index: Index
    _entries: dict[str, frozenset[int]] = field(default_factory=dict)

    def find(self, source: SourceDraft, *, on: date) -> Found | None:
        """Return the source, in the version that applies on that day where there are several; None for an unknown text."""
        document = self.document(source.document, on=on)
        if document is None:
            return None
        whole = self.whole(document)
        clause = next((c for c in whole.clauses if _same_mark(c.mark, source.clause)), None)
        at = _cited_as(source.clause, clause)
        head = replace(document, clauses=())
        return Found(document=whole, clause=clause, reference=Reference(document=head, clause=at, has=source.words))

    def document(self, named: str, *, on: date) -> Document | None:
        """Return a text by its id, number or title."""
        known = self.named(named) or [d for d in self.index.documents if d.id == named]
        newest = sorted(known, key=lambda d: d.issued or date.min, reverse=True)
        return next((d for d in newest if d.applies(on)), newest[0] if newest else None)

    def named(self, *names: str | None) -> list[Document]:
        """Return the texts that have one of these names: an id, a number or a title."""
        wanted = {title_key(name) for name in names if name} - {""}
        return [d for d in self.index.documents if wanted & {title_key(d.title), title_key(d.number or ""), d.id}]

    def whole(self, document: Document) -> Document:
        """Return a text with its clauses."""
        self._entries = self._entries or self.index.entries_by_document()
        entries = sorted(self._entries.get(document.id, ()))
        return replace(document, clauses=tuple(self.index.clause(entry) for entry in entries))


def review_card(
    draft: CardDraft,
    *,
    sources: Sources,
    on: date,
    knows_region: Callable[[str], bool],
    knows_matter: Callable[[str], bool],
) -> Review:
    """Return every flaw of a draft, and its sources in their own words."""
    seen = tuple(_seen(source, sources, on=on) for source in draft.sources)
    problems = [
        *_form(draft, knows_region=knows_region, knows_matter=knows_matter),
        *(_found(flaw, one.source) for one in seen for flaw in one.flaws),
        *_reach(draft, filter(None, (sources.document(source.document, on=on) for source in draft.sources))),
        *_figures(draft, seen),
        *_twins(draft, sources.index.cards),
    ]
    return Review(problems=tuple(dict.fromkeys(problems)), sources=seen)


def review_filed(
    card: Card,
    *,
    library: Library,
    beside: Iterable[Card],
    knows_region: Callable[[str], bool],
    knows_matter: Callable[[str], bool],
) -> tuple[Finding, ...]:
    """Return every flaw of a card that lies among the office's files: what a draft of it would be sent back for.

    A source that was read against its card and has changed since is no flaw of the card, but the build's to tell.
    """
    found = [(reference, library.resolve(reference)) for reference in card.references]
    if card.gap or any(resolved.fault and reference.digest for reference, resolved in found):
        return ()
    draft = draft_of(card)
    seen = [_filed(reference, resolved) for reference, resolved in found]
    return tuple(
        dict.fromkeys(
            [
                *_form(draft, knows_region=knows_region, knows_matter=knows_matter),
                *(_found(flaw, one.source) for one in seen for flaw in one.flaws),
                *_reach(draft, (resolved.document or reference.document for reference, resolved in found)),
                *_figures(draft, seen),
                *_twins(draft, beside),
            ]
        )
    )


def draft_of(card: Card) -> CardDraft:
    """Return a card as a draft to go on from."""
    return CardDraft(
        id=card.id,
        questions=card.questions,
        answer=card.answer,
        sources=tuple(SourceDraft(document=r.document.title, clause=r.clause, words=r.has) for r in card.references),
        matters=card.matters,
        region=card.region,
        valid_from=card.valid_from,
        valid_to=card.valid_to,
    )


def _filed(reference: Reference, resolved: Resolved) -> SourceSeen:
    document, clause = resolved.document or reference.document, resolved.clause
    flaw = None if reference.has else Flaw.WORDS_MISSING
    if clause is None:
        flaw = Flaw.WORDS_NOT_IN_CLAUSE if resolved.reworded else Flaw.CLAUSE_UNKNOWN
    return SourceSeen(
        source=SourceDraft(document=document.title, clause=reference.clause, words=reference.has),
        title=document.title,
        number=document.number,
        clause=reference.clause,
        text=clause.text if clause else "",
        flaws=(flaw,) if flaw else (),
    )


def _form(
    draft: CardDraft, *, knows_region: Callable[[str], bool], knows_matter: Callable[[str], bool]
) -> Iterator[Finding]:
    held = (
        (not _ID.fullmatch(draft.id) or len(draft.id) > MOST_ID, Flaw.ID_MALFORMED, draft.id),
        (not draft.questions, Flaw.QUESTION_MISSING, ""),
        (not draft.answer, Flaw.ANSWER_MISSING, ""),
        (len(draft.answer) > LONGEST, Flaw.ANSWER_TOO_LONG, f"{len(draft.answer)}/{LONGEST}"),
        (not draft.sources, Flaw.SOURCE_MISSING, ""),
        (draft.region != NATION and not knows_region(draft.region), Flaw.REGION_UNKNOWN, draft.region),
        (_is_empty(draft.valid_from, draft.valid_to), Flaw.PERIOD_EMPTY, ""),
        *((not knows_matter(matter), Flaw.MATTER_UNKNOWN, matter) for matter in draft.matters),
    )
    yield from (Finding(flaw=flaw, about=about) for wrong, flaw, about in held if wrong)
    if contact := contact_in(draft.answer):
        yield Finding(flaw=Flaw.CONTACT_IN_ANSWER, about=contact)
    if draft.answer and (owed := figure_owed(draft.questions, draft.answer)):
        yield Finding(flaw=Flaw.FIGURE_NOT_FIRST, about=owed)


def _is_empty(begin: date | None, end: date | None) -> bool:
    return begin is not None and end is not None and end <= begin


def _seen(source: SourceDraft, sources: Sources, *, on: date) -> SourceSeen:
    found = sources.find(source, on=on)
    if found is None:
        return SourceSeen(source=source, flaws=(Flaw.DOCUMENT_UNKNOWN,))
    document, clause = found.document, found.clause
    return SourceSeen(
        source=source,
        document_id=document.id,
        title=document.title,
        number=document.number,
        clause=found.reference.clause,
        text=clause.text if clause else "",
        standing=document.standing_of(found.reference.mark, on),
        issued=document.issued,
        flaws=tuple(_flaws(found, on=on)),
    )


def _flaws(found: Found, *, on: date) -> Iterator[Flaw]:
    if found.document.superseded_from and found.document.superseded_from <= on:
        yield Flaw.DOCUMENT_ENDED
    if found.clause is None:
        yield Flaw.CLAUSE_UNKNOWN
    elif not found.reference.has:
        yield Flaw.WORDS_MISSING
    elif Library([found.document]).resolve(found.reference).clause is None:
        yield Flaw.WORDS_NOT_IN_CLAUSE


def _reach(draft: CardDraft, documents: Iterable[Document]) -> Iterator[Finding]:
    """Find sources that do not hold everywhere the card speaks: a city's exemption stays in that city."""
    places = place_chain(draft.region)
    for document in documents:
        if document.region not in places:
            yield Finding(flaw=Flaw.REGION_TOO_WIDE, about=document.title)


def _figures(draft: CardDraft, seen: Sequence[SourceSeen]) -> Iterator[Finding]:
    """Find figures that no source has. Where a text is not at hand nobody can tell: what is wrong then is that it is not."""
    if any(Flaw.DOCUMENT_UNKNOWN in one.flaws for one in seen):
        return
    said = [f"{one.title} {one.number or ''} {one.clause} {one.text}" for one in seen]
    for figure in figures.missing(draft.answer, said):
        yield Finding(flaw=Flaw.FIGURE_NOT_IN_SOURCE, about=figure.words)


def _twins(draft: CardDraft, cards: Iterable[Card]) -> Iterator[Finding]:
    for card in cards:
        if card.id == draft.id or card.region != draft.region:
            continue
        if any(likeness(question, card.questions) >= TWINS for question in draft.questions):
            yield Finding(flaw=Flaw.NEAR_DUPLICATE, about=card.id)


def _found(flaw: Flaw, source: SourceDraft) -> Finding:
    """Return a flaw with what it is about: a text that is not here is told once, however many of its clauses are cited."""
    clause = "" if flaw is Flaw.DOCUMENT_UNKNOWN else source.clause
    return Finding(flaw=flaw, about=f"《{source.document.strip('《》')}》{clause}")


def _same_mark(mark: str, said: str) -> bool:
    """Tell whether a person means this clause: 第42条 is 第四十二条, 四、（一）4 is 四(一)4."""
    article, meant = _ARTICLE.match(mark), _SAID_ARTICLE.match(said.strip())
    if article is None or meant is None:
        return _mark_key(mark) == _mark_key(said)
    same = article_numbers(article[0]) == article_numbers(meant[1])
    return same and article[0].rpartition("条")[2] == meant[1].rpartition("条")[2]


def _mark_key(mark: str) -> str:
    return _MARK_NOISE.sub("", unicodedata.normalize("NFKC", mark))


def _cited_as(said: str, clause: Clause | None) -> str:
    """Return the clause as a card cites it: the mark as printed, and the paragraph or item a person added."""
    if clause is None:
        return said
    added = _SAID_ARTICLE.match(said.strip())
    return f"{clause.mark}{added[2]}" if added and _ARTICLE.match(clause.mark) else clause.mark
