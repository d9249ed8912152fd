"""Call-backs on both databases: half-days hold only so many, three attempts, and a word that goes out only where it may."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from api.db.engine import Database
from api.domain.callback import CAPACITY, CallOutcome, Half, slot_of
from api.domain.staff import Role
from api.services import callbacks, contact, conversations, delivery, lodging, wording
from api.services.callbacks import SlotRefused
from api.services.records import SafeToContact, Sender, Ticket, TicketKind
from api.services.staff import NotPermitted, StaffMember
from api.services.tickets import TicketNotFound
from tests.http.world import NOON

pytestmark = pytest.mark.http
REGION = "231000"
OPERATOR = StaffMember(id="op", name="op", display_name="坐席", role=Role.OPERATOR)
MANAGER = StaffMember(id="boss", name="boss", display_name="主任", role=Role.MANAGER)


def works(day: date) -> bool:
    return day.weekday() < 5


async def wished(database: Database, *, safe: SafeToContact | None = SafeToContact.YES, channel: str = "web") -> Ticket:
    async with database.unit_of_work() as uow:
        opened = await conversations.open_conversation(uow, channel=channel, region=REGION, locale="zh-CN", now=NOON)
        ticket = await lodging.lodge(
            uow,
            conversation_id=opened.id,
            kind=TicketKind.CALL_BACK,
            words="明天上午",
            contact="<pii:phone:1>",
            safe_to_contact=safe,
            now=NOON,
        )
        await uow.commit()
    return ticket


async def booked_and_told(database: Database, ticket: Ticket, key: str) -> tuple[Ticket, bool]:
    async with database.unit_of_work() as uow:
        found = await callbacks.book(uow, member=OPERATOR, ticket_id=ticket.id, key=key, works=works, now=NOON)
        await uow.commit()
    return found


async def book(database: Database, ticket: Ticket, key: str) -> Ticket:
    return (await booked_and_told(database, ticket, key))[0]


async def ring(database: Database, ticket: Ticket, *outcomes: CallOutcome) -> Ticket:
    for outcome in outcomes:
        async with database.unit_of_work() as uow:
            ticket = await callbacks.tried(
                uow, member=OPERATOR, ticket_id=ticket.id, outcome=outcome, works=works, now=NOON
            )
            await uow.commit()
    return ticket


async def keys(database: Database) -> Sequence[str]:
    async with database.reading() as uow:
        return [one.slot.key for one in await callbacks.rooms(uow, region=REGION, works=works, now=NOON)]


async def said(database: Database, ticket: Ticket) -> list[str]:
    async with database.reading() as uow:
        messages = await conversations.messages_after(uow, conversation_id=str(ticket.conversation_id), seq=0)
    return [one.text for one in messages if one.sender is Sender.SYSTEM]


class TestASlot:
    async def test_is_promised_and_kept(self, database: Database) -> None:
        key = (await keys(database))[1]
        booked = await book(database, await wished(database), key)
        async with database.reading() as uow:
            kept = await uow.tickets.get(booked.id)
        assert kept == booked
        assert kept is not None
        assert (kept.slot, kept.next_at is not None, kept.due) == (key, True, booked.due)

    async def test_takes_no_more_than_the_office_can_ring(self, database: Database) -> None:
        async with database.unit_of_work() as uow:
            await callbacks.set_capacity(uow, member=MANAGER, region=REGION, half=Half.AM, capacity=1, now=NOON)
            await callbacks.set_capacity(uow, member=MANAGER, region=REGION, half=Half.PM, capacity=0, now=NOON)
            await uow.commit()
        morning = next(key for key in await keys(database) if key.endswith("am"))
        first, second = await wished(database), await wished(database)
        await book(database, first, morning)
        with pytest.raises(SlotRefused, match="slot_full"):
            await book(database, second, morning)
        await book(database, first, morning)  # its own place it keeps
        with pytest.raises(SlotRefused, match="slot_full"):
            await book(database, second, next(key for key in await keys(database) if key.endswith("pm")))

    async def test_holds_its_number_when_all_come_at_once(self, database: Database) -> None:
        key = (await keys(database))[-1]
        tickets = [await wished(database) for _ in range(CAPACITY + 3)]
        done = await asyncio.gather(*(book(database, one, key) for one in tickets), return_exceptions=True)
        assert sum(isinstance(one, Ticket) for one in done) == CAPACITY
        assert sum(isinstance(one, SlotRefused) for one in done) == 3

    async def test_is_free_again_when_the_call_is_made(self, database: Database) -> None:
        key = (await keys(database))[0]
        ticket = await book(database, await wished(database), key)
        await ring(database, ticket, CallOutcome.REACHED)
        async with database.reading() as uow:
            assert (await uow.slots.booked(region=REGION)).get(key, 0) == 0

    async def test_is_nothing_made_up(self, database: Database) -> None:
        for key in ("2026-01-01.am", "2999-01-01.am", ""):
            with pytest.raises(SlotRefused, match="slot_unknown"):
                await book(database, await wished(database), key)

    async def test_has_its_number_from_the_manager_alone(self, database: Database) -> None:
        async with database.unit_of_work() as uow:
            with pytest.raises(NotPermitted):
                await callbacks.set_capacity(uow, member=OPERATOR, region=REGION, half=Half.AM, capacity=1, now=NOON)


class TestWhatStaffBook:
    async def test_is_told_and_what_they_move_is_told_again_once(self, database: Database) -> None:
        first, second = (await keys(database))[1:3]
        ticket = await wished(database)
        for key in (first, second, second, first):
            ticket, told = await booked_and_told(database, ticket, key)
            assert told
        words = await said(database, ticket)
        assert [word.startswith("给您回电的时间改了") for word in words] == [False, True, True]
        days = [wording.half_day(slot) for slot in map(slot_of, (first, second, first)) if slot is not None]
        assert all(day in word and str(ticket.number) in word for day, word in zip(days, words, strict=True))
        async with database.reading() as uow:
            waiting = await delivery.waiting(uow, conversation_id=str(ticket.conversation_id), now=NOON)
        assert [one.text for one in waiting][-3:] == words

    async def test_is_told_neutrally_where_others_may_read(self, database: Database) -> None:
        ticket = await wished(database, safe=SafeToContact.NEUTRAL_ONLY)
        _, told = await booked_and_told(database, ticket, (await keys(database))[0])
        (word,) = await said(database, ticket)
        assert told
        assert "回电" not in word
        assert "月" not in word

    @pytest.mark.parametrize(
        ("safe", "channel"),
        [
            (SafeToContact.NO, "web"),
            (SafeToContact.UNKNOWN, "web"),
            *((SafeToContact.YES, each) for each in sorted(contact.SPOKEN)),
        ],
    )
    async def test_is_theirs_to_tell_where_no_word_may_go_or_nobody_reads(
        self, database: Database, safe: SafeToContact, channel: str
    ) -> None:
        ticket = await wished(database, safe=safe, channel=channel)
        ticket, told = await booked_and_told(database, ticket, (await keys(database))[0])
        assert (told, await said(database, ticket)) == (False, [])
        assert ticket.slot is not None


class TestAttempts:
    async def test_are_three_and_then_a_word_is_left(self, database: Database) -> None:
        ticket = await ring(database, await wished(database), CallOutcome.NO_ANSWER, CallOutcome.ENGAGED)
        assert (ticket.closed_at, ticket.next_at is not None) == (None, True)
        assert await said(database, ticket) == []
        ticket = await ring(database, ticket, CallOutcome.NO_ANSWER)
        assert (ticket.outcome, ticket.tried) == ("unreached", "no_answer,engaged,no_answer")
        (word,) = await said(database, ticket)
        assert str(ticket.number) in word
        with pytest.raises(TicketNotFound):
            await ring(database, ticket, CallOutcome.REACHED)

    async def test_end_with_the_one_that_is_answered(self, database: Database) -> None:
        ticket = await ring(database, await wished(database), CallOutcome.ENGAGED, CallOutcome.REACHED)
        assert (ticket.outcome, await said(database, ticket)) == ("reached", [])

    async def test_end_at_once_with_a_wrong_number_and_ask_for_another(self, database: Database) -> None:
        ticket = await ring(database, await wished(database), CallOutcome.WRONG_NUMBER)
        assert ticket.outcome == "wrong_number"
        assert len(await said(database, ticket)) == 1

    async def test_that_are_dangerous_leave_no_word_and_warn_whoever_comes_next(self, database: Database) -> None:
        ticket = await ring(database, await wished(database), CallOutcome.NOT_SAFE)
        assert await said(database, ticket) == []
        async with database.reading() as uow:
            thread = await uow.conversations.get(str(ticket.conversation_id))
        assert thread is not None
        assert thread.care.safe_to_contact is SafeToContact.NO

    @pytest.mark.parametrize("safe", [SafeToContact.UNKNOWN, SafeToContact.NO])
    async def test_leave_no_word_where_any_is_a_danger(self, database: Database, safe: SafeToContact) -> None:
        ticket = await ring(database, await wished(database, safe=safe), *[CallOutcome.NO_ANSWER] * 3)
        assert await said(database, ticket) == []

    async def test_leave_a_neutral_word_where_others_may_read(self, database: Database) -> None:
        ticket = await wished(database, safe=SafeToContact.NEUTRAL_ONLY)
        (word,) = await said(database, await ring(database, ticket, *[CallOutcome.NO_ANSWER] * 3))
        assert "12348" not in word
        assert "援助" not in word

    async def test_are_on_record_one_by_one(self, database: Database) -> None:
        ticket = await ring(database, await wished(database), CallOutcome.ENGAGED, CallOutcome.REACHED)
        async with database.reading() as uow:
            entries = await uow.audit.of(f"conversation:{ticket.conversation_id}")
        assert [one.entry.data["outcome"] for one in entries if one.entry.action == "call_back.tried"] == [
            "engaged",
            "reached",
        ]


class TestOfAnother:
    async def test_region_or_kind_nothing_is_rung(self, database: Database) -> None:
        ticket = await wished(database)
        elsewhere = StaffMember(id="x", name="x", display_name="x", role=Role.OPERATOR, regions=("640100",))
        async with database.unit_of_work() as uow:
            with pytest.raises(TicketNotFound):
                await callbacks.tried(
                    uow,
                    member=elsewhere,
                    ticket_id=ticket.id,
                    outcome=CallOutcome.REACHED,
                    works=works,
                    now=NOON + timedelta(hours=1),
                )


class TestWhatACallerChooses:
    async def test_is_a_half_day_with_room_that_has_not_begun(self, database: Database) -> None:
        async with database.unit_of_work() as uow:
            await callbacks.set_capacity(uow, member=MANAGER, region=REGION, half=Half.AM, capacity=1, now=NOON)
            await uow.commit()
        async with database.reading() as uow:
            free = await callbacks.free(uow, region=REGION, works=works, now=NOON)
        assert free
        assert all(slot.begin > NOON and works(slot.day) for slot in free)
        morning = next(slot for slot in free if slot.half is Half.AM)
        ticket = await wished(database)
        async with database.unit_of_work() as uow:
            await callbacks.hold(uow, region=REGION)
            taken = await callbacks.take(uow, ticket=ticket, slot=morning, now=NOON)
            await uow.commit()
        async with database.reading() as uow:
            assert await uow.tickets.get(ticket.id) == taken
            assert morning not in await callbacks.free(uow, region=REGION, works=works, now=NOON)
            [entry] = [
                one.entry
                for one in await uow.audit.of(f"conversation:{ticket.conversation_id}")
                if one.entry.action == "call_back.booked"
            ]
        assert (entry.actor.id, entry.data["slot"]) == ("citizen", morning.key)
        assert (taken.due, taken.next_at) == (morning.end, morning.begin)
