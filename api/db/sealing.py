"""Seals personal columns, so that a copy of the database tells nothing without the key (信封加密).

Envelope encryption: random data keys lie in the database, wrapped by a master key that lives outside it. Changing the
master key means wrapping a few data keys anew, and no column.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
_NONCE: Final = 12
_VERSION: Final = b"\x01"
_KEY_NUMBER: Final = 2


class SealBroken(Exception):
    """The ciphertext was changed, moved to another row or column, or sealed under another key."""

    code = "seal_broken"


class WrongMasterKey(Exception):
    """The data keys in the database were wrapped by another master key than the one given."""

    code = "wrong_master_key"


def new_key() -> bytes:
    """Return a fresh random key."""
    return secrets.token_bytes(KEY_BYTES)


def wrap(master: bytes, key: bytes, *, purpose: str, number: int) -> bytes:
    """Seal a data key under the master key."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(master).encrypt(nonce, key, f"data_keys\n{purpose}\n{number}".encode())


def unwrap(master: bytes, wrapped: bytes, *, purpose: str, number: int) -> bytes:
    """Open a data key. Raises WrongMasterKey."""
    try:
        return AESGCM(master).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], f"data_keys\n{purpose}\n{number}".encode())
    except InvalidTag as broken:
        raise WrongMasterKey from broken


class Keyring:
    """The opened data keys of one database: seals and opens columns, and makes look-up digests."""

    def __init__(self, *, seal_keys: Mapping[int, bytes], digest_key: bytes) -> None:
        """Keep the keys; the one with the highest number seals, all of them open."""
        self._keys = {number: AESGCM(key) for number, key in seal_keys.items()}
        self._current = max(self._keys)
        self._digest_key = digest_key

    def seal(self, text: str, *, table: str, column: str, row: str) -> bytes:
        """Seal one value into its place."""
        return self.seal_bytes(text.encode(), table=table, column=column, row=row)

    def open(self, sealed: bytes, *, table: str, column: str, row: str) -> str:
        """Open one value in its place. Raises SealBroken."""
        return self.open_bytes(sealed, table=table, column=column, row=row).decode()

    def seal_bytes(self, content: bytes, *, table: str, column: str, row: str) -> bytes:
        """Seal what is no text into its place."""
        nonce = secrets.token_bytes(_NONCE)
        head = _VERSION + self._current.to_bytes(_KEY_NUMBER, "big")
        return head + nonce + self._keys[self._current].encrypt(nonce, content, _place(table, column, row))

    def open_bytes(self, sealed: bytes, *, table: str, column: str, row: str) -> bytes:
        """Open what is no text in its place. Raises SealBroken."""
        body = len(_VERSION) + _KEY_NUMBER
        key = self._keys.get(int.from_bytes(sealed[len(_VERSION) : body], "big"))
        if key is None or not sealed.startswith(_VERSION):
            raise SealBroken
        nonce, ciphertext = sealed[body : body + _NONCE], sealed[body + _NONCE :]
        try:
            return key.decrypt(nonce, ciphertext, _place(table, column, row))
        except InvalidTag as broken:
            raise SealBroken from broken

    def digest(self, purpose: str, value: str) -> str:
        """Return a keyed digest for look-ups, different for every purpose."""
        return hmac.new(self._digest_key, f"{purpose}\n{value}".encode(), hashlib.sha256).hexdigest()


def _place(table: str, column: str, row: str) -> bytes:
    return f"{table}\n{column}\n{row}".encode()
