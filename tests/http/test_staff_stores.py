"""What staff keep and find again beside a case, on both databases."""

from datetime import timedelta

import pytest

from api.db.engine import Database
from api.db.migrate import downgrade, upgrade
from api.domain.mass import LATEST
from api.services.records import Note
from tests.http.world import NOON, opened, submitted

pytestmark = pytest.mark.http


class TestNotes:
    async def test_are_found_by_thread_and_by_application_in_the_order_they_were_written(
        self, database: Database
    ) -> None:
        thread, other = await opened(database), await opened(database)
        reference = await submitted(database, conversation_id=thread)
        rows = (("a", thread, None, 2), ("b", None, reference, 1), ("c", other, None, 0))
        async with database.unit_of_work() as uow:
            for letter, conversation_id, about, minute in rows:
                note = Note(
                    id=letter * 32,
                    conversation_id=conversation_id,
                    reference=about,
                    staff="s1",
                    at=NOON + timedelta(minutes=minute),
                    text=f"备注{letter}",
                )
                assert await uow.notes.add(note)
                assert not await uow.notes.add(note)
            await uow.commit()
        async with database.reading() as uow:
            found = await uow.notes.of(conversation_id=thread, reference=reference)
            assert [note.text for note in found] == ["备注b", "备注a"]
            assert [note.text for note in await uow.notes.of(conversation_id=other, reference=None)] == ["备注c"]
            assert await uow.notes.of(conversation_id=None, reference=None) == ()


class TestArrivals:
    async def test_are_what_came_since_whatever_became_of_it(self, database: Database) -> None:
        references = [await submitted(database, key=key) for key in "ab"]
        await submitted(database, key="c", region=None)
        async with database.reading() as uow:
            found = await uow.applications.arrivals(since=NOON)
            (alike,) = found
            assert (alike.region, alike.matters, alike.count) == ("231000", ("labour.wages",), 2)
            latest = await uow.applications.latest([alike.alike], since=NOON, limit=LATEST)
            assert sorted(latest) == sorted(references)
            assert await uow.applications.arrivals(since=NOON + timedelta(seconds=1)) == ()

    async def test_name_the_latest_and_count_the_others(self, database: Database) -> None:
        for number in range(LATEST + 2):
            await submitted(database, key=f"k{number}")
        async with database.reading() as uow:
            (alike,) = await uow.applications.arrivals(since=NOON)
            assert alike.count == LATEST + 2
            every = await uow.applications.latest([alike.alike], since=NOON, limit=100)
            assert await uow.applications.latest([alike.alike], since=NOON, limit=LATEST) == every[2:]
            assert await uow.applications.latest(["another"], since=NOON, limit=LATEST) == ()

    async def test_of_before_they_were_told_apart_in_an_index_are_told_apart_by_the_migration(
        self, database: Database
    ) -> None:
        await submitted(database, key="a")
        await submitted(database, key="b", region=None)
        async with database.reading() as uow:
            before = await uow.applications.arrivals(since=NOON)
        url = database.engine.url.render_as_string(hide_password=False)
        await downgrade(url, to="0020")
        await upgrade(url)
        async with database.reading() as uow:
            assert await uow.applications.arrivals(since=NOON) == before
        assert len(before) == 1


class TestSameTelephone:
    async def test_finds_what_else_it_handed_in_and_nothing_of_others(self, database: Database) -> None:
        first, second = await submitted(database, key="a"), await submitted(database, key="b")
        async with database.reading() as uow:
            found = await uow.applications.by_same_phone(first, since=NOON, until=NOON)
            assert [one.application.reference for one in found] == [second]
            earlier = NOON - timedelta(seconds=1)
            assert await uow.applications.by_same_phone(first, since=earlier, until=earlier) == ()
            assert await uow.applications.by_same_phone("LA-2026-2222-2", since=NOON, until=NOON) == ()
