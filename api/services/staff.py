"""Staff come in, stay in for a shift and go out: accounts, server-side sessions, lockout.

The password is compared between two short transactions, never inside one: hashing costs tens of milliseconds, and a
held transaction would let anyone at the door stop every writer. So an edge runs `begin_sign_in`, commits, compares,
and then runs `finish_sign_in`.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.second_factor import accepted
from api.domain.staff import (
    NAME_LIMIT,
    PASSWORD_LIMIT,
    SESSION_TOUCH,
    Door,
    Permission,
    Role,
    may,
    normalise_name,
    session_expiry,
)
from api.services.ports import UnitOfWork
from api.services.records import Viewer
from api.services.staff_records import StaffAccount, StaffSession

COOKIE: Final = "legal_aid_staff"
SECURE_COOKIE: Final = "__Host-legal_aid_staff"
"""Over HTTPS: browsers keep a cookie of this prefix from being set by a neighbouring host."""
SIGN_IN_ACTION: Final = "staff.sign_in"
"""The name under which an edge asks the rate limiter before it lets anybody try a password."""
_TOKEN_BYTES: Final = 32
_ID_LENGTH: Final = 32


class Passwords(Protocol):
    """Hashes and compares passwords; slow on purpose, so never called inside a transaction."""

    async def digest(self, password: str) -> str:
        """Return a salted hash to store."""

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Compare. None stands for an unknown name and takes as long as a known one."""


class StaffNameTaken(Exception):
    """Another account has this name."""

    code = "staff_name_taken"


class StaffNameUnusable(Exception):
    """The name is empty or too long to be one."""

    code = "staff_name_unusable"


class SignInRefused(Exception):
    """Unknown name, wrong password, locked, disabled or second factor missing: one answer for all, or names leak."""

    code = "sign_in_refused"


class SignInRequired(Exception):
    """No session, or one that has ended."""

    code = "sign_in_required"


class AccountUnready(Exception):
    """Signed in, but the password is somebody else's still, or the second factor is missing."""

    code = "account_unready"


class NotPermitted(Exception):
    """The role does not carry the permission."""

    code = "not_permitted"

    def __init__(self, permission: Permission) -> None:
        """Keep which permission is missing."""
        super().__init__(f"this role may not: {permission}")
        self.permission = permission


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """工作人员: who acts. Cases and audit entries carry `id`, never the name."""

    id: str
    name: str
    display_name: str
    role: Role
    regions: tuple[str, ...] = ()

    @property
    def viewer(self) -> Viewer:
        """Return this person as the services that list cases know them."""
        return Viewer(staff=self.id, role=self.role, regions=self.regions)

    @property
    def actor(self) -> Actor:
        """Return this person as the audit chain knows them."""
        return Actor(kind=ActorKind.STAFF, id=self.id)

    def may(self, permission: Permission) -> bool:
        """Return whether this person's role carries the permission."""
        return may(self.role, permission)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A counted sign-in on its way to the comparison; no account where the name is unknown, locked or disabled."""

    name: str = ""
    staff_id: str | None = None
    password_hash: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """The door opened; `token` goes into the cookie and is kept nowhere else."""

    member: StaffMember
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who holds a running session; `stale` asks the edge to note its use."""

    member: StaffMember
    form_token: str = field(repr=False)
    stale: bool = False
    password_temporary: bool = False
    second_factor: bool = False

    def ready(self, *, second_factor: bool) -> bool:
        """Tell whether this person may work: the password is theirs alone, and there is a second factor where one must be."""
        return not self.password_temporary and (self.second_factor or not second_factor)


async def begin_sign_in(uow: UnitOfWork, *, name: str, password: str, now: datetime) -> Attempt:
    """Count the attempt and find what to compare with. Commit before comparing."""
    name = normalise_name(name)
    if not _usable(name) or len(password) > PASSWORD_LIMIT:
        return Attempt()
    await uow.lock(f"staff:{name}")
    account = await uow.staff.by_name(name)
    if account is None:
        return Attempt()
    door = Door(failures=account.failures, locked_until=account.locked_until)
    if door.locked(now=now):
        return Attempt()
    tried = door.tried(now=now)
    await uow.staff.save(replace(account, failures=tried.failures, locked_until=tried.locked_until))
    if tried.locked(now=now):
        uow.audit.record(_entry("staff.locked", account.id, now=now))
    if account.disabled:
        return Attempt()
    return Attempt(name=name, staff_id=account.id, password_hash=account.password_hash)


