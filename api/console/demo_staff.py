"""Gives a fresh development installation one account per role, so that a newcomer can sign in within a minute.

Nothing is fixed: the passwords are drawn on the first run and stand in one file that only its owner can read.
"""

import asyncio
import os
import secrets
import uuid
from pathlib import Path
from typing import Final

from api.console import labels
from api.domain.staff import Role
from api.services import staff
from api.services.accounts import drawn_password
from api.services.ports import Clock, Database
from api.services.staff import Passwords

_OWNER_ONLY: Final = 0o600


class DemoStaffRefused(Exception):
    """Demo accounts were asked for outside development."""

    code = "demo_staff_refused"


async def ensure_demo_staff(
    database: Database, *, passwords: Passwords, path: Path, development: bool, clock: Clock
) -> Path | None:
    """Create the demo accounts where there is no account at all; return the file with their passwords, if it is there.

    The file is complete before the accounts are committed: a run interrupted in between starts over, and never leaves
    accounts that nobody can use. Raises DemoStaffRefused.
    """
    if not development:
        raise DemoStaffRefused
    async with database.reading() as uow:
        known = await staff.names(uow)
    if known:
        return await asyncio.to_thread(_if_there, path)
    drawn = {role: drawn_password() for role in Role}
    hashes = {role: await passwords.digest(password) for role, password in drawn.items()}
    async with database.unit_of_work() as uow:
        if await staff.names(uow):  # Another process was first; its passwords count.
            return await asyncio.to_thread(_if_there, path)
        for role in Role:
            await staff.add_staff(
                uow,
                name=role,
                display_name=f"演示{labels.ROLE[role]}",
                role=role,
                password_hash=hashes[role],
                new_id=lambda: uuid.uuid4().hex,
                now=clock(),
            )
        _write(path, drawn)
        await uow.commit()
    return path


def _if_there(path: Path) -> Path | None:
    return path if path.exists() else None


def _write(path: Path, drawn: dict[Role, str]) -> None:
    lines = ["# 演示账号，仅供本机开发使用：用户名、密码、岗位。登录页在 /staff。"]
    lines += [f"{role}\t{password}\t{labels.ROLE[role]}" for role, password in drawn.items()]
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    fresh.replace(path)
