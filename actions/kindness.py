"""What is said before the law: how to be safe, and one sentence to what the caller feels (先说人，再说法)."""

import re
from typing import Final

from actions.clarify import has_room
from actions.lookup import Found
from actions.services import Services
from actions.turn import HUMAN, Outcome, Turn, with_extra
from actions.wire import Reply, Say, TextReply
from api.services.records import DialogueState
from knowledge_base.types import NoAnswer, SafetyKind, Urgency

_FELT: Final = "felt"
_SHORT: Final = 20
_MISHAP: Final = re.compile(
    r"出(?:了)?(?:点|大)?(?:事|麻烦|乱子)|不好了|坏了|完了|完蛋|救急|急事|紧急|十万火急|天塌了|摊上(?:大)?事"
)
_ALARM: Final = re.compile(
    rf"(?:(?:我|我们|俺|家里?|家里人|孩子|儿子|女儿|老公|老婆|爸妈?|妈|爹|娘|他|她|这边|这里|真的?|刚刚?|现在|今天|又|可|有|要|是|"
    rf"喂|你好|您好|同志|律师|快|帮帮?我|帮忙|求求?你们?|怎么办|咋办|咋整|该怎么办|啊|呀|呢|了|的|[\W_])*(?:{_MISHAP.pattern})"
    rf"(?:了|啊|呀|呢|儿|情|怎么办|该怎么办|咋办|咋整|完了|快|帮帮?我|帮忙|求求?你们?|[\W_])*)+"
)


def alarmed(turn: Turn, /) -> Outcome | None:
    """Ask what happened of whoever says that something has, and not what: «出事了». None for everything else."""
    unknown = turn.state.topic is None and turn.state.asked is None and not turn.payload
    if (
        not unknown
        or len(turn.text) > _SHORT
        or _ALARM.fullmatch(turn.text) is None
        or _MISHAP.search(turn.text) is None
    ):
        return None
    return Outcome(state=turn.state, replies=(TextReply(say=Say.WHAT_HAPPENED, choices=(HUMAN,)),))


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
