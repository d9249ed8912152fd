"""Carries out what was promised in the outbox: with retries, with a lease, and with dead letters somebody sees (后台任务)."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from datetime import date, datetime, timedelta
from typing import Final

import structlog

from api.domain.clocks import KEPT_DAYS
from api.observability import Metrics, new_trace
from api.services import aftercare, conversations, escalation, notices, retention, unowned
from api.services.aftercare import FOLLOW_UP
from api.services.applications import NOTICE
from api.services.escalation import UNHEARD, CallFailed, Pager
from api.services.ports import Clock, Database
from api.services.records import Job
from api.services.tickets import DELIVER, STAFF_ALERT
from api.services.wake import QUEUE, Wake

Handler = Callable[[Job], Awaitable[None]]
"""Does one job. It may run twice, so it must not mind; whatever it raises means "try again later"."""

_LEASE: Final = timedelta(seconds=90)
_PATIENCE: Final = 60.0
_BATCH: Final = 20
_URGENT: Final = frozenset({STAFF_ALERT, UNHEARD})
_IDLE: Final = 1.0
_FIRST_WAIT: Final = timedelta(seconds=5)
_LONGEST_WAIT: Final = timedelta(hours=1)
_MOST_ATTEMPTS: Final = 12
_SATURDAY: Final = 5
_BETWEEN_SWEEPS: Final = timedelta(hours=1)
_log = structlog.get_logger(__name__)


class HandlerMissing(Exception):
    """Nobody said how to do jobs of this kind."""

    code = "handler_missing"


class Worker:
    """Takes due jobs, does them, and returns abandoned conversations to the queue."""

    def __init__(  # noqa: PLR0913 - all of them named
        self,
        database: Database,
        *,
        handlers: Mapping[str, Handler],
        clock: Clock,
        wake: Wake,
        metrics: Metrics | None = None,
        kept: timedelta = timedelta(days=KEPT_DAYS),
        works: Callable[[date], bool] = lambda day: day.weekday() < _SATURDAY,
    ) -> None:
        """Prepare; nothing runs yet."""
        self._database = database
        self._handlers = handlers
        self._clock = clock
        self._wake = wake
        self._metrics = metrics or Metrics()
        self._kept = kept
        self._works = works
        self._owned_at: datetime | None = None
        self._sweep_at: datetime | None = None

    async def run(self) -> None:
        """Work until cancelled; danger has a lane of its own, so that no slow platform stands before it."""
        # A group ends when both lanes have: whoever stops the worker closes the database next.
        async with asyncio.TaskGroup() as lanes:
            lanes.create_task(self._keep_on(self._urgent))
            lanes.create_task(self._keep_on(self._others))

    async def run_once(self) -> int:
        """Do one batch of each lane and return how many jobs were taken."""
        return await self._urgent() + await self._others()

    async def _keep_on(self, lane: Callable[[], Coroutine[None, None, int]]) -> None:
        """Go round for ever. A round that fails is logged and the next one tried: the worker outlives outages."""
        while True:
            try:
                busy = await lane()
            except Exception:  # noqa: BLE001 - see above
                _log.exception("worker round failed")
                busy = 0
            if not busy:
                await asyncio.sleep(_IDLE)

    async def _urgent(self) -> int:
        return await self._batch(urgent=True)

    async def _others(self) -> int:
        await self._return_abandoned()
        await self._raise_unowned()
        await self._sweep()
        return await self._batch(urgent=False)

    async def _batch(self, *, urgent: bool) -> int:
        now = self._clock()
        only, never = (_URGENT, frozenset[str]()) if urgent else (None, _URGENT)
        async with self._database.unit_of_work() as uow:
            jobs = await uow.jobs.take(now=now, lease=_LEASE, limit=_BATCH, only=only, never=never)
            await uow.commit()
        for job in jobs:
            await self._do(job)
        return len(jobs)

    async def _do(self, job: Job) -> None:
        new_trace()
        try:
            handler = self._handlers.get(job.kind)
            if handler is None:
                raise HandlerMissing  # noqa: TRY301 - treated as any other failure of the job
            async with asyncio.timeout(_PATIENCE):
                await handler(job)
        except Exception as failure:  # noqa: BLE001 - any failure of a job is retried and told
            await self._failed(job, failure)
            return
        async with self._database.unit_of_work() as uow:
            await uow.jobs.done(job.id)
            await uow.commit()
        self._metrics.jobs.labels(job.kind, "done").inc()

    async def _failed(self, job: Job, failure: Exception) -> None:
        code = str(getattr(failure, "code", None) or type(failure).__name__)[:64]
        now = self._clock()
        last = job.attempts >= _MOST_ATTEMPTS
        async with self._database.unit_of_work() as uow:
            if last:
                await uow.jobs.bury(job.id, now=now, error=code)
                if job.kind == NOTICE:
                    await notices.given_up(uow, job=job, now=now)
            else:
                await uow.jobs.retry(job.id, at=now + wait(job.attempts), error=code)
            await uow.commit()
        self._metrics.jobs.labels(job.kind, "dead" if last else "retry").inc()
        _log.warning("job failed", job=job.id, kind=job.kind, attempts=job.attempts, code=code, exc_info=failure)

    async def _sweep(self) -> None:
        """Destroy what has lain long enough, a batch at a time and then once an hour."""
        now = self._clock()
        if self._sweep_at is not None and now < self._sweep_at:
            return
        destroyed = await retention.sweep(self._database, now=now, kept=self._kept)
        self._sweep_at = now if destroyed == retention.BATCH else now + _BETWEEN_SWEEPS
        if destroyed:
            _log.info("talks destroyed", count=destroyed)

    async def _raise_unowned(self) -> None:
        """Look once an hour for what is nobody's."""
        now = self._clock()
        if self._owned_at is not None and now < self._owned_at:
            return
        async with self._database.unit_of_work() as uow:
            raised = await unowned.raise_overdue(uow, works=self._works, now=now)
            await uow.commit()
        self._owned_at = now + _BETWEEN_SWEEPS
        if raised:
            _log.warning("nobody's for too long", count=raised)
            self._wake.notify(QUEUE)

    async def _return_abandoned(self) -> None:
        async with self._database.unit_of_work() as uow:
            abandoned = await conversations.return_expired(uow, now=self._clock())
            if abandoned:
                await uow.commit()
        if abandoned:
            self._wake.notify(QUEUE, *abandoned)


