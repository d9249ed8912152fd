"""A new build takes over between two questions, and a bad one takes over nothing."""

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from knowledge_base.build import build_with
from knowledge_base.embedding import Embedder, ModelUnavailable
from knowledge_base.engines.choice import Engines
from knowledge_base.engines.port import VectorsUnreachable
from knowledge_base.index_files import BuildRunning, IndexBroken, IndexMismatch, IndexMissing
from knowledge_base.serving import Serving
from knowledge_base.types import Answer, KnowledgeUnavailable, NoAnswer
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import book, fill, make, source_texts
from tests.services import Postgres

pytestmark = pytest.mark.knowledge
TODAY = date(2026, 11, 21)
QUESTION = "请求支付劳动报酬"
LAW = "援助法(2021-08-20).md"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    fill(folder, source_texts())
    return folder


def serve(home: Path, *, embedder: Embedder | None = None, engines: Engines | None = None) -> Serving:
    def load(_spec: str, *, models: Path) -> Embedder:
        assert models.name == "models"
        if embedder is None:
            raise ModelUnavailable
        return embedder

    return Serving(home, embedder_spec="fake", engines=engines, load=load)


def change(home: Path, days: str) -> None:
    fill(home, {LAW: source_texts()[LAW].replace("七日", days)})


def article(serving: Serving, clause: str = "第一条") -> str:
    with serving.using() as base:
        passage = base.passage(f"援助法@2021-08-20#{clause}", on=TODAY)
    assert passage is not None
    return passage.text


def damage(home: Path) -> None:
    current = home / "index" / (home / "index" / "CURRENT").read_text()
    file = current / "clauses.jsonl"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))


class TestRefresh:
    def test_opens_the_first_build_and_then_only_newer_ones(self, home: Path) -> None:
        serving = serve(home, embedder=PairEmbedder())
        with pytest.raises(IndexMissing):
            serving.refresh()
        make(home, embedder=PairEmbedder())
        assert [serving.refresh(), serving.refresh()] == [True, False]
        make(home, embedder=PairEmbedder())
        assert [serving.refresh(), serving.refresh()] == [True, False]

    def test_brings_what_was_changed(self, home: Path) -> None:
        make(home, embedder=PairEmbedder())
        serving = serve(home, embedder=PairEmbedder())
        serving.refresh()
        assert "七日" in article(serving)
        change(home, "五日")
        make(home, embedder=PairEmbedder())
        assert "七日" in article(serving)
        serving.refresh()
        assert "五日" in article(serving)

    def test_loads_the_model_once(self, home: Path) -> None:
        loaded = []

        def load(_spec: str, *, models: Path) -> Embedder:
            loaded.append(models)
            return PairEmbedder()

        make(home, embedder=PairEmbedder())
        serving = Serving(home, embedder_spec="fake", load=load)
        serving.refresh()
        make(home, embedder=PairEmbedder())
        serving.refresh()
        assert len(loaded) == 1

    def test_serves_by_words_where_there_is_no_model(self, home: Path) -> None:
        make(home, embedder=PairEmbedder())
        serving = serve(home)
        serving.refresh()
        with serving.using() as base:
            assert base.status()["mode"] == "words"
            assert base.search(QUESTION, region=None, on=TODAY)


def lose(home: Path) -> None:
    (home / "index" / "CURRENT").write_text("000099-gone")


def make_and_damage(home: Path) -> None:
    make(home, embedder=PairEmbedder())
    damage(home)


def make_with_another_model(home: Path) -> None:
    build_with(home, embedder=PairEmbedder("fake:other"), embedder_spec="fake", book=book())


class TestABrokenBuild:
    @pytest.mark.parametrize(
        ("spoil", "named"),
        [(lose, IndexBroken), (make_and_damage, IndexBroken), (make_with_another_model, IndexMismatch)],
    )
    def test_leaves_the_old_one_serving(
        self, home: Path, spoil: Callable[[Path], None], named: type[KnowledgeUnavailable]
    ) -> None:
        make(home, embedder=PairEmbedder())
        serving = serve(home, embedder=PairEmbedder())
        serving.refresh()
        spoil(home)
        for _ in range(2):
            with pytest.raises(named):
                serving.refresh()
            assert serving.behind == "knowledge_unavailable"
            assert "七日" in article(serving)
        make(home, embedder=PairEmbedder())
        assert serving.refresh()
        assert serving.behind is None

    @pytest.mark.parametrize("spoil", [lose, make_and_damage, make_with_another_model])
    def test_leaves_the_one_before_it_to_whoever_starts_then(self, home: Path, spoil: Callable[[Path], None]) -> None:
        make(home, embedder=PairEmbedder())
        spoil(home)
        serving = serve(home, embedder=PairEmbedder())
        for _ in range(2):
            with pytest.raises(KnowledgeUnavailable):
                serving.refresh()
            assert serving.behind == "knowledge_unavailable"
            assert "七日" in article(serving)
        make(home, embedder=PairEmbedder())
        assert serving.refresh()
        assert serving.behind is None

    def test_before_any_other_leaves_nothing_to_ask(self, home: Path) -> None:
        make(home, embedder=PairEmbedder())
        damage(home)
        serving = serve(home, embedder=PairEmbedder())
        with pytest.raises(IndexBroken):
            serving.refresh()
        assert not serving.opened
        with pytest.raises(KnowledgeUnavailable), serving.using():
            pass


