"""Nothing open stays nobody's for more than a working day: a manager of the region is made to see to it (首问负责)."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from api.domain.aid import UNOWNED, TaskOutcome
from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.clocks import CHINA, end_of_workday
from api.domain.staff import Role
from api.services import complaints
from api.services.ports import UnitOfWork
from api.services.records import ApplicationRecord, Ticket, TicketKind
from api.services.staff import StaffMember, everybody
from knowledge_base.types import Urgency

_TASKS: Final = uuid.UUID("b1f2a6a4-6f0c-5b8a-9a53-6f7f5f0f3c21")
_SYSTEM: Final = Actor(kind=ActorKind.SYSTEM, id="worker")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One open thing that is nobody's."""

    kind: TicketKind
    id: str
    region: str | None
    urgency: Urgency
    too_late: datetime
    """The first moment at which it has been nobody's for too long."""
    conversation_id: str | None
    reference: str | None


async def raise_overdue(uow: UnitOfWork, *, works: Callable[[date], bool], now: datetime) -> int:
    """Raise what has been nobody's for more than a working day, a complaint for more than it was promised to wait.

    What has an owner by now, or is over, is raised no more. Returns how many were raised; once a day each, until somebody owns it.
    """
    opened = await uow.tickets.open_ones()
    items = {item.id: item for item in _items(opened, await uow.applications.open_ones(), works=works)}
    raised = {each.reason.rpartition(":")[2]: each for each in opened if each.reason.partition(":")[0] == UNOWNED}
    for identity, task in raised.items():
        if identity not in items:
            await uow.tickets.save(replace(task, closed_at=now, outcome=TaskOutcome.ASSIGNED))
    late = [item for item in items.values() if item.too_late <= now and item.id not in raised]
    managers = [one for one in await everybody(uow) if one.role is Role.MANAGER] if late else []
    return sum([await _raise(uow, item, managers=managers, now=now) for item in late])


def _items(
    opened: Sequence[Ticket], records: Sequence[ApplicationRecord], *, works: Callable[[date], bool]
) -> list[_Item]:
    items = [
        _Item(
            kind=ticket.kind,
            id=ticket.id,
            region=ticket.region,
            urgency=ticket.urgency,
            too_late=ticket.due
            if ticket.kind is TicketKind.COMPLAINT and ticket.due is not None
            else end_of_workday(ticket.opened_at, days=1, works=works),
            conversation_id=ticket.conversation_id,
            reference=ticket.reference,
        )
        for ticket in opened
        if ticket.owner is None and ticket.reason.partition(":")[0] != UNOWNED
    ]
    items += [
        _Item(
            kind=TicketKind.APPLICATION,
            id=record.application.reference,
            region=record.region,
            urgency=record.urgency,
            too_late=end_of_workday(record.application.received_at, days=1, works=works),
            conversation_id=record.conversation_id,
            reference=record.application.reference,
        )
        for record in records
        if record.owner is None and record.application.received_at is not None
    ]
    return items


async def _raise(uow: UnitOfWork, item: _Item, *, managers: Sequence[StaffMember], now: datetime) -> bool:
    task = uuid.uuid5(_TASKS, f"{item.id}:{now.astimezone(CHINA).date()}").hex
    if await uow.tickets.get(task) is not None:
        return False
    about = await complaints.subjects(uow, ticket_id=item.id)
    # Whoever answers for this place alone comes before whoever answers for every place.
    fit = sorted(
        (one for one in managers if one.viewer.sees(item.region) and one.id not in about),
        key=lambda one: (not one.regions, one.id),
    )
    owner = fit[0].id if fit else None
    await uow.tickets.add(
        Ticket(
            id=task,
            kind=TicketKind.TASK,
            reason=f"{UNOWNED}:{item.kind}:{item.id}",
            urgency=item.urgency,
            region=item.region,
            opened_at=now,
            conversation_id=item.conversation_id,
            reference=item.reference,
            owner=owner,
        )
    )
    data = {"kind": item.kind.value, "item": item.id, "manager": owner}
    uow.audit.record(AuditEntry(at=now, actor=_SYSTEM, action="unowned.raised", subject=f"ticket:{task}", data=data))
    return True
