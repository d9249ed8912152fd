"""Our own plain-language answers, each tied to the clauses it rests on.

A card never speaks without its sources: when an ingested text no longer says what the card relies on (`has`), or says
it in other words than those the card was read against (`clauses.lock`), the card is set aside at build and the text
answers in its place.
"""

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from knowledge_base.corpus import (
    Clause,
    Document,
    DocumentKind,
    in_time,
    passage_id,
    plain_title,
)
from knowledge_base.text import article_numbers, bigrams, normalise
from knowledge_base.types import NATION

LOCK: Final = "clauses.lock"
_ARTICLE: Final = re.compile(r"^第[^条]+条(?:之[一二三四五六七八九十])?")
_WORD: Final = re.compile(r"[^\W_]+")
_DIGEST_LENGTH: Final = 8
_LOCK_COLUMNS: Final = 3
_SHARED: Final = 0.2


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Where a reference was found among the ingested texts; None when its document is not there.

    With a fault, `reworded` is the document and the clause as they read now, if the clause is still there.
    """

    document: Document | None = None
    clause: Clause | None = None
    fault: str | None = None
    reworded: tuple[Document, Clause] | None = None


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
    content = file.read_bytes()
    raw.append(content)
    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        msg = f"{file.name}：{no_yaml(error)}"
        raise CardInvalid(msg) from error


def no_yaml(error: yaml.YAMLError | UnicodeDecodeError) -> str:
    """Say in one line where a file stops being YAML."""
    mark = getattr(error, "problem_mark", None)
    line = f"第 {mark.line + 1} 行" if mark else ""
    return f"{line}不是 YAML：{getattr(error, 'problem', None) or ' '.join(str(error).split())}"


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


def clause_digest(text: str) -> str:
    """Return a short digest of what a clause says, deaf to punctuation and gaps, which repairs of a text may change."""
    words = "".join(_WORD.findall(unicodedata.normalize("NFKC", text).lower()))
    return hashlib.sha256(words.encode()).hexdigest()[:_DIGEST_LENGTH]


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
        missing, changed, reworded = None, None, None
        for document in self._candidates(reference.document):
            clause = next((c for c in document.clauses if c.mark == reference.mark), None)
            lost = _lost(reference, clause) if clause else []
            proves = _as_new(document, reference.document)
            differs = bool(clause and proves and reference.digest and clause_digest(clause.text) != reference.digest)
            if clause and not lost and not differs:
                return Resolved(document=document, clause=clause)
            if not proves:
                continue
            if clause:
                fault = f"no longer says {lost}" if lost else "is worded otherwise than when the card was written"
                changed = changed or f"{document.id} {clause.mark} {fault}"
                reworded = reworded or (document, clause)
            elif _should_have(document, reference.mark):
                missing = missing or f"{document.id} has no {reference.mark}"
        return Resolved(fault=changed or missing, reworded=reworded)

    def quoting(self, card: Card) -> Card | None:
        """Return a card whose clauses were reworded as one that gives a clause itself; None where they are not about it.

        People go on asking in the same words, and the text answers them until somebody has read the card anew.
        """
        found = [self.resolve(reference) for reference in card.references]
        faulty = [one for one in found if one.fault]
        if not faulty or not all(one.reworded and _is_about(card, one.reworded[1]) for one in faulty):
            return None
        held = [one.reworded or (one.document, one.clause) for one in found]
        clauses = [(document, clause) for document, clause in held if document and clause]
        text = "\n".join(clause.text for _, clause in clauses)
        return replace(card, answer=text, quotes=tuple(passage_id(*one) for one in clauses), beside=())

    def while_sources_last(self, card: Card) -> Card:
        """Return the card for as long as all its sources hold: from the last that began until the first that ends."""
        found = [self.resolve(reference) for reference in card.references]
        held = [one.reworded[0] if one.reworded else one.document for one in found]
        documents = [d for d in (*(r.document for r in card.references), *held) if d]
        begins = [begin for d in documents if (begin := d.effective_from or d.issued)]
        ends = [end for d in documents if (end := d.superseded_from)]
        return replace(
            card,
            valid_from=max([*begins, *filter(None, [card.valid_from])], default=None),
            valid_to=min([*ends, *filter(None, [card.valid_to])], default=None),
        )

    def cited(self, reference: Reference) -> Clause | None:
        """Return the clause in the very version the card cites, whatever it says; None where that is not at hand."""
        wanted = reference.document
        held = (d for d in self._candidates(wanted) if d.issued and d.issued == wanted.issued)
        return next((c for d in held for c in d.clauses if c.mark == reference.mark), None)

    def _candidates(self, wanted: Document) -> Sequence[Document]:
        if wanted.number and (found := self._by_number.get(wanted.number)):
            return (found,)
        versions = self._by_title.get(_title_key(wanted.title), [])
        if wanted.kind is DocumentKind.POLICY:
            return [d for d in versions if d.region == wanted.region]
        same = [d for d in versions if d.issued == wanted.issued]
        return same or versions


def _lost(reference: Reference, clause: Clause) -> list[str]:
    text = normalise("\n".join((*clause.headings, clause.text)))  # a plan may print its dates in a heading
    return [words for words in reference.has if normalise(words) not in text]


def _is_about(card: Card, clause: Clause) -> bool:
    """Tell whether a clause still speaks of what a card does: after a renumbering another may stand in its place.

    Nine in ten cards share a fifth of their words with a clause they cite, one in twenty with another of the same law.
    """
    text = bigrams(clause.text)
    words = bigrams(" ".join((card.answer, *card.questions, *(words for r in card.references for words in r.has))))
    return len(words & text) >= _SHARED * min(len(words), len(text))


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
