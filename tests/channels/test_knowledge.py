"""The app takes over a new build of the index by itself, and says when it cannot."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from api.http import health, knowledge
from api.http.limits import Limiter
from api.observability import Metrics
from bot.knowledge import OpenedKnowledge
from bot.settings import BotSettings
from knowledge_base.embedding import Embedder
from knowledge_base.serving import Serving
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import fill, make, source_texts

pytestmark = pytest.mark.http
TODAY = date(2026, 11, 21)
LOOK = 0.05


class Running:
    """The watch, the health page and the figures, over one home."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "knowledge"
        fill(self.home, source_texts())
        self.metrics = Metrics()
        serving = Serving(self.home, embedder_spec="fake", load=self._load)
        self.knowledge = OpenedKnowledge(settings=BotSettings(var=folder), serving=serving)
        app = FastAPI()
        deps = SimpleNamespace(
            checks={"index": self.knowledge.check},
            metrics=self.metrics,
            knowledge=self.knowledge,
            limits=Limiter(),
            clock=lambda: datetime(2026, 11, 21, tzinfo=UTC),
        )
        app.include_router(health.router(deps))
        app.include_router(knowledge.router(deps))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")

    def _load(self, _spec: str, *, models: Path) -> Embedder:
        assert models.name == "models"
        return PairEmbedder()

    async def build(self) -> None:
        await asyncio.to_thread(make, self.home, embedder=PairEmbedder())

    def build_damaged(self) -> None:
        """Build without giving way, so that the watch does not look before the damage is done."""
        make(self.home, embedder=PairEmbedder())
        current = self.home / "index" / (self.home / "index" / "CURRENT").read_text()
        (current / "cards.json").write_bytes(b"[]")

    async def ready(self) -> tuple[int, object]:
        answer = await self.http.get("/readyz")
        return answer.status_code, answer.json()["parts"]["index"]

    def figure(self, name: str, **labels: str) -> float | None:
        return self.metrics.registry.get_sample_value(name, labels)


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    world = Running(tmp_path)
    watch = asyncio.create_task(world.knowledge.keep_current(world.metrics, look=LOOK))
    yield world
    watch.cancel()
    await asyncio.gather(watch, return_exceptions=True)
    await world.knowledge.close()
    await world.http.aclose()


async def until(state: Callable[[], Awaitable[object]], wanted: object) -> None:
    deadline = time.monotonic() + 20
    while (found := await state()) != wanted:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(LOOK)


class TestTheWatch:
    async def test_opens_what_is_built_and_keeps_it_when_the_next_is_broken(self, running: Running) -> None:
        assert await running.ready() == (503, {"ready": False, "code": "knowledge_unavailable"})
        await running.build()
        await until(running.ready, (200, {"ready": True}))
        assert running.figure("legal_aid_knowledge_current") == 1

        running.build_damaged()
        await until(running.ready, (200, {"ready": True, "code": "older_index_serves"}))
        assert running.figure("legal_aid_knowledge_current") == 0
        assert running.figure("legal_aid_knowledge_builds_total", outcome="refused")
        assert running.knowledge.search("请求支付劳动报酬", region=None, on=TODAY)

        await running.build()
        await until(running.ready, (200, {"ready": True}))
        assert running.figure("legal_aid_knowledge_current") == 1

    async def test_fails_nobody_who_asks_meanwhile(self, running: Running) -> None:
        await running.build()
        await until(running.ready, (200, {"ready": True}))
        asked, over = 0, asyncio.Event()

        async def ask() -> None:
            nonlocal asked
            while not over.is_set():
                await running.knowledge.answer("申请援助几天有结果", region=None, on=TODAY)
                asked += 1

        callers = [asyncio.create_task(ask()) for _ in range(4)]
        for _ in range(3):
            before = running.figure("legal_aid_knowledge_builds_total", outcome="opened") or 0
            await running.build()

            async def opened() -> float | None:
                return running.figure("legal_aid_knowledge_builds_total", outcome="opened")

            await until(opened, before + 1)
        over.set()
        await asyncio.gather(*callers)
        assert asked > len(callers)


class TestWhatIsSaid:
    async def test_tells_a_broken_index_from_silent_documents(self, running: Running) -> None:
        """`no_answer` and `unavailable` never mix, over HTTP and over a real index."""
        question = {"q": "申请援助几天有结果"}
        address = "/api/v1/knowledge/search"
        before = await running.http.get(address, params=question)
        assert (before.status_code, before.json()["outcome"]) == (503, "unavailable")

        await running.build()
        await until(running.ready, (200, {"ready": True}))
        found = await running.http.get(address, params=question)
        assert (found.status_code, found.json()["outcome"]) == (200, "answer")
        for stray in ("今天天气怎么样", "法律援助中心的电话是多少"):
            silent = await running.http.get(address, params={"q": stray})
            assert (silent.status_code, silent.json()) == (200, {"outcome": "no_answer", "results": []})


class TestTheSetting:
    @pytest.mark.parametrize("vectors", ["faiss", "pgvector", "pgvector:sqlite:///x.db", "flat:1"])
    def test_that_names_no_engine_is_refused_at_start(self, tmp_path: Path, vectors: str) -> None:
        with pytest.raises(ValidationError, match="pgvector"):
            BotSettings(var=tmp_path, vectors=vectors)

    def test_of_pgvector_alone_means_the_database(self, tmp_path: Path) -> None:
        settings = BotSettings(var=tmp_path, vectors="pgvector", database_url="postgresql://host/db")
        assert settings.vectors_engine == "pgvector:postgresql://host/db"
        assert BotSettings(var=tmp_path).vectors_engine == "auto"
