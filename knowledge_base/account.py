"""Reads what a caller told on the way, for whoever takes the case: the telling words, and the particulars in them (听到的情况).

Nothing here is a fact of the pre-screen. What is read is shown as told and unverified, so absent is better than guessed.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias

from knowledge_base.particulars import ages, entities
from knowledge_base.unasked import MANY, Unasked

_WHO: Final = r"有限责任公司|股份公司|有限公司|公司|集团|项目部|工程队|劳务队|包工队|工地|饭店|餐厅|酒店|宾馆|超市|砖窑|煤矿|矿场|合作社|[砖瓦纺织电子服装食品鞋机械塑料木家具化工钢铁玩具水泥]*厂"
_EMPLOYER: Final = re.compile(
    rf"(?:[在给替帮跟被从进去]|叫做?|单位是|公司是)(?P<name>[一-龥A-Za-z0-9]{{1,18}}?(?:{_WHO}))(?!的?(?:保安|同事|老乡)打)"
)
_NAMELESS: Final = re.compile(r"^(?:[我俺咱他她]们?|这|那|别的?|一|一?[家个])*(?:的|里)?(?:单位|公司|厂|工地|超市)$")
_HOUSEHOLD: Final = re.compile(r"一家|口人|家里|孩子|[儿娃]")
_TOGETHER: Final = re.compile(
    r"我们|咱|大家|大伙|一起|一共|总共|工友|老乡|工人|同事|[都全](?:没|被|不|是|要|遇|拿|欠|一样|还没)"
)
_FEW: Final = 3
"""From how many on a lawyer wants to know that others share the trouble."""
_SIGNS: Final = re.compile(r"[\W_]+")
_LEAST: Final = 8
"""Characters from which a message tells something by itself."""
_OF_THE_WAY: Final = re.compile(
    r"^(?:你好|您好|请问|那|就|我?(?:想|要|先)?(?:问|看)(?:一?下|看)?|我|想|要|能不能|可不可以|怎么|看看|可以|帮我)*"
    r"(?:申请(?:法律援助|法援)?|找(?:个)?(?:律师|人工|真人|人)|转人工|人工(?:客服)?|查(?:一?下)?(?:我)?(?:那个)?(?:案子|进度)?|预约|约(?:个)?时间)?"
    r"(?:到哪(?:里|儿)?了?|行不行|行|吗|么|呢|吧|啊|呀|了)*$"
)
"""How one asks for the service and tells nothing of the matter."""


class Kind(StrEnum):
    """What a particular is of."""

    AMOUNT = "amount"
    """In yuan."""
    MONTHS = "months"
    PEOPLE = "people"
    PLACE = "place"
    """A code of GB/T 2260."""
    EMPLOYER = "employer"
    AGE = "age"
    """Full years, with whose they are: «本人», «儿子», or nobody's that was named."""
    DATE = "date"


@dataclass(frozen=True, slots=True, kw_only=True)
class Particular:
    """One thing that was told, and by which message it was told last."""

    kind: Kind
    value: str
    whose: str = ""
    said: int
    """The number the reader gave the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One message of the caller's, its private values taken out, and the day it came."""

    number: int
    text: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What all messages together tell."""

    telling: tuple[int, ...]
    """The numbers of the messages that tell the matter, in their order."""
    particulars: tuple[Particular, ...]
    people: int | None
    """How many share the trouble, where that was counted."""
    many: bool
    """That so many share it that they are dealt with together (群体性)."""


Reader: TypeAlias = Callable[[Iterable[Saying]], Account]


def account_with(unasked: Unasked, *, place_in: Callable[[str], str | None]) -> Reader:
    """Return a function that reads an account."""

    def read(sayings: Iterable[Saying]) -> Account:
        telling: list[int] = []
        found: dict[tuple[Kind, str, str], Particular] = {}
        people, many = None, False
        for saying in sayings:
            folded = unasked.folder.fold(saying.text).spaced
            told = list(_told(saying, folded, place_in))
            for one in told:
                found[one.kind, one.whose, one.value] = one
            many = many or unasked.of(saying.text, on=saying.on).get(MANY) is True
            people = _sharing(folded) or people
            if told or _tells(folded):
                telling.append(saying.number)
        return Account(telling=tuple(telling), particulars=tuple(found.values()), people=people, many=many)

    return read


def _told(saying: Saying, folded: str, place_in: Callable[[str], str | None]) -> Iterator[Particular]:
    said, counted = saying.number, entities(folded, on=saying.on)
    for kind, name in ((Kind.AMOUNT, "amount"), (Kind.MONTHS, "months_owed"), (Kind.PEOPLE, "people")):
        match counted.get(name):
            case int() | float() as value:
                yield Particular(kind=kind, value=f"{value:g}" if value < _PLAIN else f"{value:.0f}", said=said)
            case _:
                pass
    for age in ages(folded):
        yield Particular(kind=Kind.AGE, value=str(age.years), whose="本人" if age.own else age.kin or "", said=said)
    if (place := place_in(saying.text)) is not None:
        yield Particular(kind=Kind.PLACE, value=place, said=said)
    for one in _EMPLOYER.finditer(folded):
        if _NAMELESS.search(one["name"]) is None:
            yield Particular(kind=Kind.EMPLOYER, value=one["name"], said=said)
    match counted.get("dates"):
        case list() as dates:
            for spoken in dates:
                yield Particular(kind=Kind.DATE, value=str(spoken), said=said)
        case _:
            pass


_PLAIN: Final = 1000


def _sharing(folded: str) -> int | None:
    """Return how many share the trouble; a family that is counted does not."""
    count = entities(folded).get("people")
    if not isinstance(count, int) or count < _FEW or _HOUSEHOLD.search(folded):
        return None
    return count if _TOGETHER.search(folded) else None


def _tells(folded: str) -> bool:
    words = _SIGNS.sub("", folded)
    return len(words) >= _LEAST and _OF_THE_WAY.search(words) is None
