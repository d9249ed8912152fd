"""Curation over both databases: versions and decisions only grow, and what goes to the library follows from them."""

from datetime import date, timedelta

import pytest

from api.db.engine import Database
from api.domain.curation import Kind, Stage, Step, StepRefused
from api.domain.staff import Role
from api.services import curation, lookups
from api.services.curation import DraftFlawed, Item, ItemNotFound, NoteRequired, Written
from api.services.curation_ports import Lookup, LookupOutcome
from api.services.lookups import LookedUp
from api.services.ports import VersionConflict
from api.services.records import Job
from api.services.staff import NotPermitted, StaffMember
from knowledge_base.drafts import CardDraft, Finding, Flaw, Particulars, Review
from knowledge_base.types import Answer, NoAnswer, NoAnswerReason, Provenance
from tests.http.world import CITATION, NOON
from tests.library import wages

pytestmark = pytest.mark.http

LAWYER = StaffMember(id="lawyer", name="l", display_name="律师", role=Role.DUTY_LAWYER)
MANAGER = StaffMember(id="manager", name="m", display_name="主任", role=Role.MANAGER)
LOCAL = StaffMember(id="local", name="o", display_name="牡丹江", role=Role.MANAGER, regions=("231000",))
SEAT = StaffMember(id="seat", name="s", display_name="坐席", role=Role.OPERATOR)
GOOD = Review()
BAD = Review(problems=(Finding(flaw=Flaw.SOURCE_MISSING),))
CARD, KEY = Kind.CARD, "aid.wages"


async def save(  # noqa: PLR0913 - keyword-only
    database: Database,
    body: CardDraft | Particulars | None = None,
    *,
    by: StaffMember = LAWYER,
    base: int = 0,
    before: CardDraft | Particulars | None = None,
    file: bytes | None = None,
) -> Item:
    body = body or wages()
    kind, key = (CARD, body.id) if isinstance(body, CardDraft) else (Kind.DOCUMENT, "doc-1")
    written = Written(kind=kind, key=key, body=body, base=base, file=file, file_name="方案.txt" if file else None)
    async with database.unit_of_work() as uow:
        item = await curation.save(uow, member=by, written=written, before=before, now=NOON)
        await uow.commit()
    return item


async def decide(  # noqa: PLR0913 - keyword-only
    database: Database,
    step: Step,
    *,
    by: StaffMember,
    version: int = 1,
    review: Review = GOOD,
    note: str = "",
    kind: Kind = CARD,
    key: str = KEY,
) -> Item:
    async with database.unit_of_work() as uow:
        item = await curation.decide(
            uow, member=by, kind=kind, key=key, version=version, step=step, review=review, note=note, now=NOON
        )
        await uow.commit()
    return item


async def approved(database: Database) -> Item:
    await save(database)
    await decide(database, Step.PROPOSE, by=LAWYER)
    return await decide(database, Step.APPROVE, by=MANAGER)


async def to_publish(database: Database, *, kind: Kind = CARD, key: str = KEY) -> curation.Publication | None:
    async with database.reading() as uow:
        return await curation.publication(uow, kind=kind, key=key)


async def jobs(database: Database) -> list[Job]:
    async with database.unit_of_work() as uow:
        return list(await uow.jobs.take(now=NOON, lease=timedelta(minutes=1), limit=10))


