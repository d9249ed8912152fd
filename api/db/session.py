"""What every repository stands on: the connection, the keys, and whether it may lock rows."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.sealing import Keyring
from api.services.records import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One connection within one transaction."""

    connection: AsyncConnection
    keyring: Keyring
    writing: bool

    def locking(self, query: Select[Any]) -> Select[Any]:
        """Lock the rows read, where the transaction means to change them and the database locks rows."""
        return query.with_for_update() if self.writing else query

    def seal_json(self, value: object, *, table: str, column: str, row: str) -> bytes:
        """Seal a JSON value."""
        return self.keyring.seal(json.dumps(value, ensure_ascii=False), table=table, column=column, row=row)

    def open_json(self, sealed: bytes, *, table: str, column: str, row: str) -> JsonObject:
        """Open a sealed JSON object."""
        opened: JsonObject = json.loads(self.keyring.open(sealed, table=table, column=column, row=row))
        return opened


def lock_number(key: str) -> int:
    """Return the advisory lock number of a key."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big", signed=True)
