"""Look-ups and weekly lists in tables; what a citizen asked is sealed there like everything a citizen says."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from api.db.knowledge_tables import lookups, weekly_lists
from api.db.session import Session
from api.services.curation_ports import Lookup, LookupOutcome, WeeklyList


class SqlLookups:
    """Adapter of the `Lookups` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def add(self, lookup: Lookup) -> None:
        """Store one."""
        sealed = None
        if lookup.words is not None:
            sealed = self._session.keyring.seal(lookup.words, table="lookups", column="words", row=lookup.id)
        await self._session.connection.execute(
            insert(lookups).values(
                id=lookup.id,
                day=lookup.day,
                outcome=lookup.outcome,
                entry=lookup.entry,
                version=lookup.version,
                build=lookup.build,
                score=lookup.score,
                region=lookup.region,
                matter=lookup.matter,
                asker=lookup.asker,
                words_sealed=sealed,
            )
        )

    async def open_questions(self, *, begin: date, end: date, limit: int) -> tuple[Lookup, ...]:
        """Return silent and unsure look-ups with their words, newest first."""
        query = (
            select(lookups)
            .where(lookups.c.day >= begin, lookups.c.day < end, lookups.c.words_sealed.is_not(None))
            .order_by(lookups.c.day.desc(), lookups.c.id)
            .limit(limit)
        )
        return tuple(self._lookup(row) for row in await self._session.connection.execute(query))

    async def open_ones(self, *, begin: date, end: date) -> int:
        """Count silent and unsure look-ups."""
        open_question = lookups.c.outcome != LookupOutcome.ANSWERED
        query = select(func.count()).where(lookups.c.day >= begin, lookups.c.day < end, open_question)
        return int((await self._session.connection.execute(query)).scalar_one())

    async def uses(self, *, begin: date, end: date) -> Mapping[str, int]:
        """Count answers by entry."""
        query = (
            select(lookups.c.entry, func.count().label("uses"))
            .where(lookups.c.day >= begin, lookups.c.day < end, lookups.c.entry.is_not(None))
            .group_by(lookups.c.entry)
        )
        return {row.entry: row.uses for row in await self._session.connection.execute(query)}

    async def forget(self, *, before: date) -> int:
        """Destroy words and digests."""
        old = await self._session.connection.execute(
            update(lookups)
            .where(lookups.c.day < before, lookups.c.words_sealed.is_not(None))
            .values(words_sealed=None, asker=None)
        )
        return old.rowcount

    async def put_list(self, weekly: WeeklyList) -> None:
        """Store a list in place of an earlier one."""
        await self._session.connection.execute(delete(weekly_lists).where(weekly_lists.c.week == weekly.week))
        await self._session.connection.execute(
            insert(weekly_lists).values(week=weekly.week, made_at=weekly.made_at, content=weekly.content)
        )

    async def list_of(self, week: str) -> WeeklyList | None:
        """Return the list of a week."""
        query = select(weekly_lists).where(weekly_lists.c.week == week)
        row = await self._session.row(query)
        return None if row is None else WeeklyList(week=row.week, made_at=row.made_at, content=row.content)

    async def weeks(self) -> tuple[str, ...]:
        """Return the weeks that have a list, newest first."""
        query = select(weekly_lists.c.week).order_by(weekly_lists.c.week.desc())
        return tuple((await self._session.connection.execute(query)).scalars())

    def _lookup(self, row: Row[Any]) -> Lookup:
        return Lookup(
            id=row.id,
            day=row.day,
            outcome=LookupOutcome(row.outcome),
            entry=row.entry,
            version=row.version,
            build=row.build,
            score=row.score,
            region=row.region,
            matter=row.matter,
            asker=row.asker,
            words=self._session.keyring.open(row.words_sealed, table="lookups", column="words", row=row.id),
        )
