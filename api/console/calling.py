"""The page of a call that a person takes without the bot: notes on one side, what they bring up on the other (电话坐席)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse

from api.console import labels
from api.console.canned import CONTACT_OUTCOME
from api.console.forms import Form, required
from api.console.guard import Guard, Posted
from api.console.hints import HintWords
from api.console.opposing import names_in
from api.console.pages import HEADERS, ROOT, Flash, Pages, redirect
from api.console.views import Words
from api.domain.clocks import CHINA
from api.domain.conversation import ContactOutcome
from api.domain.staff import Permission
from api.services import calls, listening
from api.services.call_ports import Ear
from api.services.calls import Call, CallRefused, Orally
from api.services.consents import READ_ALOUD, own_text
from api.services.desk import StaffDesk
from api.services.drafts import DraftRefused
from api.services.listening import MATTER, AnswerUnread
from api.services.records import ConsentKind, Contact, Delivery, SafeToContact, ThirdParty
from api.services.staff import Seat, StaffMember, require
from knowledge_base.assess import FactRefused
from knowledge_base.types import Facts, SafetyFinding

_TICKED: Final = "yes"
_LONGEST: Final = 64
_ASKED_FOR: Final = (ConsentKind.HANDOVER, ConsentKind.CONTACT, ConsentKind.SENSITIVE)
UNFIT: Final[Mapping[str, str]] = {
    "consent_required": "转交这件事，要先得到来电人同意；答过预筛问题的，敏感信息也要单独同意。",
    "name_required": "请写明怎么称呼来电人。",
    "pass_phrase_unusable": "有人代为联系的，请和来电人约定暗语，至少两个字。以后凭它才跟那个人说。",
    "opponent_unusable": "对方最多写五个，每个写两个字到一百个字，用顿号隔开。",
    "phone_malformed": "电话写得不对。请写手机号，或者带区号的座机。",
    "region_malformed": "地区写得不对。",
    "not_read_back": "请把记录念给来电人听，来电人说没有错以后再勾选。",
    "call_unnoted": "还没有记下来电人说的情况。",
    "notes_too_long": "记录太长，请缩短到四千字以内。",
}
"""Why a call cannot be closed yet, for whoever has the caller on the line."""
_UNREAD: Final = "没有听懂这个回答。请再问一次，或者点“不知道”。"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where the matter lies: what was typed comes to a region that the member looks after, or stays as it was."""

    region: str | None
    problem: str = ""


