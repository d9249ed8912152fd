"""Accounts of the staff: managers create, disable and renew them, everybody keeps their own password and second factor (账号管理)."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.second_factor import accepted, fresh_secret
from api.domain.staff import PASSWORD_LEAST, PASSWORD_LIMIT, Door, Permission, Role, normalise_name
from api.services import staff
from api.services.ports import UnitOfWork
from api.services.records import covers
from api.services.staff import StaffMember, require
from api.services.staff_records import StaffAccount

_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without the letters and digits that look alike on paper."""
_GROUPS, _GROUP = 4, 4
_NAME_SHOWN: Final = 64
_MACHINE: Final = Actor(kind=ActorKind.SYSTEM, id="shell")


class AccountRefused(Exception):
    """The account cannot be changed like that; `code` says why."""

    def __init__(self, code: str) -> None:
        """Keep the stable code."""
        super().__init__(code)
        self.code = code


class StaffNotFound(Exception):
    """No such account, or none within this manager's regions."""

    code = "staff_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One line of the staff list."""

    member: StaffMember
    disabled: bool
    locked: bool
    second_factor: bool
    password_temporary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hire:
    """入职: what a manager fills in about a new colleague; no regions means all of them."""

    name: str
    display_name: str
    role: Role
    regions: tuple[str, ...] = field(default=())


def drawn_password() -> str:
    """Return a first password: about 79 bits, easy to read out and to copy from paper."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


async def everybody(uow: UnitOfWork, *, member: StaffMember, now: datetime) -> tuple[Account, ...]:
    """Return the accounts within this manager's regions, by name. Raises NotPermitted."""
    require(member, Permission.MANAGE_STAFF)
    return tuple(
        Account(
            member=staff.member_of(account),
            disabled=account.disabled,
            locked=Door(failures=account.failures, locked_until=account.locked_until).locked(now=now),
            second_factor=account.second_factor,
            password_temporary=account.password_temporary,
        )
        for account in await uow.staff.all()
        if _within(member, account.regions)
    )


async def hire(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    hired: Hire,
    password_hash: str,
    knows_region: Callable[[str], bool],
    new_id: Callable[[], str],
    now: datetime,
) -> StaffMember:
    """Create an account whose first password must be changed.

    Raises NotPermitted, AccountRefused, StaffNameTaken, StaffNameUnusable.
    """
    require(member, Permission.MANAGE_STAFF)
    display_name = _checked(member, hired.display_name, hired.regions, knows_region=knows_region)
    await uow.lock(_key(hired.name))
    added = await staff.add_staff(
        uow,
        name=hired.name,
        display_name=display_name,
        role=hired.role,
        regions=hired.regions,
        password_hash=password_hash,
        temporary=True,
        new_id=new_id,
        now=now,
    )
    _record(uow, "staff.hired", added.id, by=member, now=now)
    return added


async def change(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    staff_id: str,
    display_name: str,
    role: Role,
    regions: tuple[str, ...],
    knows_region: Callable[[str], bool],
    now: datetime,
) -> StaffMember:
    """Give somebody another name, role or regions; their sessions end, as what is open was opened with the old ones.

    Raises NotPermitted, StaffNotFound, AccountRefused.
    """
    account = await _managed(uow, member=member, staff_id=staff_id)
    if account.id == member.id:
        raise AccountRefused("account_your_own")
    display_name = _checked(member, display_name, regions, knows_region=knows_region)
    changed = replace(account, display_name=display_name, role=role, regions=regions)
    await uow.staff.save(changed)
    await uow.staff.end_sessions_of(account.id)
    data = {"was": account.role, "role": role.value, "regions": " ".join(regions)}
    entry = AuditEntry(at=now, actor=member.actor, action="staff.changed", subject=f"staff:{account.id}", data=data)
    uow.audit.record(entry)
    return staff.member_of(changed)


async def disable(uow: UnitOfWork, *, member: StaffMember, staff_id: str, now: datetime) -> None:
    """Shut an account and end its sessions at once. Nobody shuts their own, so that a manager always remains.

    Raises NotPermitted, StaffNotFound, AccountRefused.
    """
    account = await _managed(uow, member=member, staff_id=staff_id)
    if account.id == member.id:
        raise AccountRefused("account_your_own")
    await uow.staff.save(replace(account, disabled=True))
    await uow.staff.end_sessions_of(account.id)
    _record(uow, "staff.disabled", account.id, by=member, now=now)


async def enable(uow: UnitOfWork, *, member: StaffMember, staff_id: str, now: datetime) -> None:
    """Open an account again. Raises NotPermitted, StaffNotFound."""
    account = await _managed(uow, member=member, staff_id=staff_id)
    await uow.staff.save(replace(account, disabled=False, failures=0, locked_until=None))
    _record(uow, "staff.enabled", account.id, by=member, now=now)


async def renew(uow: UnitOfWork, *, member: StaffMember, staff_id: str, password_hash: str, now: datetime) -> str:
    """Give somebody who lost password or telephone a first password again, without a second factor; return their name.

    Raises NotPermitted, StaffNotFound, AccountRefused.
    """
    account = await _managed(uow, member=member, staff_id=staff_id)
    if account.id == member.id:
        raise AccountRefused("account_your_own")
    await uow.staff.save(_fresh(account, password_hash=password_hash))
    await uow.staff.end_sessions_of(account.id)
    _record(uow, "staff.renewed", account.id, by=member, now=now)
    return account.name


