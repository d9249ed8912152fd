"""Changes the rulebook in every small way that would be wrong, so that it shows which mistakes no case would notice."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from knowledge_base.rules import conditions as c
from knowledge_base.rules.book import Place, Rulebook
from knowledge_base.rules.cases import Case
from knowledge_base.rules.conditions import Condition
from knowledge_base.rules.model import DECIDING, Kind, Period, Rule
from knowledge_base.types import Facts, FactType, Outcome, Truth

Known = Callable[[Case], Facts]
"""The facts of a case as the engine knows them, presumptions in."""

_OF_THE_CONDITION: Final = frozenset({"operator", "part dropped", "list", "bound"})
_DAY: Final = timedelta(days=1)
_SWAPPED: Final = {
    Kind.WAIVER: Kind.UNCONDITIONAL,
    Kind.UNCONDITIONAL: Kind.WAIVER,
    Kind.SCOPE: Kind.MANDATORY,
    Kind.MANDATORY: Kind.SCOPE,
    Kind.EXCLUSION: Kind.PERSON,
    Kind.PERSON: Kind.EXCLUSION,
}
_UNCERTAIN: Final = frozenset({Kind.SCOPE, Kind.UNCONDITIONAL, Kind.WAIVER})
"""The kinds on which «certain» does anything."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One provision spoilt: a rule, or a definition and with it every rule that rests on it."""

    name: str
    where: str
    change: str
    """The kind of change, by which the score is counted."""
    detail: str
    spoilt: tuple[tuple[Rule, Rule | None], ...]
    """Each rule that reads otherwise now, and how; None where it was dropped."""

    def __str__(self) -> str:
        return f"{self.where}: {self.name}: {self.change} {self.detail}".rstrip()


def mutants(book: Rulebook) -> Iterator[Mutant]:
    """Yield every mutant of every provision that the loader would not refuse."""
    definitions = [each for place in book.places.values() for each in place.definitions.values()]
    for place in book.places.values():
        for name, definition in place.definitions.items():
            for change, detail, when in _conditions(definition, book, definitions):
                yield Mutant(name, place.file, change, detail, tuple(_resting(book, definition, when)))
        for rule in place.rules:
            where = f"{rule.file}:{rule.line}"
            yield Mutant(rule.id, where, "drop", "", ((rule, None),))
            for change, detail, spoilt in (*_periods(rule, book), *_attributes(rule, book)):
                yield Mutant(rule.id, where, change, detail, ((rule, spoilt),))
            inside = [each for each in definitions if each is not rule.when]
            shared = any(each is rule.when for each in definitions)
            for change, detail, when in () if shared else _conditions(rule.when, book, inside):
                yield Mutant(rule.id, where, change, detail, ((rule, replace(rule, when=when)),))


def _resting(book: Rulebook, definition: Condition, when: Condition) -> Iterator[tuple[Rule, Rule]]:
    for place in book.places.values():
        for rule in place.rules:
            changed = _substitute(rule.when, definition, when)
            if changed is not rule.when:
                yield rule, replace(rule, when=changed)


def _substitute(condition: Condition, old: Condition, new: Condition) -> Condition:
    """Put one condition for another, wherever that very one stands."""
    if condition is old:
        return new
    match condition:
        case c.Not(part):
            changed = _substitute(part, old, new)
            return condition if changed is part else c.Not(changed)
        case c.All(parts) | c.Any(parts):
            others = tuple(_substitute(part, old, new) for part in parts)
            return condition if all(a is b for a, b in zip(parts, others, strict=True)) else type(condition)(others)
        case _:
            return condition


