"""Knows the words that can mean several things, and what to ask back: «离婚» is how, who gets what, or that she is beaten."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import yaml

from knowledge_base.short import EMPLOYER, GENERAL, bare

_SEPARATOR: Final = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One thing a word can mean: the title of its choice, and the question of a card that is asked with it."""

    title: str
    question: str
    unsafe: bool = False
    """Whoever chooses this may be in danger: how to get help comes before the law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clarification:
    """What is asked back; `rule` is what holds generally, told beside the question. Without `ask` the rule answers."""

    ask: str | None
    ways: tuple[Way, ...]
    matter: str | None = None
    """The matter that the word itself names; None for a word that is asked within any matter."""
    rule: str | None = None

    def is_clear(self, topic: str | None, /) -> bool:
        """Tell whether the conversation says already what is meant."""
        if topic is None or _root(topic) == GENERAL:
            return False
        return self.matter is None or _root(topic) == _root(self.matter)


@dataclass(frozen=True, slots=True)
class Clarifications:
    """澄清: every word that has to be asked back about, by the word as it is said alone."""

    of_words: Mapping[str, Clarification]
    unsafe: frozenset[str]
    """Questions before which safety comes."""

    @classmethod
    def load(cls) -> "Clarifications":
        """Read our list."""
        data: list[dict[str, Any]] = yaml.safe_load(
            files("knowledge_base").joinpath("sources", "clarify.yml").read_text("utf-8")
        )
        of_words: dict[str, Clarification] = {}
        for raw in data:
            entry = Clarification(
                ask=raw.get("ask"),
                ways=tuple(Way(**way) for way in raw["ways"]),
                matter=raw.get("matter"),
                rule=raw.get("rule"),
            )
            of_words |= {bare(str(word)): entry for word in raw["said"]}
        ways = (way for entry in of_words.values() for way in entry.ways)
        return cls(of_words, frozenset(way.question for way in ways if way.unsafe))

    def of(self, text: str, /, *, topic: str | None) -> Clarification | None:
        """Return what to ask back about a bare word; None where it, or the conversation, says enough."""
        if len(text) > _LONGEST or EMPLOYER in text:
            return None
        entry = self.of_words.get(bare(text))
        return None if entry is None or entry.is_clear(topic) else entry

    def ways_of(self, word: str, /) -> tuple[Way, ...]:
        """Return what a bare word can mean."""
        entry = self.of_words.get(bare(word))
        return () if entry is None else entry.ways


_LONGEST: Final = 16
"""Characters of a bare word with everything polite around it."""


def _root(code: str) -> str:
    return code.partition(_SEPARATOR)[0]
