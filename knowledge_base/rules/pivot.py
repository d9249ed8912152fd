"""Finds the one fact that a result turns on, so that the person who goes on with a case knows what to ask or check first."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Final

from knowledge_base.rules.conditions import MATTER
from knowledge_base.rules.decide import Decider, Span
from knowledge_base.rules.engine import Engine
from knowledge_base.types import Facts, Outcome, Pivot

_RANK: Final = {Outcome.UNLIKELY: 0, Outcome.NEEDS_PERSON: 1, Outcome.LIKELY: 2}


def pivot(engine: Engine, facts: Facts, *, chain: Sequence[str], on: date) -> Pivot | None:
    """Return the fact whose other value alone would change the outcome; None where no single one would.

    What nobody knows comes before what was said, and that before what is only taken as so; then whatever changes most.
    The matter is no such fact: another matter is another case. Raises NotInForce.
    """
    if facts.get(MATTER) is None:
        return None
    decider = engine.decider(engine.rulebook.regime(chain, on))
    full = engine.presume(facts)
    decision = decider.decide(full)
    now = decision.result.outcome
    order = (*decision.missing, *engine.rulebook.facts)

    def worth(one: Pivot) -> tuple[int, int, int]:
        certain = 1 if one.told else 0 if full.get(one.fact) is None else 2
        return certain, -abs(_RANK[one.outcome] - _RANK[now]), order.index(one.fact)

    known = {name for name, value in facts.items() if value is not None}
    names = (name for name in decider.facts if name != MATTER)
    turns = (one for name in names for one in _turns(decider, full, name, now, told=name in known))
    return min(turns, key=worth, default=None)


def _turns(decider: Decider, full: Facts, name: str, now: Outcome, *, told: bool) -> Iterator[Pivot]:
    """Yield the answers to one fact that would lead elsewhere: numbers by run, the options of a list by where they lead."""

    def leads_to(span: Span) -> Outcome:
        return decider.decide({**full, name: span.sample}).result.outcome

    spans = decider.spans(name)
    if any(span.values for span in spans):
        spans = tuple(sorted(spans, key=leads_to))
    for outcome, group in groupby(spans, key=leads_to):
        run = tuple(group)
        if outcome is not now:
            yield Pivot(
                fact=name,
                outcome=outcome,
                told=told,
                values=tuple(value for span in run for value in span.values),
                least=run[0].least,
                most=run[-1].most,
            )
