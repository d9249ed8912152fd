"""Our own plain-language answers, each tied to the clauses it rests on.

A card never speaks without its sources: when an ingested text no longer says what the card relies on (`has`), or says
it in other words than those the card was read against (`clauses.lock`), its answer is set aside at build and the
clause itself is given in its place (card_sources.py).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from knowledge_base.corpus import Document, DocumentKind, in_time
from knowledge_base.types import NATION

LOCK: Final = "clauses.lock"
_ARTICLE: Final = re.compile(r"^第[^条]+条(?:之[一二三四五六七八九十])?")
_LOCK_COLUMNS: Final = 3
UNREADABLE: Final = (
    yaml.YAMLError,
    ValueError,
    ArithmeticError,
    LookupError,
    AttributeError,
    RecursionError,
    OSError,
)
"""What reading YAML raises: beside errors of its own those of Python, for 30 February, a tag on the wrong value, depth."""


class CardInvalid(Exception):
    """A card file cannot be read as cards; the message names file and card."""

    code = "card_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One clause a card rests on. `has` are the words of the clause without which the card would be wrong.

    `digest` is of the whole clause as it was when someone last read the card against it.
    """

    document: Document
    clause: str
    has: tuple[str, ...] = ()
    digest: str = ""

    @property
    def mark(self) -> str:
        """The clause as documents are cut: a statute's article, whatever paragraph or item is meant."""
        article = _ARTICLE.match(self.clause)
        return article[0] if article else self.clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """问答卡: one question people ask in several ways, and its answer; a gap is one we know we cannot answer.

    `beside` are the cards that answer the same question for another place (national and local): where both apply to a
    caller both are shown, and staff say which holds. `seeds` are the items of the five local documents it answers.
    `quotes` are the clauses, by their passages' ids, of which a card now gives one in place of its own words, which no
    longer hold.
    """

    id: str
    questions: tuple[str, ...]
    references: tuple[Reference, ...]
    answer: str = ""
    matters: tuple[str, ...] = ()
    region: str = NATION
    gap: bool = False
    valid_from: date | None = None
    valid_to: date | None = None
    beside: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()


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
    beside: tuple[str, ...] = ()
    seeds: tuple[str, ...] = ()


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
    set_aside: Mapping[str, str] = field(default_factory=dict)
    """Cards that are not used, and why."""


def sources_folder() -> Traversable:
    """Return where our cards and what they cite are kept."""
    return files("knowledge_base").joinpath("sources")


def load_cards(folder: Traversable | None = None) -> CardBook:
    """Read our cards. Raises CardInvalid naming the file and what is wrong with it."""
    folder = folder or sources_folder()
    raw: list[bytes] = []
    registry = read_registry(_read(folder.joinpath("documents.yml"), raw))
    off_topic = _read(folder.joinpath("off_topic.yml"), raw)
    digests = _digests(folder.joinpath(LOCK), raw)
    cards: dict[str, Card] = {}
    for file in sorted(folder.joinpath("cards").iterdir(), key=lambda f: f.name):
        if not file.name.endswith(".yml"):
            continue
        for card in read_cards(_read(file, raw), registry, digests, where=file.name):
            if card.id in cards:
                msg = f"{file.name}: the id {card.id!r} is used twice"
                raise CardInvalid(msg)
            cards[card.id] = card
    return CardBook(cards=tuple(_side_by_side(cards)), off_topic=tuple(off_topic), raw=b"\0".join(raw))


def read_cards(
    data: object, documents: Mapping[str, Document], digests: Mapping[tuple[str, str], str], *, where: str
) -> tuple[Card, ...]:
    """Read the cards of one file, which cite documents by name. Raises CardInvalid."""
    try:
        entries = _CARD_ENTRIES.validate_python(data)
    except ValidationError as error:
        msg = f"{where}: {error}"
        raise CardInvalid(msg) from error
    return tuple(_card(entry, documents, digests, where=where) for entry in entries)


def _read(file: Traversable, raw: list[bytes]) -> Any:  # noqa: ANN401 - whatever the file holds; checked by the caller
    try:
        content = file.read_bytes()
        raw.append(content)
        return yaml.safe_load(content)
    except UNREADABLE as error:
        msg = f"{file.name}：{no_yaml(error)}"
        raise CardInvalid(msg) from error


def no_yaml(error: Exception) -> str:
    """Say in one line where a file stops being YAML, or what else keeps it from being read."""
    said = " ".join(str(error).split())
    match error:
        case yaml.YAMLError() | UnicodeDecodeError():
            mark = getattr(error, "problem_mark", None)
            line = f"第 {mark.line + 1} 行" if mark else ""
            return f"{line}不是 YAML：{getattr(error, 'problem', None) or said}"
        case RecursionError():
            return "一层套一层，太深了，读不了"
        case OSError():
            return f"打不开：{error.strerror}"
        case _:
            return f"有不成立的值（例如没有这一天的日期）：{said}"


def _digests(file: Traversable, raw: list[bytes]) -> Mapping[tuple[str, str], str]:
    """Read what `cards lock` wrote: document, clause and digest, one clause a line."""
    if not file.is_file():
        return {}
    content = file.read_bytes()
    raw.append(content)
    lines = [line.split() for line in content.decode().splitlines() if line and not line.startswith("#")]
    if broken := [line for line in lines if len(line) != _LOCK_COLUMNS]:
        msg = f"{LOCK}: {' '.join(broken[0])!r} is not document, clause and digest"
        raise CardInvalid(msg)
    return {(document, clause): digest for document, clause, digest in lines}


def _side_by_side(cards: Mapping[str, Card]) -> Iterator[Card]:
    """Make `beside` hold both ways: it is written on one card of a pair only."""
    pairs: defaultdict[str, set[str]] = defaultdict(set)
    for card in cards.values():
        for other in card.beside:
            if other not in cards or cards[other].gap or card.gap or cards[other].region == card.region:
                msg = f"card {card.id!r} stands beside {other!r}, which is no answer for another place"
                raise CardInvalid(msg)
            pairs[card.id].add(other)
            pairs[other].add(card.id)
    return (replace(card, beside=tuple(sorted(pairs[card.id]))) for card in cards.values())


def read_registry(data: object) -> Mapping[str, Document]:
    """Return the documents that cards cite, by the names they cite them under."""
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
            effective_assumed=entry.effective_from is None and entry.kind is DocumentKind.STATUTE,
            plan_end=entry.plan_end,
        )
        for key, entry in entries.items()
    )
    return {document.id: document for document in in_time(documents)}


def _card(
    entry: _CardEntry, registry: Mapping[str, Document], digests: Mapping[tuple[str, str], str], *, where: str
) -> Card:
    unknown = [cite.of for cite in entry.cite if cite.of not in registry]
    if unknown:
        msg = f"{where}: card {entry.id!r} cites {unknown}, which documents.yml does not list"
        raise CardInvalid(msg)
    if not entry.gap and not (entry.answer.strip() and entry.cite):
        msg = f"{where}: card {entry.id!r} needs an answer and at least one source"
        raise CardInvalid(msg)
    cited = (Reference(document=registry[c.of], clause=c.at, has=c.has) for c in entry.cite)
    references = tuple(replace(r, digest=digests.get((r.document.id, r.mark), "")) for r in cited)
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
        beside=entry.beside,
        seeds=entry.seeds,
    )


def _depth(region: str) -> int:
    return len(region.rstrip("0"))
