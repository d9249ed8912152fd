"""/api/v1/staff/conversations/{id}/attachments: what citizens handed in, and opening one on record."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from api.services import attachments
from api.services.attachment_ports import Attachment
from api.services.attachments import file_name
from api.services.desk import StaffDesk
from api.services.records import JsonObject
from api.services.staff import StaffMember

_Id = Annotated[str, Path(max_length=64)]


class OpenIn(BaseModel):
    """What somebody wants to look at a document for, as a word of their institution's own list; it stays in the audit record."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]


def add_attachments(routes: APIRouter, *, desk: StaffDesk, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    """Add the routes of documents."""

    @routes.get("/conversations/{conversation_id}/attachments")
    async def listed(conversation_id: _Id, member: Annotated[StaffMember, me]) -> JsonObject:
        """List what was handed in with a conversation, oldest first; nothing of it is opened."""
        async with desk.database.reading() as uow:
            found = await attachments.listed(uow, member=member, conversation_id=conversation_id)
        return {"attachments": [attachment_json(one) for one in found]}

    @routes.post(
        "/conversations/{conversation_id}/attachments/{attachment_id}/open",
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}, "application/pdf": {}}, "description": "The document"}},
    )
    async def open_one(
        conversation_id: _Id, attachment_id: _Id, body: OpenIn, member: Annotated[StaffMember, me]
    ) -> Response:
        """Return one document. Who, when and what for is on record."""
        async with desk.database.unit_of_work() as uow:
            found = await attachments.open_one(
                uow,
                member=member,
                attachment_id=attachment_id,
                purpose=body.purpose,
                conversation_id=conversation_id,
                now=desk.clock(),
            )
            await uow.commit()
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="{file_name(found.attachment)}"',
            "X-Content-Type-Options": "nosniff",
        }
        return Response(found.content, media_type=found.attachment.media_type.value, headers=headers)


def attachment_json(attachment: Attachment) -> JsonObject:
    """Return one document without its content."""
    return {
        "id": attachment.id,
        "seq": attachment.seq,
        "media_type": attachment.media_type.value,
        "bytes": attachment.size,
        "at": attachment.at.isoformat(),
    }
