"""The audit chain in a table: appended at commit, never updated."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select

from api.db.session import Session
from api.db.tables import audit
from api.domain.audit import GENESIS, Actor, ActorKind, AuditEntry, ChainedEntry, chain


class SqlAudit:
    """Adapter of the `Audit` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session
        self.pending: list[AuditEntry] = []

    def record(self, entry: AuditEntry) -> None:
        """Add an entry to this transaction."""
        self.pending.append(entry)

    async def flush(self) -> None:
        """Bind what is pending to the end of the chain. The caller holds the chain's lock."""
        query = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
        last = await self._session.row(query)
        seq, previous = (0, GENESIS) if last is None else (last.seq, last.hash)
        rows: list[dict[str, object]] = []
        for entry in self.pending:
            seq += 1
            link = chain(previous, entry, seq=seq)
            rows.append(_columns(link))
            previous = link.hash
        await self._session.connection.execute(insert(audit), rows)
        self.pending.clear()

    async def of(self, subject: str) -> tuple[ChainedEntry, ...]:
        """Return the entries about one subject."""
        query = select(audit).where(audit.c.subject == subject).order_by(audit.c.seq)
        return _links((await self._session.connection.execute(query)).all())

    async def acted(self, action: str) -> tuple[ChainedEntry, ...]:
        """Return the entries of one action."""
        query = select(audit).where(audit.c.action == action).order_by(audit.c.seq)
        return _links((await self._session.connection.execute(query)).all())

    async def entries(self, *, after: int = 0, limit: int = 1000) -> tuple[ChainedEntry, ...]:
        """Return a stretch of the chain."""
        query = select(audit).where(audit.c.seq > after).order_by(audit.c.seq).limit(limit)
        return _links((await self._session.connection.execute(query)).all())


def _columns(link: ChainedEntry) -> dict[str, object]:
    return {
        "seq": link.seq,
        "at": link.entry.at,
        "actor_kind": link.entry.actor.kind,
        "actor_id": link.entry.actor.id,
        "action": link.entry.action,
        "subject": link.entry.subject,
        "data": dict(link.entry.data),
        "previous": link.previous,
        "hash": link.hash,
    }


def _links(rows: Sequence[Row[Any]]) -> tuple[ChainedEntry, ...]:
    return tuple(
        ChainedEntry(
            seq=row.seq,
            entry=AuditEntry(
                at=row.at,
                actor=Actor(kind=ActorKind(row.actor_kind), id=row.actor_id),
                action=row.action,
                subject=row.subject,
                data=row.data,
            ),
            previous=row.previous,
            hash=row.hash,
        )
        for row in rows
    )
