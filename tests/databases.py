"""Fresh migrated databases for tests, cheap enough for one a test: a migrated one is copied."""

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg

from api.db.engine import Database
from api.db.migrate import upgrade
from tests.services import Postgres

MASTER_KEY: Final = bytes(range(32))
_TEMPLATE: Final = "migrated"


def sqlite_template(folder: Path) -> Path:
    """Return a migrated SQLite file to copy from."""
    path = folder / "template.db"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@asynccontextmanager
async def sqlite_database(folder: Path, *, template: Path | None = None) -> AsyncIterator[Database]:
    """Open a fresh SQLite database in a folder."""
    path = folder / f"{uuid.uuid4().hex}.db"
    url = f"sqlite:///{path}"
    if template is None:
        await upgrade(url)
    else:
        shutil.copy(template, path)
    async with _opened(url) as database:
        yield database


@asynccontextmanager
async def postgres_database(server: Postgres) -> AsyncIterator[Database]:
    """Open a fresh PostgreSQL database on a running server."""
    name = f"t{uuid.uuid4().hex}"
    admin = await asyncpg.connect(server.url("postgres"))
    try:
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", _TEMPLATE):
            await admin.execute(f'CREATE DATABASE "{_TEMPLATE}"')
            await upgrade(server.url(_TEMPLATE))
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{_TEMPLATE}"')
    finally:
        await admin.close()
    async with _opened(server.url(name)) as database:
        yield database
    # Hundreds of abandoned databases would take longer to clear away at the end than all tests together.
    admin = await asyncpg.connect(server.url("postgres"))
    try:
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = Database(url, master_key=MASTER_KEY)
    try:
        await database.start()
        yield database
    finally:
        await database.close()
