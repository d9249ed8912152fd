"""Opens the database: SQLite for one machine, PostgreSQL for many, one behaviour for both."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiosqlite
from sqlalchemy import Connection, event, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from api.db import tables
from api.db.sealing import Keyring, new_key, unwrap, wrap
from api.db.session import lock_number
from api.db.uow import SqlUnitOfWork
from api.services.ports import DatabaseBusy

_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
_BUSY_SECONDS: Final = 10
_ASKS_AGAIN_SECONDS: Final = 0.02
_BEGIN: Final = "sqlite_begin"
_POOL: Final = 10
_OVERFLOW: Final = 20
_POOL_SECONDS: Final = 2
"""A caller told to try again in two seconds is better off than one left waiting for half a minute."""
TURNS: Final = 60
"""With the thirty connections of the transactions this stays below the hundred a PostgreSQL server allows by default."""
_BUSY_STATES: Final = frozenset(
    {
        "40001",  # serialization_failure
        "40P01",  # deadlock_detected
        "53300",  # too_many_connections
        "55P03",  # lock_not_available
    }
)

# An advisory lock's number stands in two halves of 32 bits.
_HELD: Final = text(
    "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
    " AND (classid::bigint << 32 | objid::bigint) = :number"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
)


class DatabaseNotStarted(Exception):
    """`start()` has not run, so there are no keys to seal with."""

    code = "database_not_started"


@dataclass(slots=True)
class _Turns:
    """One asyncio lock a conversation, forgotten when nobody holds or awaits it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Database:
    """The adapter of the `Database` port. Construct cheaply, `start()` explicitly, `close()` at the end."""

    def __init__(self, url: str, *, master_key: bytes, turns: int = TURNS) -> None:
        """Prepare engines; nothing connects yet. On PostgreSQL at most `turns` conversations are answered at once."""
        self.engine = create_engine(url)
        # Locks that outlive a transaction sit on connections of their own: waiting turns must not starve the others.
        self._lock_engine = create_engine(url, pool=turns, overflow=0) if self._is_postgresql else None
        self._master_key = master_key
        self._keyring: Keyring | None = None
        self._writer = asyncio.Lock()
        self._turns: dict[str, _Turns] = {}

    @property
    def _is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    async def start(self) -> None:
        """Load the data keys, making them on first use. Raises WrongMasterKey. Migrations must have run."""
        async with self._begin("IMMEDIATE") as connection:
            for purpose in ("seal", "digest"):
                await _first_key(connection, self._master_key, purpose=purpose)
            rows = (await connection.execute(select(tables.data_keys))).all()
            await connection.commit()
        opened = {
            (row.purpose, row.number): unwrap(self._master_key, row.wrapped, purpose=row.purpose, number=row.number)
            for row in rows
        }
        self._keyring = Keyring(
            seal_keys={number: key for (purpose, number), key in opened.items() if purpose == "seal"},
            digest_key=opened["digest", 1],
        )

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
        if self._lock_engine is not None:
            await self._lock_engine.dispose()

    async def check(self) -> None:
        """Raise unless the database answers and has its tables."""
        async with self.engine.connect() as connection:
            await connection.execute(select(tables.data_keys.c.number).limit(1))

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[SqlUnitOfWork]:
        """Open a transaction that writes; left without commit, it is rolled back. Raises DatabaseBusy."""
        async with self._begin("IMMEDIATE") as connection:
            yield SqlUnitOfWork(connection, self._keys(), writing=True)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqlUnitOfWork]:
        """Open a transaction that only reads; it never waits for a writer. Raises DatabaseBusy."""
        async with self._begin("DEFERRED") as connection:
            yield SqlUnitOfWork(connection, self._keys(), writing=False)

    @asynccontextmanager
    async def conversation_lock(self, conversation_id: str) -> AsyncIterator[None]:
        """Hold a conversation for one turn: in this process, and on PostgreSQL among all of them. Raises DatabaseBusy."""
        turn = self._turns.setdefault(conversation_id, _Turns())
        turn.users += 1
        try:
            async with turn.lock, self._shared_lock(f"turn:{conversation_id}"):
                yield
        finally:
            turn.users -= 1
            if turn.users == 0:
                self._turns.pop(conversation_id, None)

    async def turn_under_way(self, conversation_id: str) -> bool:
        """Tell whether a turn holds this conversation: in this process, or on PostgreSQL in any. Raises DatabaseBusy."""
        here = self._turns.get(conversation_id)
        if here is not None and here.lock.locked():
            return True
        if self._lock_engine is None:
            return False
        number = lock_number(f"turn:{conversation_id}")
        async with _connected(self.engine) as connection:
            return bool(await connection.scalar(_HELD, {"number": number}))

    @asynccontextmanager
    async def _shared_lock(self, key: str) -> AsyncIterator[None]:
        if self._lock_engine is None:
            yield
            return
        async with _connected(self._lock_engine) as plain:
            connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": lock_number(key)})
            try:
                yield
            finally:
                await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": lock_number(key)})

    @asynccontextmanager
    async def _begin(self, mode: str) -> AsyncIterator[AsyncConnection]:
        if self._is_postgresql or mode == "DEFERRED":
            async with _connected(self.engine) as plain:
                yield await plain.execution_options(**{_BEGIN: mode})
            return
        # SQLite has one writer. Queueing here is fair and wakes at once; its own busy handler sleeps and polls.
        try:
            async with asyncio.timeout(_BUSY_SECONDS):
                await self._writer.acquire()
        except TimeoutError as late:
            raise DatabaseBusy from late
        try:
            async with _connected(self.engine) as plain:
                yield await plain.execution_options(**{_BEGIN: mode})
        finally:
            self._writer.release()

    def _keys(self) -> Keyring:
        if self._keyring is None:
            raise DatabaseNotStarted
        return self._keyring


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """Lend a connection; what only means "not now" is raised as DatabaseBusy."""
    try:
        async with engine.connect() as connection:
            yield connection
    except PoolTimeoutError as full:
        raise DatabaseBusy from full
    except Exception as failure:
        # A server that is full refuses while connecting, in the driver's own words.
        if _means_busy(failure):
            raise DatabaseBusy from failure
        raise


