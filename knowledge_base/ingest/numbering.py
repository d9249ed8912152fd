"""Counts Word's automatic numbers, which stand in no paragraph: numbering.xml says how, the order says which."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from knowledge_base.text import to_numeral

_HEAVENLY: Final = "甲乙丙丁戊己庚辛壬癸"
_EARTHLY: Final = "子丑寅卯辰巳午未申酉戌亥"
_CHINESE: Final = frozenset(
    [
        "chineseCounting",
        "chineseCountingThousand",
        "japaneseCounting",
        "ideographDigital",
        "taiwaneseCounting",
        "taiwaneseCountingThousand",
        "koreanCounting",
        "japaneseDigitalTenThousand",
        "chineseLegalSimplified",
    ]
)
_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")
_ROMAN: Final = tuple(
    zip(
        (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
        ("M", "CM", "D", "CD", "C", "XC", "L", "XL", "X", "IX", "V", "IV", "I"),
        strict=True,
    )
)
_LEVELS: Final = 9
_MANY: Final = 9_999


def local(element: etree._Element) -> str:
    """Return an element's name without its namespace: the transitional and the strict one mean the same."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def value(element: etree._Element | None, name: str = "val") -> str | None:
    """Return an attribute of Word's, whichever of its namespaces it is in."""
    if element is None:
        return None
    return next((text for key, text in element.attrib.items() if etree.QName(key).localname == name), None)


def child(element: etree._Element | None, *names: str) -> etree._Element | None:
    """Follow a path of element names down."""
    for name in names:
        if element is None:
            return None
        element = next((part for part in element if local(part) == name), None)
    return element


@dataclass(frozen=True, slots=True)
class _Level:
    start: int = 1
    style: str = "decimal"
    text: str = ""
    restart: int | None = None
    legal: bool = False


@dataclass(slots=True)
class Numbering:
    """The numbered lists of one document; `mark` must be asked paragraph by paragraph, in order."""

    _abstract: dict[str, dict[int, _Level]] = field(default_factory=dict)
    _lists: dict[str, tuple[str, dict[int, _Level]]] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    _started: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def read(cls, root: etree._Element | None) -> "Numbering":
        """Read numbering.xml; a document without it numbers nothing by itself."""
        numbering = cls()
        links: dict[str, str] = {}
        styled: dict[str, str] = {}
        for part in root if root is not None else ():
            if local(part) == "abstractNum" and (name := value(part, "abstractNumId")) is not None:
                numbering._abstract[name] = _levels(part)
                if (style := value(child(part, "styleLink"))) is not None:
                    styled[style] = name
                if (link := value(child(part, "numStyleLink"))) is not None:
                    links[name] = link
        for name, link in links.items():
            numbering._abstract[name] = numbering._abstract.get(styled.get(link, ""), {})
        for part in root if root is not None else ():
            if local(part) == "num" and (name := value(part, "numId")) is not None:
                abstract = value(child(part, "abstractNumId")) or ""
                numbering._lists[name] = (abstract, _overrides(part, numbering._abstract.get(abstract, {})))
        return numbering

    def mark(self, list_id: str, level: int) -> str | None:
        """Count one paragraph and return its printed number; None for bullets and for lists that do not exist.

        Lists that share an abstract one go on counting together, unless one of them starts anew by itself.
        """
        if list_id not in self._lists or not 0 <= level < _LEVELS:
            return None
        abstract, overrides = self._lists[list_id]
        levels = {**self._abstract.get(abstract, {}), **overrides}
        rule = levels.get(level)
        if rule is None:
            return None
        counts = self._counts[abstract]
        if level in overrides and (list_id, level) not in self._started:
            counts.pop(level, None)
            self._started.add((list_id, level))
        counts[level] = min(counts.get(level, rule.start - 1) + 1, _MANY)
        for deeper in [at for at in counts if at > level]:
            after = levels.get(deeper, _Level()).restart
            if after is None or (after and level < after):
                del counts[deeper]
        if rule.style in {"bullet", "none"}:
            return None
        printed = rule.text
        for at in range(_LEVELS):
            if f"%{at + 1}" in printed:
                of = levels.get(at, _Level())
                style = "decimal" if rule.legal else of.style
                printed = printed.replace(f"%{at + 1}", _written(counts.get(at, of.start), style))
        return printed.strip()


def _levels(part: etree._Element) -> dict[int, _Level]:
    found = {}
    for level in part:
        if local(level) == "lvl" and (at := _whole(value(level, "ilvl"))) is not None:
            found[at] = _level(level)
    return found


def _level(level: etree._Element) -> _Level:
    start = _whole(value(child(level, "start")))
    return _Level(
        start=1 if start is None else start,
        style=value(child(level, "numFmt")) or _alternate(level) or "decimal",
        text=value(child(level, "lvlText")) or "",
        restart=_whole(value(child(level, "lvlRestart"))),
        legal=child(level, "isLgl") is not None,
    )


def _alternate(level: etree._Element) -> str | None:
    """Newer Word wraps an unusual format in AlternateContent; its fallback is one that all readers know."""
    for choice in ("Fallback", "Choice"):
        if found := value(child(level, "AlternateContent", choice, "numFmt")):
            return found
    return None


def _overrides(part: etree._Element, levels: dict[int, _Level]) -> dict[int, _Level]:
    found = {}
    for override in part:
        if local(override) != "lvlOverride" or (at := _whole(value(override, "ilvl"))) is None:
            continue
        own = child(override, "lvl")
        rule = _level(own) if own is not None else levels.get(at, _Level())
        if (start := _whole(value(child(override, "startOverride")))) is not None:
            rule = _Level(start, rule.style, rule.text, rule.restart, rule.legal)
        found[at] = rule
    return found


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 6 else None  # noqa: PLR2004


def _written(number: int, style: str) -> str:  # noqa: PLR0911 - one way of writing a number each
    if style in _CHINESE:
        return to_numeral(number)
    if style in {"decimalEnclosedCircle", "decimalEnclosedCircleChinese"} and 1 <= number <= 20:  # noqa: PLR2004
        return chr(ord("①") + number - 1)
    if style in {"decimalFullWidth", "decimalFullWidth2"}:
        return str(number).translate(_FULL_WIDTH)
    if style in {"lowerLetter", "upperLetter"} and number > 0:
        letter = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 9)
        return letter.upper() if style == "upperLetter" else letter
    if style in {"lowerRoman", "upperRoman"}:
        return _roman(number) if style == "upperRoman" else _roman(number).lower()
    if style == "ideographTraditional" and 1 <= number <= len(_HEAVENLY):
        return _HEAVENLY[number - 1]
    if style == "ideographZodiac" and 1 <= number <= len(_EARTHLY):
        return _EARTHLY[number - 1]
    if style == "decimalZero":
        return f"{number:02}"
    return str(number)


def _roman(number: int) -> str:
    written = ""
    for size, letters in _ROMAN:
        times, number = divmod(number, size)
        written += letters * min(times, 99)
    return written
