"""What was asked in vain, gathered week by week, so that the office writes the card that is missing (待补充的问题).

A look-up leaves its day and its outcome. Only where the answer was missing or unsure do the words stay too: redacted
before they came here, sealed, for ninety days, under a digest that leads to no conversation. A list shows nothing that
fewer than three people said.
"""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from api.domain.clocks import CHINA
from api.domain.staff import Permission
from api.services.curation_ports import Library, Lookup, LookupOutcome, WeeklyList
from api.services.ports import UnitOfWork
from api.services.records import JsonObject
from api.services.staff import StaffMember, require
from api.services.vault import tokens
from knowledge_base.drafts import Asked, Cluster, Ending
from knowledge_base.types import Answer, NoAnswer, NoAnswerReason

KEEP_WORDS: Final = timedelta(days=90)
LEAST_PEOPLE: Final = 3
SOON: Final = timedelta(days=60)
UNSURE: Final = 0.6
"""Below this an answer is given, and somebody should look whether it was one."""
_MOST_WORDS: Final = 200
_MOST_QUESTIONS: Final = 2000
_WEEK: Final = timedelta(days=7)
_FRESH: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """One look-up as whoever made it knows it; `words` are those that were redacted for the dialogue."""

    words: str
    found: Answer | NoAnswer
    region: str | None = None
    matter: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a weekly list is made of."""

    week: str
    on: date
    asked: int
    """How many questions there were; of very many only the newest are gathered."""
    questions: tuple[Asked, ...]
    uses: Mapping[str, int]


async def note(uow: UnitOfWork, *, looked_up: LookedUp, conversation_id: str, now: datetime) -> None:
    """Put a look-up on record. What has nothing to do with the law is none of ours, and leaves nothing."""
    found = looked_up.found
    if isinstance(found, NoAnswer):
        if found.reason is NoAnswerReason.OFF_TOPIC:
            return
        outcome = LookupOutcome.SILENT
    else:
        outcome = LookupOutcome.UNSURE if found.score < UNSURE else LookupOutcome.ANSWERED
    source = found.provenance if isinstance(found, Answer) else None
    open_question = outcome is not LookupOutcome.ANSWERED
    await uow.lookups.add(
        Lookup(
            id=uuid.uuid4().hex,
            day=now.astimezone(CHINA).date(),
            outcome=outcome,
            entry=source.entry if source else None,
            version=source.version if source else None,
            build=source.build if source else None,
            score=found.score,
            region=looked_up.region,
            matter=looked_up.matter,
            asker=uow.digest("asker", conversation_id) if open_question else None,
            words=_bare(looked_up.words) if open_question else None,
        )
    )


def week_of(day: date) -> str:
    """Return the name of a week: 2026-W47."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def week_begin(now: datetime) -> date:
    """Return the Monday of the running week."""
    today = now.astimezone(CHINA).date()
    return today - timedelta(days=today.weekday())


async def due(uow: UnitOfWork, *, now: datetime) -> date | None:
    """Return the Monday of a week whose list should be made: the last one once more when it is over, this one daily."""
    this = week_begin(now)
    before = await uow.lookups.list_of(week_of(this - _WEEK))
    if before is not None and before.made_at.astimezone(CHINA).date() < this:
        return this - _WEEK
    made = await uow.lookups.list_of(week_of(this))
    return this if made is None or now - made.made_at >= _FRESH else None


async def material(uow: UnitOfWork, *, begin: date, now: datetime, most: int = _MOST_QUESTIONS) -> Material:
    """Return what the list of the week from this Monday is made of."""
    today = now.astimezone(CHINA).date()
    rows = await uow.lookups.open_questions(begin=begin, end=begin + _WEEK, limit=most)
    questions = tuple(
        Asked(words=row.words, asker=row.asker or row.id, matter=row.matter, region=row.region)
        for row in rows
        if row.words
    )
    asked = await uow.lookups.open_ones(begin=begin, end=begin + _WEEK)
    uses = await uow.lookups.uses(begin=today - SOON, end=today + timedelta(days=1))
    return Material(week=week_of(begin), on=today, asked=asked, questions=questions, uses=uses)


def listed(material: Material, library: Library) -> JsonObject:
    """Make the list. It takes seconds: call it in a thread, outside any transaction. Raises KnowledgeUnavailable."""
    clusters = library.cluster(material.questions, least=LEAST_PEOPLE, on=material.on)
    shown = [cluster for cluster in clusters if cluster.people >= LEAST_PEOPLE and cluster.phrases]
    scattered = Counter(
        cluster.matter or "" for cluster in clusters if cluster not in shown for _ in range(cluster.count)
    )
    endings = library.endings(uses=material.uses, on=material.on, within=SOON)
    return {
        "asked": material.asked,
        "clusters": [_cluster_json(cluster) for cluster in shown],
        "scattered": dict(scattered),
        "endings": [_ending_json(ending) for ending in endings],
    }


async def keep_list(uow: UnitOfWork, *, material: Material, content: JsonObject, now: datetime) -> None:
    """Store the list of the week, and destroy the words that are older than they may be."""
    await uow.lookups.put_list(WeeklyList(week=material.week, made_at=now, content=content))
    await uow.lookups.forget(before=material.on - KEEP_WORDS)


async def weekly(
    uow: UnitOfWork, *, member: StaffMember, week: str | None
) -> tuple[WeeklyList | None, tuple[str, ...]]:
    """Return a week's list, the newest where none is named, and the weeks that have one."""
    require(member, Permission.READ_CASES)
    weeks = await uow.lookups.weeks()
    wanted = week or (weeks[0] if weeks else None)
    return (await uow.lookups.list_of(wanted) if wanted else None), weeks


def _bare(words: str) -> str:
    for token in tokens(words):
        words = words.replace(token, " ")
    return " ".join(words.split())[:_MOST_WORDS]


def _cluster_json(cluster: Cluster) -> JsonObject:
    return _plain(asdict(cluster))


def _ending_json(ending: Ending) -> JsonObject:
    return _plain({**asdict(ending), "ends": ending.ends.isoformat(), "why": ending.why.value})


def _plain(found: dict[str, Any]) -> JsonObject:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}
