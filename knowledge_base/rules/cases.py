"""Cases of the rulebook in YAML that a lawyer can read, write and run without a programmer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import yaml

from knowledge_base.rules.book import Rulebook
from knowledge_base.rules.model import Kind, Rule
from knowledge_base.rules.nodes import Entry, read
from knowledge_base.types import Deadline, FactValue, Truth, Verdict

_EXPECTED: Final = (
    "outcome",
    "basis",
    "settled",
    "asks",
    "still_asks",
    "never_asks",
    "flags",
    "conflicts",
    "tags",
    "because",
    "open",
    "not_because",
    "apply_at",
    "venue",
    "brings",
    "never_brings",
    "offers",
    "never_offers",
    "deadlines",
    "never_deadlines",
    "alternatives_at_least",
    "refused",
)

_NAMING: Final = ("because", "open", "venue", "brings", "offers", "deadlines")
"""Expectations that would fail without the rules they name."""

Assess = Callable[[Mapping[str, FactValue], str | None, date], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One example: facts, place, day, and what must come out."""

    name: str
    facts: Mapping[str, FactValue]
    region: str | None
    on: date
    expect: Mapping[str, object]
    where: str

    @property
    def rules(self) -> frozenset[str]:
        """The rules without which this case would fail."""
        return frozenset(str(rule) for key in _NAMING for rule in _listed(self.expect.get(key, ())))


def read_cases(path: Path) -> Iterator[Case]:
    """Read one file of cases, or every file of a folder. Raises RulebookInvalid with file and line."""
    for file in sorted(path.glob("*.yml")) if path.is_dir() else [path]:
        for entry in read(file).sequence():
            fields = entry.mapping(required=("case", "facts", "on", "expect"), optional=("region",))
            region = fields["region"].value() if "region" in fields else None
            yield Case(
                name=fields["case"].text(),
                facts={name: value.value() for name, value in fields["facts"].items()},
                region=str(region) if region is not None else None,
                on=fields["on"].day(),
                expect={key: _expected(value) for key, value in fields["expect"].mapping(optional=_EXPECTED).items()},
                where=f"{entry.file}:{entry.line}",
            )


def written(
    *, name: str, facts: Mapping[str, object], region: str | None, on: date, expect: Mapping[str, object]
) -> str:
    """Return one case as it stands in a file, ready to be run."""
    where = {} if region is None else {"region": region}
    case = {"case": name, "facts": dict(facts), **where, "on": on, "expect": dict(expect)}
    return yaml.safe_dump([case], allow_unicode=True, sort_keys=False, width=1000)


def _expected(entry: Entry) -> object:
    if entry.is_list:
        return tuple(item.value() for item in entry.sequence())
    return {key: value.value() for key, value in entry.items()} if entry.is_mapping else entry.value()


def _listed(expected: object) -> tuple[object, ...]:
    return tuple(expected) if isinstance(expected, tuple | Mapping) else (expected,)


def judge(case: Case, assess: Assess, refusal: type[Exception], book: Rulebook) -> Iterator[str]:
    """Yield every way in which the verdict differs from what the case expects; nothing means it holds.

    `book` says which words, limit and venue belong to the rules that the case names.
    """
    try:
        verdict = assess(case.facts, case.region, case.on)
    except refusal as error:
        said = f"{getattr(error, 'code', '')} {getattr(error, 'field', '')}".strip()
        if case.expect.get("refused") != said:
            yield f"refused: {said!r} instead of {case.expect.get('refused')!r}"
        return
    for key, expected in case.expect.items():
        wrong = _by_rule(key, expected, verdict, book) if key in _GIVEN else _difference(key, expected, verdict)
        if wrong is not None:
            yield f"{key}: {wrong}"


def _paper(rule: Rule, verdict: Verdict) -> bool:
    return rule.kind is Kind.PAPER and rule.text in verdict.documents


def _road(rule: Rule, verdict: Verdict) -> bool:
    return rule.kind is Kind.ALTERNATIVE and any(road.title == rule.text for road in verdict.alternatives)


def _limits(rule: Rule, verdict: Verdict) -> tuple[Deadline, ...]:
    cited = (rule.source.document.id, rule.source.clause)
    return tuple(
        limit
        for limit in verdict.deadlines
        if limit.what == rule.name and limit.citation and (limit.citation.source_id, limit.citation.clause) == cited
    )


def _venue(rule: Rule, verdict: Verdict) -> bool:
    return rule.kind is Kind.VENUE and verdict.apply_at is not None and verdict.apply_at.kind == rule.name


_GIVEN: Final[Mapping[str, tuple[Callable[[Rule, Verdict], object], bool]]] = {
    "brings": (_paper, True),
    "never_brings": (_paper, False),
    "offers": (_road, True),
    "never_offers": (_road, False),
    "deadlines": (_limits, True),
    "never_deadlines": (_limits, False),
    "venue": (_venue, True),
}
"""What a rule gives that a verdict shows without the rule's name: how to see that it did."""


def _by_rule(key: str, expected: object, verdict: Verdict, book: Rulebook) -> str | None:
    given, wanted = _GIVEN[key]
    for name in map(str, _listed(expected)):
        versions = book.versions(name)
        if not versions:
            return f"no rule is called {name}"
        if any(given(rule, verdict) for rule in versions) is not wanted:
            return f"{name} {'gives nothing' if wanted else 'is there'}"
        day = expected.get(name) if isinstance(expected, Mapping) else None
        latest = [limit.latest for rule in versions for limit in _limits(rule, verdict)]
        if isinstance(expected, Mapping) and day not in latest:
            return f"{name}: {latest} instead of {day}"
    return None


def _difference(key: str, expected: object, verdict: Verdict) -> str | None:
    told = {each.rule: each.result for each in verdict.reasons}
    wanted = _listed(expected)
    asks = verdict.next_question.fact if verdict.next_question else None
    exact: dict[str, object] = {
        "outcome": verdict.outcome.value,
        "basis": verdict.basis.value,
        "settled": verdict.settled,
        "asks": asks,
        "apply_at": verdict.apply_at.kind if verdict.apply_at else None,
        "conflicts": dict(conflict.facts for conflict in verdict.conflicts),
    }
    lists: dict[str, tuple[tuple[object, ...], bool]] = {
        "still_asks": (verdict.missing, True),
        "never_asks": (verdict.missing, False),
        "tags": (verdict.tags, True),
        "because": (tuple(rule for rule, result in told.items() if result is Truth.TRUE), True),
        "open": (tuple(rule for rule, result in told.items() if result is Truth.UNKNOWN), True),
        "not_because": (tuple(rule for rule, result in told.items() if result is Truth.TRUE), False),
    }
    if key in exact:
        return None if exact[key] == expected else f"{exact[key]!r} instead of {expected!r}"
    if key == "flags":
        return None if set(verdict.flags) == set(wanted) else f"{verdict.flags} instead of {wanted}"
    if key == "alternatives_at_least":
        live = sum(1 for each in verdict.alternatives if each.contact)
        return None if isinstance(expected, int) and live >= expected else f"{live} with a contact"
    if key == "refused":
        return "was assessed"
    found, must_hold = lists[key]
    off = [item for item in wanted if (item in found) is not must_hold]
    return None if not off else f"{off} {'missing from' if must_hold else 'present in'} {found}"
