"""Who works here: managers create accounts, shut them, and renew what somebody lost (人员管理)."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.console import labels
from api.console.forms import required
from api.console.guard import Guard, Posted
from api.console.pages import ROOT, Pages, redirect
from api.domain.staff import Permission, Role
from api.services import accounts
from api.services.accounts import Hire
from api.services.desk import StaffDesk
from api.services.staff import Seat, require

_HERE = f"{ROOT}/people"


def add_people(router: APIRouter, *, desk: StaffDesk, pages: Pages, guard: Guard) -> None:
    """Add the list of staff and what managers do on it."""

    @router.get("/people")
    async def people(request: Request, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        async with desk.database.reading() as uow:
            everybody = await accounts.everybody(uow, member=seat.member, now=desk.clock())
            alerts = await guard.alerts(uow, seat=seat)
        context = {
            "everybody": everybody,
            "roles": tuple((role.value, title) for role, title in labels.ROLE.items()),
            "region_name": desk.region_name,
            "bounded": bool(seat.member.regions),
            "base": _HERE,
        }
        frame = guard.context(request, seat=seat, alerts=alerts, section="people")
        return pages.page("people.html", {**frame, **context})

    def told(request: Request, posted: Posted, *, name: str, password: str, heading: str) -> Response:
        """Show a first password, once; it is kept nowhere but as a hash."""
        frame = guard.context(request, seat=posted.seat, section="people") | {"here": _HERE}
        context = {"name": name, "password": password, "heading": heading, "base": _HERE}
        return pages.page("first_password.html", {**frame, **context})

    @router.post("/people")
    async def hire(request: Request, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        me, form = posted.seat.member, posted.form
        require(me, Permission.MANAGE_STAFF)
        hired = Hire(
            name=form["name"],
            display_name=form["display_name"],
            role=required(Role, form["role"]),
            regions=_regions(form["regions"]),
        )
        password = accounts.drawn_password()
        digest = await desk.passwords.digest(password)
        async with desk.database.unit_of_work() as uow:
            added = await accounts.hire(
                uow,
                member=me,
                hired=hired,
                password_hash=digest,
                knows_region=desk.knows_region,
                new_id=lambda: uuid.uuid4().hex,
                now=desk.clock(),
            )
            await uow.commit()
        return told(request, posted, name=added.name, password=password, heading="账号已设立")

    @router.post("/people/{staff_id}")
    async def change(staff_id: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        form = posted.form
        require(posted.seat.member, Permission.MANAGE_STAFF)
        async with desk.database.unit_of_work() as uow:
            await accounts.change(
                uow,
                member=posted.seat.member,
                staff_id=staff_id,
                display_name=form["display_name"],
                role=required(Role, form["role"]),
                regions=_regions(form["regions"]),
                knows_region=desk.knows_region,
                now=desk.clock(),
            )
            await uow.commit()
        return redirect(f"{_HERE}?done=account_changed")

    @router.post("/people/{staff_id}/password")
    async def renew(request: Request, staff_id: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        require(posted.seat.member, Permission.MANAGE_STAFF)
        password = accounts.drawn_password()
        digest = await desk.passwords.digest(password)
        async with desk.database.unit_of_work() as uow:
            name = await accounts.renew(
                uow, member=posted.seat.member, staff_id=staff_id, password_hash=digest, now=desk.clock()
            )
            await uow.commit()
        return told(request, posted, name=name, password=password, heading="密码已重设")

    @router.post("/people/{staff_id}/disable")
    async def disable(staff_id: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            await accounts.disable(uow, member=posted.seat.member, staff_id=staff_id, now=desk.clock())
            await uow.commit()
        return redirect(f"{_HERE}?done=disabled")

    @router.post("/people/{staff_id}/enable")
    async def enable(staff_id: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            await accounts.enable(uow, member=posted.seat.member, staff_id=staff_id, now=desk.clock())
            await uow.commit()
        return redirect(f"{_HERE}?done=enabled")


def _regions(given: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(given.replace("，", " ").replace(",", " ").split()))
