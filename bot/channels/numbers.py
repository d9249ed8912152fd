"""Fills telephone numbers and their hours into a line, and remembers which, so that both are data beside the words.

[110] is a number, [12110*] the one of the caller's area, {hours:12356} its hours; all come from the directory.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from api.services.records import JsonObject
from api.services.verdicts import office_json
from knowledge_base.offices import Office

Numbers = Callable[[str | None], Sequence[Office]]
"""Telephone numbers on file for a place, as the directory gives them."""

_NUMBER: Final = re.compile(r"\[(\d+\*?)\]")
_HOURS: Final = re.compile(r"\{hours:(\d+)\}")


class NumberMissing(Exception):
    """A line wants a number that is not on file."""


class Filler:
    """The numbers of one place, and which of them were said."""

    def __init__(self, offices: Sequence[Office]) -> None:
        self._offices = offices
        self._said: dict[str, Office] = {}

    @property
    def said(self) -> list[JsonObject]:
        """Return the numbers that were said, with name, hours, source and how far they were checked."""
        return [office_json(office) for office in self._said.values()]

    def lines(self, lines: Sequence[str | Sequence[str]], /) -> list[str]:
        """Fill in lines; one whose number is not on file is said another way, or not at all."""
        filled = (self.first((line,) if isinstance(line, str) else line) for line in lines)
        return [line for line in filled if line is not None]

    def first(self, ways: Sequence[str], /) -> str | None:
        """Return the first way to say a line whose numbers are on file."""
        for way in ways:
            with suppress(NumberMissing):
                wanted = {number: self._office(number) for number in _NUMBER.findall(way)}
                hours = {number: self._hours(number) for number in _HOURS.findall(way)}
                self._said |= {office.id: office for office in wanted.values()}
                numbered = _NUMBER.sub(lambda found: str(wanted[found[1]].phone), way)  # noqa: B023 - used at once
                return _HOURS.sub(lambda found: hours[found[1]], numbered)  # noqa: B023 - used at once
        return None

    def _office(self, wanted: str) -> Office:
        for office in self._offices:
            phone = office.phone or ""
            if phone == wanted or (wanted.endswith("*") and phone.startswith(wanted[:-1]) and phone != wanted[:-1]):
                return office
        raise NumberMissing

    def _hours(self, number: str) -> str:
        hours = self._office(number).hours
        if not hours:
            raise NumberMissing
        return hours
