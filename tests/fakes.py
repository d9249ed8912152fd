"""Fakes of the ports, each with a queue or a switch, shared by every test that needs one."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.gateway import DialogueUnavailable
from bot.messages import Payload, Reply, Say, TextReply
from knowledge_base.offices import Directions, Office, OfficeKind
from knowledge_base.types import (
    Answer,
    Citation,
    KnowledgeUnavailable,
    Matter,
    NoAnswer,
    NoAnswerReason,
    SafetyFinding,
    SafetyKind,
    Standing,
    Triage,
    Urgency,
)

PLAN = Citation(
    document="2024年“免费法律咨询和特殊群体法律援助惠民工程”实施方案",
    number="高司字〔2024〕6号",
    clause="四(一)4",
    issued=date(2024, 4, 30),
    standing=Standing.PLAN_ENDED,
    region="140581",
    source_id="gaoping-2024",
    quote="各乡镇公共法律服务工作站每周三值班一次",
)
NUMBERS = (
    Office(id="police", name="公安报警", kind=OfficeKind.NUMBER, region="CN", phone="110", hours="24 小时"),
    Office(id="ambulance", name="急救", kind=OfficeKind.NUMBER, region="CN", phone="120", hours="24 小时"),
    Office(
        id="mind", name="心理援助热线", kind=OfficeKind.NUMBER, region="CN", phone="12356", hours="每天至少 18 小时"
    ),
    Office(id="law", name="公共法律服务热线", kind=OfficeKind.NUMBER, region="CN", phone="12348"),
)


def numbers(region: str | None) -> tuple[Office, ...]:
    """Return the directory's numbers; the police text number exists only where the area code is known."""
    if region is None or not region.startswith("2310"):
        return NUMBERS
    text = Office(id="police_text", name="短信报警", kind=OfficeKind.NUMBER, region=region, phone="12110453")
    return (*NUMBERS, text)


@dataclass(slots=True)
class FakeClock:
    """Stands still until it is moved."""

    now: datetime = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, by: timedelta) -> None:
        self.now += by


@dataclass(slots=True)
class Asked:
    """One turn that reached the dialogue."""

    conversation_id: str
    text: str | None
    payload: Payload | None
    metadata: Mapping[str, Any]


@dataclass(slots=True)
class FakeDialogue:
    """Answers from a queue; without one it echoes nothing but a fixed line. An exception in the queue is raised."""

    queue: deque[tuple[Reply, ...] | Exception] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    delay: float = 0.0

    def enqueue(self, *replies: Reply) -> None:
        self.queue.append(replies)

    def fail(self, reason: str = "refused") -> None:
        self.queue.append(DialogueUnavailable(reason=reason))

    async def turn(
        self, *, conversation_id: str, text: str | None, payload: Payload | None, metadata: Mapping[str, Any]
    ) -> tuple[Reply, ...]:
        self.asked.append(Asked(conversation_id=conversation_id, text=text, payload=payload, metadata=metadata))
        if self.delay:
            await asyncio.sleep(self.delay)
        given = self.queue.popleft() if self.queue else (TextReply(say=Say.CAPABILITIES),)
        if isinstance(given, Exception):
            raise given
        return given


@dataclass(slots=True)
class FakeAnswers:
    """Directory and knowledge base of a degraded turn."""

    found: Directions | Answer | NoAnswer | None = field(
        default_factory=lambda: NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS)
    )
    asked: list[str] = field(default_factory=list)

    async def __call__(
        self,
        query: str,
        *,
        region: str | None,  # noqa: ARG002
        now: datetime,  # noqa: ARG002
    ) -> Directions | Answer | NoAnswer:
        self.asked.append(query)
        if self.found is None:
            raise KnowledgeUnavailable
        return self.found


def answer(text: str = "每个星期三。", *, matters: tuple[str, ...] = ("labour.wages",)) -> Answer:
    """Return a sourced answer."""
    return Answer(text=text, citations=(PLAN,), score=0.9, matters=matters)


_DANGER: Mapping[str, tuple[SafetyKind, Urgency]] = {
    "活着没意思": (SafetyKind.SELF_HARM, Urgency.S0),
    "拿刀": (SafetyKind.VIOLENCE_NOW, Urgency.S0),
    "has a knife": (SafetyKind.VIOLENCE_NOW, Urgency.S0),
    "继父": (SafetyKind.CHILD_HARM, Urgency.S0),
    "刚转了": (SafetyKind.LIVE_FRAUD, Urgency.S0),
    "明天开庭": (SafetyKind.DEADLINE, Urgency.S1),
    "昨天被抓": (SafetyKind.DETENTION, Urgency.S1),
    "去年被抓": (SafetyKind.DETENTION, Urgency.S2),
}


def check_safety(text: str) -> SafetyFinding:
    """Know danger by a handful of words."""
    found = [each for words, each in _DANGER.items() if words in text]
    if not found:
        return SafetyFinding()
    return SafetyFinding(kinds=tuple(kind for kind, _ in found), urgency=min(urgency for _, urgency in found))


class FakeClassifier:
    """Recognises unpaid wages and nothing else."""

    def classify(self, text: str, /, *, vector: object = None, on: object = None) -> Triage:  # noqa: ARG002
        """Know one word."""
        if "工资" not in text:
            return Triage()
        return Triage(matters=(Matter(code="labour.wages", title="劳动报酬", confidence=0.93),))
