"""What services need from outside, as Protocols: storage, time and limits. Every adapter passes the same tests."""

from collections.abc import Collection
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from api.domain.audit import AuditEntry, ChainedEntry
from api.domain.mass import Arrivals
from api.services.attachment_ports import Attachments
from api.services.conversation_ports import Conversations
from api.services.curation_ports import Curation, Lookups
from api.services.news_ports import Broadcasts, Subscriptions
from api.services.note_ports import Notes
from api.services.party_ports import Parties
from api.services.provider_ports import Providers
from api.services.queue_ports import Queue
from api.services.records import (
    ApplicationRecord,
    ApplicationSecrets,
    Assessed,
    Contact,
    Job,
    JsonObject,
)
from api.services.retention_ports import Retention
from api.services.search_ports import Search
from api.services.sign_ports import Signs
from api.services.slot_ports import Slots
from api.services.staff_records import StaffAccount, StaffSession
from api.services.ticket_ports import Tickets


class VersionConflict(Exception):
    """Somebody else changed the row in between: read it again and decide anew."""

    code = "version_conflict"


class DatabaseBusy(Exception):
    """Too many at once, or two in each other's way: nothing was written, and the same request may succeed in a moment."""

    code = "database_busy"


class DuplicateReference(Exception):
    """The reference is taken; draw another."""

    code = "duplicate_reference"


class Vault(Protocol):
    """Single personal values behind meaningless tokens."""

    async def put(self, *, conversation_id: str, kind: str, value: str, digest: str, now: datetime) -> int:
        """Seal a value and return its number within the conversation and kind; the same value keeps its number."""

    async def open(self, *, conversation_id: str, kind: str, number: int) -> str | None:
        """Open one value."""

    async def erase(self, *, conversation_id: str, kind: str | None = None) -> int:
        """Destroy every value of a conversation, or those of one kind, and return how many there were."""


class Applications(Protocol):
    """Stored applications; the personal part opens only by an explicit call."""

    async def add(
        self, record: ApplicationRecord, *, secrets: ApplicationSecrets, phone_digest: str, tail_digest: str
    ) -> None:
        """Store a new application. Raises DuplicateReference."""

    async def get(self, reference: str, *, lock: bool = True) -> ApplicationRecord | None:
        """Return one application without its personal part.

        A transaction that writes holds it until it ends, unless it only wants to look. Whoever holds both holds the
        conversation first: two who go opposite ways would wait for each other.
        """

    async def tail_digest(self, reference: str) -> str | None:
        """Return the keyed digest of the phone tail."""

    async def save(self, record: ApplicationRecord) -> None:
        """Store a changed application. Raises VersionConflict unless it follows the stored version."""

    async def several(self, references: Collection[str]) -> tuple[ApplicationRecord, ...]:
        """Return the applications of these references, in no order."""

    async def open_ones(self) -> tuple[ApplicationRecord, ...]:
        """Return applications on which somebody still owes a move, oldest first."""

    async def of_conversation(self, conversation_id: str) -> tuple[ApplicationRecord, ...]:
        """Return the applications that came out of one thread."""

    async def arrivals(self, *, since: datetime) -> tuple[Arrivals, ...]:
        """Return what came in since, counted by place and matters, of what is known where it is from."""

    async def latest(self, alike: Collection[str], *, since: datetime, limit: int) -> tuple[str, ...]:
        """Return the last of those that came in since, in the order they came; `domain/mass.py` says what is alike."""

    async def by_same_phone(self, reference: str, *, since: datetime, until: datetime) -> tuple[ApplicationRecord, ...]:
        """Return what else came from the telephone of an application between two moments, newest first."""

    async def assessed(self, *, after: str, limit: int) -> tuple[Assessed, ...]:
        """Open the facts alone of the next received applications in order of reference."""

    async def set_contact(self, reference: str, *, contact: Contact, phone_digest: str, tail_digest: str) -> None:
        """Seal another name and telephone in the place of those there were."""

    async def secrets(self, reference: str) -> ApplicationSecrets | None:
        """Open the personal part. Services call this only beside an audit entry."""

    async def contact(self, reference: str) -> Contact | None:
        """Open the contact alone. Services call this only beside an audit entry."""


class Audit(Protocol):
    """The chain; entries are bound together when the transaction commits."""

    def record(self, entry: AuditEntry) -> None:
        """Add an entry to this transaction."""

    async def of(self, subject: str) -> tuple[ChainedEntry, ...]:
        """Return the entries about one subject, oldest first."""

    async def acted(self, action: str) -> tuple[ChainedEntry, ...]:
        """Return the entries of one action, oldest first."""

    async def entries(self, *, after: int = 0, limit: int = 1000) -> tuple[ChainedEntry, ...]:
        """Return a stretch of the chain."""


