"""Photographs and PDFs that citizens hand in, as services see them (来访人交来的材料)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class MediaType(StrEnum):
    """What is kept; everything else is turned down."""

    PHOTOGRAPH = "image/jpeg"
    PDF = "application/pdf"


class DayKind(StrEnum):
    """What a day in a document seems to be: of the hearing, of the document's own date, or neither."""

    HEARING = "hearing"
    ISSUED = "issued"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperDay:
    """A day that stands in a document, and what it seems to be; only its owner knows."""

    kind: DayKind
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What somebody handed in, looked at and made harmless."""

    media_type: MediaType
    content: bytes = field(repr=False)
    days: tuple[PaperDay, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A document in its conversation, without its content; it came with the message `seq`."""

    id: str
    conversation_id: str
    seq: int
    media_type: MediaType
    size: int
    """Bytes."""
    at: datetime


class Attachments(Protocol):
    """The store of what was handed in; content is sealed and opens only by an explicit call."""

    async def add(self, attachment: Attachment, *, content: bytes) -> None:
        """Store a document."""

    async def of(self, conversation_id: str) -> tuple[Attachment, ...]:
        """Return what was handed in with a thread, oldest first."""

    async def content(self, attachment_id: str) -> bytes | None:
        """Open one. Services call this only beside an audit entry."""
