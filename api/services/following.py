"""Lets a caller follow an application by its reference and the phone's last digits, the same way on every channel (查进度)."""

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.reference import one_spelling
from api.services.applications import Status
from api.services.ports import RateLimits, UnitOfWork
from api.services.records import JsonObject, SafeToContact
from api.services.wording import PARTY, STATE, status_sentence

ATTEMPT: Final = "application.status"
BY_REFERENCE: Final = "application.status.reference"
_SYSTEM: Final = Actor(kind=ActorKind.SYSTEM, id="dialogue")
_ENDANGERED: Final = "family.domestic_violence"
_ABUSE: Final = "claim.abuse"
_TAIL: Final = 4
_SHORTEST_PHONE, _LONGEST_PHONE = 7, 15
_SPOKEN: Final = str.maketrans("零〇○一二三四五六七八九幺", "0001234567891")


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What another thread goes on with: the application and the answers that it was handed in with."""

    reference: str
    missing_documents: tuple[str, ...]
    matters: tuple[str, ...]
    facts: JsonObject = field(repr=False)


async def carry(uow: UnitOfWork, *, reference: str, to: str, now: datetime) -> Carried | None:
    """Open an application for another thread of its owner's, who has shown the phone's tail; on record, with the thread's id.

    None where it stays apart: where somebody speaks for the owner, it may be them who asks. Whoever was beaten, or said that calls are not safe, has somebody near who may know both the number
    and the telephone, and is told no more than how it stands.
    """
    record = await uow.applications.get(reference, lock=False)
    if record is None or record.safe_to_contact is not SafeToContact.YES or record.conversation_id == to:
        return None
    if await uow.parties.pass_phrase(reference) is not None:
        return None
    secrets = await uow.applications.secrets(reference)
    if secrets is None or not secrets.facts:
        return None
    if secrets.facts.get(_ABUSE) is True or any(code.startswith(_ENDANGERED) for code in record.matters):
        return None
    uow.audit.record(
        AuditEntry(at=now, actor=_SYSTEM, action="application.continued", subject=reference, data={"conversation": to})
    )
    return Carried(
        reference=reference, missing_documents=record.missing_documents, matters=record.matters, facts=secrets.facts
    )


async def may_try(limits: RateLimits, *, who: str, reference: str) -> bool:
    """Count one attempt against the caller and against the reference, however it is spelt."""
    return await limits.allow(ATTEMPT, who=who) and await limits.allow(BY_REFERENCE, who=one_spelling(reference))


def phone_tail(text: str, /) -> str | None:
    """Return the last four digits that were told, alone or with the whole number; None where neither was."""
    plain = unicodedata.normalize("NFKC", text).translate(_SPOKEN)
    digits = "".join(one for one in plain if one.isascii() and one.isdigit())
    whole = _SHORTEST_PHONE <= len(digits) <= _LONGEST_PHONE
    return digits[-_TAIL:] if whole or len(digits) == _TAIL else None


def status_json(found: Status, /, *, now: datetime) -> JsonObject:
    """Return what the owner may know, in codes and in plain Chinese."""
    days_left = None if found.clock is None else found.clock.days_left(now=now)
    return {
        "reference": found.reference,
        "state": found.state,
        "state_title": STATE[found.state],
        "waiting_on": found.waiting_on,
        "waiting_on_title": PARTY[found.waiting_on],
        "days_left": days_left,
        "due": None if found.clock is None else found.clock.due,
        "missing_documents": list(found.missing_documents),
        "message": status_sentence(found.state, found.waiting_on, days_left=days_left),
    }
