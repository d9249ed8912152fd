"""How somebody can be talked with at all: whoever cannot hear or speak is told that everything can be done in writing (打字)."""

import re
from typing import Final

from actions import asides
from actions.services import Services
from actions.turn import HUMAN, Outcome, Turn
from actions.wire import Say, TextReply

_LONGEST: Final = 30
"""Whoever writes more tells something beside, and that is looked up."""
_CANNOT_HEAR: Final = re.compile(
    r"我(?:是|们是|本人是|从小|现在|自己|们|,)*(?:个|一?名)?(?:聋哑?|哑巴?|听障|失聪|听力(?:障碍|残疾|不好|有问题)|言语障碍|听不[见到清]|说不了话|不会说话|讲不了话)"
)
_NO_VOICE: Final = re.compile(
    r"(?:打|接|听|讲|用)不了电话|(?:不能|没法|没办法|无法|不会|不方便)(?:打|接|听|讲|用)电话|(?:只能|只会|能不能)(?:靠)?(?:打字|写字|发文字|发消息|文字)"
)
_WRITES: Final = re.compile(r"打字|写字|文字|电话")


def told(turn: Turn, services: Services, /) -> Outcome | None:
    """Answer whoever says that a telephone is no use to them, and nothing else; None for everything else."""
    if turn.payload or turn.state.asked_private or not needs_writing(turn.text):
        return None
    return asides.resumed(turn, services, TextReply(say=Say.IN_WRITING, choices=(HUMAN,)))


def needs_writing(text: str, /) -> bool:
    """Tell the words of somebody who can only write."""
    if len(text) > _LONGEST:
        return False
    hears_nothing = _CANNOT_HEAR.search(text) is not None and _WRITES.search(text) is not None
    return hears_nothing or _NO_VOICE.search(text) is not None
