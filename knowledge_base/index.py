"""Opens what the knowledge base knows: at once, and ready to answer in milliseconds.

index_files.py says how builds lie on the disk, index_writer.py writes them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from knowledge_base.cards import Card
from knowledge_base.corpus import Clause, Document, passage, passage_id
from knowledge_base.embedding import Vector
from knowledge_base.engines.choice import Engines
from knowledge_base.engines.port import VectorIndex, covering
from knowledge_base.index_files import IndexBroken, IndexMismatch, verified
from knowledge_base.index_writer import CARDS, CLAUSE, DOCUMENTS, OWNERS, PASSAGES, VECTORS, name_key
from knowledge_base.text import tokenise
from knowledge_base.types import Passage

if TYPE_CHECKING:
    import bm25s

_ADDED: Final = 0.25
"""What a token of an added term is worth; at full worth the terms drown the question."""
_FOREVER: Final = date.max.toordinal()


@dataclass(frozen=True, slots=True)
class _Field:
    """One set of vectors with the entries its rows belong to; `first` says where an entry's rows begin."""

    vectors: VectorIndex
    owners: NDArray[np.int64]
    first: NDArray[np.int64]


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
        fields: Mapping[str, VectorIndex],
    ) -> None:
        self.name = folder.name
        self.manifest = manifest
        self.documents = documents
        self.cards = cards
        self._words = words
        self._offsets = _mapped(folder / "offsets.npy")
        self._clause_documents = np.load(folder / "clause_documents.npy")
        self._names = _mapped(folder / "names.npy")
        self._names_order = _mapped(folder / "names_order.npy")
        clauses = folder / "clauses.jsonl"
        self._clauses = np.asarray(np.memmap(clauses, np.uint8, "r")) if len(self._offsets) > 1 else None
        self.passages = len(self._clause_documents)
        self._fields = {name: self._field(vectors, folder / VECTORS / name) for name, vectors in fields.items()}
        self._describe()

    def _field(self, vectors: VectorIndex, folder: Path) -> _Field:
        owners = np.load(folder / OWNERS).astype(np.int64)
        if len(owners) != len(vectors) or (len(owners) and not 0 <= owners[0] <= owners[-1] < len(self)):
            msg = f"the owners of the rows in {folder.name} are not theirs"
            raise ValueError(msg)
        counts = np.bincount(owners, minlength=len(self)) if len(owners) else np.zeros(len(self), np.int64)
        return _Field(vectors, owners, np.concatenate([[0], np.cumsum(counts)]))

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
        return PASSAGES in self._fields

    @property
    def fields(self) -> frozenset[str]:
        """Return which sets of vectors the build has."""
        return frozenset(self._fields)

    def close(self) -> None:
        """Give back files and connections; nobody asks any more."""
        for field in self._fields.values():
            field.vectors.close()

    def admitted(self, *, places: Iterable[str], on: date) -> NDArray[np.bool_]:
        """Return which entries may be looked at: those of these places that apply on that day."""
        allowed = [i for i, place in enumerate(self._places) if place in set(places)]
        day = on.toordinal()
        admitted: NDArray[np.bool_] = np.isin(self._place, allowed) & (self._begin <= day) & (day < self._end)
        return admitted

    def nearest(
        self, vector: Vector, *, count: int, mask: NDArray[np.bool_] | None, field: str = PASSAGES
    ) -> NDArray[np.int32]:
        """Return the entries whose vectors of a field lie nearest, best first, without repetition."""
        searched = self._fields.get(field)
        if searched is None:
            return np.zeros(0, np.int32)
        mask = covering(mask, rows=len(self))
        # "clip" saves looking for owners that do not exist: four times as fast, and _field has looked.
        admitted = None if mask is None else mask.take(searched.owners, mode="clip")
        owners = searched.owners[searched.vectors.search(vector, count=count, mask=admitted).rows]
        _, first = np.unique(owners, return_index=True)
        return owners[np.sort(first)].astype(np.int32)

    def cosines(self, vector: Vector, entries: NDArray[np.int32], *, field: str = PASSAGES) -> NDArray[np.float32]:
        """Return how near each entry's best vector of a field lies; nought for an entry without one."""
        searched = self._fields.get(field)
        if searched is None:
            return np.zeros(len(entries), np.float32)
        counts = searched.first[entries + 1] - searched.first[entries]
        begins = np.cumsum(counts) - counts
        rows = np.repeat(searched.first[entries] - begins, counts) + np.arange(counts.sum())
        near = searched.vectors.cosines(vector, rows)
        best = np.zeros(len(entries), np.float32)
        if len(rows):
            best[counts > 0] = np.maximum.reduceat(near, begins[counts > 0])
        return best

    @property
    def clause_documents(self) -> NDArray[np.int32]:
        """Return the number of the document of each clause."""
        documents: NDArray[np.int32] = self._clause_documents
        return documents

    def owners(self, field: str) -> NDArray[np.int64]:
        """Return which entry each row of a field belongs to."""
        if field not in self._fields:
            return np.zeros(0, np.int64)
        return self._fields[field].owners

    def word_scores(self, text: str, *, terms: Iterable[str] = ()) -> NDArray[np.float32]:
        """Return the BM25 score of every entry; `terms` of the law that the text does not hold count a quarter."""
        said = tokenise(text)
        scores = self._scores_of(said)
        if added := {token for term in terms for token in tokenise(term)}.difference(said):
            scores = scores + _ADDED * self._scores_of(sorted(added))
        return scores

    def _scores_of(self, tokens: Iterable[str]) -> NDArray[np.float32]:
        known = [token for token in tokens if token in self._words.vocab_dict]
        if not known:
            return np.zeros(len(self), np.float32)
        return np.asarray(self._words.get_scores(known), np.float32)

    def rarity(self, token: str) -> float:
        """Return how much it tells that an entry has this token: the more, the fewer have it."""
        number = self._words.vocab_dict.get(token)
        starts = self._words.scores["indptr"]
        holding = int(starts[number + 1] - starts[number]) if number is not None and number + 1 < len(starts) else 0
        return math.log1p((len(self) - holding + 0.5) / (holding + 0.5))

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
        return CLAUSE.validate_json(raw.tobytes())

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
        key = np.uint64(name_key(name))
        at = int(np.searchsorted(self._names, key))
        while at < len(self._names) and self._names[at] == key:
            entry = int(self._names_order[at])
            if passage_id(self.document_of(entry), self.clause(entry)) == name:
                return entry
            at += 1
        return None


