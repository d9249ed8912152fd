"""Where to go and whom to call: heard in the words themselves, answered by the directory, whatever Rasa takes them for (去处)."""

from datetime import datetime
from typing import Final

from actions.acts import Act
from actions.services import Services
from actions.turn import HUMAN, Outcome, Turn, remembered, with_extra
from actions.wire import DirectionsReply, QuestionReply, Reply, Say
from knowledge_base.directory.asking import Wanted
from knowledge_base.directory.book import PlaceUnknown
from knowledge_base.offices import Directions, OfficeKind
from knowledge_base.types import FactType, Question

PLACE: Final = Question(
    fact="place.here",
    type=FactType.REGION,
    text="您在哪个市、哪个县（区）？",
    why="知道您在哪里，才能找近的。不用写门牌号。",
)
_SOUGHT: Final = "sought"
"""What was looked for when the place had to be asked. It counts while that question is the last thing said."""
_AGAIN: Final = "again"


def told(turn: Turn, services: Services, /) -> Outcome | None:
    """Answer a question for the directory, or take the place it waits for; None for everything else.

    While a form is open the form answers, and goes on with its own question.
    """
    if turn.state.asked is not None:
        return None
    if turn.answers.keys() == {PLACE.fact} or _waits(turn):
        outcome = _placed(turn, services)
        if outcome is not None:
            return outcome
    wanted = services.sought_in(turn.text)
    if wanted is None:
        return None
    region = services.region_in(turn.text) or turn.region
    if region is None and wanted.kind is not OfficeKind.NUMBER:
        return _ask(turn, wanted)
    return _found(turn, wanted, region, services)


def between(turn: Turn, services: Services, /) -> tuple[Reply, ...]:
    """Answer a question for the directory that came in a form; the place is not asked for in between."""
    if turn.state.asked_private:
        return ()
    found = directions(turn.text, region=turn.region, now=turn.now, services=services)
    return () if found is None else (_reply(found),)


def directions(text: str, /, *, region: str | None, now: datetime, services: Services) -> Directions | None:
    """Return what the directory says to a question for it, without asking back; None for every other text."""
    wanted = services.sought_in(text)
    return None if wanted is None else _find(wanted, services.region_in(text) or region, now, services)


def legal_aid(turn: Turn, services: Services, /) -> Reply:
    """Return what is on file of the legal aid institution where the caller is: hours above all, and what nobody has filed."""
    region = services.region_in(turn.text) or turn.region
    return _reply(_find(Wanted(kind=OfficeKind.LEGAL_AID), region, turn.now, services))


def _waits(turn: Turn) -> bool:
    said = remembered(turn.state)
    return bool(said) and isinstance(said[-1], QuestionReply) and said[-1].question.fact == PLACE.fact


def _placed(turn: Turn, services: Services) -> Outcome | None:
    """Take the place, or that it is not told; None where the citizen speaks of something else."""
    sought = turn.state.extra.get(_SOUGHT) or {}
    wanted = Wanted(kind=OfficeKind(sought.get("kind", OfficeKind.LEGAL_AID)))
    given = turn.answers.get(PLACE.fact, turn.text)
    if given is None or turn.act is Act.DONT_KNOW:
        return _found(turn, wanted, None, services)
    said = services.place_in(given) if isinstance(given, str) else None
    if said is None:
        return None
    if said.code is not None:
        return _found(turn, wanted, said.code, services)
    # A name that several places bear, or none: once more, and then what holds everywhere.
    return _found(turn, wanted, None, services) if _AGAIN in sought else _ask(turn, wanted, again=True)


def _ask(turn: Turn, wanted: Wanted, *, again: bool = False) -> Outcome:
    sought = {"kind": wanted.kind.value} | ({_AGAIN: True} if again else {})
    lead = Say.ANSWER_NOT_UNDERSTOOD if again else None
    state = with_extra(turn.state, **{_SOUGHT: sought})
    return Outcome(state=state, replies=(QuestionReply(question=PLACE, lead=lead),))


def _found(turn: Turn, wanted: Wanted, region: str | None, services: Services) -> Outcome:
    news = region if turn.conversation.region is None else None
    state = with_extra(turn.state, **{_SOUGHT: None})
    return Outcome(state=state, replies=(_reply(_find(wanted, region, turn.now, services)),), region=news)


def _reply(found: Directions) -> Reply:
    return DirectionsReply(directions=found, choices=(HUMAN,))


def _find(wanted: Wanted, region: str | None, now: datetime, services: Services) -> Directions:
    try:
        return services.find_offices(kind=wanted.kind, region=region, now=now, identity=wanted.identity)
    except PlaceUnknown:
        return services.find_offices(kind=wanted.kind, region=None, now=now, identity=wanted.identity)
