"""Keeps what staff say a pre-screen should have come to, and hands it on as cases that name nobody (改判与案例)."""

import random
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.clocks import CHINA
from api.domain.correction import Cites, Correction, Ground, corrected
from api.services import applications, vault
from api.services.applications import ApplicationNotFound
from api.services.export import Exported, PurposeMissing
from api.services.ports import UnitOfWork
from api.services.records import Viewer
from knowledge_base.types import Facts, Outcome

CORRECTED: Final = "application.verdict_corrected"
_KIND: Final = "correction"
_OPERATOR: Final = Actor(kind=ActorKind.SYSTEM, id="operator")

AsCase = Callable[[Correction, Facts, str | None, date], str | None]
"""A correction with facts, place and day as a case that names nobody; None where today's rulebook has no words for them."""


async def correct(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    reference: str,
    viewer: Viewer,
    by: Actor,
    outcome: Outcome,
    ground: Ground,
    article: str,
    why: str,
    cites: Cites,
    now: datetime,
) -> Correction:
    """Note what a pre-screen should have come to; the words are sealed, the rest is in the audit chain.

    Raises ApplicationNotFound, CorrectionRefused.
    """
    record = await applications.find(uow, reference=reference, viewer=viewer)
    key = record.application.reference
    noted = corrected(
        was=Outcome(record.outcome), outcome=outcome, ground=ground, article=article, why=why, cites=cites
    )
    token = await vault.put(uow, conversation_id=key, kind=_KIND, value=noted.why, now=now)
    data: dict[str, str | int | bool | None] = {
        "was": noted.was.value,
        "outcome": noted.outcome.value,
        "ground": noted.ground.value,
        "article": noted.article,
        "why": token,
    }
    uow.audit.record(AuditEntry(at=now, actor=by, action=CORRECTED, subject=key, data=data))
    return noted


async def of(uow: UnitOfWork, *, reference: str) -> Correction | None:
    """Return the latest correction of an application with its words; whoever opens the case is on record already."""
    entries = [each.entry for each in await uow.audit.of(reference) if each.entry.action == CORRECTED]
    if not entries:
        return None
    kind, number = vault.parts(str(entries[-1].data["why"]))
    words = await uow.vault.open(conversation_id=reference, kind=kind, number=number)
    return _read(entries[-1], why=words or "")


async def cases(uow: UnitOfWork, *, as_case: AsCase, purpose: str, now: datetime) -> Exported:
    """Return the latest correction of every application as a case, in no order; on record. Raises PurposeMissing."""
    if not purpose.strip():
        raise PurposeMissing
    latest = {each.entry.subject: each.entry for each in await uow.audit.acted(CORRECTED)}
    told = [await _as_case(uow, entry, as_case) for entry in latest.values()]
    found = [case for case in told if case is not None]
    random.SystemRandom().shuffle(found)  # the order of correction would tell who is who
    data: dict[str, str | int | bool | None] = {
        "purpose": purpose,
        "count": len(found),
        "left_out": told.count(None),
    }
    uow.audit.record(
        AuditEntry(at=now, actor=_OPERATOR, action="corrections.exported", subject="applications", data=data)
    )
    return Exported(lines=tuple(found), left_out=told.count(None))


async def _as_case(uow: UnitOfWork, entry: AuditEntry, as_case: AsCase) -> str | None:
    try:
        record = await applications.find(uow, reference=entry.subject)
    except ApplicationNotFound:
        return None
    secrets = await uow.applications.secrets(entry.subject)
    received = record.application.received_at
    if secrets is None or received is None or not secrets.facts:
        return None
    return as_case(_read(entry, why=""), secrets.facts, record.region, received.astimezone(CHINA).date())


def _read(entry: AuditEntry, *, why: str) -> Correction:
    data = entry.data
    article = data.get("article")
    return Correction(
        was=Outcome(str(data["was"])),
        outcome=Outcome(str(data["outcome"])),
        ground=Ground(str(data["ground"])),
        article=None if article is None else str(article),
        why=why,
    )
