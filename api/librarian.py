"""Keeps the library in step with the office: publishes what was approved, builds when files changed, lists the week's open questions."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import structlog

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.clocks import CHINA
from api.domain.curation import Kind
from api.services import curation, lookups
from api.services.curation_ports import Library
from api.services.ports import Clock, Database
from api.services.records import Job
from knowledge_base.types import KnowledgeUnavailable

_LOOK: Final = 5.0
_RETRY: Final = 60.0
_SUBJECT: Final = "knowledge"
_SYSTEM: Final = Actor(kind=ActorKind.SYSTEM, id="librarian")
_log = structlog.get_logger(__name__)

Build = Callable[[], Awaitable[None]]
"""Builds the index and switches to it. Raises BuildFailed."""


class BuildFailed(Exception):
    """The index could not be built; the old one goes on serving."""

    code = "build_failed"


def publisher(database: Database, *, library: Library) -> Callable[[Job], Awaitable[None]]:
    """Return the handler that puts what was decided where the next build finds it; twice does no harm."""

    async def publish(job: Job) -> None:
        async with database.reading() as uow:
            found = await curation.publication(uow, kind=Kind(str(job.payload["kind"])), key=str(job.payload["key"]))
        if found is not None:
            on = job.run_at.astimezone(CHINA).date()
            await asyncio.to_thread(found.put, library, on=on)

    return publish


class BuildApart:
    """Builds in a process of its own, so that no request waits for it; ended with the app."""

    def __init__(self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._command = command
        self._folder = folder
        self._environment = environment

    async def __call__(self) -> None:
        """Run the command to its end. Raises BuildFailed."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            _, told = await process.communicate()
        except asyncio.CancelledError:
            process.terminate()
            await process.wait()
            raise
        if process.returncode:
            raise BuildFailed(told.decode(errors="replace")[-500:])


class Librarian:
    """Looks after one home, beside the requests."""

    def __init__(  # noqa: PLR0913 - ports, each named
        self,
        database: Database,
        *,
        library: Library,
        stamp: Callable[[], object],
        stale: Callable[[], bool],
        build: Build,
        clock: Clock,
    ) -> None:
        """Prepare. `stamp` changes with any file of the office, cheaply; `stale` tells for sure, and takes a while."""
        self._database = database
        self._library = library
        self._stamp = stamp
        self._stale = stale
        self._build = build
        self._clock = clock
        self._built: object = None
        self._not_before = 0.0

    async def run(self) -> None:
        """Look after it until cancelled; what fails is logged and tried again later."""
        while True:
            for work in (self.keep_built, self.keep_listed):
                try:
                    await work()
                except KnowledgeUnavailable:
                    _log.info("librarian waits for the library", work=work.__name__)
                except Exception:  # noqa: BLE001 - whatever goes wrong with one piece of work, the others go on
                    _log.exception("librarian failed", work=work.__name__)
            await asyncio.sleep(_LOOK)

    async def keep_built(self) -> bool:
        """Build if the office's files changed, and tell whether it was done. Raises BuildFailed."""
        stamp = await asyncio.to_thread(self._stamp)
        if not stamp or stamp == self._built or time.monotonic() < self._not_before:
            return False
        if not await asyncio.to_thread(self._stale):
            self._built = stamp
            return False
        try:
            await self._build()
        except BuildFailed:
            self._not_before = time.monotonic() + _RETRY
            await self._record("knowledge.build_failed")
            raise
        self._built = stamp
        await self._record("knowledge.built")
        return True

    async def keep_listed(self) -> bool:
        """Make the list that is due, and tell whether it was done. Raises KnowledgeUnavailable."""
        now = self._clock()
        async with self._database.reading() as uow:
            begin = await lookups.due(uow, now=now)
            if begin is None:
                return False
            material = await lookups.material(uow, begin=begin, now=now)
        content = await asyncio.to_thread(lookups.listed, material, self._library)
        async with self._database.unit_of_work() as uow:
            await lookups.keep_list(uow, material=material, content=content, now=now)
            await uow.commit()
        return True

    async def _record(self, action: str) -> None:
        async with self._database.unit_of_work() as uow:
            uow.audit.record(AuditEntry(at=self._clock(), actor=_SYSTEM, action=action, subject=_SUBJECT))
            await uow.commit()
