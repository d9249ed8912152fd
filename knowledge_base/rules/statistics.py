"""How many questions it takes to a result, so that a change of the rulebook that costs citizens time is seen.

Three ways of asking are set side by side: the planned one, the same facts in the order of the table but stopping as soon as
the outcome is settled, and a form that asks everything the matter makes relevant.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from knowledge_base.rules.conditions import MATTER
from knowledge_base.rules.decide import Decider
from knowledge_base.rules.engine import Engine
from knowledge_base.rules.outcome import INCOME
from knowledge_base.types import NATION, FactValue

Facts = dict[str, FactValue]
Missing = Callable[[Facts], Sequence[str]]
Pick = Callable[[Sequence[str]], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionCount:
    """Questions after the matter is known; means are over evenly likely answers."""

    matter: str
    mean: float
    worst: int
    verdicts: int
    """Ends that answers can lead to."""
    mean_per_verdict: float
    mean_in_file_order: float
    every_relevant_fact: int
    """What a form would ask that leaves out only what the matter rules out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCount:
    """The same over all matters of a place, each as likely as the other."""

    place: str
    income: bool
    """Whether the income counts, which is asked for the person who judges."""
    mean: float
    worst: int
    verdicts: int
    mean_per_verdict: float
    mean_in_file_order: float
    every_relevant_fact: float
    most_relevant_facts: int
    matters: tuple[QuestionCount, ...]


@dataclass(frozen=True, slots=True)
class _Tree:
    """The ends below one point: their mean and greatest depth, how many they are, and the sum of their depths."""

    mean: float
    worst: int
    ends: int
    depths: int


_END = _Tree(0.0, 0, 1, 0)


def place_counts(engine: Engine, *, on: date) -> Iterator[PlaceCount]:
    """Count for the nation and for every place whose law asks other questions, without the income and with it."""
    seen: set[int] = set()
    book = engine.rulebook
    for place in sorted(book.places, key=lambda code: (code != NATION, code)):
        decider = engine.decider(book.regime((place,), on))
        if decider.facts and id(decider) not in seen:  # where nothing is asked there is nothing to count
            seen.add(id(decider))
            for income in (False, True):
                yield _total(place, income, question_counts(engine, decider, income=income))


def question_counts(engine: Engine, decider: Decider, *, income: bool) -> tuple[QuestionCount, ...]:
    """Count for every matter the first question offers."""
    order = list(engine.rulebook.facts)

    def missing(facts: Facts) -> Sequence[str]:
        full = engine.presume(facts)
        return decider.decide(full).missing if income else decider.deciding(full)

    walk = partial(_walk, missing=missing, samples=decider.samples)
    counts = []
    for option in engine.rulebook.facts[MATTER].options:
        start: Facts = {MATTER: option.value}
        planned = walk(start, pick=lambda names: names[0])
        plain = walk(start, pick=lambda names: min(names, key=order.index))
        counts.append(
            QuestionCount(
                matter=str(option.value),
                mean=planned.mean,
                worst=planned.worst,
                verdicts=planned.ends,
                mean_per_verdict=planned.depths / planned.ends,
                mean_in_file_order=plain.mean,
                every_relevant_fact=len(missing(start)),
            )
        )
    return tuple(counts)


def _walk(facts: Facts, *, missing: Missing, samples: Callable[[str], Sequence[FactValue]], pick: Pick) -> _Tree:
    names = missing(facts)
    if not names:
        return _END
    name = pick(names)
    # Of the income the answer changes nothing but that it has been given.
    values = (None,) if name == INCOME and len(names) == 1 else samples(name)
    below = [_walk({**facts, name: value}, missing=missing, samples=samples, pick=pick) for value in values]
    return _Tree(
        mean=1 + sum(tree.mean for tree in below) / len(below),
        worst=1 + max(tree.worst for tree in below),
        ends=sum(tree.ends for tree in below),
        depths=sum(tree.depths + tree.ends for tree in below),
    )


def _total(place: str, income: bool, counts: tuple[QuestionCount, ...]) -> PlaceCount:  # noqa: FBT001 -- passed on
    verdicts = sum(count.verdicts for count in counts)
    return PlaceCount(
        place=place,
        income=income,
        mean=_mean(count.mean for count in counts),
        worst=max(count.worst for count in counts),
        verdicts=verdicts,
        mean_per_verdict=sum(count.mean_per_verdict * count.verdicts for count in counts) / verdicts,
        mean_in_file_order=_mean(count.mean_in_file_order for count in counts),
        every_relevant_fact=_mean(count.every_relevant_fact for count in counts),
        most_relevant_facts=max(count.every_relevant_fact for count in counts),
        matters=counts,
    )


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / len(found)
