"""Hears that somebody looks for a door, a number or the hours it keeps, and not for what the law says."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from knowledge_base.offices import OfficeKind
from knowledge_base.regions import Regions

_WORDS: Final = Path(__file__).with_name("words.yml")
_LONGEST: Final = 40
"""What is longer tells a story, and whoever names a police station in it is not looking for one."""
_WHERE: Final = re.compile(
    r"在哪|在什么地方|哪里有|哪儿有|哪有|哪个地方有|附近|就近|最近的|离[我这].*近|怎么走|咋走|地址|位置|几楼|"
    r"(?:去|到|上|找)(?:哪|什么地方)(?:个|里|儿|家)?(?:的)?[?？]?$|有(?:吗|么|嘛)[?？]?$"
)
_CALLED: Final = re.compile(
    r"(?:电话|号码|热线|联系方式|座机)(?:号码|号)?(?:是|有)?(?:多少|几号|几|啥|什么|哪个|呢|吗|么)?[?？。!！]*$|"
    r"(?:怎么|咋|如何)(?:联系|打)|电话打(?:多少|哪个|几)|^(?:打|拨)(?:什么|哪个|多少)"
)
_CALLING: Final = re.compile(r"(?:打|接|来|挂|回|给)(?:了|过|到|我|他|她)*(?:个|一个)?电话")
_HOURS: Final = re.compile(
    r"(?:几点|什么时候|啥时候|什么时间|啥时间|多会儿?)(?:钟)?(?:才|能|可以|会)?(?:上班|下班|开门|关门|有人|开|办公|营业|接)|"
    r"(?:哪天|几号|什么时候|啥时候|星期几|周几)(?:会|能)?(?:来|到)|"
    r"(?:办公|上班|开门|营业|工作|服务|接待)时间|"
    r"(?:现在|今天|明天|后天|周末|中午|晚上|夜里|半夜|节假日|放假|过年|(?:周|星期|礼拜)[一二三四五六日天])"
    r"[^,，。]{0,6}?(?:有人|上班|开门|值班|办公|营业|休息|关门|下班)(?:了)?(?:吗|么|嘛|不|没|没有|吧)?[?？。]*$|"
    r"(?:有人接|有人上班|有人值班|开门|开着|上班)(?:了)?(?:吗|么|嘛|没|没有|不)[?？。]*$"
)
_COMPETENT: Final = re.compile(r"哪(?:一)?(?:个|家|里的?|儿的?)(?:人民)?法院(?!近)")
"""Asks which court has jurisdiction, which the law answers, and not for a door."""
_BARE: Final = re.compile(r"^(?:附近|最近的|离我最近的)?(?:的)?$")
_BEFORE_PLACE: Final = re.compile(r"^(?:我|俺|咱|我们|人)?(?:就|现在|目前)?(?:在|住在|住|是在|家在|搬到)?(?:的是)?")
_AFTER_PLACE: Final = re.compile(r"(?:这边|这里|这儿|那边|那里|那儿|的|呢|吧|啊|呀|了|打工|上班|住)+$")
_LIKE_PLACE: Final = re.compile(r"^[\u4e00-\u9fff]{2,12}(?:省|市|县|区|旗|州|镇|乡|村|街道)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for: a kind of place, or one entry by its id."""

    kind: OfficeKind
    identity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceSaid:
    """What a short answer to «where are you» comes to; a place that is several keeps no code."""

    code: str | None


class Asking:
    """Reads questions for the directory out of what people type."""

    def __init__(self, names: Mapping[str, Wanted], regions: Regions) -> None:
        longest_first = sorted(names, key=len, reverse=True)
        self._names = names
        self._any = re.compile("|".join(map(re.escape, longest_first)))
        self._regions = regions

    @classmethod
    def load(cls, regions: Regions | None = None, path: Path = _WORDS) -> "Asking":
        """Read the names people use."""
        words = yaml.safe_load(path.read_text(encoding="utf-8"))
        names = {said: Wanted(kind=OfficeKind(kind)) for kind, several in words["kinds"].items() for said in several}
        for identity, several in words["numbers"].items():
            wanted = Wanted(kind=OfficeKind.NUMBER, identity=identity)
            number = identity.rpartition(".")[2]
            names |= dict.fromkeys([*several, *([number] if number.isdecimal() else [])], wanted)
        return cls(names, regions or Regions.load())

    def wanted(self, text: str, /) -> Wanted | None:
        """Return what is looked for; None for everything that is no question to the directory."""
        plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
        if not plain or len(plain) > _LONGEST or _CALLING.search(plain) or _COMPETENT.search(plain):
            return None
        named = self._any.search(plain)
        if named is None:
            # «Is anybody in now?» asks for the people who help with the law: the legal-aid office.
            return Wanted(kind=OfficeKind.LEGAL_AID) if _HOURS.search(plain) and _about_us(plain) else None
        wanted = self._names[named[0]]
        rest = plain.replace(named[0], "", 1)
        of_number = wanted.identity is not None and (
            _BARE.fullmatch(rest.strip("?？。是多少")) is not None or bool(re.search(r"多少|几号|号码", rest))
        )
        asked = _WHERE.search(rest) or _CALLED.search(rest) or _HOURS.search(rest) or of_number
        return wanted if asked else None

    def place(self, text: str, /) -> PlaceSaid | None:
        """Return the place that a short answer names; None where it names none and says something else."""
        plain = re.sub(r"[\s,，。.!！?？]+", "", unicodedata.normalize("NFKC", text))
        bare = _AFTER_PLACE.sub("", _BEFORE_PLACE.sub("", plain)) or plain
        meant = self._regions.candidates(bare)
        if len(meant) == 1:
            return PlaceSaid(code=meant[0].code)
        inside = self._regions.find_in(bare) if _LIKE_PLACE.fullmatch(bare) and not meant else None
        if inside is not None:
            return PlaceSaid(code=inside.code)
        return PlaceSaid(code=None) if meant or _LIKE_PLACE.fullmatch(bare) else None


def _about_us(plain: str) -> bool:
    """Whether the question names nobody else: hours of a shop or of one's own work are another matter."""
    return re.search(r"我(?:们)?(?:要|得|被|的)|老板|公司|厂|单位|加班|工地|让|叫|逼", plain) is None
