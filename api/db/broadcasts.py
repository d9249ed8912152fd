"""What was sent to many at once, in tables: a plan, and whom each of its requests names."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import ColumnElement, insert, select, update

from api.db.session import Session
from api.db.tables import broadcast_readers, broadcasts
from api.services.news_ports import Batch, BroadcastPlan


class SqlBroadcasts:
    """Adapter of the `Broadcasts` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def add(self, plan: BroadcastPlan, *, batches: Sequence[Sequence[str]]) -> None:
        """Store a plan and whose threads each request names."""
        values = {
            "id": plan.id,
            "channel": plan.channel,
            "cards": ",".join(plan.cards),
            "text": plan.text,
            "planned_at": plan.planned_at,
            "finished_at": plan.finished_at,
        }
        await self._session.connection.execute(insert(broadcasts).values(**values))
        rows = [
            {"broadcast_id": plan.id, "conversation_id": thread, "batch": number}
            for number, threads in enumerate(batches)
            for thread in threads
        ]
        if rows:
            await self._session.connection.execute(insert(broadcast_readers), rows)

    async def newest(self, *, channel: str) -> BroadcastPlan | None:
        """Return the plan made last."""
        query = (
            select(broadcasts)
            .where(broadcasts.c.channel == channel)
            .order_by(broadcasts.c.planned_at.desc(), broadcasts.c.id)
            .limit(1)
        )
        row = await self._session.row(self._session.locking(query))
        if row is None:
            return None
        return BroadcastPlan(
            id=row.id,
            channel=row.channel,
            cards=tuple(row.cards.split(",")),
            text=row.text,
            planned_at=row.planned_at,
            finished_at=row.finished_at,
        )

    async def batches(self, plan_id: str) -> tuple[Batch, ...]:
        """Return the requests of a plan, in order."""
        query = (
            select(broadcast_readers)
            .where(broadcast_readers.c.broadcast_id == plan_id)
            .order_by(broadcast_readers.c.batch, broadcast_readers.c.conversation_id)
        )
        found = (await self._session.connection.execute(query)).all()
        batches = []
        for number, group in groupby(found, key=lambda row: row.batch):
            rows = list(group)
            threads = tuple(row.conversation_id for row in rows)
            batches.append(Batch(number=number, threads=threads, began_at=rows[0].began_at, sent_at=rows[0].sent_at))
        return tuple(batches)

    async def begin(self, plan_id: str, *, number: int, now: datetime) -> None:
        """Note that a request goes out; its first try counts."""
        await self._session.connection.execute(
            update(broadcast_readers)
            .where(*_of(plan_id, number), broadcast_readers.c.began_at.is_(None))
            .values(began_at=now)
        )

    async def sent(self, plan_id: str, *, number: int, now: datetime) -> None:
        """Note that a request was taken."""
        await self._session.connection.execute(
            update(broadcast_readers).where(*_of(plan_id, number)).values(sent_at=now)
        )

    async def finish(self, plan_id: str, *, now: datetime) -> None:
        """Close a plan."""
        await self._session.connection.execute(
            update(broadcasts).where(broadcasts.c.id == plan_id).values(finished_at=now)
        )


def _of(plan_id: str, number: int) -> tuple[ColumnElement[bool], ...]:
    return broadcast_readers.c.broadcast_id == plan_id, broadcast_readers.c.batch == number
