"""Use cases of one conversation: open, admit a message once, answer, hand to a person and back (会话)."""

import hmac
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from api.domain.audit import Actor, ActorKind, AuditEntry
from api.domain.conversation import ContactOutcome, Hold, Holder, HolderEvent, move
from api.services import alerts, contact, tickets, wording
from api.services.ports import UnitOfWork
from api.services.records import (
    Care,
    Conversation,
    DialogueState,
    JsonObject,
    NewMessage,
    Sender,
    StoredMessage,
    TicketKind,
    Viewer,
)
from knowledge_base.types import SafetyKind, Scene, Urgency

__all__ = ["Conversation", "DialogueState", "NewMessage", "Sender", "StoredMessage"]

_SYSTEM = Actor(kind=ActorKind.SYSTEM, id="system")
_ID_LENGTH: Final = 64
_INTERPRETER: Final = ":interpreter:"
LANGUAGE: Final = "language"
"""Where the dialogue's memory notes a language that only an interpreter understands."""
_GREATEST_SEQ: Final = 2**31 - 1


class ConversationNotFound(Exception):
    """No such thread, or not this caller's: both look the same from outside."""

    code = "conversation_not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A fresh thread and the bearer token that opens it, told once."""

    id: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """A citizen's message, stored. `replay` holds the earlier answer when this message was answered before."""

    message: StoredMessage
    conversation: Conversation
    replay: tuple[StoredMessage, ...] | None = None


async def open_conversation(  # noqa: PLR0913 - all of them named
    uow: UnitOfWork,
    *,
    channel: str,
    region: str | None,
    locale: str,
    external_user: str | None = None,
    now: datetime,
) -> Opened:
    """Start a thread. `external_user` is the platform's id of the citizen where the channel has one."""
    opened = Opened(id=uuid.uuid4().hex, token=secrets.token_urlsafe(32))
    conversation = Conversation(id=opened.id, channel=channel, region=region, locale=locale, opened_at=now)
    await uow.conversations.add(
        conversation,
        token_digest=uow.digest("conversation_token", opened.token),
        external_digest=_external_digest(uow, channel, external_user),
        external_user=external_user,
    )
    return opened


async def authenticate(uow: UnitOfWork, *, conversation_id: str, token: str) -> Conversation:
    """Return the thread this token opens. Raises ConversationNotFound."""
    if not is_id(conversation_id):
        raise ConversationNotFound
    stored = await uow.conversations.token_digest(conversation_id)
    # An unknown thread costs the same comparison as a wrong token.
    right = hmac.compare_digest(stored or "-", uow.digest("conversation_token", token))
    conversation = await uow.conversations.get(conversation_id)
    if not right or conversation is None:
        raise ConversationNotFound
    return conversation


async def conversation_of(uow: UnitOfWork, *, channel: str, external_user: str) -> Conversation | None:
    """Return the thread of a platform's user, for channels that know their users."""
    digest = _external_digest(uow, channel, external_user)
    return None if digest is None else await uow.conversations.by_external(channel=channel, external_digest=digest)


async def external_user(uow: UnitOfWork, *, conversation_id: str) -> str | None:
    """Return the platform's user id, for the adapter that delivers a late message."""
    return await uow.conversations.external_user(conversation_id)


async def admit(  # noqa: PLR0913 - all of them named
    uow: UnitOfWork,
    *,
    conversation_id: str,
    external_id: str,
    text: str,
    payload: JsonObject | None,
    kind: str = "text",
    marks: JsonObject | None = None,
    now: datetime,
) -> Admission:
    """Store a citizen's message once, with what was heard in it; a turn that crashed before its replies may run again."""
    conversation = await _current(uow, conversation_id=conversation_id, now=now)
    known = await uow.conversations.inbound(
        conversation_id=conversation_id, external_id=external_id, sender=Sender.CITIZEN
    )
    if known is not None:
        replay = await uow.conversations.replies(conversation_id=conversation_id, seq=known.seq)
        return Admission(message=known, conversation=conversation, replay=replay if known.answered else None)
    conversation = await _moved(uow, conversation, HolderEvent.CITIZEN_WROTE, now=now)
    message = await uow.conversations.append(
        conversation_id,
        NewMessage(sender=Sender.CITIZEN, kind=kind, text=text, body=marks or {}),
        external_id=external_id,
        payload=payload,
        now=now,
    )
    return Admission(message=message, conversation=conversation)


