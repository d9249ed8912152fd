"""Reads any file we know how to read: from bytes of some format to documents, whatever the way in."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

from knowledge_base.ingest.apart import read_pdf_apart
from knowledge_base.ingest.articles import parse_articles
from knowledge_base.ingest.docx import read_docx
from knowledge_base.ingest.encoding import decode
from knowledge_base.ingest.files import COLLECTIONS, is_collection, shown
from knowledge_base.ingest.html import read_html
from knowledge_base.ingest.markdown import read_markdown
from knowledge_base.ingest.parsed import FileRefused, Line, Locate, Parsed, Reading
from knowledge_base.ingest.policy import parse_policy
from knowledge_base.ingest.statute import looks_like_statute, parse_statute

_Read: TypeAlias = Callable[[bytes], Reading]


def _read_text(content: bytes) -> Reading:
    lines = decode(content).split("\n")
    return Reading(lines=tuple(Line(text, number) for number, text in enumerate(lines, 1)))


_READERS: Final[Mapping[str, _Read]] = {
    ".txt": _read_text,
    ".md": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".docx": read_docx,
    ".pdf": read_pdf_apart,
}
FORMATS: Final = (*_READERS, *COLLECTIONS)


def read_file(path: Path, content: bytes, *, locate: Locate, region: str | None) -> tuple[Parsed, str]:
    """Return the documents of a file and the name to keep them under. Raises FileRefused."""
    name = shown(path.name)
    if is_collection(path):
        collection = name[: name.lower().rindex(".jsonl")]
        return parse_articles(decode(content), collection=collection, region=region, locate=locate), collection
    read = _READERS.get(path.suffix.lower())
    if read is None:
        msg = f"读不了 {path.suffix or name!r} 这种文件；请用其中一种：{' '.join(FORMATS)}"
        raise FileRefused(msg)
    parsed = read_document(read(content), name=Path(name).stem, locate=locate, region=region)
    return parsed, parsed.documents[0].id


def read_document(reading: Reading, *, name: str, locate: Locate, region: str | None = None) -> Parsed:
    """Parse what a reader read as what it is, a statute or a policy, and say where in the file everything stands."""
    text = reading.text
    if looks_like_statute(text):
        parsed = parse_statute(text, name=name, region=region, locate=locate)
    else:
        parsed = parse_policy(text, name=name, locate=locate, region=region)
    return reading.placed(parsed)
