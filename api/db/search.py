"""Finding applications: every filter walks an index in the order of the list, so that closed cases cost nothing."""

from collections.abc import Iterator

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    FromClause,
    Index,
    String,
    Table,
    and_,
    delete,
    insert,
    or_,
    select,
)

from api.db.parties import parties
from api.db.scoping import in_scope
from api.db.session import Session
from api.db.tables import METADATA, Moment, applications
from api.domain.finding import of_matter, of_region, terms
from api.domain.party import Side
from api.services.records import ApplicationRecord, Viewer
from api.services.search_ports import Sought

search_terms = Table(
    "search_terms",
    METADATA,
    Column("reference", String(20), ForeignKey("applications.reference"), primary_key=True),
    Column("term", String(80), primary_key=True),
    Column("received_at", Moment, nullable=False),
    Index("ix_search_terms_term_received_at_reference", "term", "received_at", "reference"),
)


async def index_terms(session: Session, record: ApplicationRecord) -> None:
    """Let an application be found by what it is now."""
    application = record.application
    await session.connection.execute(delete(search_terms).where(search_terms.c.reference == application.reference))
    if application.received_at is None:
        return
    rows = [
        {"reference": application.reference, "term": term, "received_at": application.received_at}
        for term in terms(matters=record.matters, region=record.region)
    ]
    if rows:
        await session.connection.execute(insert(search_terms), rows)


class SqlSearch:
    """Adapter of the `Search` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def page(self, sought: Sought, *, viewer: Viewer, after: str | None, limit: int) -> tuple[str, ...]:
        """Join one row of terms for each that is asked for; the first of them gives the order."""
        wanted = (sought.matter and of_matter(sought.matter), sought.region and of_region(sought.region))
        aid = applications.c
        source: FromClause = applications
        received, reference = aid.received_at, aid.reference
        conditions = [in_scope(applications, viewer), *_fits(sought)]
        for number, term in enumerate(filter(None, wanted)):
            one = search_terms.alias(f"term_{number}")
            source = source.join(one, one.c.reference == aid.reference)
            conditions.append(one.c.term == term)
            if not number:
                received, reference = one.c.received_at, one.c.reference
        conditions.append(received.is_not(None))
        if sought.since is not None:
            conditions.append(received >= sought.since)
        if sought.until is not None:
            conditions.append(received < sought.until)
        if after is not None:
            last = await self._session.value(select(aid.received_at).where(aid.reference == after))
            if last is None:
                return ()
            conditions.append(or_(received < last, and_(received == last, reference < after)))
        query = select(reference).select_from(source).where(*conditions)
        query = query.order_by(received.desc(), reference.desc()).limit(limit)
        return tuple((await self._session.connection.execute(query)).scalars())


def _fits(sought: Sought) -> Iterator[ColumnElement[bool]]:
    aid, row = applications.c, parties.c
    if sought.reference is not None:
        yield aid.reference == sought.reference
    if sought.phone is not None:
        yield aid.phone_digest == sought.phone
    if sought.tail is not None:
        yield aid.reference.in_(select(row.reference).where(row.phone_tail == sought.tail))
    if sought.name is not None:
        named = select(row.reference).where(row.digest == sought.name, row.side.in_((Side.APPLICANT, Side.OPPONENT)))
        yield aid.reference.in_(named)
    if sought.state is not None:
        yield aid.state == sought.state
