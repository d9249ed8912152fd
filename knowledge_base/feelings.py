"""Hears what a caller feels, so that it is acknowledged in one plain sentence before the law (情绪)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from knowledge_base.text import normalise


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeling:
    """One feeling, how it is told, and what is said to it."""

    name: str
    marks: re.Pattern[str]
    calm: re.Pattern[str] | None
    says: str


@dataclass(frozen=True, slots=True)
class Feelings:
    """Every feeling that we answer to, the gravest first."""

    known: Sequence[Feeling]

    @classmethod
    def load(cls) -> "Feelings":
        """Read our list."""
        text = files("knowledge_base").joinpath("sources", "feelings.yml").read_text("utf-8")
        data: list[dict[str, Any]] = yaml.safe_load(text)
        return cls(
            tuple(
                Feeling(
                    name=raw["feeling"],
                    marks=re.compile("|".join(raw["marks"])),
                    calm=re.compile(raw["calm"]) if "calm" in raw else None,
                    says=raw["says"],
                )
                for raw in data
            )
        )

    def heard_in(self, text: str, /) -> Feeling | None:
        """Return what a message tells of its writer; None for a calm one."""
        plain = normalise(text)
        found = (one for one in self.known if one.marks.search(plain))
        return next((one for one in found if one.calm is None or not one.calm.search(plain)), None)
