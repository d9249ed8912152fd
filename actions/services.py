"""What the actions need from outside, handed in by whoever starts them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from api.services.ports import Clock, RateLimits, UnitOfWork
from knowledge_base.clarifications import Clarifications
from knowledge_base.dialect import Dialect
from knowledge_base.directory.asking import PlaceSaid, Wanted
from knowledge_base.embedding import Vector
from knowledge_base.feelings import Feelings
from knowledge_base.handlers import Handler
from knowledge_base.offices import Directions, OfficeKind
from knowledge_base.rules.amending import Amendment
from knowledge_base.short import ShortQuestions
from knowledge_base.types import Answer, Facts, FactValue, KnowledgeUnavailable, NoAnswer, Question, Triage, Verdict
from knowledge_base.unasked import Unasked


class Knowledge(Protocol):
    """Sourced answers. Methods use the processor for tens of milliseconds: call them in a thread."""

    def embed(self, text: str, /) -> Vector | None:
        """Return the turn's one vector, which search and triage share; None where no embedding model is at hand."""

    def ask(  # noqa: PLR0913 - a question and all that it is about
        self,
        query: str,
        /,
        *,
        region: str | None,
        on: date,
        matters: Sequence[str] = (),
        vector: Vector | None = None,
        follow_up: bool = False,
    ) -> Answer | NoAnswer:
        """Answer, or say that the documents do not. Raises KnowledgeUnavailable.

        `follow_up` tells that the matters are known from the conversation alone.
        """


class Classify(Protocol):
    """What a message is about. It uses the processor: call it in a thread."""

    def __call__(self, text: str, /, *, vector: Vector | None) -> Triage:
        """Triage one message."""


class Screener(Protocol):
    """The pre-screen's questions and its judgement."""

    def assess(self, facts: Facts, *, region: str | None, on: date, now: datetime | None = None) -> Verdict:
        """Assess what is known; `now` is the moment its other roads are open at or not. Raises FactRefused."""

    def examine(self, facts: Facts, *, region: str | None, on: date, now: datetime | None = None) -> Verdict:
        """Assess for staff, with the fact the result turns on. Raises FactRefused."""

    def to_confirm(self, facts: Facts, *, region: str | None, on: date) -> Question | None:
        """Return the question about what was presumed and would change the outcome. Raises FactRefused."""

    def question(self, fact: str, facts: Facts = ..., /) -> Question:
        """Return the question about one fact, worded for what is known. Raises FactRefused for no such fact."""

    def place_name(self, region: str, /) -> str:
        """Return a place as people write it. Raises FactRefused where there is none."""

    def parse(self, fact: str, raw_text: str, /, *, on: date | None = None, facts: Facts = ...) -> FactValue:
        """Read a typed answer to the question as it is put for `facts`; `on` is the day that «last month» counts from.

        Raises FactNotUnderstood.
        """

    def amend(self, fact: str, raw_text: str, /, *, on: date | None = None, facts: Facts = ...) -> Amendment:
        """Read what is put in place of an answer. Raises FactNotUnderstood where it speaks of anything else."""


class FindOffices(Protocol):
    """Who to turn to."""

    def __call__(
        self, *, kind: OfficeKind, region: str | None, now: datetime, identity: str | None = None
    ) -> Directions:
        """Return offices, nearest first, and numbers; `identity` asks for one number. Raises PlaceUnknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything an action may reach; the fields are ports, so that tests hand in fakes."""

    unit_of_work: Callable[[], AbstractAsyncContextManager[UnitOfWork]]
    reading: Callable[[], AbstractAsyncContextManager[UnitOfWork]]
    clock: Clock
    limits: RateLimits
    """The same counters as the routes have: whoever guesses references here has not more tries than there."""
    knowledge: Knowledge
    classify: Classify
    screener: Screener
    title_of: Callable[[str], str | None]
    """The Chinese title of a matter, None for a code that is not in the taxonomy."""
    region_in: Callable[[str], str | None]
    """The code of the place a text names."""
    find_offices: FindOffices
    works: Callable[[date], bool]
    """Whether offices work on a day."""
    sought_in: Callable[[str], Wanted | None]
    """What kind of place a text looks for, None where it looks for none."""
    place_in: Callable[[str], PlaceSaid | None]
    """The place that a short answer names."""
    clarifications: Clarifications
    feelings: Feelings
    dialect: Dialect
    """Words of home that carry a fact."""
    unasked: Unasked
    handlers_of: Callable[[str], tuple[Handler, ...]]
    """Who else handles a matter than legal aid."""
    short: ShortQuestions
    """What people call a matter, and which part of one they speak of."""
    spelt: Callable[[str], str | None]
    """What a text means in the spelling of the documents; None where it is spelt so already."""

    def triaged(self, text: str, /) -> Triage:
        """Triage a text by its meaning, or by its words alone where no model is at hand. Call it in a thread."""
        try:
            vector = self.knowledge.embed(text)
        except KnowledgeUnavailable:
            vector = None
        return self.classify(text, vector=vector)
