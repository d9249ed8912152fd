"""Danger as staff read it: which, since when, how often, who answers for it, and the report that is owed. No word of the caller's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from api.console import labels
from api.services.records import JsonObject, ReportTo, SafeToContact, Ticket, TicketKind

REPORT_TO: Final[Mapping[ReportTo, str]] = MappingProxyType(
    {
        ReportTo.POLICE: "已报告公安机关",
        ReportTo.CIVIL_AFFAIRS: "已报告民政部门",
        ReportTo.EDUCATION: "已报告教育部门",
        ReportTo.NOT_NEEDED: "核实后不需要报告",
    }
)
MANDATORY: Final = "应当强制报告"
"""《未成年人保护法》第十一条"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """One line of the danger banner."""

    kinds: str
    raised_at: datetime
    waited: str
    href: str
    acknowledge_href: str
    can_acknowledge: bool
    report_due: bool
    again: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """强制报告: since when it is owed, what was done, and where to write it down."""

    since: datetime
    waited: str
    done: str | None
    done_at: datetime | None
    href: str | None
    ways: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DangerView:
    """One alert on the page of its case."""

    id: str
    kinds: str
    raised_at: datetime
    again: str
    owner: str | None
    acknowledged_at: datetime | None
    report: ReportView | None


def alert(ticket: Ticket, *, member_may: bool, root: str, now: datetime) -> AlertView:
    """Return one danger alert of the banner."""
    return AlertView(
        kinds=safety_words(ticket.reason),
        raised_at=ticket.opened_at,
        waited=labels.waited(ticket.opened_at, now=now),
        href=f"{root}/conversations/{ticket.conversation_id}",
        acknowledge_href=f"{root}/alerts/{ticket.id}/take",
        can_acknowledge=member_may,
        report_due=ticket.report_due,
        again=_again(ticket),
    )


def dangers(
    tickets: Sequence[Ticket], *, names: Mapping[str, str], may_report: bool, root: str, now: datetime
) -> tuple[DangerView, ...]:
    """Return the open alerts of one thread."""
    return tuple(
        DangerView(
            id=ticket.id,
            kinds=safety_words(ticket.reason),
            raised_at=ticket.opened_at,
            again=_again(ticket),
            owner=names.get(ticket.owner, "已离岗人员") if ticket.owner else None,
            acknowledged_at=ticket.acknowledged_at,
            report=_report(ticket, ticket.report_raised_at, names=names, may=may_report, root=root, now=now)
            if ticket.report_raised_at
            else None,
        )
        for ticket in tickets
        if ticket.kind is TicketKind.ALERT
    )


def contact_warning(safe: SafeToContact) -> str | None:
    """Return what must be known before a number is dialled."""
    match safe:
        case SafeToContact.YES:
            return None
        case SafeToContact.NEUTRAL_ONLY:
            return "只能用中性说法：不要说“法律援助”，只说“您之前咨询的事有了答复”，先确认接电话的是本人。"
        case SafeToContact.MESSAGE_ONLY:
            return "只能发消息，不要打电话：来访人听不见、说不了，或者电话铃声会带来危险。消息里不要提具体的事。"
        case SafeToContact.NO:
            return "不能主动联系：打电话或发消息可能给来访人带来危险。请等来访人自己再来。"
        case SafeToContact.UNKNOWN:
            return "还没有问清能不能联系：来访人说过遇到暴力，没有说可以之前，不要主动打电话或发消息。"


def marks(body: JsonObject) -> tuple[str, ...]:
    """Return what was heard in a caller's message, and whether a machine heard it, for whoever reads the thread."""
    heard = [safety_words(",".join(body["safety"]))] if body.get("safety") else []
    said = {"distress": "很难受", "denied": "说没有危险", "recognised": "语音，文字由机器转写，可能有误"}
    return (*heard, *(words for mark, words in said.items() if body.get(mark)))


def safety_words(reason: str) -> str:
    """Return the kinds of danger in an alert's reason, once each."""
    known = {kind.value: words for kind, words in (*labels.SAFETY.items(), *labels.SCENE.items())}
    return "、".join(dict.fromkeys(known.get(kind, "危险") for kind in reason.split(",")))


def said_of(data: Mapping[str, object]) -> str:
    """Return what a line of the history says of contact or of a report."""
    safe, to = data.get("safe_to_contact"), data.get("to")
    told = {answer.value: words for answer, words in labels.SAFE.items()}
    made = {way.value: words for way, words in REPORT_TO.items()}
    return told.get(str(safe)) or made.get(str(to)) or ""


def _again(ticket: Ticket) -> str:
    if ticket.heard_at is None:
        return ""
    return f"后来又说了 {ticket.times - 1} 次，最近一次 {labels.clock(ticket.heard_at)}"


def _report(  # noqa: PLR0913 - keyword-only
    ticket: Ticket, since: datetime, *, names: Mapping[str, str], may: bool, root: str, now: datetime
) -> ReportView:
    done = None
    if ticket.reported_to is not None:
        by = names.get(ticket.reported_by or "", "已离岗人员")
        done = f"{REPORT_TO[ticket.reported_to]}（{by}记录）"
    return ReportView(
        since=since,
        waited=labels.waited(since, now=now),
        done=done,
        done_at=ticket.reported_at,
        href=f"{root}/alerts/{ticket.id}/report" if may and done is None else None,
        ways=tuple((way.value, words) for way, words in REPORT_TO.items()),
    )
