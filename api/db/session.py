"""What every repository stands on: the connection, the keys, and whether it may lock rows."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select
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

    async def row(self, query: Select[Any]) -> Row[Any] | None:
        """Return the one row that a query finds."""
        found: Row[Any] | None = (await self.connection.execute(query)).one_or_none()
        return found

    async def value(self, query: Select[Any]) -> Any:  # noqa: ANN401 - whatever the column holds
        """Return the one value that a query for one column finds; None where it finds no row."""
        return (await self.connection.execute(query)).scalar_one_or_none()

    async def opened(self, query: Select[Any], *, table: str, column: str, row: str) -> str | None:
        """Open the one sealed value that a query finds."""
        sealed = await self.value(query)
        return None if sealed is None else self.keyring.open(sealed, table=table, column=column, row=row)

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
