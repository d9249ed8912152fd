"""The life of an application for legal aid, Legal Aid Law (2021) arts 36-50 (法律援助申请的办理).

Pure: `apply` says what one event leads to and what must follow from it; whoever calls it stores both together.
The machine itself never decides: only a person of the institution grants, refuses or terminates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, assert_never

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.details import Details
from api.domain.origin import Origin


class State(StrEnum):
    """办理状态. An objection is one of two states, because its outcome depends on what is objected to."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    NOTIFIED = "notified"
    IN_REVIEW = "in_review"
    SUPPLEMENT_REQUESTED = "supplement_requested"
    GRANTED = "granted"
    REFUSED = "refused"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    TRANSFERRED = "transferred"
    MERGED = "merged"
    """并案: the same person asked twice for the same; it goes on under the other reference."""
    REFUSAL_OBJECTED = "refusal_objected"
    REFUSED_UPHELD = "refused_upheld"
    TERMINATED = "terminated"
    TERMINATION_OBJECTED = "termination_objected"
    TERMINATED_UPHELD = "terminated_upheld"


class Event(StrEnum):
    """What can happen to an application."""

    SUBMIT = "submit"
    BEGIN_REVIEW = "begin_review"
    REQUEST_SUPPLEMENT = "request_supplement"
    SUPPLY = "supply"
    DEEM_WITHDRAWN = "deem_withdrawn"
    WITHDRAW = "withdraw"
    TRANSFER = "transfer"
    MERGE = "merge"
    ADVANCE_AID = "advance_aid"
    GRANT = "grant"
    REFUSE = "refuse"
    ASSIGN = "assign"
    START = "start"
    CLOSE = "close"
    TERMINATE = "terminate"
    OBJECT = "object"
    UPHOLD = "uphold"
    OVERTURN = "overturn"


