"""Where staff check the pass phrase of whoever speaks for a citizen: on the case page, and beside a call-back (核对暗语)."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from api.console.guard import Guard, Posted
from api.console.pages import ROOT, redirect
from api.domain.staff import Permission
from api.services import desk as work
from api.services import speaking
from api.services.desk import StaffDesk
from api.services.ports import UnitOfWork
from api.services.staff import StaffMember

_LONGEST: Final = 64


async def spoken_for(uow: UnitOfWork, *, me: StaffMember, reference: str | None) -> bool:
    """Tell whether somebody speaks for this applicant whom the reader may have on the line."""
    may = reference is not None and me.may(Permission.OPEN_CONTACT)
    return may and await uow.parties.pass_phrase(str(reference)) is not None


def add_speaking(router: APIRouter, *, desk: StaffDesk, guard: Guard) -> None:
    """Add the form's route."""

    @router.post("/applications/{reference}/pass-phrase")
    async def check(reference: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        me = posted.seat.member
        async with desk.database.unit_of_work() as uow:
            record = await work.peek_case(uow, member=me, reference=reference)
            fits = await speaking.check(
                uow,
                member=me,
                limits=desk.limits,
                reference=reference,
                said=posted.form["pass_phrase"][:_LONGEST],
                now=desk.clock(),
            )
            await uow.commit()
        beside_call_back = posted.form["thread"] and record.conversation_id is not None
        back = f"conversations/{record.conversation_id}" if beside_call_back else f"applications/{reference}"
        return redirect(f"{ROOT}/{back}?done={'phrase_fits' if fits else 'phrase_wrong'}")
