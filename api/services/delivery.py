"""What still has to be carried to a citizen whose channel has no stream of its own (送达)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from api.services import contact, conversations, tickets
from api.services.ports import UnitOfWork
from api.services.records import Conversation, StoredMessage, TicketKind

GRACE: Final = timedelta(seconds=20)
"""After which the outbox carries an answer that the turn itself has not: the process may have died between the two."""

UNDELIVERED: Final = "undelivered"
CALL_BACK: Final = "call_back"


async def waiting(uow: UnitOfWork, *, conversation_id: str, now: datetime) -> tuple[StoredMessage, ...]:
    """Return what may be carried now, oldest first. Raises ConversationNotFound.

    Where a message may endanger the citizen, and they did not write just now, nothing goes out: it leads the next answer.
    """
    thread = await conversations.conversation(uow, conversation_id=conversation_id, now=now)
    if not await contact.may_push(uow, conversation=thread, now=now):
        return ()
    return await uow.conversations.undelivered(conversation_id)


async def reached(uow: UnitOfWork, *, conversation_id: str, seq: int) -> None:
    """Note that the citizen has been told everything up to `seq`."""
    await uow.conversations.mark_delivered(conversation_id, seq=seq)


async def failed(uow: UnitOfWork, *, conversation_id: str, code: str, now: datetime) -> None:
    """Tell the staff that the platform will not carry it; what was said leads the next answer, should they write again.

    Where the citizen left a number for an application, and a call endangers nobody, it is theirs to call.
    """
    thread = await conversations.conversation(uow, conversation_id=conversation_id, now=now)
    reference = await _may_be_called(uow, thread)
    if reference is None:
        await tickets.ensure(uow, conversation=thread, kind=TicketKind.TASK, reason=f"{UNDELIVERED}:{code}", now=now)
        return
    reason = f"{CALL_BACK}:{code}"
    opened = await uow.tickets.open_ones(conversation_id=conversation_id)
    if not any(ticket.reference == reference and ticket.reason.startswith(f"{CALL_BACK}:") for ticket in opened):
        task = tickets.fresh(thread, TicketKind.TASK, reason=reason, urgency=thread.urgency, now=now)
        await uow.tickets.add(replace(task, reference=reference))


async def _may_be_called(uow: UnitOfWork, thread: Conversation) -> str | None:
    """Return the newest application whose citizen may be rung; a number left for anything else was left for that alone."""
    for record in reversed(await uow.applications.of_conversation(thread.id)):
        if contact.may_ring(record.safe_to_contact, thread.care.safe_to_contact):
            return record.application.reference
    return None
