"""See what a danger really is where its kind alone would get the wrong words: who strikes, who is lost, what has happened already.

The gate names kinds. «我要砍了他» is violence like «他要砍我», and whoever says it needs other words; a son held for a fight is
held, and nobody strikes any more. What the caller says of it is laid aside, and the gate asked once more about the rest, so
that no second danger is lost with the first.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml

from knowledge_base import safety
from knowledge_base.types import SafetyFinding, SafetyKind, Scene, Urgency

_DEFAULT: Final = Path(__file__).with_name("scene.yml")
_FIGHT: Final = frozenset({SafetyKind.VIOLENCE_NOW, SafetyKind.CHILD_HARM})
_A_WORD: Final = 4
"""Fewer characters than this are no story of their own."""
_CLAUSE: Final = re.compile(r"[^,。]+")
_QUOTES: Final = re.compile(r"(?:说|喊|骂|吼|放话|威胁|扬言|消息|微信|短信)我?[,。]$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Words that tell of a scene, and what shows that it is none."""

    say: re.Pattern[str]
    unless: re.Pattern[str]
    of: frozenset[SafetyKind]
    """Kinds that are this scene and nothing beside it."""
    heard: frozenset[SafetyKind]
    """Kinds at which it is looked for; all where none is named."""
    raises: bool
    """Whether it is a danger where the gate heard none."""

    def found_of_itself(self, said: str, /) -> re.Match[str] | None:
        """Return the words where a clause of its own tells of it, whatever another clause says of somebody else."""
        for clause in _CLAUSE.finditer(said):
            quoted = _QUOTES.search(said, 0, clause.start()) is not None
            if not quoted and not self.unless.search(clause.group()):
                found = self.say.search(said, *clause.span())
                if found is not None:
                    return found
        return None

    def found_in(self, said: str, finding: SafetyFinding, /) -> re.Match[str] | None:
        """Return the words that tell of it."""
        if finding.kinds and self.heard and not self.heard.intersection(finding.kinds):
            return None
        if not finding.kinds and not self.raises:
            return None
        return None if self.unless.search(said) else self.say.search(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plight:
    """What a message tells of: the danger, its scene, and the kinds that are nothing beside that scene."""

    finding: SafetyFinding
    scene: Scene | None = None
    explains: frozenset[SafetyKind] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenes:
    """情形: applied to what the gate has heard, before a word is chosen; what is said arrives folded (folding.py)."""

    told: Mapping[Scene, Told]
    held: re.Pattern[str]
    summoned: re.Pattern[str]
    fought: re.Pattern[str]
    struck: re.Pattern[str]
    suffers: re.Pattern[str]
    struck_me: re.Pattern[str]
    i_am_held: re.Pattern[str]
    grown: re.Pattern[str]
    minor: re.Pattern[str]
    elders: re.Pattern[str]
    overheard: re.Pattern[str]
    own_life: re.Pattern[str]

    @classmethod
    def load(cls, path: Path = _DEFAULT) -> "Scenes":
        """Read the words."""
        data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        words = {**safety.words(), **data["words"]}
        of_police = {name: _any(patterns, words) for name, patterns in data["police"].items()}
        of_police["suffers"] = _any([*data["struck"], *data["police"]["suffers"]], words)
        return cls(
            told={
                Scene(raw["scene"]): Told(
                    say=_any(raw["say"], words),
                    unless=_any(raw["unless"], words),
                    of=frozenset(map(SafetyKind, raw["of"])),
                    heard=frozenset(map(SafetyKind, raw.get("heard", ()))),
                    raises=raw.get("raises", False),
                )
                for raw in data["scenes"]
            },
            struck=_any(data["struck"], words),
            grown=_any(data["grown"], words),
            minor=_any(data["minor"], words),
            elders=_any(data["elders"], words),
            overheard=_any(data["overheard"], words),
            own_life=_any(data["own_life"], words),
            **of_police,
        )

    def read(self, said: str, finding: SafetyFinding, check: Callable[[str], SafetyFinding], /) -> Plight:
        """Return what the danger is, and the scene that asks for words of its own."""
        finding = self._not_held(said, finding)
        finding = self._among_grown(said, self._in_custody(said, finding, check))
        struck = self.struck.search(said) is not None
        for scene, told in self.told.items():
            found = told.found_in(said, finding)
            strikes_back = struck and scene is Scene.THREATENS
            if found is None and strikes_back:
                found = told.found_of_itself(said)
            if found is not None:
                alone = self._apart(said, finding, told, found, check)
                # «他打我 我要砍死他»: whoever is struck and threatens is in danger first of all.
                return Plight(finding=alone, scene=scene, explains=frozenset() if strikes_back else told.of)
        return Plight(finding=finding)

    def of_child(self, said: str, kinds: Sequence[SafetyKind], /) -> tuple[SafetyKind, ...]:
        """Return what is to be told to whoever reports harm to a child: blows are that harm, and scars are no wish to die."""
        laid_aside = {SafetyKind.VIOLENCE_NOW, *(() if self.stakes_own_life(said) else (SafetyKind.SELF_HARM,))}
        return tuple(kind for kind in kinds if kind not in laid_aside)

    def names_minor(self, said: str, /) -> bool:
        """Tell whether a child is spoken of."""
        return self.minor.search(said) is not None

    def hurt(self, said: str, /) -> bool:
        """Tell whether the caller is struck or in fear."""
        return self.suffers.search(said) is not None

    def tells_of_fight(self, said: str, /) -> bool:
        """Tell whether a fight is spoken of, whoever struck."""
        return self.fought.search(said) is not None

    def stakes_own_life(self, said: str, /) -> bool:
        """Tell whether the caller speaks of dying in so many words."""
        return self.own_life.search(said) is not None

    def _not_held(self, said: str, finding: SafetyFinding) -> SafetyFinding:
        """Offer nobody a defender for who beat them, and no relative's help to who was only called to come."""
        others = tuple(kind for kind in finding.kinds if kind is not SafetyKind.DETENTION)
        if others == finding.kinds:
            return finding
        held = self.held.search(said) is not None
        their_attacker = self.struck_me.search(said) is not None and self.i_am_held.search(said) is None
        called = not held and self.summoned.search(said) is not None
        if not called and not (held and their_attacker):
            return finding
        return replace(finding, kinds=others) if others else SafetyFinding()

    def _in_custody(self, said: str, finding: SafetyFinding, check: Callable[[str], SafetyFinding]) -> SafetyFinding:
        """Let 羁押 win where whoever fought is with the police: the blows are over, and the first days matter."""
        fought = self.fought.search(said)
        suffers = self.suffers.search(said) is not None and self.i_am_held.search(said) is None
        if fought is None or not _FIGHT.intersection(finding.kinds) or suffers:
            return finding
        held = self.held.search(said) is not None
        if not held and self.summoned.search(said) is None:
            return finding
        kinds = tuple(kind for kind in finding.kinds if kind not in _FIGHT)
        if held:
            kinds = tuple(dict.fromkeys((*kinds, SafetyKind.DETENTION)))
        if not kinds:
            return SafetyFinding()
        if any(kind not in {SafetyKind.DETENTION, SafetyKind.DEADLINE} for kind in kinds):
            return replace(finding, kinds=kinds)
        alone = check(_without(said, fought))
        since_long = alone.kinds == (SafetyKind.DETENTION,) and alone.urgency is Urgency.S2
        return SafetyFinding(kinds=kinds, urgency=Urgency.S2 if since_long else Urgency.S1)

    def _among_grown(self, said: str, finding: SafetyFinding) -> SafetyFinding:
        """Take no blow among grown people for harm to a child, though the words for kin are the same."""
        if self.minor.search(said):
            return finding
        at_elder = self.elders.search(said) is not None
        if at_elder and self.overheard.search(said):
            return self._next_door(said, finding)
        others = tuple(kind for kind in finding.kinds if kind is not SafetyKind.CHILD_HARM)
        if others == finding.kinds:
            return finding
        if self.grown.search(said) and (at_elder or self.suffers.search(said)):
            return replace(finding, kinds=others or (SafetyKind.VIOLENCE_NOW,))
        if at_elder:
            # Whoever calls may be a child who looks on: the flag stays, the words are for whoever it is.
            return replace(finding, kinds=_in_order({*finding.kinds, SafetyKind.VIOLENCE_NOW}))
        return finding

    def _next_door(self, said: str, finding: SafetyFinding) -> SafetyFinding:
        """Take no cry of somebody old who is beaten next door for a child's, nor for a wish to die."""
        mistaken = {SafetyKind.CHILD_HARM, *(() if self.stakes_own_life(said) else (SafetyKind.SELF_HARM,))}
        if not mistaken.intersection(finding.kinds):
            return finding
        return replace(finding, kinds=_in_order({*finding.kinds, SafetyKind.VIOLENCE_NOW} - mistaken))

    def _apart(
        self,
        said: str,
        finding: SafetyFinding,
        told: Told,
        found: re.Match[str],
        check: Callable[[str], SafetyFinding],
    ) -> SafetyFinding:
        rest = _without(said, found)
        beside = check(rest).kinds if len(rest) >= _A_WORD else ()
        heard = {kind for kind in finding.kinds if kind in told.of or kind in beside}
        if SafetyKind.SELF_HARM in finding.kinds and self.own_life.search(said):
            # A life is laid aside with nothing: «同归于尽» is a threat and more.
            heard.add(SafetyKind.SELF_HARM)
        if SafetyKind.CHILD_HARM in finding.kinds and self.names_minor(said):
            # Nor is a child who is spoken of: harm to one has to be reported, whoever did it.
            heard.add(SafetyKind.CHILD_HARM)
        return SafetyFinding(kinds=_in_order(heard), urgency=Urgency.S0)


def _in_order(kinds: Collection[SafetyKind]) -> tuple[SafetyKind, ...]:
    """Return kinds gravest first."""
    return tuple(kind for kind in SafetyKind if kind in kinds)


def _without(said: str, found: re.Match[str]) -> str:
    return f"{said[: found.start()]},{said[found.end() :]}".strip(",。")


def _any(alternatives: Sequence[str], words: Mapping[str, str]) -> re.Pattern[str]:
    pattern = "|".join(f"(?:{one})" for one in alternatives)
    for name, value in words.items():
        pattern = pattern.replace(f"{{{name}}}", value)
    return re.compile(pattern)
