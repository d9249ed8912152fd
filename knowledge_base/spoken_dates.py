"""Find the days people mean: 2026年12月1号, 明天, 三天后, 上礼拜三, 上个月底, 半个月前, 去年腊月, 国庆前.

One reader for the pre-screen, which needs the one day of an answer, and for triage, which keeps every stretch of time in
a message. Words that name no day exactly give a stretch as wide as the words are vague; what hangs on the lunar calendar is
given only where the day of the Spring Festival is on file, and is otherwise left as words.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final, TypeAlias

from knowledge_base.festivals import DRAGON_BOATS, MID_AUTUMNS, SPRING_FESTIVALS
from knowledge_base.numerals import parse_number
from knowledge_base.periods import ONE, Period, beside, one_day, whole_month

_HOLIDAYS: Final = {"国庆": (10, 1, 7), "十一": (10, 1, 7), "五一": (5, 1, 5), "元旦": (1, 1, 1)}
"""Month, day, and days off as people remember them."""
_SEASONS: Final = {"春": 3, "夏": 6, "秋": 9, "冬": 12}
_DAYS: Final = {
    "大前天": -3, "前天": -2, "昨": -1, "今": 0, "刚": 0, "方才": 0, "明": 1, "后天": 2, "大后天": 3,
}  # fmt: skip
_YEARS: Final = {"大前年": -3, "前年": -2, "去年": -1, "今年": 0, "本年": 0, "明年": 1, "后年": 2}
_WEEKDAYS: Final = {sign: number for number, sign in enumerate("一二三四五六日")} | {"天": 6, "七": 6}
_SHIFTS: Final = {"上上": -2, "上": -1, "这": 0, "本": 0, "当": 0, "下": 1, "下下": 2}
_PARTS: Final = {"初": (1, 10), "上": (1, 10), "中": (11, 20), "底": (21, 31), "末": (21, 31), "下": (21, 31)}
"""旬: what 月初, 月中 and 月底 mean, first and last day."""
_UNITS: Final = {
    "天": (1, 0),
    "日": (1, 0),
    "周": (7, 3),
    "星期": (7, 3),
    "礼拜": (7, 3),
    "月": (30, 15),
    "年": (365, 183),
}
"""Days in a unit, and how many either way somebody may mean who counts in it."""
_WEEK: Final = 7
_ABOUT: Final = 3
"""Days either way that 十来天 may mean."""
_LUNAR_MONTH: Final = 30
_AROUND_NEW_YEAR: Final = (8, 15)
"""过年 lasts from 小年 to 元宵."""
_FUTURE_COUNTS: Final = 3
"""How many times as far a stretch in the future seems."""

_DIGIT: Final = "一二三四五六七八九十"
_N: Final = rf"(?:\d{{1,3}}|[{_DIGIT}两仨俩廿百]{{1,4}}|半)"
_DAY: Final = rf"(?P<day>\d{{1,2}}|[{_DIGIT}廿]{{1,3}})(?:[日号]|(?<=\d)(?=$|[,。\s吧了到截收开]))"
_MONTH: Final = rf"(?<![\d{_DIGIT}第每])(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]|元)月"
_NEAR: Final = "(?P<near>大前年|前年|去年|今年|本年|明年|后年)"
_YEAR: Final = rf"(?:(?P<year>(?:19|20)\d\d|[一二][零〇一二三四五六七八九]{{3}})年|{_NEAR})"
_PART: Final = "(?P<part>初|底|末|中|上|下)"
_LUNAR_DAY: Final = f"(?P<lunar>初[{_DIGIT}]|[一二]?十[一二三四五六七八九]?|廿[一二三四五六七八九]?|三十)"
_BEGINS: Final = "进厂|进来|进去|入职|到|离|辞|走|开始|签|被|出的|受伤|摔|的时候|结婚|借|买|交|来的|去的|干"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Where a text speaks of time, and which days that means; None where that hangs on a day or calendar not at hand."""

    start: int
    end: int
    period: Period | None


