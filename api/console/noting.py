"""Notes of staff for one another: a form on the page of an application or a conversation."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.console.guard import Guard, Posted
from api.console.pages import ROOT, redirect
from api.services import desk as work
from api.services import notes
from api.services.desk import StaffDesk


def add_notes(router: APIRouter, *, desk: StaffDesk, guard: Guard) -> None:
    """Add the routes that note something."""
    signed = Depends(guard.posted)

    async def noted(posted: Posted, *, reference: str | None, conversation_id: str | None) -> None:
        me = posted.seat.member
        async with desk.database.unit_of_work() as uow:
            case = await notes.about(uow, member=me, reference=reference, conversation_id=conversation_id)
            note_id = posted.form["note_id"]
            await notes.add(uow, member=me, case=case, text=posted.form["note"], note_id=note_id, now=desk.clock())
            await uow.commit()

    @router.post("/applications/{reference}/notes")
    async def note_on_application(reference: str, posted: Annotated[Posted, signed]) -> Response:
        await noted(posted, reference=reference, conversation_id=None)
        return redirect(f"{ROOT}/applications/{reference}?done=noted#notes")

    @router.post("/conversations/{conversation_id}/erase")
    async def erase_conversation(conversation_id: str, posted: Annotated[Posted, signed]) -> Response:
        async with desk.database.unit_of_work() as uow:
            await work.erase(uow, member=posted.seat.member, conversation_id=conversation_id, now=desk.clock())
            await uow.commit()
        desk.notify(conversation_id)
        return redirect(f"{ROOT}?done=erased")

    @router.post("/conversations/{conversation_id}/notes")
    async def note_on_conversation(conversation_id: str, posted: Annotated[Posted, signed]) -> Response:
        await noted(posted, reference=None, conversation_id=conversation_id)
        return redirect(f"{ROOT}/conversations/{conversation_id}?done=noted#notes")
