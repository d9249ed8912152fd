"""Where staff let a second application go on under the first: the form, and the ways between the two (并案)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.console.guard import Guard, Posted
from api.console.pages import ROOT, redirect
from api.domain.application import Event, allowed_events
from api.domain.audit import ActorKind
from api.domain.staff import needed_for
from api.services import applications, merging
from api.services.desk import StaffDesk
from api.services.ports import UnitOfWork
from api.services.staff import StaffMember


@dataclass(frozen=True, slots=True, kw_only=True)
class MergingView:
    """What an application has to do with others, and what it could go on under."""

    into: str | None = None
    taken_up: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()


async def merging_of(uow: UnitOfWork, *, me: StaffMember, reference: str | None, now: datetime) -> MergingView:
    """Return what an application's page says of merging; of a conversation there is nothing to say."""
    if reference is None:
        return MergingView()
    record = await applications.find(uow, reference=reference, viewer=me.viewer)
    found = merging.together(await uow.audit.of(reference))
    may = me.may(needed_for(Event.MERGE)) and Event.MERGE in allowed_events(record.application, by=ActorKind.STAFF)
    earlier = await merging.could_take_up(uow, member=me, record=record, now=now) if may else ()
    offers = tuple(one.application.reference for one in earlier)
    return MergingView(into=found.into, taken_up=found.taken_up, offers=offers)


def add_merging(router: APIRouter, *, desk: StaffDesk, guard: Guard) -> None:
    """Add the form's route."""

    @router.post("/applications/{reference}/merge")
    async def merge(reference: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        version = posted.form["version"]
        async with desk.database.unit_of_work() as uow:
            kept = await merging.merge(
                uow,
                member=posted.seat.member,
                reference=reference,
                into=posted.form["into"],
                version=int(version) if version.isdecimal() else None,
                now=desk.clock(),
            )
            await uow.commit()
        if kept.conversation_id is not None:
            desk.notify(kept.conversation_id)
        return redirect(f"{ROOT}/applications/{kept.application.reference}?done=merged")