Reader: TypeAlias = Callable[[re.Match[str], date], Period | None]


def spoken_dates(text: str, /, *, on: date | None = None) -> Iterator[Spoken]:
    """Find every stretch of time in a text, in its order; words that lean on today need `on`."""
    found = sorted(
        ((one, reader) for pattern, reader in _READERS for one in pattern.finditer(text)),
        key=lambda each: (each[0].start(), -each[0].end()),
    )
    done = 0
    for one, reader in found:
        if one.start() < done:
            continue
        done = one.end()
        names_its_year = reader is _on_day or one.groupdict().get("year")
        try:
            period = reader(one, on or date.max) if on or names_its_year else None
        except (ValueError, OverflowError):  # 2月30号, 三百年前
            period = None
        yield Spoken(start=one.start(), end=one.end(), period=period)


def read_date(text: str, /, *, on: date | None) -> date | None:
    """Read an answer that is one day and nothing more."""
    spoken = list(spoken_dates(text, on=on))
    if len(spoken) == 1:
        (one,) = spoken
        alone = _HEAD.fullmatch(text[: one.start]) and _TAIL.fullmatch(text[one.end :])
        return one.period.day if alone and one.period else None
    counted = _COUNTED.fullmatch(text) if on and not spoken else None
    if on is None or counted is None:
        return None
    size, _ = _UNITS[counted["unit"]]
    return on + timedelta(days=_number(counted["count"]) * size)


_HEAD: Final = re.compile(r"\D{0,6}")
_TAIL: Final = re.compile(r"(?:吧|了|啊|呢|的|左右|那天|到期|截止|收到|拿到|开庭|过期)*|\D{0,4}")
_COUNTED: Final = re.compile(
    rf"(?:剩)?(?P<count>{_N})个?(?P<unit>天|日|周|星期|礼拜)(?:吧|了|啊|呢|的|左右|到期|截止|过期)*"
)


def _number(text: str) -> int:
    value = parse_number(text)
    if value is None or value != int(value):
        msg = f"no whole number: {text!r}"
        raise ValueError(msg)
    return int(value)


def _part(whole: Period, part: str | None) -> Period:
    if part is None:
        return whole
    low, high = _PARTS[part]
    end = min(whole.end, whole.first + timedelta(days=high))
    return Period(first=whole.first + timedelta(days=low - 1), end=end)


def _nearest(on: date, made: Callable[[int], Period | None], *, past: bool = False) -> Period | None:
    """Return this year's, last year's or next year's, whichever is nearest: people leave out a year that is plain to them.

    Of stretches longer than a day the past is likelier: people tell what befell them. `past` is for words that say so.
    """

    def away(one: Period) -> int:
        days = (one.first - on).days
        return -days if days <= 0 else days * (1 if one.day else _FUTURE_COUNTS)

    near: list[Period] = []
    for year in (on.year - 1, on.year, on.year + 1):
        try:
            one = made(year)
        except ValueError:  # 29 February
            continue
        near += [one] if one and not (past and one.first > on) else []
    return min(near, key=away, default=None)


def _in_year(found: re.Match[str], on: date, made: Callable[[int], Period | None]) -> Period | None:
    """Read what hangs on a year: named, told from today, or the nearest."""
    said = found.groupdict()
    if said.get("year"):
        return made(_number(said["year"]))
    if said.get("near"):
        return made(on.year + _YEARS[said["near"]])
    return _nearest(on, made, past=bool(said.get("past")))


def _on_day(found: re.Match[str], _: date) -> Period:
    return one_day(date(*(int(found[part]) for part in ("year", "month", "day"))))


def _in_month(found: re.Match[str], on: date) -> Period | None:
    number = 1 if found["month"] == "元" else _number(found["month"])
    said = found.groupdict()

    def made(year: int) -> Period:
        if said.get("day"):
            return one_day(date(year, number, _number(said["day"])))
        return _part(whole_month(year, number), said.get("part"))

    return _in_year(found, on, made)


