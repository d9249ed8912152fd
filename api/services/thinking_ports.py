"""What services need of knowledge and law, as Protocols; answers and verdicts are the nouns of `knowledge_base.types`."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeAlias

from knowledge_base.types import Answer, Facts, Hit, NoAnswer, Question, SafetyFinding, Triage, Verdict

Vector: TypeAlias = Any
"""One embedding. Services hand it on without looking, and so without the array library."""


class Knowledge(Protocol):
    """Sourced answers. Its methods use the processor for tens of milliseconds: call them in a thread."""

    def embed(self, text: str, /) -> Vector:
        """Return the turn's one vector, which search, answer and triage share."""

    def search(
        self, query: str, /, *, region: str | None, on: date, k: int = 5, vector: Vector | None = None
    ) -> tuple[Hit, ...]:
        """Return the best passages. Raises KnowledgeUnavailable."""

    def ask(
        self,
        query: str,
        /,
        *,
        region: str | None,
        on: date,
        matters: Sequence[str] = (),
        vector: Vector | None = None,
    ) -> Answer | NoAnswer:
        """Answer, or say that the documents do not. Raises KnowledgeUnavailable."""


class Assess(Protocol):
    """The pre-screen."""

    def __call__(self, facts: Facts, /, *, region: str | None, on: date, now: datetime | None = None) -> Verdict:
        """Assess facts; the other roads are told as open at `now` or not. A refusal carries `code` and `field`."""


class DescribeFacts(Protocol):
    """Every fact the pre-screen may ask for."""

    def __call__(self) -> tuple[Question, ...]:
        """Return all questions."""


class ClassifyMatter(Protocol):
    """What a message is about."""

    def __call__(self, text: str, /, *, region: str | None) -> Triage:
        """Triage one message."""


class Topic(Protocol):
    """One code of the taxonomy."""

    @property
    def code(self) -> str:
        """The code."""

    @property
    def title(self) -> str:
        """Its Chinese title."""

    @property
    def parent(self) -> str | None:
        """The first-level code above it."""


class Topics(Protocol):
    """The closed list of matters."""

    def __call__(self) -> Sequence[Topic]:
        """Return every topic, parents before their leaves."""


class CheckSafety(Protocol):
    """The safety gate."""

    def __call__(self, text: str, /) -> SafetyFinding:
        """Look for danger before any topic."""
