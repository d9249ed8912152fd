"""Spells out what a word or two mean: «那多久呢», said about unpaid wages, asks how long one may go to arbitration."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import yaml

from knowledge_base.text import normalise

_GENERAL: Final = "general"
_FILLER: Final = re.compile(r"[那这个呢啊呀吧吗嘛么的了要能会是得该我您你请问还有再又就都说一下办做搞\W]+")


@dataclass(frozen=True, slots=True)
class ShortQuestions:
    """What can be asked in a word, and what that means within a matter."""

    facets: Mapping[str, re.Pattern[str]]
    questions: Mapping[str, Mapping[str, str]]

    @classmethod
    def load(cls) -> "ShortQuestions":
        """Read our list."""
        text = files("knowledge_base").joinpath("sources", "short.yml").read_text("utf-8")
        data: dict[str, Any] = yaml.safe_load(text)
        return cls({name: re.compile(words) for name, words in data["facets"].items()}, data["questions"])

    def facet(self, query: str) -> str | None:
        """Return what is asked for when that is all that is said; None for a question with words of its own."""
        plain = normalise(query)
        for name, words in self.facets.items():
            rest, found = words.subn("", plain)
            if found and not _FILLER.sub("", rest):
                return name
        return None

    def spelled_out(self, query: str, matters: Sequence[str]) -> str | None:
        """Return the whole question; None when the words need no matter, or the matter has no such question."""
        facet = self.facet(query)
        if facet is None:
            return None
        code = matters[0] if matters else _GENERAL
        for about in (code, code.partition(".")[0]):
            if question := self.questions.get(about, {}).get(facet):
                return question
        return None
