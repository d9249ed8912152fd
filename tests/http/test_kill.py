"""kill -9 at any moment while applications are posted: whoever was told a reference is there, exactly once."""

import random
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import text

from api.db.engine import Database
from api.domain.audit import first_broken

pytestmark = pytest.mark.http

LIVES: Final = 5
POSTER: Final = textwrap.dedent(
    """
    import asyncio, sys
    from api.db.engine import Database
    from api.http.limits import LIMITS, Limiter
    from api.observability import configure_logging
    from api.services.wake import Wake
    from api.worker import Worker, own_handlers
    from tests.databases import MASTER_KEY
    from tests.http.world import World, application_body

    async def main():
        configure_logging(stream=sys.stderr)
        database = Database(sys.argv[1], master_key=MASTER_KEY)
        await database.start()
        limits = Limiter(limits={**LIMITS, "application.submit": "1000000/second"})
        async with World.over(database, limits=limits) as world:
            wake = Wake()
            handlers = own_handlers(database, clock=world.clock, wake=wake)
            worker = Worker(database, handlers=handlers, clock=world.clock, wake=wake)

            async def post(start):
                for number in range(start, 100_000, 3):
                    key = f"k{number}"
                    answer = await world.client.post(
                        "/api/v1/applications", json=application_body(), headers={"Idempotency-Key": key}
                    )
                    if answer.status_code == 201:
                        print(key, answer.json()["reference"], flush=True)

            await asyncio.gather(worker.run(), *(post(start) for start in range(3)))

    asyncio.run(main())
    """
)


class TestKill:
    async def test_loses_nothing_that_was_acknowledged_and_keeps_it_once(self, database: Database) -> None:
        url = database.engine.url.render_as_string(hide_password=False)
        chance = random.Random(12348)  # noqa: S311 - any moment will do
        told: dict[str, set[str]] = {}
        for _ in range(LIVES):
            for key, reference in posted_until_killed(url, lines=chance.randrange(1, 30), pause=chance.random() / 20):
                told.setdefault(key, set()).add(reference)
        assert len(told) > LIVES
        assert {key: references for key, references in told.items() if len(references) != 1} == {}, (
            "one key, one answer"
        )
        async with database.engine.connect() as connection:
            stored = (await connection.execute(text("SELECT reference FROM applications"))).scalars().all()
            keys = (await connection.execute(text("SELECT key FROM idempotency"))).scalars().all()
            due = (await connection.execute(text("SELECT payload FROM jobs"))).scalars().all()
        assert set.union(*told.values()) <= set(stored)
        assert set(told) <= set(keys)
        assert len(stored) == len(keys), "what is stored has its key, and nothing stands there twice"
        async with database.reading() as uow:
            links = await uow.audit.entries(limit=100_000)
        assert first_broken(links) is None
        submissions = [link.entry.subject for link in links if link.entry.action == "application.submit"]
        assert sorted(submissions) == sorted(stored)
        assert len(due) <= 2 * len(stored)


def posted_until_killed(url: str, *, lines: int, pause: float) -> list[tuple[str, str]]:
    """Let a process post until it has acknowledged so many, then kill it a moment later; return all it acknowledged."""
    child = subprocess.Popen(
        [sys.executable, "-c", POSTER, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    with child.stdout as out:
        read = [out.readline() for _ in range(lines)]
        time.sleep(pause)
        child.send_signal(signal.SIGKILL)
        read += list(out)
    assert child.wait() == -signal.SIGKILL
    whole = (line.split() for line in read if line.endswith("\n"))
    return [(key, reference) for key, reference in whole]
