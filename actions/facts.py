"""Carries answers between JSON and the rules. What a value must be like is the assessor's to say, in one place."""

from datetime import date
from decimal import Decimal
from typing import Final

from actions.matters import MATTER
from api.services.records import DialogueState
from knowledge_base.types import FactValue

ORDER: Final = "order"
"""Where the memory keeps which fact was answered when; a JSON object need not keep an order."""
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


def answered(state: DialogueState, /) -> list[str]:
    """Return the facts in the order they were answered."""
    return [fact for fact in state.extra.get(ORDER, []) if fact in state.facts]


def in_order(state: DialogueState, /) -> list[str]:
    """Return every fact that is known: the matter, what was answered in its order, then what the story told."""
    first = [fact for fact in (MATTER, *answered(state)) if fact in state.facts]
    return list(dict.fromkeys([*first, *sorted(state.facts)]))
