"""Complaints on both databases: never in the hands of whom they are about, due, and told to the citizen."""

from datetime import timedelta

import pytest

from api.db.engine import Database
from api.domain.aid import TaskOutcome
from api.domain.clocks import end_of_day
from api.domain.staff import Role
from api.services import calls, complaints, conversations, desk, lodging
from api.services.complaints import RESULT_DAYS, ComplaintOutcome, ComplaintRefused
from api.services.records import SafeToContact, Ticket, TicketKind
from api.services.staff import NotPermitted, StaffMember
from api.services.tickets import TicketNotFound
from tests.http.world import NOON

pytestmark = pytest.mark.http
REGION = "231000"
LATER = NOON + timedelta(hours=3)


def somebody(name: str, *, role: Role = Role.OPERATOR, regions: tuple[str, ...] = ()) -> StaffMember:
    return StaffMember(id=name, name=name, display_name=name, role=role, regions=regions)


SUBJECT, OTHER = somebody("subject"), somebody("other")


async def complaint(
    database: Database, *, channel: str = "web", safe: SafeToContact | None = None, contact: str | None = None
) -> Ticket:
    """Let somebody be served by SUBJECT, and complain."""
    async with database.unit_of_work() as uow:
        opened = await conversations.open_conversation(uow, channel=channel, region=REGION, locale="zh-CN", now=NOON)
        await conversations.request_person(uow, conversation_id=opened.id, reason="citizen_asked", now=NOON)
        await desk.claim(uow, member=SUBJECT, conversation_id=opened.id, now=NOON)
        await conversations.release(uow, conversation_id=opened.id, staff=SUBJECT.id, now=NOON)
        await uow.commit()
    async with database.unit_of_work() as uow:
        ticket = await lodging.lodge(
            uow,
            conversation_id=opened.id,
            kind=TicketKind.COMPLAINT,
            words="他骂我",
            safe_to_contact=safe,
            contact=contact,
            now=NOON,
        )
        await uow.commit()
    return ticket


async def take(database: Database, ticket: Ticket, member: StaffMember) -> Ticket:
    async with database.unit_of_work() as uow:
        taken = await complaints.take(uow, member=member, ticket_id=ticket.id, now=LATER)
        await uow.commit()
    return taken


async def close(
    database: Database, ticket: Ticket, member: StaffMember, result: str = "已批评教育，向您道歉。"
) -> Ticket:
    async with database.unit_of_work() as uow:
        closed = await complaints.close(
            uow, member=member, ticket_id=ticket.id, outcome=ComplaintOutcome.UPHELD, result=result, now=LATER
        )
        await uow.commit()
    return closed


async def told(database: Database, ticket: Ticket) -> list[str]:
    async with database.reading() as uow:
        found = await uow.conversations.after(conversation_id=str(ticket.conversation_id), seq=0)
    return [message.text for message in found if str(ticket.number) in message.text]


async def left(database: Database, ticket: Ticket) -> list[tuple[str, str | None, str | None]]:
    """Return the open tickets of its thread: reason, owner and words."""
    async with database.reading() as uow:
        opened = await uow.tickets.open_ones(conversation_id=ticket.conversation_id)
        return [(one.reason, one.owner, await uow.tickets.words(one.id)) for one in opened]


