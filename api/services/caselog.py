"""What is added to a case beside its states: whom the citizen would like to have, and how the case goes on (点援、办理进展)."""

import uuid
from datetime import date, datetime
from typing import Final

from api.domain.aid import ProgressKind
from api.domain.application import EffectKind, State
from api.domain.audit import AuditEntry
from api.domain.staff import Permission
from api.services import preference
from api.services.applications import NOTICE, find
from api.services.ports import UnitOfWork
from api.services.records import Job
from api.services.staff import StaffMember, require

UNDER_WAY: Final = frozenset({State.ASSIGNED, State.IN_PROGRESS})


class CaselogRefused(Exception):
    """It cannot be noted; `code` is stable: `not_under_way`."""

    def __init__(self, code: str) -> None:
        """Keep the stable code."""
        super().__init__(code)
        self.code = code


async def prefer(uow: UnitOfWork, *, member: StaffMember, reference: str, said: str, now: datetime) -> None:
    """Note whom the citizen would like to have, sealed. It binds nobody. Raises ApplicationNotFound, PreferenceUnusable."""
    require(member, Permission.RECORD_PROGRESS)
    record = await find(uow, reference=reference, viewer=member.viewer)
    await preference.note(uow, reference=record.application.reference, said=said, by=member.actor, now=now)


async def progress(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    reference: str,
    kind: ProgressKind,
    on: date,
    tell: bool,
    now: datetime,
) -> str | None:
    """Note what happened in a case, or is fixed for a day, and tell the citizen if wished; return its conversation.

    Raises ApplicationNotFound, CaselogRefused.
    """
    require(member, Permission.RECORD_PROGRESS)
    record = await find(uow, reference=reference, viewer=member.viewer)
    application = record.application
    if application.state not in UNDER_WAY:
        raise CaselogRefused("not_under_way")
    data = {"kind": kind.value, "on": on.isoformat(), "told": tell}
    uow.audit.record(
        AuditEntry(at=now, actor=member.actor, action="application.progress", subject=application.reference, data=data)
    )
    if tell:
        payload: dict[str, str | int | None] = {
            "reference": application.reference,
            # No state is reached by it, so it has a name of its own among the notices.
            "version": f"{application.version}.{uuid.uuid4().hex}",
            "to": EffectKind.TELL_CITIZEN.value,
            "notice": "progress",
            "progress": kind.value,
            "on": on.isoformat(),
        }
        await uow.jobs.add(Job(kind=NOTICE, payload=payload, run_at=now))
    return record.conversation_id