class TestACard:
    async def test_is_published_when_a_second_person_approves(self, database: Database) -> None:
        await save(database)
        assert (await decide(database, Step.PROPOSE, by=LAWYER)).history.stage_now is Stage.PROPOSED
        assert await jobs(database) == []
        with pytest.raises(NotPermitted):
            await decide(database, Step.APPROVE, by=LAWYER)
        assert (await decide(database, Step.APPROVE, by=MANAGER)).history.stage_now is Stage.APPROVED
        (job,) = await jobs(database)
        assert (job.kind, job.payload) == (curation.PUBLISH, {"kind": "card", "key": KEY})
        publication = await to_publish(database)
        assert publication is not None
        assert publication.body == wages()

    async def test_is_not_approved_by_its_author_whatever_the_role(self, database: Database) -> None:
        await save(database, by=MANAGER)
        await decide(database, Step.PROPOSE, by=MANAGER)
        with pytest.raises(StepRefused, match="second_person_required"):
            await decide(database, Step.APPROVE, by=MANAGER)

    @pytest.mark.parametrize("step", [Step.PROPOSE, Step.APPROVE])
    async def test_goes_no_further_with_a_flaw(self, database: Database, step: Step) -> None:
        await save(database)
        if step is Step.APPROVE:
            await decide(database, Step.PROPOSE, by=LAWYER)
        with pytest.raises(DraftFlawed):
            await decide(database, step, by=MANAGER, review=BAD)

    async def test_stays_in_use_while_the_next_version_is_written(self, database: Database) -> None:
        await approved(database)
        item = await save(database, wages(answer="能。"), base=1)
        assert item.history.stage_now is Stage.DRAFT
        publication = await to_publish(database)
        assert publication is not None
        assert publication.body == wages()
        assert [curation.draft_of(version) for version in item.versions] == [wages(), wages(answer="能。")]

    async def test_ends_on_the_day_it_is_taken_out_of_use(self, database: Database) -> None:
        await approved(database)
        with pytest.raises(NoteRequired):
            await decide(database, Step.EXPIRE, by=MANAGER, note="  ")
        await decide(database, Step.EXPIRE, by=MANAGER, note="新规定出台")
        publication = await to_publish(database)
        assert publication is not None
        assert publication.body.valid_to == date(2026, 11, 20)

    async def test_that_came_with_the_program_is_kept_as_the_first_version(self, database: Database) -> None:
        item = await save(database, wages(answer="能。"), before=wages())
        assert [version.version.author for version in item.versions] == [None, "lawyer"]
        assert curation.draft_of(item.versions[0]) == wages()
        assert await to_publish(database) is None

    async def test_that_came_with_the_program_can_be_ended_at_once(self, database: Database) -> None:
        async with database.unit_of_work() as uow:
            await curation.expire(uow, member=MANAGER, kind=CARD, key=KEY, before=wages(), note="不再适用", now=NOON)
            await uow.commit()
        publication = await to_publish(database)
        assert publication is not None
        assert publication.body.valid_to == date(2026, 11, 20)

    async def test_is_never_overwritten_unseen(self, database: Database) -> None:
        await save(database)
        await save(database, wages(answer="能。"), base=1)
        with pytest.raises(VersionConflict):
            await save(database, wages(answer="行。"), base=1)

    async def test_is_not_written_to_while_somebody_looks_at_it(self, database: Database) -> None:
        await save(database)
        await decide(database, Step.PROPOSE, by=LAWYER)
        with pytest.raises(StepRefused, match="under_review"):
            await save(database, wages(answer="能。"), base=1)

    async def test_of_the_nation_is_not_written_by_a_city(self, database: Database) -> None:
        with pytest.raises(NotPermitted):
            await save(database, by=LOCAL)
        await save(database, wages(region="231000"), by=LOCAL)
        with pytest.raises(NotPermitted):
            await save(database, wages(region="140581"), by=LOCAL, base=1)
        await save(database, wages(id="nation"))
        with pytest.raises(NotPermitted):
            await save(database, wages(id="nation", region="231000"), by=LOCAL, base=1)

    async def test_is_not_written_by_seats(self, database: Database) -> None:
        with pytest.raises(NotPermitted):
            await save(database, by=SEAT)

    async def test_that_does_not_exist_is_not_decided_on(self, database: Database) -> None:
        with pytest.raises(ItemNotFound):
            await decide(database, Step.PROPOSE, by=LAWYER)
        await save(database)
        with pytest.raises(ItemNotFound):
            await decide(database, Step.PROPOSE, by=LAWYER, version=2)

    async def test_leaves_every_step_in_the_audit_chain(self, database: Database) -> None:
        await approved(database)
        async with database.reading() as uow:
            chain = await uow.audit.of(f"card:{KEY}")
        assert [(link.entry.action, link.entry.actor.id) for link in chain] == [
            ("curation.saved", "lawyer"),
            ("curation.propose", "lawyer"),
            ("curation.approve", "manager"),
        ]


