"""The librarian: builds when the office's files changed, lists the week once a day, and outlives what goes wrong."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest

from api.db.engine import Database
from api.domain.curation import Step
from api.librarian import BuildApart, BuildFailed, Librarian, publisher
from api.services import lookups
from api.services.lookups import LookedUp
from knowledge_base import curated
from knowledge_base.drafts import Asked, Cluster, Ending
from knowledge_base.index_files import read_manifest
from knowledge_base.types import Answer, KnowledgeUnavailable, NoAnswer, NoAnswerReason
from knowledge_base.workbench import ROOT, build_command
from tests.http.test_curation import LAWYER, MANAGER, decide, jobs, save
from tests.http.world import MovedClock
from tests.knowledge.homes import open_base
from tests.library import RealLibrary, real_library, wages

pytestmark = pytest.mark.http
SILENT = NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS)


@dataclass
class Office:
    """What the librarian looks at, and what it did."""

    files: tuple[str, ...] = ()
    stale: bool = True
    fails: bool = False
    builds: int = 0

    async def build(self) -> None:
        self.builds += 1
        if self.fails:
            raise BuildFailed


@dataclass
class Reader:
    """A library of which only the weekly list is asked."""

    broken: bool = False
    asked: list[int] = field(default_factory=list)

    def cluster(self, questions: Sequence[Asked], /, *, least: int, on: date) -> tuple[Cluster, ...]:
        del least, on
        if self.broken:
            raise KnowledgeUnavailable
        self.asked.append(len(questions))
        return (Cluster(phrases=("优待证",), count=len(questions), people=3),)

    def endings(self, *, uses: Mapping[str, int], on: date, within: timedelta) -> tuple[Ending, ...]:
        del uses, on, within
        return ()


def librarian(
    database: Database, *, office: Office | None = None, reader: Reader | None = None, clock: MovedClock | None = None
) -> Librarian:
    office = office or Office()
    return Librarian(
        database,
        library=reader or Reader(),  # type: ignore[arg-type]  # only the list is asked here
        stamp=lambda: office.files,
        stale=lambda: office.stale,
        build=office.build,
        clock=clock or MovedClock(),
    )


class TestBuilding:
    async def test_happens_when_a_file_changed_and_once(self, database: Database) -> None:
        office = Office()
        keeper = librarian(database, office=office)
        assert not await keeper.keep_built()
        office.files = ("a",)
        assert await keeper.keep_built()
        assert not await keeper.keep_built()
        office.files = ("a", "b")
        assert await keeper.keep_built()
        assert office.builds == 2

    async def test_is_spared_where_the_index_is_up_to_date(self, database: Database) -> None:
        office = Office(files=("a",), stale=False)
        assert not await librarian(database, office=office).keep_built()
        assert office.builds == 0

    async def test_that_fails_is_on_record_and_not_tried_again_at_once(self, database: Database) -> None:
        office = Office(files=("a",), fails=True)
        keeper = librarian(database, office=office)
        with pytest.raises(BuildFailed):
            await keeper.keep_built()
        assert not await keeper.keep_built()
        assert office.builds == 1
        async with database.reading() as uow:
            assert [link.entry.action for link in await uow.audit.of("knowledge")] == ["knowledge.build_failed"]


class TestTheList:
    async def ask(self, database: Database, clock: MovedClock) -> None:
        async with database.unit_of_work() as uow:
            await lookups.note(uow, looked_up=LookedUp(words="优待证", found=SILENT), conversation_id="c", now=clock())
            await uow.commit()

    async def test_is_made_daily_and_once_more_when_the_week_is_over(self, database: Database) -> None:
        clock, reader = MovedClock(), Reader()  # a Friday
        keeper = librarian(database, reader=reader, clock=clock)
        await self.ask(database, clock)
        assert await keeper.keep_listed()
        assert not await keeper.keep_listed()
        clock.move(hours=47)  # Sunday
        await self.ask(database, clock)
        clock.move(hours=20)  # Monday
        assert await keeper.keep_listed()
        assert await keeper.keep_listed()
        assert not await keeper.keep_listed()
        assert reader.asked == [1, 2, 0]
        async with database.reading() as uow:
            assert await uow.lookups.weeks() == ("2026-W48", "2026-W47")

    async def test_waits_for_the_library(self, database: Database) -> None:
        with pytest.raises(KnowledgeUnavailable):
            await librarian(database, reader=Reader(broken=True)).keep_listed()
        async with database.reading() as uow:
            assert await uow.lookups.weeks() == ()

    async def test_destroys_words_after_ninety_days(self, database: Database) -> None:
        clock = MovedClock()
        await self.ask(database, clock)
        keeper = librarian(database, clock=clock)
        for days, left in ((90, 1), (1, 0)):
            clock.move(days=days)
            await keeper.keep_listed()
            async with database.reading() as uow:
                kept = await uow.lookups.open_questions(begin=date(2026, 1, 1), end=date(2028, 1, 1), limit=9)
            assert len(kept) == left


class TestRunning:
    async def test_outlives_a_failure_and_ends_when_told(self, database: Database) -> None:
        office, reader = Office(files=("a",), fails=True), Reader()
        task = asyncio.ensure_future(librarian(database, office=office, reader=reader).run())
        async with asyncio.timeout(10):
            while not reader.asked:  # noqa: ASYNC110 - the list is made in a thread
                await asyncio.sleep(0.01)
        assert office.builds == 1
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


class TestBuildApart:
    async def test_tells_a_failure_with_the_last_words(self, tmp_path: Path) -> None:
        failing = BuildApart([sys.executable, "-c", "import sys; sys.exit('没有模型')"], folder=tmp_path)
        with pytest.raises(BuildFailed, match="没有模型"):
            await failing()
        await BuildApart([sys.executable, "-c", ""], folder=tmp_path)()

    async def test_builds_by_the_command_line_what_the_desk_published(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        library = real_library(home)
        library.workbench().publish_card(wages(), on=date(2026, 11, 21))
        before = read_manifest(home)
        command = build_command(home, embedder_spec=f"path:{tmp_path}")  # no model there: by words alone
        await BuildApart(command, folder=ROOT)()
        after = read_manifest(home)
        assert before is not None
        assert after is not None
        assert after["corpus"] != before["corpus"]
        found = open_base(home, None).ask("讨要工资能不能申请援助", region=None, on=date(2026, 11, 21))
        assert isinstance(found, Answer)
        assert found.text == wages().answer

    async def test_ends_with_the_app(self, tmp_path: Path) -> None:
        mark = tmp_path / "started"
        slow = f"import pathlib, time; pathlib.Path({str(mark)!r}).touch(); time.sleep(60)"
        task = asyncio.ensure_future(BuildApart([sys.executable, "-c", slow], folder=tmp_path)())
        async with asyncio.timeout(10):
            while not mark.exists():  # noqa: ASYNC110 - the other side is a process
                await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


class TestPublishing:
    @pytest.fixture
    def library(self, tmp_path: Path) -> RealLibrary:
        return real_library(tmp_path / "home")

    async def test_puts_what_was_decided_where_the_build_finds_it(
        self, database: Database, library: RealLibrary
    ) -> None:
        bench = library.workbench()
        await save(database, wages())
        await decide(database, Step.PROPOSE, by=LAWYER)
        await decide(database, Step.APPROVE, by=MANAGER)
        publish = publisher(database, library=bench)
        (job,) = await jobs(database)
        for _ in range(2):
            await publish(job)
        (file,) = (curated.folder(library.home) / "cards").glob("*.yml")
        assert not curated.by_hand(file)
        assert wages().answer in file.read_text("utf-8")
        library.build()
        assert any(kept.key == "aid.wages" and not kept.by_hand for kept in bench.shelf(on=date(2026, 11, 21)).kept)
