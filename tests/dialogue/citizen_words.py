"""What a citizen can say (citizen.yml), and whether what was kept is what was meant."""

import json
import random
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from knowledge_base.types import FactValue

MOST_LINES: Final = 2


@cache
def words() -> Mapping[str, Any]:
    """Return what can be said."""
    raw: Mapping[str, Any] = yaml.safe_load(Path(__file__).with_name("citizen.yml").read_text("utf-8"))
    return raw


def in_advance(
    dice: random.Random, /, *, matter: str, facts: Mapping[str, FactValue]
) -> tuple[str, dict[str, FactValue]]:
    """Return what is told before anybody asks: a few lines that fit the matter and the citizen's own facts, and the facts that they tell."""
    fitting = [
        (line, fact, facts[fact])
        for fact, values in words()["in_advance"].items()
        for value, told in values.items()
        if str(facts.get(fact)).lower() == value and matter.startswith(tuple(told["of"]))
        for line in told["lines"]
    ]
    chosen: dict[str, FactValue] = {}
    said = []
    for line, fact, value in dice.sample(fitting, len(fitting)):
        if fact not in chosen and len(chosen) < MOST_LINES:
            chosen[fact] = value
            said.append(line)
    return "，".join(said), chosen


def same(kept: object, meant: FactValue) -> bool:
    """Tell whether a fact as it is kept says what the citizen meant."""
    if kept is None or meant is None or isinstance(kept, bool) or isinstance(meant, bool):
        return kept is meant
    return Decimal(str(kept)) == meant if isinstance(meant, int | Decimal) else kept == meant


def same_payload(carried: str, wanted: Mapping[str, Any]) -> bool:
    """Tell whether a button carries this answer."""
    return bool(json.loads(carried) == wanted)
