"""Settles what an errand came to, in the turn's own transaction: a ticket and its number, a rating, an interpreter, a leave."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from actions import appointment, complaint, halves
from actions.turn import RECEIPT, Lodged, Outcome, Turn, with_extra
from actions.wire import Choice, Say, TextReply
from api.domain.audit import Actor, ActorKind
from api.domain.callback import Slot, slot_of
from api.domain.clocks import CHINA
from api.services import applications, callbacks, contact, conversations, lodging, preference
from api.services.ports import UnitOfWork
from api.services.records import Assistance, DialogueState, SafeToContact, Ticket, TicketKind
from api.services.wording import half_day

_NOTED: Final = {TicketKind.COMPLAINT: Say.COMPLAINT_NOTED, TicketKind.CALL_BACK: Say.APPOINTMENT_NOTED}
_ADDED: Final = {TicketKind.COMPLAINT: Say.COMPLAINT_ADDED, TicketKind.CALL_BACK: Say.APPOINTMENT_CHANGED}
_KEPT: Final = {TicketKind.COMPLAINT: complaint.LODGED, TicketKind.CALL_BACK: appointment.BOOKED}
_WISHED: Final = {
    Assistance.SIGN_INTERPRETER: Say.APPOINTMENT_SIGN,
    Assistance.COMPANION: Say.APPOINTMENT_COMPANION,
}
_ABUSE: Final = "abuse"
_MOST_OFFERED: Final = 3
_CITIZEN: Final = Actor(kind=ActorKind.CITIZEN, id="citizen")


async def settled(uow: UnitOfWork, turn: Turn, outcome: Outcome, *, works: Callable[[date], bool]) -> Outcome:
    """Do what the outcome asks for; a ticket's number and promised day are said first."""
    thread = turn.conversation.id
    if outcome.reached is not None:
        await lodging.leave_contact(uow, ticket_id=outcome.reached.ticket, contact=outcome.reached.contact)
    if outcome.satisfaction is not None:
        await lodging.rate(uow, conversation_id=thread, satisfaction=outcome.satisfaction, now=turn.now)
    if outcome.writes_only:
        await _written_to(uow, turn)
    if outcome.language is not None:
        await conversations.need_interpreter(uow, conversation_id=thread, language=outcome.language)
    receipt = turn.state.extra.get(RECEIPT)
    if outcome.preferred is not None and receipt is not None:
        record = await applications.find(uow, reference=str(receipt["reference"]))
        await preference.note(
            uow, reference=record.application.reference, said=outcome.preferred, by=_CITIZEN, now=turn.now
        )
    if outcome.signs_off:
        await conversations.sign_off(uow, conversation_id=thread, reason=_ABUSE, now=turn.now)
    return outcome if outcome.lodged is None else await _lodged(uow, turn, outcome, outcome.lodged, works=works)


async def _written_to(uow: UnitOfWork, turn: Turn) -> None:
    """Note that nothing may ring; whoever said something more careful before stays with that."""
    thread = await conversations.conversation(uow, conversation_id=turn.conversation.id, now=turn.now)
    if contact.strictest(thread.care.safe_to_contact, SafeToContact.MESSAGE_ONLY) is SafeToContact.MESSAGE_ONLY:
        care = replace(thread.care, safe_to_contact=SafeToContact.MESSAGE_ONLY)
        await conversations.take_care(uow, conversation_id=thread.id, care=care, now=turn.now)


