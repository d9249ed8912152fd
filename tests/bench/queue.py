"""What the queue costs as cases gather: `python -m tests.bench queue`, on SQLite and on a PostgreSQL of its own.

The real app in process over a real database. Cases are copies of one that was handed in, sealed part included; in every
size the same pages are asked for, so that a column tells how they grow. Growth in closed cases is what must be flat.
"""

import argparse
import asyncio
import gc
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import structlog
from sqlalchemy import func, insert, select, text

from api.db.engine import Database
from api.db.parties import parties
from api.db.queue_items import queue_items
from api.db.search import search_terms
from api.db.tables import applications
from api.domain.finding import terms
from api.domain.party import Side
from api.domain.staff import Role
from api.http.limits import LIMITS, Limiter
from api.services.parties import tail_digest
from api.services.records import Ticket, TicketKind
from knowledge_base.types import Urgency
from tests.bench.streams import streams
from tests.console.office import TheOffice
from tests.databases import postgres_database, sqlite_database
from tests.http.world import NOON, World, application_body, submitted
from tests.services import Unavailable, postgres

SIZES = ((100, 0), (100, 200_000), (10_000, 200_000))
SEARCHES: dict[str, dict[str, str]] = {
    "newest": {},
    "telephone": {"phone": "13912340000"},
    "tail": {"phone": "0007"},
    "name": {"name": "不在这里的人"},
    "matter": {"matter": "labour"},
    "rare matter": {"matter": "family"},
    "place": {"region": "231000"},
    "rare place": {"region": "640100"},
    "state": {"state": "submitted"},
    "rare state": {"state": "withdrawn"},
    "common and rare": {"matter": "labour", "region": "231000", "state": "withdrawn"},
    "since": {"matter": "labour", "region": "231000", "since": "2026-11-01"},
}
"""What is looked for, from the common to what hardly any case has. A tail is one in ten thousand cases' own."""
_CHUNK = 1000
_TAILS = 10_000


