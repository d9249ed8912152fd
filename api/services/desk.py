"""What a staff member does, checked against role and region in one place, for the pages and the JSON routes alike."""

import asyncio
import hmac
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from api.domain import mass
from api.domain.aid import DISSATISFIED, TaskOutcome, outcomes_of
from api.domain.application import Event, Transition
from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.conversation import ContactOutcome, Holder
from api.domain.correction import Cites, Correction, Ground
from api.domain.details import Details
from api.domain.mass import Mass
from api.domain.staff import Permission, needed_for
from api.services import applications, casework, conversations, corrections, providers, retention, tickets, vault
from api.services.alerts import report as reported
from api.services.applications import ApplicationNotFound, IdempotencyConflict
from api.services.call_ports import Ear
from api.services.casework import CaseDetail, Persons, QueuePage, ThreadDetail
from api.services.conversations import ConversationNotFound
from api.services.curation_ports import Library
from api.services.ports import Clock, Database, RateLimits, UnitOfWork
from api.services.queue_ports import Show
from api.services.records import (
    ApplicationRecord,
    Conversation,
    ReportTo,
    StoredMessage,
    Ticket,
    TicketKind,
)
from api.services.staff import Passwords, StaffMember, everybody, require
from api.services.thinking_ports import Assess, DescribeFacts
from api.services.tickets import TicketNotFound
from knowledge_base.account import Reader
from knowledge_base.types import Outcome

MESSAGE_LIMIT: Final = 2000
_SATURDAY: Final = 5
_MESSAGES: Final = "staff_message"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffDesk:
    """Everything the staff pages and routes need, handed over by the composition root."""

    database: Database
    clock: Clock
    passwords: Passwords
    limits: RateLimits
    notify: Callable[[str], None]
    """Called with a conversation's id once a change to it is committed."""
    secure: bool
    """Whether staff come over HTTPS: cookies then never travel without it."""
    describe_facts: DescribeFacts
    matter_title: Callable[[str], str]
    region_name: Callable[[str], str]
    cites: Cites
    read_account: Reader
    """What a caller told on the way."""
    knows_region: Callable[[str], bool]
    knows_matter: Callable[[str], bool]
    examine: Assess
    """The pre-screen, for what staff enter themselves."""
    second_factor: bool = False
    """Whether nobody works without one."""
    unverified_language: Callable[[str], bool] = lambda _code: False
    """Whether citizens are answered in a language with lines that nobody who grew up with it has read."""
    library: Library | None = None
    """The knowledge base to work on; without one there are no pages about it."""
    works: Callable[[date], bool] = lambda day: day.weekday() < _SATURDAY
    """Whether offices work on a day."""
    ear: Ear | None = None
    """What thinks along while a call is noted; without it there are no pages of calls."""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the app is about to end, so that open streams end with it."""


class ColleagueUnfit(Exception):
    """Nobody to hand a conversation to: unknown, disabled, another region's, without the right to talk, or the giver."""

    code = "colleague_unfit"


class OutcomeRequired(Exception):
    """What came of a task was not said, or is nothing that can come of it."""

    code = "outcome_required"


class MessageUnusable(Exception):
    """Nothing was written, or too much for one message."""

    def __init__(self, code: str) -> None:
        """Keep the stable code: `message_empty` or `message_too_long`."""
        super().__init__(code)
        self.code = code


async def queue(
    uow: UnitOfWork, *, member: StaffMember, now: datetime, show: Show = Show.ALL, page: int = 1
) -> QueuePage:
    """Return a page of what waits for this person: danger, statutory clock, same day, oldest."""
    require(member, Permission.READ_CASES)
    return await casework.queue(uow, viewer=member.viewer, now=now, show=show, page=page)


async def alerts(uow: UnitOfWork, *, member: StaffMember) -> tuple[Ticket, ...]:
    """Return the alerts that nobody has taken yet, oldest first."""
    require(member, Permission.READ_CASES)
    return await uow.tickets.untaken(viewer=member.viewer)


