"""Migrations, keys and manners of both databases, and the worker over them."""

import asyncio
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from api.db.engine import Database, DatabaseNotStarted, create_engine
from api.db.migrate import downgrade, upgrade
from api.db.sealing import WrongMasterKey, new_key
from api.db.tables import METADATA
from api.domain.aid import Assignment
from api.domain.application import Event
from api.domain.audit import Actor, ActorKind
from api.domain.details import Details
from api.services import applications, casework, conversations, tickets
from api.services.applications import NOTICE
from api.services.ports import DatabaseBusy
from api.services.records import Job, SafeToContact, Sender, TicketKind, Viewer
from api.services.staff_records import StaffAccount, StaffSession
from api.services.tickets import DELIVER
from api.services.wake import QUEUE, Wake
from api.worker import Handler, Worker, own_handlers
from knowledge_base.types import Urgency
from tests.databases import MASTER_KEY, postgres_database, sqlite_database
from tests.http.world import NOON, FakeLaw, MovedClock, draft, opened, said, submitted
from tests.services import Postgres

pytestmark = pytest.mark.http

STAFF = Actor(kind=ActorKind.STAFF, id="s1")


@pytest.fixture(params=["sqlite", "postgresql"])
async def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a database without any table."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server: Postgres = request.getfixturevalue("postgres_server")
    name = f"empty_{os.urandom(6).hex()}"
    engine = create_engine(server.url("postgres"))
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(f'CREATE DATABASE "{name}"'))
    await engine.dispose()
    return server.url(name)


class TestMigrations:
    async def test_go_up_to_the_tables_of_the_code_and_down_to_none(self, empty_url: str) -> None:
        def differences(connection: Connection) -> list[object]:
            return list(compare_metadata(MigrationContext.configure(connection), METADATA))

        def names(connection: Connection) -> set[str]:
            return set(inspect(connection).get_table_names()) - {"alembic_version"}

        engine = create_engine(empty_url)
        for _ in range(2):
            await upgrade(empty_url)
            async with engine.connect() as connection:
                assert await connection.run_sync(differences) == []
                assert await connection.run_sync(names) == set(METADATA.tables)
            await downgrade(empty_url)
            async with engine.connect() as connection:
                assert await connection.run_sync(names) == set()
        await engine.dispose()

    async def test_go_down_and_up_under_stored_rows(self, database: Database) -> None:
        thread = await opened(database)
        await said(database, thread)
        reference = await submitted(database, conversation_id=thread)
        async with database.unit_of_work() as uow:
            account = StaffAccount(id="s1", name="a", display_name="甲", role="operator", created_at=NOON)
            await uow.staff.add(account)
            await uow.staff.add_session(
                StaffSession(token_digest="x", staff_id="s1", csrf="x", created_at=NOON, seen_at=NOON, expires_at=NOON)
            )
            found = await conversations.conversation(uow, conversation_id=thread, now=NOON)
            task = tickets.fresh(found, TicketKind.TASK, reason="x", urgency=Urgency.S2, now=NOON)
            await uow.tickets.add(replace(task, reference=reference))
            await uow.commit()
        for event, details in (
            (Event.BEGIN_REVIEW, None),
            (Event.GRANT, None),
            (Event.ASSIGN, Details(provider="李律师", assignment=Assignment(provider_id="p1"))),
        ):
            async with database.unit_of_work() as uow:
                await applications.apply_event(
                    uow, reference=reference, event=event, by=STAFF, now=NOON, details=details
                )
                await uow.commit()
        url = database.engine.url.render_as_string(hide_password=False)
        await downgrade(url, to="0003")
        await upgrade(url)
        async with database.reading() as uow:
            (assigned,) = [record.application for record in await uow.applications.open_ones()]
            assert (assigned.provider, assigned.provider_id) == ("李律师", None)
            assert [record.application.reference for record in await uow.applications.open_ones()] == [reference]
            assert [ticket.reference for ticket in await uow.tickets.open_ones(conversation_id=thread)] == [reference]
            assert len(await conversations.messages_after(uow, conversation_id=thread, seq=0)) == 1

    async def test_may_be_asked_for_by_several_at_once_and_again(self, empty_url: str) -> None:
        await asyncio.gather(upgrade(empty_url), upgrade(empty_url), upgrade(empty_url))
        await upgrade(empty_url)
        database = Database(empty_url, master_key=MASTER_KEY)
        await database.start()
        await database.check()
        await database.close()


class TestKeys:
    async def test_are_made_once_and_open_under_one_master_key_only(self, empty_url: str) -> None:
        await upgrade(empty_url)
        first, second = (Database(empty_url, master_key=MASTER_KEY) for _ in range(2))
        await asyncio.gather(first.start(), second.start())
        async with first.unit_of_work() as uow:
            mine = uow.digest("p", "x")
        async with second.reading() as uow:
            assert uow.digest("p", "x") == mine
        stranger = Database(empty_url, master_key=new_key())
        with pytest.raises(WrongMasterKey):
            await stranger.start()
        for database in (first, second, stranger):
            await database.close()

    async def test_are_needed_before_anything_is_stored(self, tmp_path: Path) -> None:
        database = Database(f"sqlite:///{tmp_path / 'x.db'}", master_key=MASTER_KEY)
        with pytest.raises(DatabaseNotStarted):
            async with database.unit_of_work():
                pass
        await database.close()


