"""Whoever speaks for a citizen says the pass phrase first, and only then is told anything (核对暗语)."""

from datetime import datetime
from typing import Final

from api.domain.audit import AuditEntry
from api.domain.staff import Permission
from api.services import applications, parties
from api.services.ports import RateLimits, UnitOfWork
from api.services.records import Ticket
from api.services.staff import StaffMember, require

ATTEMPT: Final = "application.pass_phrase"
CHECKED: Final = "application.pass_phrase_checked"


class PassPhraseTriedTooOften(Exception):
    """Too many wrong ones were tried for one application: somebody may be guessing."""

    code = "pass_phrase_tried_too_often"


async def check(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, member: StaffMember, limits: RateLimits, reference: str, said: str, now: datetime
) -> bool:
    """Tell staff whether what was said on the telephone is the phrase agreed; on record, without what was said.

    Raises ApplicationNotFound, NotPermitted, PassPhraseTriedTooOften.
    """
    require(member, Permission.OPEN_CONTACT)
    record = await applications.find(uow, reference=reference, viewer=member.viewer)
    key = record.application.reference
    if not await limits.allow(ATTEMPT, who=key):
        raise PassPhraseTriedTooOften
    fits = await parties.pass_phrase_fits(uow, reference=key, phrase=said)
    uow.audit.record(AuditEntry(at=now, actor=member.actor, action=CHECKED, subject=key, data={"fits": fits}))
    return fits


async def spoken_for(uow: UnitOfWork, *, ticket: Ticket) -> tuple[str, ...]:
    """Return the applications behind a call-back for which somebody else may answer the telephone."""
    thread = ticket.conversation_id
    records = () if thread is None else await uow.applications.of_conversation(thread)
    named = dict.fromkeys(
        (*([ticket.reference] if ticket.reference else []), *(one.application.reference for one in records))
    )
    return tuple([one for one in named if await uow.parties.pass_phrase(one) is not None])
