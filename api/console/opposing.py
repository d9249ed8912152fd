"""Where staff write down against whom a case is, and see what stands on the other side of it (对方当事人、利害冲突)."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from api.console.guard import Guard, Posted
from api.console.pages import ROOT, redirect
from api.services import opponents
from api.services.desk import StaffDesk

_BETWEEN: Final = re.compile(r"[、;；\n]+")
_LONGEST: Final = 1000


def names_in(text: str, /) -> tuple[str, ...]:
    """Return the names in one field."""
    return tuple(name for each in _BETWEEN.split(text[:_LONGEST]) if (name := each.strip()))


def add_opposing(router: APIRouter, *, desk: StaffDesk, guard: Guard) -> None:
    """Add the form's route."""

    @router.post("/applications/{reference}/opponents")
    async def name(reference: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            await opponents.name(
                uow,
                member=posted.seat.member,
                reference=reference,
                names=names_in(posted.form["opponents"]),
                now=desk.clock(),
            )
            await uow.commit()
        return redirect(f"{ROOT}/applications/{reference}?done=opponents_named#opponents")
