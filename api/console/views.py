"""Cases as a page shows them: every code turned into words here, so that templates hold no decisions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from api.console import aid_labels, alerts, labels
from api.domain.clocks import Clock
from api.services.desk import StaffDesk
from api.services.records import JsonObject, Sender, StoredMessage
from api.services.vault import parts, tokens
from api.services.verdicts import PIVOT
from knowledge_base.standings import STANDINGS
from knowledge_base.told import AGE
from knowledge_base.types import Basis, FactType, Outcome, Question, Standing, Truth
from knowledge_base.unasked import OF_DEFENDANT

_SOON_DAYS = 1
_AGE_OF_HELD = "被抓或被告的人多大了？"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockView:
    """A running time limit in words."""

    title: str
    left: str
    mark: str

    @property
    def pressing(self) -> bool:
        """Tell whether it is over, or soon will be."""
        return bool(self.mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message of a transcript."""

    seq: int
    sender: Sender
    kind: str
    who: str
    at: datetime
    text: str
    sources: tuple[str, ...]
    provenance: JsonObject | None = None
    heard: tuple[str, ...] = ()
    """Danger or distress in a caller's message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A question and its answer, or a term and its value."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonView:
    """One reason of a verdict."""

    mark: str
    label: str
    text: str
    rule: str
    cite: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A sentence and where it comes from."""

    title: str
    cite: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictView:
    """预筛结论 in words."""

    outcome: Outcome
    outcome_label: str
    basis: str
    settled: bool
    on: str
    reasons: tuple[ReasonView, ...]
    missing: tuple[str, ...]
    conflicts: tuple[str, ...]
    """Answers that cannot both be so."""
    deadlines: tuple[Cited, ...]
    offices: tuple[str, ...]
    alternatives: tuple[str, ...]
    rulebook: str
    pivot: str | None
    """The fact the result turns on."""


class Words:
    """Turns codes into Chinese with the titles that the composition root lends."""

    def __init__(self, desk: StaffDesk) -> None:
        self._matter_title = desk.matter_title
        self._region_name = desk.region_name
        self.unverified_language = desk.unverified_language
        self._questions: Mapping[str, Question] = {question.fact: question for question in desk.describe_facts()}

    def region(self, code: str | None) -> str | None:
        """Return the name of a place."""
        return None if code is None else self._region_name(code)

    def matters(self, codes: Sequence[str]) -> str:
        """Return the matters as a heading."""
        return "、".join(self._matter_title(code) for code in codes) or "法律咨询"

    def question(self, fact: str) -> str:
        """Return how a fact was asked for."""
        asked = self._questions.get(fact)
        return asked.text if asked else fact

    def answer(self, fact: str, value: object) -> str:  # noqa: PLR0911 - one line a kind of value
        """Return a fact's value as the citizen would say it."""
        asked = self._questions.get(fact)
        for option in asked.options if asked else ():
            if option.value == value and type(option.value) is type(value):
                return option.title
        match value:
            case None:
                return "不知道或不想说"
            case bool():
                return "是" if value else "否"
            case str() if fact == "matter":
                return self._matter_title(value)
            case str() if asked and asked.type is FactType.REGION:
                return self._region_name(value)
            case _ if asked and asked.type is FactType.MONEY:
                return f"{value} 元"
            case _:
                return str(value)

    def facts(self, facts: JsonObject) -> tuple[Pair, ...]:
        """Return the facts as questions and answers."""
        held = str(facts.get("matter", "")).startswith(OF_DEFENDANT)
        return tuple(
            # Who calls for somebody held is not sixteen because that one is.
            Pair(
                question=_AGE_OF_HELD if held and fact == AGE else self.question(fact),
                answer=self.answer(fact, facts[fact]),
            )
            for fact in facts
        )

    def verdict(self, verdict: JsonObject) -> VerdictView:
        """Return a stored verdict in words."""
        outcome = Outcome(verdict["outcome"])
        offices = verdict.get("apply_at", {}).get("offices", [])
        return VerdictView(
            outcome=outcome,
            outcome_label=labels.OUTCOME[outcome],
            basis=labels.BASIS[Basis(verdict["basis"])],
            settled=verdict["settled"],
            on=day(date.fromisoformat(verdict["on"])),
            reasons=tuple(_reason(reason) for reason in verdict.get("reasons", [])),
            missing=tuple(self.question(fact) for fact in verdict.get("missing", [])),
            conflicts=tuple("“{}”和“{}”".format(*each["called"]) for each in verdict.get("conflicts", [])),
            deadlines=tuple(_deadline(deadline) for deadline in verdict.get("deadlines", [])),
            offices=tuple(_joined(office, "name", "phone", "address", "hours") for office in offices),
            alternatives=tuple(_joined(way, "title", "contact", "hours") for way in verdict.get("alternatives", [])),
            rulebook=verdict["rulebook"],
            pivot=self._pivot(verdict[PIVOT]) if PIVOT in verdict else None,
        )

    def _pivot(self, pivot: JsonObject) -> str:
        fact, outcome = pivot["fact"], labels.OUTCOME[Outcome(pivot["outcome"])]
        asked = self._questions.get(fact)
        unit = " 元" if asked and asked.type is FactType.MONEY else ""
        match pivot:
            case {"values": values}:
                answer = "”或“".join(self.answer(fact, value) for value in values)
            case {"least": least, "most": most}:
                answer = f"{least} 到 {most}{unit}"
            case {"least": least}:
                answer = f"{least}{unit}或以上"
            case _:
                answer = f"{pivot['most']}{unit}或以下"
        lead = "请先核对来访人答过的" if pivot["told"] else "请先问清"
        return f"{lead}：{self.question(fact)}要是“{answer}”，结果会变成“{outcome}”。"

    def messages(self, transcript: Iterable[StoredMessage], *, staff: str) -> tuple[MessageView, ...]:
        """Return a transcript; `staff` names whoever wrote to the citizen."""
        return tuple(self._message(message, staff=staff) for message in transcript)

    def _message(self, message: StoredMessage, *, staff: str) -> MessageView:
        citations = message.body.get("citations", [])
        return MessageView(
            seq=message.seq,
            sender=message.sender,
            kind=message.kind,
            who=staff if message.sender is Sender.PERSON else labels.SENDER[message.sender],
            at=message.created_at,
            text=readable(message.text) or self._chosen(message.payload),
            sources=tuple(cite(citation) for citation in citations),
            provenance=message.body.get("provenance"),
            heard=alerts.marks(message.body) if message.sender is Sender.CITIZEN else (),
        )

    def _chosen(self, payload: JsonObject | None) -> str:
        """Return what the citizen pressed instead of typing."""
        if not payload:
            return "（空）"
        if "act" in payload:
            return f"（点选：{labels.ACT.get(str(payload['act']), '下一步')}）"
        return "\n".join(f"{self.question(fact)} {self.answer(fact, value)}" for fact, value in payload.items())


