"""Words for somebody in danger: at most four short lines, numbers first, in the register of whoever speaks."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot.channels.numbers import Filler
from bot.channels.phrases import ForeignWords, SafetyPhrases, SafetyWords, Ways
from bot.messages import SafetyReply, SafetyStage
from knowledge_base.types import SafetyKind, Scene

MOST_LINES: Final = 4
_BEFORE_ANY_SCENE: Final = frozenset({SafetyKind.SELF_HARM})
_BEFORE_A_THREAT: Final = _BEFORE_ANY_SCENE | {SafetyKind.VIOLENCE_NOW, SafetyKind.CHILD_HARM}
_ENGLISH: Final = "en"
"""Said to whoever writes in a language that nobody has written these lines in."""


def written(reply: SafetyReply, phrases: SafetyPhrases, filler: Filler) -> str:
    """Return what is said."""
    kinds = [kind for kind in SafetyKind if kind in reply.kinds]
    if reply.language is not None:
        lines = _foreign(reply, kinds, phrases.languages.get(reply.language) or phrases.languages[_ENGLISH])
        return "\n".join(filler.lines(lines)[:MOST_LINES])
    lines = [*_lines(reply, kinds, phrases), *_opening(reply, phrases)]
    said = "\n".join(filler.lines(lines)[:MOST_LINES]).replace("{who}", reply.about or "")
    return said.replace("您", "你") if reply.child else said


def _lines(reply: SafetyReply, kinds: Sequence[SafetyKind], phrases: SafetyPhrases) -> Sequence[Ways]:
    words = _leading(reply, kinds, phrases)
    staying = phrases.staying[(reply.time - 1) % len(phrases.staying)]
    if words is None:
        return staying
    said: Mapping[SafetyStage, Sequence[Ways]] = {
        SafetyStage.DANGER: _first(reply, kinds, words, phrases),
        SafetyStage.AGAIN: words.again[(reply.time - 1) % len(words.again)],
        SafetyStage.AFTER: (words.after_other if reply.about else ()) or words.after,
        SafetyStage.OVER: words.over,
        SafetyStage.DENIED: phrases.denied,
        SafetyStage.ALONE: words.alone_other if reply.about else words.alone,
        SafetyStage.COMPANY: words.company_other if reply.about else words.company,
        SafetyStage.UNREACHABLE: words.unreachable,
        SafetyStage.LULLED: words.lulled,
        SafetyStage.CALLED: phrases.called,
        SafetyStage.AWAITED: phrases.awaited,
        SafetyStage.THEN: (words.then,),
        SafetyStage.STAYING: staying,
    }
    return said[reply.stage] or staying


def _opening(reply: SafetyReply, phrases: SafetyPhrases) -> Sequence[Ways]:
    if reply.opens_on is None or reply.stage is not SafetyStage.DANGER:
        return ()
    return (phrases.opens_on.format(day=f"{reply.opens_on.month} 月 {reply.opens_on.day} 日"),)


def _leading(reply: SafetyReply, kinds: Sequence[SafetyKind], phrases: SafetyPhrases) -> SafetyWords | None:
    """Return the words of what is gravest: a life before any scene, a scene before every other kind.

    Whoever threatens and is struck, or is a child who is harmed, is told first where to be safe.
    """
    first = _BEFORE_A_THREAT if reply.scene is Scene.THREATENS else _BEFORE_ANY_SCENE
    if reply.scene is not None and not first.intersection(kinds):
        return phrases.scenes[reply.scene]
    return phrases.kinds[kinds[0]] if kinds else None


def _first(
    reply: SafetyReply, kinds: Sequence[SafetyKind], gravest: SafetyWords, phrases: SafetyPhrases
) -> Sequence[Ways]:
    """Return the block of the gravest danger, with what must not be missed of the others before its last line."""
    lines = gravest.lines
    if reply.quiet and gravest.quiet:
        lines = gravest.quiet
    elif reply.reports and gravest.reporter:
        lines = gravest.reporter
    elif reply.about is not None and gravest.other:
        lines = gravest.other
    elif reply.child and gravest.child:
        lines = gravest.child
    all_words = [phrases.kinds[kind] for kind in kinds]
    if reply.scene is not None:
        all_words.append(phrases.scenes[reply.scene])
    beside = [words.beside for words in all_words if words is not gravest and words.beside][: MOST_LINES // 2]
    kept = MOST_LINES - len(beside) - 1
    return [*lines[:-1][:kept], *beside, lines[-1]]


def _foreign(reply: SafetyReply, kinds: Sequence[SafetyKind], words: ForeignWords) -> Sequence[Ways]:
    if reply.stage in {SafetyStage.DANGER, SafetyStage.AGAIN} and kinds:
        return words.kinds[kinds[0]]
    return words.staying
