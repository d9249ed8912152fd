"""Settles what an errand came to, in the turn's own transaction: a ticket and its number, a rating, an interpreter, a leave."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from actions import appointment, complaint
from actions.turn import Outcome, Turn, with_extra
from actions.wire import Say, TextReply
from api.domain.clocks import CHINA
from api.services import contact, conversations, lodging
from api.services.ports import UnitOfWork
from api.services.records import Assistance, SafeToContact, Ticket, TicketKind

_NOTED: Final = {TicketKind.COMPLAINT: Say.COMPLAINT_NOTED, TicketKind.CALL_BACK: Say.APPOINTMENT_NOTED}
_ADDED: Final = {TicketKind.COMPLAINT: Say.COMPLAINT_ADDED, TicketKind.CALL_BACK: Say.APPOINTMENT_CHANGED}
_KEPT: Final = {TicketKind.COMPLAINT: complaint.LODGED, TicketKind.CALL_BACK: appointment.BOOKED}
_WISHED: Final = {
    Assistance.SIGN_INTERPRETER: Say.APPOINTMENT_SIGN,
    Assistance.COMPANION: Say.APPOINTMENT_COMPANION,
}
_ABUSE: Final = "abuse"


async def settled(uow: UnitOfWork, turn: Turn, outcome: Outcome) -> Outcome:
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
    if outcome.signs_off:
        await conversations.sign_off(uow, conversation_id=thread, reason=_ABUSE, now=turn.now)
    return outcome if outcome.lodged is None else await _lodged(uow, turn, outcome)


async def _written_to(uow: UnitOfWork, turn: Turn) -> None:
    """Note that nothing may ring; whoever said something more careful before stays with that."""
    thread = await conversations.conversation(uow, conversation_id=turn.conversation.id, now=turn.now)
    if contact.strictest(thread.care.safe_to_contact, SafeToContact.MESSAGE_ONLY) is SafeToContact.MESSAGE_ONLY:
        care = replace(thread.care, safe_to_contact=SafeToContact.MESSAGE_ONLY)
        await conversations.take_care(uow, conversation_id=thread.id, care=care, now=turn.now)


async def _lodged(uow: UnitOfWork, turn: Turn, outcome: Outcome) -> Outcome:
    if outcome.lodged is None:
        return outcome
    if outcome.lodged.goes_on is not None:
        goes_on, words, wished = outcome.lodged.goes_on, outcome.lodged.words, outcome.lodged.assistance
        taken = await lodging.take_more(uow, ticket_id=goes_on, words=words, assistance=wished, now=turn.now)
        if taken is not None:
            beside = wished and not appointment.names_a_time(words)
            added = () if beside else (_said(_ADDED[taken.kind], taken, turn),)
            return replace(outcome, replies=(*added, *_assisted(wished, taken, turn), *outcome.replies))
    ticket = await lodging.lodge(
        uow,
        conversation_id=turn.conversation.id,
        kind=outcome.lodged.kind,
        words=outcome.lodged.words,
        contact=outcome.lodged.contact,
        safe_to_contact=outcome.lodged.safe_to_contact,
        assistance=outcome.lodged.assistance,
        now=turn.now,
    )
    noted = _said(_NOTED[ticket.kind], ticket, turn)
    kept = {_KEPT[ticket.kind]: {**noted.args, "ticket": ticket.id}}
    said = (noted, *_assisted(ticket.assistance, ticket, turn), *outcome.replies)
    return replace(outcome, state=with_extra(outcome.state, **kept), replies=said)


def _assisted(wished: Sequence[Assistance], ticket: Ticket, turn: Turn) -> tuple[TextReply, ...]:
    return tuple(_said(_WISHED[each], ticket, turn) for each in wished)


def _said(say: Say, ticket: Ticket, turn: Turn) -> TextReply:
    return TextReply(say=say, args={"number": ticket.number or "", "due": _moment(ticket.due or turn.now)})


def _moment(at: datetime) -> str:
    local = at.astimezone(CHINA)
    return f"{local.month} 月 {local.day} 日 {local:%H:%M}"
