"""Takes official texts into the knowledge base's home, one file or a folder at a time, and gives them back.

Each file becomes one `sources/NAME.jsonl`: a header with the file's name and digest and what its owner should see,
then its documents. The name comes from what the text says it is, so taking the same text in again changes nothing,
whatever its format, and a corrected text replaces the old one, which goes to `history/sources`. A file is written whole or not at all, and one that
was taken in is not read again: an interrupted run is simply run once more.
"""

import hashlib
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from knowledge_base.corpus import (
    DOCUMENT,
    Document,
    DocumentKind,
    apply_repeals,
    events_file,
    in_time,
    plain_title,
)
from knowledge_base.home import folder_in
from knowledge_base.ingest.files import Found, content_of, find_files, shown
from knowledge_base.ingest.parsed import FileRefused, Locate, Remark
from knowledge_base.ingest.reader import read_file
from knowledge_base.types import KnowledgeUnavailable

_FORMAT: Final = 9
"""Raised whenever the same file would give other documents."""
_FOLDER: Final = "sources"
_REPLACED: Final = Path("history") / "sources"
_NAME_LENGTH: Final = 60
_UNSAFE: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')


class SourcesUnreadable(KnowledgeUnavailable):
    """A stored source was damaged after it was taken in."""


class FileOutcome(StrEnum):
    """What became of one file."""

    ADDED = "added"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """One file: what became of it, and every line its owner should look at."""

    file: str
    outcome: FileOutcome
    documents: int = 0
    clauses: int = 0
    reason: str | None = None
    problems: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """The first line of a stored source.

    `digest` names the file it came from, `says` what its documents say, `body` the very bytes that follow.
    """

    digest: str
    name: str = ""
    body: str = ""
    format: int = 1
    file: str = ""
    says: str = ""
    documents: int = 0
    clauses: int = 0
    problems: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()


_HEADER: Final = TypeAdapter(_Header)


def ingest(
    paths: Iterable[Path],
    *,
    home: Path,
    locate: Locate,
    region: str | None = None,
    heard: Callable[[FileReport], None] | None = None,
) -> tuple[FileReport, ...]:
    """Take in files and folders. One bad file never stops the others; every file is reported. Raises HomeUnusable."""
    folder_in(home, _FOLDER)
    run = _Run(home=home, locate=locate, region=region)
    reports = []
    for found in find_files(paths):
        report = run.report(found)
        reports.append(report)
        if heard:
            heard(report)
    return tuple(reports)


def count_files(paths: Iterable[Path]) -> int:
    """Return how many files `ingest` would look at."""
    return sum(1 for _ in find_files(paths))


@dataclass(slots=True, kw_only=True)
class _Run:
    """One run over files: knows what the home holds, and which file of this run each source came from."""

    home: Path
    locate: Locate
    region: str | None
    _known: dict[str, tuple[Path, _Header]] = field(default_factory=dict)
    _sources: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for file in _stored(self.home):
            try:
                header = _header(file)
            except SourcesUnreadable:
                continue  # a damaged copy is written again when its text comes by
            self._known[header.digest] = (file, header)

    def report(self, found: Found) -> FileReport:
        """Take one file in, or say why not."""
        reason = found.refusal
        if reason is None:
            try:
                return self._take(found.path)
            except FileRefused as refusal:
                reason = str(refusal)
        return FileReport(file=shown(found.path), outcome=FileOutcome.REFUSED, reason=reason)

    def _take(self, path: Path) -> FileReport:
        content = content_of(path)
        key = f"{_FORMAT}:{self.region or ''}:{shown(path.name)}:".encode()
        digest = hashlib.sha256(key + content).hexdigest()
        stored, known = self._known.get(digest, (None, None))
        if stored and known and _is_whole(stored, known):
            self._sources.setdefault(known.name, shown(path.name))
            return _report(path, FileOutcome.UNCHANGED, known)
        parsed, name = read_file(path, content, locate=self.locate, region=self.region)
        body = b"".join(DOCUMENT.dump_json(d, exclude_defaults=True) + b"\n" for d in parsed.documents)
        header = _Header(
            format=_FORMAT,
            name=name,
            body=hashlib.sha256(body).hexdigest(),
            file=shown(path.name),
            digest=digest,
            says=_says(parsed.documents),
            documents=len(parsed.documents),
            clauses=sum(len(d.clauses) for d in parsed.documents),
            problems=parsed.problems,
            notes=parsed.notes,
        )
        return _report(path, self._keep(path, header, body), header)

    def _keep(self, path: Path, header: _Header, body: bytes) -> FileOutcome:
        target = self.home / _FOLDER / f"{_file_name(header.name)}.jsonl"
        before = _header_or_none(target)
        if before and before.says == header.says and _is_whole(target, before):
            self._sources.setdefault(header.name, shown(path.name))
            return FileOutcome.UNCHANGED
        if header.name in self._sources:
            msg = f"自称和 {self._sources[header.name]} 是同一份文件，内容却不一样"
            raise FileRefused(msg)
        outcome = FileOutcome.REPLACED if target.exists() else FileOutcome.ADDED
        if before:
            _put_by(self.home, target, before)
        _write(target, header, body)
        if before:
            self._known.pop(before.digest, None)
        self._known[header.digest] = (target, header)
        self._sources[header.name] = shown(path.name)
        return outcome


