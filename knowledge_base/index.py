"""Keeps what the knowledge base knows in a form that opens at once and answers in milliseconds.

A build is a directory: vectors in FAISS, words in BM25, the texts, and a manifest with the size and checksum of every
file. `CURRENT` names the build in use and is replaced in one step, so that a process that serves from the old build is
never disturbed and a half-written build is never opened.
"""

import itertools
import json
import shutil
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from knowledge_base.cards import Card
from knowledge_base.corpus import Clause, Document, passage, passage_id
from knowledge_base.embedding import Matrix, Vector
from knowledge_base.text import tokenise
from knowledge_base.types import KnowledgeUnavailable, Passage

if TYPE_CHECKING:
    import bm25s
    import faiss

FORMAT: Final = 1
_POINTER: Final = "CURRENT"
_MANIFEST: Final = "manifest.json"
_FOREVER: Final = date.max.toordinal()
_KEPT_BUILDS: Final = 2
_CARDS: Final = TypeAdapter(tuple[Card, ...])
_CLAUSE: Final = TypeAdapter(Clause)
_DOCUMENTS: Final = TypeAdapter(tuple[Document, ...])
_BM25_K1: Final = 1.5
_BM25_B: Final = 0.75
_CRC_CHUNK: Final = 1 << 20


class IndexMissing(KnowledgeUnavailable):
    """There is no index yet."""


class IndexBroken(KnowledgeUnavailable):
    """The index is damaged or was written only in part."""


class IndexMismatch(KnowledgeUnavailable):
    """The index was built for something else: another format or another embedding model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Everything a build is made from. `rows` are vectors; `owners` says which entry each row belongs to.

    Entries are numbered: first every clause of every document in order, then the cards.
    """

    documents: Sequence[Document]
    cards: Sequence[Card]
    words: Iterable[Sequence[str]]
    rows: Matrix | None
    owners: NDArray[np.int32]
    manifest: Mapping[str, Any]


def write_index(home: Path, contents: Contents) -> Path:
    """Write a build beside the present one and switch to it in one step."""
    builds = home / "index"
    builds.mkdir(parents=True, exist_ok=True)
    for leftover in builds.glob("*.part"):
        shutil.rmtree(leftover, ignore_errors=True)
    serial = 1 + max((int(p.name.partition("-")[0]) for p in _builds(builds)), default=0)
    name = f"{serial:06d}-{str(contents.manifest['corpus'])[:8]}"
    part = builds / f"{name}.part"
    part.mkdir()
    _write_texts(part, contents)
    _write_words(part, contents.words)
    np.save(part / "owners.npy", contents.owners)
    if contents.rows is not None:
        _write_vectors(part, contents.rows)
    sums = {file.relative_to(part).as_posix(): _checksum(file) for file in sorted(part.rglob("*")) if file.is_file()}
    manifest = {"format": FORMAT, **contents.manifest, "files": sums}
    (part / _MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), "utf-8")
    finished = builds / name
    part.rename(finished)
    pointer = builds / f"{_POINTER}.new"
    pointer.write_text(name)
    pointer.replace(builds / _POINTER)
    for old in sorted(_builds(builds))[:-_KEPT_BUILDS]:
        shutil.rmtree(old, ignore_errors=True)
    return finished


def _builds(builds: Path) -> list[Path]:
    return [p for p in builds.iterdir() if p.is_dir() and p.name.partition("-")[0].isdecimal() and p.suffix != ".part"]


def _write_texts(part: Path, contents: Contents) -> None:
    heads = [replace(document, clauses=()) for document in contents.documents]
    (part / "documents.json").write_bytes(_DOCUMENTS.dump_json(tuple(heads), exclude_defaults=True))
    (part / "cards.json").write_bytes(_CARDS.dump_json(tuple(contents.cards)))
    offsets, owners, names = [0], [], []
    with (part / "clauses.jsonl").open("wb") as file:
        for number, document in enumerate(contents.documents):
            for clause in document.clauses:
                file.write(_CLAUSE.dump_json(clause, exclude_defaults=True) + b"\n")
                offsets.append(file.tell())
                owners.append(number)
                names.append(_name_key(passage_id(document, clause)))
    np.save(part / "offsets.npy", np.asarray(offsets, np.int64))
    np.save(part / "clause_documents.npy", np.asarray(owners, np.int32))
    order = np.argsort(np.asarray(names, np.uint64), kind="stable")
    np.save(part / "names.npy", np.asarray(names, np.uint64)[order])
    np.save(part / "names_order.npy", order.astype(np.int32))


def _write_words(part: Path, words: Iterable[Sequence[str]]) -> None:
    import bm25s  # noqa: PLC0415 - loaded with the index, not with the module

    model = bm25s.BM25(k1=_BM25_K1, b=_BM25_B, method="lucene")
    model.index([list(tokens) or ["∅"] for tokens in words], show_progress=False)
    model.save(str(part / "words"), show_progress=False)


