"""The fact table: what can be asked, in which words, and what every answer may be."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from itertools import takewhile
from pathlib import Path
from types import MappingProxyType
from typing import Final

from knowledge_base.rules import conditions as c
from knowledge_base.rules.model import Fact, Presumption, Wording
from knowledge_base.rules.nodes import Entry, read
from knowledge_base.types import FactType, FactValue, Option

FACTS: Final = Path(__file__).with_name("facts.yml")
_OPTIONAL: Final = (
    "options",
    "favourable",
    "presume",
    "follows",
    "wordings",
    "words",
    "asked",
    "confirm",
    "last",
    "opposite",
    "past",
)


def load_facts(path: Path = FACTS) -> Mapping[str, Fact]:
    """Read the fact table. Raises RulebookInvalid with file and line."""
    facts: dict[str, Fact] = {}
    pending: list[tuple[str, dict[str, Entry]]] = []
    for name, entry in read(path).items():
        fields = entry.mapping(required=("type", "called", "text", "why"), optional=_OPTIONAL)
        facts[name] = _fact(name, fields)
        pending.append((name, fields))
    for name, fields in pending:  # conditions may name facts that stand further down
        facts[name] = _with_conditions(facts[name], fields, facts)
    return MappingProxyType(facts)


def _fact(name: str, fields: Mapping[str, Entry]) -> Fact:
    try:
        kind = FactType(fields["type"].text())
    except ValueError:
        raise fields["type"].invalid("unknown_type", f"{fields['type'].text()!r} is no type of fact") from None
    options = tuple(Option(value=value, title=title.text()) for value, title in _items(fields, "options"))
    opposite = fields["opposite"].flag() if "opposite" in fields else False
    if kind is FactType.BOOL and opposite:
        options = (Option(value=False, title="有"), Option(value=True, title="没有"))
    elif kind is FactType.BOOL:
        options = (Option(value=True, title="是"), Option(value=False, title="不是"))
    if (kind is FactType.ENUM) != bool(options) and kind is not FactType.BOOL:
        raise fields["type"].invalid("wrong_shape", f"{name}: options belong to an enum, and only there")
    known = {_word(option.value) for option in options}
    words = _words(name, known, fields)
    return Fact(
        name=name,
        type=kind,
        text=fields["text"].text(),
        why=fields["why"].text(),
        called=fields["called"].texts(),
        options=options,
        favourable=tuple(_favourable(name, kind, known, fields)),
        words=words,
        opposite=opposite,
        asked=fields["asked"].flag() if "asked" in fields else True,
        confirm=fields["confirm"].flag() if "confirm" in fields else False,
        last=fields["last"].flag() if "last" in fields else False,
        past=_past(kind, fields),
    )


def _words(name: str, known: Collection[str], fields: Mapping[str, Entry]) -> Mapping[str, tuple[str, ...]]:
    found = {}
    for value, entry in _items(fields, "words"):
        if value not in known:
            raise entry.invalid("unknown_option", f"{value!r} is no answer to {name}")
        found[value] = entry.texts()
    return MappingProxyType(found)


def _past(kind: FactType, fields: Mapping[str, Entry]) -> bool:
    if "past" not in fields:
        return False
    if kind is not FactType.DATE:
        raise fields["past"].invalid("wrong_shape", "only a date can be said to be past")
    return fields["past"].flag()


def _items(fields: Mapping[str, Entry], key: str) -> Iterator[tuple[str, Entry]]:
    if key in fields:
        yield from fields[key].items()


def _word(value: FactValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _favourable(name: str, kind: FactType, known: set[str], fields: Mapping[str, Entry]) -> Iterator[FactValue]:
    for entry in fields["favourable"].sequence() if "favourable" in fields else ():
        value: FactValue = entry.value()
        if kind is FactType.BOOL and not isinstance(value, bool):
            raise entry.invalid("wrong_shape", f"{name} is answered with true or false")
        if _word(value) not in known:
            raise entry.invalid("unknown_option", f"{value!r} is no answer to {name}")
        yield value


def _with_conditions(fact: Fact, fields: Mapping[str, Entry], facts: Mapping[str, Fact]) -> Fact:
    presumptions = []
    for entry in fields["presume"].sequence() if "presume" in fields else ():
        parts = entry.mapping(required=("value",), optional=("when",))
        when = condition(parts["when"], facts) if "when" in parts else c.Always()
        if any(atom.fact != c.MATTER for atom in when.atoms()):
            raise parts["when"].invalid("wrong_shape", "a presumption may depend on the matter only")
        presumptions.append(Presumption(value=parts["value"].value(), when=when))
    if fact.confirm and not presumptions:
        raise fields["confirm"].invalid("wrong_shape", "only what is presumed is confirmed")
    wordings = []
    for entry in fields["wordings"].sequence() if "wordings" in fields else ():
        parts = entry.mapping(required=("text", "when"), optional=("words",))
        words = _words(fact.name, {_word(option.value) for option in fact.options}, parts)
        wordings.append(Wording(text=parts["text"].text(), when=condition(parts["when"], facts), words=words))
    follows = tuple(_follows(fact, fields, facts))
    return replace(fact, presumptions=tuple(presumptions), follows=follows, wordings=tuple(wordings))


def _follows(fact: Fact, fields: Mapping[str, Entry], facts: Mapping[str, Fact]) -> Iterator[Presumption]:
    """Yield what other answers tell of this one; they stand above it and are answers, so that one look at them is enough."""
    above = {name: facts[name] for name in takewhile(lambda name: name != fact.name, facts)}
    for entry in fields["follows"].members() if "follows" in fields else ():
        parts = entry.mapping(required=("value", "when"))
        value, when = parts["value"].value(), condition(parts["when"], facts)
        if all(option.value != value for option in fact.options):
            raise parts["value"].invalid("unknown_option", f"{value!r} is no answer to {fact.name}")
        answers = (above.get(atom.fact) for atom in when.atoms())
        if any(answer is None or answer.presumptions or answer.follows for answer in answers):
            raise parts["when"].invalid("wrong_shape", "it may follow only from answers to facts above")
        yield Presumption(value=value, when=when)


def condition(
    entry: Entry, facts: Mapping[str, Fact], definitions: Mapping[str, c.Condition] = MappingProxyType({})
) -> c.Condition:
    """Read one condition. The keys it may use are the closed set of operators."""
    parts = dict(entry.items())
    if "fact" in parts:
        return _atom(entry, parts, facts)
    if len(parts) != 1:
        raise entry.invalid("unknown_operator", "a condition is one of: all, any, not, holds, always, or a fact")
    ((operator, value),) = parts.items()
    match operator:
        case "all":
            return c.All(tuple(condition(part, facts, definitions) for part in value.members()))
        case "any":
            return c.Any(tuple(condition(part, facts, definitions) for part in value.members()))
        case "not":
            return c.Not(condition(value, facts, definitions))
        case "holds":
            if value.text() not in definitions:
                raise value.invalid("unknown_definition", f"{value.text()!r} is defined nowhere above")
            return definitions[value.text()]
        case "always" if value.flag():
            return c.Always()
        case _:
            raise entry.invalid("unknown_operator", f"{operator!r} is no operator")


def _atom(entry: Entry, parts: Mapping[str, Entry], facts: Mapping[str, Fact]) -> c.Condition:
    name = parts["fact"].text()
    fact = facts.get(name)
    if fact is None:
        raise parts["fact"].invalid("unknown_fact", f"{name!r} is not in facts.yml")
    operators = [key for key in parts if key != "fact"]
    if len(operators) != 1:
        raise entry.invalid("unknown_operator", "a fact is compared by exactly one operator")
    (operator,) = operators
    value = parts[operator]
    build = _OPERATORS.get((operator, fact.type))
    if build is None or (operator == "under" and name != c.MATTER):
        raise value.invalid("unknown_operator", f"{operator!r} is no operator for {name} ({fact.type})")
    return build(fact, value)


def _options(fact: Fact, value: Entry) -> frozenset[str]:
    return frozenset(_option(item, fact) for item in value.members())


_NUMBERS: Final = {
    "at_least": lambda fact, value: c.AtLeast(fact.name, value.number()),
    "below": lambda fact, value: c.Below(fact.name, value.number()),
    "at_most_parameter": lambda fact, value: c.AtMostParameter(fact.name, value.text()),
}
_OPERATORS: Final[Mapping[tuple[str, FactType], Callable[[Fact, Entry], c.Condition]]] = MappingProxyType(
    {
        ("is", FactType.BOOL): lambda fact, value: c.Is(fact.name, value.flag()),
        ("is", FactType.ENUM): lambda fact, value: c.Is(fact.name, _option(value, fact)),
        ("one_of", FactType.ENUM): lambda fact, value: c.OneOf(fact.name, _options(fact, value)),
        ("none_of", FactType.ENUM): lambda fact, value: c.Not(c.OneOf(fact.name, _options(fact, value))),
        ("under", FactType.ENUM): lambda fact, value: c.Under(fact.name, frozenset(value.texts())),
        ("within_days", FactType.DATE): lambda fact, value: c.WithinDays(fact.name, value.number()),
        **{(operator, kind): build for operator, build in _NUMBERS.items() for kind in (FactType.INT, FactType.MONEY)},
    }
)
"""The closed set: which operator compares which type of fact."""


def _option(entry: Entry, fact: Fact) -> str:
    value = entry.text()
    if all(option.value != value for option in fact.options):
        raise entry.invalid("unknown_option", f"{value!r} is no answer to {fact.name}")
    return value
