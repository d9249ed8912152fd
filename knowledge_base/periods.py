"""Stretches of days, half-open, as spoken dates mean them."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

ONE: Final = timedelta(days=1)
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Days [first, end); `day` where the words name one and no other."""

    first: date
    end: date
    day: date | None = None


def one_day(day: date, /) -> Period:
    """Return the stretch that is one day and no other."""
    return Period(first=day, end=day + ONE, day=day)


def whole_month(year: int, number: int, /) -> Period:
    """Return a month; months before the first and after the twelfth run into the years beside."""
    years, number = divmod(number - 1, _DECEMBER)
    first = date(year + years, number + 1, 1)
    return Period(first=first, end=(first.replace(day=28) + timedelta(days=4)).replace(day=1))


def beside(first: date, end: date, /, *, side: str | None) -> Period:
    """国庆前 and 国庆后: up to a month before, up to a month after."""
    near = timedelta(days=30)
    if side and "前" in side:
        return Period(first=first - near, end=first)
    if side and "后" in side:
        return Period(first=end, end=end + near)
    return Period(first=first, end=end)