class TestWhoItIsAbout:
    async def test_is_on_record_from_the_start(self, database: Database) -> None:
        ticket = await complaint(database)
        async with database.reading() as uow:
            assert await complaints.subjects(uow, ticket_id=ticket.id) == {SUBJECT.id}

    async def test_neither_owns_nor_closes_it(self, database: Database) -> None:
        ticket = await complaint(database)
        for hand in (take, close):
            with pytest.raises(ComplaintRefused) as refused:
                await hand(database, ticket, SUBJECT)
            assert refused.value.code == "complaint_subject"
        assert [(reason, owner) for reason, owner, _ in await left(database, ticket)] == [("complaint", None)]

    async def test_is_not_who_only_read_the_thread(self, database: Database) -> None:
        async with database.unit_of_work() as uow:
            opened = await conversations.open_conversation(uow, channel="web", region=REGION, locale="zh-CN", now=NOON)
            await desk.read_thread(uow, member=OTHER, conversation_id=opened.id, now=NOON)
            await uow.commit()
        async with database.unit_of_work() as uow:
            ticket = await lodging.lodge(
                uow, conversation_id=opened.id, kind=TicketKind.COMPLAINT, words="答错了", now=NOON
            )
            await uow.commit()
        async with database.reading() as uow:
            assert await complaints.subjects(uow, ticket_id=ticket.id) == frozenset()

    async def test_does_not_strike_it_off_as_a_task_either(self, database: Database) -> None:
        ticket = await complaint(database)
        async with database.unit_of_work() as uow:
            with pytest.raises(TicketNotFound):
                await desk.finish_task(uow, member=SUBJECT, ticket_id=ticket.id, now=LATER)
            with pytest.raises(TicketNotFound):
                await desk.finish_task(
                    uow, member=SUBJECT, ticket_id=ticket.id, outcome=TaskOutcome.NOT_NEEDED, now=LATER
                )


class TestTaking:
    async def test_names_an_owner_and_a_day_and_says_so_once(self, database: Database) -> None:
        ticket = await complaint(database)
        taken = await take(database, ticket, OTHER)
        assert (taken.owner, taken.acknowledged_at, taken.due) == (
            OTHER.id,
            LATER,
            end_of_day(LATER, days=RESULT_DAYS),
        )
        assert await take(database, ticket, somebody("third")) == taken
        [words] = await told(database, ticket)
        assert "已经有人受理" in words

    async def test_outlives_a_thread_that_somebody_leaves(self, database: Database) -> None:
        ticket = await complaint(database)
        await take(database, ticket, OTHER)
        async with database.unit_of_work() as uow:
            await conversations.claim(uow, conversation_id=str(ticket.conversation_id), staff="third", now=LATER)
            await conversations.return_expired(uow, now=LATER + timedelta(days=1))
            await uow.commit()
        assert (ticket.reason, OTHER.id, "他骂我") in await left(database, ticket)

    async def test_is_for_staff_of_the_region_who_may_write(self, database: Database) -> None:
        ticket = await complaint(database)
        with pytest.raises(TicketNotFound):
            await take(database, ticket, somebody("far", regions=("140581",)))
        with pytest.raises(NotPermitted):
            await take(database, ticket, somebody("auditor", role=Role.AUDITOR))


class TestClosing:
    async def test_tells_the_citizen_what_came_of_it(self, database: Database) -> None:
        ticket = await complaint(database)
        closed = await close(database, ticket, OTHER)
        assert (closed.owner, closed.outcome, closed.closed_at) == (OTHER.id, "upheld", LATER)
        [words] = await told(database, ticket)
        assert "情况属实" in words
        assert "向您道歉" in words
        assert await left(database, ticket) == []
        with pytest.raises(TicketNotFound):
            await close(database, ticket, OTHER)

    @pytest.mark.parametrize("result", ["", " \n", "长" * 1001])
    async def test_needs_a_word_for_them(self, database: Database, result: str) -> None:
        ticket = await complaint(database)
        with pytest.raises(ComplaintRefused) as refused:
            await close(database, ticket, OTHER, result)
        assert refused.value.code == "complaint_result_required"

    @pytest.mark.parametrize(
        ("channel", "safe"), [(calls.CHANNEL, None), ("web", SafeToContact.NO), ("web", SafeToContact.NEUTRAL_ONLY)]
    )
    async def test_becomes_a_task_where_nothing_may_be_written(
        self, database: Database, channel: str, safe: SafeToContact | None
    ) -> None:
        ticket = await complaint(database, channel=channel, safe=safe)
        await close(database, ticket, OTHER)
        assert await told(database, ticket) == []
        [(reason, owner, words)] = await left(database, ticket)
        assert (reason, owner) == (complaints.RESULT, OTHER.id)
        assert "向您道歉" in str(words)

    async def test_is_said_by_telephone_too_to_who_left_a_number(self, database: Database) -> None:
        ticket = await complaint(database, contact="<pii:phone:1>")
        await close(database, ticket, OTHER)
        assert len(await told(database, ticket)) == 1
        [(reason, _, _)] = await left(database, ticket)
        assert reason == complaints.RESULT
