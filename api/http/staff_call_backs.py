"""/api/v1/staff/call-backs and /slots: the half-days with room, booking one, and what each attempt came to (预约回电)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.domain.callback import CallOutcome, Half
from api.domain.staff import Permission
from api.http.problems import ProblemError
from api.services import callbacks
from api.services.callbacks import MOST_CAPACITY, SlotRefused
from api.services.desk import StaffDesk
from api.services.records import JsonObject, Ticket
from api.services.staff import StaffMember, require
from api.services.verdicts import iso

_Id = Annotated[str, Path(max_length=64)]
_REGION = r"^[0-9]{6}$"


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AttemptIn(_In):
    """What one attempt came to."""

    outcome: CallOutcome


class BookingIn(_In):
    """The half-day that is promised, as `GET slots` names it: 2026-11-24.am."""

    slot: Annotated[str, StringConstraints(max_length=20)]


class CapacityIn(_In):
    """How many call-backs an office takes in such a half-day."""

    region: Annotated[str, StringConstraints(pattern=_REGION)]
    half: Half
    capacity: Annotated[int, Field(ge=0, le=MOST_CAPACITY)]


def add_call_backs(routes: APIRouter, *, desk: StaffDesk, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    """Add the routes of call-backs."""

    def told(ticket: Ticket) -> JsonObject:
        if ticket.conversation_id is not None:
            desk.notify(ticket.conversation_id)
        return call_back_json(ticket)

    @routes.post("/call-backs/{ticket_id}/attempts")
    async def note_attempt(ticket_id: _Id, body: AttemptIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Note one attempt. The last one closes the call-back."""
        async with desk.database.unit_of_work() as uow:
            ticket = await callbacks.tried(
                uow, member=member, ticket_id=ticket_id, outcome=body.outcome, works=desk.works, now=desk.clock()
            )
            await uow.commit()
        return told(ticket)

    @routes.post("/call-backs/{ticket_id}/slot")
    async def book_slot(ticket_id: _Id, body: BookingIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Promise a half-day with room; `told` says whether the caller can read it, or has to be told otherwise."""
        async with desk.database.unit_of_work() as uow:
            ticket, read = await callbacks.book(
                uow, member=member, ticket_id=ticket_id, key=body.slot, works=desk.works, now=desk.clock()
            )
            await uow.commit()
        return {**told(ticket), "told": read}

    @routes.get("/slots")
    async def slots(
        member: Annotated[StaffMember, me], region: Annotated[str | None, Query(pattern=_REGION)] = None
    ) -> JsonObject:
        """Return the coming half-days of a region's office, full ones too; without a region, of callers of no known place."""
        require(member, Permission.READ_CASES)
        if region is not None and not (desk.knows_region(region) and member.viewer.sees(region)):
            raise ProblemError(422, "region_unknown", "没有这个地区，或者不在您负责的地区。", field="region")
        async with desk.database.reading() as uow:
            rooms = await callbacks.rooms(uow, region=region, works=desk.works, now=desk.clock())
        return {
            "items": [
                {"slot": one.slot.key, "booked": one.booked, "capacity": one.capacity, "left": one.left}
                for one in rooms
            ]
        }

    @routes.put("/slots", status_code=204)
    async def set_capacity(body: CapacityIn, member: Annotated[StaffMember, me]) -> None:
        """Say how many call-backs an office takes in such a half-day."""
        require(member, Permission.MANAGE_STAFF)
        if not desk.knows_region(body.region):
            raise SlotRefused("capacity_malformed")
        async with desk.database.unit_of_work() as uow:
            await callbacks.set_capacity(
                uow, member=member, region=body.region, half=body.half, capacity=body.capacity, now=desk.clock()
            )
            await uow.commit()


def call_back_json(ticket: Ticket) -> JsonObject:
    """Return one call-back: times and outcomes, neither the number nor the caller's words."""
    return {
        "id": ticket.id,
        "number": ticket.number,
        "slot": ticket.slot,
        "due": iso(ticket.due),
        "tried": [one.value for one in callbacks.outcomes_of(ticket)],
        "next_at": iso(ticket.next_at),
        "closed_at": iso(ticket.closed_at),
        "outcome": ticket.outcome,
    }
