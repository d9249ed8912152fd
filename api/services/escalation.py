"""Danger that nobody answers for leaves the console: one named person after another is called until somebody does (危险提醒升级)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.services.ports import UnitOfWork
from api.services.records import Job, Ticket
from knowledge_base.types import Urgency

UNHEARD: Final = "danger_unheard"
PATIENCE: Final = timedelta(seconds=60)
"""How long an alert may stand before the next person hears of it."""
_LONGEST: Final = timedelta(hours=1)
_CALLED: Final = "alert.called"
_SYSTEM: Final = Actor(kind=ActorKind.SYSTEM, id="worker")


class CallFailed(Exception):
    """The person could not be called this way; `code` says why, without the address."""

    code = "call_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summons:
    """催办: whom to call about which alert; ids and codes only, none of the caller's words."""

    person: str
    ticket: str
    kinds: tuple[str, ...]
    urgency: Urgency
    region: str | None
    raised_at: datetime
    waited: timedelta


class Pager(Protocol):
    """Reaches people outside the console."""

    @property
    def people(self) -> Sequence[str]:
        """Return the names of those who are called, in their order."""

    async def call(self, summons: Summons, /) -> None:
        """Call one of them. Raises CallFailed."""


async def watch(uow: UnitOfWork, *, ticket_id: str, since: datetime) -> None:
    """See to it that an alert raised at `since` is looked at again when its minute is over."""
    ticket = await uow.tickets.get(ticket_id, lock=False)
    if ticket is not None and not _answered(ticket):
        step = await _calls(uow, ticket_id)
        await uow.jobs.add(Job(kind=UNHEARD, payload={"ticket": ticket_id, "step": step}, run_at=since + PATIENCE))


async def due(uow: UnitOfWork, *, job: Job, people: Sequence[str], now: datetime) -> Summons | None:
    """Return who is to be called now; None where somebody answers for the alert, or this call was made before."""
    ticket_id, step = _named(job)
    ticket = await uow.tickets.get(ticket_id, lock=False)
    if ticket is None or _answered(ticket) or await _calls(uow, ticket_id) > step:
        return None
    return Summons(
        person=people[step % len(people)],
        ticket=ticket.id,
        kinds=tuple(ticket.reason.split(",")),
        urgency=ticket.urgency,
        region=ticket.region,
        raised_at=ticket.opened_at,
        waited=now - ticket.opened_at,
    )


async def called(uow: UnitOfWork, *, job: Job, people: Sequence[str], reached: bool, now: datetime) -> None:
    """Put a call on record and promise the next; whoever could not be reached costs no minute."""
    ticket_id, step = _named(job)
    await uow.lock(f"{UNHEARD}:{ticket_id}")
    if await _calls(uow, ticket_id) > step:
        return
    data: dict[str, str | int | bool | None] = {"person": people[step % len(people)], "reached": reached}
    uow.audit.record(AuditEntry(at=now, actor=_SYSTEM, action=_CALLED, subject=_subject(ticket_id), data=data))
    rounds, place = divmod(step + 1, len(people))
    pause = PATIENCE if reached else timedelta()
    if place == 0:
        # They have all been called: again, but ever more rarely, and never quite silent while somebody is in danger.
        pause = min(PATIENCE * (1 << min(rounds - 1, 6)), _LONGEST)
    await uow.jobs.add(Job(kind=UNHEARD, payload={"ticket": ticket_id, "step": step + 1}, run_at=now + pause))


def _answered(ticket: Ticket) -> bool:
    return ticket.owner is not None or ticket.closed_at is not None


def _named(job: Job) -> tuple[str, int]:
    return str(job.payload["ticket"]), int(job.payload["step"] or 0)


async def _calls(uow: UnitOfWork, ticket_id: str) -> int:
    return sum(line.entry.action == _CALLED for line in await uow.audit.of(_subject(ticket_id)))


def _subject(ticket_id: str) -> str:
    return f"ticket:{ticket_id}"
