"""Before, in the middle of and after a case the office asks the citizen itself; each time falls due as a task (回访)."""

import uuid
from datetime import datetime
from typing import Final

from api.domain.aid import ASKING, FOLLOW_UP_AFTER, FollowUp
from api.domain.application import Event, State, Transition
from api.services.ports import UnitOfWork
from api.services.records import Job, Ticket, TicketKind
from knowledge_base.types import Urgency

FOLLOW_UP: Final = "follow_up"
_TASKS: Final = uuid.UUID("0e6c7d0a-4a53-5b5f-8f0e-6d6f2f3c9a77")
_STARTS: Final = {
    Event.ASSIGN: FollowUp.BEFORE,
    Event.ADVANCE_AID: FollowUp.BEFORE,
    Event.START: FollowUp.MID,
    Event.CLOSE: FollowUp.AFTER,
}
_STILL: Final = {
    FollowUp.BEFORE: frozenset({State.ASSIGNED, State.IN_PROGRESS}),
    FollowUp.MID: frozenset({State.IN_PROGRESS}),
    FollowUp.AFTER: frozenset({State.CLOSED}),
}


async def promise(uow: UnitOfWork, transition: Transition, *, event: Event, now: datetime) -> None:
    """Note when the office is to ask, in the transaction that gives it cause to."""
    stage = _STARTS.get(event)
    if stage is not None:
        application = transition.application
        payload = {"reference": application.reference, "stage": stage.value, "version": application.version}
        await uow.jobs.add(Job(kind=FOLLOW_UP, payload=payload, run_at=now + FOLLOW_UP_AFTER[stage]))


async def fall_due(uow: UnitOfWork, *, job: Job, now: datetime) -> None:
    """Make a task of it, once, unless the case has gone another way meanwhile."""
    reference, stage = str(job.payload["reference"]), FollowUp(str(job.payload["stage"]))
    record = await uow.applications.get(reference, lock=False)
    if record is None or record.application.state not in _STILL[stage]:
        return
    task = uuid.uuid5(_TASKS, f"{reference}:{job.payload['version']}:{stage}").hex
    if await uow.tickets.get(task) is None:
        await uow.tickets.add(
            Ticket(
                id=task,
                kind=TicketKind.TASK,
                reason=f"{ASKING}:{stage}",
                urgency=Urgency.S2,
                region=record.region,
                opened_at=now,
                reference=reference,
                owner=record.owner,
            )
        )
