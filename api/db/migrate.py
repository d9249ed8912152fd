"""Brings a database to the schema this version needs, from inside the program: nobody has to run a tool first."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from api.db.engine import create_engine
from api.db.session import lock_number

_SCRIPTS: Final = Path(__file__).parent / "migrations"


async def upgrade(url: str, *, to: str = "head") -> None:
    """Apply what is missing; of several processes starting at once, one does it and the others wait."""
    await _run(url, lambda config: command.upgrade(config, to))


async def downgrade(url: str, *, to: str = "base") -> None:
    """Take migrations back."""
    await _run(url, lambda config: command.downgrade(config, to))


async def _run(url: str, step: Callable[[Config], None]) -> None:
    engine = create_engine(url)

    def within(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_number("migrate")})
        config = Config()
        config.set_main_option("script_location", str(_SCRIPTS))
        config.attributes["connection"] = connection
        step(config)

    try:
        async with engine.begin() as connection:
            await connection.run_sync(within)
    finally:
        await engine.dispose()
