"""/api/v1/staff: the desk as JSON, for other tools of the institution. The browser's pages do the same under /staff."""

from collections.abc import Callable, Coroutine, Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from api.domain.aid import Assignment, Closing, ClosingOutcome
from api.domain.application import Event
from api.domain.clocks import Clock, midnight_after
from api.domain.details import Details
from api.domain.grounds import AdvanceGround, TerminationGround
from api.http.limits import caller, within
from api.http.problems import ProblemError
from api.http.staff_accounts import add_accounts, member_json
from api.http.staff_alerts import add_alerts, owner_json
from api.http.staff_attachments import add_attachments
from api.http.staff_call_backs import add_call_backs
from api.http.staff_corrections import add_corrections, correction_json
from api.http.staff_failures import add_failures, failures_json
from api.http.staff_knowledge import add_knowledge
from api.http.staff_organs import TransferIn, add_organs, organ_json
from api.http.staff_parties import add_parties
from api.http.staff_providers import add_providers, candidate_json, provider_of
from api.http.staff_search import add_search
from api.http.staff_threads import add_conversations, conversation_json, message_json
from api.http.strict import StrictRoute
from api.services import desk as work
from api.services import failures, providers, staff
from api.services.casework import CaseDetail, QueueItem
from api.services.desk import MessageUnusable, StaffDesk
from api.services.handing_on import transfer_json
from api.services.records import JsonObject
from api.services.staff import AccountUnready, NotPermitted, SignInRefused, SignInRequired, StaffMember
from api.services.verdicts import iso

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE: Final = frozenset({"same-origin", "none"})
_PRIVATE: Final[Mapping[str, str]] = {"Cache-Control": "no-store"}
_Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_Id = Annotated[str, Path(max_length=64)]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SignInIn(_In):
    """Name and password; `totp` where a second factor is enrolled."""

    name: Annotated[str, StringConstraints(max_length=64)]
    password: SecretStr
    totp: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")] | None = None


class ClosingIn(_In):
    """What came of a case, and how it went; the report stays sealed."""

    outcome: ClosingOutcome
    report: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class EventIn(_In):
    """An event of an application, and what the law wants written with it; `version` guards against a stale page. `papers_due` is a last day, `provider` an entry of the register."""

    event: Event
    version: int | None = Field(default=None, ge=0)
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None
    papers: Annotated[tuple[_Line, ...], Field(max_length=30)] = ()
    papers_due: Annotated[date, Field(ge=date(2020, 1, 1), le=date(2999, 12, 31))] | None = None
    provider: Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)] | None = None
    closing: ClosingIn | None = None
    life_or_death: bool = False
    conflict_cleared: bool = False
    transfer: TransferIn | None = None
    termination: TerminationGround | None = None
    advance: AdvanceGround | None = None


class StaffRoute(StrictRoute):
    """A route for signed-in staff: no other site may drive their browser, and refusals are problems."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the request."""
        handler = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            _refuse_other_sites(request)
            try:
                response = await handler(request)
            except SignInRequired as refused:
                raise ProblemError(401, refused.code, "需要先登录。") from refused
            except AccountUnready as refused:
                raise ProblemError(403, refused.code, "请先到值班台改掉初始密码、开通动态验证码。") from refused
            except SignInRefused as refused:
                raise ProblemError(
                    401, refused.code, "用户名、密码或者验证码不对，或者这个用户名暂时锁定了。"
                ) from refused
            except NotPermitted as refused:
                raise ProblemError(403, refused.code, "您的岗位不能做这一步。") from refused
            except MessageUnusable as refused:
                raise ProblemError(422, refused.code, "消息是空的，或者超过两千字。", field="text") from refused
            response.headers.update(_PRIVATE)
            return response

        return guarded


