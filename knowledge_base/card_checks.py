"""Holds our cards to what a caller may expect: each question has one card, and a figure asked for comes first."""

import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge_base.calibration import shared
from knowledge_base.card_sources import Library
from knowledge_base.cards import Card
from knowledge_base.text import bigrams

TWINS: Final = 0.8
"""Share of character pairs at which two questions on one clause are the same question.

The nearest pair that asks for different things («工伤能申请法律援助吗», «谁能申请法律援助») lies at 0.75.
"""
TWINS_APART: Final = 0.9
"""The same of questions on different clauses, where one word more often asks for something else.

The nearest pair that does («遗嘱要几个见证人», «代书遗嘱要几个见证人») lies at 0.88.
"""
LONGEST: Final = 220
_ASKS_FIGURE: Final = re.compile(
    r"多少|(?<!没)多久|多长|多大|(?<!好)几(?![乎种类份样百千万]|个月[没了])|什么时候|啥时候|哪天|哪年"
)
_FIGURE: Final = re.compile(
    r"\d|百分之|双倍|减半|周[一二三四五六日]|"
    r"[〇零一二两三四五六七八九十百千万半]+(?:年|个?月|日|天|周|小时|分|倍|元|件|次|岁|周岁|个|人|名|步|级|成)"
)
# Honest first sentences without a figure: there is none, or it costs nothing, or it depends on what we have yet to hear.
_NO_FIGURE: Final = re.compile(
    r"没有.{0,8}(?:数字|标准|期限|限制|写)|文件没有|法律没有|随时|立即|当场|免费|不收|不用交|不用给|由.{1,12}定"
)
_NUMBER: Final = r"[\d〇零一二两三四五六七八九十百千万半]+"
_OF_PAY: Final = rf"{_NUMBER}个?[年月日](?:.{{0,30}}(?:工资|收入))"
_KINDS: Final = (
    # What is asked is a sum, which may be told in shares or in months of somebody's pay.
    (
        re.compile(r"多少(?:钱|元|块)|几(?:块|元|百|千|万)|几个?[年月]的?工资"),
        re.compile(rf"{_NUMBER}(?:元|万|倍|成|个?月)|%|分之|双倍|减半|{_OF_PAY}"),
    ),
    (
        re.compile(
            r"(?<!没)多久|多长|(?<!好)几个?(?:[天日年周月]|小时|星期)(?!的?工资)|多少个?(?:[天日年月]|小时)|什么时候|啥时候|哪[天年]"
        ),
        re.compile(rf"{_NUMBER}(?:年|个?月|日|天|周|小时|分|次|周?岁|个工作日)|周[一二三四五六日]"),
    ),
    (re.compile(r"几岁|多大年"), re.compile(rf"{_NUMBER}(?:周?岁|年)|成年")),
    (re.compile(r"几成|百分之几|打几折|几倍|多少倍"), re.compile(rf"分之|%|{_NUMBER}[倍成折]|双倍|减半|一半")),
)
"""What a question can ask for, and what answers it: a sum, a time, an age, a share. «十日内» is no answer to «多少钱»."""
_SENTENCE: Final = re.compile(r"[。！？]")
_CONTACT: Final = re.compile(r"(?<!\d)\d{3,4}-?\d{7,8}(?!\d)|[\w.]+@[\w.]+|1[3-9]\d{9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a card."""

    card: str
    text: str


def check_cards(cards: Sequence[Card]) -> tuple[Fault, ...]:
    """Return every fault that can be seen without the sources."""
    return tuple(itertools.chain(_twins(cards), *(_faults(card) for card in cards)))


def check_sources(cards: Iterable[Card], library: Library) -> tuple[Fault, ...]:
    """Return the cards whose clauses changed, are gone, or belong to a text that is superseded."""
    return tuple(fault for card in cards for fault in _source_faults(card, library))


def _twins(cards: Sequence[Card]) -> Iterator[Fault]:
    for (one, other), near in _near_pairs(cards).items():
        together = _share_a_clause(cards[one], cards[other])
        if near >= (TWINS if together else TWINS_APART):
            where = "on the same clause" if together else "on another clause"
            yield Fault(card=cards[other].id, text=f"asks what {cards[one].id} asks, {where} (likeness {near:.2f})")


def _near_pairs(cards: Sequence[Card]) -> dict[tuple[int, int], float]:
    """Return the pairs of cards of one region that ask alike, and how alike, without comparing each with each.

    Of two sets that share so much, each holds one of the other's few rarest pairs of characters.
    """
    asked = [(bigrams(question), number) for number, card in enumerate(cards) for question in card.questions]
    times = Counter(pair for pairs, _ in asked for pair in pairs)
    holding: dict[str, list[int]] = defaultdict(list)
    near: dict[tuple[int, int], float] = {}
    for at, (pairs, number) in enumerate(asked):
        rarest = sorted(pairs, key=lambda pair: (times[pair], pair))
        kept = rarest[: len(pairs) - math.ceil(len(pairs) * TWINS / (2 - TWINS)) + 1]
        for before in {one for pair in kept for one in holding[pair]}:
            others, other = asked[before]
            if other != number and cards[other].region == cards[number].region:
                alike = shared(pairs, [others])
                near[other, number] = max(near.get((other, number), 0.0), alike)
        for pair in kept:
            holding[pair].append(at)
    return near


def _share_a_clause(one: Card, other: Card) -> bool:
    if one.gap and other.gap:
        return True
    return bool(_clauses(one) & _clauses(other))


def _clauses(card: Card) -> frozenset[tuple[str, str]]:
    return frozenset((reference.document.id, reference.mark) for reference in card.references)


def _faults(card: Card) -> Iterator[Fault]:
    if card.gap:
        return
    if not card.references:
        yield Fault(card=card.id, text="cites no clause")
    if len(card.answer) > LONGEST:
        yield Fault(card=card.id, text=f"has {len(card.answer)} characters, more than {LONGEST}")
    if found := contact_in(card.answer):
        yield Fault(card=card.id, text=f"holds a contact: {found}; contacts belong to the directory")
    if asked := figure_owed(card.questions, card.answer):
        yield Fault(card=card.id, text=f"does not open with the figure asked for in {asked!r}")


def contact_in(answer: str) -> str | None:
    """Return the first phone number or address of a person or office in an answer."""
    found = _CONTACT.search(answer)
    return found[0] if found else None


def figure_owed(questions: Iterable[str], answer: str) -> str | None:
    """Return the question that asks for a figure with which the answer does not open."""
    first = _SENTENCE.split(answer)[0]
    if _NO_FIGURE.search(first):
        return None
    return next(
        (question for question in questions if _ASKS_FIGURE.search(question) and not _told(question, first)), None
    )


def _told(question: str, first: str) -> bool:
    """Tell whether a sentence holds a figure of the kind asked for; any will do where the words do not tell the kind."""
    given = [gives for asks, gives in _KINDS if asks.search(question)] or [_FIGURE]
    return any(gives.search(first) for gives in given)


def _source_faults(card: Card, library: Library) -> Iterator[Fault]:
    for reference in card.references:
        if fault := library.resolve(reference).fault:
            yield Fault(card=card.id, text=fault)
    if card.valid_to is None and (end := library.while_sources_last(card).valid_to):
        yield Fault(card=card.id, text=f"rests on a text that is superseded from {end}")
