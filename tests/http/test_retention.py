"""What nobody needs any longer is destroyed when its time is up, or when the person asks; what is still needed is not."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from api.db.engine import Database
from api.db.tables import METADATA, attachments, conversations, messages, notes, signs, tickets, vault
from api.domain.audit import Actor, ActorKind
from api.services import attachments as handed_in
from api.services import auditing, news, retention
from api.services import conversations as threads
from api.services import vault as safe
from api.services.attachment_ports import Document, MediaType
from api.services.records import DialogueState
from api.services.wake import Wake
from api.worker import Worker
from tests.http.world import NOON, MovedClock, said, submitted

pytestmark = pytest.mark.http

KEPT = timedelta(days=180)
CITIZEN = Actor(kind=ActorKind.CITIZEN, id="web")


async def talk(database: Database, *, external_user: str | None = None) -> str:
    """Leave a trace in every table that a consultation reaches."""
    async with database.unit_of_work() as uow:
        found = await threads.open_conversation(
            uow, channel="web", region="231000", locale="zh-CN", external_user=external_user, now=NOON
        )
        await uow.commit()
    await said(database, found.id, words="我叫张三 老板不给钱")
    async with database.unit_of_work() as uow:
        await safe.put(uow, conversation_id=found.id, kind="phone", value="13904531234", now=NOON)
        await uow.conversations.save_state(found.id, DialogueState(facts={"applicant.age": 61}))
        paper = Document(media_type=MediaType.PDF, content=b"%PDF-1.7")
        await handed_in.keep(uow, conversation_id=found.id, seq=1, document=paper, now=NOON)
        await uow.commit()
    return found.id


async def count(database: Database, table: object) -> int:
    async with database.engine.connect() as connection:
        found: int = (await connection.execute(select(func.count()).select_from(table))).scalar_one()  # type: ignore[arg-type]
    return found


async def row(database: Database, thread: str) -> dict[str, object]:
    async with database.engine.connect() as connection:
        found = await connection.execute(select(conversations).where(conversations.c.id == thread))
        return dict(found.mappings().one())


def worker(database: Database, clock: MovedClock) -> Worker:
    return Worker(database, handlers={}, clock=clock, wake=Wake(), kept=KEPT)


class TestSweep:
    async def test_destroys_a_talk_on_the_day_its_time_is_up_and_not_before(self, database: Database) -> None:
        thread, clock = await talk(database), MovedClock()
        clock.move(days=179, hours=23)
        await worker(database, clock).run_once()
        assert await count(database, messages) == 1
        clock.move(hours=2)
        await worker(database, clock).run_once()
        assert [await count(database, table) for table in (messages, vault, notes, signs, attachments)] == [0] * 5
        left = await row(database, thread)
        assert (left["state_sealed"], left["care"], left["external_user_sealed"], left["token_digest"]) == (
            None,
            None,
            None,
            "",
        )
        async with database.reading() as uow:
            assert (await uow.conversations.load_state(thread)).facts == {}

    async def test_leaves_what_was_gone_on_with(self, database: Database) -> None:
        await talk(database)
        async with database.unit_of_work() as uow:
            thread = (await uow.retention.idle(before=NOON + KEPT, limit=9))[0]
            await threads.admit(
                uow,
                conversation_id=thread,
                external_id="m2",
                text="还没给",
                payload=None,
                now=NOON + timedelta(days=90),
            )
            await uow.commit()
        assert await retention.sweep(database, now=NOON + timedelta(days=200), kept=KEPT) == 0
        assert await retention.sweep(database, now=NOON + timedelta(days=271), kept=KEPT) == 1

    async def test_leaves_a_case_file_an_open_ticket_and_what_a_person_holds(self, database: Database) -> None:
        filed, asking = await talk(database), await talk(database)
        await submitted(database, conversation_id=filed)
        async with database.unit_of_work() as uow:
            await threads.request_person(uow, conversation_id=asking, reason="asked", now=NOON)
            await uow.commit()
        before = await count(database, messages)
        assert await retention.sweep(database, now=NOON + timedelta(days=4000), kept=KEPT) == 0
        assert await count(database, messages) == before

    async def test_keeps_who_a_follower_is_for_as_long_as_they_want_law_education(self, database: Database) -> None:
        follower = await talk(database, external_user="openid-1")
        async with database.unit_of_work() as uow:
            await news.agree(uow, conversation_id=follower, now=NOON)
            await uow.commit()
        await retention.sweep(database, now=NOON + timedelta(days=200), kept=KEPT)
        assert await count(database, messages) == 0
        async with database.reading() as uow:
            assert await uow.conversations.external_user(follower) == "openid-1"

    async def test_takes_a_batch_at_a_time_and_ends(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(retention, "BATCH", 2)
        for _ in range(5):
            await talk(database)
        clock = MovedClock()
        clock.move(days=200)
        busy = worker(database, clock)
        for _ in range(3):
            await busy.run_once()
        assert await count(database, messages) == 0

    async def test_is_on_record_and_the_chain_holds(self, database: Database) -> None:
        thread = await talk(database)
        await retention.sweep(database, now=NOON + timedelta(days=200), kept=KEPT)
        async with database.reading() as uow:
            last = (await uow.audit.of(f"conversation:{thread}"))[-1].entry
            assert (last.action, last.data) == ("conversation.destroyed", {"why": "period", "messages": 1})
            assert (await auditing.verify(uow, noted=None)).holds


class TestErase:
    async def test_destroys_at_once(self, database: Database) -> None:
        thread = await talk(database)
        async with database.unit_of_work() as uow:
            await retention.erase(uow, conversation_id=thread, by=CITIZEN, now=NOON)
            await uow.commit()
        assert await count(database, messages) == 0
        assert await count(database, vault) == 0
        async with database.unit_of_work() as uow:
            jobs = await uow.jobs.take(now=NOON, lease=KEPT, limit=50)
        assert [job.payload for job in jobs if job.kind == retention.FORGET] == [{"conversation": thread}]

    @pytest.mark.parametrize("unknown", ["", "0" * 32, "'; drop table messages"])
    async def test_of_nothing_is_refused(self, database: Database, unknown: str) -> None:
        async with database.unit_of_work() as uow:
            with pytest.raises(retention.StillNeeded):
                await retention.erase(uow, conversation_id=unknown, by=CITIZEN, now=NOON)

    async def test_of_a_case_file_is_refused(self, database: Database) -> None:
        thread = await talk(database)
        await submitted(database, conversation_id=thread)
        async with database.unit_of_work() as uow:
            with pytest.raises(retention.StillNeeded):
                await retention.erase(uow, conversation_id=thread, by=CITIZEN, now=NOON)
        assert await count(database, messages) >= 1

    def test_reaches_every_table_that_knows_a_conversation(self) -> None:
        """A new table with a conversation in it has to say here what becomes of it."""
        known = {table.name for table in METADATA.sorted_tables if "conversation_id" in table.c}
        emptied = {messages.name, notes.name, signs.name, attachments.name, tickets.name}
        needed = {"applications", "queue_items"}
        of_the_follower = {"subscriptions", "broadcast_readers"}
        assert known == emptied | needed | of_the_follower
