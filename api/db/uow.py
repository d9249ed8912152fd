"""One transaction over the repositories: the adapter of the `UnitOfWork` port."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from api.db.applications import SqlApplications
from api.db.attachments import SqlAttachments
from api.db.audit import SqlAudit
from api.db.broadcasts import SqlBroadcasts
from api.db.conversations import SqlConversations
from api.db.curation import SqlCuration
from api.db.housekeeping import SqlIdempotency, SqlJobs, SqlVault
from api.db.lookups import SqlLookups
from api.db.notes import SqlNotes
from api.db.parties import SqlParties
from api.db.providers import SqlProviders
from api.db.queue import SqlQueue
from api.db.retention import SqlRetention
from api.db.sealing import Keyring
from api.db.search import SqlSearch
from api.db.session import Session, lock_number
from api.db.signs import SqlSigns
from api.db.slots import SqlSlots
from api.db.staff import SqlStaff
from api.db.subscriptions import SqlSubscriptions
from api.db.tickets import SqlTickets


class SqlUnitOfWork:
    """Repositories on one connection; the audit entries are chained when it commits."""

    def __init__(self, connection: AsyncConnection, keyring: Keyring, *, writing: bool) -> None:
        """Bind every repository to the same connection and keys."""
        self._session = Session(connection=connection, keyring=keyring, writing=writing)
        self.conversations = SqlConversations(self._session)
        self.vault = SqlVault(self._session)
        self.applications = SqlApplications(self._session)
        self.tickets = SqlTickets(self._session)
        self.audit = SqlAudit(self._session)
        self.jobs = SqlJobs(self._session)
        self.idempotency = SqlIdempotency(self._session)
        self.staff = SqlStaff(self._session)
        self.curation = SqlCuration(self._session)
        self.lookups = SqlLookups(self._session)
        self.attachments = SqlAttachments(self._session)
        self.notes = SqlNotes(self._session)
        self.signs = SqlSigns(self._session)
        self.slots = SqlSlots(self._session)
        self.parties = SqlParties(self._session)
        self.providers = SqlProviders(self._session)
        self.subscriptions = SqlSubscriptions(self._session)
        self.broadcasts = SqlBroadcasts(self._session)
        self.queue = SqlQueue(self._session)
        self.search = SqlSearch(self._session)
        self.retention = SqlRetention(self._session)

    def digest(self, purpose: str, value: str) -> str:
        """Return a keyed digest."""
        return self._session.keyring.digest(purpose, value)

    async def lock(self, key: str) -> None:
        """Serialise with every transaction on this key; SQLite's single writer does so anyway."""
        if self._session.connection.dialect.name == "postgresql":
            await self._session.connection.execute(
                text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_number(key)}
            )

    async def commit(self) -> None:
        """Chain the audit entries and make it so."""
        if self.audit.pending:
            # The chain has one end; the lock is the transaction's last act, so it is held for one insert.
            await self.lock("audit")
            await self.audit.flush()
        await self._session.connection.commit()
