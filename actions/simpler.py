"""The last words once more, shorter: the lead sentence and its source, or the question alone (说简单点)."""

import re
from dataclasses import replace
from typing import Final, assert_never

from actions import asides, complaint
from actions.intake_questions import briefly
from actions.services import Services
from actions.turn import HUMAN, Outcome, Turn, worth_repeating
from actions.wire import (
    AnswerReply,
    DirectionsReply,
    HandoverReply,
    MenuReply,
    QuestionReply,
    ReceiptReply,
    Reply,
    SafetyReply,
    Say,
    StatusReply,
    TextReply,
    VerdictReply,
)

_SENTENCES: Final = re.compile(r".+?(?:[。！？!?\n](?=[^”」』）)]|$)|$)", re.DOTALL)
_TIME_LIMIT: Final = re.compile(r"[0-9一二两三四五六七八九十]个?(?:日|天|月|年)(?:之|以)?内")
_CUE: Final = re.compile(
    r"慢|听|懂|看不|明白|简单|简短|白话|太长|太多|太快|太复杂|啰嗦|重点|短|一句话|通俗|说人话|换(?:个|种)说|糊涂|迷糊|云山|绕|专业|不识|没上过学|反应|别说那么多|怎么办"
)
_LEADS: Final = frozenset({Say.SCREEN_RESUMED, Say.SIMPLER})


_AGAIN: Final = re.compile(
    r"(?:(?:啥|什么|嗯|恁|你|您|麻烦|请|能不能|可以|刚才|刚刚)*(?:再?(?:重复|复述)(?:一?下|一?遍|一?次)?|再(?:给我)?(?:说|念|讲|来|问|发|看)(?:一?遍|一?次|一?下)|(?:没|没有)(?:听|看)(?:清楚?|见|到)"
    r"|说(?:的)?(?:啥|什么)|问(?:的|了)?(?:啥|什么)|啥|什么)(?:吗|呀|啊|来着|呢|吧|了|我|给我|听听|问题)*){1,2}"
)
_MEANING: Final = re.compile(
    r"(?:这|那|你|你说的?|这话|这个|刚才|说的)*(?:是)?(?:什么|啥|甚)意思(?:啊|呀|呢|嘛)?|(?:问|要)这(?:个)?(?:干嘛|干啥|干什么|做什么)"
)
_MOST_AGAIN: Final = 14
_BREAKS: Final = re.compile(r"[\W_]+")
_SILENT: Final = frozenset({Say.NOT_IN_DOCUMENTS, Say.NOT_UNDERSTOOD, Say.OFF_TOPIC})
"""What no shorter form makes clearer."""


def asks_again(text: str, /) -> bool:
    """Tell the words of somebody who did not catch the last ones, and says nothing else."""
    return _is_only(text, _AGAIN)


def asks_meaning(text: str, /) -> bool:
    """Tell a question what the last words meant, and nothing else."""
    return _is_only(text, _MEANING)


def _is_only(text: str, words: re.Pattern[str]) -> bool:
    plain = _BREAKS.sub("", text)
    return len(plain) <= _MOST_AGAIN and words.fullmatch(plain) is not None


def meant(turn: Turn, /) -> bool:
    """Tell whoever did not follow from whoever tells of others: «厂里说我听不见干活慢» is a story."""
    return bool(turn.payload) or (_CUE.search(turn.text) is not None and complaint.is_ours(turn.text))


async def say(turn: Turn, _services: Services, /) -> Outcome:
    """Say the last thing again in its short form; an open question is asked alone."""
    before = worth_repeating(turn.state)
    if not before:
        return Outcome(state=turn.state, replies=(TextReply(say=Say.NOTHING_TO_REPEAT),))
    asked = [reply for reply in before if isinstance(reply, QuestionReply)]
    told = [reply for reply in before if not (isinstance(reply, TextReply) and reply.say in _LEADS)]
    if turn.state.asked is None and all(isinstance(reply, TextReply) and reply.say in _SILENT for reply in told):
        return Outcome(state=turn.state, replies=(TextReply(say=Say.ASK_AGAIN, choices=(HUMAN,)),))
    kept = asked[-1:] if turn.state.asked is not None and asked else told
    short = tuple(shorter(reply) for reply in kept)
    lead = () if turn.state.asked is not None else (TextReply(say=Say.SIMPLER, choices=(HUMAN,)),)
    return Outcome(state=turn.state, replies=(*lead, *short), form=asides.form_of(turn.state))


def shorter(reply: Reply, /) -> Reply:
    """Return what was told once already as its lead sentence and what must not be missed."""
    match reply:
        case AnswerReply():
            return in_short(reply)
        case VerdictReply():
            verdict = reply.verdict
            # What time limits there are is never left out.
            brief = replace(verdict, reasons=(), documents=(), alternatives=(), apply_at=None)
            return replace(reply, verdict=brief)
        case QuestionReply():
            return replace(reply, lead=None, question=briefly(reply.question))
        case (
            TextReply()
            | MenuReply()
            | ReceiptReply()
            | HandoverReply()
            | SafetyReply()
            | DirectionsReply()
            | StatusReply()
        ):
            return reply
        case _:
            assert_never(reply)


def in_short(reply: AnswerReply, /) -> AnswerReply:
    """Return an answer as its lead sentence and its source."""
    answer = reply.answer
    beside = tuple(replace(one, text=_first(one.text)) for one in answer.beside)
    return replace(reply, answer=replace(answer, text=_first(answer.text), beside=beside), told_before=True)


def _first(text: str) -> str:
    """Return the sentence that carries the answer, and whichever holds a time limit: that is never left out."""
    sentences = [one[0].strip() for one in _SENTENCES.finditer(text)]
    return "".join(one for at, one in enumerate(sentences) if at == 0 or _TIME_LIMIT.search(one)) or text
