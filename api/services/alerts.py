"""Danger before the staff: one alert a thread that grows with what is told, and the report that the law demands (危险提醒)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from api.domain.audit import Actor, AuditEntry, ChainedEntry
from api.domain.conversation import Holder
from api.services import tickets
from api.services.ports import UnitOfWork
from api.services.records import Conversation, Job, ReportTo, Ticket, TicketKind
from knowledge_base.types import SafetyKind, Scene, Urgency

MANDATORY: Final = SafetyKind.CHILD_HARM
"""Whoever is in close contact with minors reports harm to one at once (Law on the Protection of Minors art. 11)."""
_REPORTED: Final = "reported"
_NOT_NEEDED: Final = "report_not_needed"


async def stand(
    uow: UnitOfWork, *, conversation: Conversation, kinds: Sequence[SafetyKind | Scene], urgency: Urgency, now: datetime
) -> Ticket:
    """Put danger before the staff. What was told before makes no second alert, but stands there with its count.

    Danger that is new or graver is nobody's yet, even where somebody took an earlier alert; whoever waits for a person
    in this thread moves up with it.
    """
    grave = min(conversation.urgency, urgency)
    opened = await uow.tickets.open_ones(conversation_id=conversation.id)
    for waiting in opened:
        if waiting.kind is TicketKind.PERSON_REQUEST and grave < waiting.urgency:
            await uow.tickets.save(replace(waiting, urgency=grave))
    alerts = [ticket for ticket in opened if ticket.kind is TicketKind.ALERT]
    # Whoever took an alert answers for what it says; of anything more they may not even know.
    told = [ticket for ticket in alerts if ticket.owner is None or _covers(ticket, kinds, grave)]
    due = now if MANDATORY in kinds else None
    if told:
        same = min(told, key=lambda ticket: not _covers(ticket, kinds, grave))
        ticket = replace(
            same,
            urgency=min(same.urgency, grave),
            reason=",".join(dict.fromkeys((*kinds, *same.reason.split(",")))),
            times=same.times + 1,
            heard_at=now,
            report_raised_at=same.report_raised_at or due,
        )
        await uow.tickets.save(ticket)
        if _covers(same, kinds, grave):
            return ticket  # it stands there with its new count and time; nobody is called twice for the same
    else:
        ticket = tickets.fresh(conversation, TicketKind.ALERT, reason=",".join(kinds), urgency=grave, now=now)
        ticket = replace(ticket, report_raised_at=due)
        await uow.tickets.add(ticket)
    await uow.jobs.add(Job(kind=tickets.STAFF_ALERT, payload={"ticket": ticket.id}, run_at=now))
    return ticket


async def history(uow: UnitOfWork, *, conversation_id: str) -> tuple[ChainedEntry, ...]:
    """Return what happened in a thread, and whom its alerts were carried to outside the console, whether they were reached."""
    found = list(await uow.audit.of(f"conversation:{conversation_id}"))
    for ticket in await uow.tickets.alerts_of(conversation_id):
        found += await uow.audit.of(f"ticket:{ticket}")
    return tuple(sorted(found, key=lambda line: line.seq))


async def report(uow: UnitOfWork, *, ticket: Ticket, to: ReportTo, by: Actor, now: datetime) -> Ticket:
    """Note that a mandatory report was made, to whom and by whom; the first note stays.

    An alert whose thread nobody holds any more has waited for this alone, and closes.
    """
    if ticket.report_raised_at is None or ticket.closed_at is not None:
        raise tickets.TicketNotFound
    if ticket.reported_at is not None:
        return ticket
    noted = replace(ticket, reported_at=now, reported_by=by.id, reported_to=to)
    thread = await uow.conversations.get(ticket.conversation_id or "")
    if ticket.owner is not None and (thread is None or thread.holder is not Holder.PERSON):
        noted = replace(noted, closed_at=now, outcome=_NOT_NEEDED if to is ReportTo.NOT_NEEDED else _REPORTED)
    await uow.tickets.save(noted)
    waited = round((now - ticket.report_raised_at).total_seconds())
    uow.audit.record(
        AuditEntry(
            at=now,
            actor=by,
            action="conversation.reported",
            subject=f"conversation:{ticket.conversation_id}",
            data={"ticket": ticket.id, "to": to.value, "waited_seconds": waited},
        )
    )
    return noted


def _covers(ticket: Ticket, kinds: Sequence[SafetyKind | Scene], urgency: Urgency) -> bool:
    """Tell whether this alert says all of it already."""
    return urgency >= ticket.urgency and set(ticket.reason.split(",")).issuperset(kinds)
