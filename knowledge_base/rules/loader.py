"""Reads the place folders into a rulebook, and refuses one that cites nothing, leaves a gap or contradicts itself.

Operators have a folder of their own beside ours: what it files of a place is added, and an id, document, definition or figure there
replaces that of the same name in the same place.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Final

from knowledge_base.rules.book import Place, Rulebook
from knowledge_base.rules.conditions import Condition
from knowledge_base.rules.contradictions import CONTRADICTIONS, load_contradictions
from knowledge_base.rules.facts import FACTS, condition, load_facts
from knowledge_base.rules.model import (
    Document,
    Fact,
    Kind,
    Length,
    ParameterValue,
    Period,
    Rule,
    Source,
)
from knowledge_base.rules.nodes import Entry, RulebookInvalid, read
from knowledge_base.rules.sense import PARAMETERS, check_document, check_ids, check_rule
from knowledge_base.types import NATION, Basis, Outcome, Standing

_COMMON: Final = ("id", "kind", "from", "when", "text", "source", "verified_on")
_OPTIONAL: Final = (
    "to",
    "certain",
    "other_reason",
    "name",
    "office",
    "fact",
    "length",
    "rolls",
    "needs_fact",
    "outcomes",
    "bases",
    "otherwise",
    "verified_by",
)
_NAMED_PARTS: Final = ("documents", "definitions", "parameters")
_ABOVE: Final = ("extends", "stands_alone")
"""What a place says of the law above it: whose it takes over, or that it takes over none."""
_NAMED: Final = frozenset({Kind.FLAG, Kind.TAG, Kind.DEADLINE, Kind.VENUE})
FLAGS: Final = frozenset({"advance_aid", "same_day", "mass_case", "conflict_check", "verify_local_rule"})
VENUES: Final = frozenset({"handling_organ_place", "dispute_body_place", "event_place"})


@dataclass(frozen=True, slots=True)
class _Above:
    """What a place inherits while it is read."""

    documents: Mapping[str, Document]
    definitions: Mapping[str, Condition]


@dataclass(frozen=True, slots=True)
class _Written:
    """What all files about one place say together, the last one's word standing."""

    entry: Entry
    """The file that tells of it last."""
    fields: Mapping[str, Entry]
    parts: Mapping[str, Mapping[str, Entry]]
    """Documents, definitions and figures, by name."""
    rules: tuple[Entry, ...]


def load_rulebook(places: Path, *, own: Path | None = None, facts: Path = FACTS) -> Rulebook:
    """Read every `*/rules.yml` under `places`, then under `own`. Raises RulebookInvalid with file and line."""
    table = load_facts(facts)
    files = [path for folder in (places, own) if folder is not None for path in sorted(folder.glob("*/rules.yml"))]
    entries: dict[str, list[Entry]] = {}
    digest = hashlib.sha256(facts.read_bytes() + CONTRADICTIONS.read_bytes())
    for path in files:
        entries.setdefault(path.parent.name, []).append(read(path))
        digest.update(path.read_bytes())
    written = {code: _together(found) for code, found in entries.items()}
    loaded: dict[str, tuple[Place, _Above]] = {}
    for code in written:
        _load_place(code, written, table, loaded, ())
    if NATION not in loaded:
        raise Entry(read(facts).node, str(places)).invalid("missing_parent", "there is no CN/rules.yml")
    check_ids(rule for place, _ in loaded.values() for rule in place.rules)
    return Rulebook(
        facts=table,
        contradictions=load_contradictions(table),
        places={code: place for code, (place, _) in loaded.items()},
        digest=digest.hexdigest(),
    )


def _together(entries: Iterable[Entry]) -> _Written:
    fields: dict[str, Entry] = {}
    parts: dict[str, dict[str, Entry]] = {part: {} for part in _NAMED_PARTS}
    rules: list[Entry] = []
    for entry in entries:
        said = entry.mapping(required=() if fields else ("name",), optional=("name", *_ABOVE, *_NAMED_PARTS, "rules"))
        for part in parts:
            parts[part] |= _items(said, part)
        added = said["rules"].sequence() if "rules" in said else ()
        again = {_id(rule) for rule in added}
        rules = [*(rule for rule in rules if _id(rule) not in again), *added]
        fields |= said
        last = entry
    return _Written(last, fields, parts, tuple(rules))


def _id(rule: Entry) -> str:
    return rule.mapping(required=_COMMON, optional=_OPTIONAL)["id"].text()


