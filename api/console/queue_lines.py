"""The lines of the queue, one a person, and the figures above them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.console import alerts, labels, lodged
from api.console.views import ClockView, Words, clock_view, task_words
from api.services import calls
from api.services.casework import QueueItem
from api.services.records import TicketKind
from api.services.staff import StaffMember
from knowledge_base.types import Outcome, Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One person's matter in the queue, whatever it consists of: what is counted of it, and what it is drawn from."""

    key: str
    group: Sequence[QueueItem]
    urgency: Urgency
    owner: str | None
    clock: ClockView | None
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line in words."""

    key: str
    href: str
    urgency: Urgency
    matter: str
    about: tuple[str, ...]
    reference: str | None
    region: str | None
    waited: str
    since: datetime
    clock: ClockView | None
    state: str
    owner: str | None
    mine: bool


def lines(items: Sequence[QueueItem], *, me: StaffMember, now: datetime) -> tuple[Line, ...]:
    """Return one line a person: what belongs together stands where its most urgent part stood."""
    groups: dict[str, list[QueueItem]] = {}
    for item in items:
        groups.setdefault(item.line, []).append(item)
    return tuple(_line(key, group, me=me, now=now) for key, group in groups.items())


def _line(key: str, group: Sequence[QueueItem], *, me: StaffMember, now: datetime) -> Line:
    unowned_alert = any(item.owner is None for item in group if item.kind is TicketKind.ALERT)
    owner = None if unowned_alert else next((item.owner for item in group if item.owner), None)
    running = [clock for item in group for clock in item.clocks]
    soonest = min(running, key=lambda running_clock: running_clock.due, default=None)
    return Line(
        key=key,
        group=group,
        urgency=group[0].urgency,
        owner=owner,
        clock=clock_view(soonest, now=now) if soonest else None,
        mine=owner == me.id,
    )


def row(line: Line, *, words: Words, names: Mapping[str, str], root: str, now: datetime) -> Row:
    """Put one line into words."""
    group, key = line.group, line.key
    first = group[0]
    application = next((item for item in group if item.kind is TicketKind.APPLICATION and item.state), None)
    raised = [item for item in group if item.kind is TicketKind.ALERT]
    tasks = [task_words(item.reason) for item in group if item.kind is TicketKind.TASK]
    if raised:
        heading = alerts.safety_words(",".join(item.reason for item in raised))
    elif application:
        heading = words.matters(application.matters)
    else:
        heading = "、".join(dict.fromkeys(tasks + lodged.apart(group))) or "请求人工"
    about = [labels.TICKET[item.kind] for item in group] + tasks
    about += [lodged.ASSISTANCE[each] for item in group for each in item.assistance]
    about += lodged.interpreters(group, unverified=words.unverified_language)
    if any(item.report_due for item in raised):
        about.insert(0, alerts.MANDATORY)
    if raised and application:
        about.append(words.matters(application.matters))
    if application and application.outcome:
        about.append(f"预筛：{labels.OUTCOME[Outcome(application.outcome)]}")
    call = any(item.reason == calls.UNFINISHED for item in group)
    if call and not raised:
        heading = "通话记录没有办结"
    about += [
        f"回电：{labels.moment(item.next_at)}（第 {item.tried + 1} 次）" for item in group if item.next_at is not None
    ]
    reference = next((item.reference for item in group if item.reference), None)
    since = min(item.opened_at for item in group)
    return Row(
        key=key,
        href=f"{root}/applications/{reference}" if reference else f"{root}/{'seat' if call else 'conversations'}/{key}",
        urgency=first.urgency,
        matter=heading,
        about=tuple(dict.fromkeys(about)),
        reference=reference,
        region=words.region(first.region),
        waited=labels.waited(since, now=now),
        since=since,
        clock=line.clock,
        state=labels.STATE[application.state]
        if application and application.state
        else "处理中"
        if line.owner
        else "等人接待",
        owner=names.get(line.owner, "已离岗人员") if line.owner else None,
        mine=line.mine,
    )
