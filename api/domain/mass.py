"""Many who come with the same thing from the same place, or against the same opponent, within a week (群体性案件)."""

import hashlib
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
    """Applications of one place (GB/T 2260) about the very same matters: how many."""

    alike: str
    """What all of them have in common, and no other: see `alike`."""
    region: str
    matters: tuple[str, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """Applications of one place against the same opponent: how many, and when the latest of them came."""

    region: str | None
    opponent: str
    """The keyed digest of the name: it is counted, and not read."""
    count: int
    latest: tuple[tuple[datetime, str], ...]
    """Moment and reference of up to `LATEST`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mass:
    """One matter of one place, or one opponent: how many applications there are, and the latest in the order they came."""

    region: str | None
    matter: str | None
    count: int
    references: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    """What those of one matter have in common, by which the latest are looked up."""


def alike(*, region: str | None, matters: tuple[str, ...]) -> str | None:
    """Return what is the same for applications of one place about the very same matters; None without a place."""
    if region is None:
        return None
    return hashlib.blake2b("\n".join((region, *matters)).encode(), digest_size=16).hexdigest()


def masses(arrivals: Iterable[Arrivals], /) -> tuple[Mass, ...]:
    """Return every place and matter that five or more came with, the largest first; which those are is not looked up yet."""
    found: dict[tuple[str, str], list[Arrivals]] = defaultdict(list)
    for group in arrivals:
        for matter in dict.fromkeys(group.matters):
            found[group.region, matter].append(group)
    every = (
        Mass(
            region=region,
            matter=matter,
            count=sum(group.count for group in groups),
            alike=tuple(group.alike for group in groups),
        )
        for (region, matter), groups in found.items()
    )
    return tuple(
        sorted(
            (mass for mass in every if mass.count >= LEAST),
            key=lambda mass: (-mass.count, str(mass.region), str(mass.matter)),
        )
    )


def masses_against(arrivals: Iterable[Against], /) -> tuple[Mass, ...]:
    """Return every opponent that five or more came against, of whatever place, the largest first."""
    found: dict[str, list[Against]] = defaultdict(list)
    for group in arrivals:
        found[group.opponent].append(group)
    every = (
        Mass(
            region=None,
            matter=None,
            count=sum(group.count for group in groups),
            references=tuple(
                reference for _, reference in sorted(one for group in groups for one in group.latest)[-LATEST:]
            ),
        )
        for groups in found.values()
    )
    return tuple(
        sorted((mass for mass in every if mass.count >= LEAST), key=lambda mass: (-mass.count, mass.references))
    )
