"""What still has to be carried to a citizen whose channel has no stream of its own (送达)."""

from datetime import datetime, timedelta
from typing import Final

from api.services import contact, conversations, tickets
from api.services.ports import UnitOfWork
from api.services.records import StoredMessage, TicketKind

GRACE: Final = timedelta(seconds=20)
"""After which the outbox carries an answer that the turn itself has not: the process may have died between the two."""


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
    """Tell the staff that the platform will not carry it; what was said leads the next answer, should they write again."""
    thread = await conversations.conversation(uow, conversation_id=conversation_id, now=now)
    await tickets.ensure(uow, conversation=thread, kind=TicketKind.TASK, reason=f"undelivered:{code}", now=now)