async def _lodged(
    uow: UnitOfWork, turn: Turn, outcome: Outcome, lodged: Lodged, *, works: Callable[[date], bool]
) -> Outcome:
    before = None if lodged.goes_on is None else await _gone_on(uow, turn, lodged)
    if before is not None:
        beside = lodged.assistance and not appointment.names_a_time(lodged.words)
        ticket, told = (before, ()) if beside else await _called_back(uow, turn, before, lodged.words, works=works)
        added = () if beside or ticket.slot else (_said(_ADDED[ticket.kind], ticket, turn),)
        said = (*added, *told, *_assisted(lodged.assistance, ticket, turn), *outcome.replies)
        return replace(outcome, state=_kept(outcome, ticket, turn) if ticket.slot else outcome.state, replies=said)
    ticket = await lodging.lodge(
        uow,
        conversation_id=turn.conversation.id,
        kind=lodged.kind,
        words=lodged.words,
        contact=lodged.contact,
        safe_to_contact=lodged.safe_to_contact,
        assistance=lodged.assistance,
        now=turn.now,
    )
    ticket, told = await _called_back(uow, turn, ticket, lodged.words, works=works)
    noted = () if ticket.slot else (_said(_NOTED[ticket.kind], ticket, turn),)
    said = (*noted, *told, *_assisted(ticket.assistance, ticket, turn), *outcome.replies)
    return replace(outcome, state=_kept(outcome, ticket, turn), replies=said)


async def _gone_on(uow: UnitOfWork, turn: Turn, lodged: Lodged) -> Ticket | None:
    """Add the words to a ticket that stands; None where it takes none."""
    found = await uow.tickets.get(str(lodged.goes_on))
    if found is not None and found.kind is TicketKind.CALL_BACK:
        await callbacks.hold(uow, region=found.region)
    return await lodging.take_more(
        uow, ticket_id=str(lodged.goes_on), words=lodged.words, assistance=lodged.assistance, now=turn.now
    )


async def _called_back(
    uow: UnitOfWork, turn: Turn, ticket: Ticket, words: str, *, works: Callable[[date], bool]
) -> tuple[Ticket, tuple[TextReply, ...]]:
    """Promise the half-day that the words name, if it has room; offer what has. Of whom nobody rings, nothing is promised.

    An interpreter is found first, by a person. A half-day that was promised before stays until another is.
    """
    rung = contact.may_ring(ticket.safe_to_contact, turn.conversation.care.safe_to_contact)
    if ticket.kind is not TicketKind.CALL_BACK or ticket.contact is None or ticket.assistance or not rung:
        return ticket, ()
    await callbacks.hold(uow, region=ticket.region)
    free = await callbacks.free(uow, region=ticket.region, works=works, now=turn.now)
    wish, before = halves.wished(words, on=turn.on), slot_of(ticket.slot or "")
    if wish.one is not None and (wish.one in free or wish.one == before):
        if wish.one != before:
            ticket = await callbacks.take(uow, ticket=ticket, slot=wish.one, now=turn.now)
        return ticket, (_promised(Say.APPOINTMENT_BOOKED, ticket, wish.one),)
    offered = sorted(free, key=lambda slot: not wish.takes(slot))[:_MOST_OFFERED]
    choices = tuple(Choice(payload={"ask": halves.choosing(one)}, title=half_day(one)) for one in sorted(offered))
    if before is not None:
        return ticket, (replace(_promised(Say.APPOINTMENT_UNCHANGED, ticket, before), choices=choices),)
    return ticket, (TextReply(say=Say.APPOINTMENT_OFFERED, choices=choices),) if choices else ()


def _kept(outcome: Outcome, ticket: Ticket, turn: Turn) -> DialogueState:
    told = {"number": ticket.number or "", "due": _moment(ticket.due or turn.now), "ticket": ticket.id}
    return with_extra(outcome.state, **{_KEPT[ticket.kind]: told})


def _promised(say: Say, ticket: Ticket, slot: Slot) -> TextReply:
    return TextReply(say=say, args={"number": ticket.number or "", "when": half_day(slot)})


def _assisted(wished: Sequence[Assistance], ticket: Ticket, turn: Turn) -> tuple[TextReply, ...]:
    return tuple(_said(_WISHED[each], ticket, turn) for each in wished)


def _said(say: Say, ticket: Ticket, turn: Turn) -> TextReply:
    return TextReply(say=say, args={"number": ticket.number or "", "due": _moment(ticket.due or turn.now)})


def _moment(at: datetime) -> str:
    local = at.astimezone(CHINA)
    return f"{local.month} 月 {local.day} 日 {local:%H:%M}"
