"""Holds our cards to what a caller may expect: each question has one card, and a figure asked for comes first."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from knowledge_base.calibration import likeness
from knowledge_base.card_sources import Library
from knowledge_base.cards import Card

TWINS: Final = 0.8
"""Share of character pairs at which two questions on one clause are the same question.

The nearest pair that asks for different things («工伤能申请法律援助吗», «谁能申请法律援助») lies at 0.75.
"""
LONGEST: Final = 220
_ASKS_FIGURE: Final = re.compile(
    r"多少|(?<!没)多久|多长|多大|几(?![乎种类份样百千万]|个月[没了])|什么时候|啥时候|哪天|哪年"
)
_FIGURE: Final = re.compile(
    r"\d|百分之|双倍|减半|周[一二三四五六日]|"
    r"[〇零一二两三四五六七八九十百千万半]+(?:年|个?月|日|天|周|小时|分|倍|元|件|次|岁|周岁|个|人|名|步|级|成)"
)
# Honest first sentences without a figure: there is none, or it costs nothing, or it depends on what we have yet to hear.
_NO_FIGURE: Final = re.compile(
    r"没有.{0,8}(?:数字|标准|期限|限制|写)|文件没有|法律没有|随时|立即|当场|免费|不收|不用交|不用给|由.{1,12}定"
)
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
    for one, other in itertools.combinations(cards, 2):
        if one.region != other.region or not _share_a_clause(one, other):
            continue
        near = max(likeness(question, other.questions) for question in one.questions)
        if near >= TWINS:
            yield Fault(card=other.id, text=f"asks what {one.id} asks, on the same clause (likeness {near:.2f})")


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
    if _FIGURE.search(first) or _NO_FIGURE.search(first):
        return None
    return next((question for question in questions if _ASKS_FIGURE.search(question)), None)


def _source_faults(card: Card, library: Library) -> Iterator[Fault]:
    for reference in card.references:
        if fault := library.resolve(reference).fault:
            yield Fault(card=card.id, text=fault)
    if card.valid_to is None and (end := library.while_sources_last(card).valid_to):
        yield Fault(card=card.id, text=f"rests on a text that is superseded from {end}")
