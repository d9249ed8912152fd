"""What the routes need from outside, handed in by whoever composes the app."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from api.observability import Metrics
from api.services.directions import FindOffices
from api.services.ports import Clock, Database, RateLimits
from api.services.thinking_ports import Assess, ClassifyMatter, DescribeFacts, Knowledge, Topics

Check = Callable[[], Awaitable[str | None]]
"""Raises unless a part of the service works; may return the code of what is amiss although it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDeps:
    """The ports behind the public routes; tests hand in fakes."""

    database: Database
    knowledge: Knowledge
    triage: ClassifyMatter
    topics: Topics
    assess: Assess
    examine: Assess
    """The same, with the fact the result turns on: for what staff get."""
    facts: DescribeFacts
    offices: FindOffices
    clock: Clock
    limits: RateLimits
    checks: Mapping[str, Check] = field(default_factory=dict)
    lets_measure: Callable[[str | None], bool]
    """Tells by the Authorization header who may read the figures."""
    metrics: Metrics = field(default_factory=Metrics)
