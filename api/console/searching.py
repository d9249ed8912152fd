"""The page where an application is found again. Name and telephone never stand in an address, only their digests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response

from api.console import labels
from api.console.forms import FormRefused, day, required
from api.console.guard import Guard, Posted
from api.console.pages import ROOT, Pages, redirect
from api.console.retriaging import matter_choices
from api.console.views import Words
from api.domain.application import State
from api.domain.clocks import last_day, midnight_after
from api.services import searching, staff
from api.services.desk import StaffDesk
from api.services.records import ApplicationRecord
from api.services.search_ports import Sought
from api.services.searching import Wish
from api.services.staff import Seat

_HERE: Final = f"{ROOT}/search"
_DIGESTS: Final = ("phone", "tail", "name")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_PLAIN: Final = re.compile(r"[\w.\-]{1,64}", re.ASCII)
_DAY: Final = timedelta(days=1)
_BY: Final = {"phone": "电话", "tail": "电话尾号", "name": "姓名或者单位名称"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One application that was found, in words."""

    href: str
    reference: str
    matter: str
    region: str | None
    received: datetime | None
    state: str
    owner: str | None


def add_search(router: APIRouter, *, desk: StaffDesk, pages: Pages, guard: Guard, words: Words) -> None:
    """Add the page and its form."""
    matters = () if desk.ear is None else matter_choices(desk.ear.topics)

    @router.get("/search")
    async def search_page(request: Request, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        asked = request.query_params
        sought, after = _sought(asked), _plain(asked, "after")
        async with desk.database.unit_of_work() as uow:
            found = await searching.find(uow, member=seat.member, sought=sought, after=after, now=desk.clock())
            names = await staff.names(uow)
            alerts = await guard.alerts(uow, seat=seat)
            await uow.commit()
        query = _query(sought)
        context = {
            "hits": tuple(_hit(one, words=words, names=names) for one in found.records),
            "ticket": found.ticket and f"{ROOT}/conversations/{found.ticket.conversation_id}",
            "asked": {
                name: asked.get(name, "") for name in ("reference", "matter", "region", "state", "since", "until")
            },
            "by": tuple(title for name, title in _BY.items() if asked.get(name)),
            "anything": bool(query),
            "first": f"{_HERE}?{query}" if after else None,
            "next": f"{_HERE}?{query}{'&' if query else ''}after={found.after}" if found.after else None,
            "matters": matters,
            "states": tuple((state.value, title) for state, title in labels.STATE.items() if state is not State.DRAFT),
            "base": _HERE,
        }
        frame = guard.context(request, seat=seat, alerts=alerts, section="search")
        return pages.page("search.html", {**frame, **context})

    @router.post("/search")
    async def search(posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        form = posted.form
        wish = Wish(
            reference=form["reference"].strip(),
            phone=form["phone"].strip(),
            name=form["name"].strip(),
            matter=form["matter"],
            region=form["region"].strip(),
            state=required(State, form["state"]) if form["state"] else None,
            since=day(form["since"]),
            until=day(form["until"]),
        )
        async with desk.database.reading() as uow:
            sought = searching.sought(uow, member=posted.seat.member, wish=wish, knows_region=desk.knows_region)
        query = _query(sought)
        return redirect(f"{_HERE}?{query}" if query else _HERE)


def _query(sought: Sought) -> str:
    shown = {each.name: getattr(sought, each.name) for each in fields(sought)}
    shown["since"] = sought.since and last_day(sought.since + _DAY)
    shown["until"] = sought.until and last_day(sought.until)
    return urlencode({name: value for name, value in shown.items() if value is not None})


def _sought(asked: Mapping[str, str]) -> Sought:
    """Read an address back. Raises FormRefused for what none of our forms led to."""
    digests = {name: asked[name] for name in _DIGESTS if asked.get(name)}
    if not all(_DIGEST.fullmatch(value) for value in digests.values()):
        raise FormRefused("form_malformed")
    since, until = day(asked.get("since", "")), day(asked.get("until", ""))
    return Sought(
        **digests,
        reference=_plain(asked, "reference"),
        matter=_plain(asked, "matter"),
        region=_plain(asked, "region"),
        state=required(State, asked["state"]) if asked.get("state") else None,
        since=midnight_after(since - _DAY) if since else None,
        until=midnight_after(until) if until else None,
    )


def _plain(asked: Mapping[str, str], name: str) -> str | None:
    value = asked.get(name)
    if value and not _PLAIN.fullmatch(value):
        raise FormRefused("form_malformed")
    return value or None


def _hit(record: ApplicationRecord, *, words: Words, names: Mapping[str, str]) -> Hit:
    reference = record.application.reference
    return Hit(
        href=f"{ROOT}/applications/{reference}",
        reference=reference,
        matter=words.matters(record.matters),
        region=words.region(record.region),
        received=record.application.received_at,
        state=labels.STATE[record.application.state],
        owner=names.get(record.owner, "已离岗人员") if record.owner else None,
    )
