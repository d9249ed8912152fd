"""Notes whom the citizen would like to have, and how a case goes on: forms of the case page (点援、办理进展)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.console.forms import FormRefused, day, required
from api.console.guard import Guard, Posted
from api.console.pages import ROOT, redirect
from api.domain.aid import ProgressKind
from api.services import caselog
from api.services.desk import StaffDesk

_TICKED = "yes"


def add_caselog(router: APIRouter, *, desk: StaffDesk, guard: Guard) -> None:
    """Add both forms."""

    @router.post("/applications/{reference}/preference")
    async def prefer(reference: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            await caselog.prefer(
                uow,
                member=posted.seat.member,
                reference=reference,
                said=posted.form["preference"],
                now=desk.clock(),
            )
            await uow.commit()
        return redirect(f"{ROOT}/applications/{reference}?done=preferred")

    @router.post("/applications/{reference}/progress")
    async def progress(reference: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        on = day(posted.form["on"])
        if on is None:
            raise FormRefused("form_malformed")
        async with desk.database.unit_of_work() as uow:
            await caselog.progress(
                uow,
                member=posted.seat.member,
                reference=reference,
                kind=required(ProgressKind, posted.form["kind"]),
                on=on,
                tell=posted.form["tell"] == _TICKED,
                now=desk.clock(),
            )
            await uow.commit()
        return redirect(f"{ROOT}/applications/{reference}?done=logged#progress")
