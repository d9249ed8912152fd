"""Opening hours in the words a clerk writes them in, read strictly enough to compute with (办公时间).

The syntax of OpenStreetMap has no word for 工作日: it knows public holidays, but not the weekend days that are worked in
exchange for them. So the hours stand in the files as people read them on the door, in a small closed grammar:

    hours = part {"；" part}
    part  = days [times]
    days  = 每天 | 工作日 | 周末 | 节假日 | 周一至周五 | 周一、周三 | 每月第二个周二 | 每月最后一个周五
    times = 全天 | 休息 | 预约 | 08:30-11:30、14:00-17:30

Days without times say: open that day, nobody wrote when. A range that ends before it begins runs past midnight.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final, assert_never

from knowledge_base.directory.workdays import Workdays
from knowledge_base.offices import Opening, Openness

CHINA: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The one legal time of the country; it has no summer time."""
_DAY: Final = 24 * 60
_WEEK: Final = "一二三四五六日"
_WORKWEEK: Final = frozenset(range(5))
_ORDINALS: Final = "一二三四五"
_HORIZON: Final = 100
"""Days looked ahead: a fifth Tuesday is never further away."""
_LONG: Final = timedelta(days=7)
"""What is open for longer than this on end does not close as far as anybody cares."""
_WEEKDAY: Final = r"(?:周|星期|礼拜)[一二三四五六日天]"
_MONTHLY: Final = re.compile(rf"每?月(?:第([一二三四五])|(最后一))个({_WEEKDAY})")
_RANGE: Final = re.compile(rf"({_WEEKDAY})(?:至|到|-)({_WEEKDAY})")
_LIST: Final = re.compile(rf"{_WEEKDAY}(?:[、,和]{_WEEKDAY})*")
_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})(?:-|至|到)(\d{1,2}):(\d{2})")
_PART: Final = re.compile(rf"(每天|工作日|周末|节假日|{_MONTHLY.pattern}|{_RANGE.pattern}|每?{_LIST.pattern}) ?(.*)")


class HoursUnreadable(ValueError):
    """Opening hours that the grammar does not know; the message says which part, in the clerk's own language."""

    code = "hours_unreadable"


class DayKind(StrEnum):
    """Which days a part is about."""

    DAILY = "每天"
    WORKDAYS = "工作日"
    HOLIDAYS = "节假日"
    WEEKDAYS = "周"
    MONTHLY = "每月"


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The days of one part. `ordinal` counts the weekday within its month; -1 is the last one."""

    kind: DayKind
    weekdays: frozenset[int] = frozenset()
    ordinal: int | None = None

    def include(self, day: date, workdays: Workdays, /) -> bool:
        """Whether a day is among them, going by its name alone where they are named by weekday."""
        match self.kind:
            case DayKind.DAILY:
                return True
            case DayKind.WORKDAYS:
                return workdays.is_workday(day)
            case DayKind.HOLIDAYS:
                return workdays.is_holiday(day)
            case DayKind.WEEKDAYS:
                return day.weekday() in self.weekdays
            case DayKind.MONTHLY:
                return day.weekday() in self.weekdays and _counted(day, self.ordinal)
            case _:
                assert_never(self.kind)

    def __str__(self) -> str:
        names = [f"周{_WEEK[number]}" for number in sorted(self.weekdays)]
        if self.kind is DayKind.MONTHLY:
            which = "最后一" if self.ordinal == -1 else f"第{_ORDINALS[(self.ordinal or 1) - 1]}"
            return f"每月{which}个{names[0]}"
        if self.kind is not DayKind.WEEKDAYS:
            return self.kind.value
        first, last = min(self.weekdays), max(self.weekdays)
        run = len(names) > 2 and last - first == len(names) - 1  # noqa: PLR2004 - two days read better by name
        return f"{names[0]}至{names[-1]}" if run else "、".join(names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part: days and what holds on them. `spans` are minutes of the day, None where nobody wrote them."""

    days: Days
    spans: tuple[tuple[int, int], ...] | None = None
    by_appointment: bool = False

    def __str__(self) -> str:
        if self.by_appointment:
            return f"{self.days} 预约"
        if self.spans is None:
            return str(self.days)
        if not self.spans:
            return f"{self.days} 休息"
        if self.spans == ((0, _DAY),):
            if self.days.kind is DayKind.DAILY:
                return "24小时"
            return f"{self.days} 全天"
        return f"{self.days} " + "、".join(f"{_clock(start)}-{_clock(end)}" for start, end in self.spans)


