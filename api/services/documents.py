"""Looks at what came from the street before anything of it is kept: a photograph, or a PDF (传票、裁决书、工资条).

What the sender calls it counts for nothing, its own bytes say what it is. A photograph is drawn anew: where it was taken,
what hides behind its pixels and whatever else it may be besides a picture stay behind. A PDF is kept as it is and never
opened here but for its letters, in a process of its own (OWASP File Upload Cheat Sheet).
"""

import io
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from api.services.attachment_ports import DayKind, Document, MediaType, PaperDay
from knowledge_base.ingest.apart import read_pdf_apart
from knowledge_base.ingest.parsed import FileRefused
from knowledge_base.spoken_dates import spoken_dates

LARGEST: Final = 10 * 1024 * 1024
"""Bytes of one document."""
_PIXELS: Final = 50_000_000
_SIDE: Final = 3000
"""Pixels along the longer side of what is kept: a sheet of A4 stays readable."""
_QUALITY: Final = 85
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
_BROKEN: Final = (
    OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, MemoryError,
    struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip
"""What decoders raise over a file that is not what it says."""
_PDF: Final = b"%PDF-"
_PDF_ENDS: Final = b"%%EOF"
_TAIL: Final = 2048
_SECONDS: Final = 6.0
"""For the letters of a PDF: a citizen waits."""
_MOST_DAYS: Final = 3
_HEARING: Final = re.compile(r"开庭|应到|到庭|庭审|审理时间")
_BLANKS: Final = re.compile(r"\s+")


class DocumentUnusable(Exception):
    """Not kept; `code` says why and is public."""

    def __init__(self, code: str) -> None:
        """Keep the code, and nothing of the file."""
        super().__init__(code)
        self.code = code


def read(raw: bytes, /) -> Document:
    """Return a document made harmless; takes up to seconds, so never on the event loop.

    Raises DocumentUnusable: `document_empty`, `document_too_large`, `document_unknown`, `document_damaged`.
    """
    if not raw:
        raise DocumentUnusable("document_empty")
    if len(raw) > LARGEST:
        raise DocumentUnusable("document_too_large")
    if raw.startswith(_PDF):
        return _pdf(raw)
    return _photograph(raw)


def _photograph(raw: bytes) -> Document:
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as opened:
            if opened.width * opened.height > _PIXELS:
                raise DocumentUnusable("document_too_large")
            # A JPEG may be decoded at a fraction of its size, which is all that is kept of a large one.
            opened.draft("RGB", (_SIDE, _SIDE))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((_SIDE, _SIDE))
            drawn = _on_white(upright)
    except UnidentifiedImageError:
        raise DocumentUnusable("document_unknown") from None
    except _BROKEN:
        raise DocumentUnusable("document_damaged") from None
    kept = io.BytesIO()
    drawn.save(kept, "JPEG", quality=_QUALITY)
    return Document(media_type=MediaType.PHOTOGRAPH, content=kept.getvalue())


def _on_white(image: Image.Image) -> Image.Image:
    """Return the pixels alone; what was see-through is white, as paper is."""
    seen = image.convert("RGBA")
    paper = Image.new("RGB", seen.size, "white")
    paper.paste(seen, mask=seen.getchannel("A"))
    return paper


def _pdf(raw: bytes) -> Document:
    if _PDF_ENDS not in raw[-_TAIL:]:
        raise DocumentUnusable("document_damaged")
    try:
        lines = [line.text for line in read_pdf_apart(raw, seconds=_SECONDS).lines]
    except FileRefused:
        # Pictures of pages, a password, too long for now: people can look at it all the same.
        lines = []
    return Document(media_type=MediaType.PDF, content=raw, days=days_in(lines))


def days_in(lines: Iterable[str], /) -> tuple[PaperDay, ...]:
    """Return the days that stand in a document: of the hearing, and its own at the end; where neither does, the first few."""
    found = list(_found(lines))
    told = [one for one in found if one.kind is not DayKind.OTHER]
    hearing = [one for one in told if one.kind is DayKind.HEARING][:_MOST_DAYS]
    issued = [one for one in told if one.kind is DayKind.ISSUED][-1:]
    return tuple(dict.fromkeys((*hearing, *issued) or found[:_MOST_DAYS]))


def _found(lines: Iterable[str]) -> Iterator[PaperDay]:
    for line in lines:
        plain = _BLANKS.sub("", line)
        for spoken in spoken_dates(plain):
            day = spoken.period.day if spoken.period is not None else None
            if day is None:
                continue
            alone = spoken.end - spoken.start == len(plain)
            hearing = _HEARING.search(plain) is not None
            yield PaperDay(kind=DayKind.HEARING if hearing else DayKind.ISSUED if alone else DayKind.OTHER, day=day)
