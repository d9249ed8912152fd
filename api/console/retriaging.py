"""Where staff say that a matter was taken for another: the form beside the caller's words (更正事项)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.console.guard import Guard, Posted
from api.console.pages import ROOT, redirect
from api.services import retriage
from api.services.call_ports import Ear
from api.services.desk import StaffDesk
from api.services.thinking_ports import Topics


def matter_choices(topics: Topics) -> tuple[tuple[str, str], ...]:
    """Return every matter with its title, leaves after the heading they stand under."""
    listed = topics()
    titles = {topic.code: topic.title for topic in listed}
    return tuple(
        (topic.code, f"{titles[topic.parent]} · {topic.title}" if topic.parent in titles else topic.title)
        for topic in listed
    )


def add_retriage(router: APIRouter, *, desk: StaffDesk, ear: Ear, guard: Guard) -> None:
    """Add the form's route."""
    known = frozenset(code for code, _ in matter_choices(ear.topics))

    @router.post("/applications/{reference}/matter")
    async def correct_matter(reference: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            record = await retriage.correct(
                uow,
                member=posted.seat.member,
                reference=reference,
                matter=posted.form["matter"],
                sentence=posted.form["sentence"],
                knows=known.__contains__,
                now=desk.clock(),
            )
            await uow.commit()
        if record.conversation_id is not None:
            desk.notify(record.conversation_id)
        return redirect(f"{ROOT}/applications/{reference}?done=matter")
