"""What comes without words: photographs and PDFs that were kept, what was turned down, and what nobody here can read (图片、文件).

A day that a machine read in a document is shown back and never taken for granted: whoever holds the original says whether
it is right, and the staff read both in the thread.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from actions import asides, waiting
from actions.media import Media
from actions.services import Services
from actions.turn import APPOINT, HUMAN, Outcome, Turn, remembered
from actions.wire import Say, TextReply
from knowledge_base.spoken_dates import spoken_dates

_KIND: Final = "document"
_SAID: Final[Mapping[Media, Say]] = {
    Media.IMAGE: Say.MEDIA_IMAGE,
    Media.VOICE: Say.MEDIA_VOICE,
    Media.VIDEO: Say.MEDIA_VIDEO,
    Media.LOCATION: Say.MEDIA_LOCATION,
    Media.FILE: Say.MEDIA_IMAGE,
}
_REFUSED: Final[Mapping[str, Say]] = {
    "document_empty": Say.DOCUMENT_DAMAGED,
    "document_too_large": Say.DOCUMENT_TOO_LARGE,
    "document_unknown": Say.DOCUMENT_UNKNOWN,
    "document_damaged": Say.DOCUMENT_DAMAGED,
    "document_not_fetched": Say.DOCUMENT_NOT_FETCHED,
    "document_too_many": Say.DOCUMENT_TOO_MANY,
}
_KEPT: Final = frozenset({Say.PHOTOGRAPH_KEPT, Say.DOCUMENT_KEPT, Say.ANOTHER_KEPT})
_NAMES: Final = {"hearing": "开庭的日子是", "issued": "文件落款是", "other": "写着"}
_UNSURE: Final = re.compile(r"(?:不知道|不清楚|说不准|不确定|没看清|看不清|记不清)了?")
_NO: Final = re.compile(r"\s*(?:不对|不是|不|错)")
_MOST_DAYS: Final = 4


def taken(turn: Turn, services: Services, kind: Media, /) -> Outcome:
    """Say what becomes of it; the days that a document was read for are asked about."""
    if turn.payload.get("kept") is True:
        days = tuple(_days(turn.payload.get("days")))
        if days and not waiting.is_awaited(turn):
            question = replace(asides.PAPER_DAYS, text=asides.PAPER_DAYS.text.format(days="，".join(days)))
            return asides.ask(turn.state, question, known={"kind": _KIND, asides.WORDED: question.text})
        return asides.resumed(turn, services, _kept(turn, kind))
    refused = _REFUSED.get(str(turn.payload.get("refused")))
    if refused is not None:
        return asides.resumed(turn, services, TextReply(say=refused, choices=(HUMAN,)))
    if waiting.is_awaited(turn):
        return asides.resumed(turn, services, TextReply(say=Say.AWAITED_MEDIA))
    return asides.resumed(turn, services, TextReply(say=_SAID[kind], choices=(HUMAN, APPOINT)))


async def answered(turn: Turn, services: Services, _known: Mapping[str, Any], /) -> Outcome | None:
    """Go on after yes, no, or another day: it stands in the thread, in the caller's own words. None for something else."""
    given = turn.answers.get(asides.PAPER_DAYS.fact)
    if asides.agreed(turn, asides.PAPER_DAYS):
        say = Say.DAYS_RIGHT
    elif given == "unsure" or (given is None and _UNSURE.search(turn.text)):
        say = Say.DAYS_UNSURE
    elif given == "no" or _NO.match(turn.text) or any(spoken_dates(turn.text, on=turn.on)):
        say = Say.DAYS_WRONG
    else:
        return None
    return asides.back(turn, services, _KIND, TextReply(say=say))


def _kept(turn: Turn, kind: Media) -> TextReply:
    if waiting.is_awaited(turn):
        return TextReply(say=Say.AWAITED_DOCUMENT)
    if any(isinstance(one, TextReply) and one.say in _KEPT for one in remembered(turn.state)):
        return TextReply(say=Say.ANOTHER_KEPT, choices=(HUMAN,))
    return TextReply(say=Say.PHOTOGRAPH_KEPT if kind is Media.IMAGE else Say.DOCUMENT_KEPT, choices=(HUMAN,))


def _days(given: object) -> Iterator[str]:
    """Say days as people do. Everything in a payload may have been made up by somebody."""
    for one in given[:_MOST_DAYS] if isinstance(given, list) else ():
        kind, _, written = str(one).partition(":")
        try:
            day = date.fromisoformat(written)
        except ValueError:
            continue
        if kind in _NAMES:
            yield f"{_NAMES[kind]}{day.year}年{day.month}月{day.day}日"
