"""Shadow run: what triage would have said of an office's own past tickets, before it says anything to anybody.

Nothing is written back, and nothing that a caller said is shown unless asked for: tickets hold personal data.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from knowledge_base.taxonomy import Taxonomy
from knowledge_base.tickets import Damaged, Ticket
from knowledge_base.types import Triage

DANGER_WORDS: Final = ("自杀", "自残", "轻生", "生命危险", "人身危险", "危急", "紧急", "报警", "110")
"""What in a ticket's category or outcome says that somebody was in danger, unless the office has its own words."""
SILENT: Final = "（没有把握）"
_SHOWN: Final = 100
"""Of a list that may be as long as the table."""
_Codes = frozenset[str]
_NAMES: Final = Path(__file__).with_name("category_names.yml")
_NUMBERING: Final = re.compile(r"^(?:[（(]?(?:[0-9.]+|[a-zA-Z]|[一二三四五六七八九十]{1,3})[)）、.．:：\-_ ]+)+")
_ENDING: Final = re.compile(r"(?:法律)?(?:纠纷|争议|合同|案件|事项|问题|咨询|业务|方面|领域|权益|类别?|法律|法)$")
_LEVELS: Final = re.compile(r"\s*(?:[/\\|>＞→]+|(?<=[一-龥])[-—–]+(?=[一-龥]))\s*")
_AND: Final = re.compile(r"[、,，;；+＋]|(?<=[一-龥])(?:和|及|与)(?=[一-龥])")


class MappingInvalid(ValueError):
    """The file that says what the office's categories are called here cannot be used."""

    code = "mapping_invalid"


@dataclass(frozen=True, slots=True)
class Categories:
    """What an office's category names mean: the codes that would be right for a ticket so named."""

    taxonomy: Taxonomy
    own: Mapping[str, _Codes] = field(default_factory=dict)
    usual: Mapping[str, _Codes] = field(default_factory=dict)
    """What offices and the hotline's statistics usually call a matter."""

    @classmethod
    def load(cls, taxonomy: Taxonomy, path: Path | None) -> "Categories":
        """Read the office's names, each with codes, titles or statistics categories of ours. Raises MappingInvalid."""
        usual = _usual(cls(taxonomy))
        if path is None:
            return cls(taxonomy, usual=usual)
        try:
            data: Any = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            msg = f"{path} cannot be read: {error}"
            raise MappingInvalid(msg) from error
        if not isinstance(data, dict):
            msg = f"{path}: expected a name of yours and a name of ours on each line"
            raise MappingInvalid(msg)
        plain = cls(taxonomy, usual=usual)
        own: dict[str, _Codes] = {}
        for name, ours in data.items():
            meant = [(each, plain.codes(str(each))) for each in (ours if isinstance(ours, list) else [ours])]
            if unknown := [str(each) for each, codes in meant if codes is None]:
                msg = (
                    f"{path}: {name!r} is said to be {', '.join(unknown)}, which is no code, title or category of ours"
                )
                raise MappingInvalid(msg)
            own[str(name)] = frozenset().union(*(codes for _, codes in meant if codes))
        return cls(taxonomy, own, usual)

    def codes(self, name: str, /) -> _Codes | None:
        """Return the codes that a name stands for, None for a name that means nothing here.

        Of «民事/婚姻家庭/离婚» the last level counts that means something, of «婚姻、继承» all together.
        """
        if name in self.own:
            return self.own[name]
        for level in reversed(_LEVELS.split(_NUMBERING.sub("", name.strip()))):
            whole = self._of(level)
            parts = [whole] if whole is not None else [self._of(one) for one in _AND.split(level)]
            known = [one for one in parts if one is not None]
            if known:
                return frozenset().union(*known)
        return None

    def _of(self, name: str) -> _Codes | None:
        plain = _NUMBERING.sub("", name.strip())
        while plain:
            found = self._called(plain) or self.usual.get(plain)
            if found is not None:
                return found
            plain, whole = _ENDING.sub("", plain), plain
            if plain == whole:
                break
        return None

    def _called(self, name: str) -> _Codes | None:
        topics = self.taxonomy.all()
        named = {topic.code for topic in topics if name in (topic.code, topic.title)}
        within = {topic.code for topic in topics if topic.category == name or topic.parent in named}
        return frozenset(named | within) or None


def _usual(plain: Categories) -> Mapping[str, _Codes]:
    """Read the usual names; each of ours means something, or the file is damaged."""
    read: Mapping[str, list[str]] = yaml.safe_load(_NAMES.read_text(encoding="utf-8"))
    usual: dict[str, _Codes] = {}
    for ours, theirs in read.items():
        codes = plain.codes(ours)
        if codes is None:
            msg = f"{_NAMES.name}: {ours} is no code, title or category of ours"
            raise MappingInvalid(msg)
        usual |= dict.fromkeys(theirs, codes)
    return usual


@dataclass(slots=True, kw_only=True)
class Tally:
    """How one category of the office's fared."""

    tickets: int = 0
    agreed: int = 0
    among: int = 0
    silent: int = 0

    def as_json(self) -> dict[str, int | float]:
        """Return counts and shares."""
        return {
            "tickets": self.tickets,
            "agreed": self.agreed,
            "among_three": self.among,
            "silent": self.silent,
            "agreement": round(self.agreed / self.tickets, 4) if self.tickets else 0.0,
        }


