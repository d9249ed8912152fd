"""Settles what an errand came to, in the turn's own transaction: a ticket and its number, a rating, an interpreter, a leave."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from actions import appointment, asides
from actions.turn import Outcome, Turn, with_extra
from actions.wire import Say, TextReply
from api.domain.clocks import CHINA
from api.services import conversations, lodging
from api.services.ports import UnitOfWork
from api.services.records import TicketKind

_NOTED: Final = {TicketKind.COMPLAINT: Say.COMPLAINT_NOTED, TicketKind.CALL_BACK: Say.APPOINTMENT_NOTED}
_ABUSE: Final = "abuse"


async def settled(uow: UnitOfWork, turn: Turn, outcome: Outcome) -> Outcome:
    """Do what the outcome asks for; a ticket's number and promised day are said first."""
    thread = turn.conversation.id
    if outcome.reached is not None:
        await lodging.leave_contact(uow, ticket_id=outcome.reached.ticket, contact=outcome.reached.contact)
    if outcome.satisfaction is not None:
        await lodging.rate(uow, conversation_id=thread, satisfaction=outcome.satisfaction, now=turn.now)
    if outcome.language is not None:
        await conversations.need_interpreter(uow, conversation_id=thread, language=outcome.language)
    if outcome.signs_off:
        await conversations.sign_off(uow, conversation_id=thread, reason=_ABUSE, now=turn.now)
    return outcome if outcome.lodged is None else await _lodged(uow, turn, outcome)


async def _lodged(uow: UnitOfWork, turn: Turn, outcome: Outcome) -> Outcome:
    if outcome.lodged is None:
        return outcome
    ticket = await lodging.lodge(
        uow,
        conversation_id=turn.conversation.id,
        kind=outcome.lodged.kind,
        words=outcome.lodged.words,
        contact=outcome.lodged.contact,
        safe_to_contact=outcome.lodged.safe_to_contact,
        now=turn.now,
    )
    args = {"number": ticket.number or "", "due": _moment(ticket.due or turn.now)}
    noted = TextReply(say=_NOTED[ticket.kind], args=args)
    state = asides.noting(outcome.state, ticket=ticket.id)
    if ticket.kind is TicketKind.CALL_BACK:
        state = with_extra(state, **{appointment.BOOKED: args})
    return replace(outcome, state=state, replies=(noted, *outcome.replies))


def _moment(at: datetime) -> str:
    local = at.astimezone(CHINA)
    return f"{local.month} 月 {local.day} 日 {local:%H:%M}"
