"""Commands for whoever keeps the directory: look whether the files hold, and see what a citizen would be told."""

import argparse
import dataclasses
import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path

from knowledge_base.arguments import OWN_HELP, own_places
from knowledge_base.directory.book import PLACES, Directory, PlaceUnknown
from knowledge_base.directory.files import DirectoryInvalid
from knowledge_base.directory.hours import CHINA
from knowledge_base.offices import Listing, OfficeKind
from knowledge_base.regions import Regions
from knowledge_base.types import NATION

_OK, _FAILED, _BAD_INPUT = 0, 1, 2


def add_commands(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register `places check` and `places find`."""
    places = subparsers.add_parser("places", help="check the directory's files, and find offices in them")
    actions = places.add_subparsers(dest="action", required=True)
    check = actions.add_parser("check", help="read every file; name file and line of what is wrong")
    check.set_defaults(run=_check)
    find = actions.add_parser("find", help="who to turn to in a place")
    find.add_argument("--region", help="six-digit code or name of the place")
    find.add_argument("--kind", type=OfficeKind, choices=list(OfficeKind), default=OfficeKind.LEGAL_AID)
    find.add_argument("--at", type=_moment, help="moment, China's time unless it says otherwise; default now")
    find.add_argument("--near", type=_point, help="latitude,longitude")
    find.add_argument("--open-now", action="store_true", help="leave out what is known to be closed")
    find.set_defaults(run=_find)
    for command in (check, find):
        command.add_argument("--places", type=Path, default=PLACES, help="folder of place folders")
        command.add_argument("--own", type=Path, default=own_places(), help=OWN_HELP)
        command.add_argument("--json", action="store_true", help="print JSON")
        command.add_argument("--home", type=Path, default=None, help="accepted for likeness with the other commands")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=CHINA)


def _point(text: str) -> tuple[float, float]:
    latitude, longitude = map(float, text.split(","))
    return latitude, longitude


def _check(arguments: argparse.Namespace) -> int:
    """Return 1 where a file does not hold. What nobody has checked yet is counted, and is no failure."""
    now = datetime.now(CHINA)
    try:
        directory = Directory.load(arguments.places, own=arguments.own)
    except DirectoryInvalid as invalid:
        _say(arguments, {"loads": False, "error": str(invalid)}, [str(invalid)])
        return _FAILED
    offices = directory.as_of(now.date())
    counts = Counter(office.checked.value for office in offices)
    years = [year for year in (now.year, now.year + 1) if not directory.knows_holidays(date(year, 1, 1))]
    told = ", ".join(f"{count} {checked}" for checked, count in sorted(counts.items()))
    lines = [f"{len(offices)} entries in {len({office.region for office in offices})} places: {told}"]
    lines += [f"holidays of {year} are not on file: hours of that year are told with a reservation" for year in years]
    _say(arguments, {"loads": True, "entries": len(offices), "checked": counts, "years_missing": years}, lines)
    return _OK


def _find(arguments: argparse.Namespace) -> int:
    """Return 2 for a place that does not exist."""
    regions = Regions.load()
    named = regions.resolve(arguments.region) if arguments.region else None
    region = named.code if named is not None else arguments.region
    try:
        directory = Directory.load(arguments.places, regions, own=arguments.own)
        found = directory.find(
            kind=arguments.kind,
            region=None if region == NATION else region,
            now=arguments.at or datetime.now(CHINA),
            point=arguments.near,
            open_now=arguments.open_now,
        )
    except (PlaceUnknown, DirectoryInvalid) as error:
        _say(arguments, {"code": error.code, "detail": str(error)}, [f"{error.code}: {error}"])
        return _BAD_INPUT
    lines = [_line(one) for one in (*found.offices, *found.numbers)]
    if not found.offices and found.kind is not OfficeKind.NUMBER:
        lines.insert(0, "no office of this kind is on file here")
    _say(arguments, dataclasses.asdict(found), lines)
    return _OK


def _line(listing: Listing) -> str:
    office, opening = listing.office, listing.opening
    when = opening.closes_at or opening.opens_at or opening.opens_on
    parts = [
        office.region,
        office.name,
        office.phone,
        office.address,
        office.hours,
        f"{opening.state}{f' ({when.isoformat()})' if when is not None else ''}",
        office.checked.value,
        f"missing: {', '.join(listing.missing)}" if listing.missing else None,
        f"[{office.source}]",
    ]
    return "  ".join(part for part in parts if part)


def _say(arguments: argparse.Namespace, data: object, lines: list[str]) -> None:
    text = json.dumps(data, ensure_ascii=False, default=str) if arguments.json else "\n".join(lines)
    print(text)  # noqa: T201 - a command's output
