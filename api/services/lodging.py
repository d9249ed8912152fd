"""What a caller leaves for a person beside the matter itself: a complaint, a wish to be called back, how it was (诉求登记)."""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.clocks import CHINA
from api.domain.reference import issue
from api.services import complaints, conversations, tickets
from api.services.ports import DuplicateReference, UnitOfWork
from api.services.records import Assistance, SafeToContact, Ticket, TicketKind

ANSWERED_WITHIN: Final = timedelta(days=1)
"""The service's own promise: by then a person has answered a complaint or said whether the wished time suits."""
HEADS: Final = {TicketKind.COMPLAINT: "TS", TicketKind.CALL_BACK: "YY"}
_CITIZEN: Final = Actor(kind=ActorKind.CITIZEN, id="citizen")
_DRAWS: Final = 8
_LONGER_FROM: Final = 4
_MOST_WORDS: Final = 4000


class Satisfaction(StrEnum):
    """满意度: how a caller found the service."""

    SATISFIED = "satisfied"
    FAIR = "fair"
    DISSATISFIED = "dissatisfied"


async def lodge(  # noqa: PLR0913 - all of them named
    uow: UnitOfWork,
    *,
    conversation_id: str,
    kind: TicketKind,
    words: str,
    reference: str | None = None,
    contact: str | None = None,
    safe_to_contact: SafeToContact | None = None,
    assistance: tuple[Assistance, ...] = (),
    now: datetime,
) -> Ticket:
    """Open a ticket of its own for what the caller said, with a number to ask by; in the same words, once.

    `contact` is a vault token. Raises ConversationNotFound, DuplicateReference.
    """
    found = await conversations.conversation(uow, conversation_id=conversation_id, now=now)
    words = words[:_MOST_WORDS]
    for waiting in await uow.tickets.open_ones(conversation_id=conversation_id):
        if waiting.kind is kind and waiting.number is not None and await uow.tickets.words(waiting.id) == words:
            return waiting
    ticket = replace(
        tickets.fresh(found, kind, reason=kind.value, urgency=found.urgency, now=now),
        reference=reference,
        number=await _number(uow, head=HEADS[kind], now=now),
        due=now + ANSWERED_WITHIN,
        contact=contact,
        safe_to_contact=safe_to_contact,
        assistance=assistance,
    )
    await uow.tickets.add(ticket, words=words)
    if kind is TicketKind.COMPLAINT:
        await complaints.note_subjects(uow, ticket=ticket, now=now)
    subject = f"conversation:{conversation_id}"
    uow.audit.record(
        AuditEntry(at=now, actor=_CITIZEN, action=f"ticket.{kind}", subject=subject, data={"number": ticket.number})
    )
    return ticket


async def take_more(
    uow: UnitOfWork, *, ticket_id: str, words: str, assistance: tuple[Assistance, ...] = (), now: datetime
) -> Ticket | None:
    """Add what the caller tells later to the words of an open ticket, said twice once, on record.

    None where the ticket is closed, or has no room left: then the words are a ticket of their own, and none of them is lost.
    """
    ticket = await uow.tickets.get(ticket_id)
    if ticket is None or ticket.closed_at is not None:
        return None
    before = await uow.tickets.words(ticket_id) or ""
    if words in before.splitlines():
        return ticket
    whole = f"{before}\n{words}"
    if len(whole) > _MOST_WORDS:
        return None
    await uow.tickets.reword(ticket_id, words=whole)
    if set(assistance) - set(ticket.assistance):
        ticket = replace(ticket, assistance=tuple(dict.fromkeys((*ticket.assistance, *assistance))))
        await uow.tickets.save(ticket)
    uow.audit.record(
        AuditEntry(
            at=now,
            actor=_CITIZEN,
            action="ticket.more",
            subject=f"conversation:{ticket.conversation_id}",
            data={"number": ticket.number, "characters": len(words)},
        )
    )
    return ticket


async def leave_contact(
    uow: UnitOfWork, *, ticket_id: str, contact: str, safe_to_contact: SafeToContact | None = None
) -> None:
    """Note where the caller of an open ticket can be reached. Of a ticket that is closed nothing is changed."""
    ticket = await uow.tickets.get(ticket_id)
    if ticket is not None and ticket.closed_at is None:
        await uow.tickets.save(replace(ticket, contact=contact, safe_to_contact=safe_to_contact))


async def rate(uow: UnitOfWork, *, conversation_id: str, satisfaction: Satisfaction, now: datetime) -> None:
    """Put on record how the caller found it: in the chain, where reports count it and nobody can mend it."""
    found = await conversations.conversation(uow, conversation_id=conversation_id, now=now)
    uow.audit.record(
        AuditEntry(
            at=now,
            actor=_CITIZEN,
            action="conversation.rated",
            subject=f"conversation:{conversation_id}",
            data={"satisfaction": satisfaction.value, "region": found.region, "channel": found.channel},
        )
    )


async def _number(uow: UnitOfWork, *, head: str, now: datetime) -> str:
    for attempt in range(_DRAWS):
        length = 4 if attempt < _LONGER_FROM else 5
        number = str(issue(year=now.astimezone(CHINA).year, pick=secrets.choice, length=length, head=head))
        if await uow.tickets.numbered(number) is None:
            return number
    raise DuplicateReference
