"""Working days as the State Council arranges them each year, because weekends alone do not tell them (放假调休)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

_SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """One year's arrangement: days off, and weekend days on which people work instead."""

    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Workdays:
    """工作日: the years on file. Of other years only the weekdays are known, and callers are told so."""

    years: Mapping[int, Year] = field(default_factory=dict)

    def knows(self, day: date, /) -> bool:
        """Whether the year's arrangement is on file."""
        return day.year in self.years

    def is_holiday(self, day: date, /) -> bool:
        """Whether a day is off by the arrangement."""
        return self.knows(day) and day in self.years[day.year].off

    def is_worked_weekend(self, day: date, /) -> bool:
        """Whether a Saturday or Sunday is worked in exchange for another day (调休上班)."""
        return self.knows(day) and day in self.years[day.year].worked

    def is_workday(self, day: date, /) -> bool:
        """Whether offices work on a day, as far as is known."""
        if self.is_holiday(day):
            return False
        return day.weekday() < _SATURDAY or self.is_worked_weekend(day)


def days_between(first: date, last: date, /) -> Iterable[date]:
    """Yield every day from the first to the last, both included."""
    return (first + timedelta(days=count) for count in range((last - first).days + 1))
