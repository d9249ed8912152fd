"""Who may do what at the staff desk, and when a name is locked: pure, so that it can be tested as a table."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from api.domain.application import Event


class Role(StrEnum):
    """岗位: one per account."""

    OPERATOR = "operator"  # 坐席
    DUTY_LAWYER = "duty_lawyer"  # 值班律师
    REVIEWER = "reviewer"  # 审查人员
    MANAGER = "manager"  # 管理人员
    AUDITOR = "auditor"  # 监督审计: reads, never writes


class Permission(StrEnum):
    """权限: what one action at the desk needs."""

    READ_CASES = "read_cases"
    TALK = "talk"  # claim, write to the citizen, give back
    OPEN_CONTACT = "open_contact"  # see a sealed value in clear, audited
    TAKE_ALERT = "take_alert"
    RECORD_PROGRESS = "record_progress"  # events that record what happened
    SEE_FAILURES = "see_failures"  # what the machine gave up doing: somebody has to do it by hand
    RETRY_FAILURES = "retry_failures"  # let the machine try once more what it gave up
    EDIT_KNOWLEDGE = "edit_knowledge"  # write cards and texts, put them forward
    APPROVE_KNOWLEDGE = "approve_knowledge"  # let a colleague's writing be told, or take something out of use
    MANAGE_STAFF = "manage_staff"  # create and disable accounts
    MANAGE_PROVIDERS = "manage_providers"  # keep the register of those who may be assigned
    ERASE = "erase"  # destroy a conversation because the person asks (Personal Information Protection Law art. 47)
    PERSONAL_DATA = "personal_data"  # give a person a copy of their data, put it right (the same law arts 45, 46)
    DECIDE = "decide"  # events by which the institution decides (Legal Aid Law arts 43, 48, 49)


_DESK: Final = frozenset(
    {
        Permission.READ_CASES,
        Permission.TALK,
        Permission.OPEN_CONTACT,
        Permission.TAKE_ALERT,
        Permission.RECORD_PROGRESS,
    }
)
_EDITORS: Final = frozenset({Permission.EDIT_KNOWLEDGE, Permission.APPROVE_KNOWLEDGE})
GRANTS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        # Seats and duty lawyers advise and follow a case; deciding on it is the institution's alone (art. 43).
        Role.OPERATOR: _DESK,
        Role.DUTY_LAWYER: _DESK | {Permission.SEE_FAILURES, Permission.EDIT_KNOWLEDGE},
        Role.REVIEWER: _DESK | _EDITORS | {Permission.DECIDE},
        Role.MANAGER: _DESK
        | _EDITORS
        | {
            Permission.DECIDE,
            Permission.SEE_FAILURES,
            Permission.RETRY_FAILURES,
            Permission.MANAGE_STAFF,
            Permission.MANAGE_PROVIDERS,
            Permission.ERASE,
            Permission.PERSONAL_DATA,
        },
        Role.AUDITOR: frozenset({Permission.READ_CASES}),
    }
)
_RECORDED: Final = frozenset({Event.SUPPLY, Event.WITHDRAW, Event.START, Event.CLOSE, Event.OBJECT})
"""What happened outside and is only written down; every other event is a decision of the institution or the bureau."""


def needed_for(event: Event, /) -> Permission:
    """Return the permission it takes to bring an event about."""
    return Permission.RECORD_PROGRESS if event in _RECORDED else Permission.DECIDE


def may(role: Role, permission: Permission, /) -> bool:
    """Return whether the role carries the permission."""
    return permission in GRANTS[role]


NAME_LIMIT: Final = 64
PASSWORD_LIMIT: Final = 128
"""Longer input is refused before hashing: Argon2 over a megabyte is a gift to an attacker."""


PASSWORD_LEAST: Final = 10


def normalise_name(name: str, /) -> str:
    """Return the one spelling under which an account is found: full-width and capital letters are forgiven."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


LOCK_AFTER: Final = 5
LOCK_FOR: Final = timedelta(minutes=15)
"""Five wrong passwords in a row shut a name for a quarter of an hour."""

SESSION_IDLE: Final = timedelta(minutes=60)
SESSION_LIMIT: Final = timedelta(hours=12)
"""One shift: nobody stays signed in overnight."""
SESSION_TOUCH: Final = timedelta(minutes=1)
"""How stale a session's last use may get before a request writes it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How often a name has failed in a row, and until when it is shut."""

    failures: int = 0
    locked_until: datetime | None = None

    def locked(self, *, now: datetime) -> bool:
        """Return whether the name is shut now."""
        return self.locked_until is not None and now < self.locked_until

    def tried(self, *, now: datetime) -> "Door":
        """Return the door after one more attempt.

        The attempt counts before the password is looked at, so that a hundred attempts at once get no more guesses
        than five in a row; success afterwards opens the door again.
        """
        if self.locked(now=now):
            return self
        failures = 1 if self.locked_until is not None else self.failures + 1
        return Door(failures=failures, locked_until=now + LOCK_FOR if failures >= LOCK_AFTER else None)


def session_expiry(*, created_at: datetime, now: datetime) -> datetime:
    """Return when a session used now ends: after an idle hour, at the latest with the shift."""
    return min(now + SESSION_IDLE, created_at + SESSION_LIMIT)