class TestAText:
    async def test_keeps_its_file_through_corrections(self, database: Database) -> None:
        said = Particulars(title="方案", region="231000")
        await save(database, said, file=b"text")
        await save(database, Particulars(title="方案（更正）", region="231000"), base=1)
        for step, by in ((Step.PROPOSE, LAWYER), (Step.APPROVE, MANAGER)):
            await decide(database, step, by=by, version=2, kind=Kind.DOCUMENT, key="doc-1")
        publication = await to_publish(database, kind=Kind.DOCUMENT, key="doc-1")
        assert publication is not None
        assert (publication.file, publication.suffix, publication.body.region) == (b"text", ".txt", "231000")


class TestLookups:
    def answer(self, score: float = 0.9) -> Answer:
        provenance = Provenance(build="b", entry="card:days", version="v")
        return Answer(text="七日。", citations=(CITATION,), score=score, provenance=provenance)

    async def note(self, database: Database, found: Answer | NoAnswer, *, words: str = "几天", who: str = "c1") -> None:
        async with database.unit_of_work() as uow:
            await lookups.note(uow, looked_up=LookedUp(words=words, found=found), conversation_id=who, now=NOON)
            await uow.commit()

    async def open_questions(self, database: Database) -> tuple[Lookup, ...]:
        async with database.reading() as uow:
            return await uow.lookups.open_questions(begin=date(2026, 11, 1), end=date(2026, 12, 1), limit=9)

    async def test_keep_words_only_where_the_answer_was_missing_or_unsure(self, database: Database) -> None:
        await self.note(database, self.answer())
        await self.note(database, self.answer(score=0.55), words="不太像")
        await self.note(database, NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS), words="<pii:phone:1>打不通怎么办")
        await self.note(database, NoAnswer(reason=NoAnswerReason.OFF_TOPIC), words="天气")
        found = {lookup.words: lookup.outcome for lookup in await self.open_questions(database)}
        assert found == {"不太像": LookupOutcome.UNSURE, "打不通怎么办": LookupOutcome.SILENT}

    async def test_tell_conversations_apart_and_lead_to_none(self, database: Database) -> None:
        silent = NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS)
        for who in ("c1", "c1", "c2"):
            await self.note(database, silent, who=who)
        askers = [lookup.asker for lookup in await self.open_questions(database)]
        assert len(set(askers)) == 2
        assert not {"c1", "c2"} & set(askers)

    async def test_count_how_often_an_answer_was_given(self, database: Database) -> None:
        for _ in range(3):
            await self.note(database, self.answer())
        async with database.reading() as uow:
            assert await uow.lookups.uses(begin=date(2026, 11, 20), end=date(2026, 11, 21)) == {"card:days": 3}
            assert await uow.lookups.uses(begin=date(2026, 11, 21), end=date(2026, 11, 22)) == {}

    async def test_are_all_counted_though_only_the_newest_are_gathered(self, database: Database) -> None:
        for who in ("c1", "c2", "c3"):
            await self.note(database, NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS), who=who)
        await self.note(database, self.answer())
        async with database.reading() as uow:
            found = await lookups.material(uow, begin=date(2026, 11, 16), now=NOON, most=2)
        assert (found.asked, len(found.questions)) == (3, 2)

    async def test_forget_the_words_and_keep_the_count(self, database: Database) -> None:
        await self.note(database, self.answer(score=0.5))
        async with database.unit_of_work() as uow:
            assert await uow.lookups.forget(before=date(2026, 11, 20)) == 0
            assert await uow.lookups.forget(before=date(2026, 11, 21)) == 1
            await uow.commit()
        assert await self.open_questions(database) == ()
        async with database.reading() as uow:
            assert await uow.lookups.uses(begin=date(2026, 11, 20), end=date(2026, 11, 21)) == {"card:days": 1}