def fit(password: str, again: str, *, name: str) -> str:
    """Return a password that somebody chose. Raises AccountRefused."""
    if password != again:
        raise AccountRefused("passwords_differ")
    if len(password) < PASSWORD_LEAST:
        raise AccountRefused("password_short")
    if len(password) > PASSWORD_LIMIT:
        raise AccountRefused("password_long")
    if normalise_name(password) == normalise_name(name) or len(set(password)) < PASSWORD_LEAST // 2:
        raise AccountRefused("password_guessable")
    return password


async def own(uow: UnitOfWork, *, member: StaffMember) -> StaffAccount:
    """Return the account of whoever is signed in. Raises StaffNotFound."""
    account = await uow.staff.get(member.id)
    if account is None:
        raise StaffNotFound
    return account


async def change_password(uow: UnitOfWork, *, member: StaffMember, was: str, password_hash: str, now: datetime) -> None:
    """Store a new password of one's own; `was` is the hash that the old one matched. Every session ends.

    Raises StaffNotFound, and AccountRefused where somebody changed it meanwhile.
    """
    await uow.lock(_key(member.name))
    account = await own(uow, member=member)
    if account.password_hash != was:
        raise AccountRefused("password_wrong")
    await uow.staff.save(replace(account, password_hash=password_hash, password_temporary=False))
    await uow.staff.end_sessions_of(account.id)
    _record(uow, "staff.password_changed", account.id, by=member, now=now)


async def begin_second_factor(
    uow: UnitOfWork, *, member: StaffMember, draw: Callable[[int], bytes] = secrets.token_bytes
) -> None:
    """Draw the secret that goes into an authenticator; nothing asks for it until a code of it was shown.

    Raises StaffNotFound, AccountRefused.
    """
    await uow.lock(_key(member.name))
    account = await own(uow, member=member)
    if account.second_factor:
        raise AccountRefused("second_factor_enrolled")
    await uow.staff.save(replace(account, totp_secret=fresh_secret(draw=draw)))


async def confirm_second_factor(uow: UnitOfWork, *, member: StaffMember, code: str, now: datetime) -> None:
    """Ask for a code at the door from now on: its owner has shown one. Raises StaffNotFound, AccountRefused."""
    await uow.lock(_key(member.name))
    account = await own(uow, member=member)
    if account.second_factor:
        raise AccountRefused("second_factor_enrolled")
    if account.totp_secret is None:
        raise AccountRefused("second_factor_not_begun")
    step = accepted(account.totp_secret, code, now=now, used=None)
    if step is None:
        raise AccountRefused("code_wrong")
    await uow.staff.save(replace(account, totp_step=step))
    _record(uow, "staff.second_factor", account.id, by=member, now=now)


async def appoint(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    name: str,
    display_name: str,
    password_hash: str,
    new_id: Callable[[], str],
    now: datetime,
) -> StaffMember:
    """Let a manager in from the machine itself: the first one, or one whom nobody else can help any more.

    A name that is known gets a first password, loses its second factor and is open again; it has to be a manager's.
    Raises StaffNameUnusable, AccountRefused.
    """
    await uow.lock(_key(name))
    known = await uow.staff.by_name(normalise_name(name))
    if known is None:
        appointed = await staff.add_staff(
            uow,
            name=name,
            display_name=display_name,
            role=Role.MANAGER,
            password_hash=password_hash,
            temporary=True,
            new_id=new_id,
            now=now,
        )
    elif known.role == Role.MANAGER:
        await uow.staff.save(replace(_fresh(known, password_hash=password_hash), disabled=False))
        await uow.staff.end_sessions_of(known.id)
        appointed = staff.member_of(known)
    else:
        raise AccountRefused("not_a_manager")
    uow.audit.record(AuditEntry(at=now, actor=_MACHINE, action="staff.appointed", subject=f"staff:{appointed.id}"))
    return appointed


def _fresh(account: StaffAccount, *, password_hash: str) -> StaffAccount:
    """Return an account as on its first day: a first password, no second factor, no failures."""
    return replace(
        account,
        password_hash=password_hash,
        password_temporary=True,
        totp_secret=None,
        totp_step=None,
        failures=0,
        locked_until=None,
    )


def _checked(
    member: StaffMember, display_name: str, regions: tuple[str, ...], *, knows_region: Callable[[str], bool]
) -> str:
    """Return the name as it is shown, of an account that this manager may keep. Raises AccountRefused."""
    display_name = display_name.strip()
    if not 0 < len(display_name) <= _NAME_SHOWN or not display_name.isprintable():
        raise AccountRefused("display_name_unusable")
    if not all(knows_region(region) for region in regions):
        raise AccountRefused("region_unknown")
    if not _within(member, regions):
        raise AccountRefused("region_beyond_yours")
    return display_name


async def _managed(uow: UnitOfWork, *, member: StaffMember, staff_id: str) -> StaffAccount:
    require(member, Permission.MANAGE_STAFF)
    found = await uow.staff.get(staff_id) if staff.is_staff_id(staff_id) else None
    if found is None or not _within(member, found.regions):
        raise StaffNotFound
    await uow.lock(_key(found.name))
    account = await uow.staff.get(staff_id)
    if account is None:
        raise StaffNotFound
    return account


def _within(member: StaffMember, regions: tuple[str, ...]) -> bool:
    """Tell whether somebody of these regions is this manager's to look after: no regions means all, which is more than some."""
    if not member.regions:
        return True
    return bool(regions) and all(any(covers(own, region) for own in member.regions) for region in regions)


def _key(name: str) -> str:
    return f"staff:{normalise_name(name)}"


def _record(uow: UnitOfWork, action: str, staff_id: str, *, by: StaffMember, now: datetime) -> None:
    uow.audit.record(AuditEntry(at=now, actor=by.actor, action=action, subject=f"staff:{staff_id}"))