def _write_vectors(part: Path, rows: Matrix) -> None:
    import faiss  # noqa: PLC0415

    flat = faiss.IndexFlatIP(rows.shape[1])
    flat.add(rows)
    faiss.write_index(flat, str(part / "vectors.faiss"))


def _name_key(name: str) -> int:
    return zlib.crc32(name.encode()) << 32 | zlib.adler32(name.encode())


def _checksum(file: Path) -> list[int]:
    """Return size and CRC: a checksum for accidents, fast enough to run at every start."""
    crc, size = 0, 0
    with file.open("rb") as content:
        while chunk := content.read(_CRC_CHUNK):
            crc, size = zlib.crc32(chunk, crc), size + len(chunk)
    return [size, crc]


class Index:
    """One opened build."""

    def __init__(  # noqa: PLR0913 - the parts of a build, given by open_index only
        self,
        *,
        folder: Path,
        manifest: Mapping[str, Any],
        documents: Sequence[Document],
        cards: Sequence[Card],
        words: "bm25s.BM25",
        vectors: "faiss.Index | None",
    ) -> None:
        self.manifest = manifest
        self.documents = documents
        self.cards = cards
        self._words = words
        self._vectors = vectors
        self._offsets = np.load(folder / "offsets.npy", mmap_mode="r")
        self._clause_documents = np.load(folder / "clause_documents.npy")
        self._names = np.load(folder / "names.npy", mmap_mode="r")
        self._names_order = np.load(folder / "names_order.npy", mmap_mode="r")
        self._owners = np.load(folder / "owners.npy")
        self._clauses = np.memmap(folder / "clauses.jsonl", np.uint8, "r") if len(self._offsets) > 1 else None
        self.passages = len(self._clause_documents)
        counts = np.bincount(self._owners, minlength=len(self)) if len(self._owners) else np.zeros(len(self), int)
        self._first_rows = np.concatenate([[0], np.cumsum(counts)])
        self._describe()

    def __len__(self) -> int:
        return self.passages + len(self.cards)

    def _describe(self) -> None:
        """Lay out, per entry, what the filter asks for: place and period."""
        places = [d.region for d in self.documents]
        card_places = [c.region for c in self.cards]
        self._places = sorted({*places, *card_places})
        codes = {place: i for i, place in enumerate(self._places)}
        of_document = np.asarray([codes[p] for p in places], np.int32)
        begins = np.asarray([_ordinal(d.effective_from, 0) for d in self.documents], np.int32)
        ends = np.asarray([_ordinal(d.superseded_from, _FOREVER) for d in self.documents], np.int32)
        at = self._clause_documents
        self._place = np.concatenate([of_document[at], np.asarray([codes[p] for p in card_places], np.int32)])
        self._begin = np.concatenate(
            [begins[at], np.asarray([_ordinal(c.valid_from, 0) for c in self.cards], np.int32)]
        )
        self._end = np.concatenate(
            [ends[at], np.asarray([_ordinal(c.valid_to, _FOREVER) for c in self.cards], np.int32)]
        )

    @property
    def has_vectors(self) -> bool:
        """Tell whether the build can be searched by meaning."""
        return self._vectors is not None

    def admitted(self, *, places: Iterable[str], on: date) -> NDArray[np.bool_]:
        """Return which entries may be looked at: those of these places that apply on that day."""
        allowed = [i for i, place in enumerate(self._places) if place in set(places)]
        day = on.toordinal()
        admitted: NDArray[np.bool_] = np.isin(self._place, allowed) & (self._begin <= day) & (day < self._end)
        return admitted

    def nearest(self, vector: Vector, *, count: int, mask: NDArray[np.bool_] | None) -> NDArray[np.int32]:
        """Return the entries whose vectors lie nearest, best first, without repetition."""
        import faiss  # noqa: PLC0415

        if self._vectors is None or not self._vectors.ntotal:
            return np.zeros(0, np.int32)
        chosen = None
        if mask is not None:
            bits = np.packbits(mask[self._owners], bitorder="little")
            selector = faiss.IDSelectorBitmap(len(self._owners), faiss.swig_ptr(bits))
            chosen = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]  # faiss adds the argument at run time
        _, rows = self._vectors.search(vector.reshape(1, -1), min(count, self._vectors.ntotal), params=chosen)
        owners = self._owners[rows[0][rows[0] >= 0]]
        _, first = np.unique(owners, return_index=True)
        nearest: NDArray[np.int32] = owners[np.sort(first)]
        return nearest

    def cosines(self, vector: Vector, entries: NDArray[np.int32]) -> NDArray[np.float32]:
        """Return how near each entry's best vector lies."""
        if self._vectors is None:
            return np.zeros(len(entries), np.float32)
        spans = [range(self._first_rows[e], self._first_rows[e + 1]) for e in entries]
        rows = np.fromiter(itertools.chain.from_iterable(spans), np.int64)
        near = self._vectors.reconstruct_batch(rows) @ vector
        ends = np.cumsum([len(span) for span in spans])
        pieces = np.split(near, ends[:-1]) if spans else []
        return np.asarray([piece.max() if len(piece) else 0.0 for piece in pieces], np.float32)

    def word_scores(self, text: str) -> NDArray[np.float32]:
        """Return the BM25 score of every entry."""
        known = [token for token in tokenise(text) if token in self._words.vocab_dict]
        if not known:
            return np.zeros(len(self), np.float32)
        return np.asarray(self._words.get_scores(known), np.float32)

    def is_card(self, entry: int) -> bool:
        """Tell cards from clauses."""
        return entry >= self.passages

    def card(self, entry: int) -> Card:
        """Return a card."""
        return self.cards[entry - self.passages]

    def document_of(self, entry: int) -> Document:
        """Return the document a clause belongs to."""
        document: Document = self.documents[int(self._clause_documents[entry])]
        return document

    def clause(self, entry: int) -> Clause:
        """Read one clause from the memory map."""
        if self._clauses is None:
            raise IndexError(entry)
        raw = self._clauses[self._offsets[entry] : self._offsets[entry + 1]]
        return _CLAUSE.validate_json(raw.tobytes())

    def passage(self, entry: int, *, on: date) -> Passage:
        """Return a clause as others see it, with its standing on that day."""
        return passage(self.document_of(entry), self.clause(entry), on=on)

    def entries_by_document(self) -> dict[str, frozenset[int]]:
        """Return the clauses of each document, by the document's id."""
        groups: dict[str, list[int]] = {}
        for entry, number in enumerate(self._clause_documents):
            groups.setdefault(self.documents[number].id, []).append(entry)
        return {name: frozenset(entries) for name, entries in groups.items()}

    def entry_of(self, name: str) -> int | None:
        """Return the clause with this id."""
        key = np.uint64(_name_key(name))
        at = int(np.searchsorted(self._names, key))
        while at < len(self._names) and self._names[at] == key:
            entry = int(self._names_order[at])
            if passage_id(self.document_of(entry), self.clause(entry)) == name:
                return entry
            at += 1
        return None


