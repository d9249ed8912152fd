"""The page where a paper of an organ is entered: a notice to have somebody defended, or an application it forwards (办案机关来件)."""

import uuid
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Depends, Request, Response

from api.console import origin_labels
from api.console.forms import Form, FormRefused, required
from api.console.guard import Guard, Posted
from api.console.pages import ROOT, Pages, redirect
from api.console.retriaging import matter_choices
from api.domain.origin import NoticeGround, Organ, OrganPaper, Origin, Stage
from api.domain.staff import Permission
from api.services import organs
from api.services.desk import StaffDesk
from api.services.organs import Arrival
from api.services.staff import Seat, require

_HERE: Final = f"{ROOT}/organs"
_TICKED: Final = "yes"
_OLDEST: Final = 130
_Code = TypeVar("_Code", bound=StrEnum)
_KINDS: Final = (Origin.NOTIFIED, Origin.FORWARDED)


def add_arrivals(router: APIRouter, *, desk: StaffDesk, pages: Pages, guard: Guard) -> None:
    """Add the page and its form."""
    matters = () if desk.ear is None else matter_choices(desk.ear.topics)

    @router.get("/organs")
    async def arrival_page(request: Request, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        require(seat.member, Permission.RECORD_PROGRESS)
        regions = seat.member.regions
        async with desk.database.reading() as uow:
            alerts = await guard.alerts(uow, seat=seat)
        context = {
            "kinds": tuple((kind.value, origin_labels.ORIGIN[kind]) for kind in _KINDS),
            "organs": _choices(origin_labels.ORGAN),
            "stages": _choices(origin_labels.STAGE),
            "grounds": tuple(
                (ground.value, f"{words}（{ground.article}）") for ground, words in origin_labels.NOTICE_GROUND.items()
            ),
            "matters": matters,
            "defence": organs.DEFENCE,
            "region": regions[0] if len(regions) == 1 else "",
            "limit": organs.WORDS_LIMIT,
            "once": uuid.uuid4().hex,
            "base": _HERE,
        }
        frame = guard.context(request, seat=seat, alerts=alerts, section="organs")
        return pages.page("organs.html", {**frame, **context})

    @router.post("/organs")
    async def register(posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            submitted = await organs.register(
                uow,
                member=posted.seat.member,
                arrival=_arrival(posted.form),
                once=posted.form["once"][:64],
                assess=desk.examine,
                knows_matter=desk.knows_matter,
                knows_region=desk.knows_region,
                now=desk.clock(),
            )
            await uow.commit()
        desk.notify(submitted.reference)
        return redirect(f"{ROOT}/applications/{submitted.reference}?done=registered")


def _arrival(form: Form) -> Arrival:
    kind = required(Origin, form["kind"])
    return Arrival(
        paper=OrganPaper(
            origin=kind,
            organ=required(Organ, form["organ"]),
            name=form["organ_name"].strip(),
            number=form["number"].strip(),
            stage=required(Stage, form["stage"]),
            # What was forwarded rests on no ground, whatever the form still held.
            ground=required(NoticeGround, form["ground"]) if form["ground"] and kind is Origin.NOTIFIED else None,
            held_at=form["held_at"].strip(),
            official=form["official"].strip(),
            official_phone=form["official_phone"].strip(),
        ),
        name=form["name"].strip(),
        phone=form["phone"].strip(),
        age=_age(form["age"].strip()),
        words=form["words"].strip(),
        matter=form["matter"] or organs.DEFENCE,
        region=form["region"].strip() or None,
        in_custody=form["in_custody"] == _TICKED,
    )


def _age(given: str) -> int | None:
    if not given:
        return None
    if not (given.isascii() and given.isdigit()) or int(given[:4]) > _OLDEST:
        raise FormRefused("form_malformed")
    return int(given)


def _choices(words: Mapping[_Code, str]) -> tuple[tuple[str, str], ...]:
    return tuple((code.value, title) for code, title in words.items())
