"""What a transition must tell somebody: the citizen by a safe way, everybody else as a task somebody owns (通知)."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from api.domain.aid import ProgressKind
from api.domain.application import EffectKind as To
from api.domain.application import Event, State
from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.clocks import ASSIGNMENT_DAYS, end_of_day, last_day
from api.domain.transfer import Transfer
from api.services import contact, tickets, transfers
from api.services.applications import REASON
from api.services.casework import DATA_CORRECTED
from api.services.ports import UnitOfWork
from api.services.records import (
    ApplicationRecord,
    Job,
    NewMessage,
    SafeToContact,
    Sender,
    Ticket,
    TicketKind,
)
from api.services.wording import PROGRESS, STATE
from knowledge_base.types import Urgency

_TASKS: Final = uuid.UUID("6f1f4c0e-6a0b-5d0e-9b63-0d6f0c6f4a51")
_NO_ERRAND: Final = frozenset({Event.SUBMIT, Event.SUPPLY, Event.BEGIN_REVIEW, Event.START})
"""What is no news of its own: the citizen did it, or reads it from the status."""
_RIGHTS: Final = MappingProxyType(
    {
        State.REFUSED: "不同意的，可以向设立法律援助机构的司法行政部门提出异议，司法行政部门五日内审查。",
        State.TERMINATED: "不同意的，可以向设立法律援助机构的司法行政部门提出异议，司法行政部门五日内审查。",
        State.REFUSED_UPHELD: "还不同意的，可以依法申请行政复议，或者提起行政诉讼。",
        State.TERMINATED_UPHELD: "还不同意的，可以依法申请行政复议，或者提起行政诉讼。",
    }
)
"""What is open to somebody whom a decision goes against, Legal Aid Law art. 49."""
_SYSTEM: Final = Actor(kind=ActorKind.SYSTEM, id="worker")
_CORRECTED: Final = (
    "您的申请 {reference} 里登记的信息，已经按要求更正。要是您没有要求过，请马上在这里告诉我们，或者打 12348。"
)
_NEUTRAL: Final = "您有一条新消息。方便的时候，可以用受理编号查询。"


class NoticeUnreadable(Exception):
    """The job names no application or no receiver that is known."""

    code = "notice_unreadable"


async def deliver(uow: UnitOfWork, *, job: Job, now: datetime) -> Sequence[str]:
    """Carry one notice out; running it twice tells it once. Return the threads that have something new."""
    record = await uow.applications.get(str(job.payload.get("reference")), lock=False)
    if record is None:
        raise NoticeUnreadable
    notice = str(job.payload.get("notice"))
    match To(str(job.payload.get("to"))):
        case To.TELL_CITIZEN:
            return await _tell_citizen(uow, job=job, record=record, notice=notice, now=now)
        case To.TELL_STAFF:
            return ()
        case To.TELL_PROVIDER | To.TELL_BUREAU | To.TELL_OFFICE | To.TELL_ORGAN as to:
            await _task(uow, job=job, record=record, reason=f"{to.value}:{notice}", now=now)
            return ()


def sentence(
    record: ApplicationRecord,
    safe: SafeToContact,
    *,
    state: State,
    reason: str | None = None,
    transfer: Transfer | None = None,
) -> str:
    """Return what a citizen is told about a state that was reached and its reason, as plainly as their safety allows."""
    if safe is not SafeToContact.YES:
        return _NEUTRAL
    application = record.application
    text = f"您的申请 {application.reference} 有新进展：{STATE[state]}。"
    # Brought in before the notice went out, they are asked for no more.
    if state is State.SUPPLEMENT_REQUESTED and application.papers:
        due = "" if application.papers_due is None else f"请在{_day(application.papers_due)}之前（含当天）补上。"
        return text + "需要补充的材料一次告诉您：" + "；".join(application.papers) + "。" + due
    if state is State.TRANSFERRED and transfer is not None:
        text += transfers.sentence(transfer)
    if reason is not None:
        text += f"理由：{reason.rstrip('。')}。"
    return text + _RIGHTS.get(state, "")


async def given_up(uow: UnitOfWork, *, job: Job, now: datetime) -> None:
    """Make a task of a notice that the machine could not carry out: a person has to."""
    record = await uow.applications.get(str(job.payload.get("reference")), lock=False)
    if record is not None:
        reason = f"{job.payload.get('to')}:{job.payload.get('notice')}"
        await _task(uow, job=job, record=record, reason=reason, now=now)


async def _tell_citizen(
    uow: UnitOfWork, *, job: Job, record: ApplicationRecord, notice: str, now: datetime
) -> Sequence[str]:
    thread = record.conversation_id
    # The same notice in two hands at once: the second waits here, and finds it told.
    found = None if thread is None else await uow.conversations.get(thread)
    # What was told of violence in the conversation counts beside what the application says.
    safe = contact.strictest(record.safe_to_contact, None if found is None else found.care.safe_to_contact)
    if thread is None or found is None or found.channel in contact.SPOKEN or safe in contact.SILENT:
        # Without a thread that somebody reads, or where any word could put them in danger, a person finds the way; news is never just lost.
        if notice not in _NO_ERRAND:
            await _task(uow, job=job, record=record, reason=f"{To.TELL_CITIZEN.value}:{notice}", now=now)
        return ()
    if notice == Event.SUBMIT:
        return ()  # the receipt told it
    once = f"notice:{_name(job)}"
    told = await uow.conversations.inbound(conversation_id=thread, external_id=once, sender=Sender.SYSTEM)
    if told is None:
        plainly = safe is SafeToContact.YES
        reason = await _reason(uow, job=job, now=now) if plainly else None
        transfer = await transfers.of(uow, reference=record.application.reference) if plainly else None
        message = NewMessage(
            sender=Sender.SYSTEM,
            kind="text",
            text=_happened(job, safe)
            or sentence(record, safe, state=_promised(job, record), reason=reason, transfer=transfer),
            body={"reference": record.application.reference},
        )
        stored = await uow.conversations.append(thread, message, external_id=once, now=now)
        await uow.jobs.add(tickets.delivery(conversation_id=thread, seq=stored.seq, now=now))
    return (thread,)


def _happened(job: Job, safe: SafeToContact) -> str | None:
    """Return what a notice of how the case goes on says, or that data was put right; None of any other notice."""
    kind = job.payload.get("progress")
    if safe is not SafeToContact.YES:
        return None
    if job.payload.get("notice") == DATA_CORRECTED:
        return _CORRECTED.format(reference=job.payload["reference"])
    if kind is None:
        return None
    on = date.fromisoformat(str(job.payload["on"]))
    return f"您的案件 {job.payload['reference']} 有新进展：{PROGRESS[ProgressKind(str(kind))]}，{_written(on)}。"


def _promised(job: Job, record: ApplicationRecord) -> State:
    """Return the state a notice was promised for: two quick moves are two pieces of news. An old job names none."""
    state = job.payload.get("state")
    return record.application.state if state is None else State(str(state))


async def _reason(uow: UnitOfWork, *, job: Job, now: datetime) -> str | None:
    """Open the reason of a decision for whom it concerns; on record like every look."""
    number = job.payload.get("reason")
    if number is None:
        return None
    key = str(job.payload["reference"])
    data: dict[str, str | int | bool | None] = {"kind": REASON, "number": int(number), "purpose": "notice"}
    uow.audit.record(AuditEntry(at=now, actor=_SYSTEM, action="vault.revealed", subject=key, data=data))
    return await uow.vault.open(conversation_id=key, kind=REASON, number=int(number))


async def _task(uow: UnitOfWork, *, job: Job, record: ApplicationRecord, reason: str, now: datetime) -> None:
    task = uuid.uuid5(_TASKS, _name(job)).hex
    if await uow.tickets.get(task) is None:
        await uow.tickets.add(
            Ticket(
                id=task,
                kind=TicketKind.TASK,
                reason=reason,
                urgency=Urgency.S2,
                region=record.region,
                opened_at=now,
                reference=record.application.reference,
                owner=record.owner,
                due=_due(record, reason),
            )
        )


def _due(record: ApplicationRecord, reason: str) -> datetime | None:
    """Return by when it must be done: the organ hears of the lawyer within the same three days (art. 36)."""
    received = record.application.received_at
    if reason != f"{To.TELL_ORGAN.value}:{Event.ASSIGN}" or received is None:
        return None
    return end_of_day(received, days=ASSIGNMENT_DAYS)


def _day(due: datetime) -> str:
    return _written(last_day(due))


def _written(on: date) -> str:
    return f"{on.year}年{on.month}月{on.day}日"


def _name(job: Job) -> str:
    """Return what no other notice is called; one promised before versions were noted has only its number."""
    version = job.payload.get("version")
    return str(job.id) if version is None else f"{job.payload['reference']}:{version}:{job.payload['to']}"
