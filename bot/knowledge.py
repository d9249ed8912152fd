"""The knowledge base as the app has it: open or not, always the newest build that can be opened."""

import asyncio
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Final

import structlog

from actions.offices import directions
from actions.services import Services
from api.domain.clocks import CHINA
from api.observability import Metrics
from api.services.thinking_ports import Vector
from bot.gateway import DegradedAnswers
from bot.redact import without_tokens
from bot.settings import BotSettings
from knowledge_base.answer import KnowledgeBase
from knowledge_base.embedding import Reading
from knowledge_base.engines.choice import Engines
from knowledge_base.offices import Directions
from knowledge_base.serving import Serving
from knowledge_base.types import Answer, Hit, NoAnswer

_LOOK: Final = 2.0
"""How soon a new build is noticed."""
_RETRY_LOOKS: Final = 15
_OLDER_SERVES: Final = "older_index_serves"
_log = structlog.get_logger(__name__)


class Turns:
    """What the model made of the last few turns, so that safety, triage and search of one turn have it read once.

    Keys are digests: nobody's words stay in memory for this.
    """

    def __init__(self, *, most: int = 64) -> None:
        self._most = most
        self._kept: OrderedDict[bytes, Reading] = OrderedDict()
        self._guard = threading.Lock()

    def kept(self, words: str, /) -> Reading | None:
        """Return what was made of a turn's words a moment ago."""
        with self._guard:
            return self._kept.get(_key(words))

    def reading(self, words: str, read: Callable[[str], Reading | None], /) -> Reading | None:
        """Return what is made of a turn's words, now unless it was a moment ago."""
        if (kept := self.kept(words)) is not None:
            return kept
        made = read(words)
        if made is not None:
            with self._guard:
                self._kept[_key(words)] = made
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        return made


def _key(words: str) -> bytes:
    return hashlib.blake2b(words.encode(), digest_size=16).digest()


class OpenedKnowledge:
    """What is known, or the fact that it could not be opened: the app serves either way, and says which."""

    def __init__(self, *, settings: BotSettings, serving: Serving | None = None) -> None:
        """Prepare; nothing is opened yet. Tests hand in what is served."""
        self._serving = serving or Serving(
            settings.knowledge,
            embedder_spec=settings.embedder,
            reranker_spec=settings.reranker,
            models=settings.models,
            engines=Engines(settings.vectors_engine),
        )
        self._turns = Turns()

    async def load(self) -> None:
        """Open the newest build, off the event loop. Raises KnowledgeUnavailable."""
        await asyncio.to_thread(self._serving.refresh)

    async def keep_current(self, metrics: Metrics, *, look: float = _LOOK) -> None:
        """Watch for a new build and take it over; one that cannot be opened is told, and tried again now and then."""
        while True:
            tried = self._serving.newest()
            try:
                if await asyncio.to_thread(self._serving.refresh):
                    metrics.knowledge_builds.labels("opened").inc()
                    _log.info("knowledge.opened", build=tried)
            except Exception as broken:  # noqa: BLE001 - whatever is wrong with a build, the watch outlives it
                metrics.knowledge_builds.labels("refused").inc()
                _log.exception("knowledge.unavailable", build=tried, cause=str(broken), serving=self._serving.opened)
            metrics.knowledge_current.set(0 if self._serving.behind else 1)
            for _ in range(_RETRY_LOOKS if self._serving.behind else 1):
                await asyncio.sleep(look)
                if self._serving.newest() != tried:
                    break

    def read(self, text: str, /) -> Reading | None:
        """Return what the model makes of a turn, None where there is none. Raises KnowledgeUnavailable."""
        words = without_tokens(text)
        with self._serving.using() as base:
            return self._turns.reading(words, base.read)

    def embed(self, text: str, /) -> Vector | None:
        """Return the turn's vector. Raises KnowledgeUnavailable."""
        words = without_tokens(text)
        if (kept := self._turns.kept(words)) is not None:
            return kept.meaning
        with self._serving.using() as base:
            return base.embed(words)

    def search(
        self, query: str, /, *, region: str | None, on: date, k: int = 5, vector: Vector | None = None
    ) -> tuple[Hit, ...]:
        """Return the best passages. Raises KnowledgeUnavailable."""
        with self._serving.using() as base:
            return base.search(without_tokens(query), region=region, on=on, k=k, vector=vector)

    def ask(  # noqa: PLR0913 - a question and all that it is about
        self,
        query: str,
        /,
        *,
        region: str | None,
        on: date,
        matters: Sequence[str] = (),
        vector: Vector | None = None,
        follow_up: bool = False,
    ) -> Answer | NoAnswer:
        """Answer, or say that the documents do not. Raises KnowledgeUnavailable."""
        with self._serving.using() as base:
            words = without_tokens(query)
            return base.ask(words, region=region, on=on, matters=matters, vector=vector, follow_up=follow_up)

    async def answer(self, query: str, *, region: str | None, on: date) -> Answer | NoAnswer:
        """Answer without blocking the event loop, for a turn without dialogue."""
        return await asyncio.to_thread(self.ask, query, region=region, on=on)

    async def check(self) -> str | None:
        """Raise unless it is open; say so when it is an older build because the newest cannot be opened."""
        with self._serving.using():
            return _OLDER_SERVES if self._serving.behind else None

    def using(self) -> AbstractContextManager[KnowledgeBase]:
        """Lend the library itself, to those who work on it. Raises KnowledgeUnavailable."""
        return self._serving.using()

    async def close(self) -> None:
        """Close what is open."""
        await asyncio.to_thread(self._serving.close)


def without_dialogue(knowledge: OpenedKnowledge, services: Services) -> DegradedAnswers:
    """Answer as the actions would when the dialogue engine is away: the directory first, as in the ordinary turn."""

    async def answer(query: str, *, region: str | None, now: datetime) -> Directions | Answer | NoAnswer:
        found = directions(query, region=region, now=now, services=services)
        return found or await knowledge.answer(query, region=region, on=now.astimezone(CHINA).date())

    return answer
