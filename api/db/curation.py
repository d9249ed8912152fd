"""Versions and decisions of cards and texts in tables that only grow."""

from collections import defaultdict
from typing import Any, Final

from sqlalchemy import Insert, Row, insert, select
from sqlalchemy.exc import IntegrityError

from api.db.knowledge_tables import curation_decisions, curation_versions
from api.db.session import Session
from api.domain.curation import Decision, Kind, Step, Version
from api.services.curation_ports import ItemVersion
from api.services.ports import VersionConflict

_HEADS: Final = tuple(column for column in curation_versions.c if column.name != "file")


class SqlCuration:
    """Adapter of the `Curation` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def add_version(self, item: ItemVersion) -> None:
        """Store a version. Raises VersionConflict."""
        row = insert(curation_versions).values(
            kind=item.kind,
            key=item.key,
            number=item.version.number,
            title=item.title,
            region=item.region,
            body=item.body,
            author=item.version.author,
            created_at=item.version.created_at,
            file_name=item.file_name,
            file=item.file,
        )
        await self._once(row)

    async def add_decision(self, *, kind: Kind, key: str, decision: Decision) -> None:
        """Store a decision. Raises VersionConflict."""
        row = insert(curation_decisions).values(
            kind=kind,
            key=key,
            seq=decision.seq,
            version=decision.version,
            step=decision.step,
            staff=decision.by,
            at=decision.at,
            note=decision.note,
        )
        await self._once(row)

    async def _once(self, row: Insert) -> None:
        try:
            async with self._session.connection.begin_nested():
                await self._session.connection.execute(row)
        except IntegrityError as taken:
            raise VersionConflict from taken

    async def versions(self, *, kind: Kind, key: str) -> tuple[ItemVersion, ...]:
        """Return the versions of one item, oldest first."""
        mine = (curation_versions.c.kind == kind, curation_versions.c.key == key)
        query = select(*_HEADS).where(*mine).order_by(curation_versions.c.number)
        return tuple(_version(row) for row in await self._session.connection.execute(query))

    async def decisions(self, *, kind: Kind, key: str) -> tuple[Decision, ...]:
        """Return the decisions on one item, oldest first."""
        mine = (curation_decisions.c.kind == kind, curation_decisions.c.key == key)
        query = select(curation_decisions).where(*mine).order_by(curation_decisions.c.seq)
        return tuple(_decision(row) for row in await self._session.connection.execute(query))

    async def file(self, *, kind: Kind, key: str, number: int) -> bytes | None:
        """Return the newest file up to a version."""
        query = (
            select(curation_versions.c.file)
            .where(
                curation_versions.c.kind == kind,
                curation_versions.c.key == key,
                curation_versions.c.number <= number,
                curation_versions.c.file.is_not(None),
            )
            .order_by(curation_versions.c.number.desc())
            .limit(1)
        )
        found: bytes | None = await self._session.value(query)
        return found

    async def everything(self) -> tuple[tuple[tuple[ItemVersion, ...], tuple[Decision, ...]], ...]:
        """Return every item."""
        versions: defaultdict[tuple[str, str], list[ItemVersion]] = defaultdict(list)
        decisions: defaultdict[tuple[str, str], list[Decision]] = defaultdict(list)
        heads = select(*_HEADS).order_by(curation_versions.c.number)
        for row in await self._session.connection.execute(heads):
            versions[row.kind, row.key].append(_version(row))
        taken = select(curation_decisions).order_by(curation_decisions.c.seq)
        for row in await self._session.connection.execute(taken):
            decisions[row.kind, row.key].append(_decision(row))
        return tuple((tuple(found), tuple(decisions[name])) for name, found in versions.items())


def _version(row: Row[Any]) -> ItemVersion:
    return ItemVersion(
        kind=Kind(row.kind),
        key=row.key,
        title=row.title,
        region=row.region,
        body=row.body,
        version=Version(number=row.number, author=row.author, created_at=row.created_at),
        file_name=row.file_name,
    )


def _decision(row: Row[Any]) -> Decision:
    return Decision(seq=row.seq, version=row.version, step=Step(row.step), by=row.staff, at=row.at, note=row.note)
