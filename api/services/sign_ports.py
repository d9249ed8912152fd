"""Signs of life in a thread that a person holds, and their store, as services see it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Side(StrEnum):
    """Who gives a sign."""

    CITIZEN = "citizen"
    STAFF = "staff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """How far one side has read, and until when it counts as writing."""

    read: int = 0
    """The last message they have seen."""
    typing_until: datetime | None = None

    def typing(self, *, now: datetime) -> bool:
        """Tell whether they write just now."""
        return self.typing_until is not None and now < self.typing_until


class Signs(Protocol):
    """The last sign of each side of a thread."""

    async def get(self, *, conversation_id: str, side: Side) -> Sign:
        """Return one side's sign, an empty one at first."""

    async def put(self, *, conversation_id: str, side: Side, sign: Sign) -> None:
        """Store one side's sign in the place of the last."""
