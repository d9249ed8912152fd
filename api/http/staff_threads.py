"""/api/v1/staff/conversations: take over, write, hand over, give back."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, StringConstraints

from api.domain.conversation import ContactOutcome
from api.http.staff_alerts import alert_json, owner_json
from api.http.staff_call_backs import call_back_json
from api.services import desk as work
from api.services import staff
from api.services.desk import StaffDesk
from api.services.records import Conversation, JsonObject, StoredMessage, TicketKind
from api.services.staff import StaffMember
from api.services.verdicts import iso

_Id = Annotated[str, Path(max_length=64)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MessageIn(_In):
    """What to tell the citizen; the same `client_id` sends once."""

    text: Annotated[str, StringConstraints(max_length=4 * work.MESSAGE_LIMIT)]
    client_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None


class HandOverIn(_In):
    """Which colleague takes over, by id."""

    to: Annotated[str, StringConstraints(max_length=64)]


class ReleaseIn(_In):
    """What came of a contact."""

    outcome: ContactOutcome = ContactOutcome.ANSWERED


def add_conversations(routes: APIRouter, *, desk: StaffDesk, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    """Add the routes of conversations."""

    @routes.get("/conversations/{conversation_id}")
    async def thread(conversation_id: _Id, member: Annotated[StaffMember, me]) -> JsonObject:
        """Return one conversation with its transcript. The look is on record."""
        async with desk.database.unit_of_work() as uow:
            detail = await work.read_thread(uow, member=member, conversation_id=conversation_id, now=desk.clock())
            names = await staff.names(uow)
            await uow.commit()
        return {
            **conversation_json(detail.conversation, names=names),
            "alerts": [alert_json(one, names=names) for one in detail.tickets if one.kind is TicketKind.ALERT],
            "call_backs": [call_back_json(one) for one in detail.tickets if one.kind is TicketKind.CALL_BACK],
            "transcript": [message_json(message) for message in detail.transcript],
            "applications": [record.application.reference for record in detail.applications],
        }

    @routes.post("/conversations/{conversation_id}/claim")
    async def claim(conversation_id: _Id, member: Annotated[StaffMember, me]) -> JsonObject:
        """Take a conversation over; the assistant is silent until it is given back."""
        async with desk.database.unit_of_work() as uow:
            held = await work.claim(uow, member=member, conversation_id=conversation_id, now=desk.clock())
            names = await staff.names(uow)
            await uow.commit()
        desk.notify(conversation_id)
        return conversation_json(held, names=names)

    @routes.post("/conversations/{conversation_id}/messages", status_code=201)
    async def write(conversation_id: _Id, body: MessageIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Write to the citizen."""
        async with desk.database.unit_of_work() as uow:
            stored = await work.write(
                uow,
                member=member,
                conversation_id=conversation_id,
                text=body.text,
                client_id=body.client_id,
                now=desk.clock(),
            )
            await uow.commit()
        desk.notify(conversation_id)
        return {"message": message_json(stored)}

    @routes.post("/conversations/{conversation_id}/hand-over")
    async def hand_over(conversation_id: _Id, body: HandOverIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Pass a conversation on to a colleague."""
        async with desk.database.unit_of_work() as uow:
            held = await work.hand_over(
                uow, member=member, conversation_id=conversation_id, to=body.to, now=desk.clock()
            )
            names = await staff.names(uow)
            await uow.commit()
        desk.notify(conversation_id)
        return conversation_json(held, names=names)

    @routes.post("/conversations/{conversation_id}/release")
    async def release(
        conversation_id: _Id, member: Annotated[StaffMember, me], body: ReleaseIn | None = None
    ) -> JsonObject:
        """Give a conversation back to the assistant, and say what came of it."""
        outcome = (body or ReleaseIn()).outcome
        async with desk.database.unit_of_work() as uow:
            held = await work.release(
                uow, member=member, conversation_id=conversation_id, outcome=outcome, now=desk.clock()
            )
            names = await staff.names(uow)
            await uow.commit()
        desk.notify(conversation_id)
        return conversation_json(held, names=names)


def conversation_json(found: Conversation, *, names: Mapping[str, str]) -> JsonObject:
    """Return how a conversation stands."""
    return {
        "id": found.id,
        "channel": found.channel,
        "region": found.region,
        "urgency": found.urgency.value,
        "holder": found.holder.value,
        "staff": owner_json(found.hold.staff, names=names),
        "lease_until": iso(found.hold.lease_until),
        "safe_to_contact": found.care.safe_to_contact.value if found.care.safe_to_contact else None,
    }


def message_json(message: StoredMessage) -> JsonObject:
    """Return one message."""
    return {
        **message.body,
        "seq": message.seq,
        "from": message.sender.value,
        "kind": message.kind,
        "text": message.text,
        "at": message.created_at.isoformat(),
    }
