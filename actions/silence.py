"""Silence, noise, and a moment that is asked for: a prompt, a person, then quiet; never a loop (静默)."""

import re
from dataclasses import replace
from typing import Final

from actions import asides, matters, sent, talk, waiting
from actions.media import Media
from actions.services import Services
from actions.turn import APPOINT, HUMAN, SCREEN, Form, Outcome, Turn, remembered, with_extra
from actions.wire import Choice, MenuReply, Say, TextReply

_COUNT: Final = "silences"
_NOTHING: Final = re.compile(r"[\W_\ufffd]*")
_MUTTERS: Final = re.compile(r"(?:[嗯恩唔呃额啊哦噢喔呵哼唉诶欸哎]|en|em+|uh+|um+|[\W_])+", re.IGNORECASE)
_NOISE: Final = re.compile(
    r"[\[(（【<《]\s*(?:静音|沉默|无声|噪音|杂音|无法识别|未识别|听不清|silence|noise|inaudible|unk|blank_audio|music|音乐)\s*[\])）】>》]",
    re.IGNORECASE,
)
_WAITS: Final = re.compile(
    r"(?:好的?|嗯|哎|唉|喂|那|你|您|麻烦|请|先|再|别急|不急|帮我|给我)*(?:稍等|等|慢着|且慢)(?:一?下儿?|[一两]?会儿?|等|我|片刻|[0-9一两几]+分钟|哈|啊|哦|喔|吧|呀)*"
    r"(?:电话(?:来了|响了?|进来了?)|有(?:个)?(?:电话|人(?:来了?|敲门|找我?|叫我?))|孩子(?:哭|醒|闹)了?|(?:我)?(?:在开车|在忙|有点事)|我(?:去|要|先|在|再|得|正|好好)*(?:找|翻|看|接|拿|问|想|查|开|喝|上|哄|喂|换|倒|关|算|戴)[^?？]{0,8})?"
)
"""«等一下», «等会儿 我找找合同»: neither a question nor an answer."""
_SAYS_MORE: Final = re.compile(r"[?？吗么呢]|怎么|多少|什么|哪|谁|同意")
"""«等会儿 我先问问 收费吗» asks."""
_MUTTERED: Final = 3
"""A mutter said so often is no yes."""
_NODS: Final = re.compile(
    r"(?:[嗯恩唔噢喔哦额呃哈]|那?也?(?:好的?|行|中)吧?|好嘞|知道了|晓得了|明白了?|懂了|了解了?|收到|ok(?:ay)?)+",
    re.IGNORECASE,
)
"""Says that the last words were heard, and no more: a yes only where they asked something."""
_LISTENS: Final = frozenset({Say.TELL_SLOWLY, Say.TELL_WHAT, Say.TELL_ON, Say.TELL_MORE, Say.WHAT_HAPPENED})
_MOST_NAMED: Final = 5
_FIRST, _SECOND, _THIRD = 1, 2, 3


async def heard(turn: Turn, services: Services, /) -> Outcome | None:
    """Answer a message that says nothing; None for every message with words."""
    kind = _media(turn)
    if kind is not None and kind is not Media.SILENCE:
        return sent.taken(_forgotten(turn), services, kind)
    if kind is None and not turn.payload and asks_to_wait(turn.text):
        return Outcome(state=turn.state, replies=(TextReply(say=Say.WAITING),), form=asides.form_of(turn.state))
    if kind is None and (turn.payload or not is_silent(turn.text, open_question=turn.state.asked is not None)):
        return _nodded(turn, services)
    return await _quiet(turn, services)


def broken(turn: Turn, /) -> Turn:
    """Return the turn with earlier silences forgotten: somebody has spoken."""
    return _forgotten(turn) if _COUNT in turn.state.extra else turn


def asks_to_wait(text: str, /) -> bool:
    """Tell the words of somebody who wants a moment, and says nothing else."""
    return _WAITS.fullmatch(re.sub(r"[\W_]+", "", text)) is not None and _SAYS_MORE.search(text) is None


