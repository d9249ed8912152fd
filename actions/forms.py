"""What a turn means while a form is open: an answer, a way out, or a question in between that is answered first."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeAlias

from actions import amends, errands, intake, intake_words, lookup, matters, offices, screening, talk
from actions import facts as fact_values
from actions.acts import Act
from actions.asides import form_of
from actions.consult import consult
from actions.intake_questions import BY_FACT, CONSENTS
from actions.services import Services
from actions.turn import SURE, Form, Outcome, Turn
from actions.wire import AnswerReply, MenuReply, Reply, Say, TextReply
from knowledge_base.demands import asks
from knowledge_base.types import KnowledgeUnavailable

Handler: TypeAlias = Callable[[Turn, Services], Awaitable[Outcome]]
Step: TypeAlias = Callable[[Turn, Services], Outcome]


class _Again(Protocol):
    """Repeats the open question after other replies."""

    def __call__(self, turn: Turn, services: Services, /, *before: Reply) -> Outcome: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What a form does with each kind of turn."""

    form: Form
    begin: Step
    chosen: Step
    plain: Callable[[Turn, Services], Outcome | None]
    """Reads an answer that cannot be anything else, before Rasa's reading counts."""
    typed: Callable[[Turn, Services], Outcome | None]
    again: _Again
    missed: Step
    steps: Mapping[Act, Step]
    """Acts about the form itself: back, correct, why, once more."""
    begins: Callable[[Turn], bool]
    """Whether this turn opens the form; anything else finds it open only because Rasa was not told it was left."""


INTERRUPTIONS: Final[Mapping[Act, Handler]] = {
    Act.ASK: consult,
    Act.FOLLOW_UP: consult,
    Act.OFF_TOPIC: consult,
    Act.GREET: talk.small_talk,
    Act.THANKS: talk.small_talk,
    Act.BOT_CHALLENGE: talk.small_talk,
    Act.CAPABILITIES: talk.small_talk,
    Act.INSTRUCT: talk.small_talk,
}
"""Acts that are answered inside a form, after which the form goes on at the same question."""

EXITS: Final[Mapping[Act, Handler]] = {
    Act.HUMAN: talk.person,
    Act.CANCEL: talk.leave,
    Act.GOODBYE: talk.leave,
    Act.START_OVER: talk.start_over,
    Act.REPEAT: talk.repeat,
    Act.WITHDRAW: talk.withdraw,
    **errands.ERRANDS,
}
_ASKS_WHETHER: Final = re.compile(r"[?？吗么]|能不能|可不可以|行不|怎么办|咋办|请不起|没钱")
_WANTS_TO_SEE: Final = re.compile(
    r"(?:看看|看一?下|查查|查一?下|测测|测一?下|试试|算算|评估一?下?)[^，。]{0,8}(?:能不能|可不可以|行不行|够不够|符不符合)[^，。]{0,8}$"
)
"""«我想看看能不能申请» asks to be asked, and for no lecture first."""
_NOTHING: Final = frozenset({Say.OFF_TOPIC, Say.NOT_UNDERSTOOD})
_SILENT: Final = frozenset({Say.NOT_IN_DOCUMENTS, Say.NOT_IN_DOCUMENTS_BUT_AID})
_SHORT_ANSWER: Final = 12
"""Characters of words that were most likely meant as an answer, where they are no question and nothing is found for them."""
_ELSEWHERE: Final = frozenset({Say.GREETING, Say.SCREEN_OFFER})
"""What the open question says better: who the assistant is, and that it could ask."""
_SHORTEST_QUESTION: Final = 4
_CLEAR: Final = 0.8
_QUESTIONING: Final = frozenset({Act.ASK, Act.FOLLOW_UP, Act.CAPABILITIES, Act.BOT_CHALLENGE})

SCREEN: Final = Course(
    form=Form.SCREEN,
    begin=screening.begin,
    chosen=screening.chosen,
    plain=lambda _turn, _services: None,
    typed=screening.typed,
    again=screening.again,
    missed=screening.missed,
    steps={
        Act.START_SCREEN: screening.again,
        Act.GO_BACK: screening.back,
        Act.CORRECT: amends.corrected,
        Act.ASK_WHY: screening.explained,
    },
    begins=lambda turn: (
        turn.act is Act.START_SCREEN
        or (turn.act is Act.AFFIRM and talk.offer_of(turn.state) is Form.SCREEN)
        or (turn.act in {Act.GO_BACK, Act.CORRECT} and bool(fact_values.answered(turn.state)))
    ),
)
INTAKE: Final = Course(
    form=Form.INTAKE,
    begin=intake.begin,
    chosen=intake.chosen,
    plain=intake.plain,
    typed=intake.typed,
    again=intake.again,
    missed=intake.missed,
    steps={
        Act.APPLY: intake.again,
        Act.CONSENT: intake.consent,
        Act.GO_BACK: intake.back,
        Act.CORRECT: intake.back,
        Act.ASK_WHY: intake.explained,
    },
    begins=lambda turn: (
        turn.act in {Act.CONSENT, Act.APPLY} or (turn.act is Act.AFFIRM and talk.offer_of(turn.state) is Form.INTAKE)
    ),
)