def task_words(reason: str) -> str:
    """Return what a task asks for: its reason is `receiver:notice`."""
    receiver, _, notice = reason.partition(":")
    return (
        aid_labels.TASK.get(reason)
        or labels.TASK_NOTICE.get(notice)
        or labels.TASK_UNTOLD.get(receiver)
        or next((words for kind, words in labels.TASK.items() if kind.value == receiver), "待办任务")
    )


def clock_view(running: Clock, *, now: datetime) -> ClockView:
    """Return a time limit as staff count it: in hours on the last day, in days before."""
    left = running.days_left(now=now)
    hours = int((running.due - now).total_seconds() // 3600)
    if running.overdue(now=now):
        words, mark = (f"逾期 {-left} 天" if left < 0 else f"逾期 {max(-hours, 1)} 小时"), "mark-danger"
    elif left <= 0:
        words, mark = f"还剩 {max(hours, 1)} 小时", "mark-soon"
    else:
        words, mark = f"还剩 {left} 天", "mark-soon" if left <= _SOON_DAYS else ""
    return ClockView(title=f"{labels.CLOCK[running.kind]}（{running.article}）", left=words, mark=mark)


def day(value: date) -> str:
    """Return a date as an office in China writes it."""
    return f"{value.year} 年 {value.month} 月 {value.day} 日"


def sealed_values(transcript: Iterable[StoredMessage]) -> tuple[str, ...]:
    """Return the vault tokens a transcript mentions, once each, in order."""
    return tuple(dict.fromkeys(token for message in transcript for token in tokens(message.text)))


def token_title(token: str) -> str:
    """Return what a vault token stands for: 对话中的电话 1."""
    kind, number = parts(token)
    return f"对话中的{labels.PII.get(kind, '个人信息')} {number}"


def last_verdict(transcript: Sequence[StoredMessage]) -> JsonObject | None:
    """Return the newest verdict told in a conversation."""
    return next((said.body["verdict"] for said in reversed(transcript) if "verdict" in said.body), None)


def readable(text: str) -> str:
    """Return a text with its tokens in words: what was taken out, and that it was."""
    for token in dict.fromkeys(tokens(text)):
        text = text.replace(token, f"〔{token_title(token).removeprefix('对话中的')}，已隐去〕")
    return text


def _reason(reason: JsonObject) -> ReasonView:
    result = Truth(reason["result"])
    return ReasonView(
        mark=labels.TRUTH_MARK[result],
        label=labels.TRUTH[result],
        text=reason["text"],
        rule=reason["rule"],
        cite=cite(reason["citation"]) if "citation" in reason else "",
    )


def _deadline(deadline: JsonObject) -> Cited:
    title = str(deadline["title"])
    if "latest" in deadline:
        last = day(date.fromisoformat(deadline["latest"]))
        title += (
            f"：{last} 可能已过，请核实有没有中断、中止" if deadline.get("passed") else f"：最晚约 {last}，请当天核实"
        )
    return Cited(title=title, cite=cite(deadline["citation"]) if "citation" in deadline else "")


def cite(citation: JsonObject) -> str:
    """Return a source as an office in China names it, with its date and what it is worth."""
    words = f"《{citation['document'].strip('《》')}》{citation.get('number') or ''}{citation['clause']}"
    issued, standing = citation.get("issued"), citation.get("standing")
    about = (f"{issued} 成文" if issued else "", STANDINGS[Standing(standing)] if standing else "")
    return words + (f"（{'，'.join(filter(None, about))}）" if any(about) else "")


def _joined(of: JsonObject, *fields: str) -> str:
    return "，".join(str(of[field]) for field in fields if of.get(field))
