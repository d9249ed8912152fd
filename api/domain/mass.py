"""Many who come with the same thing from the same place within a week: one event stands behind them (群体性案件)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

WITHIN: Final = timedelta(days=7)
LEAST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One application as far as it matters here: where from (GB/T 2260), about what, and its reference."""

    reference: str
    region: str
    matters: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mass:
    """One matter of one place, and the applications about it, in the order they came."""

    region: str
    matter: str
    references: tuple[str, ...]


def masses(arrivals: Iterable[Arrival], /) -> tuple[Mass, ...]:
    """Return every place and matter that five or more came with, the largest first."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for arrival in arrivals:
        for matter in dict.fromkeys(arrival.matters):
            found[arrival.region, matter].append(arrival.reference)
    many = (
        Mass(region=region, matter=matter, references=tuple(references))
        for (region, matter), references in found.items()
        if len(references) >= LEAST
    )
    return tuple(sorted(many, key=lambda mass: (-len(mass.references), mass.region, mass.matter)))