class TestSwap:
    def test_closes_the_old_build_when_its_last_question_is_answered(self, home: Path) -> None:
        make(home, embedder=PairEmbedder())
        serving = serve(home, embedder=PairEmbedder())
        serving.refresh()
        with serving.using() as old:
            make(home, embedder=PairEmbedder())
            serving.refresh()
            assert isinstance(old.ask(QUESTION, region=None, on=TODAY), Answer | NoAnswer)
        with pytest.raises(AttributeError):  # its vectors are gone
            old.search(QUESTION, region=None, on=TODAY)
        serving.close()

    @pytest.mark.parametrize("kind", ["flat", "hnsw", "pgvector"])
    def test_fails_no_question_asked_meanwhile(self, home: Path, kind: str, request: pytest.FixtureRequest) -> None:
        engines = Engines(kind)
        if kind == "pgvector":
            server: Postgres = request.getfixturevalue("vector_server")
            engines = Engines(f"pgvector:{server.url('postgres')}")
        embedder = PairEmbedder()

        def rebuild(days: str) -> None:
            change(home, days)
            build_with(home, embedder=embedder, embedder_spec="fake", book=book(), engines=engines)

        rebuild("七日")
        serving = serve(home, embedder=embedder, engines=engines)
        serving.refresh()
        stop, seen, failed = threading.Event(), set(), []

        def ask() -> None:
            while not stop.is_set():
                try:
                    text = article(serving)
                    with serving.using() as base:
                        hits = base.search(QUESTION, region=None, on=TODAY)
                    assert any("劳动报酬" in hit.passage.text for hit in hits)
                    seen.add(next(days for days in ("七日", "五日", "三日", "九日") if days in text))
                except Exception as error:  # noqa: BLE001 - whatever goes wrong is what is looked for
                    failed.append(error)
                    return

        callers = [threading.Thread(target=ask) for _ in range(4)]
        for caller in callers:
            caller.start()
        for days in ("五日", "三日", "九日"):
            rebuild(days)
            assert serving.refresh()
            time.sleep(0.1)
        stop.set()
        for caller in callers:
            caller.join()
        serving.close()
        assert failed == []
        assert len(seen) >= 3


MORTAL = """
import os, signal, sys
from pathlib import Path
from knowledge_base.index import open_index
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import make

home = Path(sys.argv[1])
make(home, embedder=PairEmbedder())
deaths = 0
while True:
    builder = os.fork()
    if not builder:
        steps = 0

        def die(event, arguments):
            global steps
            touches = event in {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"}
            if touches and str(arguments[0]).startswith(str(home / "index")):
                steps += 1
                if steps > deaths:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(die)
        make(home, embedder=PairEmbedder())
        os._exit(0)
    _, status = os.waitpid(builder, 0)
    index = open_index(home, model="fake:pairs")
    assert index.passages == 9
    index.close()
    if not os.WIFSIGNALED(status):
        break
    deaths += 1
print(deaths)
"""
"""Builds again and again, killed one step later each time, and opens what is there after every death."""


class TestADeadBuilder:
    def test_leaves_a_whole_build_wherever_it_dies(self, home: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-c", MORTAL, str(home)], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) > 30
        assert not list((home / "index").glob("*.part"))

    def test_does_not_keep_the_next_one_from_building(self, home: Path) -> None:
        program = "import sys, time; from pathlib import Path; from knowledge_base.index_files import building\n"
        program += f"with building(Path({str(home)!r})): print('in', flush=True); time.sleep(60)"
        builder = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert builder.stdout is not None
        assert builder.stdout.readline() == "in\n"
        with pytest.raises(BuildRunning, match="another process"):
            make(home, embedder=PairEmbedder())
        builder.kill()
        builder.wait()
        builder.stdout.close()
        assert make(home, embedder=PairEmbedder()).passages == 9


class TestPgVector:
    async def test_keeps_no_more_tables_than_builds(self, home: Path, vector_server: Postgres) -> None:
        url = vector_server.url("postgres")
        before = await tables(url)
        for _ in range(3):
            index_with(home, Engines(f"pgvector:{url}"))
        (home / "index" / "000009-abc.part" / "vectors").mkdir(parents=True)
        assert len(await tables(url) - before) == 2
        (newest,) = (home / "index").glob("*3-*/vectors/passages")
        left = home / "index" / "000009-dead.part" / "vectors" / "passages"
        left.parent.mkdir(parents=True)
        shutil.copytree(newest, left)  # what a builder leaves that died before it renamed its folder
        shutil.rmtree(newest.parent.parent)
        index_with(home, Engines(f"pgvector:{url}"))
        assert len(await tables(url) - before) == 2
        assert not list((home / "index").glob("*.part"))

    async def test_that_is_away_costs_the_refresh_and_not_the_service(
        self, home: Path, vector_server: Postgres
    ) -> None:
        make(home, embedder=PairEmbedder())
        serving = serve(home, embedder=PairEmbedder())
        serving.refresh()
        index_with(home, Engines(f"pgvector:{vector_server.url('postgres')}"))
        with pytest.raises(VectorsUnreachable):
            serving.refresh()
        assert "七日" in article(serving)
        serving.close()


def index_with(home: Path, engines: Engines) -> None:
    build_with(home, embedder=PairEmbedder(), embedder_spec="fake", book=book(), engines=engines)


async def tables(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch("SELECT tablename FROM pg_tables WHERE tablename LIKE 'rows\\_%'")
        return {row[0] for row in found}
    finally:
        await connection.close()
