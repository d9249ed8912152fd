"""What one message says of danger, and what that makes of the turn: the nouns of the safety path."""

from dataclasses import dataclass, field
from typing import Final

from api.services.records import Care, JsonObject
from bot.messages import Reply
from knowledge_base.caller import Bearing, Caller, Remark
from knowledge_base.types import SafetyFinding, SafetyKind, Scene, Urgency

OUTLIVES: Final = frozenset({SafetyKind.SELF_HARM, SafetyKind.CHILD_HARM})
"""Reported whatever else it is, not taken back by a denial of something else, and, said once more, never only the beginning of a
question of law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one message says besides its topic."""

    finding: SafetyFinding = field(default_factory=SafetyFinding)
    scene: Scene | None = None
    kinds: tuple[SafetyKind, ...] = ()
    """What is to be said beside the scene, or of itself where there is none."""
    caller: Caller = field(default_factory=Caller)
    bearing: Bearing = Bearing.MOVED_ON
    safe: bool = False
    """It says that the danger is over, and nothing else."""
    eased: bool = False
    """It says so beside something else."""
    law: bool = False
    """It asks what the law answers, and nobody strikes just now."""
    remark: Remark | None = None
    """What the whole message says beside it, as far as the thread gives it a meaning (in_thread.py)."""
    brawl: bool = False
    """It tells of a fight, and of nothing that goes on."""
    distressed: bool = False
    language: str | None = None
    minor: bool = False
    """A child is spoken of."""
    hurt: bool = False
    """The caller is struck, or in fear."""
    own_life: bool = False
    """The caller speaks of dying."""

    @property
    def urgent(self) -> bool:
        """Tell whether somebody is in danger now."""
        return bool(self.for_staff) and self.finding.urgency is Urgency.S0

    @property
    def for_staff(self) -> tuple[SafetyKind | Scene, ...]:
        """Return what the staff are alerted to; a life, and harm to a child, are reported whatever else it is."""
        if self.scene is None:
            return self.finding.kinds
        always = (kind for kind in self.finding.kinds if kind in OUTLIVES and kind not in self.kinds)
        return (self.scene, *self.kinds, *always)

    def denies(self, care: Care) -> bool:
        """Tell a denial of what was told before; it takes no life and no child back of whom nothing was told yet."""
        new = OUTLIVES.intersection(self.finding.kinds).difference(care.heard)
        return self.bearing is Bearing.DENIED and not new

    def marks(self, care: Care) -> JsonObject:
        """Return what stands beside the caller's message, for whoever reads the thread."""
        marks: JsonObject = {"distress": True} if self.distressed else {}
        if self.for_staff:
            marks |= {"safety": [one.value for one in self.for_staff], "urgency": self.finding.urgency.value}
        return marks | ({"denied": True} if care.close and self.denies(care) else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """What danger makes of a turn: the whole answer, or None and what must be said before the dialogue's own words."""

    at_once: tuple[Reply, ...] | None = None
    first: tuple[Reply, ...] = ()
    person: bool = False
    """A person is called, after whatever is said at once."""
