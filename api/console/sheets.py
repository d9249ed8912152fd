"""What a case's page shows: the frame that changes while it is open, and the sheet that does not."""

from dataclasses import dataclass
from datetime import datetime

from api.console.alerts import DangerView
from api.console.complaining import ComplaintView
from api.console.correcting import Correcting
from api.console.moves import Move
from api.console.opening import AttachmentView
from api.console.ringing import RingView
from api.console.told import ToldView
from api.console.views import ClockView, MessageView, Pair, VerdictView
from knowledge_base.types import Urgency


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """One consent, the version of its text, and the text as it was shown; None where somebody else showed one of theirs."""

    title: str
    version: str
    text: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way to another page."""

    href: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the case's history."""

    title: str
    at: datetime
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something still to be done for the case, and where to say that it is done."""

    title: str
    since: datetime
    href: str | None
    outcomes: tuple[tuple[str, str], ...] = ()
    """What may have come of it; empty of what closes with a word of its own."""
    ring: RingView | None = None
    """Of a call-back: how it is booked and rung."""
    complaint: ComplaintView | None = None
    """Of a complaint: who may answer for it, and how it is closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What of a case changes while its page is open; nothing personal in it."""

    title: str
    urgency: Urgency
    state: str
    holder: str | None
    owner: str | None
    mine: bool
    channel: str
    region: str | None
    since: datetime
    clock: ClockView | None
    flags: tuple[str, ...]
    waiting_on: str
    reference: str | None
    links: tuple[Link, ...]
    again: tuple[Link, ...]
    """What else came from the same telephone within thirty days."""
    dangers: tuple[DangerView, ...]
    contact: str | None
    """Whether whoever called may be contacted: the one line that says so, the most careful of all that was answered."""
    may_claim: bool
    may_release: bool
    may_write: bool
    colleagues: tuple[tuple[str, str], ...]
    """Whom the reader may hand the conversation to: id, and name with role."""
    outcomes: tuple[tuple[str, str], ...]
    canned: tuple[tuple[str, str], ...]
    read_only: bool
    call: str | None
    """Where a call that is not over is noted."""
    base: str
    conversation: str | None
    timeline: tuple[Step, ...]
    tasks: tuple[Task, ...]
    moves: tuple[Move, ...]
    happenings: tuple[tuple[str, str], ...]
    may_log: bool
    """Whether the reader may note how the case goes on."""
    provider: str | None
    """Who has the case in hand."""
    origin: str | None
    """Where an application came from."""
    version: int
    message_id: str
    attachments: tuple[AttachmentView, ...] = ()
    """What was handed in beside words."""
    may_open: bool = False
    """Whether the reader may open what was handed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A personal value that opens on request: how the request names it, and its mask."""

    key: str
    label: str
    masked: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """What a colleague noted."""

    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What of a case stays as it was when the page was opened."""

    told: ToldView | None
    """None where sensitive facts were not to leave the conversation (PIPL art. 29)."""
    messages: tuple[MessageView, ...]
    verdict: VerdictView | None
    facts: tuple[Pair, ...]
    missing_documents: tuple[str, ...]
    papers_due: str = ""
    """The last day for papers that were asked for."""
    preference: str | None = None
    """Whom the citizen would like to have; never promised."""
    report: tuple[str, ...] = ()
    """How the case went."""
    reasons: tuple[str, ...] = ()
    """Written reasons of its decisions, first given first."""
    terms: tuple[Pair, ...]
    sealed: tuple[Sealed, ...]
    consents: tuple[ConsentView, ...]
    may_open: bool
    notes: tuple[NoteView, ...]
    may_note: bool
    note_id: str
    draft: str = ""
    """A canned reply that the reader chose, for them to change and send."""
    statements: tuple[str, ...] = ()
    """What the person says is wrong in their record, or left out."""
    opponents: tuple[str, ...] = ()
    """Against whom it is, masked."""
    facing: tuple[Link, ...] = ()
    """Applications on the other side: staff only."""
    conflicts: tuple[str, ...] = ()
    """Whom the case may not go to unless somebody has looked into it."""
    correcting: Correcting | None = None
    organ: tuple[Pair, ...] = ()
    """What an organ wrote that forwarded it or gave notice."""
    elsewhere: str | None = None
    """Where art. 38 puts it, if not here."""
    transfer: tuple[Pair, ...] = ()
    """Where it went on, and with what."""
    printable: tuple[tuple[str, str], ...] = ()
    """The papers that can be printed of it."""

    @property
    def last_seq(self) -> int:
        """Return where the transcript ends."""
        return self.messages[-1].seq if self.messages else 0
