"""Everything that can be said at any point: manners, a person, leaving, beginning again, once more."""

import re
from dataclasses import replace
from typing import Final

from actions import abuse, asides, intake, intake_words, matters, pieces, satisfaction
from actions import facts as fact_values
from actions.acts import Act
from actions.asides import form_of
from actions.consult import consult
from actions.intake_questions import BY_FACT, CONSENTS
from actions.matters import GO_ON, MATTER
from actions.services import Services
from actions.turn import (
    DEAF,
    HANDOFF,
    HUMAN,
    RECEIPT,
    SCREEN,
    SURE,
    WITHDRAWN,
    Form,
    Outcome,
    Turn,
    remembered,
    worth_repeating,
)
from actions.wire import HandoverReply, MenuReply, QuestionReply, Reply, Say, TextReply
from api.services.conversations import LANGUAGE
from api.services.records import DialogueState

_SAYINGS: Final = {
    Act.GREET: Say.GREETING,
    Act.GOODBYE: Say.GOODBYE,
    Act.THANKS: Say.THANKS,
    Act.BOT_CHALLENGE: Say.AM_I_HUMAN,
    Act.CAPABILITIES: Say.CAPABILITIES,
    Act.INSTRUCT: Say.ONLY_THE_OFFICE_DECIDES,
}
_OFFERS: Final = {
    Act.GREET: (SCREEN, HUMAN),
    Act.CAPABILITIES: (SCREEN, HUMAN),
    Act.INSTRUCT: (SCREEN, HUMAN),
    Act.BOT_CHALLENGE: (HUMAN,),
}
_KEPT: Final[tuple[str, ...]] = (RECEIPT, satisfaction.ASKED, abuse.COUNT, LANGUAGE, DEAF)
"""What a fresh start does not undo: nobody is asked twice, or warned anew, for saying «again from the start»."""
_PARTING: Final = frozenset({Act.GOODBYE, Act.THANKS})
_LEAVING: Final = frozenset({Act.GOODBYE, Act.CANCEL})
_TOLD: Final = frozenset({Act.ASK, Act.FOLLOW_UP})
"""What an act comes to that no word bore out: a story orders nothing."""
_BARE: Final = frozenset({Act.AFFIRM, Act.DENY})
_LISTENS: Final = frozenset(
    {Say.TELL_SLOWLY, Say.TELL_WHAT, Say.TELL_ON, Say.TELL_MORE, Say.WHAT_HAPPENED, Say.SILENCE_FIRST}
)
_SHORTEST_STORY: Final = 4
_DECLINED: Final = {Form.SCREEN: Say.SCREEN_CANCELLED, Form.INTAKE: Say.INTAKE_CANCELLED}
_WHOLE: Final = re.compile(r"遍|次|重|清|见|到|发|全文|再")
"""Wants to read the whole once more; «啥» wants to know what it is about."""
_WHETHER: Final = frozenset({Say.SCREEN_OFFER, Say.HANDOFF_OFFER})


async def small_talk(turn: Turn, services: Services, /) -> Outcome:
    """Answer what is said around the matter with its fixed line; what only sounded like manners is looked up."""
    if turn.act not in _SAYINGS:
        return await consult(turn, services)
    say = _SAYINGS[turn.act]
    offers = _OFFERS.get(turn.act, ())
    reply: Reply = MenuReply(say=say, choices=offers) if len(offers) > 1 else TextReply(say=say, choices=offers)
    if turn.act in _PARTING:
        return satisfaction.offered(turn, (reply,))
    return Outcome(state=turn.state, replies=(reply,))


async def person(turn: Turn, services: Services, /) -> Outcome:
    """Ask for a person. What was answered so far stays and goes along with an application."""
    if turn.act is not Act.HUMAN:
        return await consult(turn, services)
    waiting = HandoverReply(choices=(HANDOFF,))
    return Outcome(state=asides.dropped(turn.state), replies=(waiting,), person="citizen_asked")


async def leave(turn: Turn, services: Services, /) -> Outcome:
    """Leave whatever is open; of the hand-over nothing is kept, of the pre-screen the answers are."""
    if turn.act not in _LEAVING:
        return await consult(turn, services)
    match form_of(turn.state):
        case Form.SCREEN:
            reply = TextReply(say=Say.SCREEN_CANCELLED, choices=(SCREEN, HUMAN))
            return Outcome(state=asides.dropped(turn.state), replies=(reply,))
        case Form.INTAKE:
            state = replace(asides.dropped(turn.state), intake={})
            return Outcome(state=state, replies=(TextReply(say=Say.INTAKE_CANCELLED, choices=(HUMAN,)),))
        case None:
            offered = offer_of(turn.state) if is_asked(turn.state) else None
            say = Say.NOTHING_TO_CANCEL if offered is None else _DECLINED[offered]
            return Outcome(state=turn.state, replies=(TextReply(say=say, choices=(HUMAN,)),))


async def take_back(turn: Turn, services: Services, /) -> Outcome:
    """Let consent be taken back by whoever says so; what only sounded like it is looked up."""
    told = turn.act in _TOLD and not intake_words.withdraws(turn.text)
    return await (consult if told else withdraw)(turn, services)


async def withdraw(turn: Turn, _services: Services, /) -> Outcome:
    """Let consent be taken back as easily as it was given (Personal Information Protection Law art. 15)."""
    gone = replace(asides.dropped(turn.state), intake={})
    if RECEIPT in turn.state.extra:
        return Outcome(state=gone, replies=(TextReply(say=Say.WITHDRAWAL_ASKED),), person=WITHDRAWN)
    say = Say.WITHDRAWN if turn.state.intake or form_of(turn.state) is Form.INTAKE else Say.NOTHING_HANDED_OVER
    if intake_words.erases(turn.text):
        gone = DialogueState()
    return Outcome(state=gone, replies=(TextReply(say=say, choices=(HUMAN,)),))


