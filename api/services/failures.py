"""What the machine gave up doing: who may see it, and let it be tried again (死信)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.domain.audit import AuditEntry
from api.domain.staff import Permission
from api.services.ports import UnitOfWork
from api.services.staff import StaffMember, require

_GREATEST_ID: Final = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """死信: a piece of work the machine gave up; whom it concerned stays out."""

    id: int
    kind: str
    at: datetime
    error: str | None


class FailureNotFound(Exception):
    """No such piece of work, or somebody has let it be tried again already."""

    code = "failure_not_found"


async def failures(uow: UnitOfWork, *, member: StaffMember) -> tuple[Failure, ...] | None:
    """Return what the machine gave up doing, newest first; None for whom it does not concern."""
    if not member.may(Permission.SEE_FAILURES):
        return None
    return tuple(
        Failure(id=job.id, kind=job.kind, at=job.dead_at or job.run_at, error=job.error)
        for job in reversed(await uow.jobs.dead())
    )


async def retry_failure(uow: UnitOfWork, *, member: StaffMember, job_id: int, now: datetime) -> None:
    """Let the machine try once more what it gave up; on record. Raises FailureNotFound."""
    require(member, Permission.RETRY_FAILURES)
    job = await uow.jobs.revive(job_id, at=now) if 0 < job_id <= _GREATEST_ID else None
    if job is None:
        raise FailureNotFound
    uow.audit.record(
        AuditEntry(
            at=now,
            actor=member.actor,
            action="job.retried",
            subject=f"job:{job.id}",
            data={"kind": job.kind, "error": job.error},
        )
    )