async def record_replies(
    uow: UnitOfWork,
    *,
    conversation_id: str,
    in_reply_to: int | None,
    messages: Sequence[NewMessage],
    now: datetime,
) -> tuple[StoredMessage, ...]:
    """Store what was answered and close the turn; a turn answered already keeps its first answer."""
    if in_reply_to is not None:
        earlier = await uow.conversations.replies(conversation_id=conversation_id, seq=in_reply_to)
        if earlier:
            return earlier
    stored = [
        await uow.conversations.append(conversation_id, message, in_reply_to=in_reply_to, now=now)
        for message in messages
    ]
    if in_reply_to is not None:
        await uow.conversations.mark_answered(conversation_id=conversation_id, seq=in_reply_to)
    return tuple(stored)


async def answered(uow: UnitOfWork, *, conversation_id: str, seq: int) -> bool:
    """Tell whether a citizen's message has its replies already: whoever comes later changes nothing."""
    return bool(await uow.conversations.replies(conversation_id=conversation_id, seq=seq))


async def messages_after(
    uow: UnitOfWork, *, conversation_id: str, seq: int, limit: int | None = None
) -> tuple[StoredMessage, ...]:
    """Return what the thread holds after `seq`, oldest first; no thread gets beyond what the database can count."""
    if seq > _GREATEST_SEQ or not is_id(conversation_id):
        return ()
    seq = max(seq, 0)
    return await uow.conversations.after(conversation_id=conversation_id, seq=seq, limit=limit)


async def conversation(uow: UnitOfWork, *, conversation_id: str, now: datetime) -> Conversation:
    """Return a thread as it stands now, a run-out claim already returned to the queue. Raises ConversationNotFound."""
    return await _current(uow, conversation_id=conversation_id, now=now)


async def load_state(uow: UnitOfWork, *, conversation_id: str) -> DialogueState:
    """Return the dialogue's memory of this citizen, empty at first."""
    return await uow.conversations.load_state(conversation_id)


async def save_state(uow: UnitOfWork, *, conversation_id: str, state: DialogueState) -> None:
    """Keep the dialogue's memory; the thread then knows what is expected of the citizen."""
    await uow.conversations.save_state(conversation_id, state)


async def set_region(uow: UnitOfWork, *, conversation_id: str, region: str, now: datetime) -> Conversation:
    """Note where the citizen's matter lies, once they said so."""
    current = await _current(uow, conversation_id=conversation_id, now=now)
    changed = replace(current, region=region)
    await uow.conversations.save(changed)
    return changed


async def need_interpreter(uow: UnitOfWork, *, conversation_id: str, language: str) -> None:
    """Note on a waiting call for a person which language is needed: whoever takes it up must know before the first word."""
    for ticket in await uow.tickets.open_ones(conversation_id=conversation_id):
        if ticket.kind is TicketKind.PERSON_REQUEST:
            await uow.tickets.save(replace(ticket, reason=_needing_interpreter(ticket.reason, language)))


async def sign_off(uow: UnitOfWork, *, conversation_id: str, reason: str, now: datetime) -> Conversation:
    """End a thread that only the bot holds; its tickets stay, and the next word of the citizen opens it again."""
    current = await _current(uow, conversation_id=conversation_id, now=now)
    moved = await _moved(uow, current, HolderEvent.SIGN_OFF, now=now)
    uow.audit.record(_entry("conversation.signed_off", conversation_id, _SYSTEM, now=now, data={"reason": reason}))
    return moved


async def request_person(uow: UnitOfWork, *, conversation_id: str, reason: str, now: datetime) -> Conversation:
    """Put the thread before the staff. Asking twice makes one ticket."""
    current = await _current(uow, conversation_id=conversation_id, now=now)
    moved = await _moved(uow, current, HolderEvent.REQUEST_PERSON, now=now)
    state = await uow.conversations.load_state(conversation_id)
    reason = _needing_interpreter(reason, state.extra.get(LANGUAGE))
    await tickets.ensure(uow, conversation=moved, kind=TicketKind.PERSON_REQUEST, reason=reason, now=now)
    uow.audit.record(_entry("conversation.person_requested", conversation_id, _SYSTEM, now=now))
    return moved