def _load_place(
    code: str,
    written: Mapping[str, _Written],
    table: Mapping[str, Fact],
    loaded: dict[str, tuple[Place, _Above]],
    below: tuple[str, ...],
) -> tuple[Place, _Above]:
    if code in loaded:
        return loaded[code]
    said = written[code]
    parent: str | None = None
    above = _Above({}, {})
    if code != NATION and not _alone(code, said):
        parent = str(said.fields["extends"].value())
        if parent not in written or parent in (*below, code):
            raise said.fields["extends"].invalid(
                "missing_parent", f"{code} extends {parent}, which is no place above it"
            )
        above = _load_place(parent, written, table, loaded, (*below, code))[1]
    documents = dict(above.documents)
    for key, entry in said.parts["documents"].items():
        if key in documents:
            raise entry.invalid("duplicate_key", f"document {key!r} is described twice")
        documents[key] = _document(key, code, entry)
    definitions = dict(above.definitions)
    for key, entry in said.parts["definitions"].items():
        if key in definitions:
            raise entry.invalid("duplicate_key", f"{key!r} is defined twice")
        parts = entry.mapping(required=("when", "source", "verified_on"), optional=("verified_by",))
        _source(parts["source"], documents)
        parts["verified_on"].day()
        definitions[key] = condition(parts["when"], table, definitions)
    rules = tuple(_rule(entry, code, table, documents, definitions) for entry in said.rules)
    _check_versions(rules)
    parameters = tuple(
        value for key, entry in said.parts["parameters"].items() for value in _parameter(key, code, entry, documents)
    )
    place = Place(
        code=code,
        name=said.fields["name"].text(),
        extends=parent,
        documents=MappingProxyType({k: d for k, d in documents.items() if d.region == code}),
        definitions=MappingProxyType({key: when for key, when in definitions.items() if key not in above.definitions}),
        rules=rules,
        parameters=parameters,
        file=said.entry.file,
    )
    loaded[code] = (place, _Above(documents, definitions))
    return loaded[code]


def _alone(code: str, said: _Written) -> bool:
    """Say whether a place takes over no law from above it."""
    if ("extends" in said.fields) == ("stands_alone" in said.fields):
        raise said.entry.invalid(
            "missing_parent", f"{code} extends a place, or says `stands_alone: true`; only CN does neither"
        )
    if "stands_alone" in said.fields and not said.fields["stands_alone"].flag():
        raise said.fields["stands_alone"].invalid("missing_parent", f"{code} stands alone, or extends a place")
    return "stands_alone" in said.fields


def _items(fields: Mapping[str, Entry], key: str) -> Iterable[tuple[str, Entry]]:
    return fields[key].items() if key in fields else ()


def _document(key: str, place: str, entry: Entry) -> Document:
    fields = entry.mapping(required=("title", "issued", "standing"), optional=("number", "url"))
    standings = []
    for item in fields["standing"].members():
        parts = item.mapping(required=("is", "from"), optional=("to",))
        try:
            standing = Standing(parts["is"].text())
        except ValueError:
            raise parts["is"].invalid("unknown_option", f"{parts['is'].text()!r} is no standing") from None
        standings.append((_period(parts), standing))
    _check_series([period for period, _ in standings], fields["standing"])
    return Document(
        id=key,
        title=fields["title"].text(),
        issued=fields["issued"].day(),
        region=place,
        number=fields["number"].text() if "number" in fields else None,
        url=fields["url"].text() if "url" in fields else None,
        standings=tuple(standings),
    )


def _period(parts: Mapping[str, Entry]) -> Period:
    start = parts["from"].day()
    end = parts["to"].day() if "to" in parts else None
    if end is not None and end <= start:
        raise parts["to"].invalid("empty_period", f"{start} to {end} holds no day")
    return Period(start, end)


def _source(entry: Entry, documents: Mapping[str, Document]) -> Source:
    fields = entry.mapping(required=("document", "clause"), optional=("quote",))
    key = fields["document"].text()
    if key not in documents:
        raise fields["document"].invalid("dangling_citation", f"document {key!r} is described nowhere")
    return Source(
        document=documents[key],
        clause=fields["clause"].text(),
        quote=fields["quote"].text() if "quote" in fields else None,
    )


