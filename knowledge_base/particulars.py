"""Find who is speaking and what they count: role, sums, months owed, people, age, dates. Absent is better than guessed."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import Final, TypeAlias

import yaml

from knowledge_base.correcting import instead
from knowledge_base.numerals import NUMBER, Amount, amounts, parse_number
from knowledge_base.spoken_dates import spoken_dates

Entities: TypeAlias = dict[str, str | int | float | list[str] | list[list[str]]]

_DEFAULT: Final = Path(__file__).with_name("roles.yml")
_MONTHS: Final = rf"(?:(?P<years>{NUMBER})年(?:零|又)?)?(?:(?P<whole>{NUMBER})(?:多|来)?个(?P<half>半)?月(?![一二三四五六七八九两几\d][千百万\d多])|(?P<bare>[两半])月(?![份底初中末]))"
"""«三个月»; without 个 it is the name of a month, but for 半月 and 两月."""
_YEARS: Final = rf"(?P<whole>{NUMBER})(?P<half>年半|年)(?!前|代|级|底|初|\d)"
_QUARTERS: Final = rf"(?P<whole>{NUMBER})个季度"
_SPAN: Final = re.compile(
    rf"(?P<first>{NUMBER})月份?(?:就|开始|起|一直|拖|欠|压)*[到至](?:现在的?)?(?P<last>{NUMBER})月份?"
)
"""«从六月拖到十月»: both ends are owed."""
_OWED: Final = re.compile(
    r"工资|工钱|薪|开支|人工|血汗|劳务费|没发|没给|不给|没拿|没结|没交|不认|拖欠|欠|压(?!着?[手脚腿指胳])"
)
_INSURED: Final = r"(?![^,。]{0,6}(?:社保|保险|公积金|五险|医保|养老金))"
_WITHHELD: Final = (
    rf"(?:欠|拖|扣|压(?!着?了?[手脚腿指胳])|(?:没[发给结交]|不[发给]|未发){_INSURED}|差|讨|要)[^,。 ]{{0,10}}?"
)
_UNPAID: Final = (
    rf"(?=[^,。 ]{{0,8}}(?:工资|工钱|薪|人工|(?:没[发给交]|不[发给]|未发){_INSURED}|没结|没开|没拿|不开|一分|的账))"
)
_ELSEWHERE: Final = re.compile(
    r"(?:怀孕|怀了|怀|孕|试用期|住院|看守所|拘留|休|休息|结婚|离婚|租|判了?|关了?|过了?|还有|还差|差|再)$"
)
_PEOPLE: Final = re.compile(
    rf"(?<![第几数好每])(?P<count>{NUMBER})(?:多|来|几)?(?:个|号|位|名)?"
    r"(?:人(?!民|工(?!资|友|人)|次|份|以[上下])|工人|口人|户(?=业主|村民)|个?老乡|个?工友|个?业主|员工|同事|村民|兄弟(?=都|没|一))"
)
_HOUSEHOLDS: Final = re.compile(rf"(?<![第几数好每])(?P<count>{NUMBER})(?:多|来|几)?(?:个)?户(?!口|籍|型)")
_AND_I: Final = re.compile(rf"我(?:和|跟|同|还有|以及|加)(?:另外|其他|别的)?的?(?P<count>{NUMBER})(?:个|名|位)")
"""«我和另外四个工友» are five."""
_KINSHIP: Final = re.compile(
    rf"一家(?P<count>{NUMBER})口|(?P<pair>(?:夫妻|夫妇|母子|父子|母女|父女|爷|娘|姐妹|兄弟|哥)两个?|两口子)(?=都|一起|一块|在|给|被|的?工)"
)
"""«一家三口», «爷俩»: said as one word."""
_KIN: Final = (
    "爸妈|爸爸?|妈妈?|爹|娘|父亲|母亲|父母|爷爷|奶奶|姥姥|姥爷|外公|外婆|公公|婆婆|岳父|岳母|老头|老伴|老人家?|老公|丈夫|男人|爱人|对象|老婆|媳妇|妻子"
    "|儿子|女儿|闺女|儿|孩子|娃|孙女|孙子|外孙女?|哥哥?|弟弟?|姐姐?|妹妹?|嫂子|姑妈|姑姑?|姨妈?|叔叔?|舅舅?|舅妈|伯父|大伯|侄子|侄女|邻居|同学|同事|工友|老乡|朋友|他|她"
)
_SINCE: Final = "(?:今年|现在|虚岁|周岁|实岁|岁数|才|都|已经|也|快|马上|刚满?|奔|满|是){0,4}"
_BEHIND: Final = r"(?=$|[,。呢啊被让就在]|了|多|好几|出头|整)(?!(?:了|多)?[个天年斤平人名位户块元万])"
_LONE: Final = r"(?:[1-9]\d|(?!十一)[二三四五六七八九]?十有?[一二三四五六七八九]?)"
_AGE: Final = re.compile(
    rf"(?:(?P<own>我|俺|本人|咱)|(?P<kin>{_KIN}))?{_SINCE}(?<![\d第])(?P<age>{NUMBER})(?:多|出头|好几)?(?:周)?岁"
    r"(?!的?时|以[上下内]|那年)"
)
_YOUNG: Final = re.compile(
    rf"(?:(?P<own>我|俺|本人)|(?P<kin>{_KIN}))?(?:才|刚满?|今年|还)(?P<age>1[0-7]|十(?:[二三四五六七]|一(?!(?<=今年十一)[被让就在]))?)"
    r"(?=$|[,。被让就在呢啊])"
)
"""«儿子才十六»: of a child nobody says 岁."""
_OLD: Final = re.compile(
    rf"(?:(?P<own>我|俺|本人)(?=[今都已也快马刚奔满是虚周实\d二三四五六七八九])|(?P<kin>{_KIN})|岁数|今年){_SINCE}(?P<age>{_LONE}){_BEHIND}"
)
_KIN_BEHIND: Final = re.compile(
    r"的?(?P<kin>孩子|小孩|娃|儿子|女儿|闺女|弟弟?|妹妹?|孙子|孙女|老人|老妈|老爸|母亲|父亲)"
)
_SUBJECT: Final = re.compile(
    rf"(?:(?<=,)|(?<=。)|^)(?P<own>我|俺|本人)(?!们|家|的|{_KIN}|姐|哥|弟|妹)|(?<![一-龥]家)(?P<kin>{_KIN})(?!的?(?:电话|手机|钱|东西|车|房))"
)
"""Whom a clause is about: the speaker where it begins with them."""
_BY_PASSPORT: Final = re.compile(rf"(?:周岁|实岁|实际){_SINCE}(?P<age>{NUMBER})")
"""Counted from the birthday: what the law goes by, where another count is told beside it."""
_ALONE: Final = re.compile(rf"(?:^|[,。])(?P<age>{_LONE})(?:了|整)(?=$|[,。没])")
"""«二十六了», a clause of its own."""
_NOMINAL: Final = re.compile("虚岁|虚龄")
_MANY: Final = 2
_LIFETIME: Final = 120
_YEAR: Final = 12
_QUARTER: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """年龄: full years as told; `own` where the speaker says it of themselves, `kin` whom else it is said of."""

    years: int
    own: bool = False
    kin: str | None = None


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
    found = _counted(text)
    if (amended := instead(text)) not in {"", text}:
        found |= _counted(amended, about=text)  # «七个 不对 八个»: what comes after counts
    if spoken := list(spoken_dates(text, on=on)):
        found["dates"] = [own(one.start, one.end) if own else text[one.start : one.end] for one in spoken]
        ranges = [[one.period.first.isoformat(), one.period.end.isoformat()] for one in spoken if one.period]
        if ranges:
            found["date_ranges"] = ranges
    return found


def ages(text: str, /) -> Iterator[Age]:
    """Find the ages of people, surest first."""
    readers = (_BY_PASSPORT,) if _NOMINAL.search(text) else (_BY_PASSPORT, _AGE, _YOUNG, _OLD, _ALONE)
    for one in chain.from_iterable(reader.finditer(text) for reader in readers):
        years = parse_number(one["age"].replace("有", ""))
        if years is not None and 0 < years < _LIFETIME:
            yield _whose(one, text, int(years))


def _whose(found: re.Match[str], text: str, years: int) -> Age:
    """Return an age with whose it is: said beside it («我七岁的孩子»), or by whoever was spoken of last («儿子被带走了,才十六»)."""
    behind = _KIN_BEHIND.match(text, found.end())
    if behind is not None:
        return Age(years=years, kin=behind["kin"])
    said = found.groupdict()
    if not (said.get("own") or said.get("kin")):
        spoken_of = list(_SUBJECT.finditer(text, 0, found.start()))
        said = spoken_of[-1].groupdict() if spoken_of else {}
    return Age(years=years, own=bool(said.get("own")), kin=said.get("kin"))


def _counted(text: str, *, about: str | None = None) -> Entities:
    found: Entities = {}
    if (owed := _sum(text)) is not None:
        found["amount"] = float(owed)
    if _OWED.search(about or text) and (months := next(_months(text), None)) is not None:
        found["months_owed"] = months
    if (people := max(_heads(text), default=0)) >= _MANY:
        found["people"] = people
    if (homes := max(_numbers(_HOUSEHOLDS, text), default=0)) >= _MANY:
        found["households"] = homes
    if (age := next(ages(text), None)) is not None:
        found["age"] = age.years
    return found


def _numbers(pattern: re.Pattern[str], text: str) -> Iterator[int]:
    return (int(value) for one in pattern.finditer(text) if (value := parse_number(one["count"])) is not None)


def _heads(text: str) -> Iterator[int]:
    yield from _numbers(_PEOPLE, text)
    yield from (count + 1 for count in _numbers(_AND_I, text))
    for one in _KINSHIP.finditer(text):
        yield _MANY if one["pair"] else int(parse_number(one["count"]) or 0)


def _sum(text: str) -> Decimal | None:
    """Return the sum at stake: what is still open, else the total, else the greatest; what is paid by the month is none."""
    sums = [one for one in amounts(text) if not _is_rate(text, one)]
    told = [(one, text[max(0, one.start - _NEAR) : one.start]) for one in sums]
    for sign in (_OPEN, _IN_ALL):
        if named := [one.value for one, before in told if sign.search(before)]:
            return named[-1]
    greatest = max((one.value for one in sums), default=None)
    paid = [one.value for one, before in told if _REPAID.search(before) and one.value != greatest]
    return greatest - max(paid) if greatest is not None and paid else greatest


def _is_rate(text: str, one: Amount) -> bool:
    return bool(_RATE_BEFORE.search(text[: one.start]) or _RATE_BEHIND.match(text, one.end))


_NEAR: Final = 6
_OPEN: Final = re.compile(r"(?:还|总共|一共|就|,|我|^)(?:差|欠)(?:着|我|俺|我们)*(?:一共|总共)?$|剩下?的?(?:还有)?$")
_IN_ALL: Final = re.compile(r"(?:一共|总共|合计|共计|加起来|拢共|统共|总计)(?:是|有|差|欠|要)*(?:我|我们)?(?:了)?$")
_REPAID: Final = re.compile(r"(?<!没)(?<!不)还(?:了|过|给我)(?:我)?$")
_RATE_BEFORE: Final = re.compile(
    r"(?:(?:每个?|一个|一)(?:月|天|小时|人|平)|日薪|月薪|时薪|底薪|退休金|退休工资|养老金|低保|月收入|每人)"
    r"(?:的)?(?:工资|该给|应该给|给|要给|挣|是|才|就|只|有|能|拿|我|孩子|他|她|抚养费)*$"
)
_RATE_BEHIND: Final = re.compile(r"(?:钱)?(?:/|一个?|每个?)(?:月|天|小时|人)(?!没|都|也)")


_LENGTHS: Final = tuple(
    (re.compile(pattern), unit)
    for pattern, unit in (
        (_WITHHELD + _MONTHS, 1),
        (_MONTHS + _UNPAID, 1),
        (_WITHHELD + _YEARS, _YEAR),
        (_YEARS + _UNPAID, _YEAR),
        (_QUARTERS, _QUARTER),
        (_MONTHS, 1),
        (_YEARS, _YEAR),
    )
)
"""How a time without pay is told, surest first: 欠我三个月, 三个月没发, 干了三个月."""


def _months(text: str) -> Iterator[float]:
    for span in _SPAN.finditer(text):
        first, last = parse_number(span["first"]), parse_number(span["last"])
        if first is not None and last is not None and first <= _YEAR and last <= _YEAR:
            yield float((last - first) % _YEAR + 1)
    for pattern, unit in _LENGTHS:
        for one in pattern.finditer(text):
            said = one.groupdict()
            begins = next(one.start(name) for name in ("years", "whole", "bare") if said.get(name))
            whole = parse_number(said["whole"] or said["bare"])
            if whole is None or _ELSEWHERE.search(text[:begins]):
                continue
            years = parse_number(said["years"]) or 0 if said.get("years") else 0
            half = "半" in (said.get("half") or "")
            value = float(whole * unit + years * _YEAR) + (unit / 2 if half else 0)
            if 0 < value <= _LIFETIME:
                yield value
