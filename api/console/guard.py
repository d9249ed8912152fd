"""Stands before every staff page: who is signed in, is the form ours, and what does a refusal look like."""

import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.console import happened
from api.console.alerts import AlertView, alert
from api.console.forms import Form, FormRefused, read_form, read_upload
from api.console.pages import ROOT, Display, Flash, Pages, redirect
from api.console.refusals import REFUSALS
from api.domain.application import TransitionRefused
from api.domain.conversation import HolderRefused
from api.domain.correction import CorrectionRefused
from api.domain.curation import StepRefused
from api.domain.party import OpponentUnusable
from api.domain.staff import Permission
from api.services import desk as work
from api.services import staff
from api.services.accounts import AccountRefused, StaffNotFound
from api.services.applications import ApplicationNotFound, IdempotencyConflict
from api.services.attachments import AttachmentNotFound
from api.services.callbacks import SlotRefused
from api.services.caselog import CaselogRefused
from api.services.complaints import ComplaintRefused
from api.services.conversations import ConversationNotFound
from api.services.curation import DraftFlawed, ItemNotFound, NoteRequired
from api.services.desk import ColleagueUnfit, MessageUnusable, OutcomeRequired, StaffDesk
from api.services.drafts import DraftRefused
from api.services.failures import FailureNotFound
from api.services.merging import MergeRefused
from api.services.papers import PaperNotDue
from api.services.personal import DataCorrectionRefused
from api.services.ports import DatabaseBusy, UnitOfWork, VersionConflict
from api.services.preference import PreferenceUnusable
from api.services.provider_ports import CredentialTaken
from api.services.providers import AssignmentRefused, ProviderNotFound, ProviderRefused
from api.services.retention import StillNeeded
from api.services.retriage import MatterRefused
from api.services.searching import SearchRefused
from api.services.speaking import PassPhraseTriedTooOften
from api.services.staff import AccountUnready, NotPermitted, Seat, SignInRequired, StaffNameTaken, StaffNameUnusable
from api.services.tickets import TicketNotFound
from api.services.vault import PurposeRequired, TokenUnknown
from knowledge_base.types import KnowledgeUnavailable