async def in_screen(turn: Turn, services: Services, /) -> Outcome:
    """Take a turn of the pre-screen."""
    return await _taken(turn, services, SCREEN)


async def in_intake(turn: Turn, services: Services, /) -> Outcome:
    """Take a turn of the hand-over."""
    return await _taken(turn, services, INTAKE)


async def _taken(turn: Turn, services: Services, course: Course) -> Outcome:
    """Give the turn to the first reading that fits it; the order is what matters here."""
    for reading in (_chosen, _plain, _directed, _switched, _opened, _commanded, _asked, _answered, _between):
        outcome = await reading(turn, services, course)
        if outcome is not None:
            return outcome
    return course.missed(turn, services)


async def _chosen(turn: Turn, services: Services, course: Course) -> Outcome | None:
    """Take a choice: an answer to this form's question or an earlier one, or to one of the other form's."""
    if not turn.answers:
        return None
    if turn.answers.keys() == {matters.GO_ON}:
        # The open question waits, and stays at its own matter.
        return await _led_aside(turn, services, course)
    belongs = Form.INTAKE if turn.answers.keys() & BY_FACT.keys() else Form.SCREEN
    if belongs is not course.form:
        return Outcome(state=turn.state, form=belongs)
    return course.chosen(_for(course, turn), services)


async def _led_aside(turn: Turn, services: Services, course: Course) -> Outcome | None:
    """Tell of another matter that was picked in the middle of a form, then ask the form's own question again."""
    if form_of(turn.state) is not course.form:
        return None
    if matters.picked(turn.answers, services.title_of) is None:
        return course.again(turn, services)
    after, said = await _said(turn, services)
    return course.again(after, services, *said)


async def _plain(turn: Turn, services: Services, course: Course) -> Outcome | None:
    """Take back a consent or change an answer in plain words, or take a plain answer: none waits for what Rasa thinks."""
    if intake_words.withdraws(turn.text):
        return await talk.withdraw(turn, services)
    if form_of(turn.state) is course.form and intake_words.stops(turn.text):
        return await talk.leave(replace(turn, act=Act.CANCEL), services)
    changed = screening.reopened(turn, services)
    if changed is not None:
        return changed if course is SCREEN else Outcome(state=turn.state, form=Form.SCREEN)
    return course.plain(turn, services)


async def _directed(turn: Turn, services: Services, course: Course) -> Outcome | None:
    """Say where to go or whom to call, then ask the form's own question again."""
    said = offices.between(turn, services) if form_of(turn.state) is course.form else ()
    return course.again(turn, services, *(replace(one, choices=()) for one in said)) if said else None


async def _switched(turn: Turn, _services: Services, course: Course) -> Outcome | None:
    """Give the turn to the other form, from the pre-screen to the hand-over or back."""
    return _other(turn, course) if turn.confidence >= SURE else None


def _other(turn: Turn, course: Course) -> Outcome | None:
    wanted = {Act.APPLY: INTAKE, Act.CONSENT: INTAKE, Act.START_SCREEN: SCREEN}.get(turn.act, course)
    return None if wanted is course else Outcome(state=turn.state, form=wanted.form)


async def _opened(turn: Turn, services: Services, course: Course) -> Outcome | None:
    """Begin a form that asks nothing yet, or do what would have been done had Rasa known that it was left."""
    if form_of(turn.state) is course.form:
        return None
    if course.begins(turn):
        turn = await _with_its_matter(turn, services) if course is SCREEN else turn
        back = turn.act in {Act.GO_BACK, Act.CORRECT}
        outcome = (course.steps[turn.act] if back else course.begin)(_for(course, turn), services)
        return await _answered_first(turn, services, outcome)
    outcome = await {**EXITS, **INTERRUPTIONS}.get(turn.act, talk.resume)(turn, services)
    return course.begin(_for(course, turn), services) if outcome.form is course.form else outcome


async def _answered_first(turn: Turn, services: Services, outcome: Outcome) -> Outcome:
    """Answer «没钱请律师 能申请法律援助吗» before what it is about is asked: whoever asks is told who may apply."""
    whether = turn.act is Act.START_SCREEN and _ASKS_WHETHER.search(turn.text) is not None
    whether = whether and _WANTS_TO_SEE.search(turn.text) is None
    if not whether or outcome.state.asked != screening.MATTER:
        return outcome
    try:
        told = await asyncio.to_thread(lookup.told, services, turn.text, region=turn.region, turn=turn)
    except KnowledgeUnavailable:
        return outcome
    if told is None or not any(matters.is_service(code) for code in told.matters):
        return outcome
    state = lookup.note_answer(outcome.state, told)
    return replace(outcome, state=state, replies=(AnswerReply(answer=told), *outcome.replies))


