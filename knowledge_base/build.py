"""Makes an index from what has been ingested and from our own cards."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from knowledge_base import adapter, curated, wordings
from knowledge_base.asked import Asked
from knowledge_base.calibration import calibrate
from knowledge_base.card_sources import Library
from knowledge_base.cards import Card, CardBook, Reference, load_cards
from knowledge_base.corpus import Clause, Document, passage_id, plain_title
from knowledge_base.embedding import Embedder, Matrix, ModelUnavailable, load_embedder
from knowledge_base.engines.choice import Engines
from knowledge_base.index_files import FORMAT, building, read_manifest
from knowledge_base.index_writer import ASKED, MEMORY, PASSAGES, Contents, VectorField, write_index
from knowledge_base.ingest.store import sources_digest
from knowledge_base.memory import Article, Memory
from knowledge_base.placing import names_of, without
from knowledge_base.regions import Regions
from knowledge_base.text import tokenise
from knowledge_base.vectors import VectorCache

_RECIPE: Final = 4
"""Raised whenever the same sources would give another index."""
_WHOLE: Final = 320
_PIECE: Final = 240
_SENTENCE_ENDS: Final = "。；;\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildReport:
    """What a build holds, and what its owner should look at."""

    path: Path
    documents: int
    passages: int
    cards: int
    model: str | None
    model_missing: str | None = None
    stale_cards: tuple[str, ...] = ()
    card_ends: Mapping[str, date] = field(default_factory=dict)
    """From which day a card no longer answers, because its own time or a text it cites ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Hears how a build goes on; by default nobody does."""

    begun: Callable[[str, int], None] = lambda _step, _total: None
    advanced: Callable[[int], None] = lambda _count: None


def models_folder(home: Path) -> Path:
    """Return where converted models are kept: beside the knowledge base's home."""
    return home.parent / "models"


def needs_build(home: Path, *, embedder_spec: str, engines: Engines | None = None) -> bool:
    """Tell whether the index is missing, broken, or older than its sources, without loading a model."""
    manifest = read_manifest(home)
    if manifest is None or manifest.get("format") != FORMAT:
        return True
    wanted = _digest(_taken_in(home), load_cards(), embedder_spec, engines or Engines())
    return manifest.get("corpus") != wanted or manifest.get("model") is None


def is_behind(home: Path, manifest: Mapping[str, Any]) -> bool:
    """Tell whether texts or the office's files were taken in or changed since a build was made of them.

    Raises SourcesUnreadable.
    """
    return manifest.get("taken_in") != _taken_in(home)


def build(
    home: Path,
    *,
    embedder_spec: str,
    models: Path | None = None,
    listener: Listener | None = None,
    engines: Engines | None = None,
) -> BuildReport:
    """Build the index of a home and switch to it; a missing model gives an index by words alone.

    Raises BuildRunning, EngineUnknown, VectorsUnreachable.
    """
    listener, engines = listener or Listener(), engines or Engines()
    _ = engines.kind  # told at once, not after an hour of embedding
    listener.begun("加载模型", 1)
    embedder, missing = None, None
    try:
        embedder = load_embedder(embedder_spec, models=models or models_folder(home))
    except ModelUnavailable as error:
        missing = str(error)
    listener.advanced(1)
    report = build_with(
        home, embedder=embedder, embedder_spec=embedder_spec, book=load_cards(), listener=listener, engines=engines
    )
    return replace(report, model_missing=missing)


def build_with(  # noqa: PLR0913 - what a build is made from
    home: Path,
    *,
    embedder: Embedder | None,
    embedder_spec: str,
    book: CardBook,
    listener: Listener | None = None,
    engines: Engines | None = None,
) -> BuildReport:
    """Build with an embedder and cards already at hand. Raises BuildRunning, EngineUnknown, VectorsUnreachable."""
    listener, engines = listener or Listener(), engines or Engines()
    with building(home):
        # Of what is about to be read: what changes while the vectors are computed must make the next build due.
        taken_in = _taken_in(home)
        corpus = _digest(taken_in, book, embedder_spec, engines)
        book, documents = curated.gather(home, book)
        library = Library(documents)
        faults = {**book.set_aside, **{card.id: fault for card in book.cards if (fault := _fault(card, library))}}
        kept = (library.quoting(card) if card.id in faults else card for card in book.cards)
        cards = tuple(library.while_sources_last(card) for card in kept if card)
        ends = {card.id: card.valid_to for card in cards if card.valid_to}
        links = {card.id: [_link(library, reference) for reference in card.references] for card in cards}
        asked = Asked.load()
        rows, owners = _rows(documents, cards, embedder=embedder, home=home, listener=listener)
        ways = sum(len(card.questions) for card in cards)
        calibration = calibrate(
            cards=rows[len(rows) - ways :] if rows is not None else None,
            clauses=rows[: len(rows) - ways] if rows is not None else None,
            off_topic=embedder.queries(book.off_topic) if embedder and book.off_topic else None,
        )
        fields = {PASSAGES: VectorField(rows=rows, owners=owners)} if rows is not None else {}
        if embedder:
            cache = VectorCache(home / "cache", embedder)
            fields |= _asked_field(documents, asked, cache=cache, listener=listener)
            fields |= _memory_field(documents, Memory.load(), model=embedder.name)
        listener.begun("写入索引", 1)
        manifest: dict[str, Any] = {
            "recipe": _RECIPE,
            "model": embedder.name if embedder else None,
            "corpus": corpus,
            "taken_in": taken_in,
            "documents": len(documents),
            "passages": sum(len(d.clauses) for d in documents),
            "cards": len(cards),
            "stale_cards": faults,
            "card_ends": {card: end.isoformat() for card, end in ends.items()},
            "links": links,
            "calibration": calibration.to_json(),
        }
        path = write_index(
            home,
            Contents(
                documents=documents,
                cards=cards,
                words=_words(documents, cards, asked),
                fields=fields,
                manifest=manifest,
            ),
            engines=engines,
        )
        wordings.keep_history(home, cards)
        listener.advanced(1)
        return BuildReport(
            path=path,
            documents=len(documents),
            passages=manifest["passages"],
            cards=len(cards),
            model=manifest["model"],
            stale_cards=tuple(f"{card}: {fault}" for card, fault in faults.items()),
            card_ends=ends,
        )


