"""Whose move it is and until when: computed from an application, never stored (期限与责任方).

The Legal Aid Law counts calendar days (日). The first day is left out, and the last one counts to its end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Final, assert_never

from api.domain.application import Application, State
from api.domain.origin import Origin

CHINA: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The one legal time of the country; it has no summer time."""

REVIEW_DAYS: Final = 7
ASSIGNMENT_DAYS: Final = 3
OBJECTION_DAYS: Final = 5
KEPT_DAYS: Final = 180
"""How long a talk that led to no application lies before it is destroyed. Our own figure: the law says «no longer than needed»."""
SUPPLEMENT_DAYS: Final = 15
"""What the service itself gives for missing papers where the reviewer names no day: art. 43 has no number."""
CUSTODY_TRANSFER: Final = timedelta(hours=24)
_NEARLY: Final = timedelta(hours=24)


class ClockKind(StrEnum):
    """Which time limit runs."""

    CUSTODY_TRANSFER = "custody_transfer"
    SAME_DAY = "same_day"
    REVIEW = "review"
    ASSIGNMENT = "assignment"
    OBJECTION = "objection"
    SUPPLEMENT = "supplement"
    """补充材料的期限: the citizen's own."""


class Party(StrEnum):
    """轮到谁: whose court the ball is in."""

    CITIZEN = "citizen"
    INSTITUTION = "institution"
    BUREAU = "bureau"
    PROVIDER = "provider"
    OTHER_INSTITUTION = "other_institution"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A running time limit; `due` is the first moment that is too late."""

    kind: ClockKind
    due: datetime
    article: str

    def days_left(self, *, now: datetime) -> int:
        """Return full calendar days left: 0 on the last day, negative afterwards."""
        return (last_day(self.due) - now.astimezone(CHINA).date()).days

    def overdue(self, *, now: datetime) -> bool:
        """Tell whether the time limit has passed."""
        return now >= self.due

    @property
    def pressing_from(self) -> datetime:
        """The moment from which this clock puts an item before what is merely old."""
        match self.kind:
            case ClockKind.CUSTODY_TRANSFER:
                return self.due - CUSTODY_TRANSFER
            case ClockKind.REVIEW | ClockKind.ASSIGNMENT | ClockKind.OBJECTION:
                return self.due - _NEARLY
            case ClockKind.SAME_DAY | ClockKind.SUPPLEMENT:
                return self.due
            case _:
                assert_never(self.kind)

    def pressing(self, *, now: datetime) -> bool:
        """Tell whether it does so now."""
        return now >= self.pressing_from


def clocks(application: Application) -> tuple[Clock, ...]:
    """Return the time limits that run now, soonest first."""
    running: list[Clock] = []
    state, received, since = application.state, application.received_at, application.state_since
    match state:
        case State.SUBMITTED | State.IN_REVIEW if received is not None:
            # What came by the hand of whoever holds the applicant has been passed on: that clock was theirs.
            if application.in_custody and state is State.SUBMITTED and application.origin is not Origin.FORWARDED:
                due = received + CUSTODY_TRANSFER
                running.append(Clock(kind=ClockKind.CUSTODY_TRANSFER, due=due, article="第三十九条"))
            if application.same_day:
                running.append(Clock(kind=ClockKind.SAME_DAY, due=end_of_day(received, days=0), article="地方规定"))
            # The ministry's procedure leaves the time for missing papers out of the review.
            review_due = end_of_day(received + application.paused, days=REVIEW_DAYS)
            running.append(Clock(kind=ClockKind.REVIEW, due=review_due, article="第四十三条"))
        case State.SUPPLEMENT_REQUESTED if application.papers_due is not None:
            running.append(Clock(kind=ClockKind.SUPPLEMENT, due=application.papers_due, article="第四十三条"))
        case State.GRANTED if application.granted_at is not None:
            due = end_of_day(application.granted_at, days=ASSIGNMENT_DAYS)
            running.append(Clock(kind=ClockKind.ASSIGNMENT, due=due, article="第四十三条"))
        case State.NOTIFIED if received is not None:
            due = end_of_day(received, days=ASSIGNMENT_DAYS)
            running.append(Clock(kind=ClockKind.ASSIGNMENT, due=due, article="第三十六条"))
        case State.REFUSAL_OBJECTED | State.TERMINATION_OBJECTED if since is not None:
            due = end_of_day(since, days=OBJECTION_DAYS)
            running.append(Clock(kind=ClockKind.OBJECTION, due=due, article="第四十九条"))
        case _:
            pass
    return tuple(sorted(running, key=lambda clock: clock.due))


def waiting_on(state: State) -> Party:
    """Say whose move it is."""
    match state:
        case State.DRAFT | State.SUPPLEMENT_REQUESTED:
            return Party.CITIZEN
        case State.SUBMITTED | State.IN_REVIEW | State.GRANTED | State.NOTIFIED:
            return Party.INSTITUTION
        case State.REFUSAL_OBJECTED | State.TERMINATION_OBJECTED:
            return Party.BUREAU
        case State.ASSIGNED | State.IN_PROGRESS:
            return Party.PROVIDER
        case State.TRANSFERRED:
            return Party.OTHER_INSTITUTION
        case (
            State.CLOSED
            | State.WITHDRAWN
            | State.MERGED
            | State.REFUSED
            | State.REFUSED_UPHELD
            | State.TERMINATED
            | State.TERMINATED_UPHELD
        ):
            return Party.NOBODY
        case _:
            assert_never(state)


def end_of_day(moment: datetime, *, days: int) -> datetime:
    """Return the first moment after so many more days of China's calendar: the day itself is left out."""
    return midnight_after(moment.astimezone(CHINA).date() + timedelta(days=days))


def end_of_workday(moment: datetime, *, days: int, works: Callable[[date], bool]) -> datetime:
    """Return the first moment after so many more working days (工作日): the day itself is left out."""
    day = moment.astimezone(CHINA).date()
    while days > 0:
        day += timedelta(days=1)
        days -= works(day)
    return midnight_after(day)


def midnight_after(day: date) -> datetime:
    """Return the first moment after a day in China."""
    return datetime.combine(day, time(), tzinfo=CHINA) + timedelta(days=1)


def last_day(due: datetime) -> date:
    """Return the last day in China on which something is still in time, given the first moment that is too late."""
    return (due - timedelta(microseconds=1)).astimezone(CHINA).date()