async def _with_its_matter(turn: Turn, services: Services) -> Turn:
    """Return the turn with the matter that its own words tell: nobody who begins with a story is asked what it is about."""
    if turn.act is not Act.START_SCREEN or not turn.text:
        return turn
    try:
        said = await asyncio.to_thread(screening.matters_of, turn, services)
    except KnowledgeUnavailable:
        return turn
    lead = said[0].matter if said else None
    enough = matters.SURE if turn.state.topic is None else lookup.NAMES_ANOTHER
    if lead is None or matters.is_service(lead.code) or lead.confidence < enough:
        return turn
    return replace(turn, state=matters.taken_up(matters.heard(turn.state, said), lead.code))


def _for(course: Course, turn: Turn) -> Turn:
    """Return the turn without an open question of the other form's."""
    if form_of(turn.state) in {course.form, None}:
        return turn
    return replace(turn, state=replace(turn.state, asked=None, asked_private=False))


async def _commanded(turn: Turn, services: Services, course: Course) -> Outcome | None:
    """Obey a clear word: a person, away, back, why."""
    # A short answer looks like a farewell more easily than like a call for a person: leaving takes a clearer word.
    if turn.confidence < (_CLEAR if turn.act in {Act.CANCEL, Act.GOODBYE, Act.START_OVER} else SURE):
        return None
    if course is SCREEN and _may_answer(turn):
        read = course.typed(turn, services)
        if read is not None:
            return read
    return await _obeyed(turn, services, course)


def _may_answer(turn: Turn) -> bool:
    """Tell a command that is the answer where it answers the open question.

    «I cannot pay a lawyer» sounds like a wish to begin, «停了 现在没领» like a wish to stop.
    """
    return turn.act is Act.START_SCREEN or (turn.act is Act.CANCEL and not errands.only_leaves(turn.text))


async def _obeyed(turn: Turn, services: Services, course: Course) -> Outcome | None:
    if turn.act is Act.WITHDRAW and turn.state.asked in CONSENTS:
        # Nothing is given yet: a likeness to taking it back is a doubt, and the question is asked again.
        return None
    if turn.act in errands.ERRANDS and not errands.meant(turn):
        return None
    if turn.act in EXITS:
        return await EXITS[turn.act](turn, services)
    return course.steps[turn.act](turn, services) if turn.act in course.steps else None


async def _asked(turn: Turn, services: Services, course: Course) -> Outcome | None:
    """Answer a question that came instead of an answer, then ask the form's own again."""
    heard = turn.act in _QUESTIONING and len(turn.text) >= _SHORTEST_QUESTION
    if not heard or not asks(turn.text) or turn.state.asked == screening.MATTER:
        return None
    turn, said = await _said(turn, services)
    return course.again(turn, services, *said)


async def _answered(turn: Turn, services: Services, course: Course) -> Outcome | None:
    """Read an answer in words; what the matter is, people answer with their story."""
    read = course.typed(turn, services)
    if read is not None or turn.state.asked != screening.MATTER:
        return read
    try:
        said = await asyncio.to_thread(screening.matters_of, turn, services)
    except KnowledgeUnavailable:
        return None
    if not said:
        return None
    heard = matters.heard(turn.state, said)
    return screening.given(replace(turn, state=heard), said[0].matter.code, services)


async def _between(turn: Turn, services: Services, course: Course) -> Outcome | None:
    """Do what was meant by words that are no answer, however unsure Rasa is of them."""
    obeyed = await _obeyed(turn, services, course) or _other(turn, course)
    if obeyed is not None or turn.act not in INTERRUPTIONS:
        return obeyed
    after, said = await _said(turn, services)
    # What nobody can make sense of and is no question was most likely meant as an answer.
    noise = all(isinstance(reply, TextReply) and reply.say in _NOTHING for reply in said)
    silent = len(turn.text) <= _SHORT_ANSWER and any(
        isinstance(reply, TextReply) and reply.say in _SILENT for reply in said
    )
    if (noise or silent) and not asks(turn.text):
        return None
    return course.again(after, services, *said)


async def _said(turn: Turn, services: Services) -> tuple[Turn, tuple[Reply, ...]]:
    """Answer what came in between, and keep in mind what it was about: the next question may go on about that.

    Its choices are left out: the open question brings its own.
    """
    outcome = await INTERRUPTIONS.get(turn.act, consult)(turn, services)
    said = tuple(replace(reply, choices=()) for reply in outcome.replies if not _is_for_elsewhere(reply))
    return replace(turn, state=outcome.state), said


def _is_for_elsewhere(reply: Reply) -> bool:
    """Tell what is said for want of an open question, which there is here."""
    return isinstance(reply, MenuReply) and reply.say in _ELSEWHERE
