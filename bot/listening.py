"""Listens to one message before its topic: the danger, its scene, who speaks, and whether it is over (听).

What it means in its thread is in_thread.py; what is said and kept because of it, danger.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from api.services.thinking_ports import CheckSafety
from bot.heard import Heard
from bot.messages import Inbound, Payload, clean
from knowledge_base.caller import Bearing, Callers
from knowledge_base.distress import Distress
from knowledge_base.folding import Folder
from knowledge_base.scene import Scenes
from knowledge_base.types import SafetyFinding, SafetyKind, Urgency

_ENGLISH: Final = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """The words on file for it, and the gate; `language_of` names what a message is written in, None for Chinese."""

    check: CheckSafety
    language_of: Callable[[str], str | None]
    folder: Folder
    callers: Callers
    scenes: Scenes
    distress: Distress

    @classmethod
    def load(cls, check: CheckSafety, *, language_of: Callable[[str], str | None]) -> "Listening":
        """Read the words."""
        return cls(
            check=check,
            language_of=language_of,
            folder=Folder.load(),
            callers=Callers.load(),
            scenes=Scenes.load(),
            distress=Distress.load(),
        )

    def hear(self, inbound: Inbound) -> Heard:
        """Listen to everything the citizen wrote, before anything is hidden from it. Takes tens of milliseconds."""
        words = spoken(inbound)
        said, tongue = self.folder.fold(words).spaced, self.language_of(words)
        typed = said if inbound.text is not None else None
        seen_as = self.scenes.read(said, self.check(words), self.check)
        finding = seen_as.finding
        korean = self.callers.danger_in_korean(words)
        if korean:
            kinds = tuple(dict.fromkeys((*finding.kinds, *korean)))
            finding = SafetyFinding(kinds=kinds, urgency=Urgency.S0)
        beside = tuple(kind for kind in SafetyKind if kind in {*finding.kinds} - seen_as.explains)
        if tongue == _ENGLISH and self.callers.on_the_road(said):
            finding, beside = SafetyFinding(), ()
        caller = self.callers.of(said, beside)
        hurt, strikes = self.scenes.hurt(said), self.callers.strikes_now(said)
        return Heard(
            finding=finding,
            scene=seen_as.scene,
            kinds=self.scenes.of_child(said, beside) if caller.reports else beside,
            minor=self.scenes.names_minor(said),
            hurt=hurt,
            brawl=self.scenes.tells_of_fight(said) and not hurt and not strikes,
            remark=None if typed is None else self.callers.remark(typed),
            own_life=self.scenes.stakes_own_life(said),
            caller=caller,
            bearing=Bearing.MOVED_ON if typed is None else self.callers.bearing(typed, self.check),
            safe=typed is not None and self.callers.says_only_safe(typed),
            eased=typed is not None and self.callers.eased(typed),
            law=typed is not None and self.callers.asks_law(typed),
            distressed=finding.urgency is not Urgency.S0 and self.distress.heard(words),
            language=tongue,
        )


def spoken(inbound: Inbound) -> str:
    """Return everything the citizen wrote: typed, or inside a choice."""
    if inbound.text is not None:
        return clean(inbound.text)
    return clean(" ".join(_texts(inbound.payload or {})))


def _texts(payload: Payload) -> list[str]:
    items = [item for value in payload.values() for item in (value if isinstance(value, list) else [value])]
    return [item for item in items if isinstance(item, str)]
