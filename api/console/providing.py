"""The register of those who may be assigned: managers enter them and put entries right (法律援助人员名册)."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.console import aid_labels
from api.console.forms import Form, FormRefused, day, required
from api.console.guard import Guard, Posted
from api.console.pages import ROOT, Pages, redirect
from api.domain.provider import ProviderKind
from api.services import providers
from api.services.desk import StaffDesk
from api.services.providers import Entry
from api.services.staff import Seat

_HERE = f"{ROOT}/providers"
_SET_ASIDE = "no"


def add_providers(router: APIRouter, *, desk: StaffDesk, pages: Pages, guard: Guard) -> None:
    """Add the register and what managers do on it."""

    @router.get("/providers")
    async def register(request: Request, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        async with desk.database.reading() as uow:
            listed = await providers.register(uow, member=seat.member)
            alerts = await guard.alerts(uow, seat=seat)
        context = {
            "listed": listed,
            "kinds": tuple((kind.value, title) for kind, title in aid_labels.PROVIDER.items()),
            "kind_title": aid_labels.PROVIDER,
            "region_name": desk.region_name,
            "base": _HERE,
        }
        frame = guard.context(request, seat=seat, alerts=alerts, section="providers")
        return pages.page("providers.html", {**frame, **context})

    @router.post("/providers")
    async def enter(posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            await providers.enter(
                uow,
                member=posted.seat.member,
                entry=_entry(posted.form),
                knows_region=desk.knows_region,
                new_id=lambda: uuid.uuid4().hex,
                now=desk.clock(),
            )
            await uow.commit()
        return redirect(f"{_HERE}?done=provider_entered")

    @router.post("/providers/{provider_id}")
    async def change(provider_id: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            await providers.change(
                uow,
                member=posted.seat.member,
                provider_id=provider_id,
                entry=_entry(posted.form),
                knows_region=desk.knows_region,
                now=desk.clock(),
            )
            await uow.commit()
        return redirect(f"{_HERE}?done=provider_changed")


def _entry(form: Form) -> Entry:
    since = day(form["practising_since"])
    if since is None:
        raise FormRefused("form_malformed")
    return Entry(
        name=form["name"],
        credential=form["credential"],
        kind=required(ProviderKind, form["kind"]),
        organisation=form["organisation"],
        practising_since=since,
        region=form["region"].strip(),
        languages=tuple(form["languages"].replace("，", " ").replace("、", " ").split()),
        active=form["active"] != _SET_ASIDE,
        clients=form.lines("clients"),
    )
