"""Puts together what is told a few words at a time (零碎地说): «我弟», «昨天», «出事了» are one story, and no failed answers."""

import re
from dataclasses import replace
from typing import Final

from actions.lookup import SHORT_TALK, Found
from actions.matters import SURE
from actions.turn import Turn, remembered, with_extra
from actions.wire import Say, TextReply
from api.services.records import DialogueState
from knowledge_base.demands import asks
from knowledge_base.types import NoAnswer

_KEPT: Final = "pieces"
_UNKNOWN: Final = re.compile(r"(?:我|也|还|都)*(?:不知道|不晓得|不清楚|说不清|没说)")
"""«不知道为啥» asks nothing."""
_MADE_UP: Final = re.compile(
    r"(?:写|作|做|编|讲|说|来|唱|画|背|念|出)(?:一|几)?(?:首|个|段|篇|幅|支|道|副)?[^，。]{0,4}(?:诗|歌|笑话|故事|作文|小说|代码|程序|幅画|相声|段子|绕口令|谜语|对联)"
)
_PLEASE: Final = re.compile(r"(?:请|那|你|您|能不能|能|可以|可不可以|会不会|会|帮我|给我|替我|再|先)*")
_LONGEST: Final = 8
"""Characters of a few words before anybody knows what it is about; within a matter a piece may be longer."""
_MOST: Final = 5
"""So many in a row are listened to; then a person is offered, as after any other words that lead nowhere."""


def orders(text: str, /) -> bool:
    """Tell an order for something that is made up: a poem, a joke, a program."""
    return _MADE_UP.search(text) is not None


def only_orders(text: str, /) -> bool:
    """Tell such an order where it is all that is said: «给我写首诗吧» within a matter is no piece of the story."""
    asked = _PLEASE.match(text)
    found = _MADE_UP.match(text, asked.end() if asked else 0)
    return found is not None and len(text) - found.end() <= 2  # noqa: PLR2004 - «吧», «听听»


def noted(turn: Turn, /) -> Turn:
    """Return the turn with its words kept, as long as they may be a piece of something."""
    if turn.payload or turn.state.asked is not None or not 0 < len(turn.text) <= SHORT_TALK:
        return replace(turn, state=forgotten(turn.state))
    told = [*turn.state.extra.get(_KEPT, ()), turn.text]
    return replace(turn, state=with_extra(turn.state, **{_KEPT: told}))


def joined(turn: Turn, /) -> Turn | None:
    """Return the turn with the pieces before it, as long as nobody knows what they are about; None for the first."""
    told = turn.state.extra.get(_KEPT, ())
    return replace(turn, text=" ".join(told)) if len(told) > 1 and turn.state.topic is None else None


def is_one(turn: Turn, found: Found, /) -> bool:
    """Tell a piece of a story that asks nothing, and in which nothing can be told yet."""
    told = turn.state.extra.get(_KEPT, ())
    if not told or len(told) > _MOST or (asks(told[-1]) and _UNKNOWN.match(told[-1]) is None):
        return False
    if not isinstance(found.answer, NoAnswer) or found.answer.because or found.proof is not None:
        return False
    if turn.state.topic is not None:
        return not found.said and found.general is None
    guessed = not found.said or found.said[0].matter.confidence < SURE
    return len(told[-1]) <= _LONGEST and (guessed or found.general is None)


def answer(turn: Turn, /) -> Say:
    """Return what shows that somebody listens: at length the first time, and then in a word."""
    before = remembered(turn.state)
    listens = bool(before) and isinstance(before[-1], TextReply) and before[-1].say in {Say.TELL_ON, Say.TELL_MORE}
    return Say.TELL_MORE if listens else Say.TELL_ON


def forgotten(state: DialogueState, /) -> DialogueState:
    """Let the next few words begin a story of their own."""
    return with_extra(state, **{_KEPT: None})
