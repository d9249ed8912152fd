"""The app as a test sees it: real routes, services and database; fake law, knowledge and time."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
from fastapi import FastAPI

from api.app import include_api
from api.db.engine import Database
from api.domain.audit import Actor, ActorKind
from api.http.deps import ApiDeps
from api.http.limits import Limiter
from api.services import applications, conversations
from api.services.records import (
    ApplicationDraft,
    Consent,
    ConsentKind,
    Contact,
    Delivery,
    SafeToContact,
    Viewer,
)
from knowledge_base.directory.book import PlaceUnknown
from knowledge_base.offices import Directions, Listing, Office, OfficeKind, Opening, Openness
from knowledge_base.types import (
    Answer,
    Basis,
    Citation,
    Facts,
    FactType,
    Hit,
    KnowledgeUnavailable,
    Matter,
    NoAnswer,
    NoAnswerReason,
    Option,
    Outcome,
    Passage,
    Question,
    Reason,
    Standing,
    Triage,
    Truth,
    Verdict,
)

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""Noon in China, a Friday."""
CITATION = Citation(
    document="法律援助法",
    clause="第四十二条",
    standing=Standing.IN_FORCE,
    source_id="law",
    issued=date(2021, 8, 20),
)
LOCAL = Citation(
    document="实施方案", clause="四(一)4", standing=Standing.PLAN_ENDED, source_id="card", region="140581", number="6号"
)


class MovedClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


class FakeKnowledge:
    """Knows one passage; is broken or ignorant when told to be."""

    def __init__(self) -> None:
        self.broken = False
        self.asked: list[tuple[str, str | None, date]] = []

    def embed(self, text: str, /) -> Any:  # noqa: ANN401 - the port's opaque vector
        if self.broken:
            raise KnowledgeUnavailable
        return len(text)

    def search(
        self, query: str, /, *, region: str | None, on: date, k: int = 5, vector: object = None
    ) -> tuple[Hit, ...]:
        del query, region, on, vector
        passages = [
            Passage(id=f"p{n}", document_id="d", title="t", clause="c", text=f"第{n}段", citation=citation)
            for n, citation in enumerate((CITATION, LOCAL))
        ]
        return tuple(Hit(passage=passage, score=1.0 - n / 10) for n, passage in enumerate(passages))[:k]

    def ask(
        self,
        query: str,
        /,
        *,
        region: str | None,
        on: date,
        matters: Sequence[str] = (),
        vector: object = None,
    ) -> Answer | NoAnswer:
        del matters, vector
        self.asked.append((query, region, on))
        if "天气" in query:
            return NoAnswer(reason=NoAnswerReason.OFF_TOPIC)
        return Answer(text="一段话", citations=(CITATION,), score=0.9)


QUESTIONS = (
    Question(fact="applicant.migrant_worker", type=FactType.BOOL, text="是进城务工吗？", why="看要不要查收入。"),
    Question(fact="applicant.age", type=FactType.INT, text="多大年纪？", why="老人优先。"),
    Question(
        fact="household.monthly_income_per_capita", type=FactType.MONEY, text="收入？", why="看标准。", private=True
    ),
    Question(fact="limitation.expires_on", type=FactType.DATE, text="哪天到期？", why="怕误事。"),
    Question(
        fact="applicant.disability",
        type=FactType.ENUM,
        text="有残疾吗？",
        why="当天办。",
        options=(Option(value="none", title="没有"), Option(value="visual", title="视力")),
    ),
    Question(fact="place.event", type=FactType.REGION, text="在哪里？", why="看哪里受理。"),
)


