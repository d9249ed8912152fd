"""What is said before the law: how to be safe, and one sentence to what the caller feels (先说人，再说法)."""

from typing import Final

from actions.clarify import has_room
from actions.lookup import Found
from actions.services import Services
from actions.turn import Turn, with_extra
from actions.wire import Reply, Say, TextReply
from api.services.records import DialogueState
from knowledge_base.types import NoAnswer, SafetyKind, Urgency

_FELT: Final = "felt"


def safety_first(turn: Turn, replies: tuple[Reply, ...], services: Services, /) -> tuple[Reply, ...]:
    """Say how to get help before the law is told to somebody who may be beaten at home."""
    told_before = SafetyKind.VIOLENCE_NOW in turn.conversation.care.heard
    if turn.text not in services.clarifications.unsafe or told_before or not has_room(turn):
        return replies
    return (TextReply(say=Say.SAFE_FIRST), *replies)


def only_felt(turn: Turn, found: Found, services: Services, /) -> bool:
    """Tell a message that says how somebody feels and nothing that could be looked up."""
    silent = isinstance(found.answer, NoAnswer) and not found.answer.because
    if not silent or found.said or not has_room(turn):
        return False
    return services.feelings.heard_in(turn.text) is not None


def acknowledged(
    turn: Turn, state: DialogueState, replies: tuple[Reply, ...], services: Services, /
) -> tuple[DialogueState, tuple[Reply, ...]]:
    """Answer to what the caller feels, once in a conversation, never in a form and never beside danger.

    Whoever is at the end of their strength was offered a person and the helpline already, and needs no sentence more.
    """
    calm = turn.conversation.urgency is Urgency.S2 and has_room(turn) and not turn.conversation.care.distress_told
    feeling = services.feelings.heard_in(turn.text) if calm and _FELT not in state.extra else None
    if feeling is None:
        return state, replies
    return with_extra(state, **{_FELT: True}), (TextReply(say=Say.FEELING, args={"said": feeling.says}), *replies)
