"""Whether anything may go out to a caller: where it could put them in danger, nothing does that they did not ask for (能否联系)."""

from datetime import datetime, timedelta
from typing import Final

from api.services.ports import UnitOfWork
from api.services.records import Conversation, SafeToContact, Sender

SPOKEN: Final = frozenset({"call", "voice"})
"""Channels whose thread its citizen never reads: a call that staff took down, and the assistant's own line."""
_PRESENT: Final = timedelta(minutes=15)
"""Whoever wrote so lately is there and waits: an answer is no contact of ours."""
_FREEST_FIRST: Final = (
    SafeToContact.YES,
    SafeToContact.NEUTRAL_ONLY,
    SafeToContact.MESSAGE_ONLY,
    SafeToContact.UNKNOWN,
    SafeToContact.NO,
)
SILENT: Final = frozenset({SafeToContact.NO, SafeToContact.UNKNOWN})
"""Nothing may go out of itself."""
_RINGS: Final = frozenset({SafeToContact.YES, SafeToContact.NEUTRAL_ONLY})


def strictest(*answers: SafeToContact | None) -> SafeToContact:
    """Return the most careful of what was answered; nothing answered stands in nobody's way."""
    given = [answer for answer in answers if answer is not None]
    return max(given, key=_FREEST_FIRST.index, default=SafeToContact.YES)


def may_ring(*answers: SafeToContact | None) -> bool:
    """Tell whether somebody may be rung, by the most careful of what was answered."""
    return strictest(*answers) in _RINGS


async def answered(uow: UnitOfWork, *, conversation: Conversation) -> SafeToContact | None:
    """Return the most careful of what was answered in a thread and in the applications that came out of it, if anything was."""
    records = await uow.applications.of_conversation(conversation.id)
    answers = (conversation.care.safe_to_contact, *(record.safe_to_contact for record in records))
    return None if answers == (None,) else strictest(*answers)


async def may_push(uow: UnitOfWork, *, conversation: Conversation, now: datetime) -> bool:
    """Tell whether a message of ours may ring at the caller's, beyond standing in the thread."""
    if await answered(uow, conversation=conversation) not in SILENT:
        return True
    said = await uow.conversations.last_said(conversation.id, sender=Sender.CITIZEN)
    return said is not None and now - said <= _PRESENT
