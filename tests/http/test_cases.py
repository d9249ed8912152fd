"""Applications, the queue, the outbox and what lies in the tables, on SQLite and PostgreSQL alike."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from api.db.engine import Database
from api.domain.application import Event, State, TransitionRefused
from api.domain.audit import Actor, ActorKind, first_broken
from api.domain.clocks import Party
from api.domain.details import Details
from api.services import applications, casework, conversations, notices, vault
from api.services.applications import ApplicationNotFound, IdempotencyConflict
from api.services.drafts import DraftRefused
from api.services.ports import VersionConflict
from api.services.records import (
    Contact,
    DialogueState,
    Job,
    ThirdParty,
    Viewer,
)
from api.services.staff_records import StaffAccount, StaffSession
from api.services.vault import PurposeRequired
from tests.http.world import EVERYWHERE, NOON, STAFF, draft, opened, said, submitted

pytestmark = pytest.mark.http


class TestLocks:
    async def test_of_a_look_and_a_notice_never_cross_those_of_a_claim(self, database: Database) -> None:
        thread = await opened(database)
        reference = await submitted(database, conversation_id=thread)
        notice = Job(
            kind="application_notice",
            payload={"reference": reference, "to": "tell_citizen", "notice": "grant"},
            run_at=NOON,
            id=7,
        )

        async def look() -> None:
            async with database.unit_of_work() as uow:
                await casework.detail(uow, reference=reference, viewer=EVERYWHERE, now=NOON)
                await uow.commit()

        async def tell() -> None:
            async with database.unit_of_work() as uow:
                await notices.deliver(uow, job=notice, now=NOON)
                await uow.commit()

        if database.engine.dialect.name == "sqlite":  # one writer at a time: nothing can cross, and each gets its turn
            await asyncio.wait_for(look(), 5)
            await asyncio.wait_for(tell(), 5)
            return
        async with database.unit_of_work() as claiming:
            await claiming.conversations.get(thread)
            await asyncio.wait_for(look(), 5)
            telling = asyncio.create_task(tell())
            await asyncio.sleep(0.3)
            assert not telling.done(), "it waits for the conversation"
            async with asyncio.timeout(5):
                held = await claiming.applications.get(reference)
            assert held is not None, "and holds no application meanwhile"
            await claiming.commit()
        await asyncio.wait_for(telling, 5)


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
            found = (await casework.queue(uow, viewer=EVERYWHERE, now=NOON)).items
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
        third = ThirdParty(name="李四", relationship="女儿")
        reference = await submitted(database, conversation_id=thread, third_party=third, pass_phrase="暗号")
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
            persons = await casework.open_contact(
                uow, reference=reference, viewer=EVERYWHERE, purpose="回电话", now=NOON
            )
            await uow.commit()
        assert (persons.contact.name, persons.contact.phone, persons.third_party) == ("张三丰", "13904531234", None)
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
            assert (await casework.queue(uow, viewer=elsewhere, now=NOON)).items == ()
            assert len((await casework.queue(uow, viewer=province, now=NOON)).items) == 1

    async def test_keeps_a_refusal_s_reason_sealed_and_off_the_queue(self, database: Database) -> None:
        reference = await submitted(database)
        for event, details in ((Event.BEGIN_REVIEW, None), (Event.REFUSE, Details(reason="张三丰收入太高"))):
            async with database.unit_of_work() as uow:
                await applications.apply_event(
                    uow, reference=reference, event=event, by=STAFF, now=NOON, details=details
                )
                await uow.commit()
        async with database.reading() as uow:
            assert (await casework.queue(uow, viewer=EVERYWHERE, now=NOON)).items == ()
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
            third_party=ThirdParty(name="李四", relationship="女儿"),
            pass_phrase="暗号",
            opponents=("宏达建筑有限公司", "钱富贵"),
            preference="孙律师",
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
                "notes",
                "parties",
            ):
                rows = (await connection.execute(text(f"SELECT * FROM {table}"))).all()  # noqa: S608 - our own names
                dump += [_readable(value) for row in rows for value in row]
        everything = "\n".join(dump)
        assert "labour.wages" in everything, "the dump must be able to find something"
        for personal in (
            "张三丰",
            "13904531234",
            "李四",
            "暗号",
            "老板",
            "claim.abuse",
            "1200.5",
            "openid",
            "宏达",
            "钱富贵",
            "孙律师",
        ):
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
            totp_step=59_000_000,
            password_temporary=True,
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
