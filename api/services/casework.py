"""What staff see: the queue in its order, and one case with its transcript; every look at personal data is on record (办案视图)."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from api.domain.application import Event, State, allowed_events
from api.domain.audit import Actor, ActorKind, AuditEntry, ChainedEntry
from api.domain.clocks import Clock, Party, clocks, waiting_on
from api.domain.conversation import Holder
from api.domain.correction import Correction
from api.domain.origin import OrganPaper, Origin
from api.domain.priority import Rank, promised_from, rank
from api.domain.transfer import Transfer
from api.services import applications, conversations, corrections, parties, preference, transfers
from api.services.applications import CLOSING_REPORT, REASON, ApplicationNotFound
from api.services.conversations import ConversationNotFound
from api.services.ports import UnitOfWork
from api.services.queue_ports import Show, Tally
from api.services.records import (
    ApplicationRecord,
    Assistance,
    Consent,
    Contact,
    Conversation,
    JsonObject,
    StoredMessage,
    ThirdParty,
    Ticket,
    TicketKind,
    Viewer,
    covers,
)
from api.services.vault import PurposeRequired
from knowledge_base.types import Urgency

PAGE: Final = 100
"""How many lines one page of the queue has: what a person can look over, and a browser draws at once."""
STATEMENT: Final = "personal_statement"
"""What the vault calls what a person says is wrong in their record, or left out."""
DATA_CORRECTED: Final = "data_corrected"
"""What the notice is called that tells them that it was put right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """One thing in the queue; no personal data in it."""

    kind: TicketKind
    id: str
    line: str
    """What all that one person waits for has in common."""
    rank: Rank
    urgency: Urgency
    opened_at: datetime
    reason: str
    region: str | None = None
    owner: str | None = None
    reference: str | None = None
    conversation_id: str | None = None
    state: State | None = None
    outcome: str | None = None
    same_day: bool = False
    matters: tuple[str, ...] = ()
    clocks: tuple[Clock, ...] = ()
    next_at: datetime | None = None
    """When whoever wished to be rung is to be rung next."""
    tried: int = 0
    """How often that was done."""
    report_due: bool = False
    """Harm to a child was told and not reported yet."""
    assistance: tuple[Assistance, ...] = ()
    """What the caller wishes for at an agreed time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDetail:
    """One application as its reviewer reads it; name and phone stay masked."""

    record: ApplicationRecord
    words: str = field(repr=False)
    facts: JsonObject = field(repr=False)
    verdict: JsonObject = field(repr=False)
    masked_name: str
    masked_phone: str
    third_party: str | None
    """The relationship of whoever speaks for the citizen."""
    organ: OrganPaper | None = field(repr=False)
    """What an organ wrote that forwarded it or gave notice."""
    elsewhere: str | None
    """Where art. 38 puts it by what was told, in words, if that is not the place it lies at."""
    transfer: Transfer | None = field(repr=False)
    """Where it went on, and with what."""
    consents: tuple[Consent, ...]
    transcript: tuple[StoredMessage, ...] = field(repr=False)
    reasons: tuple[str, ...] = field(repr=False)
    """Written reasons of its decisions, first given first."""
    preference: str | None = field(repr=False)
    """Whom the citizen would like to have, as they said last."""
    report: tuple[str, ...] = field(repr=False)
    """How the case went, once it is closed; of one that was opened again, each time."""
    statements: tuple[str, ...] = field(repr=False)
    """What the person said is wrong in their record, or left out, first said first."""
    opponents: tuple[str, ...] = field(repr=False)
    """Against whom it is, masked."""
    facing: tuple[ApplicationRecord, ...]
    """Applications on the other side of it, of the viewer's regions: staff only, never told to the citizen."""
    correction: Correction | None = field(repr=False)
    """What staff say the pre-screen should have come to."""
    conversation: Conversation | None
    history: tuple[ChainedEntry, ...]
    clocks: tuple[Clock, ...]
    waiting_on: Party
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Persons:
    """Whom an application is about, who speaks for them, and who has the case at an organ."""

    contact: Contact
    third_party: ThirdParty | None = None
    organ: OrganPaper | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadDetail:
    """One conversation as staff read it."""

    conversation: Conversation
    transcript: tuple[StoredMessage, ...] = field(repr=False)
    tickets: tuple[Ticket, ...]
    applications: tuple[ApplicationRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePage:
    """One page of the queue: its figures as a whole, and what the lines of the page consist of, in order."""

    items: tuple[QueueItem, ...]
    tally: Tally
    page: int
    pages: int
    size: int
    """How many lines a page has at most."""


async def queue(uow: UnitOfWork, *, viewer: Viewer, now: datetime, show: Show = Show.ALL, page: int = 1) -> QueuePage:
    """Return what waits within the viewer's scope: danger, statutory clock, same day, oldest.

    A page that the queue no longer reaches is its last one.
    """
    asked = partial(uow.queue.page, viewer=viewer, now=now, show=show, size=PAGE)
    tally, places = await asked(page=page)
    pages = max(1, -(-tally.of(show) // PAGE))
    if page > pages:
        page = pages
        tally, places = await asked(page=page)
    tickets = {one.id: one for one in await uow.tickets.several([each.id for each in places if each.ticket])}
    records = {
        one.application.reference: one
        for one in await uow.applications.several([each.id for each in places if not each.ticket])
    }
    items = tuple(
        _of_ticket(tickets[each.id], line=each.line, now=now)
        if each.ticket
        else _of_application(records[each.id], line=each.line, now=now)
        for each in places
    )
    return QueuePage(items=items, tally=tally, page=page, pages=pages, size=PAGE)


async def detail(uow: UnitOfWork, *, reference: str, viewer: Viewer, now: datetime) -> CaseDetail:
    """Open a case for work, and put the look on record. Raises ApplicationNotFound."""
    record = await applications.find(uow, reference=reference, viewer=viewer)
    key = record.application.reference
    secrets = await uow.applications.secrets(key)
    if secrets is None:
        raise ApplicationNotFound
    thread = record.conversation_id
    found = None if thread is None else await uow.conversations.get(thread, lock=False)
    transcript = () if found is None else await uow.conversations.after(conversation_id=found.id, seq=0)
    history = await uow.audit.of(key)
    uow.audit.record(_look("application.read", key, viewer=viewer, now=now))
    return CaseDetail(
        record=record,
        words=secrets.words,
        facts=secrets.facts,
        verdict=secrets.verdict,
        masked_name=mask_name(secrets.contact.name),
        masked_phone=mask_phone(secrets.contact.phone),
        third_party=None if secrets.third_party is None else secrets.third_party.relationship,
        organ=secrets.organ,
        elsewhere=_elsewhere(record, secrets.verdict),
        transfer=await transfers.of(uow, reference=key),
        consents=secrets.consents,
        transcript=transcript,
        reasons=await _kept(uow, reference=key, kind=REASON),
        preference=await preference.of(uow, reference=key, history=history),
        report=await _kept(uow, reference=key, kind=CLOSING_REPORT),
        statements=await _kept(uow, reference=key, kind=STATEMENT),
        opponents=tuple(mask_name(name) for name in await uow.parties.opponents(key)),
        facing=await parties.seen_facing(uow, reference=key, viewer=viewer),
        correction=await corrections.of(uow, reference=key),
        conversation=found,
        history=history,
        clocks=clocks(record.application),
        waiting_on=waiting_on(record.application.state),
        events=allowed_events(record.application, by=ActorKind.STAFF),
    )


async def open_contact(uow: UnitOfWork, *, reference: str, viewer: Viewer, purpose: str, now: datetime) -> Persons:
    """Open name and phone, and who has the case at an organ, for a stated purpose, on record. Raises ApplicationNotFound, PurposeRequired."""
    if not purpose.strip():
        raise PurposeRequired
    record = await applications.find(uow, reference=reference, viewer=viewer)
    key = record.application.reference
    secrets = await uow.applications.secrets(key)
    if secrets is None:
        raise ApplicationNotFound
    uow.audit.record(_look("application.contact_opened", key, viewer=viewer, now=now, purpose=purpose))
    return Persons(contact=secrets.contact, third_party=secrets.third_party, organ=secrets.organ)


async def thread(uow: UnitOfWork, *, conversation_id: str, viewer: Viewer, now: datetime) -> ThreadDetail:
    """Open a conversation for work, and put the look on record. Raises ConversationNotFound."""
    found = await conversations.conversation(uow, conversation_id=conversation_id, now=now)
    if not viewer.sees(found.region):
        raise ConversationNotFound
    uow.audit.record(_look("conversation.read", f"conversation:{found.id}", viewer=viewer, now=now))
    return ThreadDetail(
        conversation=found,
        transcript=await uow.conversations.after(conversation_id=found.id, seq=0),
        tickets=await uow.tickets.open_ones(conversation_id=found.id),
        applications=await uow.applications.of_conversation(found.id),
    )


def _elsewhere(record: ApplicationRecord, verdict: JsonObject) -> str | None:
    """Return the place that an application belongs to by Legal Aid Law art. 38, unless it is ours or lies within ours.

    Only a place that was named for the organ, the body or the event counts; nobody's registered home does.
    """
    venue = verdict.get("apply_at") or {}
    place, region = venue.get("place"), venue.get("region")
    if not place or not region or record.region is None or record.application.origin.by_organ:
        return None
    near = covers(record.region, region) or covers(region, record.region)
    return None if near else str(place)


async def _kept(uow: UnitOfWork, *, reference: str, kind: str) -> tuple[str, ...]:
    """Open what was written of one kind about an application, first written first."""
    found: list[str] = []
    # Numbered from one without gaps; erased ones end the row.
    while (text := await uow.vault.open(conversation_id=reference, kind=kind, number=len(found) + 1)) is not None:
        found.append(text)
    return tuple(found)


def mask_name(name: str) -> str:
    """Return the first character and stars."""
    return name[:1] + "*" * max(len(name) - 1, 1)


def mask_phone(phone: str) -> str:
    """Return the phone with its middle hidden, nothing of none; the tail is what the citizen proves themself with."""
    if not phone:
        return ""
    return phone[:3] + "*" * max(len(phone) - 7, 0) + phone[-4:] if len(phone) > 7 else "***" + phone[-4:]  # noqa: PLR2004


def held_by(found: Conversation, *, staff: str) -> bool:
    """Tell whether this staff member holds the thread."""
    return found.holder is Holder.PERSON and found.hold.staff == staff


def _of_ticket(ticket: Ticket, *, line: str, now: datetime) -> QueueItem:
    begins = promised_from(due=ticket.due, next_at=ticket.next_at)
    promised = begins is not None and begins <= now
    return QueueItem(
        kind=ticket.kind,
        id=ticket.id,
        line=line,
        rank=rank(urgency=ticket.urgency, clocks=(), same_day=promised, now=now),
        same_day=promised,
        urgency=ticket.urgency,
        opened_at=ticket.opened_at,
        reason=ticket.reason,
        region=ticket.region,
        owner=ticket.owner,
        reference=ticket.reference,
        conversation_id=ticket.conversation_id,
        next_at=ticket.next_at,
        tried=len([code for code in ticket.tried.split(",") if code]),
        report_due=ticket.report_due,
        assistance=ticket.assistance,
    )


def _of_application(record: ApplicationRecord, *, line: str, now: datetime) -> QueueItem:
    application = record.application
    running = clocks(application)
    opened = application.received_at or application.state_since or now
    return QueueItem(
        kind=TicketKind.APPLICATION,
        id=application.reference,
        line=line,
        rank=rank(urgency=record.urgency, clocks=running, same_day=application.same_day, now=now),
        urgency=record.urgency,
        opened_at=opened,
        reason=application.state,
        region=record.region,
        owner=record.owner,
        reference=application.reference,
        conversation_id=record.conversation_id,
        state=application.state,
        # A notice is screened by nobody: there is nothing to be found likely.
        outcome=None if application.origin is Origin.NOTIFIED else record.outcome,
        same_day=application.same_day,
        matters=record.matters,
        clocks=running,
    )


def _look(action: str, subject: str, *, viewer: Viewer, now: datetime, purpose: str | None = None) -> AuditEntry:
    actor = Actor(kind=ActorKind.STAFF, id=viewer.staff)
    data = {} if purpose is None else {"purpose": purpose}
    return AuditEntry(at=now, actor=actor, action=action, subject=subject, data=data)
