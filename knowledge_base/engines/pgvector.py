"""Vectors in PostgreSQL with the pgvector extension: for several machines that answer from one store.

Why this one: docs/adr/0007. Each store is a table of its own, written and indexed in one transaction, so that another
machine sees it whole or not at all; what a build folder holds is the table's name and the digest of its rows.
"""

# ruff: noqa: S608 - the name of a table cannot be a parameter; ours are checked against _TABLE

import asyncio
import json
import re
import secrets
import struct
import threading
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from knowledge_base.embedding import Matrix, Vector
from knowledge_base.engines.port import (
    NONE_NEAR,
    Cosines,
    Mask,
    Nearest,
    Rows,
    VectorIndex,
    VectorsUnreachable,
    covering,
    existing,
    fitting,
)

if TYPE_CHECKING:
    import asyncpg

_T = TypeVar("_T")
NAME: Final = "pgvector"
_FILE: Final = "pgvector.json"
_SCHEMA: Final = "legal_aid_vectors"
_TABLE: Final = re.compile(r"rows_[0-9a-f]{16}")
_LEAST_INDEXED: Final = 10_000
"""Up to so many rows, or admitted rows, PostgreSQL scans faster than it walks a graph, and exactly."""
_EFFORT: Final = 400
_WALKED: Final = 200_000
_LINKS: Final = 16
_BUILD_EFFORT: Final = 100
_GRAPH_MEMORY: Final = 4 << 30
_CONNECTIONS: Final = 8
_PATIENCE: Final = 5.0
_BATCH: Final = 4096
_COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
_COPY_TAIL: Final = struct.pack("!h", -1)


@dataclass(frozen=True, slots=True)
class PgVector:
    """One database as an engine."""

    url: str
    least_indexed: int = _LEAST_INDEXED
    name: ClassVar[str] = NAME

    def write(self, rows: Matrix, folder: Path, /) -> None:
        """Make the table and its graph in one transaction. Raises VectorsUnreachable."""
        halves = rows.astype(np.float16)
        table, digest = f"rows_{secrets.token_hex(8)}", zlib.crc32(halves.tobytes())
        # Written first: whoever clears away an interrupted build finds the table by it.
        (folder / _FILE).write_text(json.dumps({"table": table, "digest": digest}), "utf-8")

        async def write(connection: "asyncpg.Connection") -> None:
            async with connection.transaction():
                await _prepare(connection)
                size = rows.shape[1]
                await connection.execute(
                    f"CREATE TABLE {_SCHEMA}.{table} (row integer PRIMARY KEY, vector halfvec({size}) NOT NULL)"
                )
                await connection.execute(f"ALTER TABLE {_SCHEMA}.{table} ALTER vector SET STORAGE PLAIN")
                await connection.copy_to_table(
                    table, schema_name=_SCHEMA, source=_copied(halves), format="binary", timeout=None
                )
                if len(rows) > self.least_indexed:
                    memory = min(int(len(rows) * (2 * size + 512) * 1.2), _GRAPH_MEMORY) >> 10
                    await connection.execute(f"SET LOCAL maintenance_work_mem = '{max(memory, 65536)}kB'")
                    await connection.execute(
                        f"CREATE INDEX ON {_SCHEMA}.{table} USING hnsw (vector halfvec_ip_ops)"
                        f" WITH (m = {_LINKS}, ef_construction = {_BUILD_EFFORT})"
                    )
                await connection.execute(
                    f"INSERT INTO {_SCHEMA}.stores (name, rows, dimension, digest) VALUES ($1, $2, $3, $4)",
                    table,
                    len(rows),
                    size,
                    digest,
                )
            await connection.execute(f"ANALYZE {_SCHEMA}.{table}")

        self._alone(write)

    def open(self, folder: Path, /) -> VectorIndex:
        """Find the table again. Raises ValueError where it is gone or another, VectorsUnreachable."""
        table, digest = _noted(folder)
        return PgIndex(self.url, table=table, digest=digest, scanned=self.least_indexed)

    def discard(self, folder: Path, /) -> None:
        """Drop the table of a build that is removed. Raises VectorsUnreachable."""
        try:
            table, _ = _noted(folder)
        except (OSError, ValueError, KeyError):
            return  # interrupted before there was a table

        async def drop(connection: "asyncpg.Connection") -> None:
            async with connection.transaction():
                if await connection.fetchval("SELECT to_regclass($1)", f"{_SCHEMA}.stores") is None:
                    return
                await connection.execute(f"DELETE FROM {_SCHEMA}.stores WHERE name = $1", table)
                await connection.execute(f"DROP TABLE IF EXISTS {_SCHEMA}.{table}")

        self._alone(drop)

    def _alone(self, work: Callable[["asyncpg.Connection"], Awaitable[None]]) -> None:
        """Do work on a connection of its own, in a thread of its own: the caller may have an event loop running."""
        import asyncpg  # noqa: PLC0415 - only where it is chosen

        async def run() -> None:
            connection = await asyncpg.connect(self.url, timeout=_PATIENCE)
            try:
                await work(connection)
            finally:
                await connection.close()

        with _reachable(), _Loop() as loop:
            loop.run(run(), patience=None)


