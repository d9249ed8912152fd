"""Carries answers between JSON and the rules. What a value must be like is the assessor's to say, in one place."""

from datetime import date
from decimal import Decimal

from knowledge_base.types import FactValue

_LONGEST = 200


class AnswerMalformed(ValueError):
    """Something chosen cannot be an answer to anything. It stays out of the message."""

    code = "answer_malformed"

    def __init__(self, fact: str) -> None:
        """Name the fact; what was given for it may be anything."""
        super().__init__(fact)
        self.fact = fact


def scalar(fact: str, value: object, /) -> FactValue:
    """Return what a choice carried as a plain value. Raises AnswerMalformed for lists, objects and novels."""
    match value:
        case None | bool() | int():
            return value
        case float():
            return Decimal(str(value))
        case str() if len(value) <= _LONGEST:
            return value
        case _:
            raise AnswerMalformed(fact)


def to_json(value: FactValue, /) -> str | int | bool | None:
    """Return a fact as it is kept; the assessor reads amounts and days from their text."""
    match value:
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            return value
