"""Facts as callers send them, read by the type of their question; the rules see typed values only."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias, assert_never

from api.http.problems import ProblemError, safe_field
from knowledge_base.types import Facts, FactType, FactValue, Question

FactJson: TypeAlias = bool | int | Decimal | str | None
_REGION: Final = re.compile(r"CN|[0-9]{6}")
_GREATEST: Final = Decimal(10) ** 12
_LONGEST: Final = 2000


def read_facts(given: Mapping[str, FactJson], *, questions: Sequence[Question]) -> Facts:
    """Return typed facts. Unknown facts and values of another type are refused with `field` naming the fact."""
    known = {question.fact: question for question in questions}
    facts: dict[str, FactValue] = {}
    for fact, value in given.items():
        question = known.get(fact)
        if question is None:
            raise ProblemError(422, "unknown_fact", "没有这一项事实。", field=safe_field(fact))
        facts[fact] = None if value is None else _typed(question, value)
    return facts


def _typed(question: Question, value: FactJson) -> FactValue:  # noqa: C901, PLR0911, PLR0912 - one arm a type
    match question.type:
        case FactType.BOOL:
            if isinstance(value, bool):
                return value
        case FactType.INT:
            if isinstance(value, int) and not isinstance(value, bool):
                return value
            if isinstance(value, Decimal) and value == value.to_integral_value():
                return int(value)
        case FactType.MONEY:
            amount = _money(value)
            if amount is not None:
                return amount
        case FactType.DATE:
            day = _date(value)
            if day is not None:
                return day
        case FactType.ENUM:
            if isinstance(value, str) and value in {option.value for option in question.options}:
                return value
        case FactType.REGION:
            if isinstance(value, str) and _REGION.fullmatch(value):
                return value
        case FactType.TEXT:
            if isinstance(value, str) and len(value) <= _LONGEST:
                return value
        case _:
            assert_never(question.type)
    raise ProblemError(422, "fact_invalid", "这一项事实的值不对。", field=question.fact)


def _money(value: FactJson) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) <= _GREATEST else None


def _date(value: FactJson) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
