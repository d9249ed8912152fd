"""Hears words of home that carry a fact (方言词), so that they are read back before anything is filed.

The searching and judging readers have spellings of their own (folding.py); this is for what is said to the caller.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeWord:
    """One word, what it means where it is said, and the pages that say so."""

    say: re.Pattern[str]
    word: str
    means: str
    where: str
    source: str
    verified_by: str | None
    hears: str
    leaves: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """The words on file."""

    known: Sequence[HomeWord]

    @classmethod
    def load(cls) -> "Dialect":
        """Read our list."""
        text = files("knowledge_base").joinpath("sources", "dialect.yml").read_text("utf-8")
        data: list[dict[str, Any]] = yaml.safe_load(text)
        return cls(tuple(HomeWord(**{**raw, "say": re.compile(raw["say"])}) for raw in data))

    def heard_in(self, text: str, /) -> tuple[HomeWord, ...]:
        """Return the words of home in a message, in the order of the list."""
        return tuple(one for one in self.known if one.say.search(text))