async def mass_cases(uow: UnitOfWork, *, member: StaffMember, now: datetime) -> tuple[Mass, ...]:
    """Return what five or more came with from one place, or against, within a week, as far as this person's regions go."""
    require(member, Permission.READ_CASES)
    since, sees = now - mass.WITHIN, member.viewer.sees
    came, against = await uow.applications.arrivals(since=since), await uow.parties.against(since=since)
    return (
        *mass.masses_against(group for group in against if sees(group.region)),
        *[
            replace(each, references=await uow.applications.latest(each.alike, since=since, limit=mass.LATEST))
            for each in mass.masses(group for group in came if sees(group.region))
        ],
    )


async def read_case(uow: UnitOfWork, *, member: StaffMember, reference: str, now: datetime) -> CaseDetail:
    """Open an application for work; the look is on record. Raises ApplicationNotFound."""
    require(member, Permission.READ_CASES)
    return await casework.detail(uow, reference=reference, viewer=member.viewer, now=now)


async def read_thread(uow: UnitOfWork, *, member: StaffMember, conversation_id: str, now: datetime) -> ThreadDetail:
    """Open a conversation for work; the look is on record. Raises ConversationNotFound."""
    await peek_thread(uow, member=member, conversation_id=conversation_id)
    return await casework.thread(uow, conversation_id=conversation_id, viewer=member.viewer, now=now)


async def peek_case(uow: UnitOfWork, *, member: StaffMember, reference: str) -> ApplicationRecord:
    """Return the machine's part of an open page's application, nothing personal in it. Raises ApplicationNotFound."""
    require(member, Permission.READ_CASES)
    return await applications.find(uow, reference=reference, viewer=member.viewer)


async def peek_thread(uow: UnitOfWork, *, member: StaffMember, conversation_id: str) -> Conversation:
    """Return how an open page's conversation stands, without its words. Raises ConversationNotFound."""
    require(member, Permission.READ_CASES)
    found = await uow.conversations.get(conversation_id) if conversations.is_id(conversation_id) else None
    if found is None or not member.viewer.sees(found.region):
        raise ConversationNotFound
    return found


async def claim(uow: UnitOfWork, *, member: StaffMember, conversation_id: str, now: datetime) -> Conversation:
    """Take a conversation over. Raises ConversationNotFound, HolderRefused."""
    require(member, Permission.TALK)
    await peek_thread(uow, member=member, conversation_id=conversation_id)
    claimed = await conversations.claim(uow, conversation_id=conversation_id, staff=member.id, now=now)
    for record in await uow.applications.of_conversation(conversation_id):
        # 首问负责: whoever answers first owns the application until it is given to somebody else.
        if record.owner is None:
            version = record.application.version + 1
            owned = replace(record, owner=member.id, application=replace(record.application, version=version))
            await uow.applications.save(owned)
    return claimed


async def write(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, member: StaffMember, conversation_id: str, text: str, client_id: str | None, now: datetime
) -> StoredMessage:
    """Write to the citizen; the same `client_id` sends once.

    Raises ConversationNotFound, HolderRefused, IdempotencyConflict, MessageUnusable.
    """
    require(member, Permission.TALK)
    await peek_thread(uow, member=member, conversation_id=conversation_id)
    text = text.strip().replace("\r\n", "\n")
    if not text:
        raise MessageUnusable("message_empty")
    if len(text) > MESSAGE_LIMIT:
        raise MessageUnusable("message_too_long")
    key = f"{conversation_id}:{member.id}:{client_id}"
    digest = uow.digest("request", text)
    if client_id is not None:
        await uow.lock(f"{_MESSAGES}:{key}")
        known = await uow.idempotency.get(scope=_MESSAGES, key=key)
        if known is not None:
            if not hmac.compare_digest(known[0], digest):
                # To answer "sent" with the words of another message would hide that these never went out.
                raise IdempotencyConflict
            seq = int(known[1]["seq"])
            return (await uow.conversations.after(conversation_id=conversation_id, seq=seq - 1, limit=1))[0]
    stored = await conversations.staff_message(
        uow, conversation_id=conversation_id, staff=member.id, text=text, now=now
    )
    if client_id is not None:
        await uow.idempotency.put(scope=_MESSAGES, key=key, request_digest=digest, answer={"seq": stored.seq}, now=now)
    return stored


