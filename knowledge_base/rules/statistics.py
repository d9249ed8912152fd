"""How many questions it takes to a result, so that a change of the rulebook that costs citizens time is seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from knowledge_base.rules.conditions import MATTER
from knowledge_base.rules.engine import Engine
from knowledge_base.types import Facts, FactValue


@dataclass(frozen=True, slots=True)
class QuestionCount:
    """Questions after the matter is known, the income not counted: mean over evenly likely answers, and the worst."""

    matter: str
    mean: float
    worst: int
    mean_in_file_order: float


def question_counts(engine: Engine, *, chain: Sequence[str], on: date) -> tuple[QuestionCount, ...]:
    """Count for every matter the first question offers."""
    decider = engine.decider(engine.rulebook.regime(chain, on))
    order = list(engine.rulebook.facts)

    def walk(facts: dict[str, FactValue], pick: Callable[[Sequence[str]], str]) -> tuple[float, int]:
        missing = decider.deciding(engine.presume(facts))
        if not missing:
            return 0.0, 0
        name = pick(missing)
        below = [walk({**facts, name: sample}, pick) for sample in decider.samples(name)]
        return 1 + sum(mean for mean, _ in below) / len(below), 1 + max(worst for _, worst in below)

    counts = []
    for option in engine.rulebook.facts[MATTER].options:
        start: Facts = {MATTER: option.value}
        mean, worst = walk(dict(start), lambda missing: missing[0])
        plain, _ = walk(dict(start), lambda missing: min(missing, key=order.index))
        counts.append(QuestionCount(str(option.value), mean, worst, plain))
    return tuple(counts)
