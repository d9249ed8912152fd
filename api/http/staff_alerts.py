"""/api/v1/staff/alerts: answering for danger, and writing down the report that the law demands."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict

from api.services import desk as work
from api.services import staff
from api.services.desk import StaffDesk
from api.services.records import JsonObject, ReportTo, Ticket
from api.services.staff import StaffMember
from api.services.verdicts import iso

_Id = Annotated[str, Path(max_length=64)]


class ReportIn(BaseModel):
    """To whom harm to a child was reported, or that a person found no report to be needed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: ReportTo


def add_alerts(routes: APIRouter, *, desk: StaffDesk, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    """Add the routes of alerts."""

    @routes.post("/alerts/{ticket_id}/take")
    async def take(ticket_id: _Id, member: Annotated[StaffMember, me]) -> JsonObject:
        """Answer for an alert; its conversation comes with it unless a colleague is already talking."""
        async with desk.database.unit_of_work() as uow:
            ticket = await work.take_alert(uow, member=member, ticket_id=ticket_id, now=desk.clock())
            names = await staff.names(uow)
            await uow.commit()
        desk.notify(str(ticket.conversation_id))
        return alert_json(ticket, names=names)

    @routes.post("/alerts/{ticket_id}/report")
    async def report(ticket_id: _Id, body: ReportIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Note to whom harm to a child was reported; the first note stays."""
        async with desk.database.unit_of_work() as uow:
            ticket = await work.record_report(uow, member=member, ticket_id=ticket_id, to=body.to, now=desk.clock())
            names = await staff.names(uow)
            await uow.commit()
        desk.notify(str(ticket.conversation_id))
        return alert_json(ticket, names=names)


def owner_json(staff_id: str | None, *, names: Mapping[str, str]) -> JsonObject | None:
    """Return who answers for something."""
    return None if staff_id is None else {"id": staff_id, "display_name": names.get(staff_id, staff_id)}


def alert_json(ticket: Ticket, *, names: Mapping[str, str]) -> JsonObject:
    """Return one alert: kinds, times and who answers for it, none of the caller's words."""
    return {
        "id": ticket.id,
        "kinds": ticket.reason.split(","),
        "urgency": ticket.urgency.value,
        "raised_at": iso(ticket.opened_at),
        "times": ticket.times,
        "heard_at": iso(ticket.heard_at),
        "owner": owner_json(ticket.owner, names=names),
        "acknowledged_at": iso(ticket.acknowledged_at),
        "mandatory_report": None
        if ticket.report_raised_at is None
        else {
            "raised_at": iso(ticket.report_raised_at),
            "reported_at": iso(ticket.reported_at),
            "reported_by": owner_json(ticket.reported_by, names=names),
            "to": ticket.reported_to.value if ticket.reported_to else None,
        },
    }
