"""Applications in a table, their personal part sealed column by column."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.db.queue_items import queue_application
from api.db.search import index_terms
from api.db.session import Session
from api.db.tables import applications
from api.domain.application import OPEN_STATES, Application, State
from api.domain.mass import Arrivals, alike
from api.domain.origin import NoticeGround, Organ, OrganPaper, Origin, Stage
from api.services.ports import DuplicateReference, VersionConflict
from api.services.records import (
    ApplicationRecord,
    ApplicationSecrets,
    Assessed,
    Consent,
    ConsentKind,
    Contact,
    Delivery,
    SafeToContact,
    ThirdParty,
)
from knowledge_base.types import Urgency

_TABLE: Final = "applications"
_PLAIN: Final = tuple(
    column
    for column in applications.c
    if not column.name.endswith(("_sealed", "_digest")) and column.name not in {"open", "consents", "alike"}
)


class SqlApplications:
    """Adapter of the `Applications` port."""

    def __init__(self, session: Session) -> None:
        """Work in this transaction."""
        self._session = session

    async def add(
        self, record: ApplicationRecord, *, secrets: ApplicationSecrets, phone_digest: str, tail_digest: str
    ) -> None:
        """Store a new application. Raises DuplicateReference, and the transaction goes on."""
        try:
            async with self._session.connection.begin_nested():
                await self._session.connection.execute(
                    insert(applications).values(
                        phone_digest=phone_digest,
                        tail_digest=tail_digest,
                        **_columns(record),
                        **self._sealed(record.application.reference, secrets),
                    )
                )
                await index_terms(self._session, record)
                await queue_application(self._session, record)
        except IntegrityError as taken:
            if await self.get(record.application.reference) is None:
                raise
            raise DuplicateReference from taken

    async def get(self, reference: str, *, lock: bool = True) -> ApplicationRecord | None:
        """Return one application without its personal part, its row locked where the transaction writes."""
        query = select(*_PLAIN).where(applications.c.reference == reference)
        query = self._session.locking(query) if lock else query
        row = await self._session.row(query)
        return None if row is None else _record(row)

    async def tail_digest(self, reference: str) -> str | None:
        """Return the keyed digest of the phone tail."""
        query = select(applications.c.tail_digest).where(applications.c.reference == reference)
        digest: str | None = await self._session.value(query)
        return digest

    async def save(self, record: ApplicationRecord) -> None:
        """Store a changed application. Raises VersionConflict unless it follows the stored version."""
        application = record.application
        changed = await self._session.connection.execute(
            update(applications)
            .where(
                applications.c.reference == application.reference,
                applications.c.version == application.version - 1,
            )
            .values(**_columns(record))
        )
        if changed.rowcount != 1:
            raise VersionConflict
        await index_terms(self._session, record)
        await queue_application(self._session, record)

    async def open_ones(self) -> tuple[ApplicationRecord, ...]:
        """Return applications on which somebody still owes a move."""
        query = select(*_PLAIN).where(applications.c.open.is_(True)).order_by(applications.c.received_at)
        return tuple(_record(row) for row in await self._session.connection.execute(query))

    async def several(self, references: Collection[str]) -> tuple[ApplicationRecord, ...]:
        """Return the applications of these references, in no order."""
        query = select(*_PLAIN).where(applications.c.reference.in_(references))
        return tuple(_record(row) for row in await self._session.connection.execute(query))

    async def of_conversation(self, conversation_id: str) -> tuple[ApplicationRecord, ...]:
        """Return the applications that came out of one thread."""
        query = (
            select(*_PLAIN)
            .where(applications.c.conversation_id == conversation_id)
            .order_by(applications.c.received_at)
        )
        return tuple(_record(row) for row in await self._session.connection.execute(query))

    async def arrivals(self, *, since: datetime) -> tuple[Arrivals, ...]:
        """Count in an index, and read one row of each kind."""
        one = applications.alias("one")
        counted = (
            select(
                applications.c.alike,
                func.count().label("count"),
                func.max(applications.c.reference).label("reference"),
            )
            .where(applications.c.received_at >= since, applications.c.alike.is_not(None))
            .group_by(applications.c.alike)
            .subquery()
        )
        query = select(counted.c.alike, counted.c["count"].label("number"), one.c.region, one.c.matters).join(
            one, one.c.reference == counted.c.reference
        )
        return tuple(
            Arrivals(alike=row.alike, region=row.region, matters=tuple(row.matters), count=row.number)
            for row in await self._session.connection.execute(query)
        )

    async def latest(self, alike: Collection[str], *, since: datetime, limit: int) -> tuple[str, ...]:
        """Walk the index of what is alike backwards."""
        query = (
            select(applications.c.reference)
            .where(applications.c.alike.in_(alike), applications.c.received_at >= since)
            .order_by(applications.c.received_at.desc(), applications.c.reference.desc())
            .limit(limit)
        )
        return tuple((await self._session.connection.execute(query)).scalars())[::-1]

    async def by_same_phone(self, reference: str, *, since: datetime, until: datetime) -> tuple[ApplicationRecord, ...]:
        """Return what else came from the telephone of an application; the number itself stays sealed."""
        phone = select(applications.c.phone_digest).where(applications.c.reference == reference).scalar_subquery()
        query = (
            select(*_PLAIN)
            .where(
                applications.c.phone_digest == phone,
                applications.c.reference != reference,
                applications.c.received_at >= since,
                applications.c.received_at <= until,
            )
            .order_by(applications.c.received_at.desc(), applications.c.reference)
        )
        return tuple(_record(row) for row in await self._session.connection.execute(query))

    async def assessed(self, *, after: str, limit: int) -> tuple[Assessed, ...]:
        """Open the facts alone of the next received applications in order of reference."""
        query = (
            select(
                applications.c.reference, applications.c.region, applications.c.received_at, applications.c.facts_sealed
            )
            .where(applications.c.reference > after, applications.c.received_at.is_not(None))
            .order_by(applications.c.reference)
            .limit(limit)
        )
        return tuple(
            Assessed(
                reference=row.reference,
                region=row.region,
                received_at=row.received_at,
                facts=self._session.open_json(row.facts_sealed, table=_TABLE, column="facts", row=row.reference),
            )
            for row in await self._session.connection.execute(query)
        )

    async def secrets(self, reference: str) -> ApplicationSecrets | None:
        """Open the personal part."""
        query = select(
            applications.c.words_sealed,
            applications.c.facts_sealed,
            applications.c.verdict_sealed,
            applications.c.contact_sealed,
            applications.c.third_party_sealed,
            applications.c.organ_sealed,
            applications.c.consents,
        ).where(applications.c.reference == reference)
        row = await self._session.row(query)
        if row is None:
            return None
        third = row.third_party_sealed
        return ApplicationSecrets(
            words=self._session.keyring.open(row.words_sealed, table=_TABLE, column="words", row=reference),
            facts=self._session.open_json(row.facts_sealed, table=_TABLE, column="facts", row=reference),
            verdict=self._session.open_json(row.verdict_sealed, table=_TABLE, column="verdict", row=reference),
            contact=self._contact(row.contact_sealed, reference),
            third_party=None if third is None else self._third_party(third, reference),
            organ=None if row.organ_sealed is None else self._organ(row.organ_sealed, reference),
            consents=tuple(
                Consent(kind=ConsentKind(consent["kind"]), version=consent["version"]) for consent in row.consents
            ),
        )

    async def contact(self, reference: str) -> Contact | None:
        """Open the contact alone."""
        query = select(applications.c.contact_sealed).where(applications.c.reference == reference)
        sealed = await self._session.value(query)
        return None if sealed is None else self._contact(sealed, reference)

    async def set_contact(self, reference: str, *, contact: Contact, phone_digest: str, tail_digest: str) -> None:
        """Seal another name and telephone."""
        sealed = self._session.seal_json(asdict(contact), table=_TABLE, column="contact", row=reference)
        changing = update(applications).where(applications.c.reference == reference)
        await self._session.connection.execute(
            changing.values(contact_sealed=sealed, phone_digest=phone_digest, tail_digest=tail_digest)
        )

    def _contact(self, sealed: bytes, reference: str) -> Contact:
        return Contact(**self._session.open_json(sealed, table=_TABLE, column="contact", row=reference))

    def _third_party(self, sealed: bytes, reference: str) -> ThirdParty:
        found = self._session.open_json(sealed, table=_TABLE, column="third_party", row=reference)
        return ThirdParty(name=found["name"], relationship=found["relationship"])

    def _organ(self, sealed: bytes, reference: str) -> OrganPaper:
        found = self._session.open_json(sealed, table=_TABLE, column="organ", row=reference)
        ground = found.pop("ground")
        return OrganPaper(
            origin=Origin(found.pop("origin")),
            organ=Organ(found.pop("organ")),
            stage=Stage(found.pop("stage")),
            ground=None if ground is None else NoticeGround(ground),
            **found,
        )

    def _sealed(self, reference: str, secrets: ApplicationSecrets) -> dict[str, object]:
        def seal(value: object, column: str) -> bytes:
            return self._session.seal_json(value, table=_TABLE, column=column, row=reference)

        return {
            "words_sealed": self._session.keyring.seal(secrets.words, table=_TABLE, column="words", row=reference),
            "facts_sealed": seal(secrets.facts, "facts"),
            "verdict_sealed": seal(secrets.verdict, "verdict"),
            "contact_sealed": seal(asdict(secrets.contact), "contact"),
            "third_party_sealed": None
            if secrets.third_party is None
            else seal(asdict(secrets.third_party), "third_party"),
            "organ_sealed": None if secrets.organ is None else seal(asdict(secrets.organ), "organ"),
            "consents": [asdict(consent) for consent in secrets.consents],
        }


def _columns(record: ApplicationRecord) -> dict[str, object]:
    application = record.application
    return {
        "reference": application.reference,
        "state": application.state,
        "open": application.state in OPEN_STATES,
        "state_since": application.state_since,
        "received_at": application.received_at,
        "granted_at": application.granted_at,
        "paused_seconds": round(application.paused.total_seconds()),
        "papers": list(application.papers),
        "papers_due": application.papers_due,
        "supplement_told": application.supplement_told,
        "advance_aid": application.advance_aid,
        "same_day": application.same_day,
        "in_custody": application.in_custody,
        "origin": application.origin,
        "provider": application.provider,
        "provider_id": application.provider_id,
        "version": application.version,
        "region": record.region,
        "alike": alike(region=record.region, matters=record.matters),
        "urgency": record.urgency,
        "matters": list(record.matters),
        "outcome": record.outcome,
        "basis": record.basis,
        "flags": list(record.flags),
        "safe_to_contact": record.safe_to_contact,
        "delivery": record.delivery,
        "missing_documents": list(record.missing_documents),
        "rulebook": record.rulebook,
        "channel": record.channel,
        "conversation_id": record.conversation_id,
        "owner": record.owner,
    }


def _record(row: Row[Any]) -> ApplicationRecord:
    return ApplicationRecord(
        application=Application(
            reference=row.reference,
            state=State(row.state),
            state_since=row.state_since,
            received_at=row.received_at,
            granted_at=row.granted_at,
            paused=timedelta(seconds=row.paused_seconds),
            papers=tuple(row.papers),
            papers_due=row.papers_due,
            supplement_told=row.supplement_told,
            advance_aid=row.advance_aid,
            same_day=row.same_day,
            in_custody=row.in_custody,
            origin=Origin(row.origin),
            provider=row.provider,
            provider_id=row.provider_id,
            version=row.version,
        ),
        region=row.region,
        urgency=Urgency(row.urgency),
        matters=tuple(row.matters),
        outcome=row.outcome,
        basis=row.basis,
        flags=tuple(row.flags),
        safe_to_contact=SafeToContact(row.safe_to_contact),
        delivery=Delivery(row.delivery),
        missing_documents=tuple(row.missing_documents),
        rulebook=row.rulebook,
        channel=row.channel,
        conversation_id=row.conversation_id,
        owner=row.owner,
    )
