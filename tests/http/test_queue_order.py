"""The queue that the database puts in order is the one that `domain/priority.py` describes, on both databases."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import select

from api.console.queue_lines import lines
from api.db.engine import Database
from api.db.migrate import downgrade, upgrade
from api.db.queue_items import queue_items
from api.domain.application import OPEN_STATES, State
from api.domain.priority import sort_key
from api.domain.staff import Role
from api.services import applications, casework
from api.services.casework import QueueItem, QueuePage
from api.services.queue_ports import Show
from api.services.records import ApplicationRecord, Ticket, TicketKind, Viewer
from api.services.staff import StaffMember
from knowledge_base.types import Urgency
from tests.http.world import EVERYWHERE, NOON, opened, submitted

pytestmark = pytest.mark.http

ME = Viewer(staff="s1", role="operator", regions=("231000",))
REGIONS = (None, "231000", "231002", "230100", "110000")
LATER = (timedelta(), timedelta(days=2), timedelta(days=6, hours=13), timedelta(days=9))


async def filled(database: Database, *, seed: int, size: int = 40) -> None:
    """Store applications and tickets of every kind, some of them one person's."""
    chance = Random(seed)  # noqa: S311 - rows for a test

    def moment() -> datetime:
        return NOON - timedelta(minutes=chance.randrange(8 * 24 * 60))

    threads = [await opened(database) for _ in range(4)]
    references: list[str] = []
    states = sorted({*OPEN_STATES, State.CLOSED})
    for number in range(size):
        reference = await submitted(
            database, key=f"k{number}", conversation_id=chance.choice([None, None, None, *threads])
        )
        references.append(reference)
        async with database.unit_of_work() as uow:
            record = await applications.find(uow, reference=reference, viewer=EVERYWHERE)
            received = moment()
            changed = replace(
                record.application,
                state=chance.choice(states),
                state_since=received + timedelta(hours=chance.randrange(72)),
                received_at=received,
                granted_at=received + timedelta(hours=chance.randrange(48)),
                papers_due=received + timedelta(days=chance.randrange(15)),
                same_day=chance.random() < 0.2,
                in_custody=chance.random() < 0.2,
                version=record.application.version + 1,
            )
            await uow.applications.save(
                replace(
                    record,
                    application=changed,
                    urgency=chance.choice(list(Urgency)),
                    region=chance.choice(REGIONS),
                    owner=chance.choice([None, "s1", "s2"]),
                )
            )
            due = chance.choice([None, moment() + timedelta(days=9)])
            await uow.tickets.add(
                Ticket(
                    id=f"t{number}",
                    kind=chance.choice([TicketKind.ALERT, TicketKind.TASK, TicketKind.CALL_BACK]),
                    reason="x",
                    urgency=chance.choice(list(Urgency)),
                    region=chance.choice(REGIONS),
                    opened_at=moment(),
                    conversation_id=chance.choice([None, *threads]),
                    reference=chance.choice([None, chance.choice(references)]),
                    owner=chance.choice([None, "s1", "s2"]),
                    closed_at=chance.choice([None, None, NOON]),
                    due=due,
                    next_at=due and chance.choice([None, moment() + timedelta(days=9)]),
                )
            )
            await uow.commit()


def key(item: QueueItem, *, now: datetime) -> tuple[object, ...]:
    return sort_key(urgency=item.urgency, clocks=item.clocks, same_day=item.same_day, opened_at=item.opened_at, now=now)


async def asked(database: Database, *, now: datetime, show: Show = Show.ALL, page: int = 1) -> QueuePage:
    async with database.reading() as uow:
        return await casework.queue(uow, viewer=ME, now=now, show=show, page=page)


def line_of(item: ApplicationRecord | Ticket, every: Iterable[ApplicationRecord | Ticket]) -> str:
    """Return what its line is called: after its conversation, or one that stands with its application."""

    def about(one: ApplicationRecord | Ticket) -> str | None:
        return one.reference if isinstance(one, Ticket) else one.application.reference

    reference = about(item)
    threads = [one.conversation_id for one in every if one.conversation_id and reference and about(one) == reference]
    own = item.id if isinstance(item, Ticket) else item.application.reference
    return item.conversation_id or max(threads, default=None) or reference or own


