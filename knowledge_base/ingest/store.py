"""Takes official texts into the knowledge base's home, one file or a folder at a time, and gives them back.

Each file becomes one `sources/NAME.jsonl`: a header with the file's name and digest, then its documents. The name
comes from what the text says it is, so taking the same text in again changes nothing and a corrected text replaces
the old one.
"""

import contextlib
import gzip
import hashlib
import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from knowledge_base.corpus import DOCUMENT, Document, DocumentKind, apply_events, order_versions, plain_title
from knowledge_base.ingest.articles import parse_articles
from knowledge_base.ingest.parsed import FileRefused, Locate, Parsed, Remark
from knowledge_base.ingest.policy import parse_policy
from knowledge_base.ingest.statute import looks_like_statute, parse_statute
from knowledge_base.types import KnowledgeUnavailable

_FORMAT: Final = 1
_MAX_BYTES: Final = 256 * 1024 * 1024
_NAME_LENGTH: Final = 60
_UNSAFE: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
_TEXT: Final = frozenset({".txt", ".md"})
_LINES: Final = (".jsonl", ".jsonl.gz")


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


def ingest(
    paths: Iterable[Path],
    *,
    home: Path,
    locate: Locate,
    region: str | None = None,
    heard: Callable[[FileReport], None] | None = None,
) -> tuple[FileReport, ...]:
    """Take in files and folders. One bad file never stops the others; every file is reported."""
    reports = []
    for path in _files(paths):
        report = _take(path, home=home, locate=locate, region=region)
        reports.append(report)
        if heard:
            heard(report)
    return tuple(reports)


def count_files(paths: Iterable[Path]) -> int:
    """Return how many files `ingest` would look at."""
    return sum(1 for _ in _files(paths))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        else:
            yield path


def _take(path: Path, *, home: Path, locate: Locate, region: str | None) -> FileReport:
    try:
        content = _content(path)
        parsed, name = _parse(path, content, locate=locate, region=region)
    except FileRefused as refusal:
        return FileReport(file=str(path), outcome=FileOutcome.REFUSED, reason=str(refusal))
    target = home / "sources" / f"{_file_name(name)}.jsonl"
    digest = hashlib.sha256(f"{_FORMAT}:{region or ''}:".encode() + content).hexdigest()
    outcome = FileOutcome.REPLACED if target.exists() else FileOutcome.ADDED
    with contextlib.suppress(SourcesUnreadable):  # a damaged copy is written again
        if outcome is FileOutcome.REPLACED and _header(target)["digest"] == digest:
            outcome = FileOutcome.UNCHANGED
    if outcome is not FileOutcome.UNCHANGED:
        _write(target, {"format": _FORMAT, "file": path.name, "digest": digest}, parsed.documents)
    return FileReport(
        file=str(path),
        outcome=outcome,
        documents=len(parsed.documents),
        clauses=sum(len(d.clauses) for d in parsed.documents),
        problems=parsed.problems,
        notes=parsed.notes,
    )


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_BYTES:
            msg = f"larger than {_MAX_BYTES // 2**20} MiB"
            raise FileRefused(msg)
        if path.name.endswith(".gz"):
            with gzip.open(path) as packed:
                content = packed.read(_MAX_BYTES + 1)
            if len(content) > _MAX_BYTES:
                msg = f"unpacks to more than {_MAX_BYTES // 2**20} MiB"
                raise FileRefused(msg)
        else:
            content = path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        msg = f"cannot be read: {error}"
        raise FileRefused(msg) from error
    if not content.strip():
        msg = "is empty"
        raise FileRefused(msg)
    return content


def _text(content: bytes) -> str:
    if b"\0" in content:
        msg = "is not a text file"
        raise FileRefused(msg)
    for encoding in ("utf-8-sig", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return content.decode(encoding)
    msg = "is neither UTF-8 nor GB18030 text"
    raise FileRefused(msg)


def _parse(path: Path, content: bytes, *, locate: Locate, region: str | None) -> tuple[Parsed, str]:
    """Return the documents of a file and the name to keep them under."""
    if ending := next((e for e in _LINES if path.name.endswith(e)), None):
        name = path.name.removesuffix(ending)
        return parse_articles(_text(content), collection=name, region=region), name
    if path.suffix.lower() not in _TEXT:
        msg = f"files of the kind {path.suffix or path.name!r} cannot be read; use .md, .txt, .jsonl or .jsonl.gz"
        raise FileRefused(msg)
    text = _text(content)
    if looks_like_statute(text):
        parsed = parse_statute(text, name=path.stem, region=region)
    else:
        parsed = parse_policy(text, name=path.stem, locate=locate, region=region)
    return parsed, parsed.documents[0].id


def _file_name(name: str) -> str:
    safe = _UNSAFE.sub("_", name)
    if len(safe) <= _NAME_LENGTH:
        return safe
    return f"{safe[:_NAME_LENGTH]}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _write(target: Path, header: dict[str, object], documents: Sequence[Document]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(json.dumps(header, ensure_ascii=False).encode() + b"\n")
        for document in documents:
            file.write(DOCUMENT.dump_json(document, exclude_defaults=True) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(target)


def _header(file: Path) -> dict[str, str]:
    with file.open("rb") as lines:
        first = lines.readline()
    try:
        header: dict[str, str] = json.loads(first)
        _ = header["digest"]
    except (ValueError, KeyError, TypeError) as error:
        msg = f"the stored source {file.name} is damaged; take the text in again"
        raise SourcesUnreadable(msg) from error
    return header


def sources_digest(home: Path) -> str:
    """Return a name for exactly the texts that are in the home now."""
    headers = sorted((file.name, _header(file)["digest"]) for file in _stored(home))
    return hashlib.sha256(json.dumps(headers).encode()).hexdigest()


def _stored(home: Path) -> list[Path]:
    folder = home / "sources"
    return sorted(folder.glob("*.jsonl")) if folder.is_dir() else []


def load_documents(home: Path) -> tuple[Document, ...]:
    """Return every ingested document, versions in order and later events applied."""
    documents: list[Document] = []
    for file in _stored(home):
        _header(file)
        with file.open("rb") as lines:
            lines.readline()
            try:
                documents.extend(DOCUMENT.validate_json(line) for line in lines)
            except ValidationError as error:
                msg = f"the stored source {file.name} is damaged; take the text in again"
                raise SourcesUnreadable(msg) from error
    return apply_events(order_versions(_share_dates(_unique(documents))))


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
        yield replace(document, effective_from=latest) if books else document
