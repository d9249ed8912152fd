"""What the index of the search finds is what the records say, on both databases, in one order from page to page."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.db.engine import Database
from api.db.migrate import downgrade, upgrade
from api.db.parties import parties as blind
from api.domain.application import State
from api.domain.scope import stem
from api.services import applications, parties
from api.services.records import ApplicationRecord, Viewer
from api.services.search_ports import Sought
from tests.http.test_queue_order import REGIONS, filled
from tests.http.world import EVERYWHERE, NOON, submitted

pytestmark = pytest.mark.http
_ALL = 1000
SCOPED = Viewer(staff="s1", role="operator", regions=("231000",))


async def records(database: Database) -> list[ApplicationRecord]:
    """Return every application, received last first."""
    async with database.reading() as uow:
        references = await uow.search.page(Sought(), viewer=EVERYWHERE, after=None, limit=_ALL)
        found = await uow.applications.several(references)
    return sorted(found, key=lambda one: (one.application.received_at, one.application.reference), reverse=True)


async def found(database: Database, sought: Sought, *, viewer: Viewer = EVERYWHERE) -> list[str]:
    async with database.reading() as uow:
        return list(await uow.search.page(sought, viewer=viewer, after=None, limit=_ALL))


async def test_every_filter_finds_what_the_records_say(database: Database) -> None:
    await filled(database, seed=3)
    every = await records(database)
    assert len(every) == 40
    since = NOON - timedelta(days=5)
    for region in filter(None, REGIONS):
        for state in (None, State.SUBMITTED, State.CLOSED):
            for matter in (None, "labour", "labour.wages", "family"):
                for viewer in (EVERYWHERE, SCOPED):
                    expected = [
                        one.application.reference
                        for one in every
                        if viewer.sees(one.region)
                        and (one.region or "").startswith(stem(region))
                        and state in (None, one.application.state)
                        and (matter is None or any(f"{code}.".startswith(f"{matter}.") for code in one.matters))
                        and one.application.received_at >= since
                    ]
                    sought = Sought(region=region, state=state, matter=matter, since=since)
                    assert await found(database, sought, viewer=viewer) == expected


async def test_pages_follow_one_another_without_gap_though_all_came_at_once(database: Database) -> None:
    every = {await submitted(database, key=f"k{number}") for number in range(7)}
    for sought in (Sought(), Sought(matter="labour")):
        after, seen = None, []
        async with database.reading() as uow:
            while page := await uow.search.page(sought, viewer=EVERYWHERE, after=after, limit=2):
                seen += page
                after = page[-1]
            assert await uow.search.page(sought, viewer=EVERYWHERE, after="LA-2026-2222-2", limit=2) == ()
        assert len(seen) == len(every)
        assert set(seen) == every


async def test_an_application_is_found_by_what_it_is_now(database: Database) -> None:
    reference = await submitted(database)
    async with database.unit_of_work() as uow:
        record = await applications.find(uow, reference=reference, viewer=EVERYWHERE)
        moved = replace(record.application, version=record.application.version + 1)
        await uow.applications.save(replace(record, application=moved, region="140581", matters=("family.custody",)))
        await uow.commit()
    assert await found(database, Sought(region="140000", matter="family")) == [reference]
    assert await found(database, Sought(matter="labour")) == []
    assert await found(database, Sought(region=record.region)) == []


async def test_what_is_stored_is_found_after_the_way_there_and_back(database: Database) -> None:
    await submitted(database)
    url = database.engine.url.render_as_string(hide_password=False)
    await downgrade(url, to="0018")
    await upgrade(url)
    (record,) = await records(database)
    assert await found(database, Sought(matter=record.matters[0])) == [record.application.reference]
    async with database.reading() as uow:
        tail = parties.tail_digest(uow, (await uow.applications.contact(record.application.reference)).phone)  # type: ignore[union-attr]
    assert await found(database, Sought(tail=tail)) == []
    assert await parties.index_older(database) == 1
    assert await found(database, Sought(tail=tail)) == [record.application.reference]
    async with database.engine.connect() as connection:
        (row,) = await connection.execute(blind.select().where(blind.c.phone_tail.is_not(None)))
    assert row.phone_tail == tail
