"""Databases, a clock that stands still until moved, and the app with fake law and knowledge."""

import io
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

from api.db.engine import Database
from api.observability import configure_logging
from tests.databases import postgres_database, sqlite_database, sqlite_template
from tests.http.world import World
from tests.services import Postgres, Unavailable, postgres


@pytest.fixture(autouse=True)
def log() -> Iterator[io.StringIO]:
    """Log as in service, into a text that a test can search."""
    stream = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logging(stream=stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    try:
        running = postgres()
        with running as server:
            yield server
    except Unavailable as absent:
        pytest.skip(str(absent))


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(request: pytest.FixtureRequest, tmp_path: Path, template: Path) -> AsyncIterator[Database]:
    """Open a fresh database; the same suite runs on both kinds."""
    if request.param == "sqlite":
        async with sqlite_database(tmp_path, template=template) as found:
            yield found
        return
    async with postgres_database(request.getfixturevalue("postgres_server")) as found:
        yield found


@pytest.fixture
async def world(tmp_path: Path, template: Path) -> AsyncIterator[World]:
    """Open the app on SQLite, with a client."""
    async with sqlite_database(tmp_path, template=template) as found, World.over(found) as opened:
        yield opened
