"""Ringing back: a half-day with room is booked, every attempt has its outcome, and after three a word goes out instead (预约回电)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.callback import CAPACITY, CallOutcome, Half, Slot, coming, next_attempt, slot_of
from api.domain.staff import Permission
from api.services import contact, conversations, tickets, wording
from api.services.ports import UnitOfWork
from api.services.records import Conversation, NewMessage, SafeToContact, Sender, Ticket, TicketKind
from api.services.staff import StaffMember, require
from api.services.tickets import TicketNotFound

OFFERED: Final = 8
"""Half-days that are offered."""
AHEAD: Final = 28
"""Half-days that a caller may wish for: all that are looked ahead for."""
MOST_CAPACITY: Final = 99
_CITIZEN: Final = Actor(kind=ActorKind.CITIZEN, id="citizen")
_NATION: Final = "CN"
"""Whose slots a call-back of no place takes."""
_OVER: Final = {CallOutcome.NO_ANSWER: "unreached", CallOutcome.ENGAGED: "unreached"}


class SlotRefused(Exception):
    """No such half-day, or no room in it; `code` says which: `slot_unknown`, `slot_full`, `capacity_malformed`."""

    def __init__(self, code: str) -> None:
        """Keep the stable code."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A half-day, and how many call-backs it still takes."""

    slot: Slot
    booked: int
    capacity: int

    @property
    def left(self) -> int:
        """Return how many more it takes."""
        return max(self.capacity - self.booked, 0)


async def rooms(
    uow: UnitOfWork, *, region: str | None, works: Callable[[date], bool], now: datetime, most: int = OFFERED
) -> tuple[Room, ...]:
    """Return the coming half-days of a region's office, full ones too."""
    booked, capacity = await uow.slots.booked(region=region), await uow.slots.capacity(region=region or _NATION)
    return tuple(
        Room(slot=slot, booked=booked.get(slot.key, 0), capacity=capacity.get(slot.half, CAPACITY))
        for slot in coming(now=now, works=works, most=most)
    )


async def book(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, member: StaffMember, ticket_id: str, key: str, works: Callable[[date], bool], now: datetime
) -> tuple[Ticket, bool]:
    """Promise a call-back for a half-day with room and tell the caller; return it, and whether they can read it.

    Raises SlotRefused, TicketNotFound.
    """
    require(member, Permission.RECORD_PROGRESS)
    ticket = await _open(uow, member=member, ticket_id=ticket_id)
    wanted = slot_of(key)
    await hold(uow, region=ticket.region)
    room = next(
        (one for one in await rooms(uow, region=ticket.region, works=works, now=now) if one.slot == wanted), None
    )
    if room is None:
        raise SlotRefused("slot_unknown")
    if not room.left and ticket.slot != key:
        raise SlotRefused("slot_full")
    booked, reader = await _promise(uow, ticket, room.slot, actor=member.actor, now=now), await _reader(uow, ticket)
    if reader is not None and ticket.slot != key:
        news = wording.BOOKED if ticket.slot is None else wording.REBOOKED
        plain = news.format(when=wording.half_day(room.slot), number=booked.number or "")
        await _tell(uow, booked, reader, plain, now=now)
    return booked, reader is not None


async def hold(uow: UnitOfWork, *, region: str | None) -> None:
    """Keep everybody else from a region's half-days until this transaction ends; before any of its tickets is written."""
    await uow.lock(f"slots:{region or _NATION}")


async def free(
    uow: UnitOfWork, *, region: str | None, works: Callable[[date], bool], now: datetime
) -> tuple[Slot, ...]:
    """Return the half-days with room that a caller may choose: none that has begun, for nobody may be left to ring in it."""
    found = await rooms(uow, region=region, works=works, now=now, most=AHEAD)
    return tuple(one.slot for one in found if one.left and one.slot.begin > now)


async def take(uow: UnitOfWork, *, ticket: Ticket, slot: Slot, now: datetime) -> Ticket:
    """Promise the caller a half-day that is `free`, while it is held."""
    return await _promise(uow, ticket, slot, actor=_CITIZEN, now=now)


async def _promise(uow: UnitOfWork, ticket: Ticket, slot: Slot, *, actor: Actor, now: datetime) -> Ticket:
    promised = replace(ticket, slot=slot.key, next_at=max(slot.begin, now), due=slot.end)
    await uow.tickets.save(promised)
    _record(uow, "call_back.booked", promised, actor=actor, now=now, slot=slot.key)
    return promised


