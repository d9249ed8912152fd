"""Asks back, once, where a word or a story can mean several things (澄清): what is unclear twice is answered as well as it can be."""

import re
from dataclasses import replace
from typing import Final

from actions import lookup, matters
from actions.lookup import Found
from actions.matters import GO_ON
from actions.services import Services
from actions.turn import HUMAN, Outcome, Turn, with_extra
from actions.wire import AnswerReply, Choice, MenuReply, Reply, Say
from api.services.records import DialogueState
from knowledge_base.types import KnowledgeUnavailable

_MOST_CHOICES: Final = 3
_CLARIFIED: Final = "clarified"
_WORD: Final = "bare_word"
"""Where the memory keeps a bare word of the last turn that means several things."""
_SHORTEST_CHOICE, _LONGEST_CHOICE = 2, 6
_LIST: Final = "、"
_PARTICLES: Final = re.compile(r"^(?:就?是|那|嗯)+|(?:的|吧|呢|啊|呀|那个|方面|那种|这种|[\W_])+$")


def has_room(turn: Turn, /) -> bool:
    """Tell a turn that has room for more than its answer: no form is open, and the talk is not of danger."""
    return turn.state.asked is None and not turn.conversation.care.close


def asked_back(turn: Turn, services: Services, /) -> Outcome | None:
    """Ask which of its meanings a bare word has, and tell what holds for all of them; None for everything else.

    It looks things up: call it in a thread.
    """
    if not has_room(turn) or has_just_asked(turn.state) or turn.answers or lookup.goes_on(turn):
        return None
    unclear = services.clarifications.of(turn.text, topic=turn.state.topic)
    if unclear is None:
        return None
    try:
        rule = lookup.told(services, unclear.rule, region=turn.region, turn=turn) if unclear.rule else None
    except KnowledgeUnavailable:
        return None  # the ordinary way says that nothing can be looked up
    ways = tuple(Choice(payload={"ask": way.question}, title=way.title) for way in unclear.ways)
    if unclear.ask is None:
        return Outcome(state=turn.state, replies=(AnswerReply(answer=rule, choices=(*ways, HUMAN)),)) if rule else None
    state = noted(turn.state, word=turn.text)
    if unclear.matter is not None:
        state = matters.taken_up(state, unclear.matter)
    before: tuple[Reply, ...] = (AnswerReply(answer=rule),) if rule is not None else ()
    question = MenuReply(say=Say.CLARIFY, args={"ask": unclear.ask}, choices=(*ways, HUMAN))
    return Outcome(state=state, replies=(*before, question))


def chosen(turn: Turn, services: Services, /) -> Turn:
    """Return the turn as if the choice had been pressed that the caller types in words of their own: «有打骂», «劳动的».

    The choices of a bare word can be typed as well where the matter at hand made one of them likely, and it was not asked.
    It may have to tell what the words are about: call it in a thread.
    """
    asked, before = turn.state.extra.get(_CLARIFIED), turn.state.extra.get(_WORD)
    word = asked if isinstance(asked, str) else before
    is_word = not turn.payload and bool(services.clarifications.ways_of(turn.text))
    turn = replace(turn, state=with_extra(turn.state, **{_WORD: turn.text if is_word else None}))
    said = _PARTICLES.sub("", turn.text)
    if not isinstance(word, str) or turn.payload or (is_word and word != asked) or len(said) < _SHORTEST_CHOICE:
        return turn
    ways = services.clarifications.ways_of(word)
    titled = [way for way in ways if said in way.title]
    named = titled or [way for way in ways if said in way.question]
    if not named and word == asked and len(said) <= _LONGEST_CHOICE:
        kind = _kind(said, services)
        named = [way for way in ways if kind is not None and _kind(way.question, services) == kind]
    if len(named) != 1:
        return turn
    # «财产、孩子» leads to one of the two: whoever types the other is told of that one.
    half = bool(titled) and _LIST in named[0].title and said not in named[0].question
    return replace(turn, text=f"{word} {said}" if half else named[0].question)


def _kind(text: str, services: Services) -> str | None:
    """Return the field that words are of, None where nobody can tell."""
    best = next(iter(services.classify(text, vector=None).matters), None)
    sure = best is not None and best.confidence >= matters.SURE
    return best.code.partition(".")[0] if best is not None and sure else None


def is_unsure(turn: Turn, found: Found, /) -> bool:
    """Tell a message that may be about several matters, none of them surely, where nothing was asked back yet."""
    several = len(found.heard) > 1 and len(found.said) == 1 and found.heard[0].confidence < matters.SURE
    return several and turn.state.asked is None and not has_just_asked(turn.state)


def which(found: Found, /) -> MenuReply:
    """Ask which matter is meant."""
    named = [Choice(payload={GO_ON: one.code}, title=one.title) for one in found.heard[:_MOST_CHOICES]]
    return MenuReply(say=Say.CLARIFY_MATTER, choices=(*named, HUMAN), matters=found.heard)


def has_just_asked(state: DialogueState, /) -> bool:
    """Tell whether the last turn asked back: nobody is asked back twice in a row."""
    return _CLARIFIED in state.extra


def noted(state: DialogueState, /, *, word: str | None = None) -> DialogueState:
    """Keep in mind that the last turn asked back, and about which bare word."""
    return with_extra(state, **{_CLARIFIED: word or True})


def forgotten(state: DialogueState, /) -> DialogueState:
    """Let a turn that was answered be followed by a question again."""
    return with_extra(state, **{_CLARIFIED: None})
