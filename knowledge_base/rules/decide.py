"""The outcome for what is known, whether it can still change, and what to ask next."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from threading import Lock
from types import MappingProxyType
from typing import Final

from knowledge_base.rules.book import Regime
from knowledge_base.rules.conditions import MATTER, AtLeast, AtMostParameter, Atom, Below, Scene
from knowledge_base.rules.diagram import Diagrams, Node, Planner
from knowledge_base.rules.model import Fact
from knowledge_base.rules.outcome import ADVERSE, FIGURE, INCOME, Clause, Group, Result, clauses, weigh
from knowledge_base.types import Facts, FactType, FactValue, Truth

CENT: Final = Decimal("0.01")
"""Amounts are kept to the 分, so that «not above» has a next amount."""
_CACHE: Final = 50_000
_Key = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules come to."""

    result: Result
    missing: tuple[str, ...] = ()
    """Facts still worth asking, the most deciding first, the income last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Answers that no rule in force tells apart: some of a list, or numbers from `least` to `most`, both included."""

    sample: FactValue
    values: tuple[FactValue, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None


class Decider:
    """Outcomes under one regime: the diagram is built once, on the first question about that place and time."""

    def __init__(self, regime: Regime, facts: Mapping[str, Fact], matters: Mapping[str, tuple[str, ...]]) -> None:
        self._regime = regime
        self._facts = facts
        self._matters = matters
        self._figure_on_file = FIGURE in regime.figures
        self._clauses = clauses(regime.rules, figure_on_file=self._figure_on_file)
        atoms: dict[str, set[Atom]] = {}
        for clause in self._clauses:
            for atom in clause.when.atoms():
                atoms.setdefault(atom.fact, set()).add(atom)
        # What a fact follows from is told apart as well, or «physical» and «none» would be one answer.
        for atom in [atom for name in atoms for each in facts[name].follows for atom in each.when.atoms()]:
            atoms.setdefault(atom.fact, set()).add(atom)
        self._looks_at = {id(clause): frozenset(atom.fact for atom in clause.when.atoms()) for clause in self._clauses}
        self._variables = tuple(name for name in facts if name in atoms)
        self._index = {name: number for number, name in enumerate(self._variables)}
        self._classes = tuple(self._classify(facts[name], atoms[name]) for name in self._variables)
        self._diagrams = Diagrams()
        # Where the law of a place is not known here, nothing turns on the matter either.
        self._matter = self._index.get(MATTER)
        last = frozenset(self._index[name] for name in self._variables if facts[name].last)
        self._planner = Planner(
            self._diagrams,
            widths={number: len(found.samples) for number, found in enumerate(self._classes)},
            last=last,
            first=frozenset() if self._matter is None else frozenset({self._matter}),
        )
        self._built: dict[tuple[object, ...], Node] = {}
        self._root = self._build(0, {}, self._clauses, dict.fromkeys(Group, False))
        self._built.clear()
        self._cache: dict[_Key, Decision] = {}
        self._lock = Lock()

    def decide(self, facts: Facts) -> Decision:
        """Return the decision for facts with their presumptions already in."""
        key = self._keys(facts)
        asked = INCOME in facts
        full: _Key = (*key, (asked,))
        found = self._cache.get(full)
        if found is None:
            with self._lock:  # the diagrams stay canonical only if one thread at a time adds to them
                if len(self._cache) >= _CACHE:
                    self._cache.clear()
                found = self._cache[full] = self._decide(key, income_answered=asked)
        return found

    def deciding(self, facts: Facts) -> tuple[str, ...]:
        """Return the facts the outcome still depends on, the most deciding first; an income nobody can weigh is none."""
        with self._lock:
            ordered = self._planner.order(self._outcomes(self._restrict(self._keys(facts))))
        return tuple(self._variables[number] for number in ordered)

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts that any rule in force here decides by."""
        return self._variables

    def samples(self, name: str) -> tuple[FactValue, ...]:
        """Return one value for each class of answers that the rules tell apart."""
        return self._classes[self._index[name]].samples

    def spans(self, name: str) -> tuple[Span, ...]:
        """Return every class of answers that the rules tell apart."""
        return self._classes[self._index[name]].spans()

    def _keys(self, facts: Facts) -> _Key:
        return tuple(self._known(number, facts) for number in range(len(self._variables)))

    def _decide(self, key: _Key, *, income_answered: bool) -> Decision:
        restricted = self._restrict(key)
        outcomes = self._outcomes(restricted)
        missing = [self._variables[number] for number in self._planner.order(outcomes)]
        if missing[:1] == [MATTER]:
            missing = [MATTER]  # the other questions depend on it
        # Without a figure the income decides nothing here, but the person who judges will need it.
        wanted = Result.PERSON_MEANS in restricted.results and not self._figure_on_file and not income_answered
        # Whoever cannot say what it is about is asked for the story by a person, and not for the money by us.
        untold = self._matter is not None and key[self._matter] == (-1,)
        if wanted and not untold and missing != [MATTER]:
            missing.append(INCOME)
        result = next(iter(restricted.results)) if len(restricted.results) == 1 else None
        if result is None:
            (result,) = outcomes.results if not outcomes.children else (Result.PERSON,)
        return Decision(result, tuple(missing))

    def _restrict(self, key: _Key) -> Node:
        node = self._root
        for number, known in enumerate(key):
            if known == (-1,):
                node = self._diagrams.forget(node, number)
            elif len(known) == 1:
                node = self._diagrams.cofactor(node, number, known[0])
            elif known:
                node = self._diagrams.narrow(node, number, known)
        return self._diagrams.relabel(node, _undecided)

    def _outcomes(self, node: Node) -> Node:
        return self._diagrams.relabel(node, _told)

    def _known(self, number: int, facts: Facts) -> tuple[int, ...]:
        """() for a fact nobody was asked about, (-1,) for «does not know», else the classes its value may be in."""
        name = self._variables[number]
        if name not in facts:
            return ()
        value = facts[name]
        if value is None:
            return (-1,)
        found = self._classes[number]
        if name == MATTER:
            return tuple(sorted({found.index(code) for code in self._matters[str(value)]}))
        return (found.index(value),)

    def _classify(self, fact: Fact, atoms: Iterable[Atom]) -> "_Classes":
        ordered = sorted(atoms, key=repr)
        if fact.type in {FactType.INT, FactType.MONEY}:
            return _Ranges(sorted(self._bounds(ordered)), step=1 if fact.type is FactType.INT else CENT)
        values: Sequence[FactValue] = [option.value for option in fact.options]
        if fact.name == MATTER:
            values = sorted({code for codes in self._matters.values() for code in codes})
        return _Kinds(values, ordered)

    def _bounds(self, atoms: Iterable[Atom]) -> set[Decimal]:
        bounds: set[Decimal] = set()
        for atom in atoms:
            match atom:
                case AtLeast() | Below():
                    bounds.add(Decimal(atom.bound))
                case AtMostParameter():
                    figure = self._regime.figures.get(atom.parameter)
                    if figure is not None:
                        bounds.add(figure.value + CENT)  # «not above»: the figure itself still counts
        return bounds

    def _build(
        self, number: int, known: dict[str, FactValue], open_clauses: Sequence[Clause], holds: dict[Group, bool]
    ) -> Node:
        """Decide fact by fact; branches end as soon as the worst and the best result are the same."""
        scene = Scene(facts=known, parameters=self._regime.parameters)
        holds = dict(holds)
        still_open = []
        for clause in open_clauses:
            truth = clause.when.evaluate(scene)
            if truth is Truth.TRUE:
                holds[clause.group] = True
            elif truth is Truth.UNKNOWN:
                still_open.append(clause)
        still_open = [clause for clause in still_open if not holds[clause.group]]
        worst, best = dict(holds), dict(holds)
        for clause in still_open:
            (worst if clause.group in ADVERSE else best)[clause.group] = True
        result = weigh(worst, figure_on_file=self._figure_on_file)
        if result is weigh(best, figure_on_file=self._figure_on_file):
            return self._diagrams.leaf(frozenset({result}))
        looked_at = frozenset().union(*(self._looks_at[id(clause)] for clause in still_open))
        # Branches that differ only in answers nothing open looks at are one branch.
        same = (
            tuple(map(id, still_open)),
            tuple(holds.values()),
            tuple((name, value) for name, value in known.items() if name in looked_at),
        )
        if same in self._built:
            return self._built[same]
        needed = looked_at - known.keys()
        while self._variables[number] not in needed:
            number += 1
        name = self._variables[number]
        built = self._built[same] = self._diagrams.node(
            number,
            [
                self._build(number + 1, {**known, name: sample}, still_open, holds)
                for sample in self._classes[number].samples
            ],
        )
        return built


class _Classes:
    """Values that no rule in force tells apart are one class; each has a sample."""

    samples: tuple[FactValue, ...]

    def index(self, value: FactValue) -> int:
        """Return the class of a value."""
        raise NotImplementedError

    def spans(self) -> tuple[Span, ...]:
        """Return every class in full."""
        raise NotImplementedError


class _Kinds(_Classes):
    def __init__(self, values: Sequence[FactValue], atoms: Sequence[Atom]) -> None:
        groups: dict[tuple[Truth, ...], list[FactValue]] = {}
        for value in values:
            groups.setdefault(tuple(atom.compare(value, Scene(facts={})) for atom in atoms), []).append(value)
        self.samples = tuple(members[0] for members in groups.values())
        self._members = tuple(map(tuple, groups.values()))
        self._index = MappingProxyType(
            {value: number for number, members in enumerate(groups.values()) for value in members}
        )

    def index(self, value: FactValue) -> int:
        return self._index[value]

    def spans(self) -> tuple[Span, ...]:
        return tuple(Span(sample=members[0], values=members) for members in self._members)


class _Ranges(_Classes):
    def __init__(self, bounds: Sequence[Decimal], *, step: int | Decimal) -> None:
        self._bounds = tuple(bounds)
        self._step = step
        self.samples = (Decimal(0), *bounds)

    def index(self, value: FactValue) -> int:
        assert isinstance(value, int | Decimal)  # noqa: S101 -- number facts only, see Decider._classify
        return bisect_right(self._bounds, Decimal(value))

    def spans(self) -> tuple[Span, ...]:
        edges = (None, *self._bounds, None)
        return tuple(
            Span(sample=sample, least=low, most=None if high is None else high - self._step)
            for sample, low, high in zip(self.samples, edges, edges[1:], strict=False)
        )


def _undecided(results: frozenset[Result]) -> Result:
    """Give what stays open because the citizen does not know to a person."""
    if len(results) == 1:
        return next(iter(results))
    return Result.PERSON_MEANS if Result.PERSON_MEANS in results else Result.PERSON


def _told(results: frozenset[Result]) -> Result:
    (result,) = results
    return Result.PERSON if result is Result.PERSON_MEANS else result