def _periods(rule: Rule, book: Rulebook) -> Iterator[tuple[str, str, Rule]]:
    start, end = rule.period.start, rule.period.end
    others = [each.period for each in book.versions(rule.id) if each is not rule]
    moved = []
    if not any(other.end == start for other in others):  # where two versions meet, the loader sees overlap and gap
        moved += [
            ("starts a day later", Period(start + _DAY, end)),
            ("starts a day earlier", Period(start - _DAY, end)),
        ]
    if end is not None and not any(other.start == end for other in others):
        moved += [("ends a day later", Period(start, end + _DAY)), ("ends a day earlier", Period(start, end - _DAY))]
    for detail, period in moved:
        yield "boundary", detail, replace(rule, period=period)


def _attributes(rule: Rule, book: Rulebook) -> Iterator[tuple[str, str, Rule]]:
    if rule.kind in _UNCERTAIN:
        yield "certainty", "", replace(rule, certain=not rule.certain)
    if rule.kind in _SWAPPED:
        yield "kind", _SWAPPED[rule.kind], replace(rule, kind=_SWAPPED[rule.kind], certain=True, other_reason=False)
    if rule.other_reason:
        yield "kind", "no other reason", replace(rule, other_reason=False)
    yield from _of_the_telling(rule)
    yield from _of_a_limit(rule, book)
    if rule.kind is Kind.FLAG:
        yield "name", "", replace(rule, name="mass_case" if rule.name != "mass_case" else "conflict_check")


def _of_the_telling(rule: Rule) -> Iterator[tuple[str, str, Rule]]:
    for outcome in rule.outcomes:
        left = tuple(each for each in rule.outcomes if each != outcome)
        if left:  # said with none it is the rule dropped
            yield "outcomes", f"not with {outcome}", replace(rule, outcomes=left)
    for basis in rule.bases if len(rule.bases) > 1 else ():
        yield "bases", f"not with {basis}", replace(rule, bases=tuple(each for each in rule.bases if each != basis))
    if rule.bases:
        yield "bases", "with every one", replace(rule, bases=())
    if rule.kind not in DECIDING:
        told = rule.outcomes or tuple(Outcome)
        for outcome in (each for each in Outcome if each not in told):
            yield "outcomes", f"also with {outcome}", replace(rule, outcomes=(*told, outcome))


def _of_a_limit(rule: Rule, book: Rulebook) -> Iterator[tuple[str, str, Rule]]:
    if rule.length is not None:
        for days in (1, -1):
            yield "limit", f" {days:+} day", replace(rule, length=replace(rule.length, days=rule.length.days + days))
        yield (
            "limit",
            "on a day of rest too" if rule.rolls else "never on a day of rest",
            replace(rule, rolls=not rule.rolls),
        )
    if rule.fact is not None and rule.kind is Kind.DEADLINE:
        other = next(name for name, fact in book.facts.items() if fact.type is FactType.DATE and name != rule.fact)
        yield "start", f"from {other}", replace(rule, fact=other)


def _conditions(when: Condition, book: Rulebook, shared: Sequence[Condition]) -> Iterator[tuple[str, str, Condition]]:
    """Yield the condition spoilt in each of its parts; what is `shared` is spoilt where it is defined, not here."""
    match when:
        case c.All(parts) | c.Any(parts):
            if len(parts) > 1:
                yield "operator", "all <-> any", (c.Any if isinstance(when, c.All) else c.All)(parts)
            for number, part in enumerate(parts):
                before, after = parts[:number], parts[number + 1 :]
                if len(parts) > 1:
                    yield "part dropped", _short(part), type(when)(before + after)
                for change, detail, spoilt in _inside(part, book, shared):
                    yield change, detail, type(when)((*before, spoilt, *after))
        case c.Not(part):
            yield "operator", f"without not: {_short(part)}", part
            for change, detail, spoilt in _inside(part, book, shared):
                yield change, detail, c.Not(spoilt)
        case c.Always():
            yield "operator", "never", c.Not(when)
        case c.Atom():
            yield "operator", f"not {_short(when)}", c.Not(when)
            yield from _atoms(when, book)
        case _:
            return