def _in_a_year(found: re.Match[str], on: date) -> Period | None:
    def made(year: int) -> Period:
        said = found["when"]
        low, high = (1, 12)
        if said and said[0] in _SEASONS:
            low = _SEASONS[said[0]]
            high = low + 2
        elif said:
            low, high = {"上": (1, 6), "下": (7, 12), "初": (1, 3), "中": (5, 8), "底": (11, 12), "末": (11, 12)}[
                said.removeprefix("年")[0]
            ]
        return Period(first=whole_month(year, low).first, end=whole_month(year, high).end)

    return _in_year(found, on, made)


def _by_month(found: re.Match[str], on: date) -> Period:
    whole = whole_month(on.year, on.month + _SHIFTS[found["shift"] or "这"])
    if found["day"]:
        return one_day(whole.first.replace(day=_number(found["day"])))
    return _part(whole, found["part"])


def _by_week(found: re.Match[str], on: date) -> Period:
    monday = on - timedelta(days=on.weekday()) + timedelta(weeks=_SHIFTS[found["shift"] or "这"])
    if found["weekday"] is None:
        return Period(first=monday, end=monday + timedelta(weeks=1))
    if found["weekday"] in {"末", "内"}:
        return Period(first=monday + timedelta(days=5), end=monday + timedelta(weeks=1))
    return one_day(monday + timedelta(days=_WEEKDAYS[found["weekday"]]))


def _by_day(found: re.Match[str], on: date) -> Period:
    said = found["word"]
    return one_day(on + timedelta(days=_DAYS[said if said in _DAYS else said[0]]))


def _of_late(found: re.Match[str], on: date) -> Period:
    """前几天 ends before today, 这几天 does not."""
    back = 15 if found.group() == "前些天" else 7
    return Period(first=on - timedelta(days=back), end=on + (ONE if found.group().startswith("这") else timedelta()))


