"""What citizens handed in, on the page of its case: listed, and opened on request with a purpose (来访人交来的材料)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from api.console import labels
from api.console.guard import Guard, Posted
from api.console.pages import HEADERS
from api.services import attachments
from api.services.attachment_ports import Attachment, MediaType
from api.services.attachments import Opened, file_name
from api.services.desk import StaffDesk
from api.services.vault import PurposeRequired

_TITLE: Final = {MediaType.PHOTOGRAPH: "照片", MediaType.PDF: "PDF 文件"}
_ALONE: Final = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
"""A document is looked at and does nothing: no script, no form, nothing from elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentView:
    """One document as its page lists it."""

    id: str
    title: str
    at: datetime


def attachment_view(attachment: Attachment, /, *, number: int) -> AttachmentView:
    """Return how a document is listed: by its number and kind, never by what its sender called it."""
    kilobytes = max(1, attachment.size // 1024)
    title = f"{number}．{_TITLE[attachment.media_type]}（{kilobytes} KB）"
    return AttachmentView(id=attachment.id, title=title, at=attachment.at)


def served(opened: Opened, /) -> Response:
    """Return a document to look at: photographs were drawn anew and are shown, a PDF is only ever saved."""
    shown = "inline" if opened.attachment.media_type is MediaType.PHOTOGRAPH else "attachment"
    headers: Mapping[str, str] = {
        **HEADERS,
        "Content-Security-Policy": _ALONE,
        "Content-Disposition": f'{shown}; filename="{file_name(opened.attachment)}"',
    }
    return Response(opened.content, media_type=opened.attachment.media_type.value, headers=dict(headers))


def add_opening(router: APIRouter, *, desk: StaffDesk, guard: Guard) -> None:
    """Add the routes that open what was handed in."""
    signed = Depends(guard.posted)

    async def opened(
        posted: Posted, attachment_id: str, *, reference: str | None = None, conversation_id: str | None = None
    ) -> Response:
        purpose = posted.form["purpose"]
        if purpose not in labels.PURPOSE:
            raise PurposeRequired
        async with desk.database.unit_of_work() as uow:
            found = await attachments.open_one(
                uow,
                member=posted.seat.member,
                attachment_id=attachment_id,
                purpose=purpose,
                reference=reference,
                conversation_id=conversation_id,
                now=desk.clock(),
            )
            await uow.commit()
        return served(found)

    @router.post("/applications/{reference}/attachments/{attachment_id}")
    async def open_of_application(reference: str, attachment_id: str, posted: Annotated[Posted, signed]) -> Response:
        return await opened(posted, attachment_id, reference=reference)

    @router.post("/conversations/{conversation_id}/attachments/{attachment_id}")
    async def open_of_conversation(
        conversation_id: str, attachment_id: str, posted: Annotated[Posted, signed]
    ) -> Response:
        return await opened(posted, attachment_id, conversation_id=conversation_id)
