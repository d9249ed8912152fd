"""Hears the commonest questions in whatever words people put them: «公司拖着工资不发,找谁» asks what «老板拖欠工资怎么办» does.

Learned ranking takes one word for another by likeness, and «老板不给工资» is more like «老板不给工资清单» than it should be.
What half of all callers ask is written down as a grammar instead; it holds for whole sentences alone, and says nothing of others.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Formatter
from typing import Any, Final

import yaml

from knowledge_base.short import without_manners

_LONGEST: Final = 40
"""Characters; what is longer tells a story."""
_CLOSING: Final = "[吗呢啊呀吧嘛了的]*"


@dataclass(frozen=True, slots=True)
class PlainQuestions:
    """最常问的话: what is said, and the question of a card's own that is meant."""

    questions: Sequence[tuple[re.Pattern[str], str]]

    @classmethod
    def load(cls) -> "PlainQuestions":
        """Read our list. Raises KeyError for a word that the list does not have."""
        text = files("knowledge_base").joinpath("sources", "plain.yml").read_text("utf-8")
        data: dict[str, Any] = yaml.safe_load(text)
        words = {name: f"(?:{said})" for name, said in data["words"].items()}
        return cls([(_pattern(one, words), one["asks"]) for one in data["questions"]])

    def meant(self, query: str, /) -> str | None:
        """Return the question of a card's own that these words ask; None for every other sentence."""
        said = without_manners(query)
        if len(said) > _LONGEST:
            return None
        return next((asks for pattern, asks in self.questions if pattern.fullmatch(said)), None)


def _pattern(one: dict[str, Any], words: dict[str, str]) -> re.Pattern[str]:
    said = "|".join(_spelled_out(line, words) for line in one["said"])
    ends = _spelled_out(one.get("ends", ""), words)
    return re.compile(f"(?:{said})(?:{ends})?{_CLOSING}")


def _spelled_out(line: str, words: dict[str, str]) -> str:
    """Put the words that stand for one another in their places."""
    return Formatter().vformat(line, (), words)
