"""Writes a build of the index: texts, words and vectors."""

import shutil
import zlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from knowledge_base.cards import Card
from knowledge_base.corpus import Clause, Document, passage_id
from knowledge_base.embedding import Matrix
from knowledge_base.engines.choice import Engines
from knowledge_base.engines.port import VectorsUnreachable
from knowledge_base.index_files import FOLDER, PART, builds, leftovers, publish

CARDS: Final = TypeAdapter(tuple[Card, ...])
CLAUSE: Final = TypeAdapter(Clause)
DOCUMENTS: Final = TypeAdapter(tuple[Document, ...])
VECTORS: Final = "vectors"
OWNERS: Final = "owners.npy"
PASSAGES: Final = "passages"
"""The field every build with vectors has: what the clauses say, and how cards are asked for."""
ASKED: Final = "asked"
"""How people ask for a clause (asked.py)."""
MEMORY: Final = "memory"
"""Questions whose answer is known (memory.py)."""
_KEPT_BUILDS: Final = 2
_BM25_K1: Final = 1.5
_BM25_B: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorField:
    """One set of vectors, searched by itself. `owners` says which entry each row belongs to, in ascending order."""

    rows: Matrix
    owners: NDArray[np.int32]

    def __post_init__(self) -> None:
        if len(self.rows) != len(self.owners) or np.any(np.diff(self.owners) < 0):
            msg = "each row has one owner, and rows stand in the order of their owners"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """Everything a build is made from.

    Entries are numbered: first every clause of every document in order, then the cards. An entry may have any number of
    rows in any field.
    """

    documents: Sequence[Document]
    cards: Sequence[Card]
    words: Iterable[Sequence[str]]
    manifest: Mapping[str, Any]
    fields: Mapping[str, VectorField] = field(default_factory=dict)


def write_index(home: Path, contents: Contents, *, engines: Engines) -> Path:
    """Write a build beside the present one and switch to it in one step; the caller holds `building(home)`."""
    for leftover in leftovers(home):
        _remove(leftover, engines)
    numbers = [int(p.name.partition("-")[0]) for p in (*builds(home), *leftovers(home))]
    part = home / FOLDER / f"{1 + max(numbers, default=0):06d}-{str(contents.manifest['corpus'])[:8]}{PART}"
    part.mkdir()
    _write_texts(part, contents)
    _write_words(part, contents.words)
    for name, vectors in contents.fields.items():
        folder = part / VECTORS / name
        engines.write(vectors.rows, folder)
        np.save(folder / OWNERS, vectors.owners)
    finished = publish(part, contents.manifest)
    for old in builds(home)[:-_KEPT_BUILDS]:
        _remove(old, engines)
    return finished


def _remove(folder: Path, engines: Engines) -> None:
    """Remove a build with what is kept elsewhere for it; while that cannot be reached, it stays for the next time."""
    with suppress(VectorsUnreachable):
        for kept in sorted((folder / VECTORS).glob("*")):
            engines.discard(kept)
        shutil.rmtree(folder, ignore_errors=True)


def _write_texts(part: Path, contents: Contents) -> None:
    heads = [replace(document, clauses=()) for document in contents.documents]
    (part / "documents.json").write_bytes(DOCUMENTS.dump_json(tuple(heads), exclude_defaults=True))
    (part / "cards.json").write_bytes(CARDS.dump_json(tuple(contents.cards)))
    offsets, owners, names = [0], [], []
    with (part / "clauses.jsonl").open("wb") as file:
        for number, document in enumerate(contents.documents):
            for clause in document.clauses:
                file.write(CLAUSE.dump_json(clause, exclude_defaults=True) + b"\n")
                offsets.append(file.tell())
                owners.append(number)
                names.append(name_key(passage_id(document, clause)))
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


def name_key(name: str) -> int:
    """Return a number by which a passage is looked up; two names may share one."""
    return zlib.crc32(name.encode()) << 32 | zlib.adler32(name.encode())