class Calls:
    """What the routes below do, apart from HTTP."""

    def __init__(self, *, desk: StaffDesk, ear: Ear, pages: Pages, guard: Guard, words: Words) -> None:
        self._desk = desk
        self._ear = ear
        self._pages = pages
        self._guard = guard
        self._views = HintWords(words=words, ear=ear)

    def place(self, text: str, *, me: StaffMember, was: str | None) -> _Place:
        """Return the region that a field names."""
        text = text.strip()
        if not text:
            return _Place(region=None)
        if text == (self._desk.region_name(was) if was else ""):
            return _Place(region=was)
        code = text if self._desk.knows_region(text) else self._ear.place_in(text)
        if code is None:
            return _Place(region=was, problem="没有找到这个地方，请写全省市县的名称。")
        if not me.viewer.sees(code):
            return _Place(region=was, problem="这个地方不归您负责，记录仍按原来的地方。请告诉来电人当地的 12348。")
        return _Place(region=code)

    async def peek(self, *, me: StaffMember, call_id: str) -> Call:
        """Return the call as it stands."""
        async with self._desk.database.reading() as uow:
            return await calls.peek(uow, member=me, call_id=call_id, now=self._desk.clock())

    async def keep(
        self,
        posted: Posted,
        *,
        call_id: str,
        facts: Facts | None = None,
        finding: SafetyFinding | None = None,
        region: str | None,
    ) -> None:
        """Keep what stands in the notes; danger is looked for first, outside the transaction."""
        notes = _notes(posted.form)
        looked = await asyncio.to_thread(self._finding, notes) if finding is None else finding
        async with self._desk.database.unit_of_work() as uow:
            await calls.keep(
                uow,
                member=posted.seat.member,
                call_id=call_id,
                notes=notes,
                finding=looked,
                region=region,
                facts=facts,
                now=self._desk.clock(),
            )
            await uow.commit()
        self._desk.notify(call_id)

    def _finding(self, notes: str) -> SafetyFinding:
        words = listening.without(notes, self._ear.hide(notes))
        return self._ear.safety(words) if words.strip() else SafetyFinding()

    async def hints(self, *, notes: str, query: str, facts: Facts, region: str | None) -> listening.Hints:
        """Let what thinks think, off the event loop."""
        now = self._desk.clock()
        return await asyncio.to_thread(
            listening.think,
            self._ear,
            notes=notes,
            query=query,
            facts=facts,
            region=region,
            now=now,
            on=now.astimezone(CHINA).date(),
        )

    def parts(self, hints: listening.Hints, *, call: Call, notes: str, place: _Place) -> dict[str, object]:
        """Return what the parts of the page that change are made of."""
        return {
            "hints": self._views.view(hints, facts=call.facts),
            "notes": notes,
            "place_problem": place.problem,
            "base": f"{ROOT}/seat/{call.conversation.id}",
        }

    async def page(  # noqa: PLR0913 - keyword-only
        self,
        request: Request,
        *,
        seat: Seat,
        call: Call,
        form: Form,
        problem: str = "",
        place: _Place | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        """Return the page of a call, with what was typed into it."""
        notes = _notes(form) if "notes" in form.fields else call.notes
        region = call.conversation.region
        context = self._guard.context(request, seat=seat, section="seat")
        if problem:
            context["flash"] = Flash(text=problem, bad=True)
        if not call.mine:
            context |= {"base": f"{ROOT}/seat/{call.conversation.id}", "over": call.over}
            context["thread"] = f"{ROOT}/conversations/{call.conversation.id}"
            return self._pages.page("seat_left.html", context)
        hints = await self.hints(notes=notes, query=form["q"], facts=call.facts, region=region)
        context |= self.parts(hints, call=call, notes=notes, place=place or _Place(region=region))
        context |= {
            "form": form,
            "since": call.conversation.opened_at,
            "place": self._desk.region_name(region) if region else "",
            "limit": calls.NOTES_LIMIT,
            "consents": tuple((kind.value, labels.CONSENT[kind], own_text(kind, READ_ALOUD)) for kind in _ASKED_FOR),
            "required_consent": ConsentKind.HANDOVER.value,
            # Whoever tells of danger has not said yet whether a ring may be heard.
            "safe_now": form["safe"] or (SafeToContact.UNKNOWN if hints.finding.kinds else SafeToContact.YES).value,
            "safe": tuple((kind.value, words) for kind, words in labels.SAFE.items()),
            "deliveries": tuple((kind.value, words) for kind, words in labels.DELIVERY.items()),
            "outcomes": tuple(
                (one.value, words) for one, words in CONTACT_OUTCOME.items() if one is not ContactOutcome.APPLIED
            ),
            "commitment": calls.COMMITMENT,
        }
        return self._pages.page("seat.html", context, status=status)

    def answered(self, form: Form, *, facts: Facts) -> Facts:
        """Return the facts after one press of a button beside a question. Raises AnswerUnread."""
        on = self._desk.clock().astimezone(CHINA).date()
        what, _, fact = form["do"].partition(":")
        if what == "forget":
            return {name: value for name, value in facts.items() if name != fact}
        if what == MATTER:
            value = listening.read_answer(self._ear, fact=MATTER, given=form["matter"], facts=facts, on=on)
            return {**facts, MATTER: value}
        asked = form["fact"]
        if what != "unknown" and not form["answer"].strip():
            raise AnswerUnread
        given = None if what == "unknown" else form["answer"].strip()
        return {**facts, asked: listening.read_answer(self._ear, fact=asked, given=given, facts=facts, on=on)}

    async def hand_in(self, posted: Posted, *, call_id: str) -> str:
        """Take the application down; return its reference."""
        async with self._desk.database.unit_of_work() as uow:
            submitted = await calls.hand_in(
                uow,
                member=posted.seat.member,
                call_id=call_id,
                orally=_orally(posted.form),
                ear=self._ear,
                now=self._desk.clock(),
            )
            await uow.commit()
        self._desk.notify(call_id)
        return submitted.reference

    async def end(self, posted: Posted, *, call_id: str) -> None:
        """Close a call without an application."""
        async with self._desk.database.unit_of_work() as uow:
            await calls.end(
                uow,
                member=posted.seat.member,
                call_id=call_id,
                outcome=required(ContactOutcome, posted.form["outcome"]),
                ear=self._ear,
                now=self._desk.clock(),
            )
            await uow.commit()
        self._desk.notify(call_id)


def add_calls(  # noqa: PLR0913 - a list of routes, keyword-only
    router: APIRouter, *, desk: StaffDesk, ear: Ear, pages: Pages, guard: Guard, words: Words
) -> None:
    """Add the pages of calls."""
    work = Calls(desk=desk, ear=ear, pages=pages, guard=guard, words=words)
    signed = Depends(guard.posted)

    @router.get("/seat")
    async def seat_page(request: Request, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        require(seat.member, Permission.TALK)
        regions = seat.member.regions
        place = desk.region_name(regions[0]) if len(regions) == 1 else ""
        context = guard.context(request, seat=seat, section="seat")
        return pages.page("seat_begin.html", {**context, "place": place})

    @router.post("/seat")
    async def begin_call(posted: Annotated[Posted, signed]) -> Response:
        me = posted.seat.member
        require(me, Permission.TALK)
        region = work.place(posted.form["place"], me=me, was=me.regions[0] if len(me.regions) == 1 else None).region
        async with desk.database.unit_of_work() as uow:
            call_id = await calls.begin(uow, member=me, region=region, now=desk.clock())
            await uow.commit()
        desk.notify(call_id)
        return redirect(f"{ROOT}/seat/{call_id}")

    @router.get("/seat/{call_id}")
    async def call_page(request: Request, call_id: str, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            call = await calls.read(uow, member=seat.member, call_id=call_id, now=desk.clock())
            await uow.commit()
        problem = _UNREAD if "unread" in request.query_params else ""
        query = request.query_params.get("q", "")[:_LONGEST]
        return await work.page(request, seat=seat, call=call, form=Form(fields={"q": query}), problem=problem)

    @router.post("/seat/{call_id}/notes")
    async def keep_notes(request: Request, call_id: str, posted: Annotated[Posted, signed]) -> Response:
        me, form = posted.seat.member, posted.form
        call = await work.peek(me=me, call_id=call_id)
        place = work.place(form["place"], me=me, was=call.conversation.region)
        hints = await work.hints(notes=_notes(form), query=form["q"], facts=call.facts, region=place.region)
        try:
            await work.keep(posted, call_id=call_id, finding=hints.finding, region=place.region)
        except CallRefused as refused:
            return await work.page(
                request, seat=posted.seat, call=call, form=form, problem=UNFIT[refused.code], status=_UNFIT
            )
        if "application/json" in request.headers.get("accept", ""):
            parts = work.parts(hints, call=call, notes=_notes(form), place=place)
            context = {**guard.context(request, seat=posted.seat), **parts}
            html = {name: pages.fragment(f"_seat_{name}.html", context) for name in ("hints", "record")}
            return JSONResponse(html, headers=dict(HEADERS))
        call = await work.peek(me=me, call_id=call_id)
        return await work.page(request, seat=posted.seat, call=call, form=form, place=place)

    @router.post("/seat/{call_id}/answers")
    async def answer(call_id: str, posted: Annotated[Posted, signed]) -> Response:
        me, form = posted.seat.member, posted.form
        call = await work.peek(me=me, call_id=call_id)
        place = work.place(form["place"], me=me, was=call.conversation.region)
        try:
            facts: Facts | None = await asyncio.to_thread(work.answered, form, facts=call.facts)
        except AnswerUnread:
            facts = None
        await work.keep(posted, call_id=call_id, facts=facts, region=place.region)
        return redirect(f"{ROOT}/seat/{call_id}{'?unread=1' if facts is None else ''}#ask")

    _add_endings(router, desk=desk, work=work, guard=guard)


def _add_endings(router: APIRouter, *, desk: StaffDesk, work: Calls, guard: Guard) -> None:
    """Add what takes a call over and what closes it."""
    signed = Depends(guard.posted)

    async def kept(posted: Posted, call_id: str) -> None:
        call = await work.peek(me=posted.seat.member, call_id=call_id)
        place = work.place(posted.form["place"], me=posted.seat.member, was=call.conversation.region)
        await work.keep(posted, call_id=call_id, region=place.region)

    async def again(request: Request, posted: Posted, *, call_id: str, code: str) -> Response:
        """Show the page with everything that was typed, and why it cannot be closed yet."""
        call = await work.peek(me=posted.seat.member, call_id=call_id)
        problem = UNFIT.get(code, _UNREAD)
        return await work.page(request, seat=posted.seat, call=call, form=posted.form, problem=problem, status=_UNFIT)

    @router.post("/seat/{call_id}/take")
    async def take_call(call_id: str, posted: Annotated[Posted, signed]) -> Response:
        async with desk.database.unit_of_work() as uow:
            await calls.take(uow, member=posted.seat.member, call_id=call_id, now=desk.clock())
            await uow.commit()
        desk.notify(call_id)
        return redirect(f"{ROOT}/seat/{call_id}")

    @router.post("/seat/{call_id}/application")
    async def take_application(request: Request, call_id: str, posted: Annotated[Posted, signed]) -> Response:
        try:
            await kept(posted, call_id)
            reference = await work.hand_in(posted, call_id=call_id)
        except (CallRefused, DraftRefused, FactRefused) as refused:
            return await again(request, posted, call_id=call_id, code=refused.code)
        return redirect(f"{ROOT}/applications/{reference}?done=taken_orally")

    @router.post("/seat/{call_id}/end")
    async def end_call(request: Request, call_id: str, posted: Annotated[Posted, signed]) -> Response:
        try:
            await kept(posted, call_id)
            await work.end(posted, call_id=call_id)
        except CallRefused as refused:
            return await again(request, posted, call_id=call_id, code=refused.code)
        return redirect(f"{ROOT}/conversations/{call_id}?done=call_ended")


_UNFIT: Final = HTTPStatus.UNPROCESSABLE_ENTITY


def _notes(form: Form) -> str:
    return form["notes"].replace("\r\n", "\n")


def _orally(form: Form) -> Orally:
    agreed = [kind for kind in _ASKED_FOR if form[f"agree_{kind}"] == _TICKED]
    third = None
    if form["third_name"].strip():
        third = ThirdParty(
            name=form["third_name"].strip()[:_LONGEST],
            relationship=form["third_relationship"].strip()[:_LONGEST],
        )
        agreed.append(ConsentKind.THIRD_PARTY)
    return Orally(
        contact=Contact(name=form["name"][:_LONGEST], phone=form["phone"][:_LONGEST]),
        safe_to_contact=required(SafeToContact, form["safe"]),
        delivery=required(Delivery, form["delivery"]),
        agreed=tuple(agreed),
        committed=form["committed"] == _TICKED,
        read_back=form["read_back"] == _TICKED,
        third_party=third,
        pass_phrase=form["pass_phrase"].strip()[:_LONGEST],
        opponents=names_in(form["opponents"]),
        in_custody=form["in_custody"] == _TICKED,
    )