def _by_count(found: re.Match[str], on: date) -> Period:
    size, slack = _UNITS[found["unit"]]
    said = found.groupdict()
    half, rough = said["count"] == "半", bool(said.get("more") or said.get("over"))
    if half:
        away, slack = size // 2, slack // 3
    else:
        away = _number(said["count"]) * size + (size // 2 if said.get("half") or rough else 0)
        slack = max(size // 2, _ABOUT) if rough else slack
    before = said.get("way") == "前"
    day = on + timedelta(days=-away if before else away)
    first, end = day - timedelta(days=slack), day + timedelta(days=slack) + ONE
    exact = day if size <= _WEEK and not rough and not half else None
    if before:
        return Period(first=first, end=min(end, on + ONE), day=exact)
    return Period(first=max(first, on), end=end, day=exact)


def _at_holiday(found: re.Match[str], on: date) -> Period | None:
    month, day, length = _HOLIDAYS[found["holiday"]]

    def made(year: int) -> Period:
        first = date(year, month, day)
        return beside(first, first + timedelta(days=length), side=found["side"])

    return _in_year(found, on, made)


def _at_festival(found: re.Match[str], on: date) -> Period | None:
    days = DRAGON_BOATS if found["festival"] == "端午" else MID_AUTUMNS

    def made(year: int) -> Period | None:
        day = days.get(year)
        if day is None:
            return None
        side = found["side"] or ""
        return beside(day, day + ONE, side=side) if "前" in side or "后" in side else one_day(day)

    return _in_year(found, on, made)


def _on_the(found: re.Match[str], on: date) -> Period | None:
    """«十三号下来的» is the last thirteenth, «三十号之前要交» the next: a day without its month."""
    number, ahead = _number(found["day"]), bool(found["ahead"])

    def made(month: int) -> Period | None:
        first = whole_month(on.year, month).first
        try:
            return one_day(first.replace(day=number))
        except ValueError:  # the 31st of a month that has thirty days
            return None

    near = [day for shift in (-2, -1, 0, 1, 2) if (day := made(on.month + shift)) is not None]
    fitting = [day for day in near if (day.first >= on if ahead else day.first <= on)]
    return min(fitting, key=lambda day: abs((day.first - on).days), default=None)


def _at_new_year(found: re.Match[str], on: date) -> Period | None:
    side = found["side"]
    past = bool(side) and "前" not in side and "后" not in side

    def made(year: int) -> Period | None:
        day = SPRING_FESTIVALS.get(year)
        if day is None or (past and not found["near"] and day > on):
            return None
        before, after = (timedelta(days=days) for days in _AROUND_NEW_YEAR)
        outer = (day, day) if side and not past else (day - before, day + after)
        return beside(*outer, side=side)

    return _in_year(found, on, made)


def _in_first_month(found: re.Match[str], on: date) -> Period | None:
    """正月, and its days: counted from the festival itself."""

    def made(year: int) -> Period | None:
        first = SPRING_FESTIVALS.get(year)
        if first is None:
            return None
        if found["lunar"]:
            return one_day(first + timedelta(days=_number(found["lunar"].removeprefix("初")) - 1))
        return Period(first=first, end=first + timedelta(days=_LUNAR_MONTH))

    return _in_year(found, on, made)


def _in_last_month(found: re.Match[str], on: date) -> Period | None:
    """腊月, the month before the festival; it has 29 days or 30, so that its days are given as two."""
    festivals = sorted(SPRING_FESTIVALS.values())

    def made(year: int) -> Period | None:
        end = SPRING_FESTIVALS.get(year + 1)
        if end is None:
            return None
        first = end - timedelta(days=_LUNAR_MONTH)
        if found["lunar"]:
            day = first + timedelta(days=_number(found["lunar"].removeprefix("初")) - 1)
            return Period(first=day, end=min(day + 2 * ONE, end))
        return Period(first=first, end=end)

    lunar_year = next((start.year for start, end in pairwise(festivals) if start <= on < end), None)
    if found["near"] and lunar_year is not None:
        return made(lunar_year + _YEARS[found["near"]])
    return None if found["near"] else _nearest(on, made, past=bool(found["past"]))


def _unread(_: re.Match[str], __: date) -> None:
    """Words of the lunar calendar that no day on file settles."""


_SIDE: Final = "(?P<side>那会儿?|那阵[子儿]?|的?时候|那几天|期间|[以之]?前(?![夫妻任])|[以之]?后)?"
_TIME: Final = "(?:早上|上午|中午|下午|傍晚|晚上|夜里|半夜|凌晨|夜)?"
_COUNT: Final = rf"(?<![\d第])(?P<count>{_N})"
_WAY: Final = "[以之]?(?P<way>前(?![夫妻任台面天年])|后(?![悔天年来]))"
_LUNAR: Final = "(?:农历|阴历|旧历)"
_NO_NUMBER: Final = rf"(?<![\d{_DIGIT}百千两几多半])"
_DONE: Final = r"(?=(?P<past>[^,。]{0,10}(?:就|以?后|了|过|完)))?"
"""What follows says that it has been."""
_THAT: Final = (
    r"(?=(?:那天|晚上|早上|下午|上午|当天|夜里)?(?:(?P<ahead>[以之]?前|到期|截止|开庭(?!了|完)|要(?!了|是)|就要)"
    r"|[^,。]{0,6}(?:下来|收到|拿到|送达|给我|到的|的事|受伤|摔|出事|出的|被|辞|走的|离|签|打|开的|判|发生|通知)))"
)
"""What makes a number before 号 a day of the month, and no house, bus or site."""
_AGED: Final = rf"(?:都|已经?|快|刚|才|满|虚岁|周岁|实岁|整)*[\d{_DIGIT} ]{{1,3}}(?:$|[岁了多整,。被让在就没])"
"""«今年六十八» tells an age."""
_READERS: Final[tuple[tuple[re.Pattern[str], Reader], ...]] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        (r"(?<!\d)(?P<year>(?:19|20)\d\d)\s*[年\-/.]\s*(?P<month>\d{1,2})\s*[月\-/.]\s*(?P<day>\d{1,2})(?!\d)[日号]?", _on_day),
        (rf"(?:{_YEAR}的?)?{_MONTH}份?(?:{_DAY})", _in_month),
        (rf"{_YEAR}的?{_MONTH}份?{_PART}?旬?", _in_month),
        (rf"{_MONTH}(?:份{_PART}?旬?|(?=(?P<past>{_BEGINS})))", _in_month),
        (rf"{_MONTH}{_PART}旬?(?![{_DIGIT}班午面车铺学次])", _in_month),
        (
            rf"{_YEAR}的?(?P<when>[春夏秋冬]天|[上下]半年|年?初|年?底|年?末|年中)?(?!{_AGED}|[\d{_DIGIT}]+月)",
            _in_a_year,
        ),
        (rf"(?P<near>)(?<![\d{_DIGIT}前去今明后])(?P<when>[上下]半年|年初(?![{_DIGIT}])|年底|年末)", _in_a_year),
        (rf"(?P<shift>上上|上|这|本|当|下下|下)个?月(?:份)?(?:{_DAY}|{_PART}旬?(?![{_DIGIT}班午面车])|)", _by_month),
        (rf"(?<![每上这本当下个份{_DIGIT}\d])(?P<shift>)(?P<day>)月(?P<part>初|底|末|中(?!国|心|介|间))", _by_month),
        (r"(?P<shift>上上|上|这|本|下下|下)个?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天七末](?![年月个天次]))?", _by_week),
        (r"(?<![每一二三四五六七八九十两几\d])(?P<shift>)(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天七末])(?![年月个天次到至])", _by_week),
        (rf"(?P<word>大前天|大后天|前天|后天|[昨明][天晚日早](?!白)|昨儿|昨夜|明儿|今[天晚早日儿](?!头条)|刚才|刚刚|方才){_TIME}", _by_day),
        (r"前[几两些]天|这[几两]天", _of_late),
        (rf"{_COUNT}(?P<more>多|来)?(?P<unit>天|日|周|年|星期|礼拜)(?P<over>多)?{_WAY}", _by_count),
        (rf"{_COUNT}(?P<more>多|来)?个(?P<over>多)?(?P<half>半)?(?P<unit>月|星期|礼拜)(?:多)?{_WAY}", _by_count),
        (rf"(?P<count>半)(?P<unit>月){_WAY}", _by_count),
        (rf"(?:还有|还剩|只剩|再过)(?P<count>{_N})个?(?P<unit>天|周|星期|礼拜)", _by_count),
        (rf"{_NEAR}?{_NO_NUMBER}(?P<holiday>国庆|五一|元旦)(?![{_DIGIT}\d])节?{_SIDE}", _at_holiday),
        (rf"{_NEAR}?{_NO_NUMBER}(?P<holiday>十一)(?P<side>期间|[以之]?前|[以之]?后|放假)", _at_holiday),
        (rf"{_NEAR}?(?P<festival>中秋|端午)节?{_SIDE}", _at_festival),
        (rf"{_NEAR}?(?:过年|春节){_SIDE}", _at_new_year),
        (rf"(?P<near>)(?<![\d{_DIGIT}百千两几多半去今前后明每当某数上下成青少中老])年(?P<side>前|后)(?![夫妻任段期])", _at_new_year),
        (rf"{_NEAR}?正月(?:{_LUNAR_DAY})?", _in_first_month),
        (rf"{_NEAR}?腊月(?:{_LUNAR_DAY})?{_DONE}", _in_last_month),
        (rf"(?<![\d{_DIGIT}第几月个份廿])(?P<day>\d{{1,2}}|[{_DIGIT}]{{1,3}})号{_THAT}", _on_the),
        (rf"{_LUNAR}(?:\d{{1,2}}|[{_DIGIT}]{{1,2}})月份?(?:{_LUNAR_DAY}|{_DAY})?", _unread),
        (rf"{_YEAR}?(?:\d{{1,2}}|[{_DIGIT}]{{1,2}}|上|下|这|本)个?月初[{_DIGIT}]|冬月(?:{_LUNAR_DAY})?", _unread),
    )
)  # fmt: skip