_DOOR_COOKIE: Final = "legal_aid_door"
_DISPLAY_COOKIE: Final = "legal_aid_display"
_YEAR: Final = 365 * 24 * 3600
_REFUSED: Final = (
    NotPermitted,
    FormRefused,
    ConversationNotFound,
    ApplicationNotFound,
    TicketNotFound,
    ColleagueUnfit,
    FailureNotFound,
    TokenUnknown,
    AttachmentNotFound,
    PurposeRequired,
    PaperNotDue,
    PassPhraseTriedTooOften,
    OpponentUnusable,
    DataCorrectionRefused,
    SlotRefused,
    MatterRefused,
    MergeRefused,
    CorrectionRefused,
    HolderRefused,
    StillNeeded,
    DatabaseBusy,
    IdempotencyConflict,
    VersionConflict,
    TransitionRefused,
    MessageUnusable,
    ItemNotFound,
    DraftFlawed,
    NoteRequired,
    StepRefused,
    KnowledgeUnavailable,
    AccountRefused,
    StaffNotFound,
    StaffNameTaken,
    StaffNameUnusable,
    OutcomeRequired,
    ComplaintRefused,
    CaselogRefused,
    PreferenceUnusable,
    AssignmentRefused,
    ProviderRefused,
    ProviderNotFound,
    CredentialTaken,
    SearchRefused,
    DraftRefused,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A form that carried the right token, and who sent it."""

    seat: Seat
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded(Posted):
    """A form with a file."""

    file_name: str
    content: bytes


class PageNotFound(Exception):
    """No such page."""

    code = "page_not_found"


class Guard:
    """Dependencies of the console's routes, bound to one desk."""

    def __init__(self, desk: StaffDesk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages
        self._cookie = staff.SECURE_COOKIE if desk.secure else staff.COOKIE

    async def seat(self, request: Request) -> Seat:
        """Return who is signed in and may work, and keep the session alive. Raises SignInRequired, AccountUnready."""
        return self._ready(await self.newcomer(request))

    async def newcomer(self, request: Request) -> Seat:
        """Return who is signed in, whether or not they may work yet, and keep the session alive. Raises SignInRequired."""
        seat = await self.known(request)
        if seat.stale:
            async with self._desk.database.unit_of_work() as uow:
                await staff.stay(uow, token=request.cookies[self._cookie], now=self._desk.clock())
                await uow.commit()
        return seat

    async def watch(self, request: Request) -> Seat:
        """Return who is signed in and may work, without counting as activity. Raises SignInRequired, AccountUnready."""
        return self._ready(await self.known(request))

    async def known(self, request: Request) -> Seat:
        """Return who is signed in, whether or not they may work yet, without counting as activity. Raises SignInRequired."""
        token = request.cookies.get(self._cookie)
        async with self._desk.database.reading() as uow:
            seat = await staff.seated(uow, token=token, now=self._desk.clock())
        request.state.seat = seat
        return seat

    async def not_too_often(self, request: Request) -> None:
        """Count one more try at a secret from this address. Raises AccountRefused."""
        if not await self.may_try(request):
            raise AccountRefused("tried_too_often")

    async def may_try(self, request: Request) -> bool:
        """Count one more try at a secret from this address and tell whether it is within the limit."""
        address = request.client.host if request.client else "unknown"
        return await self._desk.limits.allow(staff.SIGN_IN_ACTION, who=address)

    def _ready(self, seat: Seat) -> Seat:
        if not seat.ready(second_factor=self._desk.second_factor):
            raise AccountUnready
        return seat

    async def posted(self, request: Request) -> Posted:
        """Return the form of somebody who may work. Raises SignInRequired, AccountUnready, FormRefused."""
        return await self._posted(request, seat=await self.seat(request))

    async def posted_by_newcomer(self, request: Request) -> Posted:
        """Return the form of somebody signed in. Raises SignInRequired, FormRefused."""
        return await self._posted(request, seat=await self.newcomer(request))

    async def _posted(self, request: Request, *, seat: Seat) -> Posted:
        form = await read_form(request)
        if not staff.same_secret(seat.form_token, form["form_token"]):
            raise FormRefused("form_token_wrong")
        request.state.typed = tuple((title, form[name]) for name, title in happened.TYPED.items() if form[name].strip())
        return Posted(seat=seat, form=form)

    async def uploaded(self, request: Request) -> Uploaded:
        """Return the form and file of somebody signed in. Raises SignInRequired, FormRefused."""
        seat = await self.seat(request)
        uploaded = await read_upload(request)
        if not staff.same_secret(seat.form_token, uploaded.form["form_token"]):
            raise FormRefused("form_token_wrong")
        return Uploaded(seat=seat, form=uploaded.form, file_name=uploaded.file_name, content=uploaded.content)

    async def posted_at_door(self, request: Request) -> Form:
        """Return the form of somebody who may not be signed in yet. Raises FormRefused."""
        form = await read_form(request)
        try:
            expected = (await self.known(request)).form_token
        except SignInRequired:
            expected = request.cookies.get(_DOOR_COOKIE, "")
        if not expected or not staff.same_secret(expected, form["form_token"]):
            raise FormRefused("form_token_wrong")
        return form

    def context(
        self, request: Request, *, seat: Seat | None, alerts: tuple[AlertView, ...] = (), section: str | None = None
    ) -> dict[str, object]:
        """Return what the frame around every page needs."""
        did = request.query_params.get("done", "")
        done = happened.DONE.get(did)
        query = f"?{request.url.query}" if request.url.query else ""
        return {
            "me": seat.member if seat else None,
            "form_token": seat.form_token if seat else request.cookies.get(_DOOR_COOKIE, ""),
            "here": f"{request.url.path}{query}" if request.method == "GET" else ROOT,
            "display": display_of(request),
            "alerts": alerts,
            "flash": Flash(text=done, bad=did in happened.BAD) if done else None,
            "section": section,
            "library": self._desk.library is not None,
            "talks": self._desk.ear is not None and seat is not None and seat.member.may(Permission.TALK),
            "providers": seat is not None and seat.member.may(Permission.MANAGE_PROVIDERS),
            "people": seat is not None and seat.member.may(Permission.MANAGE_STAFF),
        }

    async def alerts(self, uow: UnitOfWork, *, seat: Seat) -> tuple[AlertView, ...]:
        """Return the danger banner's lines."""
        may = seat.member.may(Permission.TAKE_ALERT)
        now = self._desk.clock()
        tickets = await work.alerts(uow, member=seat.member)
        return tuple(alert(ticket, member_may=may, root=ROOT, now=now) for ticket in tickets)

    def open_door(self, request: Request, response: Response) -> Response:
        """Give a browser at the sign-in page the secret its form must return."""
        if not request.cookies.get(_DOOR_COOKIE):
            self._set(response, _DOOR_COOKIE, request.state.door, max_age=3600)
        return response

    def door_token(self, request: Request) -> str:
        """Return the sign-in form's secret, a new one when the browser has none."""
        token = request.cookies.get(_DOOR_COOKIE) or secrets.token_urlsafe(32)
        request.state.door = token
        return token

    def let_in(self, response: Response, token: str) -> Response:
        """Hand the session to the browser."""
        self._set(response, self._cookie, token, path="/")
        return response

    def let_out(self, response: Response) -> Response:
        """Take the session from the browser."""
        response.delete_cookie(self._cookie, path="/", secure=self._desk.secure, httponly=True, samesite="strict")
        return response

    def session_token(self, request: Request) -> str:
        """Return the cookie's token."""
        return request.cookies.get(self._cookie, "")

    def remember_display(self, response: Response, display: Display) -> Response:
        """Keep how this browser wants its pages."""
        value = ".".join(part for part in (display.theme, "large" if display.large else None) if part) or "plain"
        self._set(response, _DISPLAY_COOKIE, value, max_age=_YEAR)
        return response

    def route_class(self) -> type[APIRoute]:
        """Return a route class that turns refusals into pages."""
        guard = self

        class ConsoleRoute(APIRoute):
            """A console route: not signed in leads to the door, a named refusal to a page that says what to do."""

            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                handler = super().get_route_handler()

                async def guarded(request: Request) -> Response:
                    return await guard.answered(request, handler)

                return guarded

        return ConsoleRoute

    async def answered(self, request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        """Run a handler; turn what it refuses into a page."""
        try:
            return await handler(request)
        except SignInRequired as refused:
            if "application/json" in request.headers.get("accept", ""):
                return Response(refused.code, status_code=HTTPStatus.UNAUTHORIZED)
            wanted = request.url.path if request.method == "GET" else ROOT
            return redirect(f"{ROOT}/sign-in?next={quote(wanted)}")
        except AccountUnready as refused:
            if "application/json" in request.headers.get("accept", ""):
                return Response(refused.code, status_code=HTTPStatus.UNAUTHORIZED)
            return redirect(f"{ROOT}/account")
        except (*_REFUSED, PageNotFound) as refused:
            status, heading, text = REFUSALS[refused.code]
            context = self.context(request, seat=getattr(request.state, "seat", None))
            context |= {"heading": heading, "text": text, "code": refused.code}
            context["typed"] = getattr(request.state, "typed", ())
            return self._pages.page("error.html", context, status=status)

    def _set(self, response: Response, name: str, value: str, *, max_age: int | None = None, path: str = ROOT) -> None:
        response.set_cookie(
            name, value, max_age=max_age, path=path, secure=self._desk.secure, httponly=True, samesite="strict"
        )


def display_of(request: Request) -> Display:
    """Return how this browser wants its pages; anything unknown in the cookie counts as nothing."""
    wanted = request.cookies.get(_DISPLAY_COOKIE, "").split(".")
    theme = next((word for word in wanted if word in {"light", "dark"}), None)
    return Display(theme=theme, large="large" in wanted)