def _mapped(file: Path) -> NDArray[Any]:
    """Map an array. As a plain one, for every look into numpy's own kind of map takes two microseconds more."""
    return np.asarray(np.load(file, mmap_mode="r"))


def _words(folder: Path) -> "bm25s.BM25":
    import bm25s  # noqa: PLC0415 - loaded with the index, not with the module

    words = bm25s.BM25.load(str(folder), mmap=True, show_progress=False)
    words.scores = {
        name: np.asarray(part) if isinstance(part, np.memmap) else part for name, part in words.scores.items()
    }
    return words


def _ordinal(day: date | None, otherwise: int) -> int:
    return day.toordinal() if day else otherwise


def open_index(home: Path, *, model: str | None, engines: Engines | None = None, build: Path | None = None) -> Index:
    """Open a build, else the one in use. `model` is the embedder's name; None searches by words alone.

    Raises IndexMissing, IndexBroken, IndexMismatch, EngineUnknown or VectorsUnreachable, each saying what to do.
    """
    folder, manifest = verified(home, build)
    built = manifest.get("model")
    if model and built and model != built:
        msg = f"the index was built with {built!r}, but {model!r} is configured; build it again"
        raise IndexMismatch(msg)
    fields: dict[str, VectorIndex] = {}
    try:
        for stored in sorted((folder / VECTORS).glob("*")) if model and built else ():
            fields[stored.name] = (engines or Engines()).open(stored)
        return Index(
            folder=folder,
            manifest=manifest,
            documents=DOCUMENTS.validate_json((folder / "documents.json").read_bytes()),
            cards=CARDS.validate_json((folder / "cards.json").read_bytes()),
            words=_words(folder / "words"),
            fields=fields,
        )
    except BaseException as error:
        for opened in fields.values():
            opened.close()
        if isinstance(error, OSError | ValueError | KeyError | RuntimeError | ValidationError):
            msg = f"the index could not be opened ({error}); build it again"
            raise IndexBroken(msg) from error
        raise
