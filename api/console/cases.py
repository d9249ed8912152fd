"""One case on one page: an application with its conversation, or a conversation that has not become one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.responses import JSONResponse

from api.console import lodged
from api.console.canned import CANNED
from api.console.casepage import CaseDesk, task_view
from api.console.complaining import complaint_view
from api.console.guard import Guard
from api.console.live import stream
from api.console.merging import merging_of
from api.console.opening import attachment_view
from api.console.pages import HEADERS, Pages
from api.console.retriaging import matter_choices
from api.console.ringing import RingView, ring_view
from api.console.sheets import Frame, Sheet, Task
from api.console.signing import signs_of
from api.console.speaking import spoken_for
from api.console.told import Listener, ToldView, typed
from api.console.views import MessageView, Words
from api.domain.application import allowed_events
from api.domain.audit import ActorKind
from api.domain.staff import Permission
from api.services import alerts as danger
from api.services import complaints, conversations, parties, providers, speaking, staff
from api.services import desk as work
from api.services.callbacks import rooms
from api.services.desk import StaffDesk
from api.services.merging import together
from api.services.ports import UnitOfWork
from api.services.providers import Candidate
from api.services.records import ApplicationRecord, Ticket, TicketKind
from api.services.repeats import repeats
from api.services.sign_ports import Side
from api.services.staff import Seat, StaffMember

_CONFLICT: Final = "可能有利害冲突，别对来访人说"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What an open page fetches when its case changed."""

    frame: Frame
    messages: tuple[MessageView, ...]


class Pulse:
    """One open page's look at its case: what it returns differs whenever the page should change."""

    def __init__(self, *, desk: StaffDesk, me: StaffMember, reference: str | None, conversation_id: str | None) -> None:
        self._desk = desk
        self._me = me
        self._reference = reference
        self._conversation = conversation_id
        self._seq = 0

    async def __call__(self) -> str:
        """Look once. Raises ApplicationNotFound, ConversationNotFound, NotPermitted."""
        seen: list[object] = []
        async with self._desk.database.reading() as uow:
            conversation_id = self._conversation
            if self._reference is not None:
                record = await work.peek_case(uow, member=self._me, reference=self._reference)
                seen += [record.application.version, record.owner]
                tasks = await work.tasks(uow, member=self._me, reference=record.application.reference)
                seen += [task.id for task in tasks]
                conversation_id = record.conversation_id
            if conversation_id is not None:
                found = await work.peek_thread(uow, member=self._me, conversation_id=conversation_id)
                fresh = await conversations.messages_after(uow, conversation_id=conversation_id, seq=self._seq)
                self._seq = fresh[-1].seq if fresh else self._seq
                tickets = await uow.tickets.open_ones(conversation_id=conversation_id)
                lapsed = found.hold.expired(now=self._desk.clock())
                seen += [self._seq, found.holder, found.hold.staff, lapsed, found.urgency, found.care.safe_to_contact]
                sign = await uow.signs.get(conversation_id=conversation_id, side=Side.CITIZEN)
                seen += [sign.read, sign.typing(now=self._desk.clock())]
                seen += [(one.id, one.owner, one.urgency, one.reason, one.times, one.reported_at) for one in tickets]
        return repr(seen)


