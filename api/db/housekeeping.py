"""Jobs, remembered answers and single personal values in tables."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, or_, select, update

from api.db.session import Session
from api.db.tables import idempotency, jobs, vault
from api.services.records import Job, JsonObject


class SqlJobs:
    """Adapter of the `Jobs` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def add(self, job: Job) -> None:
        """Promise a piece of work."""
        await self._session.connection.execute(
            insert(jobs).values(kind=job.kind, payload=dict(job.payload), run_at=job.run_at)
        )

    async def take(
        self,
        *,
        now: datetime,
        lease: timedelta,
        limit: int,
        only: Collection[str] | None = None,
        never: Collection[str] = (),
    ) -> tuple[Job, ...]:
        """Lease due jobs; rows another worker is taking are stepped over, and one it died with comes back."""
        due = (
            select(jobs.c.id)
            .where(
                jobs.c.dead_at.is_(None),
                jobs.c.run_at <= now,
                or_(jobs.c.leased_until.is_(None), jobs.c.leased_until <= now),
                jobs.c.kind.not_in(never) if only is None else jobs.c.kind.in_(only),
            )
            .order_by(jobs.c.run_at, jobs.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        ids = (await self._session.connection.execute(due)).scalars().all()
        if not ids:
            return ()
        taken = await self._session.connection.execute(
            update(jobs)
            .where(jobs.c.id.in_(ids))
            .values(leased_until=now + lease, attempts=jobs.c.attempts + 1)
            .returning(jobs)
        )
        return tuple(sorted((_job(row) for row in taken), key=lambda job: (job.run_at, job.id)))

    async def done(self, job_id: int) -> None:
        """Strike a job off."""
        await self._session.connection.execute(delete(jobs).where(jobs.c.id == job_id))

    async def retry(self, job_id: int, *, at: datetime, error: str) -> None:
        """Put a failed job back."""
        await self._session.connection.execute(
            update(jobs).where(jobs.c.id == job_id).values(run_at=at, leased_until=None, error=error)
        )

    async def bury(self, job_id: int, *, now: datetime, error: str) -> None:
        """Give a job up."""
        await self._session.connection.execute(
            update(jobs).where(jobs.c.id == job_id).values(dead_at=now, leased_until=None, error=error)
        )

    async def dead(self) -> tuple[Job, ...]:
        """Return the jobs that were given up."""
        query = select(jobs).where(jobs.c.dead_at.is_not(None)).order_by(jobs.c.dead_at)
        return tuple(_job(row) for row in await self._session.connection.execute(query))

    async def revive(self, job_id: int, *, at: datetime) -> Job | None:
        """Let a job be tried again; of two people who ask at once one finds it."""
        query = (
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.dead_at.is_not(None))
            .values(dead_at=None, leased_until=None, attempts=0, run_at=at)
            .returning(jobs)
        )
        row = (await self._session.connection.execute(query)).one_or_none()
        return None if row is None else _job(row)


class SqlIdempotency:
    """Adapter of the `Idempotency` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def get(self, *, scope: str, key: str) -> tuple[str, JsonObject] | None:
        """Return the digest of the first request and its answer."""
        query = select(idempotency.c.request_digest, idempotency.c.answer).where(
            idempotency.c.scope == scope, idempotency.c.key == key
        )
        row = await self._session.row(query)
        return None if row is None else (row.request_digest, row.answer)

    async def put(self, *, scope: str, key: str, request_digest: str, answer: JsonObject, now: datetime) -> None:
        """Keep an answer."""
        await self._session.connection.execute(
            insert(idempotency).values(
                scope=scope, key=key, request_digest=request_digest, answer=answer, created_at=now
            )
        )


class SqlVault:
    """Adapter of the `Vault` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def put(self, *, conversation_id: str, kind: str, value: str, digest: str, now: datetime) -> int:
        """Seal a value and return its number; the same value keeps its number."""
        mine = (vault.c.owner == conversation_id, vault.c.kind == kind)
        known = await self._session.connection.execute(select(vault.c.number).where(*mine, vault.c.digest == digest))
        number: int | None = known.scalar_one_or_none()
        if number is not None:
            return number
        greatest = await self._session.connection.execute(select(func.max(vault.c.number)).where(*mine))
        number = (greatest.scalar_one() or 0) + 1
        await self._session.connection.execute(
            insert(vault).values(
                owner=conversation_id,
                kind=kind,
                number=number,
                value_sealed=self._session.keyring.seal(
                    value, table="vault", column="value", row=f"{conversation_id}:{kind}:{number}"
                ),
                digest=digest,
                created_at=now,
            )
        )
        return number

    async def open(self, *, conversation_id: str, kind: str, number: int) -> str | None:
        """Open one value."""
        query = select(vault.c.value_sealed).where(
            vault.c.owner == conversation_id, vault.c.kind == kind, vault.c.number == number
        )
        return await self._session.opened(
            query, table="vault", column="value", row=f"{conversation_id}:{kind}:{number}"
        )

    async def erase(self, *, conversation_id: str, kind: str | None = None) -> int:
        """Destroy every value of a conversation, or those of one kind."""
        those = delete(vault).where(vault.c.owner == conversation_id)
        those = those if kind is None else those.where(vault.c.kind == kind)
        return (await self._session.connection.execute(those)).rowcount


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.id,
        kind=row.kind,
        payload=row.payload,
        run_at=row.run_at,
        attempts=row.attempts,
        error=row.error,
        dead_at=row.dead_at,
    )
