"""Reads which half-days somebody means who says when they would like to be rung: «下周三上午», «后天», «11 月 25 日下午三点» (预约半天).

A half-day is promised only where the words name that one and no other; everything else is offered, and chosen from.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from api.domain.callback import Half, Slot
from api.services.wording import HALF
from knowledge_base.numerals import parse_number

_SIGN: Final = "一二三四五六七八九十"
_CLAUSES: Final = re.compile(r"[\s,.;!~，。；！～、]+")
_NOT_THEN: Final = re.compile(
    r"(?<!行)不行|(?<!成)不成|(?<!方便)不方便|没空|没时间|来不了|去不了|不在|除了|别|不要|不能|上班"
)
"""«周三不行 周四下午»: a day is named, and is not wished for."""
_SOON: Final = {"大后": 3, "后": 2, "明": 1, "今": 0}
_NEAR: Final = re.compile(r"(?P<near>大后|后|明|今)(?:天|儿|个儿?|日|早|晚)")
_WEEKDAY: Final = re.compile(
    r"(?<![一两几每])(?P<week>下下|下|这|本)?个?(?:(?:周|星期|礼拜)的?){1,2}(?P<day>[一二三四五六日天1-6])(?!天)"
)
_DATE: Final = re.compile(
    rf"(?:(?P<month>\d{{1,2}}|[{_SIGN}]{{1,2}}) ?月 ?)?(?P<day>\d{{1,2}}|[{_SIGN}]{{1,3}}) ?[日号]"
)
_WEEKDAYS: Final = {sign: number for number, sign in enumerate("一二三四五六日")} | {"天": 6}
_WEEKS: Final = {"下下": 2, "下": 1, "这": 0, "本": 0}
_WEEK: Final = 7
_MONTHS: Final = 12
_HALVES: Final = {
    Half.AM: re.compile(r"上午|早上|早晨|一早|[今明]早|[头前]晌"),
    Half.PM: re.compile(r"下午|午后|后晌"),
}
_NO_HALF: Final = re.compile(r"晚上|夜里|傍晚|[今明]晚|中午|晌午|半夜|凌晨|以后|之后|以前|之前")
"""Nobody rings then, or the words leave the hour open."""
_HOUR: Final = re.compile(rf"(?P<hour>\d{{1,2}}|[{_SIGN}两]{{1,3}})(?:点|[:：]\d\d)")
_OF_HOUR: Final[Mapping[int | Decimal, Half]] = {
    **dict.fromkeys((9, 10, 11), Half.AM),
    **dict.fromkeys((2, 3, 4, 14, 15, 16), Half.PM),
}
_CHOSEN: Final = re.compile(r"改约到 (?P<month>\d{1,2}) 月 (?P<day>\d{1,2}) 日(?P<half>上午|下午)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Days and halves that were named, none where none was; `sure` unless the words leave more than those open."""

    days: frozenset[date]
    halves: frozenset[Half]
    sure: bool

    def takes(self, slot: Slot, /) -> bool:
        """Tell whether a half-day is among those wished for."""
        return (not self.days or slot.day in self.days) and (not self.halves or slot.half in self.halves)

    @property
    def one(self) -> Slot | None:
        """Return the half-day that was named, None where it is not one alone."""
        if not self.sure or len(self.days) != 1 or len(self.halves) != 1:
            return None
        return Slot(day=next(iter(self.days)), half=next(iter(self.halves)))


def wished(text: str, /, *, on: date) -> Wish:
    """Read the caller's words; `on` is today in China."""
    clauses = [one for one in _CLAUSES.split(text) if one]
    said = " ".join(one for one in clauses if _NOT_THEN.search(one) is None)
    days: set[date] = set()
    sure = _NO_HALF.search(said) is None
    for pattern, reader in _READERS:
        for found in pattern.finditer(said):
            try:
                days.add(reader(found, on))
            except ValueError:  # «2 月 30 日»
                sure = False
    halves = {half for half, words in _HALVES.items() if words.search(said)}
    for found in _HOUR.finditer(said):
        half = _OF_HOUR.get(parse_number(found["hour"]) or 0)
        if half is None:
            sure = False
        else:
            halves.add(half)
    return Wish(days=frozenset(days), halves=frozenset(halves), sure=sure)


def choosing(slot: Slot, /) -> str:
    """Return what the button of an offered half-day says in the caller's place."""
    return f"改约到 {slot.day.month} 月 {slot.day.day} 日{HALF[slot.half]}"


def is_choice(text: str, /) -> bool:
    """Tell the words of such a button."""
    return _CHOSEN.fullmatch(text) is not None


def _near(found: re.Match[str], on: date) -> date:
    return on + timedelta(days=_SOON[found["near"]])


def _weekday(found: re.Match[str], on: date) -> date:
    sign = found["day"]
    number = int(sign) - 1 if sign.isdigit() else _WEEKDAYS[sign]
    if found["week"] is None:
        return on + timedelta(days=(number - on.weekday()) % _WEEK)
    return on + timedelta(days=number - on.weekday() + _WEEK * _WEEKS[found["week"]])


def _date(found: re.Match[str], on: date) -> date:
    day = _number(found["day"])
    if found["month"] is not None:
        named = date(on.year, _number(found["month"]), day)
        return named if named >= on else date(on.year + 1, named.month, day)
    if day >= on.day:
        return on.replace(day=day)
    return date(on.year + on.month // _MONTHS, on.month % _MONTHS + 1, day)


def _number(text: str) -> int:
    """Raise ValueError for what is no whole number."""
    value = parse_number(text)
    if value is None or value != int(value):
        raise ValueError(text)
    return int(value)


_READERS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date]], ...]] = (
    (_NEAR, _near),
    (_WEEKDAY, _weekday),
    (_DATE, _date),
)
