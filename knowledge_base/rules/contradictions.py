"""Answers that cannot both be so: no rule can be laid on them, and a person asks which holds (前后对不上)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from knowledge_base.rules.conditions import MATTER, Condition, Scene
from knowledge_base.rules.facts import condition
from knowledge_base.rules.model import Fact
from knowledge_base.rules.nodes import Entry, read
from knowledge_base.types import Facts, FactType, Truth

CONTRADICTIONS: Final = Path(__file__).with_name("contradictions.yml")
_TWO: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Two facts, and when they speak against each other: a condition, or the first is a day later than the second."""

    facts: tuple[str, str]
    when: Condition | None

    def holds(self, told: Facts) -> bool:
        """Tell whether what was told cannot all be so; what is not known contradicts nothing."""
        if self.when is not None:
            return self.when.evaluate(Scene(facts=told)) is Truth.TRUE
        first, second = (told.get(fact) for fact in self.facts)
        return isinstance(first, date) and isinstance(second, date) and first > second


def load_contradictions(table: Mapping[str, Fact], path: Path = CONTRADICTIONS) -> tuple[Contradiction, ...]:
    """Read the list. Raises RulebookInvalid with file and line."""
    return tuple(_contradiction(entry, table) for entry in read(path).members())


def _contradiction(entry: Entry, table: Mapping[str, Fact]) -> Contradiction:
    fields = entry.mapping(required=("facts",), optional=("when", "ordered"))
    names = fields["facts"].texts()
    if len(set(names)) != _TWO or any(name not in table for name in names):
        raise fields["facts"].invalid("unknown_fact", "two facts of facts.yml stand here")
    if ("when" in fields) == ("ordered" in fields):
        raise entry.invalid("missing_key", "either 'when' or 'ordered' says how they contradict each other")
    first, second = names
    if "ordered" in fields:
        if not fields["ordered"].flag() or any(table[name].type is not FactType.DATE for name in names):
            raise fields["ordered"].invalid("wrong_type", "only two days have an order")
        return Contradiction(facts=(first, second), when=None)
    when = condition(fields["when"], table)
    if {atom.fact for atom in when.atoms()} | {MATTER} != {first, second, MATTER}:
        raise fields["when"].invalid("wrong_shape", "it compares the two facts, in some matters or in all")
    return Contradiction(facts=(first, second), when=when)
