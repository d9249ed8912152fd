"""One turn as the actions see it, and what comes of it: data in, data out, nothing stored on the way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from actions.acts import Act
from actions.wire import Choice, MenuReply, Reply, Say, TextReply, decode, encode
from api.services.lodging import Satisfaction
from api.services.lookups import LookedUp
from api.services.records import Assistance, Conversation, DialogueState, JsonObject, SafeToContact, TicketKind

MAX_TEXT: Final = 4000
SURE: Final = 0.6
"""From this confidence an act is taken at its word, even where the text could be read as something else."""


class Form(StrEnum):
    """Which form is open. The values are the forms of bot/dialogue/domain.yml."""

    SCREEN = "screen_form"
    INTAKE = "intake_form"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the citizen did, what Rasa makes of it, and what the database remembers of this citizen."""

    conversation: Conversation
    act: Act
    confidence: float
    """How sure Rasa is of the act; a choice is always sure."""
    text: str = field(repr=False)
    payload: Mapping[str, object] = field(repr=False)
    state: DialogueState = field(repr=False)
    region: str | None
    now: datetime
    on: date
    message: str | None = None

    @property
    def answers(self) -> Mapping[str, object]:
        """Answers by fact that came with a choice; acts and their fields are not among them."""
        return {} if "act" in self.payload else self.payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """The citizen gave everything an application needs: it is to be handed in with this turn."""

    key: str
    intake: JsonObject = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lodged:
    """What is to stand before the staff as a ticket of its own, in the caller's words."""

    kind: TicketKind
    words: str = field(repr=False)
    goes_on: str | None = None
    """The ticket that takes these words beside its own, as long as it is open."""
    contact: str | None = None
    """A vault token, or nothing."""
    safe_to_contact: SafeToContact | None = None
    assistance: tuple[Assistance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Where the caller of a ticket that stands already can be reached: a vault token."""

    ticket: str
    contact: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a turn comes to: what is said, what is remembered, which form is open, and what else must happen."""

    state: DialogueState = field(repr=False)
    replies: tuple[Reply, ...] = ()
    form: Form | None = None
    person: str | None = None
    """Why a person is asked for, None if none is."""
    handover: Handover | None = field(default=None, repr=False)
    region: str | None = None
    """Where the matter lies, when the citizen has just said so."""
    lodged: Lodged | None = None
    reached: Reached | None = None
    satisfaction: Satisfaction | None = None
    language: str | None = None
    """What an interpreter is needed for."""
    writes_only: bool = False
    """A telephone is no use to the caller: whoever contacts them must know."""
    preferred: str | None = field(default=None, repr=False)
    """Whom the citizen would like to have, for an application that is handed in already (点援)."""
    signs_off: bool = False
    """The bot takes its leave of whoever only scolds."""
    looked_up: LookedUp | None = field(default=None, repr=False)
    """What was asked of the documents, and what they said."""


SCREEN = Choice(payload={"act": "screen"})
HANDOFF = Choice(payload={"act": "handoff"})
HUMAN = Choice(payload={"act": "human"})
CANCEL = Choice(payload={"act": "cancel"})
COMPLAIN = Choice(payload={"act": "complain"})
APPOINT = Choice(payload={"act": "appoint"})
STATUS = Choice(payload={"act": "status"})
RECEIPT: Final = "receipt"
"""Where the memory keeps what was handed in from this thread."""
DEAF: Final = "deaf"
"""Where the memory keeps that the caller cannot hear or speak."""
WITHDRAWN: Final = "consent_withdrawn"
"""Why a person is asked for by whoever takes consent back."""
_BEFORE: Final = "before"
"""Where the last reply keeps what was told before it, if it tells nothing itself."""
_TELLS_NOTHING: Final = frozenset(
    {
        Say.NOT_IN_DOCUMENTS,
        Say.NOT_UNDERSTOOD,
        Say.OFF_TOPIC,
        Say.LIMITS,
        Say.NOTHING_MORE,
        Say.NOTHING_TO_REPEAT,
        Say.ASK_AGAIN,
        Say.TELL_WHAT,
        Say.TELL_ON,
        Say.TELL_MORE,
        Say.STORY_NOTED,
        Say.NEED_NOT_SAY,
        Say.ALL_RIGHT,
        Say.SILENCE_FIRST,
        Say.SILENCE_SECOND,
        Say.SILENCE_AFTER,
        Say.WAITING,
    }
)
"""Lines that only keep a talk going: nobody means these by «说慢点»."""


def remember(
    state: DialogueState, replies: Sequence[Reply], *, message: str | None, form: Form | None
) -> DialogueState:
    """Keep what was said, to say it again when asked to, or when the same turn runs again."""
    said = {"message": message, "form": form, "replies": [encode(reply) for reply in replies]}
    if not _tells(replies):
        before = remembered(state)
        said[_BEFORE] = [encode(reply) for reply in (before if _tells(before) else _told_before(state))]
    return replace(state, last_reply=said)


def remembered(state: DialogueState) -> tuple[Reply, ...]:
    """Return what was said last."""
    return tuple(decode(reply) for reply in (state.last_reply or {}).get("replies", ()))


def worth_repeating(state: DialogueState) -> tuple[Reply, ...]:
    """Return what whoever did not follow wants once more: what was said last, or before it where that told nothing."""
    last = remembered(state)
    return last if _tells(last) else _told_before(state) or last


def _told_before(state: DialogueState) -> tuple[Reply, ...]:
    return tuple(decode(reply) for reply in (state.last_reply or {}).get(_BEFORE, ()))


def _tells(replies: Sequence[Reply]) -> bool:
    return any(not isinstance(one, TextReply | MenuReply) or one.say not in _TELLS_NOTHING for one in replies)


def with_extra(state: DialogueState, **changes: Any) -> DialogueState:  # noqa: ANN401 (JSON values)
    """Return the state with some of its free fields changed; None takes a field away."""
    merged = {**state.extra, **changes}
    return replace(state, extra={key: value for key, value in merged.items() if value is not None})
