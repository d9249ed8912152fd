"""What staff do on a case's page: claim, write, give back, open a contact, record a step. Each is a form and a redirect."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Request, Response

from api.console import labels
from api.console.alerts import contact_warning
from api.console.forms import Form, day, required
from api.console.guard import Guard, Posted
from api.console.pages import ROOT, Pages, redirect
from api.console.transferring import transfer_of
from api.console.views import Pair, token_title
from api.domain.aid import Assignment, Closing, ClosingOutcome
from api.domain.application import Event
from api.domain.clocks import midnight_after
from api.domain.conversation import ContactOutcome
from api.domain.details import Details
from api.domain.grounds import AdvanceGround, TerminationGround
from api.services import contact
from api.services import desk as work
from api.services.conversations import ConversationNotFound
from api.services.desk import StaffDesk
from api.services.ports import UnitOfWork
from api.services.staff import StaffMember
from api.services.vault import PurposeRequired

_Step: TypeAlias = Callable[[UnitOfWork, str], Awaitable[object]]
_CONTACT = "contact"
_TICKED = "yes"
_PLACES = {"sent": "#thread"}
"""Where on the page somebody was who did this: they find themselves there again."""


class Actions:
    """One transaction an action, the hint to open streams after it, and the way back to the page."""

    def __init__(self, *, desk: StaffDesk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    async def on_thread(self, conversation_id: str, *, step: _Step, done: str, back: str) -> Response:
        """Run one step on a conversation."""
        async with self._desk.database.unit_of_work() as uow:
            await step(uow, conversation_id)
            await uow.commit()
        self._desk.notify(conversation_id)
        return redirect(f"{back}?done={done}{_PLACES.get(done, '')}")

    async def thread_of(self, *, me: StaffMember, reference: str) -> str:
        """Return the conversation an application came from. Raises ConversationNotFound."""
        async with self._desk.database.reading() as uow:
            record = await work.peek_case(uow, member=me, reference=reference)
        if record.conversation_id is None:
            raise ConversationNotFound
        return record.conversation_id

    def claiming(self, posted: Posted) -> _Step:
        """Return the step that takes a conversation over."""

        async def step(uow: UnitOfWork, conversation_id: str) -> None:
            await work.claim(uow, member=posted.seat.member, conversation_id=conversation_id, now=self._desk.clock())

        return step

    def releasing(self, posted: Posted) -> _Step:
        """Return the step that gives a conversation back."""

        async def step(uow: UnitOfWork, conversation_id: str) -> None:
            await work.release(
                uow,
                member=posted.seat.member,
                conversation_id=conversation_id,
                outcome=required(ContactOutcome, posted.form["outcome"] or ContactOutcome.ANSWERED),
                now=self._desk.clock(),
            )

        return step

    def handing_over(self, posted: Posted) -> _Step:
        """Return the step that passes a conversation on to a colleague."""

        async def step(uow: UnitOfWork, conversation_id: str) -> None:
            await work.hand_over(
                uow,
                member=posted.seat.member,
                conversation_id=conversation_id,
                to=posted.form["to"],
                now=self._desk.clock(),
            )

        return step

    def writing(self, posted: Posted) -> _Step:
        """Return the step that writes to the citizen."""

        async def step(uow: UnitOfWork, conversation_id: str) -> None:
            await work.write(
                uow,
                member=posted.seat.member,
                conversation_id=conversation_id,
                text=posted.form["text"],
                client_id=posted.form["message_id"][:64] or None,
                now=self._desk.clock(),
            )

        return step

    async def opened(
        self, *, posted: Posted, reference: str | None, conversation_id: str | None
    ) -> tuple[str, tuple[Pair, ...], str | None]:
        """Open what the form asks for; return its heading, its values and what to beware of."""
        purpose, what, me = posted.form["purpose"], posted.form["what"], posted.seat.member
        if purpose not in labels.PURPOSE:
            raise PurposeRequired
        async with self._desk.database.unit_of_work() as uow:
            record = await work.peek_case(uow, member=me, reference=reference) if reference else None
            thread = record.conversation_id if record else conversation_id
            found = await work.peek_thread(uow, member=me, conversation_id=thread) if thread else None
            warning = contact_warning(
                contact.strictest(
                    record.safe_to_contact if record else None, found.care.safe_to_contact if found else None
                )
            )
            if record and what == _CONTACT:
                persons = await work.open_contact(
                    uow,
                    member=me,
                    reference=record.application.reference,
                    purpose=purpose,
                    now=self._desk.clock(),
                )
                person, third, organ = persons.contact, persons.third_party, persons.organ
                values = [Pair(question="姓名", answer=person.name)]
                values.append(Pair(question="电话", answer=person.phone or "没有登记"))
                if organ is not None and (organ.official or organ.official_phone):
                    official = f"{organ.official} {organ.official_phone}".strip()
                    values.append(Pair(question=f"{organ.name}承办人", answer=official))
                if third is not None:
                    values.append(Pair(question=f"代为联系的人（{third.relationship}）", answer=third.name))
                against = await uow.parties.opponents(record.application.reference)
                values += [Pair(question="对方", answer=name) for name in against]
                heading = "姓名和电话"
            else:
                if thread is None:
                    raise ConversationNotFound
                value = await work.open_token(
                    uow, member=me, conversation_id=thread, token=what, purpose=purpose, now=self._desk.clock()
                )
                heading = token_title(what)
                values = [Pair(question=heading, answer=value)]
            await uow.commit()
        return heading, tuple(values), warning

    async def record(self, *, posted: Posted, reference: str) -> str | None:
        """Record an event of an application; return its conversation."""
        form = posted.form
        version = form["version"]
        async with self._desk.database.unit_of_work() as uow:
            _, conversation_id = await work.record_event(
                uow,
                member=posted.seat.member,
                reference=reference,
                event=required(Event, form["event"]),
                details=_details(form),
                version=int(version) if version.isdecimal() else None,
                now=self._desk.clock(),
            )
            await uow.commit()
        return conversation_id


def add_actions(router: APIRouter, *, desk: StaffDesk, pages: Pages, guard: Guard) -> None:
    """Add the posted actions of applications and conversations."""
    actions = Actions(desk=desk, pages=pages)
    signed = Depends(guard.posted)
    steps: dict[str, tuple[Callable[[Posted], _Step], str]] = {
        "claim": (actions.claiming, "claimed"),
        "release": (actions.releasing, "released"),
        "hand-over": (actions.handing_over, "handed_over"),
        "messages": (actions.writing, "sent"),
    }

    def add_step(name: str, make: Callable[[Posted], _Step], done: str) -> None:
        @router.post(f"/conversations/{{conversation_id}}/{name}", name=f"conversation_{name}")
        async def on_conversation(conversation_id: str, posted: Annotated[Posted, signed]) -> Response:
            back = f"{ROOT}/conversations/{conversation_id}"
            return await actions.on_thread(conversation_id, step=make(posted), done=done, back=back)

        @router.post(f"/applications/{{reference}}/{name}", name=f"application_{name}")
        async def on_application(reference: str, posted: Annotated[Posted, signed]) -> Response:
            conversation_id = await actions.thread_of(me=posted.seat.member, reference=reference)
            back = f"{ROOT}/applications/{reference}"
            return await actions.on_thread(conversation_id, step=make(posted), done=done, back=back)

    for name, (make, done) in steps.items():
        add_step(name, make, done)

    async def contact_page(
        request: Request, *, posted: Posted, reference: str | None, conversation_id: str | None, back: str
    ) -> Response:
        heading, values, warning = await actions.opened(
            posted=posted, reference=reference, conversation_id=conversation_id
        )
        purpose = labels.PURPOSE[posted.form["purpose"]]
        context = {"heading": heading, "opened": values, "warning": warning, "purpose": purpose, "back": back}
        return pages.page("contact.html", {**guard.context(request, seat=posted.seat), **context})

    @router.post("/applications/{reference}/contact")
    async def application_contact(request: Request, reference: str, posted: Annotated[Posted, signed]) -> Response:
        back = f"{ROOT}/applications/{reference}"
        return await contact_page(request, posted=posted, reference=reference, conversation_id=None, back=back)

    @router.post("/conversations/{conversation_id}/contact")
    async def conversation_contact(
        request: Request, conversation_id: str, posted: Annotated[Posted, signed]
    ) -> Response:
        back = f"{ROOT}/conversations/{conversation_id}"
        return await contact_page(request, posted=posted, reference=None, conversation_id=conversation_id, back=back)

    @router.post("/applications/{reference}/events")
    async def application_event(reference: str, posted: Annotated[Posted, signed]) -> Response:
        conversation_id = await actions.record(posted=posted, reference=reference)
        if conversation_id is not None:
            desk.notify(conversation_id)
        return redirect(f"{ROOT}/applications/{reference}?done=recorded#progress")


def _details(form: Form) -> Details:
    event, ground = form["event"], form["ground"]
    return Details(
        reason=form["reason"].strip()[:500] or None,
        papers=form.lines("papers"),
        papers_due=None if (last := day(form["papers_due"])) is None else midnight_after(last),
        assignment=Assignment(
            provider_id=provider,
            life_or_death=form["life_or_death"] == _TICKED,
            conflict_cleared=form["conflict_cleared"] == _TICKED,
        )
        if (provider := form["provider"].strip()[:64])
        else None,
        closing=Closing(outcome=required(ClosingOutcome, form["outcome"]), report=form["report"].strip()[:4000])
        if event == Event.CLOSE and form["outcome"]
        else None,
        transfer=transfer_of(form) if event == Event.TRANSFER else None,
        termination=required(TerminationGround, ground) if event == Event.TERMINATE and ground else None,
        advance=required(AdvanceGround, ground) if event == Event.ADVANCE_AID and ground else None,
    )
