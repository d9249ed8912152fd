"""Alerts and requests for a person, so that nothing waits unseen (工单)."""

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.services.ports import UnitOfWork
from api.services.records import Conversation, Job, Ticket, TicketKind
from knowledge_base.types import Urgency

DELIVER: Final = "deliver_message"
ASKED: Final = "citizen_asked"
"""Why a person is called whom the citizen asked for."""
STAFF_ALERT: Final = "staff_alert"
_APART: Final = frozenset({TicketKind.COMPLAINT, TicketKind.CALL_BACK})
"""What a consultation that ends does not settle."""


class TicketNotFound(Exception):
    """No such ticket, or it is closed."""

    code = "ticket_not_found"


async def ensure(  # noqa: PLR0913 - all of them named
    uow: UnitOfWork,
    *,
    conversation: Conversation,
    kind: TicketKind,
    reason: str,
    urgency: Urgency | None = None,
    now: datetime,
) -> Ticket:
    """Return the open ticket of this kind, opening one if there is none; a graver urgency always prevails."""
    grave = min(conversation.urgency, urgency or conversation.urgency)
    opened = await uow.tickets.open_ones(conversation_id=conversation.id)
    same = [ticket for ticket in opened if ticket.kind is kind]
    for ticket in same:
        graver = replace(ticket, urgency=min(ticket.urgency, grave))
        if graver != ticket:
            await uow.tickets.save(graver)
        return graver
    ticket = fresh(conversation, kind, reason=reason, urgency=grave, now=now)
    await uow.tickets.add(ticket)
    return ticket


def fresh(conversation: Conversation, kind: TicketKind, *, reason: str, urgency: Urgency, now: datetime) -> Ticket:
    """Return a new ticket of a thread, not stored yet."""
    return Ticket(
        id=uuid.uuid4().hex,
        kind=kind,
        conversation_id=conversation.id,
        reason=reason,
        urgency=urgency,
        region=conversation.region,
        opened_at=now,
    )


async def acknowledge(uow: UnitOfWork, *, ticket_id: str, staff: str, outcome: str, now: datetime) -> Ticket:
    """Close one ticket with its outcome. Raises TicketNotFound."""
    ticket = await uow.tickets.get(ticket_id)
    if ticket is None or ticket.closed_at is not None:
        raise TicketNotFound
    closed = replace(ticket, owner=ticket.owner or staff, closed_at=now, outcome=outcome)
    await uow.tickets.save(closed)
    actor = Actor(kind=ActorKind.STAFF, id=staff)
    data = {"outcome": outcome}
    uow.audit.record(AuditEntry(at=now, actor=actor, action="ticket.closed", subject=f"ticket:{ticket_id}", data=data))
    return closed


async def own(uow: UnitOfWork, *, conversation_id: str, staff: str, now: datetime) -> None:
    """Name the first person who takes the thread as owner of its tickets (首问负责)."""
    for ticket in await uow.tickets.open_ones(conversation_id=conversation_id):
        # Whoever talks with the caller may be the one complained of.
        if ticket.owner is None and ticket.kind is not TicketKind.COMPLAINT:
            await uow.tickets.save(replace(ticket, owner=staff, acknowledged_at=ticket.acknowledged_at or now))


async def pass_on(uow: UnitOfWork, *, conversation_id: str, staff: str, to: str) -> None:
    """Make a colleague the owner of what this person owned in a thread; complaints are nobody's to pass on."""
    for ticket in await uow.tickets.open_ones(conversation_id=conversation_id):
        if ticket.owner == staff and ticket.kind is not TicketKind.COMPLAINT:
            await uow.tickets.save(replace(ticket, owner=to))


async def disown(uow: UnitOfWork, *, conversation_id: str, now: datetime) -> None:
    """Make the tickets of an abandoned thread free again; danger calls the staff anew. A complaint goes on in its own hands."""
    for ticket in await uow.tickets.open_ones(conversation_id=conversation_id):
        if ticket.kind is TicketKind.COMPLAINT:
            continue
        await uow.tickets.save(replace(ticket, owner=None))
        if ticket.kind is TicketKind.ALERT:
            await uow.jobs.add(Job(kind=STAFF_ALERT, payload={"ticket": ticket.id}, run_at=now))


async def withdraw(uow: UnitOfWork, *, conversation_id: str, now: datetime) -> bool:
    """Close the request for a person that its citizen made and takes back; False where none is, or for another reason."""
    opened = await uow.tickets.open_ones(conversation_id=conversation_id)
    asked = [ticket for ticket in opened if ticket.kind is TicketKind.PERSON_REQUEST]
    # A language may stand behind it.
    if not asked or any(not ticket.reason.startswith(ASKED) for ticket in asked):
        return False
    for ticket in asked:
        await uow.tickets.save(replace(ticket, closed_at=now, outcome="withdrawn"))
    return True


async def close_all(uow: UnitOfWork, *, conversation_id: str, outcome: str, now: datetime) -> None:
    """Close the tickets of a thread whose person has finished.

    Complaints, call-backs and a mandatory report that is owed stay until they are seen to.
    """
    for ticket in await uow.tickets.open_ones(conversation_id=conversation_id):
        if ticket.kind in _APART or ticket.report_due:
            continue
        await uow.tickets.save(replace(ticket, closed_at=now, outcome=outcome))


def delivery(*, conversation_id: str, seq: int, now: datetime) -> Job:
    """Return the job that carries a staff message out on channels that must be pushed to."""
    return Job(kind=DELIVER, payload={"conversation": conversation_id, "seq": seq}, run_at=now)
