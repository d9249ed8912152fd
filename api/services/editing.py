"""What the desk asks of the library while somebody writes: always beside the event loop, never inside a transaction."""

import asyncio
import uuid
from dataclasses import replace
from datetime import date

from api.domain.curation import Kind
from api.domain.staff import Permission
from api.services import curation
from api.services.curation import LARGEST_TEXT, Written
from api.services.curation_ports import Library
from api.services.staff import StaffMember, require
from knowledge_base.drafts import CardDraft, Flaw, Particulars, Review, TextRead, TextRefused


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
    """Read a file that somebody brings, and return it as the first draft. Raises TextRefused, NotPermitted."""
    require(member, Permission.EDIT_KNOWLEDGE)
    if not content:
        raise TextRefused("missing")
    if len(content) > LARGEST_TEXT:
        raise TextRefused("too_large")
    read = await asyncio.to_thread(library.read_text, name, content, region=region)
    if not read.clauses:
        raise TextRefused(Flaw.CLAUSES_MISSING)
    particulars = replace(read.particulars, region=region or read.particulars.region)
    key = f"doc-{uuid.uuid4().hex[:12]}"
    written = Written(kind=Kind.DOCUMENT, key=key, body=particulars, file=content, file_name=name)
    return written, read