def _means_busy(failure: Exception) -> bool:
    cause = failure.orig if isinstance(failure, DBAPIError) else failure
    if isinstance(cause, sqlite3.OperationalError):
        return cause.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
    return getattr(cause, "sqlstate", None) in _BUSY_STATES


def create_engine(url: str, *, pool: int = _POOL, overflow: int = _OVERFLOW) -> AsyncEngine:
    """Return an engine with the right driver and the right habits for this URL."""
    parsed = make_url(url)
    parsed = parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))
    if parsed.get_backend_name() != "sqlite":
        return create_async_engine(
            parsed, pool_size=pool, max_overflow=overflow, pool_timeout=_POOL_SECONDS, pool_pre_ping=True
        )
    engine = create_async_engine(parsed, connect_args={"timeout": _BUSY_SECONDS}, pool_size=pool, max_overflow=overflow)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:  # noqa: ANN401 - the driver's own type
    # The driver's implicit BEGIN is off: transactions begin where `_begin_sqlite` says.
    connection.isolation_level = None
    connection.run_async(_keep_a_log)
    cursor = connection.cursor()
    for pragma in (
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_SECONDS * 1000}",
        # What was acknowledged to a caller must survive a power cut, not only a crash.
        "synchronous=FULL",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def _keep_a_log(connection: aiosqlite.Connection) -> None:
    """Turn the write-ahead log on. SQLite waits for no lock here, so who comes second to a new file asks again."""
    asked_until = asyncio.get_running_loop().time() + _BUSY_SECONDS
    while True:
        try:
            await connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not _means_busy(error) or asyncio.get_running_loop().time() > asked_until:
                raise
            await asyncio.sleep(_ASKS_AGAIN_SECONDS)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A writer that starts reading and turns writer later can deadlock; so writers say what they are at once.
    mode = connection.get_execution_options().get(_BEGIN, "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {mode}")


async def _first_key(connection: AsyncConnection, master: bytes, *, purpose: str) -> None:
    """Make the first data key of a purpose; of several processes starting at once, one wins."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    wrapped = wrap(master, new_key(), purpose=purpose, number=1)
    await connection.execute(
        insert(tables.data_keys)
        .values(purpose=purpose, number=1, wrapped=wrapped)
        .on_conflict_do_nothing(index_elements=["purpose", "number"])
    )