def _noted(folder: Path) -> tuple[str, int]:
    """Return the table and the digest of its rows. Raises OSError, ValueError, KeyError."""
    noted = json.loads((folder / _FILE).read_text("utf-8"))
    if not _TABLE.fullmatch(str(noted["table"])):
        msg = f"{_FILE} names no table of ours"
        raise ValueError(msg)
    return noted["table"], int(noted["digest"])


class PgIndex:
    """One opened table, behind a pool of connections."""

    def __init__(self, url: str, *, table: str, digest: int, scanned: int) -> None:
        """Connect and make sure it is the table that was written. Raises ValueError, VectorsUnreachable."""
        self._table, self._scanned = f"{_SCHEMA}.{table}", scanned
        self._loop = _Loop()
        try:
            with _reachable():
                self._pool = self._loop.run(_pool(url))
                found = self._loop.run(self._described(table))
        except BaseException:
            self.close()
            raise
        if found is None or found[2] != digest:
            self.close()
            msg = f"the database has no table {table}, or another one"
            raise ValueError(msg)
        self._count, self._dimension = found[0], found[1]

    async def _described(self, table: str) -> tuple[int, int, int] | None:
        async with self._pool.acquire(timeout=_PATIENCE) as connection:
            if await connection.fetchval("SELECT to_regclass($1)", self._table) is None:
                return None
            query = f"SELECT rows, dimension, digest FROM {_SCHEMA}.stores WHERE name = $1"
            row = await connection.fetchrow(query, table)
            count = await connection.fetchval(f"SELECT count(*) FROM {self._table}")
        return (int(row[0]), int(row[1]), int(row[2])) if row and row[0] == count else None

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        return self._dimension

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._count

    def search(self, vector: Vector, /, *, count: int, mask: Mask | None = None) -> Nearest:
        """Return the nearest rows within the mask."""
        query = _written(fitting(vector, dimension=self._dimension))
        mask = covering(mask, rows=self._count)
        admitted = self._count if mask is None else int(np.count_nonzero(mask))
        wanted = min(count, admitted)
        if wanted < 1:
            return NONE_NEAR
        near = f"SELECT row, vector <#> $1::text::halfvec AS far FROM {self._table}"
        best = f"ORDER BY far LIMIT {wanted}"
        if mask is None or admitted == self._count:
            found = self._fetch(f"{near} {best}", query)
        elif admitted <= self._scanned < self._count:
            # Materialized, or the planner may walk the graph and meet hardly a row that is admitted.
            scanned = f"WITH scanned AS MATERIALIZED ({near} WHERE row = ANY($2::int[]))"
            found = self._fetch(f"{scanned} SELECT * FROM scanned {best}", query, np.flatnonzero(mask).tolist())
        else:
            bits = np.packbits(mask, bitorder="little").tobytes()
            found = self._fetch(f"{near} WHERE get_bit($2::bytea, row) = 1 {best}", query, bits)
        rows = np.asarray([row for row, _ in found], np.int64)
        return Nearest(rows, np.asarray([-far for _, far in found], np.float32))

    def cosines(self, vector: Vector, rows: Rows, /) -> Cosines:
        """Return how near the given rows lie."""
        query = _written(fitting(vector, dimension=self._dimension))
        wanted = existing(rows, count=self._count)
        if not len(wanted):
            return np.zeros(0, np.float32)
        found = dict(
            self._fetch(
                f"SELECT row, -(vector <#> $1::text::halfvec) FROM {self._table} WHERE row = ANY($2::int[])",
                query,
                np.unique(wanted).tolist(),
            )
        )
        return np.asarray([found[row] for row in wanted.tolist()], np.float32)

    def _fetch(self, query: str, *arguments: object) -> list[tuple[int, float]]:
        async def fetch() -> list[tuple[int, float]]:
            async with self._pool.acquire(timeout=_PATIENCE) as connection:
                return [(row[0], row[1]) for row in await connection.fetch(query, *arguments)]

        with _reachable():
            return self._loop.run(fetch())

    def close(self) -> None:
        """Close the connections."""
        pool = getattr(self, "_pool", None)
        if pool is not None and self._loop.running:
            self._loop.run(_ended(pool))
        self._loop.close()