async def withdraw_request(uow: UnitOfWork, *, conversation_id: str, now: datetime) -> bool:
    """Take back what the citizen asked for and nobody took up (不等了): True where it was; alerts stay open."""
    current = await _current(uow, conversation_id=conversation_id, now=now)
    if not await tickets.withdraw(uow, conversation_id=conversation_id, now=now):
        return False
    await _moved(uow, current, HolderEvent.WITHDRAW, now=now)
    uow.audit.record(_entry("conversation.request_withdrawn", conversation_id, _SYSTEM, now=now))
    return True


async def raise_alert(
    uow: UnitOfWork,
    *,
    conversation_id: str,
    kinds: Sequence[SafetyKind | Scene],
    urgency: Urgency = Urgency.S0,
    now: datetime,
) -> Conversation:
    """Alert the staff to danger, whoever holds the thread. The holder does not change: danger asks nobody to be silent."""
    current = await _current(uow, conversation_id=conversation_id, now=now)
    marked = replace(current, urgency=min(current.urgency, urgency))
    await uow.conversations.save(marked)
    ticket = await alerts.stand(uow, conversation=marked, kinds=kinds, urgency=urgency, now=now)
    data: dict[str, str | int | bool | None] = {"kinds": ",".join(kinds)}
    if ticket.report_raised_at == now:
        data["mandatory_report"] = True
    uow.audit.record(_entry("conversation.alert", conversation_id, _SYSTEM, now=now, data=data))
    return marked


async def take_care(uow: UnitOfWork, *, conversation_id: str, care: Care, now: datetime) -> Conversation:
    """Keep what danger was told and what was asked because of it; a new answer about contact is on record."""
    current = await _current(uow, conversation_id=conversation_id, now=now)
    answered = care.safe_to_contact
    if answered is not None and answered != current.care.safe_to_contact:
        data: dict[str, str | int | bool | None] = {"safe_to_contact": answered.value}
        uow.audit.record(_entry("conversation.contact", conversation_id, _SYSTEM, now=now, data=data))
    kept = replace(current, care=care)
    await uow.conversations.save(kept)
    return kept


async def claim(uow: UnitOfWork, *, conversation_id: str, staff: str, now: datetime) -> Conversation:
    """Take a thread over for as long as the lease runs. Raises HolderRefused."""
    current = await _current(uow, conversation_id=conversation_id, now=now)
    moved = await _moved(uow, current, HolderEvent.CLAIM, staff=staff, now=now)
    await tickets.own(uow, conversation_id=conversation_id, staff=staff, now=now)
    if current.holder is not Holder.PERSON:  # a colleague taking over is no news to the citizen
        await _tell(uow, moved, wording.JOINED, now=now)
    uow.audit.record(_entry("conversation.claimed", conversation_id, _staff(staff), now=now))
    return moved


async def hand_over(uow: UnitOfWork, *, conversation_id: str, staff: str, to: str, now: datetime) -> Conversation:
    """Pass a claimed thread on to a colleague, with a lease of their own; to the citizen no news. Raises HolderRefused."""
    current = await _current(uow, conversation_id=conversation_id, now=now)
    moved = await _moved(uow, current, HolderEvent.HAND_OVER, staff=staff, to=to, now=now)
    await tickets.pass_on(uow, conversation_id=conversation_id, staff=staff, to=to)
    data: dict[str, str | int | bool | None] = {"to": to}
    uow.audit.record(_entry("conversation.handed_over", conversation_id, _staff(staff), now=now, data=data))
    return moved


async def staff_message(
    uow: UnitOfWork, *, conversation_id: str, staff: str, text: str, now: datetime
) -> StoredMessage:
    """Write to the citizen as the person who holds the thread, and renew the claim. Raises HolderRefused."""
    current = await _current(uow, conversation_id=conversation_id, now=now)
    moved = await _moved(uow, current, HolderEvent.RENEW, staff=staff, now=now)
    message = NewMessage(sender=Sender.PERSON, kind="text", text=text)
    return await _said(uow, moved, message, now=now)


