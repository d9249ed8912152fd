"""Find who is speaking and what they count: role, sums, months owed, people, age, dates. Absent is better than guessed."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias

import yaml

from knowledge_base.numerals import NUMBER, amounts, parse_number
from knowledge_base.spoken_dates import spoken_dates

Entities: TypeAlias = dict[str, str | int | float | list[str] | list[list[str]]]

_DEFAULT: Final = Path(__file__).with_name("roles.yml")
_MONTHS: Final = rf"(?P<whole>{NUMBER})(?:多|来)?个?(?P<half>半)?月(?!份|底|初|中|末|\d|[一二三])"
_YEARS: Final = rf"(?P<whole>{NUMBER})(?P<half>年半|年)(?!前|代|级|底|初|\d)"
_OWED: Final = re.compile(r"工资|工钱|薪|开支|人工|血汗|劳务费|没发|没给|不发|不给|拖欠|欠|压")
_WITHHELD: Final = "(?:欠|拖|压|扣|没发|没给|没结|不发|不给|未发|差|讨|要)[^,。 ]{0,10}?"
_UNPAID: Final = "(?=[^,。 ]{0,8}(?:工资|工钱|薪|人工|没发|没给|没结|没开|没拿|不发|不给|不开|未发|一分))"
_ELSEWHERE: Final = re.compile(
    r"(?:怀孕|怀了|怀|孕|试用期|住院|看守所|拘留|休|休息|结婚|离婚|租|判了?|关了?|过了?|还有|还差|差|再)$"
)
_PEOPLE: Final = re.compile(
    rf"(?<![第几数好每])(?P<count>{NUMBER})(?:多|来|几)?(?:个|号|位|名)?"
    r"(?:人(?!民|工(?!资|友|人)|次|份|以[上下])|工人|口人|户|个?老乡|个?工友|个?业主|员工|同事|村民|兄弟(?=都|没|一))"
)
_YOUNG: Final = re.compile(
    r"(?:才|刚满?|今年|还)(?P<age>1[0-7]|十(?:[二三四五六七]|一(?!(?<=今年十一)[被让就在]))?)(?=$|[,。被让就在呢啊])"
)
"""«儿子才十六»: of a child nobody says 岁."""
_AGE: Final = re.compile(rf"(?<![\d第])(?P<age>{NUMBER})(?:多|出头|好几)?(?:周)?岁(?!的?时|以[上下内]|那年)")
_OLD: Final = re.compile(
    r"(?:我|爹|妈|爸|娘|老人|她|他|父亲|母亲|奶奶|爷爷|公公|婆婆|老头|老伴|岁数)(?:今年|都|已经|也|快|马上|刚|奔|满)*"
    r"(?P<age>[4-9]\d|[四五六七八九]十[一二三四五六七八九]?)(?:了|多|好几|出头|(?=$|[,。]))(?!万|块|元|个|天|年|斤|平|人)"
)
_MANY: Final = 2
_LIFETIME: Final = 120
_YEAR: Final = 12


class Role(StrEnum):
    """当事人身份: what part a caller plays. The list is closed; which words show which is in roles.yml."""

    THIRD_PARTY = "third_party"
    """替别人问: asks for somebody else."""
    WORKER = "worker"
    EMPLOYER = "employer"
    VICTIM = "victim"
    """被害人、受家暴的人、被侵权的人。"""
    SUSPECT = "suspect"
    SUSPECT_RELATIVE = "suspect_relative"
    """犯罪嫌疑人、被告人、服刑人的家人。"""
    CONVICTED = "convicted"
    INJURED = "injured"
    INJURED_RELATIVE = "injured_relative"
    CARER = "carer"
    """照顾、监护的人。"""
    TENANT = "tenant"
    LANDLORD = "landlord"
    BORROWER = "borrower"
    LENDER = "lender"
    GUARANTOR = "guarantor"
    SPOUSE = "spouse"
    PARENT = "parent"
    CHILD = "child"
    """替父母要赡养、或者向父母要抚养的子女。"""
    HEIR = "heir"
    BUYER = "buyer"
    SELLER = "seller"
    CONSUMER = "consumer"
    OWNER = "owner"
    """业主、房主。"""
    VILLAGER = "villager"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """What shows one role: matters, words that speak for it and words that speak against it."""

    role: Role
    matters: tuple[str, ...]
    words: re.Pattern[str] | None
    against: re.Pattern[str] | None

    def suit(self, text: str, matters: Sequence[str], /) -> bool:
        """Tell whether the words, and where asked the matter, are those of this role."""
        if self.matters and not any(code.startswith(self.matters) for code in matters):
            return False
        if self.against is not None and self.against.search(text):
            return False
        return self.words is None or self.words.search(text) is not None


@dataclass(frozen=True, slots=True)
class Roles:
    """The signs on file, most particular first."""

    signs: tuple[Signs, ...]

    @classmethod
    def load(cls, path: Path = _DEFAULT) -> "Roles":
        """Read the signs."""
        raw: list[Mapping[str, list[str] | str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(
            tuple(
                Signs(
                    role=Role(str(one["role"])),
                    matters=tuple(one.get("matters", ())),
                    words=re.compile("|".join(one["any"])) if "any" in one else None,
                    against=re.compile("|".join(one["not"])) if "not" in one else None,
                )
                for one in raw
            )
        )

    def of(self, text: str, matters: Sequence[str], /) -> Role | None:
        """Return the caller's role, None where neither the words nor the matter tell."""
        return next((one.role for one in self.signs if one.suit(text, matters)), None)