async def release(
    uow: UnitOfWork, *, member: StaffMember, conversation_id: str, outcome: ContactOutcome, now: datetime
) -> Conversation:
    """Give a conversation back to the assistant, and say what came of it. Raises ConversationNotFound, HolderRefused."""
    require(member, Permission.TALK)
    await peek_thread(uow, member=member, conversation_id=conversation_id)
    return await conversations.release(uow, conversation_id=conversation_id, staff=member.id, outcome=outcome, now=now)


def could_take_over(one: StaffMember, *, giver: StaffMember, region: str | None) -> bool:
    """Tell whether a conversation of this region could be handed to a colleague."""
    return one.id != giver.id and one.may(Permission.TALK) and one.viewer.sees(region)


async def hand_over(
    uow: UnitOfWork, *, member: StaffMember, conversation_id: str, to: str, now: datetime
) -> Conversation:
    """Give a conversation to a colleague, and what hangs on it (移交). Raises ColleagueUnfit, ConversationNotFound, HolderRefused."""
    require(member, Permission.TALK)
    found = await peek_thread(uow, member=member, conversation_id=conversation_id)
    if not any(
        one.id == to and could_take_over(one, giver=member, region=found.region) for one in await everybody(uow)
    ):
        raise ColleagueUnfit
    handed = await conversations.hand_over(uow, conversation_id=conversation_id, staff=member.id, to=to, now=now)
    for record in await uow.applications.of_conversation(conversation_id):
        if record.owner == member.id:
            version = record.application.version + 1
            application = replace(record.application, version=version)
            await uow.applications.save(replace(record, owner=to, application=application))
    return handed


async def erase(uow: UnitOfWork, *, member: StaffMember, conversation_id: str, now: datetime) -> None:
    """Destroy a conversation because the person asks (应本人要求删除). Raises ConversationNotFound, StillNeeded."""
    require(member, Permission.ERASE)
    found = await peek_thread(uow, member=member, conversation_id=conversation_id)
    await retention.erase(uow, conversation_id=found.id, by=Actor(kind=ActorKind.STAFF, id=member.id), now=now)


async def take_alert(uow: UnitOfWork, *, member: StaffMember, ticket_id: str, now: datetime) -> Ticket:
    """Answer for an alert, and take its conversation over unless a colleague is already talking. Raises TicketNotFound."""
    require(member, Permission.TAKE_ALERT)
    known = await uow.tickets.get(ticket_id, lock=False) if conversations.is_id(ticket_id) else None
    if known is not None and known.conversation_id is not None:
        # The conversation first, as everybody else does who touches both.
        await conversations.conversation(uow, conversation_id=known.conversation_id, now=now)
    ticket = await uow.tickets.get(ticket_id) if known is not None else None
    open_alert = ticket is not None and ticket.kind is TicketKind.ALERT and ticket.closed_at is None
    if ticket is None or not open_alert or not member.viewer.sees(ticket.region):
        raise TicketNotFound
    taken = replace(ticket, owner=ticket.owner or member.id, acknowledged_at=ticket.acknowledged_at or now)
    await uow.tickets.save(taken)
    if ticket.conversation_id is not None:
        held = await conversations.conversation(uow, conversation_id=ticket.conversation_id, now=now)
        if held.holder is not Holder.PERSON:
            await claim(uow, member=member, conversation_id=ticket.conversation_id, now=now)
    waited = round((now - ticket.opened_at).total_seconds())
    uow.audit.record(
        AuditEntry(
            at=now,
            actor=member.actor,
            action="alert.taken",
            subject=f"ticket:{ticket_id}",
            data={"waited_seconds": waited, "conversation": ticket.conversation_id},
        )
    )
    return taken


async def record_report(uow: UnitOfWork, *, member: StaffMember, ticket_id: str, to: ReportTo, now: datetime) -> Ticket:
    """Note that harm to a child was reported, and to whom. Raises TicketNotFound."""
    require(member, Permission.TAKE_ALERT)
    known = await uow.tickets.get(ticket_id, lock=False) if conversations.is_id(ticket_id) else None
    if known is None or known.conversation_id is None or not member.viewer.sees(known.region):
        raise TicketNotFound
    await conversations.conversation(uow, conversation_id=known.conversation_id, now=now)
    ticket = await uow.tickets.get(ticket_id)
    if ticket is None:
        raise TicketNotFound
    return await reported(uow, ticket=ticket, to=to, by=member.actor, now=now)


