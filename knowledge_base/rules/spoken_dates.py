"""Dates as people say them: 2026年12月1号, 12月1日, 明天, 三天后, 下周三."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from knowledge_base.rules.numerals import read_number

_RELATIVE: Final = {
    "今天": 0,
    "今日": 0,
    "明天": 1,
    "明日": 1,
    "明儿": 1,
    "后天": 2,
    "大后天": 3,
    "昨天": -1,
    "昨日": -1,
    "前天": -2,
    "大前天": -3,
}
_WEEKDAYS: Final = {sign: number for number, sign in enumerate("一二三四五六日")} | {"天": 6, "七": 6}
_NUMBER: Final = r"([\d一二三四五六七八九十两]+)"
_TAIL: Final = r"(?:吧|了|啊|呢|的|左右|那天|到期|截止|收到|拿到|开庭|过期)*$"
_FULL: Final = re.compile(r"^\D{0,6}(\d{4})\s*[年\-/.]\s*(\d{1,2})\s*[月\-/.]\s*(\d{1,2})\s*[日号]?" + _TAIL)
_SHORT: Final = re.compile(rf"^\D{{0,4}}?(今年|明年|去年)?{_NUMBER}月{_NUMBER}[日号]?" + _TAIL)
_DAYS: Final = re.compile(
    rf"^(?:还有|还剩|只剩|剩|再过|过)?{_NUMBER}(天|日|周|个?星期|个?礼拜)(后|以后|之后|前|以前|之前)?" + _TAIL
)
_WEEK: Final = re.compile(r"^(上上|上|这|本|下下|下)?(?:个)?(?:周|星期|礼拜)([一二三四五六日天七])" + _TAIL)
_FORTNIGHT: Final = 2


def read_date(text: str, *, on: date | None) -> date | None:
    """Read a date; words that lean on today need `on`."""
    full = _FULL.match(text)
    if full:
        return _day(int(full[1]), int(full[2]), int(full[3]))
    if on is None:
        return None
    today: date = on
    relative = re.fullmatch(r"\D{0,3}?(大后天|大前天|今[天日]|明[天日儿]|后天|昨[天日]|前天)\D{0,4}", text)
    if relative:
        return today + timedelta(days=_RELATIVE[relative[1]])
    readers: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date | None]], ...] = (
        (_SHORT, _in_year),
        (_DAYS, _in_days),
        (_WEEK, _on_weekday),
    )
    for pattern, reader in readers:
        found = pattern.match(text)
        if found:
            return reader(found, today)
    return None


def _number(text: str) -> int | None:
    value = read_number(text)
    return int(value) if value is not None else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _in_year(found: re.Match[str], today: date) -> date | None:
    month, day = _number(found[2]), _number(found[3])
    if month is None or day is None:
        return None
    shift = {"今年": 0, "明年": 1, "去年": -1}.get(found[1])
    if shift is not None:
        return _day(today.year + shift, month, day)
    # Without a year: the nearest such day, before or after.
    near = [each for year in (-1, 0, 1) if (each := _day(today.year + year, month, day))]
    return min(near, key=lambda each: abs(each - today), default=None)


def _in_days(found: re.Match[str], today: date) -> date | None:
    count = _number(found[1])
    if count is None:
        return None
    days = count * (1 if found[2] in {"天", "日"} else 7)
    past = bool(found[3]) and found[3].endswith("前")
    return today + timedelta(days=-days if past else days)


def _on_weekday(found: re.Match[str], today: date) -> date:
    weeks = {"上上": -_FORTNIGHT, "上": -1, "下": 1, "下下": _FORTNIGHT}.get(found[1], 0)
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)
    return monday + timedelta(days=_WEEKDAYS[found[2]])
