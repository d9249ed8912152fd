"""Conversations, hand-over and the vault over real databases, SQLite and PostgreSQL alike."""

import asyncio
from datetime import timedelta

import pytest

from api.db.engine import Database
from api.domain.conversation import LEASE, Holder, HolderRefused
from api.services import casework, conversations, tickets, vault
from api.services.conversations import ConversationNotFound
from api.services.records import (
    DialogueState,
    NewMessage,
    Sender,
    TicketKind,
)
from api.services.vault import PurposeRequired, TokenUnknown
from knowledge_base.types import SafetyKind, Urgency
from tests.http.world import EVERYWHERE, NOON, STAFF, opened, said

pytestmark = pytest.mark.http


class TestConversation:
    async def test_opens_to_its_token_only(self, database: Database) -> None:
        async with database.unit_of_work() as uow:
            mine = await conversations.open_conversation(uow, channel="web", region=None, locale="zh-CN", now=NOON)
            other = await conversations.open_conversation(uow, channel="web", region=None, locale="zh-CN", now=NOON)
            await uow.commit()
        async with database.reading() as uow:
            found = await conversations.authenticate(uow, conversation_id=mine.id, token=mine.token)
            assert found.holder is Holder.BOT
            strangers = ("unknown", "a\0b", "长", "x" * 65, "")
            pairs = [(mine.id, other.token), (mine.id, ""), *((name, mine.token) for name in strangers)]
            for thread, token in pairs:
                with pytest.raises(ConversationNotFound):
                    await conversations.authenticate(uow, conversation_id=thread, token=token)
        assert mine.token not in repr(mine)

    @pytest.mark.parametrize("name", ["unknown", "a\0b", "长", "x" * 65, ""])
    async def test_is_not_there_under_an_impossible_name(self, database: Database, name: str) -> None:
        async with database.unit_of_work() as uow:
            with pytest.raises(ConversationNotFound):
                await conversations.conversation(uow, conversation_id=name, now=NOON)
            assert await conversations.messages_after(uow, conversation_id=name, seq=0) == ()

    @pytest.mark.parametrize(("after", "count"), [(-(2**40), 1), (0, 1), (2**31 - 1, 0), (2**31, 0), (2**70, 0)])
    async def test_may_be_read_from_anywhere(self, database: Database, after: int, count: int) -> None:
        thread = await opened(database)
        await said(database, thread)
        async with database.reading() as uow:
            found = await conversations.messages_after(uow, conversation_id=thread, seq=after)
        assert len(found) == count

    async def test_admits_a_message_once_and_replays_its_answer(self, database: Database) -> None:
        thread = await opened(database)
        first = await said(database, thread)
        assert first.replay is None
        again = await said(database, thread)
        assert again.replay is None, "a turn that crashed before it answered runs again"
        assert again.message.seq == first.message.seq
        reply = NewMessage(sender=Sender.BOT, kind="text", text="您好", body={"choices": [{"title": "是"}]})
        async with database.unit_of_work() as uow:
            stored = await conversations.record_replies(
                uow, conversation_id=thread, in_reply_to=first.message.seq, messages=[reply], now=NOON
            )
            await uow.commit()
        replayed = await said(database, thread)
        assert replayed.replay == stored
        assert replayed.replay is not None
        assert replayed.replay[0].body == reply.body

    async def test_remembers_that_a_turn_had_nothing_to_say(self, database: Database) -> None:
        thread = await opened(database)
        first = await said(database, thread)
        async with database.unit_of_work() as uow:
            await conversations.record_replies(
                uow, conversation_id=thread, in_reply_to=first.message.seq, messages=[], now=NOON
            )
            await uow.commit()
        assert (await said(database, thread)).replay == ()

    async def test_keeps_the_first_answer_of_two(self, database: Database) -> None:
        thread = await opened(database)
        first = await said(database, thread)
        for words in ("一", "二"):
            async with database.unit_of_work() as uow:
                stored = await conversations.record_replies(
                    uow,
                    conversation_id=thread,
                    in_reply_to=first.message.seq,
                    messages=[NewMessage(sender=Sender.BOT, kind="text", text=words)],
                    now=NOON,
                )
                await uow.commit()
        assert [message.text for message in stored] == ["一"]

    async def test_numbers_messages_without_gaps_however_many_write_at_once(self, database: Database) -> None:
        thread = await opened(database)
        await asyncio.gather(*(said(database, thread, external_id=f"m{n}") for n in range(12)))
        async with database.reading() as uow:
            found = await conversations.messages_after(uow, conversation_id=thread, seq=0)
            late = await conversations.messages_after(uow, conversation_id=thread, seq=10)
        assert [message.seq for message in found] == list(range(1, 13))
        assert [message.seq for message in late] == [11, 12]

    async def test_loses_what_was_not_committed(self, database: Database) -> None:
        thread = await opened(database)
        async with database.unit_of_work() as uow:
            await conversations.admit(uow, conversation_id=thread, external_id="x", text="t", payload=None, now=NOON)
        async with database.reading() as uow:
            assert await conversations.messages_after(uow, conversation_id=thread, seq=0) == ()

    async def test_keeps_the_dialogue_s_memory(self, database: Database) -> None:
        thread = await opened(database)
        state = DialogueState(
            facts={"applicant.age": 68, "x": None, "y": True},
            asked="applicant.age",
            asked_private=True,
            matters=("labour.wages",),
            misses=1,
            last_reply={"kind": "text"},
        )
        async with database.unit_of_work() as uow:
            assert await conversations.load_state(uow, conversation_id=thread) == DialogueState()
            await conversations.save_state(uow, conversation_id=thread, state=state)
            await uow.commit()
        async with database.reading() as uow:
            assert await conversations.load_state(uow, conversation_id=thread) == state
            found = await conversations.conversation(uow, conversation_id=thread, now=NOON)
        assert (found.expecting, found.expecting_private) == ("applicant.age", True)

    async def test_finds_the_thread_of_a_platform_s_user(self, database: Database) -> None:
        async with database.unit_of_work() as uow:
            mine = await conversations.open_conversation(
                uow, channel="wechat", region=None, locale="zh-CN", external_user="openid-1", now=NOON
            )
            await uow.commit()
        async with database.reading() as uow:
            found = await conversations.conversation_of(uow, channel="wechat", external_user="openid-1")
            assert found is not None
            assert found.id == mine.id
            assert await conversations.external_user(uow, conversation_id=mine.id) == "openid-1"
            assert await conversations.conversation_of(uow, channel="telegram", external_user="openid-1") is None

    async def test_orders_turns_of_one_thread_and_lets_others_pass(self, database: Database) -> None:
        order: list[str] = []
        inside = asyncio.Event()

        async def turn(thread: str, name: str, seconds: float) -> None:
            async with database.conversation_lock(thread):
                order.append(f"{name} in")
                inside.set()
                await asyncio.sleep(seconds)
                order.append(f"{name} out")

        first = asyncio.create_task(turn("a", "first", 0.2))
        await inside.wait()
        await asyncio.gather(turn("a", "second", 0), turn("b", "other", 0), first)
        assert order.index("second in") > order.index("first out")
        assert order.index("other out") < order.index("first out")

    async def test_says_whether_a_turn_is_under_way(self, database: Database) -> None:
        assert not await database.turn_under_way("a")
        async with database.conversation_lock("a"):
            assert await database.turn_under_way("a")
            assert not await database.turn_under_way("b")
        assert not await database.turn_under_way("a")