class Cases:
    """What the routes below do, apart from HTTP."""

    def __init__(self, *, desk: StaffDesk, words: Words) -> None:
        self._desk = desk
        self._words = words
        self._listener = Listener(read=desk.read_account, region=desk.region_name)

    async def case(self, uow: UnitOfWork, *, me: StaffMember, reference: str) -> tuple[Frame, Sheet]:
        """Open an application; the look is on record."""
        now = self._desk.clock()
        detail = await work.read_case(uow, member=me, reference=reference, now=now)
        builder = await self._builder(uow, me=me)
        history = list(detail.history)
        for taken_up in together(detail.history).taken_up:
            history += await uow.audit.of(taken_up)
        if detail.conversation is not None:
            history += await danger.history(uow, conversation_id=detail.conversation.id)
        tasks = await work.tasks(uow, member=me, reference=detail.record.application.reference)
        alerts = await _alerts(uow, detail.record.conversation_id)
        again = await repeats(uow, member=me, record=detail.record, now=now)
        candidates = await _candidates(uow, detail.record, words=detail.words, now=now)
        frame = builder.case_frame(
            detail.record,
            detail.conversation,
            history=history,
            tasks=tasks,
            alerts=alerts,
            again=again,
            candidates=candidates,
        )
        frame = await self._with_lodged(uow, frame, me=me, conversation_id=detail.record.conversation_id)
        notes = await uow.notes.of(
            conversation_id=detail.record.conversation_id, reference=detail.record.application.reference
        )
        sheet = builder.case_sheet(detail, shown=detail.transcript, notes=notes, candidates=candidates)
        return _shared(_conflicted(frame, detail.facing), sheet.told), sheet

    async def thread(self, uow: UnitOfWork, *, me: StaffMember, conversation_id: str) -> tuple[Frame, Sheet]:
        """Open a conversation; the look is on record."""
        detail = await work.read_thread(uow, member=me, conversation_id=conversation_id, now=self._desk.clock())
        builder = await self._builder(uow, me=me)
        frame = builder.thread_frame(
            detail.conversation,
            tickets=detail.tickets,
            records=detail.applications,
            history=await danger.history(uow, conversation_id=conversation_id),
        )
        frame = await self._with_lodged(uow, frame, me=me, conversation_id=conversation_id)
        state = await conversations.load_state(uow, conversation_id=conversation_id)
        notes = await uow.notes.of(conversation_id=conversation_id, reference=None)
        sheet = builder.thread_sheet(detail, state, notes=notes)
        return _shared(frame, sheet.told), sheet

    async def case_parts(self, uow: UnitOfWork, *, me: StaffMember, reference: str, after: int) -> _Parts:
        """Return what changed on an application's open page."""
        record = await work.peek_case(uow, member=me, reference=reference)
        builder = await self._builder(uow, me=me)
        history = list(await uow.audit.of(record.application.reference))
        thread = record.conversation_id
        found = None if thread is None else await uow.conversations.get(thread)
        messages: tuple[MessageView, ...] = ()
        if found is not None:
            history += await danger.history(uow, conversation_id=found.id)
            fresh = await conversations.messages_after(uow, conversation_id=found.id, seq=after)
            messages = builder.messages(fresh, found)
        tasks = await work.tasks(uow, member=me, reference=record.application.reference)
        alerts = await _alerts(uow, thread)
        again = await repeats(uow, member=me, record=record, now=self._desk.clock())
        # What the citizen wrote stays closed here: conflicts are flagged when the page is opened, and when a case is assigned.
        candidates = await _candidates(uow, record, words="", now=self._desk.clock())
        frame = builder.case_frame(
            record, found, history=history, tasks=tasks, alerts=alerts, again=again, candidates=candidates
        )
        frame = await self._with_lodged(uow, frame, me=me, conversation_id=thread)
        frame = _conflicted(frame, await parties.seen_facing(uow, reference=frame.reference or "", viewer=me.viewer))
        return _Parts(frame=_shared(frame, await self._told(uow, thread)), messages=messages)

    async def thread_parts(self, uow: UnitOfWork, *, me: StaffMember, conversation_id: str, after: int) -> _Parts:
        """Return what changed on a conversation's open page."""
        found = await work.peek_thread(uow, member=me, conversation_id=conversation_id)
        builder = await self._builder(uow, me=me)
        frame = builder.thread_frame(
            found,
            tickets=await uow.tickets.open_ones(conversation_id=found.id),
            records=await uow.applications.of_conversation(found.id),
            history=await danger.history(uow, conversation_id=found.id),
        )
        frame = await self._with_lodged(uow, frame, me=me, conversation_id=found.id)
        fresh = await conversations.messages_after(uow, conversation_id=found.id, seq=after)
        told = await self._told(uow, found.id)
        return _Parts(frame=_shared(frame, told), messages=builder.messages(fresh, found))

    async def _told(self, uow: UnitOfWork, conversation_id: str | None) -> ToldView | None:
        """Return what was told in a thread so far: a case that many share stays marked while its page is open."""
        if conversation_id is None:
            return None
        return self._listener.told(
            typed(await conversations.messages_after(uow, conversation_id=conversation_id, seq=0))
        )

    async def _with_lodged(
        self, uow: UnitOfWork, frame: Frame, *, me: StaffMember, conversation_id: str | None
    ) -> Frame:
        """Add what came with the thread: complaints and wished call-backs in the caller's own words, their language, documents."""
        if conversation_id is None:
            return frame
        state = await conversations.load_state(uow, conversation_id=conversation_id)
        code = state.extra.get(conversations.LANGUAGE)
        unread = self._words.unverified_language
        flags = () if code is None else (lodged.interpreter(str(code), unverified=unread),)
        may = me.may(Permission.RECORD_PROGRESS)
        opened = await uow.tickets.open_ones(conversation_id=conversation_id)
        left = [
            Task(
                title=lodged.lodged(ticket, words=await uow.tickets.words(ticket.id) or ""),
                since=ticket.opened_at,
                href=None,
                ring=await self._ring(uow, ticket) if may and ticket.kind is TicketKind.CALL_BACK else None,
                complaint=complaint_view(ticket, subject=me.id in await complaints.subjects(uow, ticket_id=ticket.id))
                if may and ticket.kind is TicketKind.COMPLAINT
                else None,
            )
            for ticket in opened
            if ticket.number is not None
        ]
        # What hangs on an application stands with it.
        left += [
            task_view(ticket, me=me, words=await uow.tickets.words(ticket.id))
            for ticket in opened
            if ticket.kind is TicketKind.TASK and ticket.reference is None
        ]
        handed_in = await uow.attachments.of(conversation_id)
        return replace(
            frame,
            flags=(*frame.flags, *flags),
            tasks=(*frame.tasks, *left),
            attachments=tuple(attachment_view(one, number=number) for number, one in enumerate(handed_in, start=1)),
            may_open=me.may(Permission.OPEN_CONTACT),
        )

    async def _ring(self, uow: UnitOfWork, ticket: Ticket) -> RingView:
        now = self._desk.clock()
        found = await rooms(uow, region=ticket.region, works=self._desk.works, now=now)
        return ring_view(ticket, found, spoken_for=await speaking.spoken_for(uow, ticket=ticket))

    async def _builder(self, uow: UnitOfWork, *, me: StaffMember) -> CaseDesk:
        return CaseDesk(
            words=self._words,
            listener=self._listener,
            names=await staff.names(uow),
            colleagues=await staff.everybody(uow),
            me=me,
            now=self._desk.clock(),
        )


