"""Ringing somebody back: half-days that hold only so many, three attempts, and what ends them (预约回电). Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from api.domain.clocks import CHINA

MOST: Final = 3
"""Attempts; whoever has not answered by then is written to where that is safe, and rung no more."""
CAPACITY: Final = 6
"""Call-backs an office takes for a half-day, until it says otherwise."""
_SOON: Final = timedelta(minutes=30)
_LATER: Final = timedelta(hours=3)
_AHEAD: Final = 14
"""Days looked ahead for half-days with room."""


class Half(StrEnum):
    """半天."""

    AM = "am"
    PM = "pm"


_HOURS: Final = {Half.AM: (time(9), time(12)), Half.PM: (time(14), time(17))}


class CallOutcome(StrEnum):
    """回电结果: what one attempt came to."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    ENGAGED = "engaged"
    WRONG_NUMBER = "wrong_number"
    NOT_SAFE = "not_safe"
    """Somebody else answered, or the caller could not speak: no further word may go out by itself."""


_AGAIN: Final = {CallOutcome.NO_ANSWER: _LATER, CallOutcome.ENGAGED: _SOON}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Slot:
    """One half-day of one office; an attempt falls within its hours."""

    day: date
    half: Half

    @property
    def key(self) -> str:
        """Return it as it is stored: 2026-11-24.am."""
        return f"{self.day.isoformat()}.{self.half}"

    @property
    def begin(self) -> datetime:
        """Return when it begins."""
        return datetime.combine(self.day, _HOURS[self.half][0], CHINA)

    @property
    def end(self) -> datetime:
        """Return when it is over."""
        return datetime.combine(self.day, _HOURS[self.half][1], CHINA)


def slot_of(key: str, /) -> Slot | None:
    """Read a stored or posted slot; None for anything else."""
    day, _, half = key.partition(".")
    try:
        return Slot(day=date.fromisoformat(day), half=Half(half))
    except ValueError:
        return None


def coming(*, now: datetime, works: Callable[[date], bool], most: int) -> tuple[Slot, ...]:
    """Return the next half-days of working days that are not over."""
    today = now.astimezone(CHINA).date()
    days = (today + timedelta(days=ahead) for ahead in range(_AHEAD))
    slots = (Slot(day=day, half=half) for day in days if works(day) for half in Half)
    return tuple(slot for slot in slots if slot.end > now)[:most]


def next_attempt(tried: Sequence[CallOutcome], /, *, now: datetime, works: Callable[[date], bool]) -> datetime | None:
    """Return when to ring again after these attempts, within office hours; None where it is over."""
    wait = _AGAIN.get(tried[-1])
    if wait is None or len(tried) >= MOST:
        return None
    at = now + wait
    for slot in coming(now=now, works=works, most=2 * _AHEAD):
        if at < slot.end:
            return max(at, slot.begin)
    return None