async def start_over(turn: Turn, services: Services, /) -> Outcome:
    """Forget what was told, if that is surely meant. An application that was handed in stays handed in."""
    if turn.text and (turn.confidence < SURE or turn.act in _TOLD):
        return await consult(turn, services)
    kept = {key: turn.state.extra[key] for key in _KEPT if key in turn.state.extra}
    return Outcome(state=DialogueState(extra=kept), replies=(TextReply(say=Say.RESTARTED),))


async def repeat(turn: Turn, services: Services, /) -> Outcome:
    """Say the last thing again; an open question, whatever was said since; of a consent the whole."""
    if turn.state.asked in CONSENTS:
        return (intake.in_full if _WHOLE.search(turn.text) else intake.explained)(turn, services)
    replies = worth_repeating(turn.state) or (TextReply(say=Say.NOTHING_TO_REPEAT),)
    if turn.state.asked is not None and not any(isinstance(one, QuestionReply) for one in replies):
        return asides.resumed(turn, services)
    return Outcome(state=turn.state, replies=replies, form=form_of(turn.state))


async def resume(turn: Turn, services: Services, /) -> Outcome:
    """Take a short reply where it belongs: to the open question, to the last offer, or to the knowledge base."""
    if turn.answers.keys() == {GO_ON} or (turn.answers.keys() == {MATTER} and not turn.state.screening):
        named = matters.picked(turn.answers, services.title_of) is not None
        return await consult(turn, services) if named else _lost(turn)
    goes_on = _continued(turn)
    if goes_on is not None:
        return Outcome(state=turn.state, form=goes_on)
    offered = offer_of(turn.state)
    if turn.act is Act.DENY and offered is not None:
        declined = (TextReply(say=_DECLINED[offered], choices=(HUMAN,)),)
        # Whoever declines after the result has come to the end of the talk.
        return (
            satisfaction.offered(turn, declined)
            if offered is Form.INTAKE
            else Outcome(state=turn.state, replies=declined)
        )
    if turn.act is Act.ANSWER or turn.act in _TOLD or len(turn.text) >= _SHORTEST_STORY:
        # It answers nothing that was asked: then it tells something.
        return await consult(turn, services)
    return _lost(turn)


def _lost(turn: Turn) -> Outcome:
    if turn.act in _BARE and turn.confidence >= SURE and not turn.payload:
        listening = any(isinstance(one, TextReply) and one.say in _LISTENS for one in remembered(turn.state))
        return Outcome(state=turn.state, replies=(TextReply(say=Say.SILENCE_AFTER if listening else Say.ALL_RIGHT),))
    say = Say.NEED_NOT_SAY if turn.act is Act.DONT_KNOW and turn.confidence >= SURE else Say.NOT_UNDERSTOOD
    return Outcome(state=turn.state, replies=(MenuReply(say=say, choices=(SCREEN, HUMAN)),))


def _continued(turn: Turn) -> Form | None:
    """Return the form in which this turn means something, although none is open."""
    if turn.answers:
        return Form.INTAKE if turn.answers.keys() & BY_FACT.keys() else Form.SCREEN
    if turn.state.asked is not None:
        return form_of(turn.state)
    if turn.act in {Act.GO_BACK, Act.CORRECT} and fact_values.answered(turn.state):
        return Form.SCREEN
    return offer_of(turn.state) if turn.act is Act.AFFIRM else None


def is_asked(state: DialogueState, /) -> bool:
    """Tell whether the last words asked in so many words whether a form shall begin."""
    last = next(reversed(remembered(state)), None)
    return isinstance(last, MenuReply) and last.say in _WHETHER


def postponed(turn: Turn, /) -> Outcome | None:
    """Leave it for whoever was asked in so many words and would rather think it over; None for everything else."""
    offered = offer_of(turn.state) if is_asked(turn.state) else None
    if offered is None or turn.payload or not intake_words.postpones(turn.text):
        return None
    return Outcome(state=turn.state, replies=(TextReply(say=_DECLINED[offered], choices=(HUMAN,)),))


def beside(turn: Turn, /) -> Outcome | None:
    """Leave it be for whoever would rather not say, or wants a poem, while nothing is asked; None for everything else."""
    if turn.payload or turn.state.asked is not None:
        return None
    if pieces.only_orders(turn.text):
        return Outcome(state=turn.state, replies=(TextReply(say=Say.OFF_TOPIC, choices=(SCREEN, HUMAN)),))
    if not intake_words.holds_back(turn.text):
        return None
    return Outcome(state=turn.state, replies=(MenuReply(say=Say.NEED_NOT_SAY, choices=(SCREEN, HUMAN)),))


def offers_screen(state: DialogueState, /) -> bool:
    """Tell whether the last words offered the pre-screen: where legal aid is none, nothing offers it."""
    return any(SCREEN in reply.choices for reply in remembered(state))


def offer_of(state: DialogueState, /) -> Form | None:
    """Return the form that the last thing said offered first, for a bare «yes»."""
    replies = remembered(state)
    first = replies[-1].choices[0] if replies and replies[-1].choices else None
    if first is None or isinstance(replies[-1], HandoverReply):
        return None
    if first == SCREEN:
        return Form.SCREEN
    return Form.INTAKE if first == HANDOFF else None
