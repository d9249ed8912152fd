"""Complaints, wished call-backs and how it was: tickets and lines of their own, apart from the consultation."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from api.db.engine import Database
from api.domain.conversation import Holder
from api.services import conversations, lodging
from api.services.records import Assistance, DialogueState, SafeToContact, Ticket, TicketKind
from tests.http.world import NOON

pytestmark = pytest.mark.http
ANGRY = "那个律师一直不接我电话，王某的态度很差"


@pytest.fixture
async def thread(database: Database) -> str:
    async with database.unit_of_work() as uow:
        opened = await conversations.open_conversation(uow, channel="web", region="231000", locale="zh-CN", now=NOON)
        await uow.commit()
    return opened.id


async def waiting(database: Database, thread: str) -> Sequence[Ticket]:
    async with database.reading() as uow:
        return await uow.tickets.open_ones(conversation_id=thread)


async def complain(database: Database, thread: str, words: str = ANGRY) -> Ticket:
    async with database.unit_of_work() as uow:
        ticket = await lodging.lodge(uow, conversation_id=thread, kind=TicketKind.COMPLAINT, words=words, now=NOON)
        await uow.commit()
    return ticket


class TestAComplaint:
    async def test_has_a_number_a_day_and_its_words_sealed(self, database: Database, thread: str) -> None:
        ticket = await complain(database, thread)
        assert ticket.number is not None
        assert ticket.number.startswith("TS-2026-")
        assert ticket.due == NOON + lodging.ANSWERED_WITHIN
        async with database.reading() as uow:
            assert await uow.tickets.get(ticket.id) == ticket
            assert await uow.tickets.words(ticket.id) == ANGRY
        assert "王某" not in repr(ticket)

    async def test_told_twice_in_the_same_words_is_one(self, database: Database, thread: str) -> None:
        first, again, other = [await complain(database, thread, words) for words in (ANGRY, ANGRY, "还有，电话打不通")]
        assert first.id == again.id
        assert other.number != first.number

    async def test_told_twice_at_more_length_than_is_kept_is_one(self, database: Database, thread: str) -> None:
        first, again = [await complain(database, thread, "他不接电话。" * 1000) for _ in range(2)]
        assert first.id == again.id

    async def test_takes_more_words_as_long_as_it_is_open(self, database: Database, thread: str) -> None:
        ticket = await complain(database, thread)
        for words in ("他姓王", "他姓王", "收了三千"):
            async with database.unit_of_work() as uow:
                assert await lodging.take_more(uow, ticket_id=ticket.id, words=words, now=NOON) == ticket
                await uow.commit()
        async with database.reading() as uow:
            assert await uow.tickets.words(ticket.id) == f"{ANGRY}\n他姓王\n收了三千"
        async with database.unit_of_work() as uow:
            await uow.tickets.save(replace(ticket, closed_at=NOON))
            assert await lodging.take_more(uow, ticket_id=ticket.id, words="还有", now=NOON) is None
            assert await lodging.take_more(uow, ticket_id="nobody", words="还有", now=NOON) is None

    async def test_says_on_record_that_more_was_told(self, database: Database, thread: str) -> None:
        ticket = await complain(database, thread)
        async with database.unit_of_work() as uow:
            await lodging.take_more(uow, ticket_id=ticket.id, words="他姓王", now=NOON)
            await uow.commit()
        async with database.reading() as uow:
            told = [one.entry for one in await uow.audit.of(f"conversation:{thread}")][-1]
        assert (told.action, told.data) == ("ticket.more", {"number": ticket.number, "characters": 3})

    async def test_cuts_nothing_off(self, database: Database, thread: str) -> None:
        ticket = await complain(database, thread)
        async with database.unit_of_work() as uow:
            assert await lodging.take_more(uow, ticket_id=ticket.id, words="还" * 4000, now=NOON) is None
            await uow.commit()
        async with database.reading() as uow:
            assert await uow.tickets.words(ticket.id) == ANGRY

    async def test_stays_open_when_the_consultation_ends(self, database: Database, thread: str) -> None:
        ticket = await complain(database, thread)
        async with database.unit_of_work() as uow:
            await conversations.request_person(uow, conversation_id=thread, reason="citizen_asked", now=NOON)
            await conversations.claim(uow, conversation_id=thread, staff="s1", now=NOON)
            await conversations.release(uow, conversation_id=thread, staff="s1", now=NOON)
            await uow.commit()
        left = await waiting(database, thread)
        assert [(one.id, one.owner) for one in left] == [(ticket.id, None)]

    async def test_takes_a_number_to_ring(self, database: Database, thread: str) -> None:
        ticket = await complain(database, thread)
        async with database.unit_of_work() as uow:
            await lodging.leave_contact(
                uow, ticket_id=ticket.id, contact="<pii:phone:1>", safe_to_contact=SafeToContact.NEUTRAL_ONLY
            )
            await uow.commit()
        (left,) = await waiting(database, thread)
        assert (left.contact, left.safe_to_contact) == ("<pii:phone:1>", SafeToContact.NEUTRAL_ONLY)


class TestAnAgreedTime:
    async def test_keeps_who_is_to_come_along(self, database: Database, thread: str) -> None:
        sign, companion = Assistance.SIGN_INTERPRETER, Assistance.COMPANION
        async with database.unit_of_work() as uow:
            ticket = await lodging.lodge(
                uow, conversation_id=thread, kind=TicketKind.CALL_BACK, words="周四", assistance=(sign,), now=NOON
            )
            for _ in range(2):
                await lodging.take_more(uow, ticket_id=ticket.id, words="我姐陪我", assistance=(companion,), now=NOON)
            await uow.commit()
        [kept] = await waiting(database, thread)
        assert kept.assistance == (sign, companion)


class TestSatisfaction:
    async def test_is_on_record_for_reports(self, database: Database, thread: str) -> None:
        async with database.unit_of_work() as uow:
            await lodging.rate(uow, conversation_id=thread, satisfaction=lodging.Satisfaction.FAIR, now=NOON)
            await uow.commit()
        async with database.reading() as uow:
            (entry,) = [
                one for one in await uow.audit.of(f"conversation:{thread}") if one.entry.action.endswith("rated")
            ]
        assert entry.entry.data == {"satisfaction": "fair", "region": "231000", "channel": "web"}


class TestSigningOff:
    async def test_ends_a_thread_until_the_next_word(self, database: Database, thread: str) -> None:
        async with database.unit_of_work() as uow:
            ended = await conversations.sign_off(uow, conversation_id=thread, reason="abuse", now=NOON)
            assert ended.holder is Holder.CLOSED
            admission = await conversations.admit(
                uow, conversation_id=thread, external_id="1", text="您好", payload=None, now=NOON
            )
            assert admission.conversation.holder is Holder.BOT

    async def test_takes_nobody_out_of_the_queue(self, database: Database, thread: str) -> None:
        async with database.unit_of_work() as uow:
            await conversations.request_person(uow, conversation_id=thread, reason="citizen_asked", now=NOON)
            ended = await conversations.sign_off(uow, conversation_id=thread, reason="abuse", now=NOON)
            assert ended.holder is Holder.WAITING


class TestAnInterpreter:
    async def test_is_asked_for_with_the_person(self, database: Database, thread: str) -> None:
        async with database.unit_of_work() as uow:
            state = DialogueState(extra={conversations.LANGUAGE: "ko"})
            await conversations.save_state(uow, conversation_id=thread, state=state)
            await conversations.request_person(uow, conversation_id=thread, reason="citizen_asked", now=NOON)
            await uow.commit()
        (ticket,) = await waiting(database, thread)
        assert ticket.reason == "citizen_asked:interpreter:ko"

    async def test_is_noted_on_a_call_that_waits_already(self, database: Database, thread: str) -> None:
        async with database.unit_of_work() as uow:
            await conversations.request_person(uow, conversation_id=thread, reason="citizen_asked", now=NOON)
            await conversations.need_interpreter(uow, conversation_id=thread, language="ug")
            await conversations.need_interpreter(uow, conversation_id=thread, language="ug")
            await uow.commit()
        (ticket,) = await waiting(database, thread)
        assert ticket.reason == "citizen_asked:interpreter:ug"

    async def test_keeps_nobody_from_waiting_no_more(self, database: Database, thread: str) -> None:
        async with database.unit_of_work() as uow:
            await conversations.request_person(uow, conversation_id=thread, reason="citizen_asked", now=NOON)
            await conversations.need_interpreter(uow, conversation_id=thread, language="ug")
            assert await conversations.withdraw_request(uow, conversation_id=thread, now=NOON)
            await uow.commit()
        assert await waiting(database, thread) == ()


async def test_nobody_takes_back_what_was_never_asked(database: Database, thread: str) -> None:
    async with database.unit_of_work() as uow:
        assert not await conversations.withdraw_request(uow, conversation_id=thread, now=NOON)
