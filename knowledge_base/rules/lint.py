"""What a rulebook should not look like though it loads: stale checks, documents nobody cites, rules nobody tests."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from knowledge_base.regions import Regions
from knowledge_base.rules.book import Rulebook
from knowledge_base.rules.conditions import Under
from knowledge_base.rules.facts import FACTS
from knowledge_base.rules.model import DECIDING, Kind, Rule
from knowledge_base.types import NATION

_STALE: Final = timedelta(days=365)
_TESTED: Final = DECIDING | {Kind.FLAG}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right, and where."""

    code: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.code}]"


def lint(
    rulebook: Rulebook, *, regions: Regions, matters: Collection[str], tested: Collection[str] | None, on: date
) -> Iterator[Finding]:
    """Yield everything a person should look at. `tested` are the ids that cases name; None skips that check."""
    for code, place in rulebook.places.items():
        yield from _place(rulebook, code, regions)
        for rule in place.rules:
            yield from _rule(rule, matters, on)
            if tested is not None and rule.kind in _TESTED and rule.id not in tested:
                yield Finding("untested_rule", f"{rule.file}:{rule.line}", f"no case names {rule.id}")
        for value in place.parameters:
            if on - value.verified_on > _STALE:
                yield Finding("stale", place.file, f"{value.name} was last verified on {value.verified_on}")
    yield from _facts(rulebook)


def _place(rulebook: Rulebook, code: str, regions: Regions) -> Iterator[Finding]:
    place = rulebook.places[code]
    if code not in regions:
        yield Finding("unknown_region", place.file, f"{code} is no GB/T 2260 code")
        return
    above = next((parent for parent in regions.ancestors(code) if parent in rulebook.places), None)
    if place.extends != above:
        yield Finding("region_without_parent", place.file, f"{code} extends {place.extends}, but lies in {above}")
    cited = {rule.source.document.id for each in rulebook.places.values() for rule in each.rules}
    cited |= {value.source.document.id for each in rulebook.places.values() for value in each.parameters}
    for document in place.documents.values():
        if document.id not in cited and code == NATION:
            yield Finding("uncited_document", place.file, f"nothing cites {document.id}")


def _rule(rule: Rule, matters: Collection[str], on: date) -> Iterator[Finding]:
    where = f"{rule.file}:{rule.line}"
    if on - rule.verified_on > _STALE:
        yield Finding("stale", where, f"{rule.id} was last verified on {rule.verified_on}")
    for atom in rule.when.atoms():
        if isinstance(atom, Under):
            for code in sorted(atom.codes - set(matters)):
                yield Finding("unknown_matter", where, f"{rule.id} names {code!r}, which is not in the taxonomy")


def _facts(rulebook: Rulebook) -> Iterator[Finding]:
    deciding: Iterable[Rule] = (
        rule for place in rulebook.places.values() for rule in place.rules if rule.kind in DECIDING
    )
    for name in {atom.fact for rule in deciding for atom in rule.when.atoms()}:
        fact = rulebook.facts[name]
        if not fact.asked and not fact.presumptions:
            yield Finding("never_known", str(FACTS.name), f"{name} decides, but is neither asked nor presumed")