def is_silent(text: str, /, *, open_question: bool) -> bool:
    """Tell what says nothing: signs alone, noise that a recogniser noted, or muttering that answers no question."""
    plain = _NOISE.sub("", text)
    if _NOTHING.fullmatch(plain):
        return True
    letters = re.sub(r"[\W_]", "", plain)
    return not open_question and len(letters) >= _MUTTERED and _MUTTERS.fullmatch(plain) is not None


def nods(text: str, /) -> bool:
    """Tell «嗯», «哦», «行吧»: somebody has read it, and says nothing of it."""
    return _NODS.fullmatch(re.sub(r"[\W_]+", "", text)) is not None


def _nodded(turn: Turn, services: Services) -> Outcome | None:
    """Lead on whoever only nods: with the question that their matter leaves open, with choices, then to a person."""
    if turn.payload or turn.state.asked is not None or not nods(turn.text) or waiting.is_awaited(turn):
        return None
    last = next(reversed(remembered(turn.state)), None)
    if talk.is_asked(turn.state):
        return None
    says = last.say if isinstance(last, TextReply | MenuReply) else None
    count = int(turn.state.extra.get(_COUNT, 0)) + 1
    state = with_extra(turn.state, **{_COUNT: count})
    if count >= _THIRD:
        return Outcome(state=state, replies=(_left_quiet(offers=count % 2 == 1),))
    if count == _SECOND:
        return Outcome(state=state, replies=(_what_of_it(turn, services),))
    offered = talk.offer_of(turn.state)
    if offered is not None and last is not None and not turn.conversation.care.close:
        say = Say.SCREEN_OFFER if offered is Form.SCREEN else Say.HANDOFF_OFFER
        return Outcome(state=state, replies=(MenuReply(say=say, choices=last.choices),))
    waits = Say.SILENCE_AFTER if says in _LISTENS else Say.ALL_RIGHT
    return Outcome(
        state=state, replies=(TextReply(say=Say.SILENCE_FIRST if last is None else waits, choices=(HUMAN,)),)
    )


def _what_of_it(turn: Turn, services: Services) -> MenuReply:
    """Ask what is wanted of the matter at hand, or which matter it is."""
    if turn.state.topic is not None:
        screen = (SCREEN,) if talk.offers_screen(turn.state) else ()
        ways = (*screen, *matters.go_on(turn.state, services.title_of), HUMAN)
        return MenuReply(say=Say.TELL_WHAT, choices=ways)
    common = services.screener.question(matters.MATTER).options[:_MOST_NAMED]
    named = (Choice(payload={matters.GO_ON: one.value}, title=one.title) for one in common)
    return MenuReply(say=Say.CLARIFY_MATTER, choices=(*named, HUMAN))


def _left_quiet(*, offers: bool) -> TextReply:
    """Offer a person, or wait: by turns, so that nobody reads one line for ever."""
    if offers:
        return TextReply(say=Say.SILENCE_SECOND, choices=(HUMAN, APPOINT))
    return TextReply(say=Say.SILENCE_AFTER, choices=(HUMAN,))


async def _quiet(turn: Turn, services: Services) -> Outcome:
    """Prompt once, offer a person, then be quiet; whoever waits for a person is told of the wait instead."""
    count = int(turn.state.extra.get(_COUNT, 0)) + 1
    quiet = replace(turn, state=with_extra(turn.state, **{_COUNT: count}))
    if waiting.is_awaited(turn):
        if count % 2:
            return await waiting.known(quiet, services)
        said = TextReply(say=Say.SILENCE_AFTER)
    elif count == _FIRST:
        return asides.resumed(quiet, services, TextReply(say=Say.SILENCE_FIRST, choices=(HUMAN,)))
    else:
        said = _left_quiet(offers=count % 2 == 0)
    return Outcome(state=quiet.state, replies=(said,), form=asides.form_of(quiet.state))


def _media(turn: Turn) -> Media | None:
    kind = turn.payload.get("kind") if turn.payload.get("act") == "media" else None
    return next((one for one in Media if one.value == kind), Media.FILE if turn.payload.get("act") == "media" else None)


def _forgotten(turn: Turn) -> Turn:
    return replace(turn, state=with_extra(turn.state, **{_COUNT: None}))