async def tasks(uow: UnitOfWork, *, member: StaffMember, reference: str) -> tuple[Ticket, ...]:
    """Return what is still to be done for an application: whom to tell of which step."""
    require(member, Permission.READ_CASES)
    return tuple(
        ticket
        for ticket in await uow.tickets.open_ones(reference=reference)
        if ticket.kind is TicketKind.TASK and member.viewer.sees(ticket.region)
    )


async def finish_task(
    uow: UnitOfWork, *, member: StaffMember, ticket_id: str, outcome: TaskOutcome | None = None, now: datetime
) -> Ticket:
    """Strike a task off with what came of it. Raises TicketNotFound, OutcomeRequired."""
    require(member, Permission.RECORD_PROGRESS)
    ticket = await uow.tickets.get(ticket_id) if conversations.is_id(ticket_id) else None
    if ticket is None or ticket.kind is not TicketKind.TASK or not member.viewer.sees(ticket.region):
        raise TicketNotFound
    if outcome is None or outcome not in outcomes_of(ticket.reason):
        raise OutcomeRequired
    closed = await tickets.acknowledge(uow, ticket_id=ticket_id, staff=member.id, outcome=outcome, now=now)
    if outcome is TaskOutcome.DISSATISFIED:
        # Somebody else than whoever asked looks into it: it is nobody's yet.
        await uow.tickets.add(replace(ticket, id=uuid.uuid4().hex, reason=DISSATISFIED, opened_at=now, owner=None))
    return closed


async def open_contact(uow: UnitOfWork, *, member: StaffMember, reference: str, purpose: str, now: datetime) -> Persons:
    """See name and phone in clear; purpose and person are on record. Raises ApplicationNotFound, PurposeRequired."""
    require(member, Permission.OPEN_CONTACT)
    return await casework.open_contact(uow, reference=reference, viewer=member.viewer, purpose=purpose, now=now)


async def open_token(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, member: StaffMember, conversation_id: str, token: str, purpose: str, now: datetime
) -> str:
    """See one value of a conversation in clear, on record. Raises ConversationNotFound, TokenUnknown, PurposeRequired."""
    require(member, Permission.OPEN_CONTACT)
    await peek_thread(uow, member=member, conversation_id=conversation_id)
    return await vault.reveal(
        uow, conversation_id=conversation_id, token=token, purpose=purpose, by=member.actor, now=now
    )


async def record_event(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    reference: str,
    event: Event,
    details: Details,
    version: int | None,
    now: datetime,
) -> tuple[Transition, str | None]:
    """Move an application on; return where it stands and its conversation. Raises NotPermitted and what the law refuses."""
    require(member, needed_for(event))
    if event in providers.ASSIGNING:
        details = await providers.assigned(uow, member=member, reference=reference, details=details, now=now)
    transition = await applications.apply_event(
        uow,
        reference=reference,
        event=event,
        by=member.actor,
        now=now,
        details=details,
        viewer=member.viewer,
        version=version,
    )
    record = await uow.applications.get(transition.application.reference)
    if record is None:
        raise ApplicationNotFound
    return transition, record.conversation_id


async def correct_verdict(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    reference: str,
    outcome: Outcome,
    ground: Ground,
    article: str,
    why: str,
    cites: Cites,
    now: datetime,
) -> Correction:
    """Note what a pre-screen should have come to. Raises NotPermitted, ApplicationNotFound, CorrectionRefused."""
    require(member, Permission.RECORD_PROGRESS)
    return await corrections.correct(
        uow,
        reference=reference,
        viewer=member.viewer,
        by=member.actor,
        outcome=outcome,
        ground=ground,
        article=article,
        why=why,
        cites=cites,
        now=now,
    )


def open_to(member: StaffMember, events: Sequence[Event], /) -> tuple[Event, ...]:
    """Return the events, of those the law allows now, that this person may bring about."""
    # To merge takes another application to go on under: that has a form of its own.
    return tuple(event for event in events if member.may(needed_for(event)) and event is not Event.MERGE)