async def tried(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    ticket_id: str,
    outcome: CallOutcome,
    works: Callable[[date], bool],
    now: datetime,
) -> Ticket:
    """Note one attempt. The last one closes the ticket; whoever was not reached is told so, if a word endangers nobody.

    Raises TicketNotFound.
    """
    require(member, Permission.RECORD_PROGRESS)
    ticket = await _open(uow, member=member, ticket_id=ticket_id)
    outcomes = (*outcomes_of(ticket), outcome)
    again = next_attempt(outcomes, now=now, works=works)
    noted = replace(ticket, tried=",".join(outcomes), next_at=again, owner=ticket.owner or member.id)
    await uow.tickets.save(noted)
    _record(uow, "call_back.tried", noted, actor=member.actor, now=now, outcome=outcome.value)
    if again is not None:
        return noted
    closed = await tickets.acknowledge(
        uow, ticket_id=ticket_id, staff=member.id, outcome=_OVER.get(outcome, outcome.value), now=now
    )
    if outcome is not CallOutcome.REACHED:
        await _not_reached(uow, closed, outcome=outcome, now=now)
    return closed


async def set_capacity(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, member: StaffMember, region: str, half: Half, capacity: int, now: datetime
) -> None:
    """Say how many call-backs an office takes for such a half-day. Raises NotPermitted, SlotRefused."""
    require(member, Permission.MANAGE_STAFF)
    if not member.viewer.sees(region) or not 0 <= capacity <= MOST_CAPACITY:
        raise SlotRefused("capacity_malformed")
    await uow.slots.set_capacity(region=region, half=half, capacity=capacity)
    data: dict[str, str | int | bool | None] = {"half": half.value, "capacity": capacity}
    uow.audit.record(
        AuditEntry(at=now, actor=member.actor, action="call_back.capacity", subject=f"region:{region}", data=data)
    )


def outcomes_of(ticket: Ticket) -> tuple[CallOutcome, ...]:
    """Return what the attempts so far came to, first first."""
    return tuple(CallOutcome(code) for code in ticket.tried.split(",") if code)


async def _open(uow: UnitOfWork, *, member: StaffMember, ticket_id: str) -> Ticket:
    ticket = await uow.tickets.get(ticket_id) if conversations.is_id(ticket_id) else None
    if (
        ticket is None
        or ticket.kind is not TicketKind.CALL_BACK
        or ticket.closed_at is not None
        or not member.viewer.sees(ticket.region)
    ):
        raise TicketNotFound
    return ticket


async def _not_reached(uow: UnitOfWork, ticket: Ticket, *, outcome: CallOutcome, now: datetime) -> None:
    """Leave word in the thread; where the ring itself was a danger, say so on the thread and leave no word at all."""
    if outcome is not CallOutcome.NOT_SAFE:
        reader = await _reader(uow, ticket)
        if reader is not None:
            await _tell(uow, ticket, reader, wording.UNREACHED.format(number=ticket.number or ""), now=now)
        return
    thread = None if ticket.conversation_id is None else await uow.conversations.get(ticket.conversation_id)
    if thread is not None:
        care = replace(thread.care, safe_to_contact=SafeToContact.NO)
        await conversations.take_care(uow, conversation_id=thread.id, care=care, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Who can be written to in a thread, and how openly."""

    thread: Conversation
    safe: SafeToContact


async def _reader(uow: UnitOfWork, ticket: Ticket) -> _Reader | None:
    """Return who reads the thread; None where nobody does, or where any word could put them in danger."""
    thread = None if ticket.conversation_id is None else await uow.conversations.get(ticket.conversation_id)
    if thread is None or thread.channel in contact.SPOKEN:
        return None
    safe = contact.strictest(ticket.safe_to_contact, await contact.answered(uow, conversation=thread))
    return None if safe in contact.SILENT else _Reader(thread=thread, safe=safe)


async def _tell(uow: UnitOfWork, ticket: Ticket, reader: _Reader, plain: str, /, *, now: datetime) -> None:
    """Leave word in the thread, as plainly as is safe."""
    text = plain if reader.safe is SafeToContact.YES else wording.NEWS_NEUTRALLY.format(number=ticket.number or "")
    said = NewMessage(sender=Sender.SYSTEM, kind="text", text=text)
    stored = await uow.conversations.append(reader.thread.id, said, now=now)
    await uow.jobs.add(tickets.delivery(conversation_id=reader.thread.id, seq=stored.seq, now=now))


def _record(uow: UnitOfWork, action: str, ticket: Ticket, *, actor: Actor, now: datetime, **said: str) -> None:
    subject = f"conversation:{ticket.conversation_id}" if ticket.conversation_id else f"ticket:{ticket.id}"
    data: dict[str, str | int | bool | None] = {"number": ticket.number, **said}
    uow.audit.record(AuditEntry(at=now, actor=actor, action=action, subject=subject, data=data))
