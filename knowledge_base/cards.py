"""Our own plain-language answers, each tied to the clauses it rests on.

A card never speaks without its sources: when an ingested text no longer says what the card relies on (`has`), the
card is set aside at build and the text answers in its place.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from knowledge_base.corpus import Clause, Document, DocumentKind, apply_events, order_versions, plain_title
from knowledge_base.text import article_numbers, normalise
from knowledge_base.types import NATION

_ARTICLE: Final = re.compile(r"^第[^条]+条(?:之[一二三四五六七八九十])?")


class CardInvalid(Exception):
    """A card file cannot be read as cards; the message names file and card."""

    code = "card_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One clause a card rests on. `has` are the words of the clause without which the card would be wrong."""

    document: Document
    clause: str
    has: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """The clause as documents are cut: a statute's article, whatever paragraph or item is meant."""
        article = _ARTICLE.match(self.clause)
        return article[0] if article else self.clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """问答卡: one question people ask in several ways, and its answer; a gap is one we know we cannot answer."""

    id: str
    questions: tuple[str, ...]
    references: tuple[Reference, ...]
    answer: str = ""
    matters: tuple[str, ...] = ()
    region: str = NATION
    gap: bool = False
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Where a reference was found among the ingested texts; None when its document is not there."""

    document: Document | None = None
    clause: Clause | None = None
    fault: str | None = None


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class _CiteEntry:
    of: str
    at: str
    has: tuple[str, ...] = ()


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class _CardEntry:
    id: str
    ask: tuple[str, ...]
    answer: str = ""
    cite: tuple[_CiteEntry, ...] = ()
    matters: tuple[str, ...] = ()
    region: str = ""
    gap: bool = False
    valid_from: date | None = None
    valid_to: date | None = None


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class _DocumentEntry:
    title: str
    kind: DocumentKind = DocumentKind.STATUTE
    number: str | None = None
    issued: date | None = None
    region: str = NATION
    effective_from: date | None = None
    plan_end: date | None = None


_CARD_ENTRIES: Final = TypeAdapter(tuple[_CardEntry, ...])
_DOCUMENT_ENTRIES: Final = TypeAdapter(dict[str, _DocumentEntry])


@dataclass(frozen=True, slots=True, kw_only=True)
class CardBook:
    """All cards, and the bytes they were read from (for telling whether an index is still theirs)."""

    cards: tuple[Card, ...]
    off_topic: tuple[str, ...] = ()
    raw: bytes = field(default=b"", repr=False)


def load_cards(folder: Traversable | None = None) -> CardBook:
    """Read our cards. Raises CardInvalid naming the file and what is wrong with it."""
    folder = folder or files("knowledge_base").joinpath("sources")
    raw: list[bytes] = []
    registry = _registry(_read(folder.joinpath("documents.yml"), raw))
    off_topic = _read(folder.joinpath("off_topic.yml"), raw)
    cards: dict[str, Card] = {}
    for file in sorted(folder.joinpath("cards").iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".yml"):
            continue
        try:
            entries = _CARD_ENTRIES.validate_python(_read(file, raw))
        except ValidationError as error:
            msg = f"{file.name}: {error}"
            raise CardInvalid(msg) from error
        for entry in entries:
            if entry.id in cards:
                msg = f"{file.name}: the id {entry.id!r} is used twice"
                raise CardInvalid(msg)
            cards[entry.id] = _card(entry, registry, where=file.name)
    return CardBook(cards=tuple(cards.values()), off_topic=tuple(off_topic), raw=b"\0".join(raw))


def _read(file: Traversable, raw: list[bytes]) -> Any:  # noqa: ANN401 - whatever the file holds; checked by the caller
    content = file.read_bytes()
    raw.append(content)
    return yaml.safe_load(content)


def _registry(data: object) -> Mapping[str, Document]:
    entries = _DOCUMENT_ENTRIES.validate_python(data)
    documents = (
        Document(
            id=key,
            title=entry.title,
            kind=entry.kind,
            clauses=(),
            number=entry.number,
            region=entry.region,
            issued=entry.issued,
            effective_from=entry.effective_from or entry.issued,
            plan_end=entry.plan_end,
        )
        for key, entry in entries.items()
    )
    return {document.id: document for document in apply_events(order_versions(documents))}


def _card(entry: _CardEntry, registry: Mapping[str, Document], *, where: str) -> Card:
    unknown = [cite.of for cite in entry.cite if cite.of not in registry]
    if unknown:
        msg = f"{where}: card {entry.id!r} cites {unknown}, which documents.yml does not list"
        raise CardInvalid(msg)
    if not entry.gap and not (entry.answer.strip() and entry.cite):
        msg = f"{where}: card {entry.id!r} needs an answer and at least one source"
        raise CardInvalid(msg)
    references = tuple(Reference(document=registry[c.of], clause=c.at, has=c.has) for c in entry.cite)
    local = [r.document.region for r in references if r.document.region != NATION]
    return Card(
        id=entry.id,
        questions=entry.ask,
        answer="".join(entry.answer.split()),
        references=references,
        matters=entry.matters,
        region=entry.region or max(local, key=_depth, default=NATION),
        gap=entry.gap,
        valid_from=entry.valid_from,
        valid_to=entry.valid_to,
    )


def _depth(region: str) -> int:
    return len(region.rstrip("0"))


class Library:
    """Finds the clause a card means among the ingested documents."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._by_title: dict[str, list[Document]] = {}
        self._by_number: dict[str, Document] = {}
        for document in documents:
            self._by_title.setdefault(_title_key(document.title), []).append(document)
            if document.number and document.kind is DocumentKind.POLICY:
                self._by_number[document.number] = document
        for versions in self._by_title.values():
            versions.sort(key=lambda d: d.issued or date.min, reverse=True)

    def resolve(self, reference: Reference) -> Resolved:
        """Return the clause, or what is wrong with it; nothing at all when the document was not ingested.

        Only a version that is as new as the one the card was written from can prove the card wrong; an older one, or
        a collection without dates, can only supply the words.
        """
        missing, changed = None, None
        for document in self._candidates(reference.document):
            clause = next((c for c in document.clauses if c.mark == reference.mark), None)
            lost = _lost(reference, clause) if clause else []
            if clause and not lost:
                return Resolved(document=document, clause=clause)
            if not _as_new(document, reference.document):
                continue
            if clause:
                changed = changed or f"{document.id} {clause.mark} no longer says {lost}"
            elif _should_have(document, reference.mark):
                missing = missing or f"{document.id} has no {reference.mark}"
        return Resolved(fault=changed or missing)

    def _candidates(self, wanted: Document) -> Sequence[Document]:
        if wanted.number and (found := self._by_number.get(wanted.number)):
            return (found,)
        versions = self._by_title.get(_title_key(wanted.title), [])
        if wanted.kind is DocumentKind.POLICY:
            return [d for d in versions if d.region == wanted.region]
        same = [d for d in versions if d.issued == wanted.issued]
        return same or versions


def _lost(reference: Reference, clause: Clause) -> list[str]:
    text = normalise(clause.text)
    return [words for words in reference.has if normalise(words) not in text]


def _should_have(document: Document, mark: str) -> bool:
    """Tell a clause that is gone from one that belongs to another book of the same code."""
    wanted = article_numbers(mark)
    if not wanted:
        return True
    held = [number for clause in document.clauses for number in article_numbers(clause.mark)]
    return bool(held) and min(held) <= wanted[0] <= max(held)


def _as_new(document: Document, wanted: Document) -> bool:
    return document.issued is not None and (wanted.issued is None or document.issued >= wanted.issued)


def _title_key(title: str) -> str:
    return normalise(plain_title(title)).replace(" ", "")