def _rule(
    entry: Entry,
    place: str,
    table: Mapping[str, Fact],
    documents: Mapping[str, Document],
    definitions: Mapping[str, Condition],
) -> Rule:
    fields = entry.mapping(required=_COMMON, optional=_OPTIONAL)
    try:
        kind = Kind(fields["kind"].text())
    except ValueError:
        raise fields["kind"].invalid("unknown_kind", f"{fields['kind'].text()!r} is no kind of rule") from None
    name = _name(entry, kind, fields)
    start = fields["fact"].text() if "fact" in fields else None
    if start is not None and start not in table:
        raise fields["fact"].invalid("unknown_fact", f"{start!r} is not in facts.yml")
    outcomes = fields["outcomes"].texts() if "outcomes" in fields else ()
    for outcome in outcomes:
        if outcome not in set(Outcome):
            raise fields["outcomes"].invalid("unknown_option", f"{outcome!r} is no outcome")
    rule = Rule(
        id=fields["id"].text(),
        kind=kind,
        place=place,
        period=_period(fields),
        when=condition(fields["when"], table, definitions),
        text=fields["text"].text(),
        source=_source(fields["source"], documents),
        verified_on=fields["verified_on"].day(),
        verified_by=fields["verified_by"].text() if "verified_by" in fields else None,
        file=entry.file,
        line=entry.line,
        certain=fields["certain"].flag() if "certain" in fields else True,
        other_reason=fields["other_reason"].flag() if "other_reason" in fields else False,
        name=name,
        office=fields["office"].text() if "office" in fields else None,
        fact=start,
        length=_length(fields["length"]) if "length" in fields else None,
        rolls=fields["rolls"].flag() if "rolls" in fields else True,
        needs_fact=fields["needs_fact"].flag() if "needs_fact" in fields else False,
        outcomes=outcomes,
        bases=_bases(fields["bases"]) if "bases" in fields else (),
        otherwise=fields["otherwise"].text() if "otherwise" in fields else None,
    )
    check_rule(rule, fields, table)
    return rule


def _name(entry: Entry, kind: Kind, fields: Mapping[str, Entry]) -> str | None:
    if (kind in _NAMED) != ("name" in fields):
        raise entry.invalid("missing_key", f"'name' belongs to {', '.join(sorted(_NAMED))}, and only there")
    if "name" not in fields:
        return None
    name = fields["name"].text()
    allowed = {Kind.FLAG: FLAGS, Kind.VENUE: VENUES}.get(kind)
    if allowed is not None and name not in allowed:
        raise fields["name"].invalid("unknown_option", f"{name!r} is no {kind}; known: {', '.join(sorted(allowed))}")
    return name


def _bases(entry: Entry) -> tuple[str, ...]:
    bases = entry.texts()
    for basis in bases:
        if basis not in set(Basis):
            raise entry.invalid("unknown_option", f"{basis!r} is no basis")
    return bases


def _length(entry: Entry) -> Length:
    fields = entry.mapping(optional=("years", "months", "days"))
    return Length(**{key: value.number() for key, value in fields.items()})


def _check_versions(rules: Iterable[Rule]) -> None:
    versions: dict[str, list[Rule]] = {}
    for rule in rules:
        versions.setdefault(rule.id, []).append(rule)
    for group in versions.values():
        ordered = sorted(group, key=lambda rule: rule.period.start)
        for before, after in pairwise(ordered):
            problem = _joint(before.period, after.period)
            if problem:
                raise RulebookInvalid(problem, f"{after.id}: {problem} before it", file=after.file, line=after.line)


def _check_series(periods: list[Period], entry: Entry) -> None:
    for before, after in pairwise(periods):
        problem = _joint(before, after)
        if problem:
            raise entry.invalid(problem, f"{problem} before {after.start}")


def _joint(before: Period, after: Period) -> str | None:
    """Say what is wrong where two periods meet."""
    if before.end is None or after.start < before.end:
        return "overlap"
    return "gap" if after.start > before.end else None


def _parameter(name: str, place: str, entry: Entry, documents: Mapping[str, Document]) -> list[ParameterValue]:
    if name not in PARAMETERS:
        raise entry.invalid("unknown_parameter", f"{name!r} is no figure; known: {', '.join(sorted(PARAMETERS))}")
    values: list[ParameterValue] = []
    for item in entry.members():
        fields = item.mapping(required=("from", "value", "source", "verified_on"), optional=("to", "verified_by"))
        value = ParameterValue(
            name=name,
            place=place,
            period=_period(fields),
            value=_figure(fields["value"]),
            source=_source(fields["source"], documents),
            verified_on=fields["verified_on"].day(),
            verified_by=fields["verified_by"].text() if "verified_by" in fields else None,
            file=item.file,
            line=item.line,
        )
        check_document(value.source.document, value.period, fields["from"])
        values.append(value)
    _check_series([value.period for value in values], entry)
    return values


def _figure(entry: Entry) -> Decimal:
    value = entry.value()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise entry.invalid("wrong_shape", f"a number is needed here, not {value!r}")
    figure = Decimal(str(value))
    if not figure.is_finite() or figure <= 0:
        raise entry.invalid("out_of_range", f"a figure is above nothing, unlike {value}")
    return figure