def _report(path: Path, outcome: FileOutcome, header: _Header) -> FileReport:
    return FileReport(
        file=shown(path),
        outcome=outcome,
        documents=header.documents,
        clauses=header.clauses,
        problems=header.problems,
        notes=header.notes,
    )


def _says(documents: Sequence[Document]) -> str:
    """Name what documents say, without where in a file they say it: the same text as a page and as a PDF is one."""
    digest = hashlib.sha256()
    for document in documents:
        digest.update(DOCUMENT.dump_json(document, exclude={"clauses": {"__all__": {"line"}}}))
    return digest.hexdigest()


def _file_name(name: str) -> str:
    safe = _UNSAFE.sub("_", name)
    if safe == name and len(safe) <= _NAME_LENGTH:
        return safe
    return f"{safe[:_NAME_LENGTH]}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _put_by(home: Path, replaced: Path, header: _Header) -> None:
    """Keep what a text said until now, once: an answer of those days names its build, and can be shown again from it."""
    folder = home / _REPLACED
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{replaced.stem}~{header.says[:16]}.jsonl"
    if not kept.exists():
        fresh = kept.with_suffix(".new")
        shutil.copyfile(replaced, fresh)
        fresh.replace(kept)


def _write(target: Path, header: _Header, body: bytes) -> None:
    fresh = target.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(_HEADER.dump_json(header, exclude_defaults=True) + b"\n")
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)


def _header(file: Path) -> _Header:
    try:
        with file.open("rb") as lines:
            return _HEADER.validate_json(lines.readline())
    except (OSError, ValidationError) as error:
        raise _damaged(file) from error


def _damaged(file: Path) -> SourcesUnreadable:
    return SourcesUnreadable(f"the stored source {file.name} is damaged; take the text in again")


def _is_whole(file: Path, header: _Header) -> bool:
    """Tell whether what follows the header is what was written after it."""
    with file.open("rb") as lines:
        lines.readline()
        return hashlib.file_digest(lines, "sha256").hexdigest() == header.body


def _header_or_none(file: Path) -> _Header | None:
    try:
        return _header(file) if file.exists() else None
    except SourcesUnreadable:
        return None


def sources_digest(home: Path) -> str:
    """Return a name for exactly what the texts in the home say now, and what we know has happened to them."""
    headers = [(file.name, _header(file)) for file in _stored(home)]
    said = sorted((name, header.says or header.digest) for name, header in headers)
    return hashlib.sha256(json.dumps(said).encode() + events_file()).hexdigest()


def _stored(home: Path) -> list[Path]:
    folder = home / _FOLDER
    return sorted(folder.glob("*.jsonl")) if folder.is_dir() else []


def load_documents(home: Path) -> tuple[Document, ...]:
    """Return every ingested document, versions in order and later events applied."""
    documents: list[Document] = []
    for file in _stored(home):
        header = _header(file)
        body = file.read_bytes().partition(b"\n")[2]
        if header.body and hashlib.sha256(body).hexdigest() != header.body:
            raise _damaged(file)
        try:
            documents.extend(DOCUMENT.validate_json(line) for line in body.splitlines())
        except ValidationError as error:
            raise _damaged(file) from error
    return apply_repeals(in_time(_share_dates(_unique(documents))))


def _unique(documents: Sequence[Document]) -> Iterator[Document]:
    """Give a document a name of its own where a collection holds the same law as a text file."""
    seen: Counter[str] = Counter()
    for document in documents:
        seen[document.id] += 1
        yield document if seen[document.id] == 1 else replace(document, id=f"{document.id}~{seen[document.id]}")


def _share_dates(documents: Iterable[Document]) -> Iterator[Document]:
    """Let the books of one code share the day it took effect, which not every one of them prints."""
    listed = list(documents)
    starts: dict[tuple[str, object], list[Document]] = {}
    for document in listed:
        if document.kind is DocumentKind.STATUTE and document.issued:
            starts.setdefault((plain_title(document.title), document.issued), []).append(document)
    for document in listed:
        books = starts.get((plain_title(document.title), document.issued), [])
        latest = max((b.effective_from for b in books if b.effective_from), default=document.effective_from)
        assumed = all(b.effective_assumed for b in books)
        yield replace(document, effective_from=latest, effective_assumed=assumed) if books else document
