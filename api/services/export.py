"""Takes what was assessed out of the vault without whom it was about, so that a changed rulebook can be tried on it (匿名导出)."""

import random
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.clocks import CHINA
from api.services.ports import UnitOfWork
from knowledge_base.types import Facts

_PAGE: Final = 200
_OPERATOR: Final = Actor(kind=ActorKind.SYSTEM, id="operator")

Anonymous = Callable[[Facts, str | None, date], str]
"""Facts, place and day as one line that names nobody."""


class PurposeMissing(Exception):
    """Opening what is sealed needs a reason that can be put on record."""

    code = "purpose_missing"


async def assessments(uow: UnitOfWork, *, anonymous: Anonymous, purpose: str, now: datetime) -> tuple[str, ...]:
    """Return every assessed application as an anonymous line, in no order; on record with its purpose. Raises PurposeMissing."""
    if not purpose.strip():
        raise PurposeMissing
    lines: list[str] = []
    after = ""
    while page := await uow.applications.assessed(after=after, limit=_PAGE):
        lines.extend(anonymous(one.facts, one.region, one.received_at.astimezone(CHINA).date()) for one in page)
        after = page[-1].reference
    random.SystemRandom().shuffle(lines)  # the order of arrival would tell who is who
    data: dict[str, str | int | bool | None] = {"purpose": purpose, "count": len(lines)}
    uow.audit.record(
        AuditEntry(at=now, actor=_OPERATOR, action="assessments.exported", subject="applications", data=data)
    )
    return tuple(lines)