def _digest(sources: str, book: CardBook, spec: str, engines: Engines) -> str:
    learned = f"{adapter.digest()}{Asked.load().digest}"
    parts = (f"{FORMAT}.{_RECIPE}{learned}".encode(), f"{spec} {engines.kind}".encode(), sources.encode(), book.raw)
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _taken_in(home: Path) -> str:
    return f"{sources_digest(home)}{curated.digest(home)}"


def _fault(card: Card, library: Library) -> str | None:
    return next((r.fault for reference in card.references if (r := library.resolve(reference)).fault), None)


def _link(library: Library, reference: Reference) -> str | None:
    found = library.resolve(reference)
    if found.reworded:
        return passage_id(*found.reworded)
    return passage_id(found.document, found.clause) if found.document and found.clause else None


def _rows(
    documents: Sequence[Document],
    cards: Sequence[Card],
    *,
    embedder: Embedder | None,
    home: Path,
    listener: Listener,
) -> tuple[Matrix | None, NDArray[np.int32]]:
    """Return one or more vectors for each entry: pieces of long clauses, ways of asking a card."""
    texts, owners = [], []
    for entry, (document, clause) in enumerate(_clauses(documents)):
        for piece in passage_pieces(document, clause):
            texts.append(piece)
            owners.append(entry)
    passages = sum(len(d.clauses) for d in documents)
    questions: list[str] = []
    regions = Regions.load()
    for number, card in enumerate(cards):
        names = names_of(regions, card.region)
        questions.extend(without(question, names) for question in card.questions)
        owners.extend([passages + number] * len(card.questions))
    if embedder is None:
        return None, np.zeros(0, np.int32)
    listener.begun("计算向量", len(texts) + len(questions))
    cache = VectorCache(home / "cache", embedder)
    vectors = cache.documents(texts, progress=listener.advanced)
    asked = cache.queries(questions, progress=listener.advanced)
    return np.concatenate([vectors, asked]), np.asarray(owners, np.int32)


def _clauses(documents: Sequence[Document]) -> Iterator[tuple[Document, Clause]]:
    for document in documents:
        for clause in document.clauses:
            yield document, clause


def _asked_field(
    documents: Sequence[Document], asked: Asked, *, cache: VectorCache, listener: Listener
) -> dict[str, VectorField]:
    """Return the vectors of how people ask for clauses."""
    ways = [
        (entry, way)
        for entry, (document, clause) in enumerate(_clauses(documents))
        for way in asked.of(document, clause)
    ]
    if not ways:
        return {}
    listener.begun("计算问法向量", len(ways))
    rows = cache.queries([way for _, way in ways], progress=listener.advanced)
    return {ASKED: VectorField(rows=rows, owners=np.asarray([entry for entry, _ in ways], np.int32))}


def _memory_field(documents: Sequence[Document], memory: Memory | None, *, model: str) -> dict[str, VectorField]:
    """Return the questions whose answer is known, for the articles that are at hand."""
    if memory is None or memory.model != model:
        return {}
    entries: dict[Article, list[int]] = {}
    for entry, (document, clause) in enumerate(_clauses(documents)):
        entries.setdefault((plain_title(document.title), clause.mark), []).append(entry)
    pairs = sorted(
        (entry, row)
        for row, answers in enumerate(memory.answers)
        for article in answers
        for entry in entries.get(article, ())
    )
    if not pairs:
        return {}
    owners, rows = (np.asarray(column, np.int32) for column in zip(*pairs, strict=True))
    return {MEMORY: VectorField(rows=memory.vectors[rows], owners=owners)}


def _words(documents: Sequence[Document], cards: Sequence[Card], asked: Asked) -> Iterator[list[str]]:
    for document, clause in _clauses(documents):
        yield tokenise(" ".join((_name(document, clause), clause.text, *asked.of(document, clause))))
    for card in cards:
        yield tokenise(" ".join((*card.questions, card.answer)))


def _name(document: Document, clause: Clause) -> str:
    return f"{plain_title(document.title)}{clause.mark} {' '.join(clause.headings)}".strip()


def passage_pieces(document: Document, clause: Clause) -> list[str]:
    """Return the texts a clause is embedded as: itself, or pieces of whole sentences when it is long."""
    name = _name(document, clause)
    if len(clause.text) <= _WHOLE:
        return [f"{name}：{clause.text}"]
    pieces, piece = [], ""
    for sentence in _sentences(clause.text):
        if piece and len(piece) + len(sentence) > _PIECE:
            pieces.append(piece)
            piece = ""
        piece += sentence
    return [f"{name}：{text}" for text in (*pieces, piece) if text.strip()]


def _sentences(text: str) -> Iterator[str]:
    start = 0
    for at, character in enumerate(text):
        if character in _SENTENCE_ENDS:
            yield text[start : at + 1]
            start = at + 1
    if start < len(text):
        yield text[start:]