def staff_router(desk: StaffDesk) -> APIRouter:
    """Return the routes under `/api/v1/staff`."""
    routes = APIRouter(prefix="/api/v1/staff", tags=["staff"], route_class=StaffRoute)
    cookie = staff.SECURE_COOKIE if desk.secure else staff.COOKIE

    async def signed_in(request: Request) -> StaffMember:
        token = request.cookies.get(cookie)
        async with desk.database.reading() as uow:
            seat = await staff.seated(uow, token=token, now=desk.clock())
        if seat.stale and token is not None:
            async with desk.database.unit_of_work() as uow:
                await staff.stay(uow, token=token, now=desk.clock())
                await uow.commit()
        if not seat.ready(second_factor=desk.second_factor):
            raise AccountUnready
        return seat.member

    me = Depends(signed_in)
    _add_session(routes, desk=desk, cookie=cookie, me=me)
    _add_cases(routes, desk=desk, me=me)
    add_accounts(routes, desk=desk, me=me)
    add_alerts(routes, desk=desk, me=me)
    add_call_backs(routes, desk=desk, me=me)
    add_corrections(routes, desk=desk, me=me)
    add_failures(routes, desk=desk, me=me)
    add_conversations(routes, desk=desk, me=me)
    add_attachments(routes, desk=desk, me=me)
    add_organs(routes, desk=desk, me=me)
    add_parties(routes, desk=desk, me=me)
    add_providers(routes, desk=desk, me=me)
    add_search(routes, desk=desk, me=me)
    if desk.library is not None:
        add_knowledge(routes, desk=desk, library=desk.library, me=me)
    return routes


