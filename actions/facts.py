"""Reads what a citizen gives for a fact, typed or chosen, and never trusts it: a wrong shape is asked again, kindly."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from knowledge_base.types import Facts, FactType, FactValue, Question

Json = str | int | float | bool | None
_REGION: Final = re.compile(r"[0-9]{6}")
_MOST_TEXT: Final = 200
_MOST_NUMBER: Final = 10**9


class AnswerMalformed(ValueError):
    """A chosen value does not fit its question. The value stays out of the message."""

    code = "answer_malformed"

    def __init__(self, fact: str) -> None:
        """Name the fact; what was given for it may be anything."""
        super().__init__(fact)
        self.fact = fact


def read(question: Question, value: object, /) -> FactValue:
    """Return a chosen value as the question's type, None for "does not know". Raises AnswerMalformed."""
    if value is None:
        return None
    found = _typed(question, value)
    if found is None:
        raise AnswerMalformed(question.fact)
    return found


def _typed(question: Question, value: object) -> FactValue:
    """Return the value in its type, None where it has another."""
    found: FactValue = None
    match question.type, value:
        case FactType.BOOL, bool():
            found = value
        case FactType.INT, int() if not isinstance(value, bool) and 0 <= value <= _MOST_NUMBER:
            found = value
        case FactType.MONEY, _:
            found = _money(value)
        case FactType.DATE, str():
            found = _date(value)
        case FactType.ENUM, str() if value in {option.value for option in question.options}:
            found = value
        case FactType.REGION, str() if _REGION.fullmatch(value):
            found = value
        case FactType.TEXT, str() if 0 < len(value.strip()) <= _MOST_TEXT:
            found = value
        case _:
            pass
    return found


def _money(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount <= _MOST_NUMBER else None


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def to_json(value: FactValue, /) -> Json:
    """Return a fact as it is kept."""
    match value:
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            return value


def from_json(kept: Mapping[str, object], types: Mapping[str, FactType], /) -> Facts:
    """Return kept facts as they are assessed; `types` names the type of every fact among them."""
    facts: dict[str, FactValue] = {}
    for fact, value in kept.items():
        match types.get(fact):
            case FactType.MONEY if value is not None:
                facts[fact] = Decimal(str(value))
            case FactType.DATE if isinstance(value, str):
                facts[fact] = date.fromisoformat(value)
            case _ if value is None or isinstance(value, bool | int | str):
                facts[fact] = value
            case _:
                raise AnswerMalformed(fact)
    return facts