def _ordinal(day: date | None, otherwise: int) -> int:
    return day.toordinal() if day else otherwise


def open_index(home: Path, *, model: str | None) -> Index:
    """Open the current build. `model` is the embedder's name; None searches by words alone.

    Raises IndexMissing, IndexBroken or IndexMismatch, each saying what to do.
    """
    folder, manifest = _current(home)
    if manifest.get("format") != FORMAT:
        msg = f"the index has format {manifest.get('format')}, this program reads {FORMAT}; build it again"
        raise IndexMismatch(msg)
    _verify(folder, manifest)
    built = manifest.get("model")
    if model and built and model != built:
        msg = f"the index was built with {built!r}, but {model!r} is configured; build it again"
        raise IndexMismatch(msg)
    import bm25s  # noqa: PLC0415
    import faiss  # noqa: PLC0415

    try:
        vectors = None
        if model and built:
            faiss.omp_set_num_threads(1)
            vectors = faiss.read_index(str(folder / "vectors.faiss"), faiss.IO_FLAG_MMAP_IFC)
        return Index(
            folder=folder,
            manifest=manifest,
            documents=_DOCUMENTS.validate_json((folder / "documents.json").read_bytes()),
            cards=_CARDS.validate_json((folder / "cards.json").read_bytes()),
            words=bm25s.BM25.load(str(folder / "words"), mmap=True, show_progress=False),
            vectors=vectors,
        )
    except (OSError, ValueError, KeyError, RuntimeError, ValidationError) as error:
        msg = f"the index could not be opened ({error}); build it again"
        raise IndexBroken(msg) from error


def read_manifest(home: Path) -> Mapping[str, Any] | None:
    """Return the manifest of the current build; None where there is no whole one."""
    try:
        return _current(home)[1]
    except KnowledgeUnavailable:
        return None


def _current(home: Path) -> tuple[Path, Mapping[str, Any]]:
    pointer = home / "index" / _POINTER
    if not pointer.is_file():
        msg = f"there is no index in {home}; run `python -m knowledge_base build`"
        raise IndexMissing(msg)
    folder = pointer.parent / pointer.read_text().strip()
    try:
        manifest = json.loads((folder / _MANIFEST).read_text("utf-8"))
    except (OSError, ValueError) as error:
        msg = f"the index has no readable manifest ({error}); build it again"
        raise IndexBroken(msg) from error
    if not isinstance(manifest, dict):
        msg = "the manifest of the index is not a table; build it again"
        raise IndexBroken(msg)
    return folder, manifest


def _verify(folder: Path, manifest: Mapping[str, Any]) -> None:
    for name, expected in dict(manifest.get("files", {})).items():
        file = folder / name
        if not file.is_file():
            msg = f"the index lacks {name}; build it again"
            raise IndexBroken(msg)
        if _checksum(file) != expected:
            msg = f"{name} of the index is damaged; build it again"
            raise IndexBroken(msg)
