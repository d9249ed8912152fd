"""Find who is speaking and what they count: role, sums, months owed, people, age, dates. Absent is better than guessed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import yaml

from knowledge_base.numerals import NUMBER, amounts, parse_number

Entities: TypeAlias = dict[str, str | int | float | list[str]]

_DEFAULT: Final = Path(__file__).with_name("roles.yml")
_MONTHS: Final = re.compile(rf"(?P<whole>{NUMBER})(?:多|来)?个?(?P<half>半)?月(?!份|底|初|\d|[一二三])")
_YEARS: Final = re.compile(rf"(?P<whole>{NUMBER})(?P<half>年半|年)(?!前|代|级|底|初|\d)")
_OWED: Final = re.compile(r"工资|工钱|薪|开支|人工|血汗|劳务费|没发|没给|不发|不给|拖欠|欠|压")
_PEOPLE: Final = re.compile(
    rf"(?P<count>{NUMBER})(?:多|来|几)?(?:个)?(?:人(?!民)|名工人|口人|户|个?老乡|个?工友|个?业主|个?工人)"
)
_AGE: Final = re.compile(rf"(?P<age>{NUMBER})(?:多)?(?:周)?岁(?!的?时)")
_OLD: Final = re.compile(
    r"(?:我|爹|妈|爸|娘|老人|她|他|父亲|母亲|奶奶|爷爷)(?:今年|都|已经)?(?P<age>[4-9]\d|[四五六七八九]十[一二三四五六七八九]?)(?:了|多)(?!万|块|元|个)"
)
_DATE: Final = re.compile(
    r"(?:19|20)\d\d年(?:\d{1,2}月(?:\d{1,2}[日号])?)?(?:份|底|初)?|\d{1,2}月\d{1,2}[日号]|(?:上|这|本|下)?个?(?:周|星期|礼拜)[一二三四五六日天末]"
    r"|大?[前后]天|昨天|今天|明天|昨晚|今晚|去年(?:\d{1,2}月)?|前年|今年(?:\d{1,2}月)?|上个?月|下个?月|腊月[一二三四五六七八九十廿]*|正月[一二三四五六七八九十]*"
)
_MANY: Final = 2
_LIFETIME: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One part a caller can play, and the words that show it."""

    name: str
    matters: tuple[str, ...]
    words: re.Pattern[str] | None

    def suits(self, text: str, matters: Sequence[str], /) -> bool:
        """Tell whether the words, and where asked the matter, are those of this role."""
        fits = not self.matters or any(code.startswith(self.matters) for code in matters)
        return fits and (self.words is None or self.words.search(text) is not None)


@dataclass(frozen=True, slots=True)
class Roles:
    """The roles on file, most particular first."""

    roles: tuple[Role, ...]

    @classmethod
    def load(cls, path: Path = _DEFAULT) -> "Roles":
        """Read the roles."""
        raw: list[Mapping[str, list[str] | str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(
            tuple(
                Role(
                    name=str(one["role"]),
                    matters=tuple(one.get("matters", ())),
                    words=re.compile("|".join(one["any"])) if "any" in one else None,
                )
                for one in raw
            )
        )

    def of(self, text: str, matters: Sequence[str], /) -> str | None:
        """Return the caller's role, None where neither the words nor the matter tell."""
        return next((role.name for role in self.roles if role.suits(text, matters)), None)


def entities(text: str, /) -> Entities:
    """Return what was counted in a message, in plain numbers."""
    found: Entities = {}
    sums = list(amounts(text))
    if sums:
        best = max(sums, key=lambda one: one.value)
        found["amount"] = float(best.value)
    if _OWED.search(text) and (months := _months(text)) is not None:
        found["months_owed"] = months
    counts = [value for one in _PEOPLE.finditer(text) if (value := parse_number(one["count"])) is not None]
    if counts and max(counts) >= _MANY:
        found["people"] = int(max(counts))
    for pattern in (_AGE, _OLD):
        ages = [value for one in pattern.finditer(text) if (value := parse_number(one["age"])) is not None]
        if ages and "age" not in found and 0 < ages[0] < _LIFETIME:
            found["age"] = int(ages[0])
    if dates := [one.group() for one in _DATE.finditer(text)]:
        found["dates"] = dates
    return found


def _months(text: str) -> float | None:
    for pattern, months in ((_MONTHS, 1), (_YEARS, 12)):
        for one in pattern.finditer(text):
            whole = parse_number(one["whole"].removesuffix("个"))
            if whole is None:
                continue
            half = one["half"] is not None and "半" in one["half"]
            value = float(whole * months) + (months / 2 if half else 0)
            if 0 < value <= _LIFETIME:
                return value
    return None