class TestHandover:
    async def test_goes_to_a_person_and_back(self, database: Database) -> None:
        thread = await opened(database)
        async with database.unit_of_work() as uow:
            asked = await conversations.request_person(uow, conversation_id=thread, reason="asked", now=NOON)
            await conversations.request_person(uow, conversation_id=thread, reason="asked", now=NOON)
            await uow.commit()
        assert asked.holder is Holder.WAITING
        async with database.unit_of_work() as uow:
            assert [item.kind for item in (await casework.queue(uow, viewer=EVERYWHERE, now=NOON)).items] == [
                TicketKind.PERSON_REQUEST
            ]
            with pytest.raises(HolderRefused):
                await conversations.staff_message(uow, conversation_id=thread, staff="s1", text="您好", now=NOON)
            await conversations.claim(uow, conversation_id=thread, staff="s1", now=NOON)
            sent = await conversations.staff_message(uow, conversation_id=thread, staff="s1", text="您好", now=NOON)
            await uow.commit()
        assert sent.sender is Sender.PERSON
        async with database.unit_of_work() as uow:
            (item,) = (await casework.queue(uow, viewer=EVERYWHERE, now=NOON)).items
            assert item.owner == "s1"
            with pytest.raises(HolderRefused):
                await conversations.claim(uow, conversation_id=thread, staff="s2", now=NOON)
            given = await conversations.release(uow, conversation_id=thread, staff="s1", now=NOON)
            await uow.commit()
        assert given.holder is Holder.BOT
        async with database.reading() as uow:
            assert (await casework.queue(uow, viewer=EVERYWHERE, now=NOON)).items == ()

    async def test_gives_one_of_two_who_claim_at_once(self, database: Database) -> None:
        thread = await opened(database)

        async def try_claim(staff: str) -> bool:
            async with database.unit_of_work() as uow:
                try:
                    await conversations.claim(uow, conversation_id=thread, staff=staff, now=NOON)
                except HolderRefused:
                    return False
                await uow.commit()
                return True

        won = await asyncio.gather(*(try_claim(f"s{n}") for n in range(6)))
        assert sum(won) == 1

    async def test_returns_an_abandoned_thread_to_the_queue(self, database: Database) -> None:
        thread = await opened(database)
        async with database.unit_of_work() as uow:
            await conversations.claim(uow, conversation_id=thread, staff="s1", now=NOON)
            await uow.commit()
        later = NOON + LEASE
        async with database.unit_of_work() as uow:
            assert await conversations.return_expired(uow, now=later - timedelta(seconds=1)) == ()
            assert await conversations.return_expired(uow, now=later) == (thread,)
            await uow.commit()
        async with database.reading() as uow:
            found = await conversations.conversation(uow, conversation_id=thread, now=later)
            (item,) = (await casework.queue(uow, viewer=EVERYWHERE, now=later)).items
        assert found.holder is Holder.WAITING
        assert (item.kind, item.owner) == (TicketKind.PERSON_REQUEST, None)

    async def test_alerts_whoever_holds_the_thread(self, database: Database) -> None:
        thread = await opened(database)
        async with database.unit_of_work() as uow:
            await conversations.claim(uow, conversation_id=thread, staff="s1", now=NOON)
            alerted = await conversations.raise_alert(
                uow, conversation_id=thread, kinds=[SafetyKind.SELF_HARM], now=NOON
            )
            await uow.commit()
        assert (alerted.holder, alerted.urgency) == (Holder.PERSON, Urgency.S0)
        async with database.unit_of_work() as uow:
            (item,) = (await casework.queue(uow, viewer=EVERYWHERE, now=NOON)).items
            assert (item.kind, item.urgency, item.reason) == (TicketKind.ALERT, Urgency.S0, "self_harm")
            await tickets.acknowledge(uow, ticket_id=item.id, staff="s1", outcome="called_police", now=NOON)
            with pytest.raises(tickets.TicketNotFound):
                await tickets.acknowledge(uow, ticket_id=item.id, staff="s1", outcome="x", now=NOON)
            await uow.commit()

    async def test_alerts_anew_when_danger_grows_behind_an_alert_that_is_owned(self, database: Database) -> None:
        thread = await opened(database)

        async def danger(*kinds: SafetyKind, urgency: Urgency) -> int:
            """Raise an alert and return how many calls to the staff it made."""
            async with database.unit_of_work() as uow:
                await conversations.raise_alert(uow, conversation_id=thread, kinds=kinds, urgency=urgency, now=NOON)
                jobs = await uow.jobs.take(now=NOON, lease=timedelta(minutes=1), limit=9)
                await uow.commit()
            return sum(job.kind == tickets.STAFF_ALERT for job in jobs)

        assert await danger(SafetyKind.DEADLINE, urgency=Urgency.S1) == 1
        async with database.unit_of_work() as uow:
            await conversations.claim(uow, conversation_id=thread, staff="s1", now=NOON)
            await uow.commit()
        assert await danger(SafetyKind.DEADLINE, urgency=Urgency.S1) == 0, "nothing new, and somebody answers for it"
        assert await danger(SafetyKind.SELF_HARM, urgency=Urgency.S0) == 1
        assert await danger(SafetyKind.SELF_HARM, urgency=Urgency.S0) == 0, "nobody took it yet, and it stands there"
        assert await danger(SafetyKind.CHILD_HARM, urgency=Urgency.S0) == 1, "a new kind of danger calls again"
        async with database.reading() as uow:
            found = [(t.reason, t.urgency, t.owner) for t in await uow.tickets.open_ones(conversation_id=thread)]
        assert sorted(found) == [
            ("child_harm,self_harm", Urgency.S0, None),
            ("deadline", Urgency.S1, "s1"),
        ]