def wait(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 5 s, 10 s, 20 s … at most an hour."""
    doublings = min(max(attempts - 1, 0), 20)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)


def own_handlers(database: Database, *, clock: Clock, wake: Wake, pager: Pager | None = None) -> Mapping[str, Handler]:
    """Return the handlers that need no channel; a root adds its channels' delivery. Without a pager nobody is called."""

    async def notice(job: Job) -> None:
        async with database.unit_of_work() as uow:
            threads = await notices.deliver(uow, job=job, now=clock())
            await uow.commit()
        wake.notify(QUEUE, *threads)

    async def deliver(job: Job) -> None:
        # The website's stream reads the table; it only has to look.
        wake.notify(str(job.payload["conversation"]))

    async def alert(job: Job) -> None:
        wake.notify(QUEUE)
        async with database.unit_of_work() as uow:
            await escalation.watch(uow, ticket_id=str(job.payload["ticket"]), since=job.run_at)
            await uow.commit()

    async def unheard(job: Job) -> None:
        people = ("",) if pager is None or not pager.people else pager.people
        async with database.reading() as uow:
            summons = await escalation.due(uow, job=job, people=people, now=clock())
        if summons is None:
            return
        _log.warning("danger unheard", ticket=summons.ticket, seconds=round(summons.waited.total_seconds()))
        if pager is None or not pager.people:
            return
        try:
            await pager.call(summons)
        except CallFailed as failed:
            reached = False
            _log.warning("call failed", ticket=summons.ticket, code=failed.code)
        else:
            reached = True
        async with database.unit_of_work() as uow:
            await escalation.called(uow, job=job, people=people, reached=reached, now=clock())
            await uow.commit()

    async def follow_up(job: Job) -> None:
        async with database.unit_of_work() as uow:
            await aftercare.fall_due(uow, job=job, now=clock())
            await uow.commit()
        wake.notify(QUEUE)

    return {NOTICE: notice, FOLLOW_UP: follow_up, DELIVER: deliver, STAFF_ALERT: alert, UNHEARD: unheard}
