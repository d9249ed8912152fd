"""Who to turn to: what finds it, and how the public contract writes it, in one place for every edge (去处)."""

from datetime import datetime
from typing import Protocol

from api.services.records import JsonObject
from api.services.verdicts import office_json, opening_json
from knowledge_base.offices import Directions, Listing, OfficeKind


class FindOffices(Protocol):
    """Finds offices and numbers."""

    def __call__(
        self,
        *,
        kind: OfficeKind,
        region: str | None,
        now: datetime,
        point: tuple[float, float] | None = None,
        open_now: bool = False,
    ) -> Directions:
        """Return offices, nearest first, and the numbers that serve from anywhere. Raises PlaceUnknown."""


def directions_json(directions: Directions, /) -> JsonObject:
    """Return where to turn to. Lists are always there."""
    said: JsonObject = {"kind": directions.kind.value, "at": directions.at.isoformat()}
    if directions.region is not None:
        said["region"] = directions.region
    if directions.place is not None:
        said["place"] = directions.place
    listed = {"offices": directions.offices, "numbers": directions.numbers}
    return said | {name: [listing_json(one) for one in several] for name, several in listed.items()}


def listing_json(listing: Listing, /) -> JsonObject:
    """Return one office as it stands at one moment."""
    rest: JsonObject = {"missing": list(listing.missing)} | opening_json(listing.opening)
    if listing.place is not None:
        rest["place"] = listing.place
    if listing.kilometres is not None:
        rest["kilometres"] = listing.kilometres
    return office_json(listing.office) | rest
