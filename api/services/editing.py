"""What the desk asks of the library while somebody writes: always beside the event loop, never inside a transaction."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Final

from api.domain.curation import Kind
from api.domain.staff import Permission
from api.services import curation
from api.services.curation import LARGEST_TEXT, Written
from api.services.curation_ports import Library
from api.services.staff import StaffMember, require
from knowledge_base.drafts import CardDraft, Flaw, Particulars, Review, TextRead, TextRefused
from knowledge_base.types import KnowledgeUnavailable

_KEY: Final = 12


async def review(library: Library, body: CardDraft | Particulars, *, on: date) -> Review:
    """Hold a draft against the library. Raises KnowledgeUnavailable."""
    if isinstance(body, CardDraft):
        return await asyncio.to_thread(library.review_card, body, on=on)
    # A text without clauses is refused when it is uploaded.
    return await asyncio.to_thread(library.review_document, body, clauses=1)


async def in_use(
    library: Library, *, kind: Kind, key: str, document_id: str | None = None
) -> CardDraft | Particulars | None:
    """Return what is in use under a key that the desk never worked on. Raises KnowledgeUnavailable."""
    if kind is Kind.CARD:
        return await asyncio.to_thread(library.card, key)
    if document_id is None or curation.document_key(document_id) != key:
        return None
    return await asyncio.to_thread(library.text, document_id)


async def uploaded(
    library: Library, *, member: StaffMember, name: str, content: bytes, region: str | None
) -> tuple[Written, TextRead]:
    """Read a file that somebody brings, and return it as the first draft. Raises TextRefused, NotPermitted.

    The same text comes under the same key, whatever the file is called and however it was saved.
    """
    require(member, Permission.EDIT_KNOWLEDGE)
    if not content:
        raise TextRefused("missing")
    if len(content) > LARGEST_TEXT:
        raise TextRefused("too_large")
    read = await asyncio.to_thread(library.read_text, name, content, region=region)
    if not read.clauses:
        raise TextRefused(Flaw.CLAUSES_MISSING)
    particulars = replace(read.particulars, region=region or read.particulars.region)
    key = f"doc-{read.fingerprint[:_KEY]}"
    held = await _held(library, read)
    return Written(kind=Kind.DOCUMENT, key=key, body=particulars, file=content, file_name=name, held=held), read


async def _held(library: Library, read: TextRead) -> str | None:
    """Return the library's name for a text it has; a library that is not open cannot tell, and keeps nobody from work."""
    try:
        return await asyncio.to_thread(library.held, read)
    except KnowledgeUnavailable:
        return None
