"""Call-backs on the pages: the half-days with room, what an attempt came to, and what an office takes (预约回电)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from api.console import labels
from api.console.forms import required
from api.console.guard import Guard, Posted
from api.console.pages import ROOT, Pages, redirect
from api.console.views import Words, day
from api.domain.callback import MOST, CallOutcome, Half, slot_of
from api.domain.staff import Permission
from api.services import callbacks
from api.services.callbacks import Room, SlotRefused
from api.services.desk import StaffDesk
from api.services.records import Ticket
from api.services.staff import Seat, require
from api.services.wording import HALF, half_day

OUTCOME: Final[Mapping[CallOutcome, str]] = MappingProxyType(
    {
        CallOutcome.REACHED: "打通了，已说清楚",
        CallOutcome.NO_ANSWER: "没有人接",
        CallOutcome.ENGAGED: "占线",
        CallOutcome.WRONG_NUMBER: "号码不对",
        CallOutcome.NOT_SAFE: "不安全：别人接的，或者本人不能说话",
    }
)
_LONGEST_NUMBER: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RingView:
    """One call-back that is still to be made."""

    booked: str
    tried: str
    next_at: str
    slots: tuple[tuple[str, str], ...]
    """Half-days with room: key, and name with what is left."""
    outcomes: tuple[tuple[str, str], ...]
    book: str
    attempt: str
    phrases: tuple[tuple[str, str], ...] = ()
    """Applications for which somebody else may answer: where to check their pass phrase, and the reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView:
    """One line of the page of half-days."""

    title: str
    booked: int
    capacity: int
    full: bool


def ring_view(ticket: Ticket, rooms: Sequence[Room], *, spoken_for: Sequence[str] = ()) -> RingView:
    """Return a call-back as its case's page shows it."""
    outcomes = callbacks.outcomes_of(ticket)
    booked = slot_of(ticket.slot or "")
    return RingView(
        booked=half_day(booked) if booked else "",
        tried="、".join(OUTCOME[one] for one in outcomes),
        next_at=f"{labels.moment(ticket.next_at)}（第 {len(outcomes) + 1} 次，最多 {MOST} 次）"
        if ticket.next_at
        else "",
        slots=tuple((one.slot.key, f"{half_day(one.slot)}（还能约 {one.left} 个）") for one in rooms if one.left),
        outcomes=tuple((one.value, words) for one, words in OUTCOME.items()),
        book=f"{ROOT}/call-backs/{ticket.id}/slot",
        attempt=f"{ROOT}/call-backs/{ticket.id}/attempts",
        phrases=tuple((f"{ROOT}/applications/{one}/pass-phrase", one) for one in spoken_for),
    )


def add_ringing(router: APIRouter, *, desk: StaffDesk, pages: Pages, guard: Guard, words: Words) -> None:
    """Add the routes of call-backs."""
    signed = Depends(guard.posted)

    def back(ticket: Ticket, done: str) -> Response:
        if ticket.conversation_id is not None:
            desk.notify(ticket.conversation_id)
            return redirect(f"{ROOT}/conversations/{ticket.conversation_id}?done={done}#progress")
        return redirect(f"{ROOT}?done={done}")

    @router.post("/call-backs/{ticket_id}/slot")
    async def book_slot(ticket_id: str, posted: Annotated[Posted, signed]) -> Response:
        async with desk.database.unit_of_work() as uow:
            ticket, told = await callbacks.book(
                uow,
                member=posted.seat.member,
                ticket_id=ticket_id,
                key=posted.form["slot"],
                works=desk.works,
                now=desk.clock(),
            )
            await uow.commit()
        return back(ticket, "booked" if told else "booked_untold")

    @router.post("/call-backs/{ticket_id}/attempts")
    async def note_attempt(ticket_id: str, posted: Annotated[Posted, signed]) -> Response:
        async with desk.database.unit_of_work() as uow:
            ticket = await callbacks.tried(
                uow,
                member=posted.seat.member,
                ticket_id=ticket_id,
                outcome=required(CallOutcome, posted.form["outcome"]),
                works=desk.works,
                now=desk.clock(),
            )
            await uow.commit()
        return back(ticket, "rung_again" if ticket.closed_at is None else "rung")

    @router.get("/slots")
    async def slots_page(request: Request, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        require(seat.member, Permission.READ_CASES)
        regions = seat.member.regions
        region = request.query_params.get("region") or (regions[0] if regions else None)
        if region is not None and not (desk.knows_region(region) and seat.member.viewer.sees(region)):
            region = regions[0] if regions else None
        async with desk.database.reading() as uow:
            rooms = await callbacks.rooms(uow, region=region, works=desk.works, now=desk.clock())
        shown = tuple(
            RoomView(
                title=f"{day(one.slot.day)}{HALF[one.slot.half]}",
                booked=one.booked,
                capacity=one.capacity,
                full=not one.left,
            )
            for one in rooms
        )
        context = {
            **guard.context(request, seat=seat),
            "rooms": shown,
            "region": region or "",
            "region_name": words.region(region) or "还没有地区的来电",
            "halves": tuple((half.value, words) for half, words in HALF.items()),
            "may_set": seat.member.may(Permission.MANAGE_STAFF),
        }
        return pages.page("slots.html", context)

    @router.post("/slots")
    async def set_capacity(posted: Annotated[Posted, signed]) -> Response:
        form = posted.form
        region, given = form["region"].strip(), form["capacity"].strip()
        require(posted.seat.member, Permission.MANAGE_STAFF)
        if not desk.knows_region(region) or not given.isdecimal() or len(given) > _LONGEST_NUMBER:
            raise SlotRefused("capacity_malformed")
        async with desk.database.unit_of_work() as uow:
            await callbacks.set_capacity(
                uow,
                member=posted.seat.member,
                region=region,
                half=required(Half, form["half"]),
                capacity=int(given),
                now=desk.clock(),
            )
            await uow.commit()
        return redirect(f"{ROOT}/slots?region={region}&done=capacity")