@dataclass(slots=True, kw_only=True)
class Replay:
    """What came of a run; lines are lines of the file."""

    show_text: bool
    whole: Tally = field(default_factory=Tally)
    categories: dict[str, Tally] = field(default_factory=dict)
    unmapped: Counter[str] = field(default_factory=Counter)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    disagreements: list[dict[str, object]] = field(default_factory=list)
    missed_danger: list[dict[str, object]] = field(default_factory=list)
    alarms: list[dict[str, object]] = field(default_factory=list)
    dangerous: int = 0
    read: int = 0
    damaged: list[Damaged] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        """Return the whole report."""
        return {
            "tickets": self.read,
            "damaged": [{"line": one.line, "why": one.why} for one in self.damaged],
            "overall": self.whole.as_json(),
            "by_category": {name: tally.as_json() for name, tally in sorted(self.categories.items())},
            "unmapped": dict(self.unmapped.most_common()),
            "confusion": [
                {"category": theirs, "ours": ours, "tickets": count}
                for (theirs, ours), count in self.confusion.most_common()
            ],
            "danger": {"tickets": self.dangerous, "missed": self.missed_danger, "alarms_elsewhere": self.alarms},
            "disagreements": self.disagreements,
        }


def replay(
    tickets: Iterable[Ticket | Damaged],
    triage: Callable[[str], Triage],
    categories: Categories,
    /,
    *,
    danger_words: Iterable[str] = DANGER_WORDS,
    show_text: bool = False,
) -> Replay:
    """Triage every ticket anew and compare with what the office made of it."""
    seen = Replay(show_text=show_text)
    words = tuple(danger_words)
    for one in tickets:
        if isinstance(one, Damaged):
            seen.damaged.append(one)
            continue
        seen.read += 1
        found = triage(one.text)
        _compare_danger(seen, one, found, words)
        accepted = categories.codes(one.category)
        if accepted is None:
            seen.unmapped[one.category] += 1
        else:
            _compare(seen, one, found, accepted, categories.taxonomy)
    return seen


def _compare(seen: Replay, one: Ticket, found: Triage, accepted: _Codes, taxonomy: Taxonomy) -> None:
    agreed = bool(found.matters) and found.matters[0].code in accepted
    for tally in (seen.whole, seen.categories.setdefault(one.category, Tally())):
        tally.tickets += 1
        tally.agreed += agreed
        tally.among += any(matter.code in accepted for matter in found.matters)
        tally.silent += not found.matters
    if agreed:
        return
    ours = found.matters[0] if found.matters else None
    seen.confusion[one.category, taxonomy.get(ours.code).category if ours else SILENT] += 1
    seen.disagreements.append(
        _line(seen, one)
        | {"ours": ours.code if ours else None, "title": ours.title if ours else SILENT}
        | ({"confidence": ours.confidence} if ours else {})
    )


def _compare_danger(seen: Replay, one: Ticket, found: Triage, words: tuple[str, ...]) -> None:
    dangerous = any(word in one.category or word in one.outcome for word in words)
    seen.dangerous += dangerous
    if dangerous and not found.safety:
        seen.missed_danger.append(_line(seen, one))
    elif found.safety and not dangerous:
        seen.alarms.append(_line(seen, one) | {"safety": [kind.value for kind in found.safety]})


def _line(seen: Replay, one: Ticket) -> dict[str, object]:
    return {"line": one.line, "category": one.category} | ({"text": one.text} if seen.show_text else {})


def lines(seen: Replay, /) -> Iterator[str]:
    """Return the report as a person reads it, the first of every list that may be long."""
    yield f"{seen.read} tickets read, {len(seen.damaged)} damaged lines left out"
    yield from _some(f"  line {one.line}: {one.why}" for one in seen.damaged)
    yield ""
    yield f"{'category':<24} tickets  agreed  among 3  silent"
    for name, tally in [("all", seen.whole), *sorted(seen.categories.items(), key=lambda one: -one[1].tickets)]:
        shares = (tally.agreed, tally.among, tally.silent)
        yield f"{name:<24} {tally.tickets:>7}" + "".join(f" {_share(part, tally.tickets):>7}" for part in shares)
    if seen.unmapped:
        yield ""
        left_out = seen.unmapped.total()
        yield f"Categories that mean nothing here ({left_out} of {seen.read} tickets not compared); say what they are in a file for --map:"
        yield from (f"  {name or '(empty)'}: {count}" for name, count in seen.unmapped.most_common())
    if seen.confusion:
        yield ""
        yield "Taken for something else:"
        yield from _some(f"  {count:>6}  {theirs} -> {ours}" for (theirs, ours), count in seen.confusion.most_common())
    yield ""
    yield f"Danger: {seen.dangerous} tickets say so; {len(seen.missed_danger)} of them missed"
    yield from _some(map(_told, seen.missed_danger))
    yield f"Alarms on other tickets: {len(seen.alarms)}"
    yield from _some(map(_told, seen.alarms))
    yield ""
    yield f"Disagreements: {len(seen.disagreements)}"
    yield from _some(map(_told, seen.disagreements))


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "-"


def _told(one: Mapping[str, object]) -> str:
    return "  " + "  ".join(f"{name} {value}" for name, value in one.items())


def _some(told: Iterable[str]) -> Iterator[str]:
    """Return the first of a list, and how many more there are."""
    more = 0
    for number, one in enumerate(told):
        if number < _SHOWN:
            yield one
        else:
            more += 1
    if more:
        yield f"  and {more} more; --json and --report have all of them"
