"""Reads words of home back before anything is filed: «您说的“年时”，是去年的意思，对吗？» (方言复述).

A wrong reading of who or when is a wrong application. It is asked once for all of them, before the first consent, and whatever the
caller answers in place of yes stands in the thread for the staff, in the caller's own words.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from actions import asides, intake
from actions.intake_questions import CONSENT
from actions.services import Services
from actions.turn import Form, Outcome, Turn, with_extra
from actions.wire import QuestionReply, Say, TextReply

_HEARD: Final = "dialect"
"""Where the memory keeps which words of home were said."""
_ASKED: Final = "dialect_asked"
_KIND: Final = "dialect"


def settled(turn: Turn, outcome: Outcome, services: Services, /) -> Outcome:
    """Keep what was heard, and put the question before the first consent."""
    outcome = _noted(turn, outcome, services)
    before = outcome.form is Form.INTAKE and outcome.state.asked == CONSENT.fact and turn.state.asked != CONSENT.fact
    if not before or _ASKED in outcome.state.extra:
        return outcome
    heard = [one for one in services.dialect.known if one.word in outcome.state.extra.get(_HEARD, ())]
    if not heard:
        return outcome
    said = "，".join(f"“{one.word}”是{one.means}的意思" for one in heard)
    question = replace(asides.MEANT, text=asides.MEANT.text.format(said=said))
    state = intake.unread(with_extra(outcome.state, **{_ASKED: True}))
    first = tuple(one for one in outcome.replies if not isinstance(one, QuestionReply))
    return asides.ask(state, question, *first, known={"kind": _KIND, asides.WORDED: question.text})


async def answered(turn: Turn, services: Services, _known: Mapping[str, Any], /) -> Outcome | None:
    """Go on after a yes; anything else is the caller's own explanation, and the staff read it."""
    agreed = asides.agreed(turn, asides.MEANT)
    return asides.back(turn, services, _KIND, *(() if agreed else (TextReply(say=Say.DIALECT_NOTED),)))


def _noted(turn: Turn, outcome: Outcome, services: Services) -> Outcome:
    if turn.payload or turn.state.asked_private or _ASKED in turn.state.extra or asides.errand(turn.state):
        return outcome  # what answers an errand goes with that, and not into the application
    before = outcome.state.extra.get(_HEARD, [])
    fresh = [one.word for one in services.dialect.heard_in(turn.text) if one.word not in before]
    if not fresh:
        return outcome
    return replace(outcome, state=with_extra(outcome.state, **{_HEARD: [*before, *fresh]}))
