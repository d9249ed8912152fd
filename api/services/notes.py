"""What staff note for one another on a case, never shown to the citizen (内部备注)."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.domain.audit import AuditEntry
from api.domain.staff import Permission
from api.services.applications import find
from api.services.desk import MessageUnusable, peek_thread
from api.services.ports import UnitOfWork
from api.services.records import Note
from api.services.staff import StaffMember, require

NOTE_LIMIT: Final = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a note is on: a thread, an application, or an application with its thread."""

    conversation_id: str | None = None
    reference: str | None = None


async def about(
    uow: UnitOfWork, *, member: StaffMember, reference: str | None = None, conversation_id: str | None = None
) -> About:
    """Return a case that this person may read. Raises ApplicationNotFound, ConversationNotFound."""
    require(member, Permission.READ_CASES)
    if reference is not None:
        record = await find(uow, reference=reference, viewer=member.viewer)
        return About(conversation_id=record.conversation_id, reference=record.application.reference)
    found = await peek_thread(uow, member=member, conversation_id=conversation_id or "")
    return About(conversation_id=found.id)


async def add(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, member: StaffMember, case: About, text: str, note_id: str | None, now: datetime
) -> None:
    """Note something; the same id notes once. Raises MessageUnusable, NotPermitted."""
    require(member, Permission.RECORD_PROGRESS)
    text = text.strip().replace("\r\n", "\n")
    if not text:
        raise MessageUnusable("message_empty")
    if len(text) > NOTE_LIMIT:
        raise MessageUnusable("message_too_long")
    note = Note(
        id=_id(note_id),
        conversation_id=case.conversation_id,
        reference=case.reference,
        staff=member.id,
        at=now,
        text=text,
    )
    if await uow.notes.add(note):
        subject = case.reference or f"conversation:{case.conversation_id}"
        uow.audit.record(AuditEntry(at=now, actor=member.actor, action="note.added", subject=subject))


def _id(given: str | None) -> str:
    """Return the form's own id where it is one, else a new one."""
    try:
        return uuid.UUID(hex=given or "").hex
    except ValueError:
        return uuid.uuid4().hex
