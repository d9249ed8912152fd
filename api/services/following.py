"""Lets a caller follow an application by its reference and the phone's last digits, the same way on every channel (查进度)."""

import unicodedata
from datetime import datetime
from typing import Final

from api.domain.reference import one_spelling
from api.services.applications import Status
from api.services.ports import RateLimits
from api.services.records import JsonObject
from api.services.wording import PARTY, STATE, status_sentence

ATTEMPT: Final = "application.status"
BY_REFERENCE: Final = "application.status.reference"
_TAIL: Final = 4
_SHORTEST_PHONE, _LONGEST_PHONE = 7, 15
_SPOKEN: Final = str.maketrans("零〇○一二三四五六七八九幺", "0001234567891")


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