async def release(  # noqa: PLR0913 - all of them named
    uow: UnitOfWork,
    *,
    conversation_id: str,
    staff: str,
    now: datetime,
    outcome: ContactOutcome = ContactOutcome.ANSWERED,
    close: bool = False,
) -> Conversation:
    """Give the thread back to the bot, or close it; its tickets end with an outcome code. Raises HolderRefused."""
    current = await _current(uow, conversation_id=conversation_id, now=now)
    event = HolderEvent.CLOSE if close else HolderEvent.RELEASE
    moved = await _moved(uow, current, event, staff=staff, now=now)
    await tickets.close_all(uow, conversation_id=conversation_id, outcome=outcome, now=now)
    await _tell(uow, moved, wording.CLOSED if close else wording.RETURNED, now=now)
    data: dict[str, str | int | bool | None] = {"outcome": outcome.value, "closed": close}
    uow.audit.record(_entry("conversation.released", conversation_id, _staff(staff), now=now, data=data))
    return moved


def _needing_interpreter(reason: str, language: str | None) -> str:
    """Return why a person is asked for, with the language an interpreter is needed for."""
    plain = reason.partition(_INTERPRETER)[0]
    return plain if language is None else f"{plain}{_INTERPRETER}{language}"


async def _tell(uow: UnitOfWork, thread: Conversation, text: str, *, now: datetime) -> None:
    """Tell the citizen who will read the next words."""
    await _said(uow, thread, NewMessage(sender=Sender.SYSTEM, kind="handover", text=text), now=now)


async def _said(uow: UnitOfWork, thread: Conversation, message: NewMessage, *, now: datetime) -> StoredMessage:
    """Put a message into the thread; it rings at the citizen's only where that endangers nobody."""
    stored = await uow.conversations.append(thread.id, message, now=now)
    if await contact.may_push(uow, conversation=thread, now=now):
        await uow.jobs.add(tickets.delivery(conversation_id=thread.id, seq=stored.seq, now=now))
    return stored


async def return_expired(uow: UnitOfWork, *, now: datetime) -> tuple[str, ...]:
    """Put threads whose person has gone away back into the queue, never to the bot; return their ids."""
    expired = await uow.conversations.leases_expired(now=now)
    for gone in expired:
        await _returned(uow, gone, now=now)
    return tuple(gone.id for gone in expired)


async def _current(uow: UnitOfWork, *, conversation_id: str, now: datetime) -> Conversation:
    found = await uow.conversations.get(conversation_id) if is_id(conversation_id) else None
    if found is None:
        raise ConversationNotFound
    return await _returned(uow, found, now=now) if found.hold.expired(now=now) else found


async def _returned(uow: UnitOfWork, gone: Conversation, *, now: datetime) -> Conversation:
    moved = await _moved(uow, gone, HolderEvent.LEASE_EXPIRED, now=now)
    await tickets.disown(uow, conversation_id=gone.id, now=now)
    await tickets.ensure(uow, conversation=moved, kind=TicketKind.PERSON_REQUEST, reason="lease_expired", now=now)
    uow.audit.record(_entry("conversation.lease_expired", gone.id, _SYSTEM, now=now))
    return moved


async def _moved(  # noqa: PLR0913 - all of them named
    uow: UnitOfWork,
    current: Conversation,
    event: HolderEvent,
    *,
    staff: str | None = None,
    to: str | None = None,
    now: datetime,
) -> Conversation:
    hold: Hold = move(current.hold, event, staff=staff, to=to, now=now)
    if hold == current.hold:
        return current
    moved = replace(current, hold=hold)
    await uow.conversations.save(moved)
    return moved


def is_id(text: str) -> bool:
    """Tell whether this could be an id of ours: an address may hold anything, and the database gets only what could be."""
    return text.isascii() and text.isalnum() and len(text) <= _ID_LENGTH


def in_scope(viewer: Viewer, found: Conversation) -> bool:
    """Tell whether a staff member may open this thread."""
    return viewer.sees(found.region)


def silent(found: Conversation) -> bool:
    """Tell whether the bot must keep silent because a person holds the thread."""
    return found.holder is Holder.PERSON


def _external_digest(uow: UnitOfWork, channel: str, user: str | None) -> str | None:
    return None if user is None else uow.digest("external_user", f"{channel}\n{user}")


def _staff(staff: str) -> Actor:
    return Actor(kind=ActorKind.STAFF, id=staff)


def _entry(
    action: str, subject: str, actor: Actor, *, now: datetime, data: dict[str, str | int | bool | None] | None = None
) -> AuditEntry:
    return AuditEntry(at=now, actor=actor, action=action, subject=f"conversation:{subject}", data=data or {})
