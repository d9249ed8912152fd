"""What thinks along while somebody takes a call: sources, questions, danger, as the composition root lends them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from api.services.thinking_ports import CheckSafety, Knowledge, Topics
from knowledge_base.types import Facts, FactValue, Question, Triage, Verdict


class Hidden(Protocol):
    """One stretch of a text that identifies somebody."""

    @property
    def kind(self) -> str:
        """What it is, as the vault calls it."""

    @property
    def start(self) -> int:
        """Where it begins."""

    @property
    def end(self) -> int:
        """Where it ends."""

    @property
    def value(self) -> str:
        """What stands there."""

    @property
    def keep(self) -> bool:
        """Whether it may be kept, in the vault."""


class Screens(Protocol):
    """The pre-screen: what is missing, what an answer means, what it comes to."""

    def assess(self, facts: Facts, *, region: str | None, on: date, now: datetime | None = None) -> Verdict:
        """Assess what is known. Raises FactRefused."""

    def examine(self, facts: Facts, *, region: str | None, on: date, now: datetime | None = None) -> Verdict:
        """Assess for staff, with the fact the result turns on. Raises FactRefused."""

    def question(self, fact: str, facts: Facts = ..., /) -> Question:
        """Return the question about one fact, worded for what is known. Raises FactRefused for no such fact."""

    def parse(self, fact: str, raw_text: str, /, *, on: date | None = None, facts: Facts = ...) -> FactValue:
        """Read an answer in people's own words. Raises FactNotUnderstood."""


class Told(Protocol):
    """What words tell of the pre-screen unasked."""

    def __call__(self, text: str, /, *, matter: str | None, on: date) -> Facts:
        """Return the facts, as far as they can be so in this matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ear:
    """Everything a call is listened to with. What thinks uses the processor: call it in a thread."""

    knowledge: Knowledge
    classify: Callable[[str], Triage]
    safety: CheckSafety
    screener: Screens
    told: Told
    topics: Topics
    hide: Callable[[str], Sequence[Hidden]]
    """Finds what identifies a person in a text."""
    place_in: Callable[[str], str | None]
    """The code of the place a text names."""
