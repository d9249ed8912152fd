"""Conditions of rules in Kleene's three-valued logic, so that what nobody has said is never taken for a no.

The operators are a closed set of small classes; there is no expression language to inject anything into.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from knowledge_base.types import Facts, FactValue, Truth

MATTER: Final = "matter"
ANY_LEAF: Final = "*"
"""Stands for the leaf of a matter of which only the heading is known."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a condition is judged against: the facts, the day, and the figures in force."""

    facts: Facts
    on: date | None = None
    parameters: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))


def conjunction(values: Iterator[Truth]) -> Truth:
    """Kleene's strong AND."""
    result = Truth.TRUE
    for value in values:
        if value is Truth.FALSE:
            return Truth.FALSE
        if value is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def disjunction(values: Iterator[Truth]) -> Truth:
    """Kleene's strong OR."""
    result = Truth.FALSE
    for value in values:
        if value is Truth.TRUE:
            return Truth.TRUE
        if value is Truth.UNKNOWN:
            result = Truth.UNKNOWN
    return result


def negate(value: Truth) -> Truth:
    """Kleene's NOT."""
    if value is Truth.UNKNOWN:
        return value
    return Truth.FALSE if value is Truth.TRUE else Truth.TRUE


def _truth(value: bool) -> Truth:  # noqa: FBT001 -- the boolean is the point
    return Truth.TRUE if value else Truth.FALSE


class Condition(ABC):
    """Something that is true, false or unknown of a scene."""

    __slots__ = ()

    @abstractmethod
    def evaluate(self, scene: Scene) -> Truth:
        """Judge the scene."""

    @abstractmethod
    def atoms(self) -> Iterator["Atom"]:
        """Yield every comparison with a fact."""


@dataclass(frozen=True, slots=True)
class Always(Condition):
    """Holds without any condition."""

    def evaluate(self, scene: Scene) -> Truth:  # noqa: ARG002
        """Judge the scene."""
        return Truth.TRUE

    def atoms(self) -> Iterator["Atom"]:
        """Yield nothing."""
        yield from ()


@dataclass(frozen=True, slots=True)
class All(Condition):
    """Every part holds."""

    parts: tuple[Condition, ...]

    def evaluate(self, scene: Scene) -> Truth:
        """Judge the scene."""
        return conjunction(part.evaluate(scene) for part in self.parts)

    def atoms(self) -> Iterator["Atom"]:
        """Yield every comparison with a fact."""
        for part in self.parts:
            yield from part.atoms()


@dataclass(frozen=True, slots=True)
class Any(Condition):
    """At least one part holds."""

    parts: tuple[Condition, ...]

    def evaluate(self, scene: Scene) -> Truth:
        """Judge the scene."""
        return disjunction(part.evaluate(scene) for part in self.parts)

    def atoms(self) -> Iterator["Atom"]:
        """Yield every comparison with a fact."""
        for part in self.parts:
            yield from part.atoms()


@dataclass(frozen=True, slots=True)
class Not(Condition):
    """The part does not hold."""

    part: Condition

    def evaluate(self, scene: Scene) -> Truth:
        """Judge the scene."""
        return negate(self.part.evaluate(scene))

    def atoms(self) -> Iterator["Atom"]:
        """Yield every comparison with a fact."""
        yield from self.part.atoms()


@dataclass(frozen=True, slots=True)
class Atom(Condition):
    """A comparison with one fact; absent and `None` are both unknown."""

    fact: str

    def evaluate(self, scene: Scene) -> Truth:
        """Judge the scene."""
        value = scene.facts.get(self.fact)
        return Truth.UNKNOWN if value is None else self.compare(value, scene)

    @abstractmethod
    def compare(self, value: FactValue, scene: Scene) -> Truth:
        """Compare a known value."""

    def atoms(self) -> Iterator["Atom"]:
        """Yield itself."""
        yield self


@dataclass(frozen=True, slots=True)
class Is(Atom):
    """The fact has exactly this value."""

    value: bool | str

    def compare(self, value: FactValue, scene: Scene) -> Truth:  # noqa: ARG002
        """Compare a known value."""
        return _truth(value == self.value)


@dataclass(frozen=True, slots=True)
class OneOf(Atom):
    """The fact has one of these values."""

    values: frozenset[str]

    def compare(self, value: FactValue, scene: Scene) -> Truth:  # noqa: ARG002
        """Compare a known value."""
        return _truth(value in self.values)


@dataclass(frozen=True, slots=True)
class AtLeast(Atom):
    """以上: the number itself included (Civil Code art. 1259)."""

    bound: int

    def compare(self, value: FactValue, scene: Scene) -> Truth:  # noqa: ARG002
        """Compare a known value."""
        assert isinstance(value, int | Decimal)  # noqa: S101 -- the loader admits number facts only
        return _truth(value >= self.bound)


@dataclass(frozen=True, slots=True)
class Below(Atom):
    """不满: the number itself not included (Civil Code art. 1259)."""

    bound: int

    def compare(self, value: FactValue, scene: Scene) -> Truth:  # noqa: ARG002
        """Compare a known value."""
        assert isinstance(value, int | Decimal)  # noqa: S101 -- the loader admits number facts only
        return _truth(value < self.bound)


@dataclass(frozen=True, slots=True)
class AtMostParameter(Atom):
    """The fact is not above a figure the law sets; unknown where no figure is on file."""

    parameter: str

    def compare(self, value: FactValue, scene: Scene) -> Truth:
        """Compare a known value."""
        figure = scene.parameters.get(self.parameter)
        if figure is None:
            return Truth.UNKNOWN
        assert isinstance(value, int | Decimal)  # noqa: S101 -- the loader admits number facts only
        return _truth(value <= figure)


@dataclass(frozen=True, slots=True)
class WithinDays(Atom):
    """不足…日: the day has not passed, and fewer than so many days are left."""

    days: int

    def compare(self, value: FactValue, scene: Scene) -> Truth:
        """Compare a known value."""
        assert isinstance(value, date)  # noqa: S101 -- the loader admits date facts only
        if scene.on is None:
            return Truth.UNKNOWN
        return _truth(0 <= (value - scene.on).days < self.days)


@dataclass(frozen=True, slots=True)
class Under(Atom):
    """The matter is one of these codes or lies under one; «labour.*», some matter of labour, may be or not: unknown."""

    codes: frozenset[str]

    def compare(self, value: FactValue, scene: Scene) -> Truth:  # noqa: ARG002
        """Compare a known value."""
        matter = str(value)
        head, _, leaf = matter.partition(".")
        if matter in self.codes or head in self.codes:
            return Truth.TRUE
        if leaf == ANY_LEAF and any(code.startswith(f"{head}.") for code in self.codes):
            return Truth.UNKNOWN
        return Truth.FALSE
