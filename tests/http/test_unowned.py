"""What is nobody's for more than a working day becomes a manager's task, on both databases."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from api.db.engine import Database
from api.domain.clocks import end_of_workday
from api.domain.staff import Role
from api.services import complaints, conversations, lodging, staff, unowned
from api.services.records import Ticket, TicketKind
from api.services.wake import Wake
from api.worker import Worker
from tests.http.world import NOON, MovedClock

pytestmark = pytest.mark.http
REGION = "231000"


def works(day: date) -> bool:
    return day.weekday() < 5


async def office(database: Database, *people: tuple[str, Role, tuple[str, ...]]) -> None:
    async with database.unit_of_work() as uow:
        for name, role, regions in people:
            await staff.add_staff(
                uow,
                name=name,
                display_name=name,
                role=role,
                password_hash="",
                new_id=lambda name=name: name,
                regions=regions,
                now=NOON,
            )
        await uow.commit()


async def asks(database: Database, *, complains: bool = False) -> str:
    async with database.unit_of_work() as uow:
        opened = await conversations.open_conversation(uow, channel="web", region=REGION, locale="zh-CN", now=NOON)
        if complains:
            await lodging.lodge(uow, conversation_id=opened.id, kind=TicketKind.COMPLAINT, words="不接电话", now=NOON)
        else:
            await conversations.request_person(uow, conversation_id=opened.id, reason="citizen_asked", now=NOON)
        await uow.commit()
    return opened.id


async def looked(database: Database, *, now: datetime) -> list[Ticket]:
    """Let the worker look, and return the tasks that stand afterwards."""
    async with database.unit_of_work() as uow:
        await unowned.raise_overdue(uow, works=works, now=now)
        await uow.commit()
    async with database.reading() as uow:
        return [one for one in await uow.tickets.open_ones() if one.kind is TicketKind.TASK]


LATE = end_of_workday(NOON, days=1, works=works)


class TestWhatIsNobodys:
    async def test_goes_to_the_manager_of_the_place_once_its_working_day_is_over(self, database: Database) -> None:
        await office(
            database,
            ("all", Role.MANAGER, ()),
            ("far", Role.MANAGER, ("140581",)),
            ("near", Role.MANAGER, (REGION,)),
            ("op", Role.OPERATOR, (REGION,)),
        )
        thread = await asks(database)
        assert await looked(database, now=LATE - timedelta(seconds=1)) == []
        [task] = await looked(database, now=LATE)
        assert (task.owner, task.conversation_id) == ("near", thread)
        assert await looked(database, now=LATE + timedelta(hours=1)) == [task]

    async def test_is_on_the_queue_even_where_there_is_no_manager(self, database: Database) -> None:
        await asks(database)
        [task] = await looked(database, now=LATE)
        assert task.owner is None
        assert await looked(database, now=LATE + timedelta(days=9)) == [task]

    async def test_is_raised_no_more_once_somebody_owns_it(self, database: Database) -> None:
        thread = await asks(database)
        [task] = await looked(database, now=LATE)
        async with database.unit_of_work() as uow:
            await conversations.claim(uow, conversation_id=thread, staff="op", now=LATE)
            await uow.commit()
        assert await looked(database, now=LATE + timedelta(hours=1)) == []
        async with database.reading() as uow:
            closed = await uow.tickets.get(task.id)
        assert closed is not None
        assert closed.outcome == "assigned"

    async def test_comes_back_the_next_day_where_a_manager_only_struck_it_off(self, database: Database) -> None:
        await asks(database)
        [task] = await looked(database, now=LATE)
        async with database.unit_of_work() as uow:
            await uow.tickets.save(replace(task, closed_at=LATE))
            await uow.commit()
        assert await looked(database, now=LATE) == []
        [again] = await looked(database, now=LATE + timedelta(days=1))
        assert again.id != task.id


class TestAComplaint:
    async def test_goes_up_after_the_day_it_was_promised_and_never_to_its_subject(self, database: Database) -> None:
        await office(database, ("boss", Role.MANAGER, (REGION,)), ("other", Role.MANAGER, ()))
        thread = await asks(database, complains=True)
        async with database.unit_of_work() as uow:
            [ticket] = await uow.tickets.open_ones(conversation_id=thread)
            await conversations.claim(uow, conversation_id=thread, staff="boss", now=NOON)
            await uow.commit()
        async with database.unit_of_work() as uow:
            await complaints.note_subjects(uow, ticket=ticket, now=NOON)
            await uow.commit()
        assert await looked(database, now=NOON + lodging.ANSWERED_WITHIN - timedelta(seconds=1)) == []
        [task] = await looked(database, now=NOON + lodging.ANSWERED_WITHIN)
        assert task.owner == "other"


class TestAWorkingDay:
    def test_leaves_out_the_day_itself_and_what_is_off(self) -> None:
        friday = datetime.fromisoformat("2026-11-20T16:00+08:00")
        assert end_of_workday(friday, days=1, works=works) == datetime.fromisoformat("2026-11-24T00:00+08:00")
        exchanged = end_of_workday(friday, days=1, works=lambda day: works(day) or day == date(2026, 11, 21))
        assert exchanged == datetime.fromisoformat("2026-11-22T00:00+08:00")


class TestTheWorker:
    async def test_looks_by_itself_once_an_hour(self, database: Database) -> None:
        await asks(database)
        clock = MovedClock(LATE - timedelta(minutes=30))
        worker = Worker(database, handlers={}, clock=clock, wake=Wake(), works=works)

        async def raised() -> int:
            await worker.run_once()
            async with database.reading() as uow:
                return sum(one.kind is TicketKind.TASK for one in await uow.tickets.open_ones())

        assert await raised() == 0
        clock.now = LATE
        assert await raised() == 0
        clock.now = LATE + timedelta(minutes=31)
        assert await raised() == 1
