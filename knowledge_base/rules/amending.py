"""Reads what is put in place of an earlier answer (改口): only words that speak of that answer, and of nothing beside it.

«押金是两千» is a sum, and no income; «是三千» alone may be one, if that was asked just before.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from knowledge_base.numerals import NUMBER
from knowledge_base.rules.answers import FactNotUnderstood, understand
from knowledge_base.rules.model import Fact
from knowledge_base.spoken_dates import spoken_dates
from knowledge_base.types import FactType, FactValue

_AROUND: Final = re.compile(
    r"[\W_]|应该|其实|[我俺咱]们?(?:自己|家)?|家里|大概|差不多|左右|可能|现在|今年|已经|周?岁|块|元|钱|[每一]个?月|平均|每人|选|填|答|写|改|成|为|到|只|才|也|就|领|[是有的了啊吧呢个都没不无对好]"
)
"""What may stand around a value without speaking of anything."""
_SOMEBODY: Final = re.compile(r"[他她]们?|老公|丈夫|老婆|媳妇|对方|法院|孩子|儿子|女儿|弟弟?|哥哥?|爸|妈")
"""Whom the case is about, in answers that are not about whoever applies."""
_OF_WHOEVER_APPLIES: Final = ("applicant.", "household.")
_LEAD: Final = re.compile(r"^(?:应该|其实|选|填|答|写|改|成|为|到)+")
_A_MONTH: Final = re.compile(r"[每一]个?月")
_DENIED: Final = re.compile(r"不")
_WITH_A_YEAR: Final = re.compile(r"岁")
_WHERE: Final = re.compile(
    r"^(?:应该|其实|是|我们?|就|发生|出事|人|事情?|工地|厂里?|公司|单位|看守所|法院|公安|派出所|地方|地点|的)*(?:在|是)|(?:那边|这边|那儿|这儿|那里|这里|的|了|啊|吧)+$"
)
_PLACE: Final = re.compile(r"[^\W\d_是人老他她不没有]{2,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """改后的回答: the new value; `named` where the words can be about no other fact, be it by its name or by words of its own."""

    value: FactValue
    named: bool


def amend(
    fact: Fact, raw_text: str, *, on: date | None = None, place: Callable[[str], str | None] | None = None
) -> Amendment:
    """Return what a correction makes of an answer. Raises FactNotUnderstood where it speaks of anything else."""
    raw_text = _LEAD.sub("", raw_text.strip())
    text, named = _without(raw_text, fact.called)
    if fact.type is FactType.REGION:
        raw_text = _WHERE.sub("", text)
        fits = _PLACE.fullmatch(raw_text) is not None
    else:
        text, own = _without_value(fact, text, on)
        text = text if fact.name.startswith(_OF_WHOEVER_APPLIES) else _SOMEBODY.sub("", text)
        named, fits = named or own, not _AROUND.sub("", text)
    value = understand(fact, raw_text, on=on, place=place) if fits else None
    if value is None:  # who puts something right knows it
        raise FactNotUnderstood(fact.name)
    return Amendment(value=value, named=named)


def _without_value(fact: Fact, text: str, on: date | None) -> tuple[str, bool]:
    """Return the text without what can be the value, and whether that can be a value of this fact alone."""
    match fact.type:
        case FactType.BOOL | FactType.ENUM:
            titles = [one.title for one in fact.options] if fact.type is FactType.ENUM else []
            return _without(text, (*titles, *(word for words in fact.words.values() for word in words)))
        case FactType.INT | FactType.MONEY if not _DENIED.search(text):
            bare = re.sub(NUMBER, "", _A_MONTH.sub("", text), count=1)
            return bare, fact.type is FactType.INT and _WITH_A_YEAR.search(text) is not None
        case FactType.DATE if len(spans := list(spoken_dates(text, on=on))) == 1 and not _DENIED.search(text):
            return text[: spans[0].start] + text[spans[0].end :], False
        case _:
            return text, False


def _without(text: str, words: tuple[str, ...]) -> tuple[str, bool]:
    """Return the text without those words of a list that say something, and whether any was in it."""
    left = text
    for word in sorted(words, key=len, reverse=True):
        if _AROUND.sub("", word):
            left = left.replace(word, "")
    return left, left != text
