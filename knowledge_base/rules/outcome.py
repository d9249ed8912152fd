"""How the truth of the rules becomes one of three outcomes: the only place where they are weighed against each other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from knowledge_base.rules.conditions import AtMostParameter, Condition
from knowledge_base.rules.model import Kind, Rule
from knowledge_base.types import Outcome

FIGURE: Final = "hardship.monthly_income_per_capita"
"""经济困难标准: the parameter an operator files, with its source, once the province's figure is known."""
INCOME: Final = "household.monthly_income_per_capita"


class Result(IntEnum):
    """An outcome, told apart by whether the person who judges will want to know the income."""

    UNLIKELY = 0
    PERSON = 1
    PERSON_MEANS = 2
    LIKELY = 3

    @property
    def outcome(self) -> Outcome:
        """The outcome a citizen is told."""
        match self:
            case Result.UNLIKELY:
                return Outcome.UNLIKELY
            case Result.LIKELY:
                return Outcome.LIKELY
            case _:
                return Outcome.NEEDS_PERSON


class Group(StrEnum):
    """What a rule, when it holds, contributes to the outcome."""

    EXCLUDED = "excluded"
    CAPPED = "capped"
    MANDATORY = "mandatory"
    UNCONDITIONAL = "unconditional"
    UNCONDITIONAL_OPEN = "unconditional_open"
    SCOPE = "scope"
    SCOPE_OPEN = "scope_open"
    OTHER_REASON = "other_reason"
    WAIVER = "waiver"
    WAIVER_OPEN = "waiver_open"
    MEANS = "means"


ADVERSE: Final = frozenset({Group.EXCLUDED, Group.CAPPED})


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition and the group it feeds."""

    group: Group
    when: Condition


def clauses(rules: Iterable[Rule], *, figure_on_file: bool) -> tuple[Clause, ...]:
    """Return the conditions the outcome depends on."""
    found = [Clause(group, rule.when) for rule in rules for group in groups(rule)]
    if figure_on_file:
        found.append(Clause(Group.MEANS, AtMostParameter(INCOME, FIGURE)))
    return tuple(found)


def groups(rule: Rule) -> Iterator[Group]:
    """Yield the groups a rule feeds."""
    match rule.kind:
        case Kind.EXCLUSION:
            yield Group.EXCLUDED
        case Kind.PERSON:
            yield Group.CAPPED
        case Kind.MANDATORY:
            yield Group.MANDATORY
        case Kind.UNCONDITIONAL:
            yield Group.UNCONDITIONAL if rule.certain else Group.UNCONDITIONAL_OPEN
        case Kind.SCOPE:
            yield Group.SCOPE if rule.certain else Group.SCOPE_OPEN
            if rule.other_reason:
                yield Group.OTHER_REASON
        case Kind.WAIVER:
            yield Group.WAIVER if rule.certain else Group.WAIVER_OPEN
        case _:
            return


def weigh(holds: Mapping[Group, bool], *, figure_on_file: bool) -> Result:
    """Return the result when every condition is decided.

    Never worse for more of the favourable groups, never better for more of the adverse ones: the diagram relies on it.
    """
    if holds[Group.EXCLUDED]:
        return Result.UNLIKELY
    if holds[Group.MANDATORY]:
        return Result.LIKELY  # art. 25 knows neither means nor nationality
    result = _civil(holds, figure_on_file=figure_on_file)
    if holds[Group.UNCONDITIONAL]:
        result = Result.LIKELY
    elif holds[Group.UNCONDITIONAL_OPEN]:
        result = max(result, Result.PERSON)
    return min(result, Result.PERSON) if holds[Group.CAPPED] else result


def _civil(holds: Mapping[Group, bool], *, figure_on_file: bool) -> Result:
    """In scope, and in hardship."""
    if not (holds[Group.SCOPE] or holds[Group.SCOPE_OPEN]):
        return Result.UNLIKELY
    if holds[Group.WAIVER] or (figure_on_file and holds[Group.MEANS]):
        return Result.LIKELY if holds[Group.SCOPE] else Result.PERSON
    if not figure_on_file:
        return Result.PERSON_MEANS
    return Result.PERSON if holds[Group.WAIVER_OPEN] or holds[Group.OTHER_REASON] else Result.UNLIKELY
