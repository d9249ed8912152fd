"""A complaint on its case's page: who may answer for it, and how it is closed (投诉办理)."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.console.forms import required
from api.console.guard import Guard, Posted
from api.console.pages import ROOT, redirect
from api.services import complaints
from api.services.complaints import OUTCOME, ComplaintOutcome
from api.services.desk import StaffDesk
from api.services.records import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintView:
    """What may be done with one complaint by whoever looks."""

    take: str | None
    """Where to answer for it; None once somebody does."""
    close: str | None
    """Where to close it; None for whom it may be about."""
    outcomes: tuple[tuple[str, str], ...] = tuple((one.value, words) for one, words in OUTCOME.items())
    longest: int = complaints.LONGEST_RESULT


def complaint_view(ticket: Ticket, *, subject: bool) -> ComplaintView:
    """Return a complaint's forms; none for its subject."""
    base = f"{ROOT}/complaints/{ticket.id}"
    return ComplaintView(
        take=f"{base}/take" if ticket.owner is None and not subject else None,
        close=None if subject else f"{base}/close",
    )


def add_complaints(router: APIRouter, *, desk: StaffDesk, guard: Guard) -> None:
    """Add the routes of complaints."""

    def back(ticket: Ticket, done: str) -> Response:
        desk.notify(str(ticket.conversation_id))
        return redirect(f"{ROOT}/conversations/{ticket.conversation_id}?done={done}#progress")

    @router.post("/complaints/{complaint_id}/take")
    async def take_complaint(complaint_id: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            ticket = await complaints.take(uow, member=posted.seat.member, ticket_id=complaint_id, now=desk.clock())
            await uow.commit()
        return back(ticket, "complaint_taken")

    @router.post("/complaints/{complaint_id}/close")
    async def close_complaint(complaint_id: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            ticket = await complaints.close(
                uow,
                member=posted.seat.member,
                ticket_id=complaint_id,
                outcome=required(ComplaintOutcome, posted.form["outcome"]) if posted.form["outcome"] else None,
                result=posted.form["result"].replace("\r\n", "\n"),
                now=desk.clock(),
            )
            await uow.commit()
        return back(ticket, "complaint_closed")
