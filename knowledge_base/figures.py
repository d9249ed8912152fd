"""Finds the figures of a text and tells whether another text has them: a number in an answer must stand in its source.

七日, 7天 and 一周 are one figure, 二分之一 and 50% are one, 七个工作日 is another: values are compared with what they count.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from knowledge_base.numerals import parse_number
from knowledge_base.text import normalise

_HAN: Final = "〇零一二两三四五六七八九十百千万亿"
_NUMBER: Final = rf"\d[\d,]*(?:\.\d+)?[千百万亿]*|[{_HAN}]*[{_HAN}]"
_FOUND: Final = re.compile(
    rf"(?P<share>百分之(?P<percent>{_NUMBER}))|(?P<parts>{_NUMBER})分之(?P<of>{_NUMBER})"
    rf"|第(?P<article>{_NUMBER})条"
    rf"|(?<![{_HAN}\d])(?P<week>周|星期|礼拜)(?P<day>[一二三四五六日天])"
    rf"|(?P<half>一半|半)(?P<half_unit>数|年|个月|天|日)?"
    rf"|(?P<number>{_NUMBER})(?P<gap>\s?个?)(?P<unit>工作日|小时|分钟|周岁|星期|公里|平方米|%|[年月日天号周时元块倍岁亩])?"
)
_SERVICE: Final = re.compile(r"(?<!\d)(?:1[12]\d|12\d{3}|96\d{3})(?!\d)")
"""Public numbers (110, 12348 …) are facts of the directory, not of a clause."""
_SAME: Final = {
    "天": "日",
    "号": "日",
    "块": "元",
    "周岁": "岁",
    "时": "小时",
    "%": "percent",
}
_NO_FIGURE: Final = frozenset({"万一", "千万", "百万", "万千"})
_SCALED: Final = {"年": ("月", 12), "周": ("日", 7), "星期": ("日", 7)}


@dataclass(frozen=True, slots=True)
class Figure:
    """A value, what it counts («» where nothing is said), and the words it stood in."""

    value: Decimal
    unit: str
    words: str = field(compare=False)


def figures(text: str) -> Iterator[Figure]:
    """Return the figures of a text: everything in digits, and what is spelt where it counts something."""
    plain = _SERVICE.sub(lambda found: " " * len(found[0]), normalise(text)).replace("○", "〇")
    for found in _FOUND.finditer(plain):
        if figure := _figure(found):
            yield figure


def missing(text: str, sources: Iterable[str]) -> tuple[Figure, ...]:
    """Return the figures of a text that stand in none of its sources, once each."""
    held = {figure for source in sources for figure in figures(source)}
    values = {figure.value for figure in held}
    lost = (f for f in figures(text) if f not in held and not (f.unit == "" and f.value in values))
    return tuple(dict.fromkeys(lost))


def _figure(found: re.Match[str]) -> Figure | None:  # noqa: PLR0911 - one way out for each shape
    words = found[0].strip()
    if found["share"]:
        return _counted(found["percent"], "percent", words)
    if found["parts"]:
        parts, of = parse_number(found["parts"]), parse_number(found["of"])
        return Figure(100 * of / parts, "percent", words) if parts and of is not None else None
    if found["article"]:
        return _counted(found["article"], "条", words)
    if found["week"]:
        return Figure(Decimal("日一二三四五六".index(found["day"].replace("天", "日"))), "weekday", words)
    if found["half"]:
        return _half(found)
    number, unit = found["number"], found["unit"] or ""
    if not unit and not number[0].isdigit() and (number in _NO_FIGURE or not set(number[1:]) & set("十百千万亿")):
        return None  # 一般, 一个人, 万一: spelt, counting nothing
    return _counted(number, unit, words)


def _half(found: re.Match[str]) -> Figure | None:
    match found["half_unit"]:
        case "年":
            return Figure(Decimal(6), "月", found[0])
        case "个月":
            return Figure(Decimal("0.5"), "月", found[0])
        case "天" | "日":
            return Figure(Decimal("0.5"), "日", found[0])
        case _:
            plain = found["half"] == "一半" or found["half_unit"] == "数"
            return Figure(Decimal(50), "percent", found[0]) if plain else None


def _counted(number: str, unit: str, words: str) -> Figure | None:
    value = parse_number(number)
    if value is None:
        return None
    base, scale = _SCALED.get(unit, (_SAME.get(unit, unit), 1))
    return Figure(value * scale, base, words)