class TestSqlite:
    async def test_keeps_its_house_rules(self, tmp_path: Path) -> None:
        url = f"sqlite:///{tmp_path / 'x.db'}"
        await upgrade(url)
        engine = create_engine(url)
        async with engine.connect() as connection:
            rules = {
                name: (await connection.execute(text(f"PRAGMA {name}"))).scalar()
                for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
            }
        await engine.dispose()
        assert rules == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 10_000}

    async def test_lets_readers_pass_while_somebody_writes(self, tmp_path: Path, template: Path) -> None:
        async with (
            sqlite_database(tmp_path, template=template) as database,
            database.unit_of_work() as writing,
        ):
            await writing.jobs.add(Job(kind="k", payload={}, run_at=NOON))
            async with asyncio.timeout(2), database.reading() as reading:
                assert await reading.jobs.dead() == ()


class TestPostgresql:
    async def test_says_busy_where_more_turns_hang_than_it_has_connections(self, postgres_server: Postgres) -> None:
        async with postgres_database(postgres_server) as prepared:
            url = prepared.engine.url.render_as_string(hide_password=False)
            database = Database(url, master_key=MASTER_KEY, turns=3)
            await database.start()
            hanging, release = asyncio.Semaphore(0), asyncio.Event()

            async def turn(number: int) -> None:
                async with database.conversation_lock(f"c{number}"):
                    hanging.release()
                    await release.wait()

            turns = [asyncio.create_task(turn(number)) for number in range(3)]
            for _ in turns:
                await asyncio.wait_for(hanging.acquire(), 10)
            async with asyncio.timeout(5):
                with pytest.raises(DatabaseBusy):
                    await turn(9)
            async with database.reading() as uow:
                assert await uow.jobs.dead() == (), "transactions go on beside hanging turns"
            release.set()
            await asyncio.gather(*turns)
            async with database.conversation_lock("c9"):
                pass
            await database.close()

    async def test_says_busy_to_one_of_two_in_each_others_way(self, postgres_server: Postgres) -> None:
        async with postgres_database(postgres_server) as database:
            met = asyncio.Barrier(2)

            async def crossing(*keys: str) -> str:
                try:
                    async with database.unit_of_work() as uow:
                        await uow.lock(keys[0])
                        await met.wait()
                        await uow.lock(keys[1])
                except DatabaseBusy as busy:
                    return busy.code
                return "done"

            found = await asyncio.gather(crossing("a", "b"), crossing("b", "a"))
        assert sorted(found) == ["database_busy", "done"]

    async def test_keeps_the_name_of_every_other_failure(self, database: Database) -> None:
        with pytest.raises(DBAPIError):
            async with database.unit_of_work() as uow:
                await uow.staff.add_session(
                    StaffSession(
                        token_digest="x", staff_id="none", csrf="x", created_at=NOON, seen_at=NOON, expires_at=NOON
                    )
                )


async def handed_in(database: Database, *, safe: SafeToContact = SafeToContact.YES) -> tuple[str, str]:
    async with database.unit_of_work() as uow:
        thread = await conversations.open_conversation(uow, channel="web", region=None, locale="zh-CN", now=NOON)
        receipt = await applications.submit(
            uow,
            idempotency_key=thread.id,
            draft=draft(conversation_id=thread.id, safe_to_contact=safe),
            assess=FakeLaw().assess,
            now=NOON,
        )
        await applications.apply_event(uow, reference=receipt.reference, event=Event.BEGIN_REVIEW, by=STAFF, now=NOON)
        await applications.apply_event(
            uow,
            reference=receipt.reference,
            event=Event.REQUEST_SUPPLEMENT,
            by=STAFF,
            now=NOON,
            details=Details(papers=("身份证明", "工资条")),
        )
        await uow.commit()
    return thread.id, receipt.reference


async def until_idle(worker: Worker) -> None:
    """Notices first, then what brings them to the citizen, then nothing: no round makes work for ever."""
    rounds = [await worker.run_once() for _ in range(3)]
    assert rounds[-1] == 0, rounds


