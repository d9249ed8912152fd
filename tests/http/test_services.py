"""The services over real databases, SQLite and PostgreSQL alike."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from api.db.engine import Database
from api.domain.application import Details, Event, State, TransitionRefused
from api.domain.audit import Actor, ActorKind, first_broken
from api.domain.clocks import Party
from api.domain.conversation import LEASE, Holder, HolderRefused
from api.services import applications, casework, conversations, tickets, vault
from api.services.applications import ApplicationNotFound, DraftRefused, IdempotencyConflict
from api.services.conversations import ConversationNotFound
from api.services.ports import VersionConflict
from api.services.records import (
    Contact,
    DialogueState,
    Job,
    NewMessage,
    Sender,
    StaffAccount,
    StaffSession,
    ThirdParty,
    TicketKind,
    Viewer,
)
from api.services.vault import PurposeRequired, TokenUnknown
from knowledge_base.types import SafetyKind, Urgency
from tests.http.world import NOON, FakeLaw, draft

pytestmark = pytest.mark.http

STAFF = Actor(kind=ActorKind.STAFF, id="s1")
EVERYWHERE = Viewer(staff="s1", role="reviewer")


async def opened(database: Database, *, region: str | None = "231000") -> str:
    async with database.unit_of_work() as uow:
        found = await conversations.open_conversation(
            uow, channel="web", region=region, locale="zh-CN", external_user=None, now=NOON
        )
        await uow.commit()
    return found.id


async def said(
    database: Database, thread: str, *, external_id: str = "m1", words: str = "老板不给钱"
) -> conversations.Admission:
    async with database.unit_of_work() as uow:
        admitted = await conversations.admit(
            uow, conversation_id=thread, external_id=external_id, text=words, payload=None, now=NOON
        )
        await uow.commit()
    return admitted


async def submitted(database: Database, *, key: str = "k1", **changed: object) -> str:
    async with database.unit_of_work() as uow:
        receipt = await applications.submit(
            uow, idempotency_key=key, draft=draft(**changed), assess=FakeLaw().assess, now=NOON
        )
        await uow.commit()
    return receipt.reference


class TestConversation:
    async def test_opens_to_its_token_only(self, database: Database) -> None:
        async with database.unit_of_work() as uow:
            mine = await conversations.open_conversation(uow, channel="web", region=None, locale="zh-CN", now=NOON)
            other = await conversations.open_conversation(uow, channel="web", region=None, locale="zh-CN", now=NOON)
            await uow.commit()
        async with database.reading() as uow:
            found = await conversations.authenticate(uow, conversation_id=mine.id, token=mine.token)
            assert found.holder is Holder.BOT
            for thread, token in ((mine.id, other.token), ("unknown", mine.token), (mine.id, "")):
                with pytest.raises(ConversationNotFound):
                    await conversations.authenticate(uow, conversation_id=thread, token=token)
        assert mine.token not in repr(mine)

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


class TestHandover:
    async def test_goes_to_a_person_and_back(self, database: Database) -> None:
        thread = await opened(database)
        async with database.unit_of_work() as uow:
            asked = await conversations.request_person(uow, conversation_id=thread, reason="asked", now=NOON)
            await conversations.request_person(uow, conversation_id=thread, reason="asked", now=NOON)
            await uow.commit()
        assert asked.holder is Holder.WAITING
        async with database.unit_of_work() as uow:
            assert [item.kind for item in await casework.queue(uow, viewer=EVERYWHERE, now=NOON)] == [
                TicketKind.PERSON_REQUEST
            ]
            with pytest.raises(HolderRefused):
                await conversations.staff_message(uow, conversation_id=thread, staff="s1", text="您好", now=NOON)
            await conversations.claim(uow, conversation_id=thread, staff="s1", now=NOON)
            sent = await conversations.staff_message(uow, conversation_id=thread, staff="s1", text="您好", now=NOON)
            await uow.commit()
        assert sent.sender is Sender.PERSON
        async with database.unit_of_work() as uow:
            (item,) = await casework.queue(uow, viewer=EVERYWHERE, now=NOON)
            assert item.owner == "s1"
            with pytest.raises(HolderRefused):
                await conversations.claim(uow, conversation_id=thread, staff="s2", now=NOON)
            given = await conversations.release(uow, conversation_id=thread, staff="s1", now=NOON)
            await uow.commit()
        assert given.holder is Holder.BOT
        async with database.reading() as uow:
            assert await casework.queue(uow, viewer=EVERYWHERE, now=NOON) == ()

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
            (item,) = await casework.queue(uow, viewer=EVERYWHERE, now=later)
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
            (item,) = await casework.queue(uow, viewer=EVERYWHERE, now=NOON)
            assert (item.kind, item.urgency, item.reason) == (TicketKind.ALERT, Urgency.S0, "self_harm")
            await tickets.acknowledge(uow, ticket_id=item.id, staff="s1", outcome="called_police", now=NOON)
            with pytest.raises(tickets.TicketNotFound):
                await tickets.acknowledge(uow, ticket_id=item.id, staff="s1", outcome="x", now=NOON)
            await uow.commit()


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


class TestSubmit:
    async def test_takes_an_application_in_and_tells_its_owner_how_it_stands(self, database: Database) -> None:
        reference = await submitted(database)
        async with database.reading() as uow:
            for typed in (reference, reference.lower(), reference.replace("-", " ")):
                found = await applications.status(uow, reference=typed, phone_tail="1234", now=NOON)
                assert (found.state, found.waiting_on) == (State.SUBMITTED, Party.INSTITUTION)
                assert found.clock is not None
                assert found.clock.days_left(now=NOON) == 7
            for key, tail in ((reference, "9999"), ("LA-2026-2222-2", "1234"), ("", "1234"), (reference, "")):
                with pytest.raises(ApplicationNotFound):
                    await applications.status(uow, reference=key, phone_tail=tail, now=NOON)

    async def test_answers_the_same_key_alike_and_once(self, database: Database) -> None:
        first, second = await submitted(database), await submitted(database)
        assert first == second
        with pytest.raises(IdempotencyConflict):
            await submitted(database, words="别的话")
        async with database.reading() as uow:
            assert len(await uow.applications.open_ones()) == 1

    async def test_makes_one_application_of_many_posts_at_once(self, database: Database) -> None:
        references = await asyncio.gather(*(submitted(database) for _ in range(8)))
        assert len(set(references)) == 1
        async with database.reading() as uow:
            assert len(await uow.applications.open_ones()) == 1

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"consents": ()}, "consents"),
            ({"contact": Contact(name="张", phone="不知道")}, "contact.phone"),
            ({"contact": Contact(name="  ", phone="13904531234")}, "contact.name"),
            ({"region": "牡丹江"}, "region"),
        ],
    )
    async def test_refuses_what_cannot_be_taken(
        self, database: Database, changed: dict[str, object], field: str
    ) -> None:
        with pytest.raises(DraftRefused) as refused:
            await submitted(database, **changed)
        assert refused.value.field == field

    async def test_needs_separate_consent_for_sensitive_facts_only_where_there_are_any(
        self, database: Database
    ) -> None:
        handover = draft().consents[:1]
        with pytest.raises(DraftRefused):
            await submitted(database, consents=handover)
        assert await submitted(database, consents=handover, facts={})

    async def test_is_reviewed_the_same_day_where_the_verdict_says_so(self, database: Database) -> None:
        plain = await submitted(database, key="a")
        disabled = await submitted(database, key="b", facts={"applicant.disability": "visual"})
        async with database.reading() as uow:
            found = await casework.queue(uow, viewer=EVERYWHERE, now=NOON)
        assert [item.reference for item in found] == [disabled, plain]


class TestCase:
    async def test_moves_on_with_an_audit_line_and_a_notice(self, database: Database) -> None:
        reference = await submitted(database)
        async with database.unit_of_work() as uow:
            await applications.apply_event(uow, reference=reference, event=Event.BEGIN_REVIEW, by=STAFF, now=NOON)
            await uow.commit()
        async with database.unit_of_work() as uow:
            with pytest.raises(TransitionRefused):
                await applications.apply_event(uow, reference=reference, event=Event.ASSIGN, by=STAFF, now=NOON)
            with pytest.raises(VersionConflict):
                await applications.apply_event(
                    uow, reference=reference, event=Event.GRANT, by=STAFF, now=NOON, version=1
                )
        async with database.unit_of_work() as uow:
            detail = await casework.detail(uow, reference=reference, viewer=EVERYWHERE, now=NOON)
            jobs = await uow.jobs.take(now=NOON, lease=timedelta(minutes=1), limit=10)
            await uow.commit()
        assert detail.record.application.state is State.IN_REVIEW
        assert detail.record.owner == "s1"
        assert [line.entry.action for line in detail.history] == ["application.submit", "application.begin_review"]
        assert {job.payload["notice"] for job in jobs} == {"submit", "application_received", "begin_review"}
        assert Event.GRANT in detail.events

    async def test_lets_one_of_two_decide_at_once(self, database: Database) -> None:
        reference = await submitted(database)

        async def begin(staff: str) -> bool:
            async with database.unit_of_work() as uow:
                try:
                    await applications.apply_event(
                        uow,
                        reference=reference,
                        event=Event.BEGIN_REVIEW,
                        by=Actor(kind=ActorKind.STAFF, id=staff),
                        now=NOON,
                    )
                except (VersionConflict, TransitionRefused):
                    return False
                await uow.commit()
                return True

        assert sum(await asyncio.gather(*(begin(f"s{n}") for n in range(5)))) == 1

    async def test_shows_the_reviewer_everything_but_name_and_phone(self, database: Database) -> None:
        thread = await opened(database)
        await said(database, thread)
        third = ThirdParty(name="李四", relationship="女儿", pass_phrase="暗号")
        reference = await submitted(database, conversation_id=thread, third_party=third)
        async with database.unit_of_work() as uow:
            detail = await casework.detail(uow, reference=reference, viewer=EVERYWHERE, now=NOON)
            await uow.commit()
        assert detail.words == "老板拖了三个月工资不给"
        assert detail.facts["household.monthly_income_per_capita"] == "1200.5"
        assert detail.verdict["outcome"] == "likely"
        assert (detail.masked_name, detail.masked_phone) == ("张**", "139****1234")
        assert detail.third_party == "女儿"
        assert [message.text for message in detail.transcript] == ["老板不给钱"]
        assert "老板" not in repr(detail)

    async def test_opens_the_contact_for_a_purpose_and_says_so(self, database: Database) -> None:
        reference = await submitted(database)
        async with database.unit_of_work() as uow:
            with pytest.raises(PurposeRequired):
                await casework.open_contact(uow, reference=reference, viewer=EVERYWHERE, purpose="", now=NOON)
            contact, third = await casework.open_contact(
                uow, reference=reference, viewer=EVERYWHERE, purpose="回电话", now=NOON
            )
            await uow.commit()
        assert (contact.name, contact.phone, third) == ("张三丰", "13904531234", None)
        async with database.reading() as uow:
            lines = await uow.audit.of(reference)
        assert lines[-1].entry.action == "application.contact_opened"
        assert lines[-1].entry.data == {"purpose": "回电话"}

    async def test_is_not_there_for_another_region(self, database: Database) -> None:
        reference = await submitted(database)
        elsewhere = Viewer(staff="s9", role="reviewer", regions=("640000",))
        province = Viewer(staff="s8", role="reviewer", regions=("230000",))
        async with database.unit_of_work() as uow:
            with pytest.raises(ApplicationNotFound):
                await casework.detail(uow, reference=reference, viewer=elsewhere, now=NOON)
            assert await casework.queue(uow, viewer=elsewhere, now=NOON) == ()
            assert len(await casework.queue(uow, viewer=province, now=NOON)) == 1

    async def test_keeps_a_refusal_s_reason_sealed_and_off_the_queue(self, database: Database) -> None:
        reference = await submitted(database)
        for event, details in ((Event.BEGIN_REVIEW, None), (Event.REFUSE, Details(reason="张三丰收入太高"))):
            async with database.unit_of_work() as uow:
                await applications.apply_event(
                    uow, reference=reference, event=event, by=STAFF, now=NOON, details=details
                )
                await uow.commit()
        async with database.reading() as uow:
            assert await casework.queue(uow, viewer=EVERYWHERE, now=NOON) == ()
            assert await uow.vault.open(conversation_id=reference, kind="reason", number=1) == "张三丰收入太高"


class TestWhatLiesInTheTables:
    async def test_is_nothing_a_thief_could_read(self, database: Database) -> None:
        thread = await opened(database)
        await said(database, thread, words="我叫张三丰，电话13904531234")
        async with database.unit_of_work() as uow:
            await vault.put(uow, conversation_id=thread, kind="phone", value="13904531234", now=NOON)
            state = DialogueState(facts={"claim.abuse": True}, topic="张三丰")
            await conversations.save_state(uow, conversation_id=thread, state=state)
            await conversations.open_conversation(
                uow, channel="wechat", region=None, locale="zh-CN", external_user="openid-张三丰", now=NOON
            )
            await uow.commit()
        await submitted(
            database,
            third_party=ThirdParty(name="李四", relationship="女儿", pass_phrase="暗号"),
            conversation_id=thread,
        )
        dump: list[str] = []
        async with database.engine.connect() as connection:
            for table in (
                "conversations",
                "messages",
                "vault",
                "applications",
                "audit",
                "jobs",
                "idempotency",
                "tickets",
            ):
                rows = (await connection.execute(text(f"SELECT * FROM {table}"))).all()  # noqa: S608 - our own names
                dump += [_readable(value) for row in rows for value in row]
        everything = "\n".join(dump)
        assert "labour.wages" in everything, "the dump must be able to find something"
        for personal in ("张三丰", "13904531234", "李四", "暗号", "老板", "claim.abuse", "1200.5", "openid"):
            assert personal not in everything

    async def test_is_a_chain_that_holds_across_transactions(self, database: Database) -> None:
        await asyncio.gather(*(submitted(database, key=f"k{n}") for n in range(6)))
        async with database.reading() as uow:
            entries = await uow.audit.entries()
        assert [entry.seq for entry in entries] == list(range(1, 7))
        assert first_broken(entries) is None

    async def test_shows_a_forged_row(self, database: Database) -> None:
        await submitted(database)
        await submitted(database, key="k2")
        async with database.engine.begin() as connection:
            await connection.execute(text("UPDATE audit SET action = 'application.grant' WHERE seq = 1"))
        async with database.reading() as uow:
            assert first_broken(await uow.audit.entries()) == 1


def _readable(value: object) -> str:
    return value.decode("utf-8", "ignore") if isinstance(value, bytes) else str(value)


class TestStaffTables:
    async def test_keep_accounts_and_sessions(self, database: Database) -> None:
        account = StaffAccount(
            id="s1",
            name="zhao",
            display_name="赵",
            role="reviewer",
            regions=("231000",),
            password_hash="h",
            totp_secret="秘密",
            created_at=NOON,
        )
        session = StaffSession(
            token_digest="d", staff_id="s1", csrf="c", created_at=NOON, seen_at=NOON, expires_at=NOON
        )
        later = NOON + timedelta(hours=1)
        async with database.unit_of_work() as uow:
            await uow.staff.add(account)
            await uow.staff.add_session(session)
            await uow.staff.save(replace(account, failures=3))
            await uow.staff.touch_session("d", seen_at=later, expires_at=later)
            await uow.commit()
        async with database.unit_of_work() as uow:
            assert await uow.staff.by_name("zhao") == replace(account, failures=3) == await uow.staff.get("s1")
            assert len(await uow.staff.all()) == 1
            assert await uow.staff.session("d") == replace(session, seen_at=later, expires_at=later)
            await uow.staff.end_sessions_of("s1")
            assert await uow.staff.session("d") is None


class TestJobs:
    async def test_go_to_one_worker_each(self, database: Database) -> None:
        async with database.unit_of_work() as uow:
            for number in range(20):
                await uow.jobs.add(Job(kind="k", payload={"n": number}, run_at=NOON))
            await uow.commit()

        async def take() -> list[int]:
            async with database.unit_of_work() as uow:
                jobs = await uow.jobs.take(now=NOON, lease=timedelta(minutes=1), limit=4)
                await asyncio.sleep(0.01)
                await uow.commit()
            return [job.id for job in jobs]

        taken = [job for batch in await asyncio.gather(*(take() for _ in range(5))) for job in batch]
        assert sorted(taken) == sorted(set(taken))
        assert len(taken) == 20

    async def test_come_back_when_their_worker_died(self, database: Database) -> None:
        async with database.unit_of_work() as uow:
            await uow.jobs.add(Job(kind="k", payload={}, run_at=NOON))
            (job,) = await uow.jobs.take(now=NOON, lease=timedelta(minutes=1), limit=5)
            assert await uow.jobs.take(now=NOON, lease=timedelta(minutes=1), limit=5) == ()
            (again,) = await uow.jobs.take(now=NOON + timedelta(minutes=1), lease=timedelta(minutes=1), limit=5)
        assert (again.id, again.attempts) == (job.id, 2)
