"""Argon2 for staff passwords, off the event loop and with the same cost for names that do not exist."""

import asyncio
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_AT_ONCE: Final = 2
"""Each comparison takes 64 MiB and a core; more at once would serve only somebody who floods the door."""


class Argon2Passwords:
    """Passwords over argon2-cffi, at the library's recommended cost (RFC 9106) unless a test asks for less."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody: str | None = None
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def digest(self, password: str) -> str:
        """Return a salted hash to store."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Compare. None stands for an unknown name and takes as long as a known one."""
        async with self._turns:
            if self._nobody is None:
                self._nobody = await asyncio.to_thread(self._hasher.hash, "nobody's password")
            matched = await asyncio.to_thread(self._compare, password_hash or self._nobody, password)
        return matched and password_hash is not None

    def _compare(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerificationError, InvalidHashError):
            return False
