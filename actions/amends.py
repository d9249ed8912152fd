"""Takes back what was told earlier: an answer, a fact of the story, or what it is about; says which, and never more (改口)."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Final

from actions import checking, matters, screening, talk, unasked
from actions import facts as fact_values
from actions.acts import Act
from actions.consult import consult
from actions.matters import MATTER
from actions.services import Services
from actions.turn import HUMAN, SCREEN, Outcome, Turn, remembered
from actions.wire import Choice, MenuReply, QuestionReply, Say, TextReply, VerdictReply
from api.services.records import DialogueState
from knowledge_base import correcting
from knowledge_base.assess import FactNotUnderstood, FactRefused
from knowledge_base.types import FactType

_NUMBER: Final = r"[0-9０-９零一二两俩三仨四五六七八九十百千万半几]++"
_FIGURE: Final = re.compile(
    rf"(?:[一-龥]{{1,5}}?(?:是|有|一?共|总共|只有))?(?:应该|其实|是|我|他|她|欠|一?共|总共|大概|只有|才|就|有|在)*(?:{_NUMBER}多?个?半?(?:月|年|天|日|号|块|元|毛|人|岁|周|星期|礼拜|小时|户|口|次)?"
    r"|(?:上上?|这|本|前|去|今|昨|大前)个?(?:年|月|天|周|星期|礼拜)[一二三四五六日天末]?)++(?:多|半|左右|钱|工资|了|的|前|以前|啊|吧|才对)*"
)
"""A sum, a time, a number of people, and whose: a detail of the story, which changes no rule that was told."""
_MOST_DETAIL: Final = 24
_AROUND: Final = " \t\r\n,，。.!！?？~…"
_IS_ABOUT: Final = re.compile(r"(?:应该|其实|我?(?:想|要)?(?:说|问|讲)的?|[\s,，])*(?:是|问的是)")
"""«是房东不退押金» says what it is about instead; «他还打我» adds to it."""


async def told(turn: Turn, services: Services, /) -> Outcome | None:
    """Correct an answer or a told fact, turn to the matter that was meant, or hear a detail; None for everything else."""
    if turn.payload or turn.state.asked is not None:
        return None
    outcome = screening.reopened(turn, services)
    if outcome is not None:
        return outcome
    if correcting.only_takes_back(turn.text):
        return Outcome(state=turn.state, replies=(TextReply(say=Say.WHAT_IS_RIGHT, choices=(HUMAN,)),))
    said = correcting.opens(turn.text) or (turn.text if _is_asked(turn.state) else None)
    if not said:
        return None
    return _amended(turn, said, services) or await _of_the_story(turn, said, services)


async def _of_the_story(turn: Turn, said: str, services: Services) -> Outcome | None:
    """Hear a detail, or turn to the matter that was meant; None where nothing was told yet, or the words are of neither."""
    topic = turn.state.topic
    if topic is None:
        return None
    if _is_detail(said):
        return _detail(turn, services)
    best = next(iter((await asyncio.to_thread(services.classify, said, vector=None)).matters), None)
    if best is None or best.confidence < matters.SURE or matters.is_service(best.code):
        return None
    state, first = turn.state, tuple[TextReply, ...]()
    if best.code.partition(".")[0] != topic.partition(".")[0] and _IS_ABOUT.match(said):
        state = matters.dropped(turn.state, topic)
        first = (TextReply(say=Say.MATTER_DROPPED, args={"matter": services.title_of(topic) or topic}),)
    outcome = await consult(replace(turn, state=state, text=said, act=Act.ASK, confidence=1.0), services)
    return replace(outcome, replies=(*first, *outcome.replies))


def _is_detail(said: str) -> bool:
    return len(said) <= _MOST_DETAIL and _FIGURE.fullmatch(said.strip(_AROUND)) is not None


def _detail(turn: Turn, services: Services) -> Outcome:
    heard = MenuReply(say=Say.STORY_CORRECTED, choices=_ways(turn.state, services))
    return Outcome(state=turn.state, replies=(heard,))


def _is_asked(state: DialogueState) -> bool:
    """Tell whether the last words asked what is right."""
    return any(isinstance(one, TextReply) and one.say is Say.WHAT_IS_RIGHT for one in remembered(state))


def corrected(turn: Turn, services: Services, /) -> Outcome:
    """Read «I was wrong, it is four months» as a new answer to an earlier question, else ask the last one again."""
    said = correcting.instead(turn.text)
    amended = _amended(turn, said, services)
    if amended is not None:
        return amended
    if turn.state.asked is None and turn.state.topic is not None and said != turn.text and _is_detail(said):
        return _detail(turn, services)
    if said != turn.text and said.strip(_AROUND):
        # Something is put in place of something: to throw the last answer away would be a guess.
        return screening.again(turn, services, TextReply(say=Say.CORRECTION_UNCLEAR), lead=None)
    return screening.back(turn, services) if fact_values.answered(turn.state) else screening.again(turn, services)


def _amended(turn: Turn, said: str, services: Services) -> Outcome | None:
    """Change the one answer or told fact that the words speak of, and judge anew; None where they speak of none."""
    before = turn.state
    changes = ((one, checking.corrected(before, one, services)) for one in _changed(turn, said, services))
    after, replies = next(((one, told) for one, told in changes if told), (before, ()))
    if not replies:
        return None
    asked_on = before.asked is not None or (
        MATTER in before.facts and screening.judged(turn, before.facts, services).settled
    )
    if asked_on:
        return screening.advance(turn, replace(after, screening=True), services, *replies)
    return Outcome(state=after, replies=(*replies[:-1], replace(replies[-1], choices=_ways(after, services))))


def _changed(turn: Turn, said: str, services: Services) -> Iterator[DialogueState]:
    """Yield the memory as the words may have changed it, the answer that was given last first."""
    state = turn.state
    answered = list(reversed(fact_values.answered(state)))
    for fact in (*answered, *(one for one in state.facts if one not in answered)):
        if fact == MATTER:
            continue
        try:
            read = services.screener.amend(fact, said, on=turn.on, facts=state.facts)
            if not read.named and not _is_only_one(fact, state, services):
                continue
            if fact in answered:
                yield screening.with_answer(turn, state, fact, read.value, services)
            else:
                yield unasked.replaced(state, fact, read.value, services)
        except (FactNotUnderstood, FactRefused):
            continue
    asked_last = services.screener.question(answered[0], state.facts).type if answered else None
    if asked_last in {FactType.BOOL, FactType.ENUM} and not _is_detail(said):
        # «现在还领着低保»: an answer in words of its own to what was asked last. «是仨月» answers no yes-or-no question.
        with suppress(FactNotUnderstood, FactRefused):
            value = services.screener.parse(answered[0], said, on=turn.on, facts=state.facts)
            if value is not None:
                yield screening.with_answer(turn, state, answered[0], value, services)
    yield unasked.put_right(state, said, services)


def _is_only_one(fact: str, state: DialogueState, services: Services) -> bool:
    """Tell whether bare words can be about no other fact: the one day that was told, or the answer given a moment ago."""
    kind = services.screener.question(fact, state.facts).type
    if kind in {FactType.DATE, FactType.REGION}:
        return sum(services.screener.question(one, state.facts).type is kind for one in state.facts) == 1
    of_the_screen = any(isinstance(one, QuestionReply | VerdictReply) for one in remembered(state))
    return of_the_screen and fact in fact_values.answered(state)[-1:]


def _ways(state: DialogueState, services: Services) -> tuple[Choice, ...]:
    screen = (SCREEN,) if talk.offers_screen(state) else ()
    return (*screen, *matters.go_on(state, services.title_of), HUMAN)