class FakeLaw:
    """Answers every assessment alike and remembers what it was asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[Facts, str | None, date]] = []

    def assess(self, facts: Facts, /, *, region: str | None, on: date, now: datetime | None = None) -> Verdict:  # noqa: ARG002
        self.seen.append((facts, region, on))
        disabled = facts.get("applicant.disability") not in {None, "none"}
        return Verdict(
            outcome=Outcome.LIKELY,
            basis=Basis.MEANS_CHECK_WAIVED,
            settled=True,
            rulebook="sha256:0",
            on=on,
            reasons=(Reason(rule="CN.art42", result=Truth.TRUE, text="不查收入。", citation=CITATION, decides=True),),
            flags=("same_day",) if disabled else (),
            documents=("身份证明", "欠薪证据"),
        )

    def facts(self) -> tuple[Question, ...]:
        return QUESTIONS


def fake_triage(text: str, /, *, region: str | None) -> Triage:
    del region
    return Triage(matters=(Matter(code="labour.wages", title="欠薪", confidence=0.93),)) if "工资" in text else Triage()


@dataclass(frozen=True)
class FakeTopic:
    code: str
    title: str
    parent: str | None = None


def fake_topics() -> tuple[FakeTopic, ...]:
    return FakeTopic("labour", "劳动"), FakeTopic("labour.wages", "欠薪", "labour")


def fake_offices(
    *,
    kind: OfficeKind,
    region: str | None,
    now: datetime,
    point: tuple[float, float] | None = None,
    open_now: bool = False,
) -> Directions:
    """Know one office, half a kilometre from anywhere, whose hours nobody has filed."""
    if region == "999999":
        raise PlaceUnknown(region)
    office = Office(id="office.one", name="甲中心", kind=kind, region="231000", source="乙文件")
    listing = Listing(
        office=office,
        opening=Opening(state=Openness.UNKNOWN),
        missing=("hours",),
        kilometres=None if point is None else 0.5,
    )
    return Directions(kind=kind, at=now, region=region, offices=() if open_now else (listing,))


@dataclass
class World:
    app: FastAPI
    client: httpx.AsyncClient
    database: Database
    clock: MovedClock
    knowledge: FakeKnowledge
    law: FakeLaw
    down: dict[str, Exception] = field(default_factory=dict)

    @classmethod
    @asynccontextmanager
    async def over(cls, database: Database, *, limits: Limiter | None = None) -> AsyncIterator["World"]:
        clock, knowledge, law = MovedClock(), FakeKnowledge(), FakeLaw()
        down: dict[str, Exception] = {}

        async def dialogue() -> None:
            if "dialogue" in down:
                raise down["dialogue"]

        deps = ApiDeps(
            database=database,
            knowledge=knowledge,
            triage=fake_triage,
            topics=fake_topics,
            assess=law.assess,
            examine=law.assess,
            facts=law.facts,
            offices=fake_offices,
            clock=clock,
            lets_measure=lambda authorization: authorization in {None, "Bearer prometheus"},
            limits=limits or Limiter(),
            checks={"database": database.check, "dialogue": dialogue},
        )
        app = FastAPI(openapi_url="/api/v1/openapi.json")
        include_api(app, deps, largest_body=65_536)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield cls(app=app, client=client, database=database, clock=clock, knowledge=knowledge, law=law, down=down)


STAFF = Actor(kind=ActorKind.STAFF, id="s1")
EVERYWHERE = Viewer(staff="s1", role="reviewer")
PERSONAL = ("张三", "13904531234", "139 0453 1234", "老板", "1200.5")
"""What no answer, problem or log line may hold."""


def application_body(**changed: object) -> dict[str, object]:
    """Return a body that is taken; every personal value in it is one that can be looked for."""
    return {
        "consents": [{"kind": "handover", "version": "1"}, {"kind": "sensitive", "version": "1"}],
        "issues": ["labour.wages"],
        "words": "老板拖了三个月工资不给",
        "facts": {"applicant.migrant_worker": True, "household.monthly_income_per_capita": 1200.5},
        "urgency": "s2",
        "safe_to_contact": "yes",
        "contact": {"name": "张三丰", "phone": "139 0453 1234"},
        "delivery_mode": "phone",
        "region": "231000",
        **changed,
    }


def draft(**changed: Any) -> ApplicationDraft:  # noqa: ANN401 - any field
    """Return a draft that is taken."""
    fields: dict[str, Any] = {
        "consents": (Consent(kind=ConsentKind.HANDOVER, version="1"), Consent(kind=ConsentKind.SENSITIVE, version="1")),
        "issues": ("labour.wages",),
        "words": "老板拖了三个月工资不给",
        "facts": {"applicant.migrant_worker": True, "household.monthly_income_per_capita": Decimal("1200.5")},
        "contact": Contact(name="张三丰", phone="13904531234"),
        "safe_to_contact": SafeToContact.YES,
        "delivery": Delivery.PHONE,
        "region": "231000",
    }
    return ApplicationDraft(**{**fields, **changed})


async def opened(database: Database, *, region: str | None = "231000", channel: str = "web") -> str:
    """Open a thread and return its id."""
    async with database.unit_of_work() as uow:
        found = await conversations.open_conversation(
            uow, channel=channel, region=region, locale="zh-CN", external_user=None, now=NOON
        )
        await uow.commit()
    return found.id


async def said(
    database: Database, thread: str, *, external_id: str = "m1", words: str = "老板不给钱"
) -> conversations.Admission:
    """Admit a message as one turn would."""
    async with database.unit_of_work() as uow:
        admitted = await conversations.admit(
            uow, conversation_id=thread, external_id=external_id, text=words, payload=None, now=NOON
        )
        await uow.commit()
    return admitted


async def submitted(database: Database, *, key: str = "k1", **changed: object) -> str:
    """Hand an application in and return its reference."""
    async with database.unit_of_work() as uow:
        receipt = await applications.submit(
            uow, idempotency_key=key, draft=draft(**changed), assess=FakeLaw().assess, now=NOON
        )
        await uow.commit()
    return receipt.reference


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check the one shape of failure, and return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = response.json()
    assert found["code"] == code
    assert found["status"] == status
    assert found["type"].endswith(code)
    assert found["title"]
    assert not any(personal in response.text for personal in PERSONAL)
    return found