def entities(text: str, /, *, on: date | None = None, own: Callable[[int, int], str] | None = None) -> Entities:
    """Return what was counted in a message, in plain numbers.

    `dates` are the caller's words (`own` finds them behind a stretch of a folded text); `date_ranges` are the days they mean, each
    a half-open pair [first, end) in ISO form, and need the day `on` which the message came unless it names its year.
    """
    found: Entities = {}
    sums = list(amounts(text))
    if sums:
        found["amount"] = float(max(sums, key=lambda one: one.value).value)
    if _OWED.search(text) and (months := next(_months(text), None)) is not None:
        found["months_owed"] = months
    counts = [value for one in _PEOPLE.finditer(text) if (value := parse_number(one["count"])) is not None]
    if counts and max(counts) >= _MANY:
        found["people"] = int(max(counts))
    ages = (parse_number(one["age"]) for one in chain(_AGE.finditer(text), _YOUNG.finditer(text), _OLD.finditer(text)))
    if (age := next((age for age in ages if age is not None and 0 < age < _LIFETIME), None)) is not None:
        found["age"] = int(age)
    if spoken := list(spoken_dates(text, on=on)):
        found["dates"] = [own(one.start, one.end) if own else text[one.start : one.end] for one in spoken]
        ranges = [[one.period.first.isoformat(), one.period.end.isoformat()] for one in spoken if one.period]
        if ranges:
            found["date_ranges"] = ranges
    return found


_LENGTHS: Final = tuple(
    (re.compile(pattern), unit)
    for pattern, unit in (
        (_WITHHELD + _MONTHS, 1),
        (_MONTHS + _UNPAID, 1),
        (_WITHHELD + _YEARS, _YEAR),
        (_YEARS + _UNPAID, _YEAR),
        (_MONTHS, 1),
        (_YEARS, _YEAR),
    )
)
"""How a time without pay is told, surest first: 欠我三个月, 三个月没发, 干了三个月."""


def _months(text: str) -> Iterator[float]:
    for pattern, unit in _LENGTHS:
        for one in pattern.finditer(text):
            whole = parse_number(one["whole"])
            if whole is None or _ELSEWHERE.search(text[: one.start("whole")]):
                continue
            half = one["half"] is not None and "半" in one["half"]
            value = float(whole * unit) + (unit / 2 if half else 0)
            if 0 < value <= _LIFETIME:
                yield value
