"""Many who come with the same thing from the same place, or against the same opponent, within a week (群体性案件)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

WITHIN: Final = timedelta(days=7)
LEAST: Final = 5


LATEST: Final = 10
"""How many of the latest are named; of the others it is enough that they are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """Applications of one place (GB/T 2260) about the very same matters: how many, and when the latest of them came."""

    region: str
    matters: tuple[str, ...]
    count: int
    latest: tuple[tuple[datetime, str], ...]
    """Moment and reference of up to `LATEST`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """Applications of one place against the same opponent: how many, and when the latest of them came."""

    region: str | None
    opponent: str
    """The keyed digest of the name: it is counted, and not read."""
    count: int
    latest: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mass:
    """One matter of one place, or one opponent: how many applications there are, and the latest in the order they came."""

    region: str | None
    matter: str | None
    count: int
    references: tuple[str, ...]


def masses(arrivals: Iterable[Arrivals], /) -> tuple[Mass, ...]:
    """Return every place and matter that five or more came with, the largest first."""
    found: dict[tuple[str, str], list[Arrivals]] = defaultdict(list)
    for alike in arrivals:
        for matter in dict.fromkeys(alike.matters):
            found[alike.region, matter].append(alike)
    every = (_mass(region, matter, groups) for (region, matter), groups in found.items())
    return tuple(
        sorted(
            (mass for mass in every if mass.count >= LEAST),
            key=lambda mass: (-mass.count, str(mass.region), str(mass.matter)),
        )
    )


def masses_against(arrivals: Iterable[Against], /) -> tuple[Mass, ...]:
    """Return every opponent that five or more came against, of whatever place, the largest first."""
    found: dict[str, list[Against]] = defaultdict(list)
    for alike in arrivals:
        found[alike.opponent].append(alike)
    every = (_mass(None, None, groups) for groups in found.values())
    return tuple(
        sorted((mass for mass in every if mass.count >= LEAST), key=lambda mass: (-mass.count, mass.references))
    )


def _mass(region: str | None, matter: str | None, groups: Iterable[Arrivals | Against]) -> Mass:
    alike = tuple(groups)
    latest = sorted(one for group in alike for one in group.latest)[-LATEST:]
    return Mass(
        region=region,
        matter=matter,
        count=sum(group.count for group in alike),
        references=tuple(reference for _, reference in latest),
    )
