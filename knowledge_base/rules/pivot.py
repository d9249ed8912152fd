"""Finds the one fact that a result turns on, so that the person who goes on with a case knows what to ask or check first."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from itertools import groupby
from typing import Final

from knowledge_base.rules.conditions import MATTER
from knowledge_base.rules.decide import Span
from knowledge_base.rules.engine import Engine
from knowledge_base.types import Facts, Outcome, Pivot

_RANK: Final = {Outcome.UNLIKELY: 0, Outcome.NEEDS_PERSON: 1, Outcome.LIKELY: 2}


def pivot(engine: Engine, facts: Facts, *, chain: Sequence[str], on: date) -> Pivot | None:
    """Return the fact whose other value alone would change the outcome; None where no single one would.

    What nobody knows comes before what was said, and that before what is only taken as so; then whatever changes most.
    The matter is no such fact: another matter is another case. Where facts contradict each other nothing turns on one alone.
    Raises NotInForce.
    """
    if facts.get(MATTER) is None or engine.conflicts(facts):
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

    def with_answer(name: str, span: Span) -> Outcome:
        """Return what another answer leads to; one that takes back what was told beside it leads nowhere."""
        answered = engine.presume({**facts, name: span.sample})
        if any(answered[other] != full[other] for other in known - {name}):
            return now
        return decider.decide(answered).result.outcome

    turns = (
        one
        for name in decider.facts
        if name != MATTER
        for one in _turns(name, decider.spans(name), partial(with_answer, name), now, told=name in known)
    )
    return min(turns, key=worth, default=None)


def _turns(
    name: str, spans: Sequence[Span], leads_to: Callable[[Span], Outcome], now: Outcome, *, told: bool
) -> Iterator[Pivot]:
    """Yield the answers to one fact that would lead elsewhere: numbers by run, the options of a list by where they lead."""
    if any(span.values for span in spans):
        spans = sorted(spans, key=leads_to)
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
