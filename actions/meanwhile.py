"""Catches up with what was told in danger: that is answered at once, without the dialogue, and must not be asked again (险中所说)."""

from itertools import takewhile
from typing import Final

from actions import matters, unasked
from actions.services import Services
from api.services import conversations
from api.services.ports import UnitOfWork
from api.services.records import Conversation, DialogueState, Sender, StoredMessage

_SAFETY, _DENIED = "safety", "denied"
BEATEN: Final = "claim.abuse"
BEATING: Final = "family.domestic_violence"
_MOST_DIGITS: Final = 9


async def caught_up(
    uow: UnitOfWork, state: DialogueState, conversation: Conversation, services: Services, /, *, message: str | None
) -> DialogueState:
    """Return the memory with what was told in danger since the dialogue was asked last, and what that was about.

    Whoever said that it was no danger after all has told nothing.
    """
    if not conversation.care.heard:
        return state
    said = await conversations.messages_after(uow, conversation_id=conversation.id, seq=_seen(state))
    said = tuple(takewhile(lambda one: str(one.seq) != message, said))
    if any(_DENIED in one.body for one in said):
        return state
    for one in said:
        if _is_of_danger(one):
            state = unasked.noted(state, one.text, None, services)
    if state.topic is None and unasked.of(state, BEATING, services).get(BEATEN) is True:
        return matters.taken_up(state, BEATING)
    return matters.after_danger(state, conversation.care.heard)


def _is_of_danger(one: StoredMessage) -> bool:
    return one.sender is Sender.CITIZEN and one.payload is None and _SAFETY in one.body


def _seen(state: DialogueState) -> int:
    """Return the message that the dialogue was asked last, nought for none."""
    number = str((state.last_reply or {}).get("message") or "")
    return int(number) if number.isdecimal() and len(number) <= _MOST_DIGITS else 0
