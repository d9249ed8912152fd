"""What a rulebook should not look like though it loads: stale checks, numbers that do not exist, rules nobody tests, hard words."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from knowledge_base.regions import Regions
from knowledge_base.rules.book import Rulebook
from knowledge_base.rules.conditions import Under
from knowledge_base.rules.facts import FACTS
from knowledge_base.rules.model import DECIDING, ParameterValue, Rule
from knowledge_base.rules.readability import beyond, told
from knowledge_base.rules.sense import ENDED
from knowledge_base.types import NATION, OWN_LAW, Standing

_STALE: Final = timedelta(days=365)
_NUMBER: Final = re.compile(r"(?<!\d)(?:1[12]\d|9[56]\d{3}|12\d{3}|\d{7,})(?!\d|[天元年条岁])")
"""110, 12348, 96110, 6888997: what people could dial."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right, and where."""

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.code}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a rulebook may name that stands elsewhere."""

    regions: Regions
    matters: Collection[str]
    offices: Collection[str]
    tested: Collection[str] | None
    """The rules that cases name; None where there are no cases to look at."""


def lint(rulebook: Rulebook, known: Known, *, on: date) -> Iterator[Finding]:
    """Yield everything a person should look at."""
    for code, place in rulebook.places.items():
        yield from _place(rulebook, code, known.regions)
        for rule in place.rules:
            yield from _rule(rule, known)
            if known.tested is not None and rule.id not in known.tested:
                yield Finding("untested_rule", _where(rule), f"no case names {rule.id}")
            yield from _verified(rule, rule.id, on)
        for value in place.parameters:
            yield from _verified(value, value.name, on)
    yield from _facts(rulebook)
    for where, name, text in told(rulebook):
        if number_in(text):
            yield Finding(
                "number_in_text", where, f"{name}: telephone numbers stand in offices.yml alone; name the office"
            )
        for problem in beyond(text):
            yield Finding("hard_to_read", where, f"{name}: {problem}")


def number_in(text: str) -> bool:
    """Tell whether a text holds a number that people could dial."""
    return _NUMBER.search(text) is not None


def expired(rulebook: Rulebook, *, on: date) -> Iterator[str]:
    """Yield every document that has ended, or of which nobody knows whether it still holds, and how much rests on it.

    Right to keep, good to know: whoever reads the list asks for the text that came after.
    """
    for place in rulebook.places.values():
        for document in place.documents.values():
            standing = document.standing(on)
            if document.region != place.code or standing not in {*ENDED, Standing.UNKNOWN}:
                continue
            entries: tuple[Rule | ParameterValue, ...] = (*place.rules, *place.parameters)
            resting = sum(entry.source.document == document and on in entry.period for entry in entries)
            yield f"{place.file}: {document.id} is {standing}; {resting} entries in force rest on it"


def unchecked(rulebook: Rulebook) -> Iterator[tuple[str, int, int]]:
    """Yield of every place how many of its entries no lawyer has checked, and how many there are."""
    for place in rulebook.places.values():
        entries: tuple[Rule | ParameterValue, ...] = (*place.rules, *place.parameters)
        by_nobody = sum(entry.verified_by is None for entry in entries)
        if by_nobody:
            yield place.file, by_nobody, len(entries)


def _where(checked: Rule | ParameterValue) -> str:
    return f"{checked.file}:{checked.line}"


def _verified(checked: Rule | ParameterValue, name: str, on: date) -> Iterator[Finding]:
    if on - checked.verified_on > _STALE:
        yield Finding("stale", _where(checked), f"{name} was last verified on {checked.verified_on}")
    if checked.verified_on > on:
        yield Finding("verified_in_future", _where(checked), f"{name} says it was verified on {checked.verified_on}")


def _place(rulebook: Rulebook, code: str, regions: Regions) -> Iterator[Finding]:
    place = rulebook.places[code]
    if code not in regions:
        yield Finding("unknown_region", place.file, f"{code} is no GB/T 2260 code")
        return
    above = next((parent for parent in regions.ancestors(code) if parent in rulebook.places), None)
    if (place.extends is None) != (code == NATION or code in OWN_LAW):
        yield Finding("law_of_its_own", place.file, f"only {', '.join(sorted(OWN_LAW))} stand alone, and they must")
    elif place.extends not in {above, None}:
        yield Finding("region_without_parent", place.file, f"{code} extends {place.extends}, but lies in {above}")
    cited = {rule.source.document.id for each in rulebook.places.values() for rule in each.rules}
    cited |= {value.source.document.id for each in rulebook.places.values() for value in each.parameters}
    for document in place.documents.values():
        if document.id not in cited and code == NATION:
            yield Finding("uncited_document", place.file, f"nothing cites {document.id}")


def _rule(rule: Rule, known: Known) -> Iterator[Finding]:
    if rule.office is not None and rule.office not in known.offices:
        yield Finding("unknown_office", _where(rule), f"{rule.id} sends people to {rule.office!r}, which is not filed")
    for atom in rule.when.atoms():
        if isinstance(atom, Under):
            for code in sorted(atom.codes - set(known.matters)):
                yield Finding("unknown_matter", _where(rule), f"{rule.id} names {code!r}, which is not in the taxonomy")


def _facts(rulebook: Rulebook) -> Iterator[Finding]:
    deciding: Iterable[Rule] = (
        rule for place in rulebook.places.values() for rule in place.rules if rule.kind in DECIDING
    )
    for name in {atom.fact for rule in deciding for atom in rule.when.atoms()}:
        fact = rulebook.facts[name]
        if not fact.asked and not fact.presumptions:
            yield Finding("never_known", str(FACTS.name), f"{name} decides, but is neither asked nor presumed")
