"""The blind index over those who are named in an application: digests to compare, and opponents' names sealed."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    and_,
    delete,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from api.db.session import Session
from api.db.tables import METADATA, applications
from api.domain.mass import LATEST, LEAST, Against
from api.domain.party import Side
from api.services.party_ports import Unindexed

# `digest` is of a name, and of a third party the digest of the pass phrase: that is never kept itself.
# `phone_tail` is the digest of the last four digits of an applicant's telephone.
parties = Table(
    "parties",
    METADATA,
    Column("reference", String(20), ForeignKey("applications.reference"), primary_key=True),
    Column("side", String(16), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("name_sealed", LargeBinary),
    Column("phone_tail", String(64)),
    Index("ix_parties_digest", "digest"),
    Index("ix_parties_phone_tail", "phone_tail"),
)

_TABLE: Final = "parties"
_PHRASE: Final = "pass_phrase"


class SqlParties:
    """Adapter of the `Parties` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def set_applicant(self, reference: str, *, digest: str, phone_tail: str | None) -> None:
        """Write the one row of the applicant."""
        await self._put(reference=reference, side=Side.APPLICANT, number=1, digest=digest, phone_tail=phone_tail)

    async def set_pass_phrase(self, reference: str, *, digest: str) -> None:
        """Write the one row of the third party."""
        await self._put(reference=reference, side=Side.THIRD_PARTY, number=1, digest=digest)

    async def end_third_party(self, reference: str) -> None:
        """Delete the row, and what is sealed of them."""
        row = delete(parties).where(parties.c.reference == reference, parties.c.side == Side.THIRD_PARTY)
        await self._session.connection.execute(row)
        changing = update(applications).where(applications.c.reference == reference)
        await self._session.connection.execute(changing.values(third_party_sealed=null()))

    async def strip_pass_phrase(self, reference: str) -> None:
        """Open, take it out, seal."""
        query = select(applications.c.third_party_sealed).where(applications.c.reference == reference)
        sealed = await self._session.value(query)
        third = None if sealed is None else self._third(sealed, reference)
        if third is None or third.pop(_PHRASE, None) is None:
            return
        without = self._session.seal_json(third, table="applications", column="third_party", row=reference)
        changing = update(applications).where(applications.c.reference == reference)
        await self._session.connection.execute(changing.values(third_party_sealed=without))

    async def pass_phrase(self, reference: str) -> str | None:
        """Look it up."""
        query = select(parties.c.digest).where(parties.c.reference == reference, parties.c.side == Side.THIRD_PARTY)
        digest: str | None = await self._session.value(query)
        return digest

    async def set_opponents(self, reference: str, *, named: tuple[tuple[str, str], ...]) -> None:
        """Take the rows there were away, and write the new ones."""
        old = delete(parties).where(parties.c.reference == reference, parties.c.side == Side.OPPONENT)
        await self._session.connection.execute(old)
        for number, (name, digest) in enumerate(named, start=1):
            sealed = self._session.keyring.seal(name, table=_TABLE, column="name", row=f"{reference}:{number}")
            await self._put(reference=reference, side=Side.OPPONENT, number=number, digest=digest, name_sealed=sealed)

    async def opponents(self, reference: str) -> tuple[str, ...]:
        """Open the names in the order they were given."""
        query = (
            select(parties.c.number, parties.c.name_sealed)
            .where(parties.c.reference == reference, parties.c.side == Side.OPPONENT)
            .order_by(parties.c.number)
        )
        return tuple(
            self._session.keyring.open(row.name_sealed, table=_TABLE, column="name", row=f"{reference}:{row.number}")
            for row in await self._session.connection.execute(query)
        )

    async def facing(self, reference: str, *, limit: int) -> tuple[str, ...]:
        """Join the index with itself, one's opponents with the other's applicant."""
        ours, theirs = parties.alias("ours"), parties.alias("theirs")
        crossed = or_(
            and_(ours.c.side == Side.OPPONENT, theirs.c.side == Side.APPLICANT),
            and_(ours.c.side == Side.APPLICANT, theirs.c.side == Side.OPPONENT),
        )
        query = (
            select(applications.c.reference)
            .distinct()
            .add_columns(applications.c.received_at)
            .select_from(ours)
            .join(theirs, theirs.c.digest == ours.c.digest)
            .join(applications, applications.c.reference == theirs.c.reference)
            .where(ours.c.reference == reference, theirs.c.reference != reference, crossed)
            .order_by(applications.c.received_at.desc(), applications.c.reference)
            .limit(limit)
        )
        return tuple(row.reference for row in await self._session.connection.execute(query))

    async def against(self, *, since: datetime) -> tuple[Against, ...]:
        """Count in the database, and read no more than the rows of those whom many came against."""
        came = (parties.c.side == Side.OPPONENT, applications.c.received_at >= since)
        # Not the bare column: SQLite would group by walking its index, through all that was ever closed.
        named = parties.c.digest + literal_column("''")
        many = (
            select(named)
            .join(applications, applications.c.reference == parties.c.reference)
            .where(*came)
            .group_by(named)
            .having(func.count() >= LEAST)
        )
        alike = (parties.c.digest, applications.c.region)
        newest = (applications.c.received_at.desc(), applications.c.reference.desc())
        counted = (
            select(
                *(parties.c.digest, applications.c.region, applications.c.reference, applications.c.received_at),
                func.count().over(partition_by=alike).label("alike"),
                func.row_number().over(partition_by=alike, order_by=newest).label("place"),
            )
            .select_from(applications)
            .join(parties, parties.c.reference == applications.c.reference)
            .where(*came, parties.c.digest.in_(many))
            .subquery()
        )
        query = select(counted).where(counted.c.place <= LATEST).order_by(counted.c.received_at, counted.c.reference)
        groups: dict[tuple[str, str | None], list[Row[Any]]] = {}
        for row in await self._session.connection.execute(query):
            groups.setdefault((row.digest, row.region), []).append(row)
        return tuple(
            Against(
                region=region,
                opponent=digest,
                count=rows[0].alike,
                latest=tuple((row.received_at, row.reference) for row in rows),
            )
            for (digest, region), rows in groups.items()
        )

    async def unindexed(self, *, limit: int) -> tuple[Unindexed, ...]:
        """Open the contacts of applications without an applicant's row, or one without telephone."""
        indexed = select(parties.c.reference).where(
            parties.c.reference == applications.c.reference,
            parties.c.side == Side.APPLICANT,
            parties.c.phone_tail.is_not(None),
        )
        query = (
            select(applications.c.reference, applications.c.contact_sealed, applications.c.third_party_sealed)
            .where(~indexed.exists())
            .limit(limit)
        )
        found = []
        for row in await self._session.connection.execute(query):
            place = {"table": "applications", "column": "contact", "row": row.reference}
            contact = self._session.open_json(row.contact_sealed, **place)
            third = {} if row.third_party_sealed is None else self._third(row.third_party_sealed, row.reference)
            phrase = third.get(_PHRASE)
            found.append(
                Unindexed(
                    reference=row.reference, applicant=contact["name"], phone=contact["phone"], pass_phrase=phrase
                )
            )
        return tuple(found)

    def _third(self, sealed: bytes, reference: str) -> dict[str, Any]:
        return self._session.open_json(sealed, table="applications", column="third_party", row=reference)

    async def _put(self, **columns: object) -> None:
        insert = sqlite.insert if self._session.connection.dialect.name == "sqlite" else postgresql.insert
        key = ["reference", "side", "number"]
        changed = {name: value for name, value in columns.items() if name not in key}
        await self._session.connection.execute(
            insert(parties).values(**columns).on_conflict_do_update(index_elements=key, set_=changed)
        )
