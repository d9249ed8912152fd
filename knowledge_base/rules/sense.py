"""Refuses a rule that reads well and cannot mean what its writer meant: a limit that ends before it starts, a waiver for the better off."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from knowledge_base.rules import conditions as c
from knowledge_base.rules.model import DECIDING, Document, Fact, Kind, Period, Rule
from knowledge_base.rules.nodes import Entry, RulebookInvalid
from knowledge_base.rules.outcome import FIGURE
from knowledge_base.types import FactType, Standing, Truth

PARAMETERS: Final = frozenset({FIGURE})
"""Every figure a place may set; a misspelt one would otherwise be filed and never read."""
ENDED: Final = frozenset({Standing.SUPERSEDED, Standing.PLAN_ENDED, Standing.HISTORICAL})
_DECISION_WORDS: Final = ("批准", "拒绝")
_FACT_TYPE: Final = {Kind.DEADLINE: FactType.DATE, Kind.VENUE: FactType.REGION}
_BELONGS: Final[Mapping[str, frozenset[Kind]]] = {
    "fact": frozenset(_FACT_TYPE),
    "length": frozenset({Kind.DEADLINE}),
    "needs_fact": frozenset({Kind.DEADLINE}),
    "rolls": frozenset({Kind.DEADLINE}),
    "office": frozenset({Kind.ALTERNATIVE}),
    "other_reason": frozenset({Kind.SCOPE}),
    "certain": frozenset({Kind.SCOPE, Kind.UNCONDITIONAL, Kind.WAIVER}),
    "outcomes": frozenset(Kind) - DECIDING,
    "bases": frozenset({Kind.NOTE}),
    "otherwise": frozenset({Kind.SCOPE, Kind.UNCONDITIONAL}),
}
"""On which kinds of rule a key does anything."""
_ADVERSE: Final = frozenset({Kind.EXCLUSION, Kind.PERSON})


def check_rule(rule: Rule, fields: Mapping[str, Entry], facts: Mapping[str, Fact]) -> None:
    """Raise RulebookInvalid, with the line of the key that is wrong."""
    for key, kinds in _BELONGS.items():
        if key in fields and rule.kind not in kinds:
            raise fields[key].invalid("misplaced_key", f"{key!r} does nothing on a rule of kind {rule.kind}")
    check_document(rule.source.document, rule.period, fields["from"])
    if rule.kind in DECIDING and rule.certain:
        _check_still_stands(rule, fields["source"])
    for word in _DECISION_WORDS:
        if word in rule.text + (rule.otherwise or ""):
            raise fields["text"].invalid("decision_word", f"{word!r} is for the institution to say, not for us")
    _check_length(rule, fields, facts)
    for atom in rule.when.atoms():
        _check_atom(atom, fields["when"])
    if rule.kind in DECIDING and rule.certain:
        for fact in _against(rule, facts):
            raise fields["when"].invalid(
                "against_the_applicant", f"the best answer to {fact} must not leave the applicant worse off here"
            )


def check_document(document: Document, period: Period, entry: Entry) -> None:
    """Raise RulebookInvalid where something is in force before its document is."""
    first = min(document.issued, document.standings[0][0].start)
    if period.start < first:
        raise entry.invalid("before_document", f"{document.id} begins on {first}")


def _check_still_stands(rule: Rule, entry: Entry) -> None:
    for period, standing in rule.source.document.standings:
        if standing in ENDED and _meet(rule.period, period):
            raise entry.invalid(
                "document_ended",
                f"{rule.source.document.id} is {standing} from {period.start}: end the rule there, or say certain: false",
            )


def _meet(one: Period, other: Period) -> bool:
    return (one.end is None or other.start < one.end) and (other.end is None or one.start < other.end)


def _check_length(rule: Rule, fields: Mapping[str, Entry], facts: Mapping[str, Fact]) -> None:
    if rule.fact is not None:
        needed = _FACT_TYPE[rule.kind]
        if facts[rule.fact].type is not needed:
            raise fields["fact"].invalid("wrong_type", f"{rule.fact} is no {needed}, which a {rule.kind} needs")
    elif rule.length is not None or rule.needs_fact:
        raise fields["length" if rule.length else "needs_fact"].invalid("missing_key", "'fact' says where it starts")
    if rule.length is not None:
        parts = (rule.length.years, rule.length.months, rule.length.days)
        if min(parts) < 0 or not any(parts):
            raise fields["length"].invalid("out_of_range", "a time limit is longer than nothing")


def _check_atom(atom: c.Atom, entry: Entry) -> None:
    match atom:
        case c.AtLeast(bound=number) | c.Below(bound=number) | c.WithinDays(days=number) if number <= 0:
            raise entry.invalid("out_of_range", f"{number} makes this always so, or never")
        case c.AtMostParameter(parameter=name) if name not in PARAMETERS:
            raise entry.invalid("unknown_parameter", f"{name!r} is no figure; known: {', '.join(sorted(PARAMETERS))}")
        case _:
            return


def _against(rule: Rule, facts: Mapping[str, Fact]) -> Iterator[str]:
    """Yield the facts whose best answer alone keeps a favourable rule from holding, or makes an adverse one hold."""
    for atom, wanted in _comparisons(rule.when, positive=rule.kind not in _ADVERSE):
        best = facts[atom.fact].favourable
        if not best:
            continue
        helps = [(atom.compare(value, c.Scene(facts={})) is Truth.TRUE) is wanted for value in best]
        if any(helps) and not helps[-1]:
            yield atom.fact


def _comparisons(condition: c.Condition, *, positive: bool) -> Iterator[tuple[c.Atom, bool]]:
    match condition:
        case c.Atom():
            yield condition, positive
        case c.Not():
            yield from _comparisons(condition.part, positive=not positive)
        case c.All() | c.Any():
            for part in condition.parts:
                yield from _comparisons(part, positive=positive)
        case _:
            return


def check_ids(rules: Iterable[Rule]) -> None:
    """Raise RulebookInvalid where two places use one id: whoever cites it would cite the wrong one."""
    first: dict[str, str] = {}
    for rule in sorted(rules, key=lambda rule: rule.local):
        place = first.setdefault(rule.id, rule.place)
        if place != rule.place:
            raise RulebookInvalid("duplicate_id", f"{rule.id} is a rule of {place}", file=rule.file, line=rule.line)