def main(arguments: list[str]) -> int:
    """Measure both databases; a PostgreSQL that cannot be had is said and left out."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench queue", description=__doc__)
    parser.add_argument("--asks", type=int, default=20, help="how often each page is asked for")
    parser.add_argument(
        "--posts", type=int, default=200, help="applications posted one after another, and four at once"
    )
    parser.add_argument("--rounds", type=int, default=20, help="how often something happens that all streams tell of")
    chosen = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_sqlite(Path(folder), asks=chosen.asks, posts=chosen.posts, rounds=chosen.rounds))
    try:
        with postgres() as server:
            asyncio.run(_postgres(server, asks=chosen.asks, posts=chosen.posts, rounds=chosen.rounds))
    except Unavailable as absent:
        print(f"PostgreSQL left out: {absent}")
    return 0


async def _sqlite(folder: Path, *, asks: int, posts: int, rounds: int) -> None:
    async with sqlite_database(folder) as database:
        await measure("SQLite", database, asks=asks, posts=posts, rounds=rounds)


async def _postgres(server: Any, *, asks: int, posts: int, rounds: int) -> None:  # noqa: ANN401 - what `postgres` yields
    async with postgres_database(server) as database:
        await measure("PostgreSQL", database, asks=asks, posts=posts, rounds=rounds)


async def measure(name: str, database: Database, *, asks: int, posts: int, rounds: int) -> None:
    """Fill the tables step by step and print what each page takes at p50 and p95."""
    office = TheOffice(database=database)
    await office.hire()
    pattern = await submitted(database)
    browser = await office.signed_in(Role.REVIEWER)
    print(f"\n{name}: p50 / p95 in ms, {asks} asks each")
    print(f"{'open':>8} {'closed':>8} {'queue page':>16} {'queue JSON':>16} {'one case':>16} {'search (slowest)':>34}")
    for waiting, closed in SIZES:
        await fill(database, pattern, waiting=waiting, closed=closed)
        # What the tests have imported is many times the service: no pause of ours to look through it.
        gc.collect()
        gc.freeze()
        figures = [
            await taken(lambda path=path: browser.http.get(path), asks=asks)  # type: ignore[misc]
            for path in ("/staff", "/api/v1/staff/queue", f"/api/v1/staff/applications/{pattern}")
        ]
        searches = {
            kind: await taken(lambda body=body: browser.http.post("/api/v1/staff/search", json=body), asks=asks)  # type: ignore[misc]
            for kind, body in SEARCHES.items()
        }
        slowest = max(searches, key=lambda kind: searches[kind][1])
        print(
            f"{waiting:>8} {closed:>8} "
            + " ".join(f"{p50:>7.0f} /{p95:>7.0f}" for p50, p95 in (*figures, searches[slowest]))
            + f" {slowest:>17}"
        )
    await streams(office, browser, rounds=rounds)
    await browser.http.aclose()
    await post(database, posts=posts)


async def post(database: Database, *, posts: int) -> None:
    """Print how many applications a second are taken in, one after another and four at once."""
    limits = Limiter(limits={**LIMITS, "application.submit": "1000000/second"})
    async with World.over(database, limits=limits) as world:
        for together in (1, 4):
            began = time.perf_counter()
            await asyncio.gather(
                *(_post(world.client, f"{together}-{lane}", posts // together) for lane in range(together))
            )
            print(f"posting, {together} at once: {posts / (time.perf_counter() - began):.0f} applications/s")


async def _post(client: httpx.AsyncClient, lane: str, count: int) -> None:
    for number in range(count):
        headers = {"Idempotency-Key": f"{lane}-{number}"}
        (await client.post("/api/v1/applications", json=application_body(), headers=headers)).raise_for_status()


async def taken(ask: Callable[[], Awaitable[httpx.Response]], *, asks: int) -> tuple[float, float]:
    """Return the median and the 95th percentile in milliseconds, after one that warms up."""
    (await ask()).raise_for_status()
    spent = []
    for _ in range(asks):
        began = time.perf_counter()
        (await ask()).raise_for_status()
        spent.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent), statistics.quantiles(spent, n=20)[-1]


async def fill(database: Database, pattern: str, *, waiting: int, closed: int) -> None:
    """Copy one application until so many are open and so many closed, each found by a telephone of its own."""
    async with database.reading() as uow:
        digests = [tail_digest(uow, f"{tail:04}") for tail in range(_TAILS)]
    tasks: list[Ticket] = []
    async with database.engine.begin() as connection:
        found = await connection.execute(select(applications).where(applications.c.reference == pattern))
        row = dict(found.mappings().one())
        found = await connection.execute(select(queue_items).where(queue_items.c.id == pattern))
        waits = dict(found.mappings().one())
        count = select(func.count()).select_from(applications)
        found_by = terms(matters=tuple(row["matters"]), region=row["region"])
        for open_, wanted in ((True, waiting), (False, closed)):
            there = (await connection.execute(count.where(applications.c.open.is_(open_)))).scalar_one()
            for rows in _copies(row, first=there, last=wanted, open_=open_):
                await connection.execute(insert(applications), rows)
                if open_:
                    await connection.execute(insert(queue_items), [_queued(each, waits) for each in rows])
                await connection.execute(insert(search_terms), [one for each in rows for one in _terms(each, found_by)])
                await connection.execute(insert(parties), [one for each in rows for one in _parties(each, digests)])
                tasks += [_task(each) for each in rows[2::4] if open_]
    async with database.unit_of_work() as writing:
        for task in tasks:
            await writing.tickets.add(task)
        await writing.commit()
    async with database.engine.begin() as connection:
        # A database that runs does this by itself; one filled in a moment has not come to it yet.
        await connection.execute(text("ANALYZE"))


def _task(row: dict[str, Any]) -> Ticket:
    """Return what somebody has to do about an application: every fourth line consists of two things."""
    return Ticket(
        id=f"task{row['reference']}",
        kind=TicketKind.TASK,
        reason="tell_citizen:progress",
        urgency=Urgency.S2,
        region=row["region"],
        opened_at=row["received_at"],
        reference=row["reference"],
    )


def _queued(row: dict[str, Any], pattern: dict[str, Any]) -> dict[str, Any]:
    """Return the row by which an application waits: like the pattern's, and as old as it is."""
    age = NOON - row["received_at"]
    limits = {name: pattern[name] - age for name in ("clock_due", "pressing_from")}
    key = {"id": row["reference"], "reference": row["reference"], "line": row["reference"]}
    own = {"owner": row["owner"], "urgency": row["urgency"], "same_day": row["urgency"] is Urgency.S1}
    return {**pattern, **key, **limits, **own, "since": row["received_at"]}


def _terms(row: dict[str, Any], found_by: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    return ({"reference": row["reference"], "term": term, "received_at": row["received_at"]} for term in found_by)


def _parties(row: dict[str, Any], digests: list[str]) -> Iterator[dict[str, Any]]:
    """Yield who applies and against whom: most opponents are named by three, one in a thousand is the same firm."""
    kind, _, digits = row["reference"].rpartition("-")
    number = int(digits)
    firm = "firm" if number % 1000 == 0 else f"firm-{kind}-{number // 3}"
    tail = digests[number % _TAILS]
    for side, digest, phone_tail in ((Side.APPLICANT, f"name-{number}", tail), (Side.OPPONENT, firm, None)):
        yield {"reference": row["reference"], "side": side, "number": 1, "digest": digest, "phone_tail": phone_tail}


def _copies(row: dict[str, Any], *, first: int, last: int, open_: bool) -> Iterator[list[dict[str, Any]]]:
    kind, state = ("O", "submitted") if open_ else ("C", "closed")
    for start in range(first, last, _CHUNK):
        yield [
            {
                **row,
                "reference": f"LA-{kind}-{number}",
                "open": open_,
                "state": state,
                "phone_digest": f"phone-{kind}-{number}",
                "urgency": Urgency.S0 if number % 50 == 0 else Urgency.S1 if number % 10 == 1 else Urgency.S2,
                # A third are nobody's yet, some are whose who looks.
                "owner": None if number % 3 == 0 else f"id{Role.REVIEWER}" if number % 20 == 1 else f"s{number % 20}",
                "received_at": NOON - timedelta(minutes=number),
            }
            for number in range(start, min(start + _CHUNK, last))
        ]
