"""Use cases of what citizens hand in beside their words: kept with the thread, opened by staff on record (附件)."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from api.domain.audit import AuditEntry
from api.domain.staff import Permission
from api.services.attachment_ports import Attachment, Document, MediaType
from api.services.desk import peek_case, peek_thread
from api.services.ports import UnitOfWork
from api.services.staff import StaffMember, require
from api.services.vault import PurposeRequired

MOST: Final = 20
"""Documents that one conversation holds."""


class AttachmentNotFound(Exception):
    """No such document with this case; it may have been destroyed with its conversation."""

    code = "attachment_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A document in clear."""

    attachment: Attachment
    content: bytes = field(repr=False)


async def has_room(uow: UnitOfWork, *, conversation_id: str) -> bool:
    """Tell whether a thread takes one more."""
    return len(await uow.attachments.of(conversation_id)) < MOST


async def keep(uow: UnitOfWork, *, conversation_id: str, seq: int, document: Document, now: datetime) -> Attachment:
    """Keep a document beside the message that it came with."""
    attachment = Attachment(
        id=uuid.uuid4().hex,
        conversation_id=conversation_id,
        seq=seq,
        media_type=document.media_type,
        size=len(document.content),
        at=now,
    )
    await uow.attachments.add(attachment, content=document.content)
    return attachment


async def listed(
    uow: UnitOfWork, *, member: StaffMember, reference: str | None = None, conversation_id: str | None = None
) -> tuple[Attachment, ...]:
    """Return what belongs to a case this person may read. Raises ApplicationNotFound, ConversationNotFound, NotPermitted."""
    thread = await _thread(uow, member=member, reference=reference, conversation_id=conversation_id)
    return () if thread is None else await uow.attachments.of(thread)


async def open_one(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    attachment_id: str,
    purpose: str,
    now: datetime,
    reference: str | None = None,
    conversation_id: str | None = None,
) -> Opened:
    """See one document; person and purpose are on record.

    Raises AttachmentNotFound, PurposeRequired, ApplicationNotFound, ConversationNotFound, NotPermitted.
    """
    require(member, Permission.OPEN_CONTACT)
    if not purpose.strip():
        raise PurposeRequired
    thread = await _thread(uow, member=member, reference=reference, conversation_id=conversation_id)
    mine = () if thread is None else await uow.attachments.of(thread)
    found = next((one for one in mine if one.id == attachment_id), None)
    content = None if found is None else await uow.attachments.content(found.id)
    if found is None or content is None:
        raise AttachmentNotFound
    uow.audit.record(
        AuditEntry(
            at=now,
            actor=member.actor,
            action="attachment.opened",
            subject=reference or f"conversation:{thread}",
            data={"attachment": found.id, "seq": found.seq, "purpose": purpose},
        )
    )
    return Opened(attachment=found, content=content)


async def _thread(
    uow: UnitOfWork, *, member: StaffMember, reference: str | None, conversation_id: str | None
) -> str | None:
    if reference is not None:
        return (await peek_case(uow, member=member, reference=reference)).conversation_id
    return (await peek_thread(uow, member=member, conversation_id=conversation_id or "")).id


def file_name(attachment: Attachment, /) -> str:
    """Return what a copy of it is called: nothing the sender called it."""
    end = "pdf" if attachment.media_type is MediaType.PDF else "jpg"
    return f"attachment-{attachment.seq}.{end}"