class TestWorker:
    def worker(self, database: Database, **handlers: Handler) -> tuple[Worker, MovedClock, Wake]:
        clock, wake = MovedClock(), Wake()
        known = {**own_handlers(database, clock=clock, wake=wake), **handlers}
        return Worker(database, handlers=known, clock=clock, wake=wake), clock, wake

    async def test_tells_the_citizen_once_what_is_missing(self, database: Database) -> None:
        thread, reference = await handed_in(database)
        worker, _, wake = self.worker(database)
        with wake.subscribe(thread) as citizen, wake.subscribe(QUEUE) as staff:
            assert await worker.run_once() > 0
            assert citizen.is_set()
            assert staff.is_set()
        await until_idle(worker)
        async with database.reading() as uow:
            told = await conversations.messages_after(uow, conversation_id=thread, seq=0)
        assert all(message.sender is Sender.SYSTEM for message in told)
        assert [reference in message.text for message in told] == [True, True]
        assert "身份证明；工资条" in told[-1].text

    async def test_tells_and_answers_a_citizen_who_names_messages_like_notices(self, database: Database) -> None:
        thread, reference = await handed_in(database)
        for number in range(1, 9):
            await said(database, thread, external_id=f"notice:{reference}:{number}:tell_citizen", words="早先的话")
        worker, _, _ = self.worker(database)
        await until_idle(worker)
        async with database.reading() as uow:
            told = await conversations.messages_after(uow, conversation_id=thread, seq=0)
        notices = [message for message in told if message.sender is Sender.SYSTEM]
        assert [reference in message.text for message in notices] == [True, True]
        used = notices[-1].external_id
        assert used is not None
        assert (await said(database, thread, external_id=used, words="x")).message.text == "早先的话"
        other, _ = await handed_in(database)
        await worker.run_once()
        async with database.reading() as uow:
            late = (await conversations.messages_after(uow, conversation_id=other, seq=0))[-1].external_id
        assert late is not None
        admitted = await said(database, other, external_id=late, words="之后的话")
        assert (admitted.message.text, admitted.replay) == ("之后的话", None)

    @pytest.mark.parametrize(("safe", "count"), [(SafeToContact.NEUTRAL_ONLY, 2), (SafeToContact.NO, 0)])
    async def test_says_no_more_than_is_safe(self, database: Database, safe: SafeToContact, count: int) -> None:
        thread, reference = await handed_in(database, safe=safe)
        worker, _, _ = self.worker(database)
        await worker.run_once()
        async with database.reading() as uow:
            told = await conversations.messages_after(uow, conversation_id=thread, seq=0)
        assert len(told) == count
        for message in told:
            assert reference not in message.text
            assert "援助" not in message.text

    async def test_makes_a_task_of_what_nobody_can_be_told_by_machine(self, database: Database) -> None:
        _, reference = await handed_in(database)
        async with database.unit_of_work() as uow:
            for event, details in ((Event.SUPPLY, None), (Event.GRANT, None), (Event.ASSIGN, Details(provider="p1"))):
                await applications.apply_event(
                    uow, reference=reference, event=event, by=STAFF, now=NOON, details=details
                )
            await uow.commit()
        worker, _, _ = self.worker(database)
        await worker.run_once()
        async with database.reading() as uow:
            items = (await casework.queue(uow, viewer=Viewer(staff="s1", role="r"), now=NOON)).items
        (task,) = [item for item in items if item.kind is TicketKind.TASK and item.reason != "follow_up:before"]
        assert (task.reason, task.reference, task.owner) == ("tell_provider:assigned", reference, "s1")

    async def test_tries_again_later_and_gives_up_where_staff_see_it(self, database: Database) -> None:
        tried: list[int] = []

        async def never(job: Job) -> None:
            tried.append(job.attempts)
            raise ConnectionError

        worker, clock, _ = self.worker(database, **{DELIVER: never})
        async with database.unit_of_work() as uow:
            await uow.jobs.add(Job(kind=DELIVER, payload={"conversation": "x", "seq": 1}, run_at=NOON))
            await uow.commit()
        assert await worker.run_once() == 1
        assert await worker.run_once() == 0, "not before its time"
        for _ in range(20):
            clock.move(hours=2)
            await worker.run_once()
        assert tried == list(range(1, 13))
        async with database.reading() as uow:
            (dead,) = await uow.jobs.dead()
        assert (dead.attempts, dead.error) == (12, "ConnectionError")
        assert dead.dead_at is not None

    async def test_does_the_others_when_one_fails(self, database: Database) -> None:
        done: list[str] = []

        async def works(job: Job) -> None:
            done.append(str(job.payload["conversation"]))

        worker, _, _ = self.worker(database, **{DELIVER: works})
        async with database.unit_of_work() as uow:
            await uow.jobs.add(Job(kind="unheard_of", payload={}, run_at=NOON))
            await uow.jobs.add(Job(kind=NOTICE, payload={"reference": "none"}, run_at=NOON))
            await uow.jobs.add(Job(kind=DELIVER, payload={"conversation": "x", "seq": 1}, run_at=NOON))
            await uow.commit()
        assert await worker.run_once() == 3
        assert done == ["x"]
        async with database.unit_of_work() as uow:
            waiting = await uow.jobs.take(now=NOON + timedelta(hours=1), lease=timedelta(minutes=1), limit=9)
        assert {job.kind for job in waiting} == {"unheard_of", NOTICE}

    async def test_runs_until_it_is_told_to_stop(self, database: Database) -> None:
        thread, _ = await handed_in(database)
        worker, _, wake = self.worker(database)
        with wake.subscribe(thread) as citizen:
            task = asyncio.create_task(worker.run())
            await asyncio.wait_for(citizen.wait(), 10)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
