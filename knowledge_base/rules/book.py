"""The rulebook: every place's rules and figures, and what of them is in force somewhere on a day."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType

from knowledge_base.rules.conditions import Condition
from knowledge_base.rules.contradictions import Contradiction
from knowledge_base.rules.model import DECIDING, Document, Fact, ParameterValue, Rule
from knowledge_base.types import NATION, Citation


class NotInForce(Exception):
    """No rule at all was in force on the day asked for; the oldest one is never applied instead."""

    code = "date_before_rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One place folder."""

    code: str
    name: str
    extends: str | None
    """The place whose law it takes over; None for the nation, and for a place with a law of its own."""
    documents: Mapping[str, Document]
    definitions: Mapping[str, Condition]
    """Of its own; what it inherits stands with the place above."""
    rules: tuple[Rule, ...]
    parameters: tuple[ParameterValue, ...]
    file: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Regime:
    """What is in force in one place between two changes of the law. The nation's rules come first."""

    place: str
    start: date
    rules: tuple[Rule, ...]
    figures: Mapping[str, ParameterValue]
    citations: Mapping[str, Citation]
    """By rule; standings change only between regimes, so each citation is made once."""
    dormant: tuple[Rule, ...] = ()
    """Deciding rules of other times, to tell «not covered» from «not covered then»."""

    @cached_property
    def parameters(self) -> Mapping[str, Decimal]:
        """The figures alone."""
        return MappingProxyType({name: figure.value for name, figure in self.figures.items()})


class Rulebook:
    """All places and all times."""

    def __init__(
        self,
        *,
        facts: Mapping[str, Fact],
        contradictions: tuple[Contradiction, ...],
        places: Mapping[str, Place],
        digest: str,
    ) -> None:
        self.facts = facts
        self.contradictions = contradictions
        self.places = MappingProxyType(dict(places))
        self.digest = digest
        self._boundaries = {code: self._days(code) for code in places}
        self._regimes: dict[tuple[str, int], Regime] = {}
        self._versions: dict[str, tuple[Rule, ...]] = {}
        for place in places.values():
            for rule in place.rules:
                self._versions[rule.id] = (*self._versions.get(rule.id, ()), rule)

    @cached_property
    def read_on(self) -> date:
        """The day on which anybody last held an entry against its source."""
        rules = [rule.verified_on for place in self.places.values() for rule in place.rules]
        figures = [figure.verified_on for place in self.places.values() for figure in place.parameters]
        return max((*rules, *figures), default=date.max)

    def versions(self, rule: str) -> tuple[Rule, ...]:
        """Return a rule as it has read, time after time."""
        return self._versions.get(rule, ())

    def nearest(self, chain: Sequence[str]) -> str:
        """Return the nearest place of a chain that has rules of its own."""
        return next((code for code in chain if code in self.places), NATION)

    def regime(self, chain: Sequence[str], on: date) -> Regime:
        """Return what is in force for a place on a day. Raises NotInForce before the first rule."""
        place = self.nearest(chain)
        index = bisect_right(self._boundaries[place], on) - 1
        key = (place, index)
        if key not in self._regimes:
            self._regimes[key] = self._build(place, self._boundaries[place][index] if index >= 0 else on)
        regime = self._regimes[key]
        if not any(rule.kind in DECIDING for rule in regime.rules):
            raise NotInForce
        return regime

    def _lineage(self, code: str) -> tuple[Place, ...]:
        """Return a place and what it extends, the nation first."""
        places: list[Place] = []
        current: str | None = code
        while current is not None:
            places.append(self.places[current])
            current = places[-1].extends
        return tuple(reversed(places))

    def _days(self, code: str) -> tuple[date, ...]:
        """Return every day on which something changes for a place: a rule, a figure, or what a document is worth."""
        periods = [
            period
            for place in self._lineage(code)
            for period in (
                *(rule.period for rule in place.rules),
                *(value.period for value in place.parameters),
                *(period for document in place.documents.values() for period, _ in document.standings),
            )
        ]
        days = {day for period in periods for day in (period.start, period.end) if day is not None}
        return tuple(sorted(days))

    def _build(self, code: str, day: date) -> Regime:
        lineage = self._lineage(code)
        rules = [rule for place in lineage for rule in place.rules]
        figures = {value.name: value for place in lineage for value in place.parameters if day in value.period}
        in_force = tuple(rule for rule in rules if day in rule.period)
        return Regime(
            place=code,
            start=day,
            rules=in_force,
            citations=MappingProxyType({rule.id: rule.source.cite(day) for rule in in_force}),
            figures=MappingProxyType(figures),
            dormant=tuple(rule for rule in rules if rule.kind in DECIDING and day not in rule.period),
        )