@pytest.mark.parametrize("seed", [1, 2, 3])
class TestTheOrderOfTheDatabase:
    async def test_is_that_of_the_domain(self, database: Database, seed: int) -> None:
        await filled(database, seed=seed)
        async with database.reading() as uow:
            every = (*await uow.applications.open_ones(), *await uow.tickets.open_ones())
        waiting = {
            one.id if isinstance(one, Ticket) else one.application.reference: line_of(one, every)
            for one in every
            if ME.sees(one.region)
        }
        for later in LATER:
            now = NOON + later
            found = await asked(database, now=now)
            keys = [key(item, now=now) for item in found.items]
            assert keys == sorted(keys)
            assert {item.id: item.line for item in found.items} == waiting
            assert len(found.items) == len(waiting)

    async def test_counts_and_pages_the_lines_that_staff_see(
        self, database: Database, seed: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await filled(database, seed=seed)
        me = StaffMember(id="s1", name="a", display_name="甲", role=Role.OPERATOR, regions=ME.regions)
        for later in LATER:
            now = NOON + later
            monkeypatch.setattr("api.services.casework.PAGE", 1000)
            found = await asked(database, now=now)
            drawn = lines(found.items, me=me, now=now)
            kept = {
                Show.ALL: drawn,
                Show.MINE: [line for line in drawn if line.mine],
                Show.FREE: [line for line in drawn if line.owner is None],
            }
            tally = found.tally
            assert {show: tally.of(show) for show in Show} == {show: len(those) for show, those in kept.items()}
            assert tally.danger == sum(line.urgency is Urgency.S0 for line in drawn)
            assert tally.today == sum(line.urgency is Urgency.S1 for line in drawn)
            assert tally.due == sum(line.clock is not None and line.clock.pressing for line in drawn)
            monkeypatch.setattr("api.services.casework.PAGE", 7)
            for show, those in kept.items():
                read: list[str] = []
                for page in range(1, (await asked(database, now=now, show=show)).pages + 1):
                    leaf = await asked(database, now=now, show=show, page=page)
                    read += [line.key for line in lines(leaf.items, me=me, now=now)]
                assert read == [line.key for line in those]


@pytest.mark.parametrize("regions", [(), ("231000",), ("110000",)])
async def test_alerts_that_nobody_took_are_those_of_the_viewers_regions(
    database: Database, regions: tuple[str, ...]
) -> None:
    await filled(database, seed=4, size=90)
    viewer = replace(ME, regions=regions)
    async with database.reading() as uow:
        every = await uow.tickets.open_ones()
        found = await uow.tickets.untaken(viewer=viewer)
    wanted = [one for one in every if one.kind is TicketKind.ALERT and one.owner is None and viewer.sees(one.region)]
    assert wanted
    assert list(found) == sorted(wanted, key=lambda one: (one.opened_at, one.id))


async def test_what_is_to_be_done_is_found_by_its_application(database: Database) -> None:
    await filled(database, seed=4)
    async with database.reading() as uow:
        every = await uow.tickets.open_ones()
        for reference in {one.reference for one in every if one.reference}:
            assert await uow.tickets.open_ones(reference=reference) == tuple(
                one for one in every if one.reference == reference
            )


async def test_what_names_no_conversation_joins_the_line_of_its_application_and_leaves_it(database: Database) -> None:
    thread, reference = await opened(database), await submitted(database)
    plain, named = (
        Ticket(
            id=letter * 32,
            kind=TicketKind.TASK,
            reason="x",
            urgency=Urgency.S2,
            region="231000",
            opened_at=NOON,
            conversation_id=conversation_id,
            reference=reference,
        )
        for letter, conversation_id in (("a", None), ("b", thread))
    )

    async def called() -> set[str]:
        return {item.line for item in (await asked(database, now=NOON)).items}

    async with database.unit_of_work() as uow:
        await uow.tickets.add(plain)
        await uow.commit()
    assert await called() == {reference}
    async with database.unit_of_work() as uow:
        await uow.tickets.add(named)
        await uow.commit()
    assert await called() == {thread}
    async with database.unit_of_work() as uow:
        await uow.tickets.save(replace(named, closed_at=NOON))
        await uow.commit()
    assert await called() == {reference}


async def test_the_mark_changes_with_what_a_line_shows_and_with_nothing_else(database: Database) -> None:
    ticket = Ticket(id="a" * 32, kind=TicketKind.TASK, reason="x", urgency=Urgency.S2, region="231000", opened_at=NOON)

    async def mark(changed: Ticket) -> str:
        async with database.unit_of_work() as uow:
            await uow.tickets.save(changed)
            await uow.commit()
        async with database.reading() as uow:
            return await uow.queue.mark()

    async with database.unit_of_work() as uow:
        await uow.tickets.add(ticket)
        await uow.commit()
    shown = [
        ticket,
        replace(ticket, owner="s1"),
        replace(ticket, urgency=Urgency.S0),
        replace(ticket, times=2),
        replace(ticket, closed_at=NOON),
    ]
    marks = [await mark(each) for each in shown]
    assert len(set(marks)) == len(shown)
    assert await mark(replace(ticket, heard_at=NOON)) == marks[0]


async def test_a_page_that_the_queue_no_longer_reaches_is_its_last(database: Database) -> None:
    reference = await submitted(database)
    found = await asked(database, now=NOON, page=9)
    assert ([item.id for item in found.items], found.page, found.pages) == ([reference], 1, 1)
    nothing = await asked(database, now=NOON, show=Show.MINE, page=9)
    assert (nothing.items, nothing.tally.all, nothing.page) == ((), 1, 1)


@pytest.mark.parametrize("back_to", ["0017", "0019"])
async def test_what_waited_before_the_table_was_made_is_put_there_by_the_migration(
    database: Database, back_to: str
) -> None:
    await filled(database, seed=4, size=25)
    plain = (column for column in queue_items.c if column.name != "stamp")
    query = select(*plain).order_by(queue_items.c.application, queue_items.c.id)
    async with database.engine.connect() as connection:
        before = (await connection.execute(query)).all()
    assert any(row.clock_due for row in before)
    assert any(row.promised_from for row in before)
    url = database.engine.url.render_as_string(hide_password=False)
    await downgrade(url, to=back_to)
    await upgrade(url)
    async with database.engine.connect() as connection:
        assert (await connection.execute(query)).all() == before
