"""Against whom somebody applies: written down by staff, sealed, and held against all other applications (对方当事人)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from api.domain.audit import AuditEntry
from api.domain.staff import Permission
from api.services import applications, parties
from api.services.ports import UnitOfWork
from api.services.staff import StaffMember, require

NAMED: Final = "application.opponents_named"


async def name(uow: UnitOfWork, *, member: StaffMember, reference: str, names: Iterable[str], now: datetime) -> None:
    """Write down against whom an application is, in place of whoever stood there; the record says how many, and not who.

    Raises ApplicationNotFound, NotPermitted, OpponentUnusable.
    """
    require(member, Permission.RECORD_PROGRESS)
    record = await applications.find(uow, reference=reference, viewer=member.viewer, lock=True)
    key = record.application.reference
    count = await parties.keep_opponents(uow, reference=key, names=names)
    uow.audit.record(AuditEntry(at=now, actor=member.actor, action=NAMED, subject=key, data={"count": count}))
