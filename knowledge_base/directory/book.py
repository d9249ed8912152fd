"""Offices and hotlines, each with its source, so that no number is ever given that nobody has filed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from knowledge_base.directory import files
from knowledge_base.directory.files import Entry
from knowledge_base.directory.hours import CHINA, Hours
from knowledge_base.directory.workdays import Workdays
from knowledge_base.offices import Checked, Directions, Listing, Office, OfficeKind, Opening, Openness
from knowledge_base.regions import Regions
from knowledge_base.types import NATION

PLACES: Final = Path(__file__).parents[1] / "places"
RELIABLE: Final = timedelta(days=183)
"""How long a person's check lasts: half a year. After that the entry says that it has to be checked again."""
HOTLINE: Final = "hotline.12348"
"""What can be called about everything that no other number is for."""
_EARTH_KM: Final = 6371.0
_AROUND_KM: Final = 100.0
_TIERS: Final = (0, 2, 4)
"""How near the place itself is, the one above it, and what is above that; in between: what lies inside, the neighbours."""
_INSIDE, _NEIGHBOUR = 1, 3


class PlaceUnknown(Exception):
    """The place asked about has a code that does not exist."""

    code = "unknown_region"
    field = "region"


@dataclass(frozen=True, slots=True)
class _Filed:
    """One entry, ready to be asked about."""

    entry: Entry
    office: Office
    hours: Hours | None

    def closed(self, on: date | None) -> bool:
        """Whether it is closed for good; without a day, whether it will be."""
        return self.entry.closed_on is not None and (on is None or self.entry.closed_on <= on)