@dataclass(frozen=True, slots=True)
class Day:
    """What is known of one day: when it is open for sure, and whether that is all that can be said."""

    spans: tuple[tuple[datetime, datetime], ...] = ()
    whole: bool = True
    """False where the place may be open at other times of the day as well."""
    by_appointment: bool = False
    settled: bool = True
    """False on a holiday, or a weekend day worked for one, of which hours by weekday say nothing."""


@dataclass(frozen=True, slots=True)
class Hours:
    """办公时间 of one place."""

    parts: tuple[Part, ...]

    @classmethod
    def parse(cls, text: str, /) -> "Hours":
        """Read the words. Raises HoursUnreadable."""
        plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()
        parts = tuple(_part(each.strip()) for each in plain.split(";") if each.strip())
        if not parts:
            msg = "办公时间是空的；不知道就不要写这一项"
            raise HoursUnreadable(msg)
        return cls(parts)

    def __str__(self) -> str:
        return "；".join(map(str, self.parts))

    def on(self, day: date, workdays: Workdays, /) -> Day:
        """Return what is known of one day."""
        own = [part for part in self.parts if part.days.kind is DayKind.HOLIDAYS]
        if workdays.is_holiday(day) and own:
            return _day(day, own)
        parts = [part for part in self.parts if part.days.include(day, workdays)]
        found = _day(day, parts)
        return found if self._settled(day, parts, workdays) else Day(whole=False, settled=False)

    def at(self, now: datetime, workdays: Workdays, /) -> Opening:
        """Say whether the place is open, and when that changes."""
        here = now.astimezone(CHINA)
        today = self.on(here.date(), workdays)
        sure = workdays.knows(here.date()) or not self._by_the_calendar
        for start, end in self._spans(here.date(), workdays):
            if start <= here < end:
                around_the_clock = end - here > _LONG
                return Opening(state=Openness.OPEN, closes_at=None if around_the_clock else end, sure_of_holidays=sure)
            if start > here:
                break
        if today.by_appointment:
            return Opening(state=Openness.BY_APPOINTMENT, sure_of_holidays=sure)
        if not today.whole:
            return Opening(state=Openness.UNKNOWN, sure_of_holidays=sure)
        return self._closed(here, workdays, sure=sure)

    def _closed(self, here: datetime, workdays: Workdays, *, sure: bool) -> Opening:
        for ahead in range(_HORIZON):
            day = here.date() + timedelta(days=ahead)
            found = self.on(day, workdays)
            sure = sure and found.settled and (workdays.knows(day) or not self._by_the_calendar)
            later = [start for start, _ in found.spans if start > here]
            if later:
                return Opening(state=Openness.CLOSED, opens_at=later[0], sure_of_holidays=sure)
            if not found.whole and found.settled:
                return Opening(state=Openness.CLOSED, opens_on=day, sure_of_holidays=sure)
        return Opening(state=Openness.CLOSED, sure_of_holidays=sure)

    @property
    def _by_the_calendar(self) -> bool:
        """Whether a holiday can change these hours."""
        return any(part.days.kind is not DayKind.DAILY for part in self.parts)

    def _spans(self, today: date, workdays: Workdays) -> Iterator[tuple[datetime, datetime]]:
        """Yield the open times from yesterday on, those that touch joined into one."""
        running: tuple[datetime, datetime] | None = None
        for ahead in range(-1, _LONG.days + 2):
            for start, end in self.on(today + timedelta(days=ahead), workdays).spans:
                if running is not None and start <= running[1]:
                    running = running[0], max(running[1], end)
                    continue
                if running is not None:
                    yield running
                running = start, end
        if running is not None:
            yield running

    def _settled(self, day: date, parts: list[Part], workdays: Workdays) -> bool:
        """Whether hours by weekday tell anything of a day whose weekday is not what it is."""
        by_name = [part for part in parts if part.days.kind in {DayKind.WEEKDAYS, DayKind.MONTHLY}]
        if workdays.is_holiday(day):
            return not by_name
        workweek = any(part.days.weekdays >= _WORKWEEK and part.spans != () for part in self.parts)
        return bool(by_name) or not (workdays.is_worked_weekend(day) and workweek)


