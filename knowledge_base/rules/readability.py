"""Measures how hard a text is to read, so that what a citizen is told stays within primary school.

Two things that every published measure of Chinese counts: how long the sentences are, and how many characters lie beyond the 2,500
common ones (现代汉语常用字表, 1988). Formulas that make one grade of them were fitted to textbooks and to foreign learners, and say
little of a sentence of twenty characters; so both are held by themselves.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

from knowledge_base.rules.book import Rulebook

LONGEST: Final = 40
"""Characters of a sentence."""
LONGEST_BREATH: Final = 22
"""Characters without any mark to rest at."""
WORDS_OF_THE_LAW: Final = ("赡养", "仲裁", "诉讼", "抚恤", "咨询", "承诺", "告诫书", "虐待", "聊天", "牡丹江", "澳门")
"""What has no plainer name: these may stand though a character of theirs is less common."""
_LESS_COMMON: Final = Path(__file__).with_name("less_common_characters.txt")
_SENTENCE: Final = re.compile(r"[。？！；?!;\n]")
_BREATH: Final = re.compile(r"[，、：,:（）()“”《》]")
_COUNTED: Final = re.compile(r"[一-鿿0-9a-zA-Z]")
_CHARACTER: Final = re.compile(r"[一-鿿]")
_SIMPLIFIED: Final = "gb2312"
_FIRST_OF_SECOND_LEVEL: Final = 0xD8


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How hard one text is, or many together."""

    sentences: int
    characters: int
    longest: int
    longest_breath: int
    rare: tuple[str, ...]
    """Characters beyond the common ones, as often as they occur."""

    @property
    def mean(self) -> float:
        """Characters of a sentence, on average."""
        return self.characters / self.sentences if self.sentences else 0.0

    @property
    def share_of_rare(self) -> float:
        """Which part of all characters lies beyond the common ones."""
        return len(self.rare) / self.characters if self.characters else 0.0

    def __str__(self) -> str:
        return (
            f"{self.sentences} sentences of {self.mean:.1f} characters, at most {self.longest}; "
            f"{self.share_of_rare:.1%} of characters beyond the common 2,500"
        )


def measure(*texts: str) -> Reading:
    """Return how hard texts are to read."""
    sentences = [part for text in texts for part in _SENTENCE.split(text) if _COUNTED.search(part)]
    lengths = [len(_COUNTED.findall(sentence)) for sentence in sentences]
    breaths = (len(_COUNTED.findall(part)) for sentence in sentences for part in _BREATH.split(sentence))
    return Reading(
        sentences=len(sentences),
        characters=sum(lengths),
        longest=max(lengths, default=0),
        longest_breath=max(breaths, default=0),
        rare=tuple(each for text in texts for each in _CHARACTER.findall(text) if not _is_common(each)),
    )


def beyond(text: str) -> Iterator[str]:
    """Yield what of a text is too hard for whoever left school early; nothing means it will do."""
    reading = measure(text)
    if reading.longest > LONGEST:
        yield f"a sentence of {reading.longest} characters, more than {LONGEST}"
    if reading.longest_breath > LONGEST_BREATH:
        yield f"{reading.longest_breath} characters without a mark, more than {LONGEST_BREATH}"
    for word in WORDS_OF_THE_LAW:
        text = text.replace(word, "")
    rare = dict.fromkeys(measure(text).rare)
    if rare:
        yield f"less common characters: {''.join(rare)}"


def told(book: Rulebook) -> Iterator[tuple[str, str, str]]:
    """Yield where it stands, whose it is and the text, of all that a rulebook says to a citizen."""
    for place in book.places.values():
        for rule in place.rules:
            for text in filter(None, (rule.text, rule.otherwise)):
                yield f"{rule.file}:{rule.line}", rule.id, text
    for fact in book.facts.values():
        titles = (option.title for option in fact.options)
        for text in chain((fact.text, fact.why), (wording.text for wording in fact.wordings), titles):
            yield "facts.yml", fact.name, text


def overall(texts: Iterable[tuple[str, str, str]]) -> Reading:
    """Return how hard a whole rulebook is."""
    return measure(*(text for _, _, text in texts))


def _is_common(character: str) -> bool:
    """GB 2312 calls 3,755 characters commonly used; less a thousand that the list of 1988 calls less common."""
    if character in _less_common():
        return False
    try:
        return character.encode(_SIMPLIFIED)[0] < _FIRST_OF_SECOND_LEVEL
    except UnicodeEncodeError:
        return False


@cache
def _less_common() -> frozenset[str]:
    lines = _LESS_COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset("".join(line for line in lines if not line.startswith("#")))