class _Loop:
    """An event loop in a thread of its own, so that many threads may wait for one driver."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pgvector", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def running(self) -> bool:
        return self._loop.is_running()

    def run(self, work: Coroutine[Any, Any, _T], *, patience: float | None = 2 * _PATIENCE) -> _T:
        """Wait for work done over there."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(patience)

    def close(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()


async def _pool(url: str) -> "asyncpg.Pool":
    import asyncpg  # noqa: PLC0415 - see PgVector

    settings = {
        "hnsw.ef_search": str(_EFFORT),
        "hnsw.iterative_scan": "strict_order",
        "hnsw.max_scan_tuples": str(_WALKED),
        "jit": "off",
        # It takes a mask to admit one row in two hundred, and would rather scan and sort them all than walk the graph.
        "enable_sort": "off",
        # A plan for any vector would read the vector's text anew for every row.
        "plan_cache_mode": "force_custom_plan",
    }

    async def ready(connection: "asyncpg.Connection") -> None:
        await connection.execute("SELECT '[1]'::vector")  # loads the extension, which declares its settings
        for name, value in settings.items():
            await connection.execute("SELECT set_config($1, $2, false)", name, value)

    async def keep(_connection: "asyncpg.Connection") -> None:
        """Keep the settings: the driver would reset them after every question."""

    return await asyncpg.create_pool(
        url,
        min_size=1,
        max_size=_CONNECTIONS,
        init=ready,
        reset=keep,
        timeout=_PATIENCE,
        command_timeout=_PATIENCE,
    )


async def _ended(pool: "asyncpg.Pool") -> None:
    pool.terminate()


async def _prepare(connection: "asyncpg.Connection") -> None:
    if not await connection.fetchval("SELECT count(*) FROM pg_extension WHERE extname = 'vector'"):
        await connection.execute("CREATE EXTENSION vector")
    await connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
    await connection.execute(
        f"CREATE TABLE IF NOT EXISTS {_SCHEMA}.stores"
        " (name text PRIMARY KEY, rows integer NOT NULL, dimension integer NOT NULL, digest bigint NOT NULL,"
        " written_at timestamptz NOT NULL DEFAULT now())"
    )


@contextmanager
def _reachable() -> Iterator[None]:
    """Name whatever the server or the way to it does wrong."""
    import asyncpg  # noqa: PLC0415 - see PgVector

    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, FutureTimeout) as error:
        msg = f"PostgreSQL, which keeps the vectors, failed ({type(error).__name__}: {error})"
        raise VectorsUnreachable(msg) from error


def _written(vector: Vector) -> str:
    return f"[{','.join(map(str, vector.tolist()))}]"


async def _copied(halves: NDArray[np.float16]) -> AsyncIterator[bytes]:
    """Return the rows as PostgreSQL's binary COPY, which numpy lays out a few thousand at a time."""
    size = halves.shape[1]
    layout = np.dtype(
        [
            ("fields", ">i2"),
            ("row_bytes", ">i4"),
            ("row", ">i4"),
            ("vector_bytes", ">i4"),
            ("size", ">i2"),
            ("unused", ">i2"),
            ("vector", ">f2", (size,)),
        ]
    )
    yield _COPY_HEAD
    for start in range(0, len(halves), _BATCH):
        some = halves[start : start + _BATCH]
        packed = np.zeros(len(some), layout)
        packed["fields"], packed["row_bytes"], packed["vector_bytes"] = 2, 4, 4 + 2 * size
        packed["row"], packed["size"], packed["vector"] = np.arange(start, start + len(some)), size, some
        yield packed.tobytes()
    yield _COPY_TAIL
