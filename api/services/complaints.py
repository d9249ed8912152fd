"""Complaints: whom they are about has no hand in them, somebody answers within a day, and the citizen hears what came of it (投诉)."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.clocks import end_of_day, last_day
from api.domain.staff import Permission
from api.services import contact, conversations, tickets
from api.services.ports import UnitOfWork
from api.services.records import NewMessage, SafeToContact, Sender, Ticket, TicketKind
from api.services.staff import StaffMember, require
from api.services.tickets import TicketNotFound

RESULT_DAYS: Final = 15
"""By when the result is told, from the day somebody took the complaint; the service's own figure, as no law names one."""
RESULT: Final = "complaint_result"
"""The reason of the task to tell a result by hand."""
LONGEST_RESULT: Final = 1000
_SUBJECT: Final = "complaint.subject"
_LOOKS: Final = frozenset({"conversation.read", "vault.revealed"})
"""What makes nobody a subject: to read is not to serve."""
_TAKEN: Final = "您的投诉 {number} 已经有人受理，由没有接待过您的工作人员处理。结果最晚 {due} 告诉您。"
_RESULT: Final = "您的投诉 {number} 处理完了：{outcome}。{result}\n不满意的，可以在这里再说，也可以打 12348。"


class ComplaintOutcome(StrEnum):
    """投诉处理结果."""

    UPHELD = "upheld"
    PARTLY_UPHELD = "partly_upheld"
    NOT_UPHELD = "not_upheld"
    WITHDRAWN = "withdrawn"


OUTCOME: Final = {
    ComplaintOutcome.UPHELD: "情况属实",
    ComplaintOutcome.PARTLY_UPHELD: "部分属实",
    ComplaintOutcome.NOT_UPHELD: "经核查不属实",
    ComplaintOutcome.WITHDRAWN: "按您的意思撤回",
}


class ComplaintRefused(Exception):
    """`complaint_subject`: it is about whoever tries; `complaint_result_required`: no outcome, or no word for the citizen, or too many."""

    def __init__(self, code: str) -> None:
        """Keep the stable code."""
        super().__init__(code)
        self.code = code


async def note_subjects(uow: UnitOfWork, *, ticket: Ticket, now: datetime) -> None:
    """Record who of the staff had to do with the thread before: any of them may be whom the complaint is about.

    It stands in the audit chain, where nobody takes their own name out.
    """
    thread = str(ticket.conversation_id)
    worked = {
        line.entry.actor.id
        for line in await uow.audit.of(f"conversation:{thread}")
        if line.entry.actor.kind is ActorKind.STAFF and line.entry.action not in _LOOKS
    }
    worked |= {record.owner for record in await uow.applications.of_conversation(thread) if record.owner}
    for staff in sorted(worked):
        _name(uow, ticket_id=ticket.id, subject=staff, by=Actor(kind=ActorKind.SYSTEM, id="lodging"), now=now)


async def subjects(uow: UnitOfWork, *, ticket_id: str) -> frozenset[str]:
    """Return the staff a complaint may be about: they neither own nor close it."""
    lines = await uow.audit.of(f"ticket:{ticket_id}")
    return frozenset(str(line.entry.data["staff"]) for line in lines if line.entry.action == _SUBJECT)


async def take(uow: UnitOfWork, *, member: StaffMember, ticket_id: str, now: datetime) -> Ticket:
    """Answer for a complaint and tell the citizen so; its result is due from now. Raises TicketNotFound, ComplaintRefused."""
    ticket = await _open(uow, member=member, ticket_id=ticket_id)
    if ticket.owner is not None:
        return ticket
    due = end_of_day(now, days=RESULT_DAYS)
    taken = replace(ticket, owner=member.id, acknowledged_at=now, due=due)
    await uow.tickets.save(taken)
    uow.audit.record(_entry("complaint.taken", ticket, member.actor, now=now))
    words = _TAKEN.format(number=ticket.number, due=f"{last_day(due):%Y-%m-%d}")
    await _tell(uow, ticket=taken, text=words, now=now)
    return taken


async def close(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    ticket_id: str,
    outcome: ComplaintOutcome | None,
    result: str,
    now: datetime,
) -> Ticket:
    """Close a complaint with what came of it, told to the citizen: in the thread where that is safe, else as somebody's task.

    Raises TicketNotFound, ComplaintRefused.
    """
    ticket = await _open(uow, member=member, ticket_id=ticket_id)
    result = result.strip()
    if outcome is None or not result or len(result) > LONGEST_RESULT:
        raise ComplaintRefused("complaint_result_required")
    closed = await tickets.acknowledge(uow, ticket_id=ticket.id, staff=member.id, outcome=outcome, now=now)
    words = _RESULT.format(number=ticket.number, outcome=OUTCOME[outcome], result=result)
    told = await _tell(uow, ticket=closed, text=words, now=now)
    # Who left a number may never look into the thread again.
    if not told or ticket.contact is not None:
        task = tickets.fresh(
            await conversations.conversation(uow, conversation_id=str(ticket.conversation_id), now=now),
            TicketKind.TASK,
            reason=RESULT,
            urgency=ticket.urgency,
            now=now,
        )
        kept = replace(task, owner=member.id, contact=ticket.contact, safe_to_contact=ticket.safe_to_contact)
        await uow.tickets.add(kept, words=words)
    return closed


async def _open(uow: UnitOfWork, *, member: StaffMember, ticket_id: str) -> Ticket:
    require(member, Permission.RECORD_PROGRESS)
    ticket = await uow.tickets.get(ticket_id) if conversations.is_id(ticket_id) else None
    open_complaint = ticket is not None and ticket.kind is TicketKind.COMPLAINT and ticket.closed_at is None
    if ticket is None or not open_complaint or not member.viewer.sees(ticket.region):
        raise TicketNotFound
    if member.id in await subjects(uow, ticket_id=ticket.id):
        raise ComplaintRefused("complaint_subject")
    return ticket


async def _tell(uow: UnitOfWork, *, ticket: Ticket, text: str, now: datetime) -> bool:
    """Write into the thread, where the caller reads it and nothing they said of their safety forbids it."""
    thread = await conversations.conversation(uow, conversation_id=str(ticket.conversation_id), now=now)
    safe = contact.strictest(ticket.safe_to_contact, await contact.answered(uow, conversation=thread))
    if thread.channel in contact.SPOKEN or safe is not SafeToContact.YES:
        return False
    message = NewMessage(sender=Sender.SYSTEM, kind="text", text=text, body={})
    stored = await uow.conversations.append(thread.id, message, now=now)
    await uow.jobs.add(tickets.delivery(conversation_id=thread.id, seq=stored.seq, now=now))
    return True


def _name(uow: UnitOfWork, *, ticket_id: str, subject: str, by: Actor, now: datetime) -> None:
    data = {"staff": subject}
    uow.audit.record(AuditEntry(at=now, actor=by, action=_SUBJECT, subject=f"ticket:{ticket_id}", data=data))


def _entry(action: str, ticket: Ticket, by: Actor, *, now: datetime) -> AuditEntry:
    data = {"number": ticket.number}
    return AuditEntry(at=now, actor=by, action=action, subject=f"ticket:{ticket.id}", data=data)
