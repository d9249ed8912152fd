"""One office for every console test."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.db.engine import Database
from api.db.migrate import upgrade
from tests.console.office import TheOffice
from tests.databases import MASTER_KEY


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate once; every test gets a copy."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture
async def bare_office(migrated: Path, tmp_path: Path) -> AsyncIterator[TheOffice]:
    """Open an office where nobody works yet."""
    path = tmp_path / "test.db"
    shutil.copy(migrated, path)
    database = Database(f"sqlite:///{path}", master_key=MASTER_KEY)
    await database.start()
    yield TheOffice(database=database)
    await database.close()


@pytest.fixture
async def office(bare_office: TheOffice) -> TheOffice:
    """Put one member of staff per role to work."""
    await bare_office.hire()
    return bare_office
