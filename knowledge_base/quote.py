"""Chooses the words of a clause that a citation shows: all of a short one, the fitting sentences of a long one."""

import re
from collections.abc import Callable
from typing import Final

from knowledge_base.demands import Demand, demanded, holds
from knowledge_base.text import bigrams, normalise

_SENTENCE: Final = re.compile(r"[^。；;\n]+[。；;]?\n?")
_LONGEST: Final = 240
_POINTED: Final = (Demand.CLOCK, Demand.DAY, Demand.FIGURE)
"""What stands in the first sentence of an answer where it is asked for."""


def quote(text: str, about: str, *, must_have: tuple[str, ...] = ()) -> str:
    """Return up to some 240 characters of whole sentences, nearest to what it is about; gaps are marked with ……."""
    if len(text) <= _LONGEST:
        return text
    sentences = _SENTENCE.findall(text)
    wanted = bigrams(about)
    needed = [normalise(words) for words in must_have]
    ranks = []
    for at, sentence in enumerate(sentences):
        plain = normalise(sentence)
        share = len(bigrams(sentence) & wanted) / max(len(wanted), 1)
        ranks.append((-sum(words in plain for words in needed), -share, at))
    chosen: set[int] = set()
    length = 0
    for missing, unlike, at in sorted(ranks):
        beside_the_point = missing == 0 and unlike == 0
        if chosen and (beside_the_point or length + len(sentences[at]) > _LONGEST):
            continue
        chosen.add(at)
        length += len(sentences[at])
    return _join(sentences, sorted(chosen))


def point(text: str, about: str, *, holds: Callable[[str], bool]) -> str:
    """Return the one sentence that comes nearest to a question and holds what it asks for; nothing where none does."""
    wanted = bigrams(about)
    holding = [sentence for sentence in _SENTENCE.findall(text) if holds(sentence)]
    return max(holding, key=lambda sentence: len(bigrams(sentence) & wanted), default="").strip()


def pointed(text: str, words: str, question: str) -> str:
    """Return the words of a text that are shown, after the sentence that holds what is asked for."""
    wanted = [demand for demand in demanded(question) if demand in _POINTED]
    first = point(text, question, holds=lambda sentence: all(holds(one, sentence) for one in wanted))
    return words if not wanted or words.startswith(first) else f"{first}\n全文：{words}"


def shortened(text: str, *, longest: int) -> str:
    """Return the whole sentences a text begins with, as many as there is room for; …… says that there are more."""
    if len(text) <= longest:
        return text
    kept = ""
    for sentence in _SENTENCE.findall(text):
        if kept and len(kept) + len(sentence) > longest:
            break
        kept += sentence
    return f"{kept.strip()}……"


def _join(sentences: list[str], chosen: list[int]) -> str:
    parts: list[str] = []
    for position, at in enumerate(chosen):
        if position and at != chosen[position - 1] + 1:
            parts.append("……")
        parts.append(sentences[at])
    return "".join(parts).strip()
