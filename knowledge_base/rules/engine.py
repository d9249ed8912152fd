"""Applies the rulebook to facts: what is likely, why, what is still unknown, and what goes with the result."""

from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, assert_never

from knowledge_base.rules.book import Regime, Rulebook
from knowledge_base.rules.conditions import ANY_LEAF, MATTER, AtMostParameter, Scene
from knowledge_base.rules.decide import Decider, Decision
from knowledge_base.rules.model import DECIDING, Fact, Kind, Length, Rule
from knowledge_base.rules.outcome import FIGURE, INCOME, Result, groups
from knowledge_base.types import Basis, Conflict, Deadline, Facts, FactValue, Outcome, Reason, Truth

VERIFY: Final = "verify_local_rule"
CONFLICTING: Final = "conflicting_facts"
_FLAGS: Final = ("same_day", "advance_aid", "mass_case", "conflict_check", VERIFY)
_HURRIES: Final = frozenset({"same_day", "advance_aid"})
"""Flags that start a clock."""
_WEIGHT: Final = {
    kind: number
    for number, kind in enumerate(
        (
            Kind.EXCLUSION,
            Kind.MANDATORY,
            Kind.UNCONDITIONAL,
            Kind.WAIVER,
            Kind.SCOPE,
            Kind.PERSON,
            Kind.NOTE,
            Kind.FLAG,
            Kind.TAG,
        )
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the rules alone say; offices and numbers are added by knowledge_base.assess."""

    outcome: Outcome
    basis: Basis
    settled: bool
    on: date
    rulebook: str
    reasons: tuple[Reason, ...]
    missing: tuple[str, ...]
    flags: tuple[str, ...]
    tags: tuple[str, ...]
    venue: Rule | None
    deadlines: tuple[Deadline, ...]
    papers: tuple[str, ...]
    alternatives: tuple[Rule, ...]
    sooner: tuple[Reason, ...]
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    rule: Rule
    truth: Truth
    depends: frozenset[str]
    """The facts it looks at, besides the matter."""


_SATURDAY: Final = 5


def _weekday(day: date) -> bool:
    return day.weekday() < _SATURDAY


class Engine:
    """One rulebook, ready to be asked; safe to share between threads once warm, and cheap to warm."""

    def __init__(
        self,
        rulebook: Rulebook,
        *,
        matters: Mapping[str, tuple[str, ...]],
        works: Callable[[date], bool] = _weekday,
        beside: "Engine | None" = None,
    ) -> None:
        """`works`: whether offices work on a day, holidays included where they are known.

        `beside`: an engine over nearly the same rules, whose diagrams serve here too where the law is the same.
        """
        self.rulebook = rulebook
        self.works = works
        self.matters = matters
        """Each code a caller may name, and the most specific codes it can stand for."""
        self._meant = {code: _meant(code, specific) for code, specific in matters.items()}
        self._specific = {self._meant[code]: specific for code, specific in matters.items()}
        self.deciders: dict[tuple[object, ...], Decider] = dict(beside.deciders) if beside else {}
        self._by_matter: dict[tuple[int, FactValue], Sequence[tuple[Rule, frozenset[str]]]] = {}
        self._presumed = tuple(fact for fact in rulebook.facts.values() if fact.presumptions)
        self._following = tuple(fact for fact in rulebook.facts.values() if fact.follows)
        rules = (rule for place in rulebook.places.values() for rule in place.rules if rule.kind in DECIDING)
        self._decides = frozenset(atom.fact for rule in rules for atom in rule.when.atoms())

    def assess(self, facts: Facts, *, chain: Sequence[str], on: date) -> Assessment:
        """Apply what is in force in the first place of `chain` that has rules. Raises NotInForce."""
        regime = self.rulebook.regime(chain, on)
        full = self.presume(facts)
        conflicts = self.conflicts(facts)
        decision = Decision(Result.PERSON) if conflicts else self.decider(regime).decide(full)
        scene = Scene(facts=full, on=on, parameters=regime.parameters)
        judged = [
            _Judged(rule, rule.when.evaluate(scene), depends)
            for rule, depends in self._relevant(regime, full.get(MATTER))
        ]
        outcome = decision.result.outcome
        hurrying = [] if decision.missing else [each for each in judged if self._could_hurry(each, outcome, full)]
        basis = Basis.UNDETERMINED if conflicts else _basis(decision, judged, regime, scene)
        said = [item for item in judged if item.truth is Truth.TRUE and _goes_with(item.rule, outcome, basis)]
        return Assessment(
            outcome=outcome,
            basis=basis,
            settled=not decision.missing,
            on=on,
            rulebook=self.rulebook.digest,
            # Of two answers that exclude each other neither carries anything.
            reasons=tuple(_reasons(judged, said, facts, regime, None if conflicts else decision)),
            missing=decision.missing,
            flags=(*_flags(said, judged, outcome), *((CONFLICTING,) if conflicts else ())),
            tags=tuple(dict.fromkeys(item.rule.name for item in said if item.rule.kind is Kind.TAG and item.rule.name)),
            venue=next((item.rule for item in said if item.rule.kind is Kind.VENUE), None),
            deadlines=tuple(_deadlines(said, full, regime, on, self.works)),
            papers=tuple(item.rule.text for item in said if item.rule.kind is Kind.PAPER),
            alternatives=tuple(item.rule for item in said if item.rule.kind is Kind.ALTERNATIVE),
            sooner=tuple(_reason(item, regime) for item in hurrying),
            conflicts=conflicts,
        )

    def conflicts(self, facts: Facts) -> tuple[Conflict, ...]:
        """Return what was told and cannot all be so; what is only presumed was told by nobody."""
        full, called = self.presume(facts), {name: fact.called[0] for name, fact in self.rulebook.facts.items()}
        told = {name: full[name] for name, value in facts.items() if value is not None}
        return tuple(
            Conflict(facts=(one, other), called=(called[one], called[other]))
            for one, other in (each.facts for each in self.rulebook.contradictions if each.holds(told))
        )

    def _could_hurry(self, item: _Judged, outcome: Outcome, facts: Facts) -> bool:
        """Say whether a clock would start if more were known, by something that people can be asked."""
        rule = item.rule
        return (
            rule.kind is Kind.FLAG
            and rule.name in _HURRIES
            and item.truth is Truth.UNKNOWN
            and (not rule.outcomes or outcome in rule.outcomes)
            and any(self.rulebook.facts[name].asked and name not in facts for name in item.depends)
        )

    def presume(self, facts: Facts) -> Facts:
        """Return the facts with what follows from them, and what is taken as so unless said otherwise.

        «I do not know» is an answer, and no presumption speaks against it where it could decide. What only chooses a time limit
        stays presumed: a limit is rather told than kept quiet about.
        """
        full: dict[str, FactValue] = dict(facts)
        matter = full.get(MATTER)
        if matter is not None:
            full[MATTER] = self._meant[str(matter)]
        for fact in self._following:
            value = fact.told_by(facts)
            if value is not None:
                full[fact.name] = value
        scene = Scene(facts=MappingProxyType({MATTER: full.get(MATTER)}))
        for fact in self._presumed:
            if fact.name not in full or (full[fact.name] is None and fact.name not in self._decides):
                value = _presumed(fact, scene)
                if value is not None:
                    full[fact.name] = value
        return full

    def decider(self, regime: Regime) -> Decider:
        """Return the decider of a regime, built on first use; places whose law is the same share one."""
        rules = tuple(rule for rule in regime.rules if rule.kind in DECIDING)
        used = {FIGURE} | {
            atom.parameter for rule in rules for atom in rule.when.atoms() if isinstance(atom, AtMostParameter)
        }
        key = (tuple(map(id, rules)), tuple(regime.parameters.get(name) for name in sorted(used)))
        found = self.deciders.get(key)
        if found is None:
            found = self.deciders[key] = Decider(regime, self.rulebook.facts, self._specific)
        return found

    def _relevant(self, regime: Regime, matter: FactValue) -> Sequence[tuple[Rule, frozenset[str]]]:
        """Return the rules that the matter alone does not rule out, whatever else is said."""
        key = (id(regime), matter)
        found = self._by_matter.get(key)
        if found is None:
            scene = Scene(facts={MATTER: matter})
            found = self._by_matter[key] = tuple(
                (rule, frozenset(atom.fact for atom in rule.when.atoms()) - {MATTER})
                for rule in regime.rules
                if rule.when.evaluate(scene) is not Truth.FALSE
            )
        return found


_AGAINST: Final = frozenset({Kind.EXCLUSION, Kind.PERSON})


def _goes_with(rule: Rule, outcome: Outcome, basis: Basis) -> bool:
    return (not rule.outcomes or outcome in rule.outcomes) and (not rule.bases or basis in rule.bases)


def _reasons(
    judged: Iterable[_Judged], said: Sequence[_Judged], facts: Facts, regime: Regime, decision: Decision | None
) -> Iterator[Reason]:
    """Yield what decided first; then what was said with it; then what is open; then what was looked at in vain."""
    told = [item for item in said if item.rule.kind in _WEIGHT]
    told.sort(key=lambda item: (_WEIGHT[item.rule.kind], item.rule.local))
    near = [
        item
        for item in judged
        if item.rule.kind in DECIDING
        and item.truth is not Truth.TRUE
        and MATTER in facts
        and _touched(item, facts)
        # What would stand against the applicant and does not is no reason for anything.
        and not (item.rule.kind in _AGAINST and item.truth is Truth.FALSE)
    ]
    near.sort(key=lambda item: (item.truth is Truth.FALSE, _WEIGHT[item.rule.kind]))
    deciding = frozenset(map(id, _carrying(told, near, facts, decision) if decision else ()))
    for item in (*told, *near):
        yield _reason(item, regime, decides=id(item) in deciding)


def _reason(item: _Judged, regime: Regime, *, decides: bool = False) -> Reason:
    rule = item.rule
    text = rule.otherwise if item.truth is Truth.FALSE and rule.otherwise else rule.text
    return Reason(rule=rule.id, result=item.truth, text=text, citation=regime.citations[rule.id], decides=decides)


def _carrying(told: Sequence[_Judged], near: Sequence[_Judged], facts: Facts, decision: Decision) -> Sequence[_Judged]:
    """Return what the outcome rests on: nothing that can no longer change it, and no rule that would say the opposite."""
    match decision.result.outcome:
        case Outcome.LIKELY:
            return told
        case Outcome.NEEDS_PERSON:
            asked = {name for name, value in facts.items() if value is None} | set(decision.missing)
            held = {group for item in told for group in groups(item.rule)}
            return [
                *told,
                *(
                    item
                    for item in near
                    if item.truth is Truth.UNKNOWN and item.depends & asked and not held.issuperset(groups(item.rule))
                ),
            ]
        case Outcome.UNLIKELY:
            # What keeps it from the applicant whatever else is so leaves nothing else to tell.
            return [item for item in told if item.rule.kind is Kind.EXCLUSION] or [
                *(item for item in told if item.rule.bases),
                *(item for item in near if item.truth is Truth.FALSE and item.rule.otherwise),
            ]
        case _ as never:
            assert_never(never)


def _meant(code: str, specific: Sequence[str]) -> str:
    """Return the leaf itself, or «labour.*» where only the heading is known."""
    return specific[0] if len(specific) == 1 else f"{code}.{ANY_LEAF}"


def _presumed(fact: Fact, scene: Scene) -> FactValue:
    return next((each.value for each in fact.presumptions if each.when.evaluate(scene) is Truth.TRUE), None)


def _touched(item: _Judged, facts: Facts) -> bool:
    """Say whether a rule that does not hold is worth showing: it is open, or somebody's answer ruled it out."""
    if item.truth is Truth.UNKNOWN:
        return True
    return any(facts.get(name) is not None for name in item.depends)


def _basis(decision: Decision, judged: Sequence[_Judged], regime: Regime, scene: Scene) -> Basis:
    held = {(item.rule.kind, item.rule.certain, item.rule.local) for item in judged if item.truth is Truth.TRUE}

    def any_of(kind: Kind, *, local: bool | None = None) -> bool:
        return any(k is kind and certain and local in {None, place} for k, certain, place in held)

    match decision.result:
        case Result.LIKELY:
            for kind, local, basis in (
                (Kind.MANDATORY, None, Basis.MANDATORY_DEFENCE),
                (Kind.UNCONDITIONAL, None, Basis.NO_MEANS_CONDITION),
                (Kind.WAIVER, False, Basis.MEANS_CHECK_WAIVED),
                (Kind.WAIVER, True, Basis.LOCAL_WAIVER),
            ):
                if any_of(kind, local=local):
                    return basis
            return Basis.MEANS_MET if FIGURE in regime.figures else Basis.UNDETERMINED
        case Result.UNLIKELY:
            in_scope = any(kind is Kind.SCOPE for kind, _, _ in held)
            if any(kind is Kind.EXCLUSION for kind, _, _ in held):
                return Basis.OUT_OF_SCOPE
            if in_scope:
                return Basis.MEANS_NOT_MET
            return Basis.NOT_IN_FORCE if _covered_at_another_time(regime, scene) else Basis.OUT_OF_SCOPE
        case Result.PERSON | Result.PERSON_MEANS:
            means_open = any_of(Kind.SCOPE) and not any_of(Kind.WAIVER) and scene.facts.get(INCOME) is None
            means_open |= any_of(Kind.SCOPE) and not any_of(Kind.WAIVER) and FIGURE not in regime.figures
            capped = any(kind is Kind.PERSON for kind, _, _ in held)
            return Basis.MEANS_UNKNOWN if means_open and not capped else Basis.UNDETERMINED


def _covered_at_another_time(regime: Regime, scene: Scene) -> bool:
    return any(
        rule.when.evaluate(scene) is Truth.TRUE
        for rule in regime.dormant
        if rule.kind in {Kind.SCOPE, Kind.UNCONDITIONAL, Kind.MANDATORY} and rule.certain
    )


def _flags(said: Iterable[_Judged], judged: Sequence[_Judged], outcome: Outcome) -> tuple[str, ...]:
    raised = {item.rule.name for item in said if item.rule.kind is Kind.FLAG}
    if outcome is not Outcome.UNLIKELY and _rests_on_local_rules(judged):
        raised.add(VERIFY)
    return tuple(flag for flag in _FLAGS if flag in raised)


def _rests_on_local_rules(judged: Sequence[_Judged]) -> bool:
    """Say whether a place gives more here than the nation does: both are shown, and a person confirms the local one."""
    enough = {Kind.MANDATORY, Kind.UNCONDITIONAL}
    if any(item.truth is Truth.TRUE and item.rule.kind in enough and _national(item.rule) for item in judged):
        return False
    for kind in (Kind.SCOPE, Kind.WAIVER, Kind.UNCONDITIONAL):
        held = [item.rule for item in judged if item.rule.kind is kind and item.truth is Truth.TRUE]
        if any(rule.local for rule in held) and not any(_national(rule) for rule in held):
            return True
    return False


def _national(rule: Rule) -> bool:
    return not rule.local and rule.certain


def _deadlines(
    said: Iterable[_Judged], facts: Facts, regime: Regime, on: date, works: Callable[[date], bool]
) -> Iterator[Deadline]:
    for item in said:
        rule = item.rule
        if rule.kind is not Kind.DEADLINE or rule.name is None:
            continue
        start = facts.get(rule.fact) if rule.fact else None
        if rule.needs_fact and not isinstance(start, date):
            continue
        latest = _last_day(start, rule, works) if isinstance(start, date) else None
        yield Deadline(
            what=rule.name,
            title=rule.text,
            since=start if isinstance(start, date) and rule.length is not None else None,
            latest=latest,
            certain=False,
            passed=latest is not None and latest < on,
            citation=regime.citations[rule.id],
        )


def _last_day(start: date, rule: Rule, works: Callable[[date], bool]) -> date | None:
    """Return the last day of a limit, moved on where nobody works then; a last day that was told stays as it was told."""
    if rule.length is None:
        return start
    last = _after(start, rule.length)
    try:
        while last is not None and rule.rolls and not works(last):
            last += timedelta(days=1)
    except OverflowError:
        return None
    return last


def _after(start: date, length: Length) -> date | None:
    """Add years, months, days; the start day itself does not count (Civil Procedure Law art. 85)."""
    months = start.month - 1 + length.months
    year = start.year + length.years + months // 12
    month = months % 12 + 1
    # 31 February and its like: the month's last day (Civil Code art. 202).
    day = min(start.day, monthrange(year, month)[1])
    try:
        return date(year, month, day) + timedelta(days=length.days)
    except (ValueError, OverflowError):  # beyond the calendar there is no day to tell
        return None