def _day(day: date, parts: list[Part]) -> Day:
    if any(part.spans == () for part in parts):
        return Day()
    midnight = _midnight(day)
    spans = sorted(
        (midnight + timedelta(minutes=start), midnight + timedelta(minutes=end))
        for part in parts
        for start, end in part.spans or ()
    )
    return Day(
        spans=tuple(spans),
        whole=all(part.spans is not None for part in parts),
        by_appointment=any(part.by_appointment for part in parts),
    )


def _part(text: str) -> Part:
    text = {"24小时": "每天 全天", "全天": "每天 全天", "预约": "每天 预约"}.get(text, text)
    found = _PART.fullmatch(text)
    if found is None:
        msg = f"看不懂“{text}”：先写哪些天（每天、工作日、周三、每月第二个周二……），再写几点到几点"
        raise HoursUnreadable(msg)
    days, times = _days(found[1]), found[found.re.groups].strip()
    match times:
        case "":
            return Part(days=days)
        case "预约":
            return Part(days=days, by_appointment=True)
        case "休息":
            return Part(days=days, spans=())
        case "全天" | "24小时":
            return Part(days=days, spans=((0, _DAY),))
        case _:
            return Part(days=days, spans=tuple(_times(times)))


def _days(text: str) -> Days:
    for kind in (DayKind.DAILY, DayKind.WORKDAYS, DayKind.HOLIDAYS):
        if text == kind.value:
            return Days(kind=kind)
    if text == "周末":
        return Days(kind=DayKind.WEEKDAYS, weekdays=frozenset({5, 6}))
    if monthly := _MONTHLY.fullmatch(text):
        ordinal = -1 if monthly[2] else _ORDINALS.index(monthly[1]) + 1
        return Days(kind=DayKind.MONTHLY, weekdays=frozenset({_weekday(monthly[3])}), ordinal=ordinal)
    if run := _RANGE.fullmatch(text):
        first, last = _weekday(run[1]), _weekday(run[2])
        if first >= last:
            msg = f"“{text}”要从前面的日子写到后面的日子"
            raise HoursUnreadable(msg)
        return Days(kind=DayKind.WEEKDAYS, weekdays=frozenset(range(first, last + 1)))
    return Days(kind=DayKind.WEEKDAYS, weekdays=frozenset(map(_weekday, re.findall(_WEEKDAY, text))))


def _times(text: str) -> Iterator[tuple[int, int]]:
    before = -1
    for each in re.split(r"[、, ]+", text):
        found = _SPAN.fullmatch(each)
        if found is None:
            msg = f"看不懂“{each}”：时间写成 08:30-11:30"
            raise HoursUnreadable(msg)
        start, end = _minute(found[1], found[2]), _minute(found[3], found[4])
        if start in {end, _DAY} or start <= before:
            msg = f"“{each}”不是一段往后走的时间；整天写“全天”"
            raise HoursUnreadable(msg)
        before = end if end > start else end + _DAY
        yield start, before


def _minute(hour: str, minute: str) -> int:
    count = int(hour) * 60 + int(minute)
    if int(minute) >= 60 or count > _DAY:  # noqa: PLR2004 - minutes of an hour
        msg = f"没有 {hour}:{minute} 这个时间"
        raise HoursUnreadable(msg)
    return count


def _clock(minutes: int) -> str:
    shown = minutes if minutes <= _DAY else minutes - _DAY
    return f"{shown // 60:02}:{shown % 60:02}"


def _weekday(name: str) -> int:
    return 6 if name[-1] == "天" else _WEEK.index(name[-1])


def _counted(day: date, ordinal: int | None) -> bool:
    if ordinal == -1:
        return (day + timedelta(days=7)).month != day.month
    return (day.day - 1) // 7 + 1 == ordinal


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=CHINA)
