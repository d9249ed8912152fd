"""Takes what was assessed out of the vault without whom it was about, so that a changed rulebook can be tried on it (匿名导出)."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.clocks import CHINA
from api.services.ports import UnitOfWork
from knowledge_base.types import Facts

_PAGE: Final = 200
OPERATOR: Final = Actor(kind=ActorKind.SYSTEM, id="operator")

Anonymous = Callable[[Facts, str | None, date], str | None]
"""Facts, place and day as one line that names nobody; None where today's rulebook has no words for such facts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Anonymous lines, and how many applications have none."""

    lines: tuple[str, ...]
    left_out: int


class PurposeMissing(Exception):
    """Opening what is sealed needs a reason that can be put on record."""

    code = "purpose_missing"


async def assessments(uow: UnitOfWork, *, anonymous: Anonymous, purpose: str, now: datetime) -> Exported:
    """Return what came in and was assessed as anonymous lines, in no order; on record with its purpose. Raises PurposeMissing."""
    if not purpose.strip():
        raise PurposeMissing
    lines: list[str] = []
    left_out = 0
    after = ""
    while page := await uow.applications.assessed(after=after, limit=_PAGE):
        told = [anonymous(one.facts, one.region, one.received_at.astimezone(CHINA).date()) for one in page]
        lines.extend(line for line in told if line is not None)
        left_out += told.count(None)
        after = page[-1].reference
    random.SystemRandom().shuffle(lines)  # the order of arrival would tell who is who
    data: dict[str, str | int | bool | None] = {"purpose": purpose, "count": len(lines), "left_out": left_out}
    uow.audit.record(
        AuditEntry(at=now, actor=OPERATOR, action="assessments.exported", subject="applications", data=data)
    )
    return Exported(lines=tuple(lines), left_out=left_out)