def _add_session(routes: APIRouter, *, desk: StaffDesk, cookie: str, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    @routes.post("/session")
    async def sign_in(request: Request, body: SignInIn) -> Response:
        """Open a session; the cookie is the only thing that carries it."""
        await within(desk.limits, staff.SIGN_IN_ACTION, who=caller(request))
        password = body.password.get_secret_value()
        async with desk.database.unit_of_work() as uow:
            attempt = await staff.begin_sign_in(uow, name=body.name, password=password, now=desk.clock())
            await uow.commit()
        matches = await desk.passwords.matches(attempt.password_hash, password)
        async with desk.database.unit_of_work() as uow:
            opened = await staff.finish_sign_in(
                uow, attempt=attempt, password_matches=matches, code=body.totp or "", now=desk.clock()
            )
            await uow.commit()
        response = JSONResponse(member_json(opened.member))
        response.set_cookie(cookie, opened.token, path="/", secure=desk.secure, httponly=True, samesite="strict")
        return response

    @routes.get("/session")
    async def who_am_i(member: Annotated[StaffMember, me]) -> JsonObject:
        """Return who is signed in."""
        return member_json(member)

    @routes.delete("/session", status_code=204)
    async def sign_out(request: Request, _member: Annotated[StaffMember, me]) -> Response:
        """End the session."""
        async with desk.database.unit_of_work() as uow:
            await staff.sign_out(uow, token=request.cookies.get(cookie, ""), now=desk.clock())
            await uow.commit()
        response = Response(status_code=204)
        response.delete_cookie(cookie, path="/", secure=desk.secure, httponly=True, samesite="strict")
        return response


def _add_cases(routes: APIRouter, *, desk: StaffDesk, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    @routes.get("/queue")
    async def queue(member: Annotated[StaffMember, me], page: Annotated[int, Query(ge=1, le=10_000)] = 1) -> JsonObject:
        """Return a page of what waits: danger, statutory clock, same day, oldest; and, to whom it concerns, what the machine gave up."""
        now = desk.clock()
        async with desk.database.reading() as uow:
            waiting = await work.queue(uow, member=member, now=now, page=page)
            names = await staff.names(uow)
            given_up = await failures.failures(uow, member=member)
        found: JsonObject = {
            "items": [_item(item, names=names, now=now) for item in waiting.items],
            "page": waiting.page,
            "pages": waiting.pages,
        }
        if given_up is not None:
            found["failures"] = failures_json(given_up)
        return found

    @routes.get("/applications/{reference}")
    async def application(reference: _Id, member: Annotated[StaffMember, me]) -> JsonObject:
        """Return one case, name and phone masked. The look is on record."""
        now = desk.clock()
        async with desk.database.unit_of_work() as uow:
            detail = await work.read_case(uow, member=member, reference=reference, now=now)
            names = await staff.names(uow)
            candidates = (
                ()
                if providers.ASSIGNING.isdisjoint(detail.events)
                else await providers.candidates(uow, record=detail.record, words=detail.words, now=now)
            )
            await uow.commit()
        found = _case(detail, member=member, names=names, now=now)
        return found | {"candidates": [candidate_json(one) for one in candidates]}

    @routes.post("/applications/{reference}/events")
    async def event(reference: _Id, body: EventIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Move an application on."""
        details = Details(
            reason=body.reason or None,
            papers=body.papers,
            papers_due=midnight_after(body.papers_due) if body.papers_due else None,
            assignment=Assignment(
                provider_id=body.provider,
                life_or_death=body.life_or_death,
                conflict_cleared=body.conflict_cleared,
            )
            if body.provider
            else None,
            closing=Closing(**body.closing.model_dump()) if body.closing else None,
            transfer=body.transfer.record() if body.transfer else None,
            termination=body.termination,
            advance=body.advance,
        )
        async with desk.database.unit_of_work() as uow:
            transition, conversation_id = await work.record_event(
                uow,
                member=member,
                reference=reference,
                event=body.event,
                details=details,
                version=body.version,
                now=desk.clock(),
            )
            await uow.commit()
        if conversation_id is not None:
            desk.notify(conversation_id)
        moved = transition.application
        return {"reference": moved.reference, "state": moved.state.value, "version": moved.version}


def _refuse_other_sites(request: Request) -> None:
    """Refuse what another site made a browser send. A script is no browser: it sends neither header, and no cookie unasked."""
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    own = site in _OWN_SITE if site is not None else origin is None or urlsplit(origin).netloc == request.url.netloc
    if not own:
        raise ProblemError(403, "cross_site_request", "请从本系统的页面操作。")


def _clock(clock: Clock, *, now: datetime) -> JsonObject:
    return {
        "kind": clock.kind.value,
        "due": clock.due.isoformat(),
        "article": clock.article,
        "days_left": clock.days_left(now=now),
        "overdue": clock.overdue(now=now),
    }


def _item(item: QueueItem, *, names: Mapping[str, str], now: datetime) -> JsonObject:
    return {
        "kind": item.kind.value,
        "id": item.id,
        "rank": item.rank.name.lower(),
        "urgency": item.urgency.value,
        "waiting_since": item.opened_at.isoformat(),
        "reason": item.reason,
        "region": item.region,
        "owner": owner_json(item.owner, names=names),
        "reference": item.reference,
        "conversation_id": item.conversation_id,
        "state": item.state.value if item.state else None,
        "outcome": item.outcome,
        "same_day": item.same_day,
        "matters": list(item.matters),
        "clocks": [_clock(clock, now=now) for clock in item.clocks],
        "report_due": item.report_due,
        "assistance": list(item.assistance),
    }


def _case(detail: CaseDetail, *, member: StaffMember, names: Mapping[str, str], now: datetime) -> JsonObject:
    record = detail.record
    application = record.application
    return {
        "reference": application.reference,
        "state": application.state.value,
        "version": application.version,
        "waiting_on": detail.waiting_on.value,
        "region": record.region,
        "urgency": record.urgency.value,
        "matters": list(record.matters),
        "flags": list(record.flags),
        "owner": owner_json(record.owner, names=names),
        "received_at": iso(application.received_at),
        "clocks": [_clock(clock, now=now) for clock in detail.clocks],
        "words": detail.words,
        "facts": detail.facts,
        "verdict": detail.verdict,
        "reasons": list(detail.reasons),
        "closing_report": list(detail.report),
        "correction": correction_json(detail.correction),
        "missing_documents": list(application.papers or record.missing_documents),
        "contact": {"name": detail.masked_name, "phone": detail.masked_phone},
        "third_party": detail.third_party,
        "origin": application.origin.value,
        "organ": None if detail.organ is None else organ_json(detail.organ),
        "venue_elsewhere": detail.elsewhere,
        "transfer": None if detail.transfer is None else transfer_json(detail.transfer),
        "opponents": list(detail.opponents),
        "preferred_provider": detail.preference,
        "facing": [{"reference": one.application.reference, "state": one.application.state} for one in detail.facing],
        "provider": provider_of(application),
        "safe_to_contact": record.safe_to_contact.value,
        "delivery_mode": record.delivery.value,
        "consents": [{"kind": consent.kind.value, "version": consent.version} for consent in detail.consents],
        "conversation": None if detail.conversation is None else conversation_json(detail.conversation, names=names),
        "transcript": [message_json(message) for message in detail.transcript],
        "history": [
            {
                "seq": chained.seq,
                "at": chained.entry.at.isoformat(),
                "action": chained.entry.action,
                "by": chained.entry.actor.kind.value,
                "staff": names.get(chained.entry.actor.id),
                "data": dict(chained.entry.data),
            }
            for chained in detail.history
        ],
        "events": [event.value for event in work.open_to(member, detail.events)],
    }
