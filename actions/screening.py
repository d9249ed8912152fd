"""The pre-screen: one question a turn, in the order the rules want, until no answer can change the result (预筛)."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from actions import checking, matters, unasked
from actions import facts as fact_values
from actions.checking import CHANGE
from actions.facts import AnswerMalformed
from actions.matters import Said
from actions.services import Services
from actions.turn import CANCEL, HANDOFF, HUMAN, Form, Outcome, Turn, with_extra
from actions.unasked import OWN_MATTER
from actions.wire import Choice, QuestionReply, Reply, Say, TextReply, VerdictReply
from api.services.records import DialogueState, JsonObject
from api.services.verdicts import PIVOT, pivot_json
from knowledge_base.assess import FactNotUnderstood, FactRefused
from knowledge_base.types import Facts, FactType, FactValue, Matter, Question, Verdict

_T = TypeVar("_T")
MATTER: Final = matters.MATTER
_MOST_MISSES: Final = 2
"""A question misread this often is explained, and a way out is offered, instead of being asked a third time."""
_MOST_CHOICES: Final = 8
_REGION: Final = "region"
_AGE: Final = "applicant.age"
_CANDIDATES: Final = "candidates"


def begin(turn: Turn, services: Services, /) -> Outcome:
    """Start the pre-screen, or take it up where it was left: what was answered is not asked again."""
    state = unasked.noted(turn.state, turn.text, turn.state.topic, services)
    state = replace(state, screening=True, misses=0)
    if MATTER not in state.facts and state.topic is not None and not matters.is_service(state.topic):
        state = replace(state, facts={**state.facts, MATTER: state.topic})
    return advance(turn, state, services)


def chosen(turn: Turn, services: Services, /) -> Outcome:
    """Take the answers that came with a choice, whichever question they belong to, and ask on."""
    if CHANGE in turn.answers:
        return _reopened(turn, str(turn.answers[CHANGE]), services)
    state = replace(turn.state, screening=True)
    try:
        for fact, value in turn.answers.items():
            state = with_answer(turn, state, fact, fact_values.scalar(fact, value), services)
    except (AnswerMalformed, FactRefused):
        return missed(turn, services)
    return advance(turn, state, services, *checking.corrected(turn.state, state, services))


def reopened(turn: Turn, services: Services, /) -> Outcome | None:
    """Change the answer that «改第2条» or «收入填错了，是三千» names; None for words that name none."""
    found = checking.meant(turn.text, turn.state, services)
    if found is None:
        return None
    fact, said = found
    try:
        value = _parsed(replace(turn, text=said), fact, services)
        state = with_answer(turn, replace(turn.state, screening=True), fact, value, services)
    except (FactNotUnderstood, FactRefused):
        return _reopened(turn, fact, services)
    return advance(turn, state, services, *checking.corrected(turn.state, state, services))


def _reopened(turn: Turn, fact: str, services: Services) -> Outcome:
    """Ask for one answer again; until there is another it stays as it was told."""
    if fact not in turn.state.facts:
        return again(turn, services)
    state = replace(turn.state, misses=0)
    return _ask(state, services.screener.question(fact, state.facts), services)


def typed(turn: Turn, services: Services, /) -> Outcome | None:
    """Read the text as an answer to the open question; None where it is none."""
    if turn.state.asked is None:
        return None
    try:
        value = _parsed(turn, turn.state.asked, services)
    except FactNotUnderstood:
        return _age_told_early(turn, services)
    return given(turn, value, services)


def _age_told_early(turn: Turn, services: Services) -> Outcome | None:
    """Take an age that was told to another question («十七» to a yes or no): nobody is asked for it again."""
    asked, facts = turn.state.asked or "", turn.state.facts
    question = services.screener.question(asked, facts)
    if asked == MATTER or question.type not in {FactType.BOOL, FactType.ENUM}:
        return None
    try:
        age = _parsed(turn, _AGE, services)
        state = with_answer(turn, turn.state, _AGE, age, services)
    except (FactNotUnderstood, FactRefused):
        return None
    narrowed = services.screener.question(asked, state.facts) != question
    if age is None or not (narrowed or _AGE in judged(turn, facts, services).missing):
        return None
    still_open = asked in judged(turn, state.facts, services).missing
    return again(replace(turn, state=state), services) if still_open else advance(turn, state, services)


def given(turn: Turn, value: FactValue, services: Services, /) -> Outcome:
    """Take a value as the answer to the open question; None is "I do not know" or "I would rather not say"."""
    if turn.state.asked is None:
        return begin(turn, services)
    about = value if turn.state.asked == MATTER else turn.state.facts.get(MATTER)
    state = unasked.noted(turn.state, turn.text, None if about is None else str(about), services)
    try:
        return advance(turn, with_answer(turn, state, turn.state.asked, value, services), services)
    except FactRefused:
        return missed(turn, services)


def back(turn: Turn, services: Services, /) -> Outcome:
    """Ask the last answered question again."""
    order = fact_values.answered(turn.state)
    if not order:
        return again(turn, services)
    kept = {fact: value for fact, value in turn.state.facts.items() if fact != order[-1]}
    state = with_extra(replace(turn.state, facts=kept, screening=True, misses=0), **{fact_values.ORDER: order[:-1]})
    return _ask(state, services.screener.question(order[-1]), services)


def again(turn: Turn, services: Services, /, *before: Reply, lead: Say | None = Say.SCREEN_RESUMED) -> Outcome:
    """Repeat the open question after whatever was said first."""
    if turn.state.asked is None:
        return begin(turn, services)
    question = services.screener.question(turn.state.asked, turn.state.facts)
    return _ask(turn.state, question, services, *before, lead=lead)


def explained(turn: Turn, services: Services, /) -> Outcome:
    """Say why the open question is asked, and ask it again."""
    if turn.state.asked is None:
        return begin(turn, services)
    why = services.screener.question(turn.state.asked, turn.state.facts).why
    return again(turn, services, TextReply(say=Say.QUESTION_EXPLAINED, args={"why": why}), lead=None)


def missed(turn: Turn, services: Services, /) -> Outcome:
    """Ask once more; after two misreadings explain the question and offer a person or to stop."""
    if turn.state.asked is None:
        return begin(turn, services)
    question = services.screener.question(turn.state.asked, turn.state.facts)
    misses = turn.state.misses + 1
    state = replace(turn.state, misses=misses)
    if misses < _MOST_MISSES:
        return _ask(state, question, services, lead=Say.ANSWER_NOT_UNDERSTOOD)
    why = TextReply(say=Say.QUESTION_EXPLAINED, args={"why": question.why})
    reply = QuestionReply(question=question, choices=(*_choices(question, state, services), HUMAN, CANCEL))
    return Outcome(state=state, replies=(why, reply), form=Form.SCREEN)


def advance(turn: Turn, state: DialogueState, services: Services, /, *before: Reply) -> Outcome:
    """Ask the next question that can change the result, or give the result, after whatever was said first."""
    state = unasked.placed(state, services)
    verdict = judged(turn, state.facts, services)
    if not verdict.settled and verdict.next_question is not None:
        return _ask(state, verdict.next_question, services, *before)
    presumed = _where_known(turn, partial(services.screener.to_confirm, state.facts))
    if presumed is not None:
        return _ask(state, presumed, services, *before)
    done = replace(state, asked=None, asked_private=False, screening=False, misses=0)
    done = with_extra(done, **{PIVOT: _pivot(turn, state.facts, services)})
    if state.facts.get(MATTER) is not None:
        # Questions in between may have been about something else: the result is about this.
        done = matters.told(matters.taken_up(done, str(state.facts[MATTER])), str(state.facts[MATTER]))
    own = (OWN_MATTER,) if unasked.is_company(done) else ()
    choices = (HANDOFF, *own, *matters.go_on(done, services.title_of), HUMAN)
    return Outcome(state=done, replies=(*before, VerdictReply(verdict=verdict, choices=choices)))


def judged(turn: Turn, facts: Facts, services: Services, /) -> Verdict:
    """Assess; a place that no rule knows is as good as none. Raises FactRefused for the facts themselves."""
    return _where_known(turn, partial(services.screener.assess, facts, now=turn.now))


def _where_known(turn: Turn, assess: Callable[..., _T]) -> _T:
    try:
        return assess(region=turn.region, on=turn.on)
    except FactRefused as error:
        if error.field != _REGION:
            raise
        return assess(region=None, on=turn.on)


def _pivot(turn: Turn, facts: Facts, services: Services) -> JsonObject | None:
    """Return what the result turns on: kept for staff, never told, lest an answer be bent to it."""
    found = _where_known(turn, partial(services.screener.examine, facts)).pivot
    return None if found is None else pivot_json(found)


def matters_of(turn: Turn, services: Services, /) -> tuple[Said, ...]:
    """Return what a story is about, for whoever answers «what kind of matter» with one."""
    return matters.apart(turn.text, services.triaged(turn.text).matters, services.triaged)


def note_candidates(state: DialogueState, matters: tuple[Matter, ...], /) -> DialogueState:
    """Keep what the matter might be, to offer as choices if it has to be asked."""
    return with_extra(state, **{_CANDIDATES: [matter.code for matter in matters] or None})


def _parsed(turn: Turn, fact: str, services: Services) -> FactValue:
    if not turn.text:
        raise FactNotUnderstood(fact)
    try:
        return services.screener.parse(fact, turn.text, on=turn.on, facts=turn.state.facts)
    except FactRefused as error:
        raise FactNotUnderstood(fact) from error


def with_answer(turn: Turn, state: DialogueState, fact: str, value: FactValue, services: Services, /) -> DialogueState:
    """Keep an answer once the rules accept it beside the others. Raises FactRefused."""
    if fact == MATTER and isinstance(value, str):
        state = matters.exchanged(state, value)
    changed = replace(state, facts={**state.facts, fact: fact_values.to_json(value)}, misses=0)
    judged(turn, changed.facts, services)
    return with_extra(
        changed, **{fact_values.ORDER: [*(one for one in fact_values.answered(state) if one != fact), fact]}
    )


def _ask(
    state: DialogueState, question: Question, services: Services, *before: Reply, lead: Say | None = None
) -> Outcome:
    asked = replace(state, asked=question.fact, asked_private=question.private, screening=True)
    reply = QuestionReply(question=question, lead=lead, choices=_choices(question, state, services))
    return Outcome(state=asked, replies=(*before, reply), form=Form.SCREEN)


def _choices(question: Question, state: DialogueState, services: Services) -> tuple[Choice, ...]:
    """Return a button for every option and for "I do not know". Titles that stay empty are filled where words live."""
    if question.fact == MATTER and len(question.options) > _MOST_CHOICES:
        # Thirty buttons help nobody: what was heard already, or the commonest; anything else is said in words.
        likely = [(code, services.title_of(code)) for code in state.extra.get(_CANDIDATES, ())]
        common = [(option.value, option.title) for option in question.options[:_MOST_CHOICES]]
        return (*(Choice(payload={MATTER: code}, title=title) for code, title in likely or common if title), HUMAN)
    options = [Choice(payload={question.fact: option.value}, title=option.title) for option in question.options]
    if not options and question.type is FactType.BOOL:
        options = [Choice(payload={question.fact: True}), Choice(payload={question.fact: False})]
    return (*options, Choice(payload={question.fact: None}))
