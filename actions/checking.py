"""Shows what was answered before anything is handed over, and finds which answer somebody wants to change (核对回答)."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from actions import facts as fact_values
from actions.matters import MATTER
from actions.services import Services
from actions.turn import RECEIPT, Outcome, with_extra
from actions.wire import Choice, Reply, Say, TextReply
from api.services.records import DialogueState
from knowledge_base.numerals import parse_number
from knowledge_base.types import FactType, FactValue

CHANGE: Final = "answers.change"
"""What a button carries that opens one answer again: the fact."""
_READ_BACK: Final = "read_back"
"""Where the memory keeps the list that was shown last."""
_NOT_KNOWN: Final = "不清楚"
_LEAD: Final = r"(?:我|您|你|想|要|得|把|那个|刚才|刚刚|前面|上面|之前|的|帮|请|麻烦|能不能|可以|一下|，|,|\s)*"
_NTH: Final = r"第?\s*([0-9零一二两三四五六七八九十]{1,3})\s*[条个项题]"
_THAT: Final = r"(?:[那这]?[条个项]|我|刚才|刚刚|，|,|\s)*"
_WRONG: Final = r"(?:(?:说|讲|答|填|选|点|写|记|弄|搞)?错了?|不对|(?:要|想|得|需要)?(?:改|更正|重填|重答)(?:一下|一改|改)?|重新(?:填|答|选))"
_TO: Final = r"(?:了|的|吧|，|,|\s|应该|(?:是|成|为|到)(?=.))*(?P<said>.{0,20})"
_MOST: Final = 40


def read_back(outcome: Outcome, services: Services, /) -> Outcome:
    """Put the answers before what is asked next, unless they were shown already and nothing changed since."""
    lines = list(_lines(outcome.state, services))
    if not lines or outcome.state.extra.get(_READ_BACK) == lines:
        return outcome
    state = with_extra(outcome.state, **{_READ_BACK: lines})
    return replace(outcome, state=state, replies=(_shown(state, lines), *outcome.replies))


def meant(text: str, state: DialogueState, services: Services, /) -> tuple[str, str] | None:
    """Return the answer that «改第2条» or «收入填错了» is about and what is said in its place; None for other words."""
    if len(text) > _MOST or re.search(_WRONG, text) is None:
        return None
    told = fact_values.in_order(state)
    for lead in (rf"{_LEAD}{_WRONG}{_LEAD}{_NTH}", rf"{_LEAD}{_NTH}{_THAT}{_WRONG}"):
        found = re.fullmatch(lead + _TO, text.strip(" 。.！!"))
        number = None if found is None else parse_number(found[1])
        if found is not None and number is not None and 0 < number <= len(told):
            return told[int(number) - 1], found["said"]
    named = [(name, fact) for fact in told for name in services.screener.question(fact, state.facts).called]
    for name, fact in sorted(named, key=lambda each: -len(each[0])):
        for pattern in (rf"{_LEAD}{_WRONG}{_LEAD}{re.escape(name)}", rf"{_LEAD}{re.escape(name)}{_THAT}{_WRONG}"):
            found = re.fullmatch(pattern + _THAT + _TO, text.strip(" 。.！!"))
            if found is not None:
                return fact, found["said"]
    return None


def corrected(before: DialogueState, after: DialogueState, services: Services, /) -> tuple[Reply, ...]:
    """Say which earlier answers have changed and what they are now; nothing where none has."""
    changed = []
    for fact in (one for one in fact_values.in_order(after) if one in before.facts):
        was, now = (_answer(fact, state.facts[fact], services) for state in (before, after))
        if was != now:
            changed.append(f"“{_name(fact, after, services)}”记成“{now}”")
    if not changed:
        return ()
    said = TextReply(say=Say.ANSWER_CORRECTED, args={"list": "，".join(changed)})
    # What was handed in is with the staff as it was.
    return (said, TextReply(say=Say.APPLICATION_UNCHANGED)) if RECEIPT in after.extra else (said,)


def _shown(state: DialogueState, lines: list[str]) -> Reply:
    numbered = "\n".join(f"第{number}条 {line}" for number, line in enumerate(lines, start=1))
    told = fact_values.in_order(state)
    choices = (
        Choice(payload={CHANGE: fact}, title=str(number), wording="change_answer")
        for number, fact in enumerate(told, start=1)
    )
    args = {"list": numbered, "last": str(len(lines))}
    return TextReply(say=Say.ANSWERS_READ_BACK, args=args, choices=tuple(choices))


def _lines(state: DialogueState, services: Services) -> Iterator[str]:
    for fact in fact_values.in_order(state):
        yield f"{_name(fact, state, services)}：{_answer(fact, state.facts[fact], services)}"


def _name(fact: str, state: DialogueState, services: Services) -> str:
    return services.screener.question(fact, state.facts).called[0]


def _answer(fact: str, value: FactValue, services: Services) -> str:
    question = services.screener.question(fact)
    title = next((one.title for one in question.options if one.value == value), None)
    if value is None or title is not None:
        return title or _NOT_KNOWN
    match question.type:
        case _ if fact == MATTER:
            return services.title_of(str(value)) or str(value)
        case FactType.REGION:
            return services.screener.place_name(str(value))
        case FactType.DATE:
            day = date.fromisoformat(str(value))
            return f"{day.year} 年 {day.month} 月 {day.day} 日"
        case FactType.MONEY:
            return f"{Decimal(str(value)).normalize():f} 元"
        case _:
            return str(value)
