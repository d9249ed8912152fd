"""Words for somebody in danger: at most four short lines, numbers first, in the register of whoever speaks."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.channels.numbers import Filler
from bot.channels.phrases import ForeignWords, SafetyPhrases, SafetyWords, Ways
from bot.messages import SafetyReply, SafetyStage
from knowledge_base.types import SafetyKind

MOST_LINES: Final = 4
_ENGLISH: Final = "en"
"""Said to whoever writes in a language that nobody has written these lines in."""


def written(reply: SafetyReply, phrases: SafetyPhrases, filler: Filler) -> str:
    """Return what is said."""
    kinds = [kind for kind in SafetyKind if kind in reply.kinds]
    if reply.language is not None:
        lines = _foreign(reply, kinds, phrases.languages.get(reply.language) or phrases.languages[_ENGLISH])
        return "\n".join(filler.lines(lines)[:MOST_LINES])
    lines = _lines(reply, kinds, phrases)
    said = "\n".join(filler.lines(lines)[:MOST_LINES]).replace("{who}", reply.about or "")
    return said.replace("您", "你") if reply.child else said


def _lines(reply: SafetyReply, kinds: Sequence[SafetyKind], phrases: SafetyPhrases) -> Sequence[Ways]:
    if not kinds:
        return phrases.staying
    words = phrases.kinds[kinds[0]]
    match reply.stage:
        case SafetyStage.DANGER:
            return _first(reply, kinds, phrases.kinds)
        case SafetyStage.AGAIN:
            return words.again[(reply.time - 1) % len(words.again)]
        case SafetyStage.AFTER:
            return words.after or phrases.staying
        case SafetyStage.STAYING:
            return phrases.staying
        case SafetyStage.OVER:
            return words.over or phrases.staying


def _first(reply: SafetyReply, kinds: Sequence[SafetyKind], words: Mapping[SafetyKind, SafetyWords]) -> Sequence[Ways]:
    """Return the block of the gravest danger, with what must not be missed of the others before its last line."""
    gravest = words[kinds[0]]
    lines = gravest.lines
    if reply.about is not None and gravest.other:
        lines = gravest.other
    elif reply.child and gravest.child:
        lines = gravest.child
    beside = [words[kind].beside for kind in kinds[1:] if words[kind].beside][: MOST_LINES // 2]
    kept = MOST_LINES - len(beside) - 1
    return [*lines[:-1][:kept], *beside, lines[-1]]


def _foreign(reply: SafetyReply, kinds: Sequence[SafetyKind], words: ForeignWords) -> Sequence[Ways]:
    if reply.stage in {SafetyStage.DANGER, SafetyStage.AGAIN} and kinds:
        return words.kinds[kinds[0]]
    return words.staying
