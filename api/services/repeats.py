"""Who calls again within a month need not begin anew: the earlier application stands beside the new one (重复来访)."""

from datetime import datetime, timedelta
from typing import Final

from api.services.ports import UnitOfWork
from api.services.records import ApplicationRecord
from api.services.staff import StaffMember

WITHIN: Final = timedelta(days=30)


async def repeats(
    uow: UnitOfWork, *, member: StaffMember, record: ApplicationRecord, now: datetime
) -> tuple[ApplicationRecord, ...]:
    """Return what the same telephone handed in within thirty days before an application, or since, newest first.

    A telephone is not a person: a family shares one. What another region keeps stays there.
    """
    received = record.application.received_at or now
    found = await uow.applications.by_same_phone(record.application.reference, since=received - WITHIN, until=now)
    return tuple(one for one in found if member.viewer.sees(one.region))
