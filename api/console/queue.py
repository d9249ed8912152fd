"""The queue: what waits, in the order of danger, law, same day and age."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse

from api.console import labels
from api.console.forms import required
from api.console.guard import Guard, Posted
from api.console.live import QueuePulse, stream
from api.console.pages import HEADERS, ROOT, Pages, redirect
from api.console.queue_lines import lines, row
from api.console.views import Words
from api.domain.aid import TaskOutcome
from api.domain.staff import Permission
from api.services import desk as work
from api.services import failures, staff
from api.services.casework import QueuePage
from api.services.desk import StaffDesk
from api.services.ports import UnitOfWork
from api.services.queue_ports import Show, Tally
from api.services.records import ReportTo
from api.services.staff import Seat

_TABS: Final = {Show.ALL: "全部", Show.MINE: "我承办的", Show.FREE: "待认领"}
_AGAINST_ONE: Final = "同一个对方"
"""Who it is stands sealed in the cases."""
_LONGEST_NUMBER: Final = 10
_LAST_PAGE: Final = 10_000
_EMPTY: Final = {
    Show.ALL: "现在没有人在等。",
    Show.MINE: "您手上没有待办的事。",
    Show.FREE: "每一件都有人承办。",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """One filter of the queue."""

    href: str
    title: str
    count: int
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """Which lines of the queue one page shows, counted from 1, and the pages beside it."""

    first: int
    last: int
    count: int
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MassView:
    """One event that many came with, in words, and the latest of them."""

    title: str
    count: int
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureView:
    """One thing the machine gave up doing, in words."""

    what: str
    at: datetime
    code: str
    href: str | None
    """Where to let it be tried once more; None for whom that is not."""


def add_queue(  # noqa: C901 - a list of routes
    router: APIRouter, *, desk: StaffDesk, pages: Pages, guard: Guard, words: Words
) -> None:
    """Add the queue page, its live parts, and the taking of alerts."""
    pulse = QueuePulse(desk)

    async def parts(uow: UnitOfWork, *, seat: Seat, show: Show, page: int) -> dict[str, object]:
        now = desk.clock()
        found = await work.queue(uow, member=seat.member, now=now, show=show, page=page)
        names = await staff.names(uow)
        return {
            "rows": tuple(
                row(line, words=words, names=names, root=ROOT, now=now)
                for line in lines(found.items, me=seat.member, now=now)
            ),
            "leaf": _leaf(found, show=show),
            "tally": found.tally,
            "tabs": _tabs(found.tally, current=show),
            "empty": _EMPTY[show],
            "masses": tuple(
                MassView(
                    title=_AGAINST_ONE
                    if each.matter is None
                    else f"{words.matters((each.matter,))} · {words.region(each.region)}",
                    count=each.count,
                    links=tuple((f"{ROOT}/applications/{one}", one) for one in each.references),
                )
                for each in await work.mass_cases(uow, member=seat.member, now=desk.clock())
            ),
            "failures": _failures(
                await failures.failures(uow, member=seat.member) or (),
                may_retry=seat.member.may(Permission.RETRY_FAILURES),
            ),
        }

    def chosen(request: Request) -> tuple[Show, int]:
        show, page = request.query_params.get("show", ""), request.query_params.get("page", "1")
        known = page.isascii() and page.isdigit() and len(page) <= len(str(_LAST_PAGE))
        return Show(show) if show in set(Show) else Show.ALL, max(1, int(page)) if known else 1

    @router.get("")
    async def queue_page(request: Request, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        show, page = chosen(request)
        async with desk.database.reading() as uow:
            context = await parts(uow, seat=seat, show=show, page=page)
            alerts = await guard.alerts(uow, seat=seat)
        frame = guard.context(request, seat=seat, alerts=alerts, section="queue")
        return pages.page(
            "queue.html", {**context, **frame, "parts_url": f"{ROOT}/queue/parts?show={show}&page={page}"}
        )

    @router.get("/queue/parts")
    async def queue_parts(request: Request, seat: Annotated[Seat, Depends(guard.watch)]) -> Response:
        show, page = chosen(request)
        async with desk.database.reading() as uow:
            context = await parts(uow, seat=seat, show=show, page=page)
            alerts = await guard.alerts(uow, seat=seat)
        frame = guard.context(request, seat=seat, alerts=alerts)
        fragments = {
            "queue": pages.fragment("_queue.html", {**context, **frame}),
            "alerts": pages.fragment("_alerts.html", frame),
        }
        return JSONResponse(fragments, headers=dict(HEADERS))

    @router.get("/queue/stream")
    async def queue_stream(request: Request, seat: Annotated[Seat, Depends(guard.watch)]) -> Response:  # noqa: ARG001
        return stream(pulse=pulse, seated=lambda: guard.watch(request), closing=desk.closing)

    @router.post("/alerts/{ticket_id}/take")
    async def take_alert(ticket_id: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            ticket = await work.take_alert(uow, member=posted.seat.member, ticket_id=ticket_id, now=desk.clock())
            await uow.commit()
        if ticket.conversation_id is None:
            return redirect(f"{ROOT}?done=taken")
        desk.notify(ticket.conversation_id)
        return redirect(f"{ROOT}/conversations/{ticket.conversation_id}?done=taken")

    @router.post("/alerts/{ticket_id}/report")
    async def report_alert(ticket_id: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        to = required(ReportTo, posted.form["to"])
        async with desk.database.unit_of_work() as uow:
            ticket = await work.record_report(
                uow, member=posted.seat.member, ticket_id=ticket_id, to=to, now=desk.clock()
            )
            await uow.commit()
        desk.notify(str(ticket.conversation_id))
        return redirect(f"{ROOT}/conversations/{ticket.conversation_id}?done=reported#alert-{ticket.id}")

    @router.post("/failures/{job_id}/retry")
    async def retry_failure(job_id: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        number = int(job_id) if job_id.isascii() and job_id.isdecimal() and len(job_id) <= _LONGEST_NUMBER else 0
        async with desk.database.unit_of_work() as uow:
            await failures.retry_failure(uow, member=posted.seat.member, job_id=number, now=desk.clock())
            await uow.commit()
        return redirect(f"{ROOT}?done=retried")

    @router.post("/tasks/{ticket_id}/done")
    async def finish_task(ticket_id: str, posted: Annotated[Posted, Depends(guard.posted)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            ticket = await work.finish_task(
                uow,
                member=posted.seat.member,
                ticket_id=ticket_id,
                outcome=required(TaskOutcome, posted.form["outcome"]) if posted.form["outcome"] else None,
                now=desk.clock(),
            )
            await uow.commit()
        thread = f"{ROOT}/conversations/{ticket.conversation_id}" if ticket.conversation_id else ROOT
        back = f"{ROOT}/applications/{ticket.reference}" if ticket.reference else thread
        return redirect(f"{back}?done=finished#progress")


def _failures(given_up: Sequence[failures.Failure], *, may_retry: bool) -> tuple[FailureView, ...]:
    return tuple(
        FailureView(
            what=labels.JOB.get(failure.kind, failure.kind),
            at=failure.at,
            code=failure.error or "unknown",
            href=f"{ROOT}/failures/{failure.id}/retry" if may_retry else None,
        )
        for failure in given_up
    )


def _leaf(found: QueuePage, *, show: Show) -> Leaf:
    def href(number: int) -> str | None:
        return f"{ROOT}?show={show}&page={number}" if 1 <= number <= found.pages else None

    count = found.tally.of(show)
    first = (found.page - 1) * found.size + 1
    last = min(found.page * found.size, count)
    return Leaf(first=first, last=last, count=count, before=href(found.page - 1), after=href(found.page + 1))


def _tabs(tally: Tally, *, current: Show) -> tuple[Tab, ...]:
    return tuple(
        Tab(
            href=ROOT if key is Show.ALL else f"{ROOT}?show={key}",
            title=title,
            count=tally.of(key),
            current=key is current,
        )
        for key, title in _TABS.items()
    )
