"""Typing and read marks on a case's page: what the citizen does just now, and what staff's own page tells them (正在输入与已读)."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from api.console.guard import Guard, Posted
from api.console.pages import HEADERS
from api.domain.conversation import Holder
from api.services import signs
from api.services.desk import StaffDesk
from api.services.ports import UnitOfWork
from api.services.records import Sender
from api.services.sign_ports import Side

_LONGEST: Final = 10
_TYPING: Final = "来访人正在输入……"
_READ: Final = "您最后的话，来访人已经看到。"
_UNREAD: Final = "您最后的话，来访人还没有看到。"


async def signs_of(uow: UnitOfWork, *, desk: StaffDesk, conversation_id: str | None) -> str:
    """Return what the citizen does just now, in words; nothing where no person holds the thread."""
    found = None if conversation_id is None else await uow.conversations.get(conversation_id, lock=False)
    if found is None or found.holder is not Holder.PERSON:
        return ""
    sign = await uow.signs.get(conversation_id=found.id, side=Side.CITIZEN)
    if sign.typing(now=desk.clock()):
        return _TYPING
    said = await uow.conversations.after(conversation_id=found.id, seq=0)
    ours = [message.seq for message in said if message.sender is Sender.PERSON]
    last = said[-1].seq if said else 0
    # Whoever has answered has read; only of the last word it is worth saying.
    if not ours or ours[-1] != last:
        return ""
    return _READ if sign.read >= ours[-1] else _UNREAD


def add_signs(router: APIRouter, *, desk: StaffDesk, guard: Guard) -> None:
    """Add the route by which an open page tells that somebody reads or writes."""

    @router.post("/conversations/{conversation_id}/signs")
    async def give_sign(conversation_id: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        form = posted.form
        read = int(form["read"]) if form["read"].isdecimal() and len(form["read"]) < _LONGEST else None
        async with desk.database.unit_of_work() as uow:
            told = await signs.by_staff(
                uow,
                member=posted.seat.member,
                conversation_id=conversation_id,
                read=read,
                typing=form["typing"] == "yes",
                now=desk.clock(),
            )
            await uow.commit()
        if told:
            desk.notify(conversation_id)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=dict(HEADERS))