def _inside(part: Condition, book: Rulebook, shared: Sequence[Condition]) -> Iterator[tuple[str, str, Condition]]:
    if any(part is each for each in shared):
        yield "operator", f"not {_short(part)}", c.Not(part)
    else:
        yield from _conditions(part, book, shared)


def _atoms(atom: c.Atom, book: Rulebook) -> Iterator[tuple[str, str, Condition]]:
    match atom:
        case c.AtLeast(fact, bound) | c.Below(fact, bound):
            for step in (1, -1):
                yield "bound", f"{fact} {bound + step}", type(atom)(fact, bound + step)
        case c.WithinDays(fact, days):
            for step in (1, -1):
                yield "bound", f"{fact} {days + step} days", c.WithinDays(fact, days + step)
        case c.OneOf(fact, values):
            options = frozenset(str(option.value) for option in book.facts[fact].options)
            for value in sorted(options):
                detail = f"{'without' if value in values else 'with'} {value}"
                if values != {value}:
                    yield "list", detail, c.OneOf(fact, values ^ {value})
        case c.Under(fact, codes):
            for code in sorted(codes) if len(codes) > 1 else ():
                yield "list", f"without {code}", c.Under(fact, codes - {code})
        case _:
            return


def _short(condition: Condition) -> str:
    return ", ".join(sorted({atom.fact for atom in condition.atoms()}))


def spoil(book: Rulebook, mutant: Mutant) -> Rulebook:
    """Return the book with one provision spoilt."""
    instead = {id(rule): spoilt for rule, spoilt in mutant.spoilt}
    touched = {rule.place for rule, _ in mutant.spoilt}
    places: dict[str, Place] = {}
    for code, place in book.places.items():
        rules = (instead.get(id(rule), rule) for rule in place.rules)
        kept = tuple(rule for rule in rules if rule is not None)
        places[code] = replace(place, rules=kept) if code in touched else place
    return Rulebook(
        facts=book.facts, contradictions=book.contradictions, places=places, digest=f"{book.digest} {mutant}"
    )


def concerned(
    mutant: Mutant, cases: Iterable[Case], places: Callable[[Case], Collection[str]], known: Known
) -> list[Case]:
    """Return the cases whose verdict the change could touch, those that name the rule first.

    A condition that is settled, and settled alike, before and after cannot tell the two books apart.
    `places` are those whose law a case may be judged by.
    """
    names = {rule.id for rule, _ in mutant.spoilt}
    found = [
        case
        for case in cases
        if any(
            rule.place in places(case) and _differs(mutant.change, rule, spoilt, case, known)
            for rule, spoilt in mutant.spoilt
        )
    ]
    return sorted(found, key=lambda case: not names & case.rules)


def _differs(change: str, rule: Rule, spoilt: Rule | None, case: Case, known: Known) -> bool:
    if "refused" in case.expect:  # facts that cannot be read are refused whatever the book says; a day is not
        return change == "boundary"
    scene = c.Scene(facts=known(case), on=case.on)
    before = rule.when.evaluate(scene) if case.on in rule.period else Truth.FALSE
    after = spoilt.when.evaluate(scene) if spoilt is not None and case.on in spoilt.period else Truth.FALSE
    if change in _OF_THE_CONDITION:
        return before is not after or before is Truth.UNKNOWN
    return before is not after if change == "boundary" else before is not Truth.FALSE


@dataclass(frozen=True, slots=True)
class Score:
    """How many mutants of one kind of change the cases noticed."""

    change: str
    killed: int
    total: int


def scores(results: Iterable[tuple[Mutant, bool]]) -> tuple[Score, ...]:
    """Count the noticed mutants by kind of change, the weakest first."""
    counted: dict[str, list[int]] = {}
    for mutant, killed in results:
        count = counted.setdefault(mutant.change, [0, 0])
        count[0] += killed
        count[1] += 1
    found = [Score(change, killed, total) for change, (killed, total) in counted.items()]
    return tuple(sorted(found, key=lambda score: (score.killed / score.total, score.change)))
