"""Keeps the newest whole build open for those who ask, and never takes it from under one who is asking.

A rebuild is noticed by its pointer, opened beside the one in use, and takes over between two questions. The old one is
closed when its last question is answered. A build that cannot be opened changes nothing but `behind`; where none has
served yet, the newest whole one beside it does.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from knowledge_base.answer import KnowledgeBase
from knowledge_base.embedding import Embedder, ModelUnavailable, load_embedder
from knowledge_base.engines.choice import Engines
from knowledge_base.index_files import identity, others
from knowledge_base.placing import Place
from knowledge_base.rerank import Reranker, RerankerUnavailable, load_reranker
from knowledge_base.types import KnowledgeUnavailable


class LoadEmbedder(Protocol):
    """Loads the model of meaning, once."""

    def __call__(self, spec: str, *, models: Path) -> Embedder:
        """Return the model. Raises ModelUnavailable."""


@dataclass(slots=True, eq=False)
class _Held:
    """One opened build, and how many are asking it right now."""

    base: KnowledgeBase
    identity: str | None
    asking: int = 0
    retired: bool = False


class Serving:
    """The knowledge base as it is now. Asked from many threads; refreshed from one."""

    def __init__(  # noqa: PLR0913 - what a knowledge base is opened with
        self,
        home: Path,
        *,
        embedder_spec: str,
        reranker_spec: str = "",
        models: Path | None = None,
        place: Place | None = None,
        engines: Engines | None = None,
        load: LoadEmbedder = load_embedder,
    ) -> None:
        self.home = home
        self._spec, self._reranker_spec = embedder_spec, reranker_spec
        self._models = models or home.parent / "models"
        self._place = place
        self._engines = engines
        self._load = load
        self._embedder: Embedder | None = None
        self._reranker: Reranker | None = None
        self._held: _Held | None = None
        self._lock = threading.Lock()
        self._refreshing = threading.Lock()
        self.behind: str | None = None
        """Code of what keeps the newest build from serving; None while it serves."""

    @property
    def opened(self) -> bool:
        """Tell whether there is anything to ask."""
        return self._held is not None

    def newest(self) -> str | None:
        """Return what tells the newest build from others; cheap enough to ask every second."""
        return identity(self.home)

    def refresh(self) -> bool:
        """Open the newest build if it is not the one that serves; returns whether it took over.

        Raises KnowledgeUnavailable when it cannot be opened; whatever served before goes on serving, or else an older one.
        """
        with self._refreshing:
            newest = self.newest()
            if self._held is not None and newest is not None and newest == self._held.identity:
                self.behind = None
                return False
            try:
                opened = self._open()
            except Exception as error:
                self.behind = str(getattr(error, "code", KnowledgeUnavailable.code))
                if not self.opened and (older := self._older()):
                    self._hold(_Held(older, None))
                raise
            self._hold(_Held(opened, newest))
            self.behind = None
            return True

    def _hold(self, held: _Held) -> None:
        with self._lock:
            old, self._held = self._held, held
        self._retire(old)

    def _older(self) -> KnowledgeBase | None:
        """Open the newest build that can be, of those beside the one in use."""
        for build in others(self.home):
            with suppress(KnowledgeUnavailable):
                return self._open(build)
        return None

    def _open(self, build: Path | None = None) -> KnowledgeBase:
        missing, missing_reranker = None, None
        if self._embedder is None:
            try:
                self._embedder = self._load(self._spec, models=self._models)
            except ModelUnavailable as error:
                missing = str(error)
        if self._reranker is None:
            try:
                self._reranker = load_reranker(self._reranker_spec)
            except RerankerUnavailable as error:
                missing_reranker = str(error)
        return KnowledgeBase.open(
            self.home,
            embedder=self._embedder,
            reranker=self._reranker,
            missing_model=missing,
            missing_reranker=missing_reranker,
            place=self._place,
            engines=self._engines,
            build=build,
        )

    @contextmanager
    def using(self) -> Iterator[KnowledgeBase]:
        """Lend what serves now, which stays open for as long as the block lasts. Raises KnowledgeUnavailable."""
        with self._lock:
            held = self._held
            if held is None:
                raise KnowledgeUnavailable
            held.asking += 1
        try:
            yield held.base
        finally:
            with self._lock:
                held.asking -= 1
                last = held.retired and not held.asking
            if last:
                held.base.close()

    def close(self) -> None:
        """Stop serving."""
        with self._lock:
            old, self._held = self._held, None
        self._retire(old)

    def _retire(self, held: _Held | None) -> None:
        """Close what serves no more, or leave that to the last who is still asking."""
        if held is None:
            return
        with self._lock:
            held.retired = True
            idle = not held.asking
        if idle:
            held.base.close()
