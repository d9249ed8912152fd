"""Offices and hotlines, each with its source, so that no number is ever given that nobody has filed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from knowledge_base.regions import Regions
from knowledge_base.types import NATION, Office

_FIELDS: Final = frozenset({"id", "name", "kind", "phone", "address", "hours", "note", "source", "verified_on"})
_REQUIRED: Final = frozenset({"id", "name", "kind", "source"})
NUMBER: Final = "number"
LEGAL_AID: Final = "legal_aid"


class DirectoryInvalid(ValueError):
    """An office has no source, or is filed twice; nothing starts on it."""

    code = "directory_invalid"


class Directory:
    """Who to turn to, nearest first."""

    def __init__(self, offices: Mapping[str, Sequence[Office]], regions: Regions) -> None:
        self._offices = {place: tuple(filed) for place, filed in offices.items()}
        self._regions = regions

    @classmethod
    def load(cls, places: Path, regions: Regions | None = None) -> "Directory":
        """Read every `*/offices.yml`. Raises DirectoryInvalid."""
        offices = {path.parent.name: tuple(_read(path)) for path in sorted(places.glob("*/offices.yml"))}
        return cls(offices, regions or Regions.load())

    def offices(self, region: str | None, kind: str | None = None) -> tuple[Office, ...]:
        """Return what is filed for a place and everything above it, nearest first."""
        return tuple(
            office
            for place in self._chain(region)
            for office in self._offices.get(place, ())
            if (kind is None and office.kind != NUMBER) or office.kind == kind
        )

    def numbers(self, region: str | None) -> tuple[Office, ...]:
        """Return the hotlines of a place in the order the nation files them; a nearer entry replaces one of its id."""
        found: dict[str, Office] = {}
        for place in reversed(self._chain(region)):
            for office in self._offices.get(place, ()):
                if office.kind == NUMBER:
                    found[office.id] = office
        return tuple(found.values())

    def find(self, identity: str, region: str | None = None) -> Office | None:
        """Return one office or number by its id, the nearest entry of that id."""
        for place in self._chain(region):
            for office in self._offices.get(place, ()):
                if office.id == identity:
                    return office
        return None

    def __iter__(self) -> Iterator[Office]:
        for filed in self._offices.values():
            yield from filed

    def _chain(self, region: str | None) -> tuple[str, ...]:
        if region is None:
            return (NATION,)
        return (region, *self._regions.ancestors(region)) if region in self._regions else (NATION,)


def _read(path: Path) -> Iterator[Office]:
    place = path.parent.name
    seen: set[str] = set()
    entries: Sequence[Mapping[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    for entry in entries:
        unknown, missing = entry.keys() - _FIELDS, _REQUIRED - entry.keys()
        if unknown or missing:
            msg = f"{path}: {entry.get('id')!r}: unknown {sorted(unknown)}, missing {sorted(missing)}"
            raise DirectoryInvalid(msg)
        if entry["id"] in seen:
            msg = f"{path}: {entry['id']!r} is filed twice"
            raise DirectoryInvalid(msg)
        verified = entry.get("verified_on")
        if verified is not None and not isinstance(verified, date):
            msg = f"{path}: {entry['id']!r}: verified_on is a date"
            raise DirectoryInvalid(msg)
        if verified is None and not entry.get("note"):
            msg = f"{path}: {entry['id']!r}: nobody has verified it, so its note must say so"
            raise DirectoryInvalid(msg)
        seen.add(entry["id"])
        yield Office(region=place, **entry)