class TestVault:
    async def test_gives_a_value_back_for_a_purpose_and_says_so(self, database: Database) -> None:
        thread, other = await opened(database), await opened(database)
        async with database.unit_of_work() as uow:
            token = await vault.put(uow, conversation_id=thread, kind="phone", value="13904531234", now=NOON)
            same = await vault.put(uow, conversation_id=thread, kind="phone", value="13904531234", now=NOON)
            second = await vault.put(uow, conversation_id=thread, kind="phone", value="13900000000", now=NOON)
            await uow.commit()
        assert (token, same, second) == ("<pii:phone:1>", "<pii:phone:1>", "<pii:phone:2>")
        async with database.unit_of_work() as uow:
            value = await vault.reveal(uow, conversation_id=thread, token=token, purpose="intake", by=STAFF, now=NOON)
            for where, what in ((other, token), (thread, "<pii:phone:9>"), (thread, "13904531234")):
                with pytest.raises(TokenUnknown):
                    await vault.reveal(uow, conversation_id=where, token=what, purpose="p", by=STAFF, now=NOON)
            with pytest.raises(PurposeRequired):
                await vault.reveal(uow, conversation_id=thread, token=token, purpose=" ", by=STAFF, now=NOON)
            await uow.commit()
        assert value == "13904531234"
        async with database.reading() as uow:
            (line,) = await uow.audit.of(f"conversation:{thread}")
        assert line.entry.data == {"kind": "phone", "number": 1, "purpose": "intake"}

    async def test_destroys_what_must_go(self, database: Database) -> None:
        thread = await opened(database)
        async with database.unit_of_work() as uow:
            token = await vault.put(uow, conversation_id=thread, kind="phone", value="13904531234", now=NOON)
            assert await uow.vault.erase(conversation_id=thread) == 1
            with pytest.raises(TokenUnknown):
                await vault.reveal(uow, conversation_id=thread, token=token, purpose="p", by=STAFF, now=NOON)
