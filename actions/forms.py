"""What a turn means while a form is open: an answer, a way out, or a question in between that is answered first."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from actions import intake, screening, talk
from actions.acts import Act
from actions.consult import consult
from actions.facts import AnswerMalformed
from actions.intake_questions import BY_FACT
from actions.services import Services
from actions.turn import Form, Outcome, Turn
from actions.wire import Reply, Say
from knowledge_base.types import KnowledgeUnavailable

Handler: TypeAlias = Callable[[Turn, Services], Awaitable[Outcome]]

INTERRUPTIONS: Final[Mapping[Act, Handler]] = {
    Act.ASK: consult,
    Act.FOLLOW_UP: consult,
    Act.OFF_TOPIC: consult,
    Act.GREET: talk.small_talk,
    Act.GOODBYE: talk.small_talk,
    Act.THANKS: talk.small_talk,
    Act.BOT_CHALLENGE: talk.small_talk,
    Act.CAPABILITIES: talk.small_talk,
    Act.INSTRUCT: talk.small_talk,
    Act.STATUS: talk.small_talk,
}
"""Acts that are answered inside a form, after which the form goes on at the same question."""

_EXITS: Final[Mapping[Act, Handler]] = {
    Act.HUMAN: talk.person,
    Act.CANCEL: talk.leave,
    Act.START_OVER: talk.start_over,
    Act.REPEAT: talk.repeat,
}
_SURE: Final = 0.6
"""From here an act is taken at its word even where the text could be read as an answer."""
_QUESTION: Final = re.compile(r"[?？]|吗|呢$|怎么|咋|为什么|为啥|多少钱|哪里|哪儿|去哪|在哪|什么|能不能|可不可以|是不是要|要不要|几天|多久")
_SHORTEST_QUESTION: Final = 4


async def in_screen(turn: Turn, services: Services, /) -> Outcome:
    """Take a turn of the pre-screen."""
    if turn.answers.keys() & BY_FACT.keys() or turn.act in {Act.APPLY, Act.CONSENT}:
        return Outcome(state=turn.state, form=Form.INTAKE)
    if turn.answers:
        return screening.chosen(turn, services)
    if talk.form_of(turn.state) is not Form.SCREEN:
        return await _opened(turn, services)
    if turn.act in _EXITS and turn.confidence >= _SURE:
        return await _EXITS[turn.act](turn, services)
    if turn.act in _STEPS and turn.confidence >= _SURE:
        return _STEPS[turn.act](turn, services)
    if turn.state.asked == screening.MATTER:
        return await _matter(turn, services)
    if _asks(turn):
        return await _interrupted(turn, services)
    read = screening.typed(turn, services)
    if read is not None:
        return read
    if turn.act is Act.DONT_KNOW:
        return screening.given(turn, None, services)
    return await _not_an_answer(turn, services)


async def in_intake(turn: Turn, services: Services, /) -> Outcome:
    """Take a turn of the hand-over."""
    if turn.answers:
        try:
            return intake.chosen(turn)
        except AnswerMalformed as error:
            return intake.missed(turn) if error.fact in BY_FACT else Outcome(state=turn.state, form=Form.SCREEN)
    if turn.act is Act.CONSENT:
        return intake.consent(turn)
    if talk.form_of(turn.state) is not Form.INTAKE:
        known = turn.act in _EXITS or turn.act in INTERRUPTIONS
        return await {**_EXITS, **INTERRUPTIONS}[turn.act](turn, services) if known else intake.begin(turn)
    if turn.act in _EXITS and turn.confidence >= _SURE:
        return await _EXITS[turn.act](turn, services)
    if turn.act is Act.START_SCREEN and turn.confidence >= _SURE:
        return Outcome(state=turn.state, form=Form.SCREEN)
    if turn.act is Act.GO_BACK and turn.confidence >= _SURE:
        return intake.back(turn)
    if turn.act is Act.ASK_WHY and turn.confidence >= _SURE:
        return intake.explained(turn)
    if _asks(turn):
        return intake.again(turn, *await _said(turn, services))
    read = intake.typed(turn)
    if read is not None:
        return read
    if turn.act in _EXITS:
        return await _EXITS[turn.act](turn, services)
    if turn.act in INTERRUPTIONS:
        return intake.again(turn, *await _said(turn, services))
    return intake.missed(turn)


def _start(turn: Turn, services: Services) -> Outcome:
    return screening.again(turn, services)


_STEPS: Final[Mapping[Act, Callable[[Turn, Services], Outcome]]] = {
    Act.START_SCREEN: _start,
    Act.GO_BACK: screening.back,
    Act.CORRECT: screening.corrected,
    Act.ASK_WHY: screening.explained,
}


async def _opened(turn: Turn, services: Services) -> Outcome:
    """Begin, or leave a form that only Rasa still holds open: the thread was taken elsewhere meanwhile."""
    if turn.act is Act.START_SCREEN or (turn.act is Act.AFFIRM and talk.offer_of(turn.state) is Form.SCREEN):
        return screening.begin(turn, services)
    if turn.act in {Act.GO_BACK, Act.CORRECT} and turn.state.facts:
        return _STEPS[turn.act](turn, services)
    handler = {**_EXITS, **INTERRUPTIONS}.get(turn.act, talk.resume)
    outcome = await handler(turn, services)
    return screening.begin(turn, services) if outcome.form is Form.SCREEN and not outcome.replies else outcome


async def _matter(turn: Turn, services: Services) -> Outcome:
    """Read what the matter is out of a story, for the one question that people answer with one."""
    read = screening.typed(turn, services)
    if read is not None:
        return read
    try:
        matters = await asyncio.to_thread(screening.matter_of, turn, services)
    except KnowledgeUnavailable:
        matters = ()
    if matters:
        return screening.given(turn, matters[0].code, services)
    return await _not_an_answer(turn, services)


async def _not_an_answer(turn: Turn, services: Services) -> Outcome:
    if turn.act in _EXITS:
        return await _EXITS[turn.act](turn, services)
    if turn.act in _STEPS:
        return _STEPS[turn.act](turn, services)
    if turn.act in INTERRUPTIONS:
        return await _interrupted(turn, services)
    return screening.missed(turn, services)


async def _interrupted(turn: Turn, services: Services) -> Outcome:
    return screening.again(turn, services, *await _said(turn, services))


async def _said(turn: Turn, services: Services) -> tuple[Reply, ...]:
    """Answer what came in between. Its choices are left out: the open question brings its own."""
    outcome = await INTERRUPTIONS.get(turn.act, consult)(turn, services)
    return tuple(replace(reply, choices=()) for reply in outcome.replies if not _greeting(reply))


def _greeting(reply: Reply) -> bool:
    """The greeting introduces the assistant; in the middle of a talk the question alone is the better answer."""
    return reply.kind == "menu" and reply.say is Say.GREETING


def _asks(turn: Turn) -> bool:
    """Tell a question from an answer, where Rasa heard a question and the text looks like one."""
    heard = turn.act in {Act.ASK, Act.FOLLOW_UP, Act.CAPABILITIES, Act.STATUS, Act.BOT_CHALLENGE}
    return heard and len(turn.text) >= _SHORTEST_QUESTION and _QUESTION.search(turn.text) is not None