def _conflicted(frame: Frame, facing: Sequence[ApplicationRecord]) -> Frame:
    """Mark a case that may have another of ours on its other side."""
    return replace(frame, flags=(*frame.flags, _CONFLICT)) if facing else frame


def _shared(frame: Frame, told: ToldView | None) -> Frame:
    """Mark a case that many share, as the rules or the caller's words have it, once."""
    heard = () if told is None else told.flags
    known = tuple(flag for flag in frame.flags if not any(each.startswith(flag) for each in heard))
    return replace(frame, flags=(*heard, *known))


async def _alerts(uow: UnitOfWork, conversation_id: str | None) -> tuple[Ticket, ...]:
    """Return what stands open of an application's conversation."""
    return () if conversation_id is None else await uow.tickets.open_ones(conversation_id=conversation_id)


async def _candidates(
    uow: UnitOfWork, record: ApplicationRecord, *, words: str, now: datetime
) -> tuple[Candidate, ...]:
    """Return whom a case could go to, where that is what comes next."""
    events = allowed_events(record.application, by=ActorKind.STAFF)
    if providers.ASSIGNING.isdisjoint(events):
        return ()
    return await providers.candidates(uow, record=record, words=words, now=now)


def add_cases(router: APIRouter, *, desk: StaffDesk, pages: Pages, guard: Guard, words: Words) -> None:
    """Add the pages of applications and conversations, and every action on them."""
    cases = Cases(desk=desk, words=words)
    matters = () if desk.ear is None else matter_choices(desk.ear.topics)

    async def page(request: Request, *, seat: Seat, opened: tuple[Frame, Sheet], uow: UnitOfWork) -> Response:
        frame, sheet = opened
        sheet = replace(sheet, draft=CANNED.get(request.query_params.get("say", ""), ""))
        context = guard.context(request, seat=seat, alerts=await guard.alerts(uow, seat=seat))
        # Staff may say what a matter really is, where the list of matters is at hand.
        offered = matters if frame.reference and seat.member.may(Permission.RECORD_PROGRESS) else ()
        context["may_copy"] = seat.member.may(Permission.PERSONAL_DATA) and frame.reference is not None
        context["may_erase"] = seat.member.may(Permission.ERASE)
        context["merging"] = await merging_of(uow, me=seat.member, reference=frame.reference, now=desk.clock())
        context["spoken_for"] = await spoken_for(uow, me=seat.member, reference=frame.reference)
        context["signs"] = await signs_of(uow, desk=desk, conversation_id=frame.conversation)
        return pages.page("case.html", {**context, "frame": frame, "sheet": sheet, "matters": offered})

    async def fragments(request: Request, *, seat: Seat, parts: _Parts, uow: UnitOfWork) -> Response:
        context = guard.context(request, seat=seat, alerts=await guard.alerts(uow, seat=seat))
        html = {
            name: pages.fragment(f"_{name}.html", {**context, "frame": parts.frame})
            for name in ("head", "compose", "progress", "attachments", "alerts")
        }
        html["signs"] = await signs_of(uow, desk=desk, conversation_id=parts.frame.conversation)
        html["talk"] = "".join(pages.fragment("_message.html", {"message": message}) for message in parts.messages)
        return JSONResponse(html, headers=dict(HEADERS))

    @router.get("/applications/{reference}")
    async def case_page(request: Request, reference: str, seat: Annotated[Seat, Depends(guard.seat)]) -> Response:
        async with desk.database.unit_of_work() as uow:
            opened = await cases.case(uow, me=seat.member, reference=reference)
            response = await page(request, seat=seat, opened=opened, uow=uow)
            await uow.commit()
        return response

    @router.get("/conversations/{conversation_id}")
    async def thread_page(
        request: Request, conversation_id: str, seat: Annotated[Seat, Depends(guard.seat)]
    ) -> Response:
        async with desk.database.unit_of_work() as uow:
            opened = await cases.thread(uow, me=seat.member, conversation_id=conversation_id)
            response = await page(request, seat=seat, opened=opened, uow=uow)
            await uow.commit()
        return response

    @router.get("/applications/{reference}/parts")
    async def case_parts(
        request: Request, reference: str, seat: Annotated[Seat, Depends(guard.watch)], after: int = 0
    ) -> Response:
        async with desk.database.reading() as uow:
            parts = await cases.case_parts(uow, me=seat.member, reference=reference, after=after)
            return await fragments(request, seat=seat, parts=parts, uow=uow)

    @router.get("/conversations/{conversation_id}/parts")
    async def thread_parts(
        request: Request, conversation_id: str, seat: Annotated[Seat, Depends(guard.watch)], after: int = 0
    ) -> Response:
        async with desk.database.reading() as uow:
            parts = await cases.thread_parts(uow, me=seat.member, conversation_id=conversation_id, after=after)
            return await fragments(request, seat=seat, parts=parts, uow=uow)

    @router.get("/applications/{reference}/stream")
    async def case_stream(request: Request, reference: str, seat: Annotated[Seat, Depends(guard.watch)]) -> Response:
        pulse = Pulse(desk=desk, me=seat.member, reference=reference, conversation_id=None)
        await pulse()
        return stream(pulse=pulse, seated=lambda: guard.watch(request), closing=desk.closing)

    @router.get("/conversations/{conversation_id}/stream")
    async def thread_stream(
        request: Request, conversation_id: str, seat: Annotated[Seat, Depends(guard.watch)]
    ) -> Response:
        pulse = Pulse(desk=desk, me=seat.member, reference=None, conversation_id=conversation_id)
        await pulse()
        return stream(pulse=pulse, seated=lambda: guard.watch(request), closing=desk.closing)