class EffectKind(StrEnum):
    """Who must be told."""

    TELL_CITIZEN = "tell_citizen"
    TELL_PROVIDER = "tell_provider"
    TELL_BUREAU = "tell_bureau"
    TELL_ORGAN = "tell_organ"
    TELL_OFFICE = "tell_office"
    TELL_STAFF = "tell_staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A notice that must go out because of a transition; becomes a job in the same transaction."""

    kind: EffectKind
    notice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What the machine needs to know of an application; everything personal stays outside."""

    reference: str
    state: State = State.DRAFT
    state_since: datetime | None = None
    received_at: datetime | None = None
    granted_at: datetime | None = None
    paused: timedelta = timedelta()
    """Time spent waiting for papers, which the review clock leaves out."""
    papers: tuple[str, ...] = ()
    papers_due: datetime | None = None
    supplement_told: bool = False
    advance_aid: bool = False
    same_day: bool = False
    in_custody: bool = False
    origin: Origin = Origin.SELF
    provider: str | None = None
    provider_id: str | None = None
    """Their entry in the register; None of an assignment that is older than it."""
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """The application afterwards, the line for the audit chain, and what must follow."""

    application: Application
    entry: AuditEntry
    effects: tuple[Effect, ...] = field(default=())

    @property
    def state(self) -> State:
        """Return the state reached."""
        return self.application.state


class TransitionRefused(Exception):
    """The law does not know this move.

    `code` is stable: `illegal_move`, `not_entitled`, `…_required`, `supplement_told_once`, `papers_due_too_soon`, `papers_not_due`.
    """

    def __init__(self, code: str, *, state: State, event: Event) -> None:
        """Say which move was refused, and why, without naming anybody."""
        super().__init__(f"{code}: {event} in state {state}")
        self.code = code
        self.state = state
        self.event = event


_INSTITUTION: Final = frozenset({ActorKind.STAFF})
_ANYBODY_FOR_THE_CITIZEN: Final = frozenset({ActorKind.CITIZEN, ActorKind.STAFF})
ENTITLED: Final[Mapping[Event, frozenset[ActorKind]]] = MappingProxyType(
    {
        Event.SUBMIT: _ANYBODY_FOR_THE_CITIZEN | {ActorKind.ORGAN},
        Event.BEGIN_REVIEW: _INSTITUTION,
        Event.REQUEST_SUPPLEMENT: _INSTITUTION,
        Event.SUPPLY: _ANYBODY_FOR_THE_CITIZEN,
        Event.DEEM_WITHDRAWN: _INSTITUTION,
        Event.WITHDRAW: _ANYBODY_FOR_THE_CITIZEN,
        Event.TRANSFER: _INSTITUTION,
        Event.MERGE: _INSTITUTION,
        Event.ADVANCE_AID: _INSTITUTION,
        Event.GRANT: _INSTITUTION,
        Event.REFUSE: _INSTITUTION,
        Event.ASSIGN: _INSTITUTION,
        Event.START: _INSTITUTION,
        Event.CLOSE: _INSTITUTION,
        Event.TERMINATE: _INSTITUTION,
        Event.OBJECT: _ANYBODY_FOR_THE_CITIZEN,
        # Art. 49: the bureau that set the institution up decides on an objection; staff enter its decision.
        Event.UPHOLD: frozenset({ActorKind.STAFF, ActorKind.BUREAU}),
        Event.OVERTURN: frozenset({ActorKind.STAFF, ActorKind.BUREAU}),
    }
)

_BEFORE_DECISION: Final = (State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.SUPPLEMENT_REQUESTED)
_AIDED: Final = (State.GRANTED, State.ASSIGNED, State.IN_PROGRESS)
MOVES: Final[Mapping[tuple[State, Event], State]] = MappingProxyType(
    {
        (State.DRAFT, Event.SUBMIT): State.SUBMITTED,
        (State.SUBMITTED, Event.BEGIN_REVIEW): State.IN_REVIEW,
        # Papers brought before or during review change nothing but the file (art. 43 blocks nobody for a missing paper).
        (State.SUBMITTED, Event.SUPPLY): State.SUBMITTED,
        (State.IN_REVIEW, Event.SUPPLY): State.IN_REVIEW,
        (State.IN_REVIEW, Event.REQUEST_SUPPLEMENT): State.SUPPLEMENT_REQUESTED,
        (State.SUPPLEMENT_REQUESTED, Event.SUPPLY): State.IN_REVIEW,
        (State.SUPPLEMENT_REQUESTED, Event.DEEM_WITHDRAWN): State.WITHDRAWN,
        (State.IN_REVIEW, Event.GRANT): State.GRANTED,
        (State.IN_REVIEW, Event.REFUSE): State.REFUSED,
        **{(state, Event.WITHDRAW): State.WITHDRAWN for state in _BEFORE_DECISION},
        (State.SUBMITTED, Event.TRANSFER): State.TRANSFERRED,
        (State.IN_REVIEW, Event.TRANSFER): State.TRANSFERRED,
        **{(state, Event.MERGE): State.MERGED for state in _BEFORE_DECISION if state is not State.DRAFT},
        (State.SUBMITTED, Event.ADVANCE_AID): State.ASSIGNED,
        (State.IN_REVIEW, Event.ADVANCE_AID): State.ASSIGNED,
        (State.GRANTED, Event.ASSIGN): State.ASSIGNED,
        (State.NOTIFIED, Event.ASSIGN): State.ASSIGNED,
        # The organ takes its notice back: they have a lawyer of their own (art. 27), or the ground has gone.
        (State.NOTIFIED, Event.WITHDRAW): State.WITHDRAWN,
        (State.NOTIFIED, Event.TRANSFER): State.TRANSFERRED,
        (State.NOTIFIED, Event.MERGE): State.MERGED,
        (State.ASSIGNED, Event.START): State.IN_PROGRESS,
        (State.ASSIGNED, Event.SUPPLY): State.ASSIGNED,
        (State.IN_PROGRESS, Event.SUPPLY): State.IN_PROGRESS,
        (State.IN_PROGRESS, Event.CLOSE): State.CLOSED,
        **{(state, Event.TERMINATE): State.TERMINATED for state in _AIDED},
        (State.REFUSED, Event.OBJECT): State.REFUSAL_OBJECTED,
        (State.REFUSAL_OBJECTED, Event.UPHOLD): State.REFUSED_UPHELD,
        (State.REFUSAL_OBJECTED, Event.OVERTURN): State.IN_REVIEW,
        (State.TERMINATED, Event.OBJECT): State.TERMINATION_OBJECTED,
        (State.TERMINATION_OBJECTED, Event.UPHOLD): State.TERMINATED_UPHELD,
        (State.TERMINATION_OBJECTED, Event.OVERTURN): State.IN_PROGRESS,
    }
)
_FOR_THE_ORGAN: Final = frozenset({Event.ASSIGN, Event.TRANSFER, Event.TERMINATE})
OPEN_STATES: Final = frozenset(
    {
        State.SUBMITTED,
        State.NOTIFIED,
        State.IN_REVIEW,
        State.SUPPLEMENT_REQUESTED,
        State.GRANTED,
        State.ASSIGNED,
        State.IN_PROGRESS,
        State.REFUSAL_OBJECTED,
        State.TERMINATION_OBJECTED,
    }
)
"""Where somebody still owes a move."""


def apply(
    application: Application,
    event: Event,
    *,
    by: Actor,
    now: datetime,
    details: Details | None = None,
) -> Transition:
    """Return what `event` leads to, or raise TransitionRefused."""
    given = details or Details()
    target = MOVES.get((application.state, event))
    if target is None or (event is Event.SUPPLY and application.state in _AIDED and not application.advance_aid):
        raise TransitionRefused("illegal_move", state=application.state, event=event)
    if not _entitled(application, event, by=by.kind):
        raise TransitionRefused("not_entitled", state=application.state, event=event)
    missing = _missing_detail(application, event, given, now=now)
    if missing is not None:
        raise TransitionRefused(missing, state=application.state, event=event)
    if event is Event.SUBMIT and application.origin is Origin.NOTIFIED:
        target = State.NOTIFIED
    after = replace(
        _changed(application, event, given, now=now),
        state=target,
        state_since=now if target is not application.state else application.state_since,
        version=application.version + 1,
    )
    entry = AuditEntry(
        at=now,
        actor=by,
        action=f"application.{event}",
        subject=application.reference,
        data={"from": application.state, "to": target, "version": after.version, **given.codes()},
    )
    return Transition(application=after, entry=entry, effects=_effects(event, application))


def allowed_events(application: Application, *, by: ActorKind) -> tuple[Event, ...]:
    """Return the events this kind of actor may bring about now, in the order of the law."""
    return tuple(
        event
        for event in Event
        if (application.state, event) in MOVES
        and _entitled(application, event, by=by)
        and not (event is Event.SUPPLY and application.state in _AIDED and not application.advance_aid)
        and not (event is Event.REQUEST_SUPPLEMENT and application.supplement_told)
    )


def _entitled(application: Application, event: Event, *, by: ActorKind) -> bool:
    # What an organ gave notice of is between it and the institution.
    return by in ENTITLED[event] and not (application.state is State.NOTIFIED and by is ActorKind.CITIZEN)


def _missing_detail(  # noqa: C901, PLR0911, PLR0912 - one arm an event
    application: Application, event: Event, details: Details, *, now: datetime
) -> str | None:
    match event:
        case Event.REQUEST_SUPPLEMENT:
            # Art. 43: everything that is missing is told once, completely.
            if application.supplement_told:
                return "supplement_told_once"
            return _flaw_of_request(details, now=now)
        case Event.DEEM_WITHDRAWN:
            # Art. 43: only who was told by when, and let that day pass, counts as having withdrawn.
            waits = application.papers_due is not None and now < application.papers_due
            return "papers_not_due" if waits else None
        case Event.REFUSE | Event.UPHOLD:
            return None if details.reason else "reason_required"
        case Event.TERMINATE:
            if details.termination is None:
                return "termination_ground_required"
            return None if details.reason else "reason_required"
        case Event.ADVANCE_AID:
            if details.advance is None:
                return "advance_ground_required"
            return None if details.provider else "provider_required"
        case Event.ASSIGN:
            return None if details.provider else "provider_required"
        case Event.TRANSFER:
            return _flaw_of_transfer(application, details)
        case Event.CLOSE:
            return None if details.closing and details.closing.report else "closing_report_required"
        case Event.MERGE:
            return None if details.into else "merge_target_required"
        case Event.WITHDRAW if application.state is State.NOTIFIED:
            return None if details.reason else "reason_required"
        case (
            Event.SUBMIT
            | Event.BEGIN_REVIEW
            | Event.SUPPLY
            | Event.WITHDRAW
            | Event.GRANT
            | Event.START
            | Event.OBJECT
            | Event.OVERTURN
        ):
            return None
        case _:
            assert_never(event)


def _flaw_of_transfer(application: Application, details: Details) -> str | None:
    if details.transfer is None or not details.transfer.office:
        return "office_required"
    # An organ's notice goes where it belongs; an applicant is asked first (PIPL art. 23).
    asked = application.origin is not Origin.NOTIFIED
    return "transfer_consent_required" if asked and details.transfer.agreed is None else None


def _flaw_of_request(details: Details, *, now: datetime) -> str | None:
    if not details.papers:
        return "papers_required"
    if details.papers_due is None:
        return "papers_due_required"
    return None if details.papers_due > now else "papers_due_too_soon"


def _changed(  # noqa: PLR0911 - one arm an event
    application: Application, event: Event, details: Details, *, now: datetime
) -> Application:
    match event:
        case Event.SUBMIT:
            return replace(application, received_at=now)
        case Event.REQUEST_SUPPLEMENT:
            return replace(application, papers=details.papers, papers_due=details.papers_due, supplement_told=True)
        case Event.SUPPLY:
            waiting = application.state is State.SUPPLEMENT_REQUESTED and application.state_since is not None
            spent = now - application.state_since if waiting and application.state_since else timedelta()
            return replace(application, papers=(), papers_due=None, paused=application.paused + spent)
        case Event.GRANT:
            return replace(application, granted_at=now)
        case Event.ASSIGN:
            return _assigned(application, details)
        case Event.ADVANCE_AID:
            return replace(_assigned(application, details), advance_aid=True)
        case Event.OVERTURN if application.state is State.REFUSAL_OBJECTED:
            # Art. 49: the institution reviews afresh, so its seven days begin again.
            return replace(application, received_at=now, paused=timedelta())
        case _:
            return application


def _assigned(application: Application, details: Details) -> Application:
    given = details.assignment
    return replace(application, provider=details.provider, provider_id=given.provider_id if given else None)


def _effects(event: Event, before: Application) -> tuple[Effect, ...]:  # noqa: PLR0911 - one arm an event
    citizen = Effect(kind=EffectKind.TELL_CITIZEN, notice=str(event))
    # Art. 36: the organ that gave notice hears who was assigned, and of whatever ends that.
    heard = event in _FOR_THE_ORGAN and before.origin is Origin.NOTIFIED
    organ = (Effect(kind=EffectKind.TELL_ORGAN, notice=str(event)),) if heard else ()
    match event:
        case Event.SUBMIT:
            return citizen, Effect(kind=EffectKind.TELL_STAFF, notice="application_received")
        case Event.ASSIGN | Event.ADVANCE_AID:
            return citizen, Effect(kind=EffectKind.TELL_PROVIDER, notice="assigned"), *organ
        case Event.TRANSFER:
            return citizen, Effect(kind=EffectKind.TELL_OFFICE, notice="transferred"), *organ
        case Event.OBJECT:
            return citizen, Effect(kind=EffectKind.TELL_BUREAU, notice="objection")
        case Event.SUPPLY | Event.WITHDRAW:
            return citizen, Effect(kind=EffectKind.TELL_STAFF, notice=f"{event}:{before.state}")
        case Event.TERMINATE if before.provider is not None:
            return citizen, Effect(kind=EffectKind.TELL_PROVIDER, notice="terminated"), *organ
        case _:
            return citizen, *organ
