"""A stage for every gateway test."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.db.engine import Database
from api.db.migrate import upgrade
from tests.gateway.stage import Stage


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate once; every test gets a copy."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture
async def stage(migrated: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    path = tmp_path / "test.db"
    shutil.copy(migrated, path)
    database = Database(f"sqlite:///{path}", master_key=secrets.token_bytes(32))
    await database.start()
    stage = Stage(database=database)
    await stage.open()
    yield stage
    await database.close()
