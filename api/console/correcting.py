"""Where staff say that a pre-screen came out wrong: the form beside the verdict, and what it says afterwards (改判)."""

from dataclasses import dataclass, field
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from api.console import labels
from api.console.forms import required
from api.console.guard import Guard, Posted
from api.console.pages import ROOT, redirect
from api.domain.correction import WHY_LIMIT, Correction, Ground
from api.domain.staff import Permission
from api.services import desk as work
from api.services.desk import StaffDesk
from api.services.staff import StaffMember
from knowledge_base.types import Outcome

_GROUNDS: Final = tuple((ground.value, title) for ground, title in labels.GROUND.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Correcting:
    """The correction that stands, in words, and the choices of the form for whoever may make another."""

    said: str | None
    why: str
    outcomes: tuple[tuple[str, str], ...]
    grounds: tuple[tuple[str, str], ...] = field(default=_GROUNDS)
    why_limit: int = WHY_LIMIT


def correcting(correction: Correction | None, *, was: str | None, me: StaffMember) -> Correcting:
    """Return what the page shows of a correction; no choices for those who only read."""
    may = me.may(Permission.RECORD_PROGRESS)
    others = tuple((outcome.value, title) for outcome, title in labels.OUTCOME.items() if outcome != was)
    said = None if correction is None else in_words(correction)
    return Correcting(
        said=said, why="" if correction is None else correction.why, outcomes=others if may else (), grounds=_GROUNDS
    )


def in_words(correction: Correction) -> str:
    """Return a correction as one sentence."""
    article = f"，依据{correction.article}" if correction.article else ""
    return f"应为“{labels.OUTCOME[correction.outcome]}”：{labels.GROUND[correction.ground]}{article}。"


def add_correction(router: APIRouter, *, desk: StaffDesk, guard: Guard) -> None:
    """Add the form's route."""

    @router.post("/applications/{reference}/correction")
    async def correct(reference: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        form = posted.form
        async with desk.database.unit_of_work() as uow:
            await work.correct_verdict(
                uow,
                member=posted.seat.member,
                reference=reference,
                outcome=required(Outcome, form["outcome"]),
                ground=required(Ground, form["ground"]),
                article=form["article"],
                why=form["why"],
                cites=desk.cites,
                now=desk.clock(),
            )
            await uow.commit()
        return redirect(f"{ROOT}/applications/{reference}?done=corrected#verdict-title")