async def finish_sign_in(
    uow: UnitOfWork, *, attempt: Attempt, password_matches: bool, code: str, now: datetime
) -> SignedIn:
    """Open a session when the password was right, and the code where one is asked for. Raises SignInRefused."""
    if attempt.staff_id is None or not password_matches:
        raise SignInRefused
    # Two who type the same code at once: one of them comes second, and finds it used.
    await uow.lock(f"staff:{attempt.name}")
    account = await uow.staff.get(attempt.staff_id)
    if account is None or account.disabled or account.password_hash != attempt.password_hash:
        raise SignInRefused
    step = account.totp_step
    if account.second_factor and account.totp_secret is not None:
        step = accepted(account.totp_secret, code, now=now, used=account.totp_step)
        if step is None:
            raise SignInRefused
    await uow.staff.save(replace(account, failures=0, locked_until=None, totp_step=step))
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await uow.staff.add_session(
        StaffSession(
            token_digest=_digest(token),
            staff_id=account.id,
            csrf=secrets.token_urlsafe(_TOKEN_BYTES),
            created_at=now,
            seen_at=now,
            expires_at=session_expiry(created_at=now, now=now),
        )
    )
    uow.audit.record(_entry("staff.signed_in", account.id, now=now))
    return SignedIn(member=member_of(account), token=token)


async def seated(uow: UnitOfWork, *, token: str | None, now: datetime) -> Seat:
    """Return who holds this session. Raises SignInRequired.

    Reading and noting the use are apart, so that a page view stays a read and a live stream can leave the session
    alone: an open tab on an empty chair still signs itself out.
    """
    if not token:
        raise SignInRequired
    session = await uow.staff.session(_digest(token))
    if session is None or session.expires_at <= now:
        raise SignInRequired
    account = await uow.staff.get(session.staff_id)
    if account is None or account.disabled:
        raise SignInRequired
    return Seat(
        member=member_of(account),
        form_token=session.csrf,
        stale=now - session.seen_at >= SESSION_TOUCH,
        password_temporary=account.password_temporary,
        second_factor=account.second_factor,
    )


async def stay(uow: UnitOfWork, *, token: str, now: datetime) -> None:
    """Note that the session was used."""
    digest = _digest(token)
    session = await uow.staff.session(digest)
    if session is not None:
        expires_at = session_expiry(created_at=session.created_at, now=now)
        await uow.staff.touch_session(digest, seen_at=now, expires_at=expires_at)


async def sign_out(uow: UnitOfWork, *, token: str, now: datetime) -> None:
    """End the session on the server, so that the cookie opens nothing any more."""
    digest = _digest(token)
    session = await uow.staff.session(digest)
    if session is not None:
        await uow.staff.end_session(digest)
        uow.audit.record(_entry("staff.signed_out", session.staff_id, now=now))


async def add_staff(  # noqa: PLR0913 - an account is what it is
    uow: UnitOfWork,
    *,
    name: str,
    display_name: str,
    role: Role,
    password_hash: str,
    new_id: Callable[[], str],
    now: datetime,
    regions: tuple[str, ...] = (),
    temporary: bool = False,
) -> StaffMember:
    """Create an account; `temporary` where its owner must change the password first. Raises StaffNameTaken or StaffNameUnusable."""
    name = normalise_name(name)
    if not _usable(name):
        raise StaffNameUnusable
    if await uow.staff.by_name(name) is not None:
        raise StaffNameTaken
    account = StaffAccount(
        id=new_id(),
        name=name,
        display_name=display_name,
        role=role,
        regions=regions,
        password_hash=password_hash,
        password_temporary=temporary,
        created_at=now,
    )
    await uow.staff.add(account)
    uow.audit.record(_entry("staff.added", account.id, now=now, role=role))
    return member_of(account)


async def names(uow: UnitOfWork) -> dict[str, str]:
    """Return the display name of every account by id, for pages that show who did something."""
    return {account.id: account.display_name for account in await uow.staff.all()}


async def everybody(uow: UnitOfWork) -> tuple[StaffMember, ...]:
    """Return all who may sign in, by name."""
    return tuple(member_of(account) for account in await uow.staff.all() if not account.disabled)


def require(member: StaffMember, permission: Permission, /) -> None:
    """Raise NotPermitted unless the role carries the permission."""
    if not member.may(permission):
        raise NotPermitted(permission)


def same_secret(expected: str, given: str, /) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(expected.encode(), given.encode())


def is_staff_id(text: str) -> bool:
    """Tell whether this could be an account's id: an address may hold anything."""
    return text.isascii() and text.isalnum() and len(text) <= _ID_LENGTH


def _usable(name: str) -> bool:
    return 0 < len(name) <= NAME_LIMIT and name.isprintable()


def member_of(account: StaffAccount) -> StaffMember:
    """Return the person behind an account."""
    return StaffMember(
        id=account.id,
        name=account.name,
        display_name=account.display_name,
        role=Role(account.role),
        regions=account.regions,
    )


def _entry(action: str, staff_id: str, *, now: datetime, **data: str) -> AuditEntry:
    return AuditEntry(
        at=now, actor=Actor(kind=ActorKind.STAFF, id=staff_id), action=action, subject=f"staff:{staff_id}", data=data
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
