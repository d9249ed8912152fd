"""Takes the name of a place out of a question: the place decides what may be shown, not what fits."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, TypeAlias

from knowledge_base.demands import demanded
from knowledge_base.regions import Regions
from knowledge_base.types import NATION

_SUFFIX: Final = re.compile(r"(?:特别行政区|自治区|省|市|县|区)$")
_CLAUSE: Final = re.compile(r"[\s，,。；;：:！!？?、]+")
_LIVES: Final = re.compile(r"(?:[我俺咱人家]们?|现在|目前)(?:现在|目前|一直|都|就|是|家)?(?:在|住在?|搁)$")
_WORKS: Final = re.compile(
    r"(?:这[边儿里]|那[边儿里]|本地)?(?:的?(?:工地|厂里?|公司)(?:里|上)?)?(?:打工|上班|干活|干的活|工作|务工|做工|做事|租|住|生活|人[，,。\s])"
)
_SHORTEST_NAME: Final = 2
_SHORTEST_REST: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A question without the place it names, and that place.

    `told` of a place that the asker merely is in: «我在西安打工，欠薪去哪投诉» asks for no rule of 西安's own.
    """

    text: str
    region: str | None = None
    told: bool = False


Place: TypeAlias = Callable[[str], Placed]


def place_with(regions: Regions) -> Place:
    """Return a function that finds and takes out the place a question names."""

    def place(text: str) -> Placed:
        found = regions.find_in(text)
        if found is None or found.code == NATION:
            return Placed(text=text)
        names = names_of(regions, found.code)
        return Placed(text=without(text, names), region=found.code, told=_told(text, names))

    return place


def names_of(regions: Regions, code: str) -> tuple[str, ...]:
    """Return how a place and what lies above it are called, the longest names first."""
    names = set()
    for each in (code, *regions.ancestors(code)):
        region = regions.get(each)
        if region and each != NATION:
            names |= {region.name, _SUFFIX.sub("", region.name)}
    return tuple(sorted((n for n in names if len(n) >= _SHORTEST_NAME), key=len, reverse=True))


def without(text: str, names: Sequence[str]) -> str:
    """Return the text without those names, or as it was when too little would be left."""
    rest = text
    for name in names:
        rest = rest.replace(name, "")
    rest = rest.strip(" ，,。的")
    return rest if len(rest) >= _SHORTEST_REST else text


def taken_out(text: str, rest: str) -> str:
    """Return what was taken out of a text to leave the rest: the place as it was called; nothing where all was left."""
    before = _alike(text, rest)
    after = _alike(text[before:][::-1], rest[before:][::-1])
    return text[before : len(text) - after].strip(" ，,。的")


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _told(text: str, names: Sequence[str]) -> bool:
    """Tell whether the place is only where the asker is: somebody lives or works there, or the question stands elsewhere."""
    name = next((each for each in names if each in text), None)
    if name is None:
        return False
    before, _, after = text.partition(name)
    if _LIVES.search(before) or (before.endswith("在") and _WORKS.match(after)):
        return True
    clauses = [clause for clause in _CLAUSE.split(text) if clause]
    return name not in clauses[-1] and not any(demanded(clause) for clause in clauses if name in clause)
