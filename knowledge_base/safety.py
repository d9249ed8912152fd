"""See danger before anything else is read: a life, a blow, a child, money on the move, a limit running out, a person held.

The rules are data (`safety.yml`), read in minutes by whoever answers for them; this module only applies them. A rule
fires on words near one another and is turned off by what stands around them: time past, news, a question about the
law, a denial. There is no model here; danger.py lets a learned one speak second.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from knowledge_base.folding import Folder
from knowledge_base.types import SafetyFinding, SafetyKind, Urgency

_DEFAULT: Final = Path(__file__).with_name("safety.yml")
_BLANK: Final = "○"
_TAIL: Final = 8
"""Characters after a match in which a context may still be cancelled: 「去年被打过 今天又打」."""
_GRAVEST_FIRST: Final = (Urgency.S0, Urgency.S1, Urgency.S2)


class SafetyRulesInvalid(ValueError):
    """The rule file cannot be applied; nothing starts without its safety gate."""

    code = "safety_rules_invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Words around a match that make it harmless, and the words that make it serious again."""

    before: re.Pattern[str] | None
    after: re.Pattern[str] | None
    anywhere: re.Pattern[str] | None
    cancelled_by: re.Pattern[str] | None
    reach: int
    inside: bool

    def softens(self, text: str, start: int, end: int, /) -> bool:
        """Tell whether the match at [start, end) means no danger in this context."""
        tail = min(len(text), end + _TAIL)
        if self.anywhere is not None and self.anywhere.search(text):
            return not self._cancelled(text)
        if self.before is not None:
            marker = _last(self.before, text[max(0, start - self.reach) : start])
            if marker is not None:
                return not self._cancelled(text[max(0, start - self.reach) + marker : tail])
            if self._within(text, start, end):
                return not self._cancelled(text[start:tail])
        if self.after is not None and (found := self.after.match(text[end : end + self.reach])):
            return not self._cancelled(text[start : end + found.end()])
        return False

    def _within(self, text: str, start: int, end: int) -> bool:
        """Find a marker that a wide match has swallowed: 「被警察去年抓了」."""
        return self.inside and self.before is not None and self.before.search(text, start, end) is not None

    def _cancelled(self, stretch: str) -> bool:
        return self.cancelled_by is not None and self.cancelled_by.search(stretch) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Words that mean danger: all of `parts`, within so many characters, unless a context softens them."""

    id: str
    kinds: tuple[SafetyKind, ...]
    parts: tuple[re.Pattern[str], ...]
    within: int
    unless: tuple[Context, ...]
    firm: bool = False
    """Whether it stands whatever the learned opinion makes of the words (danger.py)."""

    def fires(self, text: str, /) -> bool:
        """Tell whether the rule holds anywhere in a folded, blanked text."""
        return any(
            not any(context.softens(text, start, end) for context in self.unless) for start, end in self._spans(text)
        )

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        first, *others = self.parts
        for found in first.finditer(text):
            start, end = found.span()
            for other in others:
                low = max(0, start - self.within)
                near = other.search(text, low, min(len(text), end + self.within))
                if near is None:
                    break
                start, end = min(start, near.start()), max(end, near.end())
            else:
                yield start, end


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyGate:
    """安全闸: applied to every message of every channel before its topic is looked at."""

    folder: Folder
    idioms: re.Pattern[str]
    rules: tuple[Rule, ...]
    urgencies: Mapping[SafetyKind, Urgency]
    long_held: re.Pattern[str]

    @classmethod
    def load(cls, path: Path = _DEFAULT) -> "SafetyGate":
        """Read and compile the rules. Raises SafetyRulesInvalid."""
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        words = _written_out(data["words"])
        contexts = {name: _context(raw, words) for name, raw in data["contexts"].items()}
        try:
            rules = tuple(
                _rule(raw, SafetyKind(group["kind"]), words, contexts)
                for group in data["kinds"]
                for raw in group["rules"]
            )
            return cls(
                folder=Folder.load(),
                idioms=_compile(data["idioms"], words),
                rules=rules,
                urgencies={SafetyKind(group["kind"]): Urgency(group["urgency"]) for group in data["kinds"]},
                long_held=_compile(data["long_detention"], words),
            )
        except (KeyError, ValueError, re.error) as error:
            msg = f"{path.name}: {error}"
            raise SafetyRulesInvalid(msg) from error

    def check(self, text: str, /, *, firm: bool = False) -> SafetyFinding:
        """Return what danger a message speaks of, gravest first; nothing found is the ordinary case.

        With `firm`, only what rules say that no learned opinion may take back.
        """
        found: dict[SafetyKind, Urgency] = {}
        rules = [rule for rule in self.rules if rule.firm or not firm]
        for reading in self.folder.fold(text).readings:
            plain = self.idioms.sub(lambda idiom: _BLANK * len(idiom.group()), reading)
            for rule in rules:
                if all(kind in found for kind in rule.kinds):
                    continue
                if rule.fires(plain):
                    found.update({kind: self._urgency(kind, plain) for kind in rule.kinds})
        return self._finding(found)

    def join(self, ruled: SafetyFinding, heard: Iterable[SafetyKind], /, *, text: str) -> SafetyFinding:
        """Return what the rules found together with kinds that were heard otherwise, each with its own urgency."""
        new = {kind: self._urgency(kind, text) for kind in heard if kind not in ruled.kinds}
        if not new:
            return ruled
        return self._finding({**dict.fromkeys(ruled.kinds, ruled.urgency), **new})

    def _finding(self, found: Mapping[SafetyKind, Urgency]) -> SafetyFinding:
        kinds = tuple(kind for kind in self.urgencies if kind in found)
        return SafetyFinding(kinds=kinds, urgency=min(found.values(), key=_GRAVEST_FIRST.index, default=Urgency.S2))

    def _urgency(self, kind: SafetyKind, text: str) -> Urgency:
        if kind is not SafetyKind.DETENTION:
            return self.urgencies[kind]
        # Who does not say since when is taken for somebody held just now: the first days are when a lawyer matters most.
        return Urgency.S2 if self.long_held.search(text) else Urgency.S1


def words(path: Path = _DEFAULT) -> dict[str, str]:
    """Return the words that patterns are made of, each written out, for whoever reads the same text (scene.py)."""
    return _written_out(yaml.safe_load(path.read_text(encoding="utf-8"))["words"])


def _written_out(raw: Mapping[str, str]) -> dict[str, str]:
    written: dict[str, str] = {}
    for name, value in raw.items():
        written[name] = _expand(value, written)
    return written


def _last(pattern: re.Pattern[str], text: str) -> int | None:
    """Return where the last marker ends."""
    end = None
    for found in pattern.finditer(text):
        end = found.end()
    return end


def _expand(pattern: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        pattern = pattern.replace(f"{{{name}}}", value)
    return pattern


def _compile(alternatives: Sequence[str], words: Mapping[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_expand(one, words)})" for one in alternatives))


def _context(raw: Mapping[str, Any], words: Mapping[str, str]) -> Context:
    def part(name: str) -> re.Pattern[str] | None:
        return _compile(raw[name], words) if raw.get(name) else None

    return Context(
        before=part("before"),
        after=part("after"),
        anywhere=part("anywhere"),
        cancelled_by=part("cancelled_by"),
        reach=raw.get("reach", _TAIL),
        inside=raw.get("inside", False),
    )


def _rule(raw: Mapping[str, Any], kind: SafetyKind, words: Mapping[str, str], contexts: Mapping[str, Context]) -> Rule:
    parts = [raw["any"]] if "any" in raw else raw["near"]
    return Rule(
        id=f"{kind}.{raw['id']}",
        kinds=(kind, *([SafetyKind(raw["also"])] if "also" in raw else [])),
        parts=tuple(_compile(alternatives, words) for alternatives in parts),
        within=raw.get("within", 0),
        unless=tuple(contexts[name] for name in raw.get("unless", ())),
        firm=raw.get("firm", False),
    )
