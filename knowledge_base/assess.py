"""The pre-screen as everybody else uses it: facts in, a verdict with reasons, offices and the next question out."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from knowledge_base.corpus import plain_title
from knowledge_base.directory.book import PLACES, Directory
from knowledge_base.offices import OfficeKind
from knowledge_base.regions import Regions
from knowledge_base.rules.amending import Amendment, amend
from knowledge_base.rules.answers import FactNotUnderstood, understand
from knowledge_base.rules.book import NotInForce
from knowledge_base.rules.conditions import MATTER
from knowledge_base.rules.decide import CENT
from knowledge_base.rules.engine import VERIFY, Assessment, Engine
from knowledge_base.rules.loader import load_rulebook
from knowledge_base.rules.model import Fact, Rule
from knowledge_base.rules.pivot import pivot
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.types import NATION, Alternative, ApplyAt, Facts, FactType, FactValue, Outcome, Question, Verdict

__all__ = ["PLACES", "Assessor", "FactNotUnderstood", "FactRefused", "Refusal"]

_OLDEST: Final = 150
_FIRST_DAY: Final = date(1900, 1, 1)
_YEARS_AHEAD: Final = 20
"""The longest any right to sue lasts (Civil Code art. 188): no last day that somebody is told lies further ahead, and no
day that a result is asked for lies further from when the book was last read."""


class Refusal(StrEnum):
    """Why facts were not assessed. The list is closed (docs/contract)."""

    UNKNOWN_FACT = "unknown_fact"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_OPTION = "unknown_option"
    OUT_OF_RANGE = "out_of_range"
    UNKNOWN_REGION = "unknown_region"
    DATE_BEFORE_RULES = "date_before_rules"


class FactRefused(Exception):
    """A fact, the region or the day cannot be used; `field` names which. The value itself is not repeated."""

    def __init__(self, code: Refusal, field: str) -> None:
        super().__init__(f"{field}: {code}")
        self.code = code
        self.field = field


class Assessor:
    """法律援助预筛: one for the whole process; loading takes half a second, an assessment a fraction of a millisecond."""

    def __init__(self, *, engine: Engine, directory: Directory, regions: Regions) -> None:
        self._engine = engine
        self._directory = directory
        self._regions = regions
        self._facts = engine.rulebook.facts
        self._last_day = _years_on(engine.rulebook.read_on)
        places = engine.rulebook.places.values()
        self._titles = {plain_title(text.title) for place in places for text in place.documents.values()}
        self._readers: Mapping[FactType, Callable[[Fact, FactValue], FactValue]] = {
            FactType.BOOL: _bool,
            FactType.INT: _age,
            FactType.MONEY: _amount,
            FactType.DATE: _day,
            FactType.TEXT: _text,
            FactType.ENUM: self._choice,
            FactType.REGION: self._region,
        }

    @classmethod
    def load(
        cls,
        places: Path = PLACES,
        *,
        own: Path | None = None,
        regions: Regions | None = None,
        directory: Directory | None = None,
    ) -> "Assessor":
        """Read rules and offices, the operator's own after ours.

        Raises RulebookInvalid and DirectoryInvalid, with the place that is wrong.
        """
        known = regions or Regions.load()
        offices = directory or Directory.load(places, known, own=own)
        engine = Engine(load_rulebook(places, own=own), matters=matters(Taxonomy.load()), works=offices.works)
        return cls(engine=engine, directory=offices, regions=known)

    @property
    def engine(self) -> Engine:
        """The rules alone, for checks and statistics."""
        return self._engine

    def cites(self, title: str) -> bool:
        """Tell whether the rulebook rests on a text of this title, with or without 中华人民共和国."""
        return plain_title(title) in self._titles

    def warm(self, *, on: date) -> None:
        """Build what the first question about each place would otherwise wait for."""
        for place in self._engine.rulebook.places:
            self.assess({}, region=None if place == NATION else place, on=on)

    @property
    def rulebook(self) -> str:
        """The digest that every verdict carries."""
        return self._engine.rulebook.digest

    def assess(self, facts: Facts, *, region: str | None, on: date, now: datetime | None = None) -> Verdict:
        """Return the verdict; `now` is the moment its other roads are open at or not. Raises FactRefused."""
        home = self._chain(region)
        if on > self._last_day:
            raise FactRefused(Refusal.OUT_OF_RANGE, "on")
        clean = self.read(facts, on=on)
        chain = self._deciding(clean, home)
        try:
            found = self._engine.assess(clean, chain=chain, on=on)
        except NotInForce:
            raise FactRefused(Refusal.DATE_BEFORE_RULES, "on") from None
        verdict = self._verdict(found, clean, region, now)
        nearest = self._engine.rulebook.nearest
        if region is None or verdict.outcome is Outcome.UNLIKELY or nearest(chain) == nearest(home):
            return verdict
        # Two places have rules of their own, and a person confirms that the case is where it was said to be.
        return replace(verdict, flags=tuple(dict.fromkeys((*verdict.flags, VERIFY))))

    def examine(self, facts: Facts, *, region: str | None, on: date, now: datetime | None = None) -> Verdict:
        """Return the verdict with the fact it turns on, for whoever passes it on to a person. Raises FactRefused."""
        verdict = self.assess(facts, region=region, on=on, now=now)
        clean = self.read(facts, on=on)
        chain = self._deciding(clean, self._chain(region))
        return replace(verdict, pivot=pivot(self._engine, clean, chain=chain, on=on))

    def to_confirm(self, facts: Facts, *, region: str | None, on: date) -> Question | None:
        """Return the question about what was only presumed and would change the outcome, for a talk that can ask it.

        Whoever sends facts without a talk is taken at the presumption, as the fact table says. Raises FactRefused.
        """
        outcome = self.assess(facts, region=region, on=on).outcome
        for name, fact in self._facts.items():
            if fact.confirm and name not in facts:
                others = ({**facts, name: option.value} for option in fact.options)
                # What cannot be so beside what was told needs no asking: no spouse is fifteen.
                possible = (one for one in others if not self._engine.conflicts(self.read(one, on=on)))
                if any(self.assess(one, region=region, on=on).outcome is not outcome for one in possible):
                    return self.question(name, facts)
        return None

    def _deciding(self, facts: Facts, home: tuple[str, ...]) -> tuple[str, ...]:
        """Return the place whose rules apply: what was named for the case, else where the citizen writes from."""
        named = _named(facts)
        return self._chain(named) if named is not None else home

    def read(self, facts: Facts, *, on: date) -> Facts:
        """Return facts as the engine needs them. Raises FactRefused."""
        return {name: self._read(name, value, on) for name, value in facts.items()}

    def facts(self) -> tuple[Question, ...]:
        """Return every fact as a question, in the order of the table."""
        return tuple(fact.question({}) for fact in self._facts.values())

    def question(self, fact: str, facts: Facts = MappingProxyType({})) -> Question:
        """Return the question about one fact, worded for what is known. Raises FactRefused."""
        matter = facts.get(MATTER)
        narrowed = self._engine.matters.get(str(matter)) if fact == MATTER and matter is not None else None
        return self._fact(fact).question(facts, narrowed)

    def parse(
        self, fact: str, raw_text: str, *, on: date | None = None, facts: Facts = MappingProxyType({})
    ) -> FactValue:
        """Read a citizen's own words; None = does not know. Raises FactNotUnderstood, and FactRefused for no such fact.

        `facts` are those the question was worded for: «被打了» says who did it only where that was asked.
        """
        value = understand(self._fact(fact).worded(facts), raw_text, on=on, place=self._place, facts=self._facts)
        return self._accepted(fact, value, on)

    def amend(
        self, fact: str, raw_text: str, /, *, on: date | None = None, facts: Facts = MappingProxyType({})
    ) -> Amendment:
        """Read what is put in place of an answer. Raises FactNotUnderstood, and FactRefused for no such fact."""
        read = amend(self._fact(fact).worded(facts), raw_text, on=on, place=self._place)
        return replace(read, value=self._accepted(fact, read.value, on))

    def _accepted(self, fact: str, value: FactValue, on: date | None) -> FactValue:
        """Return a value that was read as the engine takes it. Raises FactNotUnderstood."""
        try:
            return self._read(fact, value, on)
        except FactRefused:
            raise FactNotUnderstood(fact) from None

    def _place(self, text: str) -> str | None:
        meant = self._regions.candidates(text)
        region = meant[0] if len(meant) == 1 else None if meant else self._regions.find_in(text)
        return region.code if region else None

    def _chain(self, region: str | None) -> tuple[str, ...]:
        if region is None:
            return (NATION,)
        known = self._regions.get(region)
        if known is None:
            raise FactRefused(Refusal.UNKNOWN_REGION, "region")
        return known.chain

    def place_name(self, region: str) -> str:
        """Return a place as people write it: 黑龙江省牡丹江市东安区. Raises FactRefused."""
        known = [self._regions.get(code) for code in reversed(self._chain(region)) if code != NATION]
        return "".join(place.name for place in known if place is not None)

    def _fact(self, name: str) -> Fact:
        try:
            return self._facts[name]
        except KeyError:
            raise FactRefused(Refusal.UNKNOWN_FACT, name) from None

    def _read(self, name: str, value: FactValue, on: date | None) -> FactValue:
        """Return a value as the engine needs it; JSON has neither dates nor exact amounts."""
        fact = self._fact(name)
        if value is None:
            return None
        read = self._readers[fact.type](fact, value)
        if isinstance(read, date) and not _FIRST_DAY <= read <= _last_day(fact, on):
            raise FactRefused(Refusal.OUT_OF_RANGE, name)
        return read

    def _region(self, fact: Fact, value: FactValue) -> str:
        found = self._regions.resolve(_text(fact, value))
        if found is None:
            raise FactRefused(Refusal.UNKNOWN_REGION, fact.name)
        return found.code

    def _choice(self, fact: Fact, value: FactValue) -> str:
        chosen = _text(fact, value)
        if fact.name == MATTER:
            if chosen in self._engine.matters:
                return chosen
        elif any(option.value == chosen for option in fact.options):
            return chosen
        raise FactRefused(Refusal.UNKNOWN_OPTION, fact.name)

    def _verdict(self, found: Assessment, facts: Facts, region: str | None, now: datetime | None) -> Verdict:
        return Verdict(
            outcome=found.outcome,
            basis=found.basis,
            settled=found.settled,
            rulebook=found.rulebook,
            on=found.on,
            reasons=found.reasons,
            missing=found.missing,
            next_question=self.question(found.missing[0], facts) if found.missing else None,
            flags=found.flags,
            tags=found.tags,
            apply_at=self._apply_at(found.venue, facts, region, found.on),
            deadlines=found.deadlines,
            documents=found.papers,
            alternatives=tuple(self._alternative(rule, region, now) for rule in found.alternatives),
            at=now,
            sooner=found.sooner,
            conflicts=found.conflicts,
        )

    def _apply_at(self, venue: Rule | None, facts: Facts, region: str | None, on: date) -> ApplyAt | None:
        """Art. 38; a place the citizen named for the case beats the place they write from."""
        if venue is None:
            return None
        named = _named(facts)
        place = named or region
        return ApplyAt(
            kind=_venue_kind(venue, facts),
            offices=self._directory.offices(place, OfficeKind.LEGAL_AID, on=on)[:1],
            region=place,
            place=self.place_name(named) if named else None,
        )

    def _alternative(self, rule: Rule, region: str | None, now: datetime | None) -> Alternative:
        office = self._directory.by_id(rule.office, region) if rule.office else None
        listing = self._directory.at(rule.office, region=region, now=now) if rule.office and now else None
        return Alternative(
            title=rule.text,
            contact=office.phone if office else None,
            hours=office.hours if office else None,
            opening=listing.opening if listing else None,
        )


_PLACES_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "place.handling_organ": "handling_organ_place",
        "place.dispute_body": "dispute_body_place",
        "place.event": "event_place",
    }
)
"""Where art. 38 sends an application, the stronger first: to the organ that has the case, once there is one."""
_LITIGATION: Final = "handling_organ_place"


def _named(facts: Facts) -> str | None:
    """Return the place art. 38 goes by, as far as the citizen named one; «the nation» is none."""
    places = (facts.get(fact) for fact in _PLACES_OF)
    return next((str(place) for place in places if place not in {None, NATION}), None)


def _venue_kind(venue: Rule, facts: Facts) -> str:
    """Return whose place it is: a matter that only courts and police handle stays theirs, wherever it happened."""
    if venue.name == _LITIGATION:
        return _LITIGATION
    named = (kind for fact, kind in _PLACES_OF.items() if facts.get(fact) not in {None, NATION})
    return next(named, venue.name or "")


def matters(taxonomy: Taxonomy) -> Mapping[str, tuple[str, ...]]:
    """Return each code and the most specific ones it can stand for: itself, or the leaves of a bare heading."""
    assignable = taxonomy.assignable()
    found: dict[str, tuple[str, ...]] = {}
    for topic in taxonomy.all():
        own = tuple(code for code in assignable if code.startswith(f"{topic.code}."))
        found[topic.code] = (topic.code,) if topic.assignable else own
    return MappingProxyType(found)


def _last_day(fact: Fact, on: date | None) -> date:
    """Return the last day a fact can name: what happened or came to hand did so by today."""
    if on is None:
        return date.max
    if fact.past:
        return on
    return _years_on(on)


def _years_on(day: date) -> date:
    ahead = min(day.year + _YEARS_AHEAD, date.max.year)
    return day.replace(year=ahead, day=min(day.day, 28))  # 29 February has no like in every year


def _bool(fact: Fact, value: FactValue) -> bool:
    if isinstance(value, bool):
        return value
    raise FactRefused(Refusal.WRONG_TYPE, fact.name)


def _text(fact: Fact, value: FactValue) -> str:
    if isinstance(value, str):
        return value
    raise FactRefused(Refusal.WRONG_TYPE, fact.name)


def _age(fact: Fact, value: FactValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise FactRefused(Refusal.WRONG_TYPE, fact.name)
    if not 0 <= value <= _OLDEST:
        raise FactRefused(Refusal.OUT_OF_RANGE, fact.name)
    return value


def _amount(fact: Fact, value: FactValue) -> Decimal:
    if isinstance(value, bool | date):
        raise FactRefused(Refusal.WRONG_TYPE, fact.name)
    try:
        amount = Decimal(str(value)).quantize(CENT)
    except InvalidOperation:
        raise FactRefused(Refusal.WRONG_TYPE, fact.name) from None
    if not amount.is_finite():
        raise FactRefused(Refusal.WRONG_TYPE, fact.name)
    if amount < 0:
        raise FactRefused(Refusal.OUT_OF_RANGE, fact.name)
    return amount


def _day(fact: Fact, value: FactValue) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(_text(fact, value))
    except ValueError:
        raise FactRefused(Refusal.WRONG_TYPE, fact.name) from None
