"""Hear who is at the end of their strength though not in danger: they are offered a person to talk to, and no alarm is raised.

The marks are data (`distress.yml`). What kills or hurts is the safety gate's business and asked before this.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from knowledge_base.folding import Folder

_DEFAULT: Final = Path(__file__).with_name("distress.yml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Words of distress, and what before or behind them makes them something else."""

    say: re.Pattern[str]
    not_of: re.Pattern[str] | None
    not_in: re.Pattern[str] | None

    def heard(self, text: str, start: int, end: int, /) -> bool:
        """Tell whether the match at [start, end) speaks of the caller's own state."""
        if self.not_of is not None and self.not_of.search(text[:start]):
            return False
        return self.not_in is None or self.not_in.match(text, end) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Distress:
    """难受但不危急: asked of every message in which no danger to life was heard."""

    folder: Folder
    marks: tuple[Mark, ...]
    past: re.Pattern[str]
    still: re.Pattern[str]
    reach: int

    @classmethod
    def load(cls, path: Path = _DEFAULT) -> "Distress":
        """Read the marks."""
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        marks = tuple(
            Mark(
                say=re.compile(raw["say"]),
                not_of=_any(raw.get("not_of", ()), end="$"),
                not_in=_any(raw.get("not_in", ())),
            )
            for raw in data["marks"]
        )
        return cls(
            folder=Folder.load(),
            marks=marks,
            past=re.compile(data["past"]),
            still=re.compile(data["still"]),
            reach=data["reach"],
        )

    def heard(self, text: str, /) -> bool:
        """Tell whether a message speaks of distress."""
        return any(
            mark.heard(reading, found.start(), found.end()) and not self._past(reading, found.start(), found.end())
            for reading in self.folder.fold(text).readings
            for mark in self.marks
            for found in mark.say.finditer(reading)
        )

    def _past(self, text: str, start: int, end: int) -> bool:
        before = text[max(0, start - self.reach) : start]
        return (
            self.past.search(before) is not None and self.still.search(text[max(0, start - self.reach) : end]) is None
        )


def _any(alternatives: Sequence[str], *, end: str = "") -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{one}){end}" for one in alternatives)) if alternatives else None
