"""Takes the name of a place out of a question: the place decides what may be shown, not what fits."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from knowledge_base.regions import Regions
from knowledge_base.types import NATION

_SUFFIX: Final = re.compile(r"(?:特别行政区|自治区|省|市|县|区)$")
_SHORTEST_NAME: Final = 2
_SHORTEST_REST: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A question without the place it names, and that place."""

    text: str
    region: str | None = None


Place: TypeAlias = Callable[[str], Placed]


def place_with(regions: Regions) -> Place:
    """Return a function that finds and takes out the place a question names."""

    def place(text: str) -> Placed:
        found = regions.find_in(text)
        if found is None or found.code == NATION:
            return Placed(text=text)
        return Placed(text=without(text, names_of(regions, found.code)), region=found.code)

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
