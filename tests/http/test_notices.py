"""News of an application: told in the thread where that is safe, by a person otherwise, and never just lost."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from api.db.engine import Database
from api.db.migrate import downgrade, upgrade
from api.domain.application import Event, TransitionRefused
from api.domain.clocks import midnight_after
from api.domain.details import Details
from api.services import applications, casework, contact, conversations
from api.services.applications import NOTICE
from api.services.records import Job, SafeToContact, TicketKind
from api.services.wake import Wake
from api.worker import Handler, Worker, own_handlers
from tests.http.world import EVERYWHERE, NOON, STAFF, MovedClock, opened, submitted

pytestmark = pytest.mark.http

REFUSED = ((Event.BEGIN_REVIEW, None), (Event.REFUSE, Details(reason="超出范围")))


async def moved(
    database: Database, reference: str, events: Sequence[tuple[Event, Details | None]], **handlers: Handler
) -> None:
    """Move an application on step by step, and let the worker do what follows until nothing is due for a day."""
    clock, wake = MovedClock(), Wake()
    known = {**own_handlers(database, clock=clock, wake=wake), **handlers}
    worker = Worker(database, handlers=known, clock=clock, wake=wake)
    for event, details in events:
        async with database.unit_of_work() as uow:
            await applications.apply_event(uow, reference=reference, event=event, by=STAFF, now=NOON, details=details)
            await uow.commit()
        while await worker.run_once():
            pass
    for _ in range(14):
        clock.move(hours=2)
        await worker.run_once()


async def tasks(database: Database) -> list[tuple[str, str | None, str | None]]:
    async with database.reading() as uow:
        items = (await casework.queue(uow, viewer=EVERYWHERE, now=NOON)).items
    return [(item.reason, item.reference, item.owner) for item in items if item.kind is TicketKind.TASK]


async def told(database: Database, thread: str) -> list[str]:
    async with database.reading() as uow:
        return [message.text for message in await conversations.messages_after(uow, conversation_id=thread, seq=0)]


class TestNews:
    @pytest.mark.parametrize("safe", [SafeToContact.NO, SafeToContact.UNKNOWN])
    async def test_is_a_persons_to_bring_where_it_must_not_go_out_of_itself(
        self, database: Database, safe: SafeToContact
    ) -> None:
        thread = await opened(database)
        reference = await submitted(database, conversation_id=thread, safe_to_contact=safe)
        await moved(database, reference, REFUSED)
        assert await told(database, thread) == []
        assert await tasks(database) == [("tell_citizen:refuse", reference, "s1")]

    async def test_is_a_persons_to_bring_to_whoever_has_no_thread(self, database: Database) -> None:
        reference = await submitted(database)
        await moved(database, reference, REFUSED)
        assert await tasks(database) == [("tell_citizen:refuse", reference, "s1")]

    @pytest.mark.parametrize("channel", sorted(contact.SPOKEN))
    async def test_is_a_persons_to_bring_to_whoever_called(self, database: Database, channel: str) -> None:
        thread = await opened(database, channel=channel)
        reference = await submitted(database, conversation_id=thread)
        await moved(database, reference, REFUSED)
        assert await told(database, thread) == []
        assert ("tell_citizen:refuse", reference, "s1") in await tasks(database)

    async def test_is_a_persons_to_bring_when_the_machine_gave_up(self, database: Database) -> None:
        async def never(_job: Job) -> None:
            raise ConnectionError

        reference = await submitted(database, conversation_id=await opened(database))
        await moved(database, reference, REFUSED, **{NOTICE: never})
        async with database.reading() as uow:
            assert len(await uow.jobs.dead()) == 4
        assert ("tell_citizen:refuse", reference, "s1") in await tasks(database)

    async def test_is_told_at_every_step_however_the_jobs_are_numbered(self, database: Database) -> None:
        """SQLite gives the number of a finished job to the next one."""
        first, second = await opened(database), await opened(database)
        for key, thread in (("a", first), ("b", second)):
            reference = await submitted(database, key=key, conversation_id=thread)
            steps = (Event.BEGIN_REVIEW, None), (Event.GRANT, None), (Event.ASSIGN, Details(provider="p1"))
            await moved(database, reference, steps)
            assert [text.rsplit("：", 1)[-1] for text in await told(database, thread)] == [
                "正在审查。",
                "已决定给予法律援助。",
                "已安排法律援助人员。",
            ]
        assert sorted(task[0] for task in await tasks(database)) == [
            *["follow_up:before"] * 2,
            *["tell_provider:assigned"] * 2,
        ]

    async def test_tells_each_of_two_quick_steps_by_itself(self, database: Database) -> None:
        thread = await opened(database)
        reference = await submitted(database, conversation_id=thread)
        for event in (Event.BEGIN_REVIEW, Event.GRANT):
            async with database.unit_of_work() as uow:
                await applications.apply_event(uow, reference=reference, event=event, by=STAFF, now=NOON)
                await uow.commit()
        await moved(database, reference, ())
        assert [text.rsplit("：", 1)[-1] for text in await told(database, thread)] == [
            "正在审查。",
            "已决定给予法律援助。",
        ]

    async def test_asks_for_no_papers_that_came_before_it_went_out(self, database: Database) -> None:
        thread = await opened(database)
        reference = await submitted(database, conversation_id=thread)
        steps = (
            (Event.BEGIN_REVIEW, None),
            (Event.REQUEST_SUPPLEMENT, Details(papers=("身份证明",))),
            (Event.SUPPLY, None),
        )
        for event, details in steps:
            async with database.unit_of_work() as uow:
                await applications.apply_event(
                    uow, reference=reference, event=event, by=STAFF, now=NOON, details=details
                )
                await uow.commit()
        await moved(database, reference, ())
        assert [text.rsplit("：", 1)[-1] for text in await told(database, thread)] == [
            "正在审查。",
            "等您补交材料。",
            "正在审查。",
        ]

    async def test_needs_nobody_where_the_thread_tells_it(self, database: Database) -> None:
        thread = await opened(database)
        reference = await submitted(database, conversation_id=thread)
        await moved(database, reference, REFUSED)
        assert await tasks(database) == []
        assert [reference in text for text in await told(database, thread)] == [True, True]


class TestMissingPapers:
    async def test_are_told_with_their_day_and_nobody_counts_as_withdrawn_before_it(self, database: Database) -> None:
        thread = await opened(database)
        reference = await submitted(database, conversation_id=thread)
        asked = Details(papers=("身份证明", "工资条"))
        await moved(database, reference, ((Event.BEGIN_REVIEW, None), (Event.REQUEST_SUPPLEMENT, asked)))
        text = (await told(database, thread))[-1]
        assert "身份证明；工资条。请在2026年12月5日之前（含当天）补上。" in text
        async with database.reading() as uow:
            found = await applications.status(uow, reference=reference, phone_tail="1234", now=NOON)
        assert found.clock is not None
        assert (found.clock.days_left(now=NOON), found.missing_documents) == (15, ("身份证明", "工资条"))
        for days, code in ((15, "papers_not_due"), (16, None)):
            later = NOON + timedelta(days=days)
            async with database.unit_of_work() as uow:
                if code is None:
                    await applications.apply_event(
                        uow, reference=reference, event=Event.DEEM_WITHDRAWN, by=STAFF, now=later
                    )
                else:
                    with pytest.raises(TransitionRefused) as refused:
                        await applications.apply_event(
                            uow, reference=reference, event=Event.DEEM_WITHDRAWN, by=STAFF, now=later
                        )
                    assert refused.value.code == code

    async def test_may_be_given_a_day_of_their_own(self, database: Database) -> None:
        thread = await opened(database)
        reference = await submitted(database, conversation_id=thread)
        asked = Details(papers=("身份证明",), papers_due=midnight_after(date(2026, 11, 27)))
        await moved(database, reference, ((Event.BEGIN_REVIEW, None), (Event.REQUEST_SUPPLEMENT, asked)))
        assert "请在2026年11月27日之前" in (await told(database, thread))[-1]

    async def test_asked_for_before_days_were_noted_are_given_the_service_s(self, database: Database) -> None:
        reference = await submitted(database)
        asked = Details(papers=("身份证明",))
        await moved(database, reference, ((Event.BEGIN_REVIEW, None), (Event.REQUEST_SUPPLEMENT, asked)))
        url = database.engine.url.render_as_string(hide_password=False)
        await downgrade(url, to="0008")
        await upgrade(url)
        async with database.reading() as uow:
            record = await uow.applications.get(reference)
        assert record is not None
        assert record.application.papers_due == NOON + timedelta(days=15)


class TestADecisionAgainstSomebody:
    async def test_comes_with_the_way_to_object_and_then_to_court(self, database: Database) -> None:
        thread = await opened(database)
        reference = await submitted(database, conversation_id=thread)
        upheld = ((Event.OBJECT, None), (Event.UPHOLD, Details(reason="维持")))
        await moved(database, reference, (*REFUSED, *upheld))
        refused, upheld_text = (text for text in await told(database, thread) if "不同意的" in text)
        assert "理由：超出范围。不同意的，可以向设立法律援助机构的司法行政部门提出异议" in refused
        assert "理由：维持。还不同意的，可以依法申请行政复议" in upheld_text
        async with database.unit_of_work() as uow:
            detail = await casework.detail(uow, reference=reference, viewer=EVERYWHERE, now=NOON)
            looks = [line.entry.data for line in await uow.audit.of(reference) if line.entry.action == "vault.revealed"]
        assert detail.reasons == ("超出范围", "维持")
        assert [look["number"] for look in looks] == [1, 2]
        assert all("超出" not in str(look) for look in looks)

    async def test_keeps_what_was_noted_of_the_citizen_s_own_step(self, database: Database) -> None:
        thread = await opened(database)
        reference = await submitted(database, conversation_id=thread)
        await moved(database, reference, ((Event.WITHDRAW, Details(reason="家里人不让办")),))
        assert not any("不让办" in text for text in await told(database, thread))

    async def test_says_nothing_of_it_where_words_must_be_neutral(self, database: Database) -> None:
        thread = await opened(database)
        reference = await submitted(database, conversation_id=thread, safe_to_contact=SafeToContact.NEUTRAL_ONLY)
        await moved(database, reference, REFUSED)
        assert not any("异议" in text or "超出" in text or reference in text for text in await told(database, thread))
