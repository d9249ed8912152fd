"""What a caller does, what is done then, and what a call remembers in between: the nouns that flow and lines share."""

import re
from dataclasses import astuple, dataclass, fields, replace
from typing import Final, TypeAlias

from knowledge_base.types import Urgency

_PACKED: Final = re.compile(r"\d{1,9}(?:\.\d{1,9}){8}", re.ASCII)
_LISTEN: Final = 6
_VOICEMAIL: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a call remembers between two steps; numbers only."""

    turn: int = 0
    """Counts what the caller did; names each message, so that a webhook sent twice is one turn."""
    since: int = 0
    """The message after which begins what is being said."""
    until: int = 0
    """The last message of it."""
    page: int = 0
    """Which part of it is being said."""
    strikes: int = 0
    silences: int = 0
    pending: int = 0
    """The vault's number of a value that is being read back."""
    slow: int = 0
    back: int = 0
    """A transfer came back without anybody: the next words are for the assistant again."""

    def packed(self) -> str:
        """Return it as a short text for an address."""
        return ".".join(str(number) for number in astuple(self))

    @classmethod
    def unpacked(cls, text: str, /) -> "Progress":
        """Read it back. Raises ValueError."""
        if not _PACKED.fullmatch(text):
            msg = "no progress of a call"
            raise ValueError(msg)
        return cls(**dict(zip((each.name for each in fields(cls)), map(int, text.split(".")), strict=True)))

    def after(self, **changes: int) -> "Progress":
        """Return what is remembered once the caller has done something."""
        return replace(self, turn=self.turn + 1, **{"silences": 0, "page": 0, **changes})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """Words; `confidence` from 0 to 1 where the recogniser tells one."""

    text: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """Keys, without the one that ended them."""

    keys: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Nothing in the time that was given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReached:
    """A transfer found nobody: busy, no answer, or it broke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A message was left; `where` names the recording for the staff."""

    where: str
    seconds: int


Event: TypeAlias = Heard | Pressed | Silence | NotReached | Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak:
    """Say sentences; where the next step listens, the caller may cut in."""

    sentences: tuple[str, ...]
    slow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Take speech and keys. `keys` is how many end it by themselves, None where # ends them."""

    keys: int | None = 1
    seconds: int = _LISTEN
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Put the caller through to a person, who is told how urgent it is."""

    urgency: Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Voicemail:
    """Record what the caller says after the tone."""

    seconds: int = _VOICEMAIL


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """End the call; everything was said."""


Step: TypeAlias = Speak | Listen | Transfer | Voicemail | HangUp


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What to do now, and what to remember until the caller has answered."""

    progress: Progress
    steps: tuple[Step, ...]