class Jobs(Protocol):
    """The outbox: work promised in the transaction that caused it."""

    async def add(self, job: Job) -> None:
        """Promise a piece of work."""

    async def take(
        self,
        *,
        now: datetime,
        lease: timedelta,
        limit: int,
        only: Collection[str] | None = None,
        never: Collection[str] = (),
    ) -> tuple[Job, ...]:
        """Lease due jobs to this worker, of some kinds only or of all but some; no two workers get the same one."""

    async def done(self, job_id: int) -> None:
        """Strike a job off."""

    async def retry(self, job_id: int, *, at: datetime, error: str) -> None:
        """Put a failed job back; `error` is a code, never a message."""

    async def bury(self, job_id: int, *, now: datetime, error: str) -> None:
        """Give a job up; it stays visible to staff."""

    async def dead(self) -> tuple[Job, ...]:
        """Return the jobs that were given up."""

    async def revive(self, job_id: int, *, at: datetime) -> Job | None:
        """Let a job that was given up be tried from the beginning; None where there is none."""


class Idempotency(Protocol):
    """Answers already given, by key."""

    async def get(self, *, scope: str, key: str) -> tuple[str, JsonObject] | None:
        """Return the digest of the first request and its answer."""

    async def put(self, *, scope: str, key: str, request_digest: str, answer: JsonObject, now: datetime) -> None:
        """Keep an answer."""


class Staff(Protocol):
    """Accounts and sessions of the console."""

    async def add(self, account: StaffAccount) -> None:
        """Store a new account."""

    async def get(self, staff_id: str) -> StaffAccount | None:
        """Return an account by id."""

    async def by_name(self, name: str) -> StaffAccount | None:
        """Return an account by sign-in name."""

    async def all(self) -> tuple[StaffAccount, ...]:
        """Return every account, by name."""

    async def save(self, account: StaffAccount) -> None:
        """Store a changed account."""

    async def add_session(self, session: StaffSession) -> None:
        """Store a new session."""

    async def session(self, token_digest: str) -> StaffSession | None:
        """Return a session."""

    async def touch_session(self, token_digest: str, *, seen_at: datetime, expires_at: datetime) -> None:
        """Note a sign of life."""

    async def end_session(self, token_digest: str) -> None:
        """Forget one session."""

    async def end_sessions_of(self, staff_id: str) -> None:
        """Forget every session of one account."""


class UnitOfWork(Protocol):
    """One transaction. The edge opens and commits it; services only work in it."""

    @property
    def conversations(self) -> Conversations:
        """Threads and messages."""

    @property
    def vault(self) -> Vault:
        """Personal values."""

    @property
    def applications(self) -> Applications:
        """Applications."""

    @property
    def tickets(self) -> Tickets:
        """Alerts and person requests."""

    @property
    def queue(self) -> Queue:
        """What waits, in its order."""

    @property
    def search(self) -> Search:
        """Applications found by what is known of them."""

    @property
    def audit(self) -> Audit:
        """The audit chain."""

    @property
    def jobs(self) -> Jobs:
        """The outbox."""

    @property
    def idempotency(self) -> Idempotency:
        """Answers by key."""

    @property
    def staff(self) -> Staff:
        """Console accounts."""

    @property
    def curation(self) -> Curation:
        """Cards and texts that staff work on."""

    @property
    def lookups(self) -> Lookups:
        """What was looked up."""

    @property
    def subscriptions(self) -> Subscriptions:
        """Who wants law education."""

    @property
    def retention(self) -> Retention:
        """What can be destroyed."""

    @property
    def signs(self) -> Signs:
        """Who writes, and who has read."""

    @property
    def slots(self) -> Slots:
        """Half-days for call-backs."""

    @property
    def broadcasts(self) -> Broadcasts:
        """What was sent to many at once."""

    @property
    def attachments(self) -> Attachments:
        """What citizens hand in."""

    @property
    def notes(self) -> Notes:
        """What staff note for one another."""

    @property
    def parties(self) -> Parties:
        """Who is named in an application."""

    @property
    def providers(self) -> Providers:
        """Who may be assigned."""

    def digest(self, purpose: str, value: str) -> str:
        """Return a keyed digest: equal values are found again, nothing can be read back."""

    async def lock(self, key: str) -> None:
        """Serialise with every other transaction that locks the same key, until this one ends."""

    async def commit(self) -> None:
        """Make it so. Only edges call this."""


class Database(Protocol):
    """Opens units of work and per-conversation locks."""

    def unit_of_work(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that writes; left without commit, it is rolled back."""

    def reading(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a transaction that only reads and never waits for a writer."""

    def conversation_lock(self, conversation_id: str) -> AbstractAsyncContextManager[None]:
        """Hold a conversation for one turn, across processes where the database allows; no transaction stays open."""

    async def turn_under_way(self, conversation_id: str) -> bool:
        """Tell whether somebody holds this conversation for a turn just now."""


class Clock(Protocol):
    """Where edges get `now` from; services are given it."""

    def __call__(self) -> datetime:
        """Return the present, aware of its zone."""


class RateLimits(Protocol):
    """How often somebody may do something."""

    async def allow(self, action: str, *, who: str) -> bool:
        """Count one attempt and tell whether it is within the limit of this action."""
