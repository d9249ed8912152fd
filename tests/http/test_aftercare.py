"""The office asks before, in the middle of and after a case: each time is a task, on its day, once."""

from datetime import timedelta

import pytest

from api.db.engine import Database
from api.domain.aid import FOLLOW_UP_AFTER, Closing, ClosingOutcome, FollowUp
from api.domain.application import Event
from api.domain.details import Details
from api.domain.grounds import TerminationGround
from api.services import applications, casework
from api.services.wake import Wake
from api.worker import Worker, own_handlers
from tests.http.world import EVERYWHERE, NOON, STAFF, MovedClock, submitted

pytestmark = pytest.mark.http

CLOSED = Details(closing=Closing(outcome=ClosingOutcome.WON, report="要回了"))
ENDED = Details(termination=TerminationGround.ON_REQUEST, reason="和解了")


class Office:
    """A worker and the steps of one case."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = MovedClock()
        wake = Wake()
        handlers = own_handlers(database, clock=self.clock, wake=wake)
        self.worker = Worker(database, handlers=handlers, clock=self.clock, wake=wake)

    async def steps(self, reference: str, *steps: tuple[Event, Details | None]) -> None:
        for event, details in steps:
            async with self.database.unit_of_work() as uow:
                await applications.apply_event(
                    uow, reference=reference, event=event, by=STAFF, now=self.clock(), details=details
                )
                await uow.commit()

    async def asking(self) -> list[str]:
        while await self.worker.run_once():
            pass
        async with self.database.reading() as uow:
            items = (await casework.queue(uow, viewer=EVERYWHERE, now=NOON)).items
        return sorted(item.reason for item in items if item.reason.startswith("follow_up:"))


class TestFollowUp:
    async def test_falls_due_when_assigned_and_a_month_into_the_case_and_a_week_after_it(
        self, database: Database
    ) -> None:
        office, reference = Office(database), await submitted(database)
        granted = ((Event.BEGIN_REVIEW, None), (Event.GRANT, None), (Event.ASSIGN, Details(provider="李律师")))
        await office.steps(reference, *granted)
        seen = ["follow_up:before"]
        assert await office.asking() == seen
        await office.steps(reference, (Event.START, None))
        for stage, event in ((FollowUp.MID, None), (FollowUp.AFTER, Event.CLOSE)):
            if event is not None:
                await office.steps(reference, (event, CLOSED))
            office.clock.now += FOLLOW_UP_AFTER[stage] - timedelta(seconds=1)
            assert await office.asking() == seen
            office.clock.move(seconds=1)
            seen = sorted([*seen, f"follow_up:{stage}"])
            assert await office.asking() == seen
        assert await office.asking() == ["follow_up:after", "follow_up:before", "follow_up:mid"]

    async def test_asks_nobody_about_a_case_that_ended_meanwhile(self, database: Database) -> None:
        office, reference = Office(database), await submitted(database)
        steps = ((Event.BEGIN_REVIEW, None), (Event.GRANT, None), (Event.ASSIGN, Details(provider="李律师")))
        await office.steps(reference, *steps, (Event.START, None), (Event.TERMINATE, ENDED))
        office.clock.now += FOLLOW_UP_AFTER[FollowUp.MID]
        assert await office.asking() == []
