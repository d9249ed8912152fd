"""Chooses the words of a clause that a citation shows: all of a short one, the fitting sentences of a long one."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from knowledge_base.demands import Demand, demanded, holds
from knowledge_base.text import bigrams, normalise

_SENTENCE: Final = re.compile(r"[^。；;\n]+[。；;]?\n?")
_PART: Final = re.compile(r"[^。；;，,、：:\n]+")
_LONGEST: Final = 240
_COUNTS: Final = re.compile(r"\d[一-龥%]")
"""A figure that counts something, unlike the number of an item or an article."""
_LIST: Final = 3
_NAMED: Final = 2
"""Pairs of characters that stand in one item alone: the least by which a name is told from a word in passing."""
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
    """Return the one sentence that comes nearest to a question and holds what it asks for; nothing where none does.

    Words that stand in every sentence of a text point at none of them.
    """
    sentences = _SENTENCE.findall(text)
    telling = _telling(sentences, about)
    holding = [sentence for sentence in sentences if holds(sentence)]
    return max(holding, key=lambda sentence: _told(sentence, telling), default="").strip()


def item(text: str, about: str, *, holds: Callable[[str], bool]) -> str:
    """Return the one item of a list of figures that a question is about: «贺兰县200件»; nothing where it is about none."""
    telling = {pair: weight for pair, weight in _telling(_PART.findall(text), about).items() if weight == 1}
    lists = (
        [part for part in _PART.findall(one) if holds(part) and _COUNTS.search(part)] for one in _SENTENCE.findall(text)
    )
    listed = [part for parts in lists if len(parts) >= _LIST for part in parts]
    named = [part for part in listed if _told(part, telling)]
    return named[0].strip() if len(named) == 1 and _told(named[0], telling) >= _NAMED else ""


def pointed(text: str, words: str, question: str) -> str:
    """Return the words of a text that are shown, after the item or sentence that holds what is asked for."""
    holding = _holding(question)
    if holding is None:
        return words
    if listed := item(text, question, holds=holding):
        return f"{listed}。\n全文：{words}"
    first = point(text, question, holds=holding)
    return words if words.startswith(first) else f"{first}\n全文：{words}"


def first_part(answer: str, question: str) -> str:
    """Return a card's answer, after the one item of its list that is asked for."""
    holding = _holding(question)
    listed = item(answer, question, holds=holding) if holding else ""
    return answer if not listed or answer.startswith(listed) else f"{listed}。\n{answer}"


def _holding(question: str) -> Callable[[str], bool] | None:
    """Return what sees the figure, the hour or the day a question asks for; None where it asks for none."""
    wanted = [demand for demand in demanded(question) if demand in _POINTED]
    return (lambda words: all(holds(one, words) for one in wanted)) if wanted else None


def _telling(parts: Sequence[str], about: str) -> Mapping[str, float]:
    """Return the words of a question that stand in a text, each the less telling the more parts have it."""
    having = Counter(pair for part in parts for pair in bigrams(part))
    return {pair: 1 / having[pair] for pair in sorted(bigrams(about)) if pair in having}


def _told(part: str, telling: Mapping[str, float]) -> float:
    return sum(telling.get(pair, 0.0) for pair in bigrams(part))


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