class Directory:
    """Who to turn to, nearest first."""

    def __init__(self, entries: Mapping[str, Sequence[Entry]], regions: Regions, workdays: Workdays) -> None:
        self._filed = {
            place: tuple(_Filed(entry, entry.office(place), entry.opening()) for entry in entries[place])
            for place in entries
        }
        self._regions = regions
        self._workdays = workdays

    @classmethod
    def load(cls, places: Path = PLACES, regions: Regions | None = None, *, own: Path | None = None) -> "Directory":
        """Read our places, and what an operator files beside them. Raises DirectoryInvalid."""
        known = regions or Regions.load()
        folders = [places, *([own] if own is not None else [])]
        entries, workdays = files.read(*folders, known=known)
        return cls(entries, known, workdays)

    def find(  # noqa: PLR0913 - all of them named
        self,
        *,
        kind: OfficeKind,
        region: str | None,
        now: datetime,
        identity: str | None = None,
        point: tuple[float, float] | None = None,
        open_now: bool = False,
        most: int = 5,
    ) -> Directions:
        """Return who to turn to: the own place, what lies in it, what is responsible above it, then the neighbours.

        `identity` asks for one number alone. `open_now` leaves out what is known to be closed. Raises PlaceUnknown.
        """
        if region is not None and region not in self._regions:
            raise PlaceUnknown(region)
        on = now.astimezone(CHINA).date()
        numbers = self._numbers_for(kind, region, on)
        if identity is not None:
            numbers = [filed for filed in self._all_numbers(region, on) if filed.entry.id == identity]
        offices = [] if kind is OfficeKind.NUMBER else self._near(kind, region, on, point)
        named = self._regions.get(region) if region is not None else None
        listed = [self._listing(filed, region=region, now=now, point=point) for filed in offices]
        called = [self._listing(filed, region=region, now=now, point=None) for filed in numbers]
        return Directions(
            kind=kind,
            at=now,
            region=region,
            place=None if named is None or named.code == NATION else named.name,
            offices=tuple(one for one in listed if not (open_now and one.opening.state is Openness.CLOSED))[:most],
            numbers=tuple(called),
        )

    def offices(self, region: str | None, kind: OfficeKind, *, on: date) -> tuple[Office, ...]:
        """Return what is filed for a place and everything above it, nearest first, as it stands on a day."""
        found = (filed for place in self._chain(region) for filed in self._filed.get(place, ()))
        return tuple(_standing(filed, on) for filed in found if filed.entry.kind is kind and not filed.closed(on))

    def numbers(self, region: str | None) -> tuple[Office, ...]:
        """Return the hotlines of a place in the order the nation files them; a nearer entry replaces one of its id."""
        return tuple(filed.office for filed in self._all_numbers(region, None))

    def by_id(self, identity: str, region: str | None = None) -> Office | None:
        """Return one office or number by its id, the nearest entry of that id."""
        filed = self._called(identity, region, None)
        return None if filed is None else filed.office

    def at(self, identity: str, *, region: str | None, now: datetime) -> Listing | None:
        """Return how an office or number stands at one moment, by its id."""
        filed = self._called(identity, region, now.astimezone(CHINA).date())
        return None if filed is None else self._listing(filed, region=region, now=now, point=None)

    def _called(self, identity: str, region: str | None, on: date | None) -> _Filed | None:
        every = (filed for place in self._chain(region) for filed in self._filed.get(place, ()))
        return next((filed for filed in every if filed.entry.id == identity and not filed.closed(on)), None)

    def as_of(self, on: date) -> tuple[Office, ...]:
        """Return everything on file that is not closed, with what its check is worth on a day."""
        every = (each for filed in self._filed.values() for each in filed)
        return tuple(_standing(filed, on) for filed in every if not filed.closed(on))

    def opening(self, hours: Hours, now: datetime, /) -> Opening:
        """Return how hours that are filed elsewhere stand at one moment."""
        return hours.at(now, self._workdays)

    def knows_holidays(self, day: date) -> bool:
        """Whether the holidays of a day's year are on file."""
        return self._workdays.knows(day)

    def works(self, day: date) -> bool:
        """Whether offices work on a day, as far as the year's arrangement is known."""
        return self._workdays.is_workday(day)

    def _chain(self, region: str | None) -> tuple[str, ...]:
        if region is None:
            return (NATION,)
        known = self._regions.get(region)
        return known.chain if known is not None else (NATION,)

    def _all_numbers(self, region: str | None, on: date | None) -> list[_Filed]:
        found: dict[str, _Filed] = {}
        for place in reversed(self._chain(region)):
            for filed in self._filed.get(place, ()):
                if filed.entry.kind is OfficeKind.NUMBER:
                    found[filed.entry.id] = filed
        return [filed for filed in found.values() if not filed.closed(on)]

    def _numbers_for(self, kind: OfficeKind, region: str | None, on: date) -> list[_Filed]:
        every = self._all_numbers(region, on)
        if kind is OfficeKind.NUMBER:
            return every
        own = [filed for filed in every if kind in filed.entry.serves]
        return own or [filed for filed in every if filed.entry.id == HOTLINE]

    def _near(self, kind: OfficeKind, region: str | None, on: date, point: tuple[float, float] | None) -> list[_Filed]:
        """Return the offices of a kind in the order they are told; a nearer entry of an id replaces those above it."""
        chain = self._chain(region)
        ranked: list[tuple[int, float, int, _Filed]] = []
        seen: set[str] = set()
        for step, place in enumerate(chain):
            for filed in self._of(place, kind, on):
                if filed.entry.id not in seen:
                    ranked.append((_TIERS[min(step, 2)], _far(filed, point), len(ranked), filed))
            seen |= {filed.entry.id for filed in self._of(place, kind, on)}
        for place in self._filed:
            tier = self._beside(place, chain)
            if tier is not None:
                ranked += [(tier, _far(filed, point), len(ranked), filed) for filed in self._of(place, kind, on)]
            elif region is None and point is not None:
                around = [filed for filed in self._of(place, kind, on) if _far(filed, point) < _AROUND_KM]
                ranked += [(_INSIDE, _far(filed, point), len(ranked), filed) for filed in around]
        if point is not None:
            # Where both ends are known the distance decides; what has no place on the map keeps its order behind.
            ranked.sort(key=lambda each: (each[1], each[0], each[2]))
        else:
            ranked.sort(key=lambda each: (each[0], each[2]))
        return [filed for _, _, _, filed in ranked]

    def _beside(self, place: str, chain: tuple[str, ...]) -> int | None:
        """Return how near a place off the chain is: inside the one asked for, beside it, or neither."""
        if place in chain or chain[0] == NATION:
            return None
        above = self._regions.ancestors(place)
        if chain[0] in above:
            return _INSIDE
        is_county = not chain[0].endswith("00")
        return _NEIGHBOUR if is_county and above[:1] == chain[1:2] else None

    def _of(self, place: str, kind: OfficeKind, on: date) -> list[_Filed]:
        filed = self._filed.get(place, ())
        return [each for each in filed if each.entry.kind is kind and not each.closed(on)]

    def _listing(
        self, filed: _Filed, *, region: str | None, now: datetime, point: tuple[float, float] | None
    ) -> Listing:
        opening = Opening(state=Openness.UNKNOWN) if filed.hours is None else filed.hours.at(now, self._workdays)
        wanted = ("hours",) if filed.entry.kind is OfficeKind.NUMBER else ("address", "phone", "hours")
        place = self._regions.get(filed.office.region)
        far = _far(filed, point)
        elsewhere = place is not None and filed.office.region not in {region, NATION}
        return Listing(
            office=_standing(filed, now.astimezone(CHINA).date()),
            opening=opening,
            missing=tuple(fact for fact in wanted if getattr(filed.entry, fact) is None),
            place=place.name if place is not None and elsewhere else None,
            kilometres=None if math.isinf(far) else round(far, 1),
        )


def _standing(filed: _Filed, on: date) -> Office:
    """Return the office with what a check of it is worth on a day (核实情况)."""
    entry, checked = filed.entry, Checked.VERIFIED
    if entry.verified_on is None:
        ended = entry.promised_until is not None and entry.promised_until < on
        checked = Checked.STALE if ended else Checked.UNVERIFIED
    elif on - entry.verified_on > RELIABLE:
        checked = Checked.STALE
    return replace(filed.office, checked=checked)


def _far(filed: _Filed, point: tuple[float, float] | None) -> float:
    """Return the kilometres as the crow flies, infinite where either end is unknown."""
    if point is None or filed.entry.point is None:
        return math.inf
    (here_lat, here_lon), (lat, lon) = (tuple(map(math.radians, each)) for each in (point, filed.entry.point))
    half = math.sin((lat - here_lat) / 2) ** 2
    half += math.cos(here_lat) * math.cos(lat) * math.sin((lon - here_lon) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(half))
