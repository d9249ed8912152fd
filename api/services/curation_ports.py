"""What curation needs from outside: its tables, and the library that drafts are held against and published into."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from api.domain.curation import Decision, Kind, Version
from api.services.records import JsonObject
from knowledge_base.drafts import Asked, CardDraft, Cluster, Ending, Excerpt, Particulars, Review, Shelf, TextRead


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemVersion:
    """One version of a card or text with what it says; a text's file is kept beside it and opened by itself."""

    kind: Kind
    key: str
    title: str
    region: str
    body: JsonObject
    version: Version
    file_name: str | None = None
    file: bytes | None = field(default=None, repr=False)


class LookupOutcome(StrEnum):
    """What a look-up came to."""

    ANSWERED = "answered"
    UNSURE = "unsure"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """检索记录: that something was looked up on a day. Words only where the answer was missing or unsure, redacted.

    `asker` is a keyed digest: it tells one conversation from another and leads to none.
    """

    id: str
    day: date
    outcome: LookupOutcome
    entry: str | None = None
    version: str | None = None
    build: str | None = None
    score: float = 0.0
    region: str | None = None
    matter: str | None = None
    asker: str | None = None
    words: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyList:
    """每周清单: what was asked in vain in one week, and which answers lose their source; nothing personal is in it."""

    week: str
    made_at: datetime
    content: JsonObject


class Curation(Protocol):
    """Versions and decisions; both only grow."""

    async def add_version(self, item: ItemVersion) -> None:
        """Store a version. Raises VersionConflict where its number is taken."""

    async def add_decision(self, *, kind: Kind, key: str, decision: Decision) -> None:
        """Store a decision. Raises VersionConflict where its place is taken."""

    async def versions(self, *, kind: Kind, key: str) -> tuple[ItemVersion, ...]:
        """Return the versions of one item, oldest first, without their files."""

    async def decisions(self, *, kind: Kind, key: str) -> tuple[Decision, ...]:
        """Return the decisions on one item, oldest first."""

    async def file(self, *, kind: Kind, key: str, number: int) -> bytes | None:
        """Return the newest file among this version and those before it."""

    async def everything(self) -> tuple[tuple[tuple[ItemVersion, ...], tuple[Decision, ...]], ...]:
        """Return versions and decisions of every item, without files."""


class Lookups(Protocol):
    """What was looked up, and the weekly lists made of it."""

    async def add(self, lookup: Lookup) -> None:
        """Store one; its words are sealed."""

    async def open_questions(self, *, begin: date, end: date, limit: int) -> tuple[Lookup, ...]:
        """Return look-ups of the days [begin, end) that were silent or unsure, with their words, newest first."""

    async def open_ones(self, *, begin: date, end: date) -> int:
        """Return how many look-ups of the days [begin, end) were silent or unsure."""

    async def uses(self, *, begin: date, end: date) -> Mapping[str, int]:
        """Return how often each entry answered in the days [begin, end)."""

    async def forget(self, *, before: date) -> int:
        """Destroy the words of look-ups before a day, and return how many there were."""

    async def put_list(self, weekly: WeeklyList) -> None:
        """Store the list of a week in place of an earlier one."""

    async def list_of(self, week: str) -> WeeklyList | None:
        """Return the list of a week."""

    async def weeks(self) -> tuple[str, ...]:
        """Return the weeks that have a list, newest first."""


class Library(Protocol):
    """The knowledge base as the desk works on it. Its methods may take seconds: call them in a thread."""

    def review_card(self, draft: CardDraft, /, *, on: date) -> Review:
        """Hold a card against its sources. Raises KnowledgeUnavailable."""

    def review_document(self, particulars: Particulars, /, *, clauses: int) -> Review:
        """Look whether what is said about a text can be. Raises KnowledgeUnavailable."""

    def read_text(self, name: str, content: bytes, /, *, region: str | None) -> TextRead:
        """Read an uploaded text. Raises TextRefused."""

    def held(self, read: TextRead, /) -> str | None:
        """Return the name of a text in use that says the same, clause by clause. Raises KnowledgeUnavailable."""

    def publish_card(self, draft: CardDraft, /, *, on: date) -> None:
        """Put a card where the next build finds it. Raises KnowledgeUnavailable."""

    def publish_document(self, key: str, particulars: Particulars, /, *, text: bytes | None, suffix: str) -> None:
        """Put a text, or what was confirmed about one, where the next build finds it."""

    def shelf(self, *, on: date) -> Shelf:
        """Return what the library holds. Raises KnowledgeUnavailable."""

    def card(self, key: str, /) -> CardDraft | None:
        """Return a card in use. Raises KnowledgeUnavailable."""

    def text(self, document_id: str, /) -> Particulars | None:
        """Return what is known of a text in use. Raises KnowledgeUnavailable."""

    def clauses(self, document_id: str, /) -> tuple[Excerpt, ...]:
        """Return the clauses of a text in use; none for an unknown one. Raises KnowledgeUnavailable."""

    def earlier(self, version: str, /) -> CardDraft | None:
        """Return a card as it was worded when it was said."""

    def cluster(self, questions: Sequence[Asked], /, *, least: int, on: date) -> tuple[Cluster, ...]:
        """Gather questions. Raises KnowledgeUnavailable."""

    def endings(self, *, uses: Mapping[str, int], on: date, within: timedelta) -> tuple[Ending, ...]:
        """Return the answers whose sources end soon. Raises KnowledgeUnavailable."""
