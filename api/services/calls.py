"""A call that a person takes on an ordinary telephone: noted while listening, and closed as one ticket (电话坐席).

Its thread has nobody who reads along: nothing is ever told in it, and whoever must hear something is rung. The notes
stay in the thread's sealed memory until the call ends; then they are stored as what the caller said, with what
identifies a person in the vault.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from api.domain.audit import AuditEntry
from api.domain.conversation import ContactOutcome, Holder, HolderEvent, move
from api.domain.staff import Permission
from api.services import applications, conversations, tickets, vault
from api.services.applications import Submitted
from api.services.call_ports import Ear
from api.services.consents import READ_ALOUD
from api.services.conversations import ConversationNotFound
from api.services.desk import peek_thread
from api.services.listening import MATTER
from api.services.ports import UnitOfWork
from api.services.records import (
    ApplicationDraft,
    Consent,
    ConsentKind,
    Contact,
    Conversation,
    Delivery,
    JsonObject,
    NewMessage,
    SafeToContact,
    Sender,
    ThirdParty,
    TicketKind,
)
from api.services.staff import StaffMember, require
from api.services.verdicts import facts_json
from knowledge_base.types import Facts, SafetyFinding, Urgency

CHANNEL: Final = "call"
UNFINISHED: Final = "call_unfinished"
"""Why a call stands in the queue until somebody has closed it."""
NOTES_LIMIT: Final = 4000
COMMITMENT: Final = "我说的家庭收入和经济状况都是真实的，没有隐瞒。如果是骗取法律援助，我愿意支付已经花掉的援助费用，接受三千元以下的罚款。"
"""个人诚信承诺, Legal Aid Law art. 41, with what art. 64 puts on deceit."""
_NOTES: Final = "call_notes"
_DANGER: Final = "call_danger"


class CallRefused(Exception):
    """The call cannot be closed like that; `code` says why: `notes_too_long`, `call_unnoted`, `not_read_back`."""

    def __init__(self, code: str) -> None:
        """Keep the stable code; what was noted stays out."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call as whoever takes it sees it."""

    conversation: Conversation
    mine: bool
    """Whether the reader holds it, and so may go on noting."""
    notes: str = field(repr=False)
    facts: JsonObject = field(repr=False)

    @property
    def over(self) -> bool:
        """Tell whether it was closed."""
        return self.conversation.holder is Holder.CLOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Orally:
    """What is settled with the caller before an application is taken down (口头申请)."""

    contact: Contact = field(repr=False)
    safe_to_contact: SafeToContact
    delivery: Delivery
    agreed: tuple[ConsentKind, ...]
    """Each read aloud by itself, and agreed to."""
    committed: bool
    """Whether they gave the personal commitment of art. 41; whoever does not is checked by the institution."""
    read_back: bool
    """Whether the record was read to them, and they said that it is right (2003 regulation art. 17)."""
    third_party: ThirdParty | None = field(default=None, repr=False)
    pass_phrase: str = field(default="", repr=False)
    opponents: tuple[str, ...] = field(default=(), repr=False)
    in_custody: bool = False


async def begin(uow: UnitOfWork, *, member: StaffMember, region: str | None, now: datetime) -> str:
    """Open a call for whoever answers it, and return its id; it is theirs to finish (首问负责)."""
    require(member, Permission.TALK)
    opened = await conversations.open_conversation(uow, channel=CHANNEL, region=region, locale="zh-CN", now=now)
    thread = await conversations.conversation(uow, conversation_id=opened.id, now=now)
    await tickets.ensure(uow, conversation=thread, kind=TicketKind.PERSON_REQUEST, reason=UNFINISHED, now=now)
    await _hold(uow, thread, member=member, now=now)
    return opened.id


async def take(uow: UnitOfWork, *, member: StaffMember, call_id: str, now: datetime) -> None:
    """Go on with a call that somebody left. Raises ConversationNotFound, HolderRefused."""
    require(member, Permission.TALK)
    await _hold(uow, await _thread(uow, member=member, call_id=call_id), member=member, now=now)


async def peek(uow: UnitOfWork, *, member: StaffMember, call_id: str, now: datetime) -> Call:
    """Return a call; its notes only to whoever holds it, who wrote them. Raises ConversationNotFound."""
    require(member, Permission.TALK)
    thread = await _thread(uow, member=member, call_id=call_id)
    mine = thread.holder is Holder.PERSON and thread.hold.staff == member.id and not thread.hold.expired(now=now)
    if not mine:
        return Call(conversation=thread, mine=False, notes="", facts={})
    state = await conversations.load_state(uow, conversation_id=thread.id)
    return Call(conversation=thread, mine=True, notes=str(state.extra.get(_NOTES, "")), facts=state.facts)


async def read(uow: UnitOfWork, *, member: StaffMember, call_id: str, now: datetime) -> Call:
    """Open a call for work; the look is on record. Raises ConversationNotFound."""
    call = await peek(uow, member=member, call_id=call_id, now=now)
    if call.mine:
        _record(uow, "conversation.read", call.conversation, member=member, now=now)
    return call


async def keep(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    call_id: str,
    notes: str,
    finding: SafetyFinding,
    region: str | None,
    facts: Facts | None = None,
    now: datetime,
) -> None:
    """Keep what was noted and answered so far, and renew the claim. Raises CallRefused, ConversationNotFound, HolderRefused.

    Danger that was not heard before stands in the queue as any other, taken by whoever is on the line.
    """
    require(member, Permission.TALK)
    if len(notes) > NOTES_LIMIT:
        raise CallRefused("notes_too_long")
    thread = await _thread(uow, member=member, call_id=call_id)
    hold = move(thread.hold, HolderEvent.RENEW, staff=member.id, now=now)
    await uow.conversations.save(replace(thread, hold=hold, region=region))
    state = await conversations.load_state(uow, conversation_id=call_id)
    known = tuple(state.extra.get(_DANGER, ()))
    fresh = [kind for kind in finding.kinds if kind.value not in known]
    if fresh and finding.urgency is not Urgency.S2:
        await conversations.raise_alert(
            uow, conversation_id=call_id, kinds=finding.kinds, urgency=finding.urgency, now=now
        )
        await tickets.own(uow, conversation_id=call_id, staff=member.id, now=now)
        known = tuple(dict.fromkeys((*known, *(kind.value for kind in finding.kinds))))
    kept = replace(
        state,
        facts=state.facts if facts is None else facts_json(facts),
        extra={**state.extra, _NOTES: notes, _DANGER: list(known)},
    )
    await conversations.save_state(uow, conversation_id=call_id, state=kept)


async def end(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, member: StaffMember, call_id: str, outcome: ContactOutcome, ear: Ear, now: datetime
) -> None:
    """Close a call that came to no application, with its outcome. Raises CallRefused, ConversationNotFound, HolderRefused."""
    require(member, Permission.TALK)
    thread = await _thread(uow, member=member, call_id=call_id)
    await _closed(
        uow, thread, member=member, outcome=outcome, words=await _words(uow, thread, ear=ear, now=now), now=now
    )


async def hand_in(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, member: StaffMember, call_id: str, orally: Orally, ear: Ear, now: datetime
) -> Submitted:
    """Take down an oral application and close the call with it; nothing is typed again.

    Raises CallRefused, DraftRefused, FactRefused, ConversationNotFound, HolderRefused.
    """
    require(member, Permission.TALK)
    if not orally.read_back:
        raise CallRefused("not_read_back")
    thread = await _thread(uow, member=member, call_id=call_id)
    words = await _words(uow, thread, ear=ear, now=now)
    state = await conversations.load_state(uow, conversation_id=call_id)
    matter = state.facts.get(MATTER)
    # Without consent to sensitive facts neither they nor the story they stand in leave the thread (PIPL art. 29).
    whole = ConsentKind.SENSITIVE in orally.agreed
    draft = ApplicationDraft(
        consents=tuple(Consent(kind=kind, version=READ_ALOUD) for kind in orally.agreed),
        issues=(str(matter),) if matter else (),
        words=words if whole else "",
        facts=state.facts if whole else {},
        contact=orally.contact,
        safe_to_contact=orally.safe_to_contact,
        delivery=orally.delivery,
        urgency=thread.urgency,
        region=thread.region,
        third_party=orally.third_party,
        pass_phrase=orally.pass_phrase,
        opponents=orally.opponents,
        conversation_id=call_id,
        channel=CHANNEL,
        in_custody=orally.in_custody,
    )
    submitted = await applications.submit(
        uow, idempotency_key=f"call:{call_id}", draft=draft, assess=ear.screener.examine, now=now
    )
    record = await applications.find(uow, reference=submitted.reference, lock=True)
    version = record.application.version + 1
    owned = replace(record, owner=member.id, application=replace(record.application, version=version))
    await uow.applications.save(owned)
    uow.audit.record(
        AuditEntry(
            at=now,
            actor=member.actor,
            action="application.taken_orally",
            subject=submitted.reference,
            data={"read_aloud": READ_ALOUD, "committed": orally.committed, "read_back": True},
        )
    )
    await _closed(uow, thread, member=member, outcome=ContactOutcome.APPLIED, words=words, now=now)
    return submitted


async def _thread(uow: UnitOfWork, *, member: StaffMember, call_id: str) -> Conversation:
    found = await peek_thread(uow, member=member, conversation_id=call_id)
    if found.channel != CHANNEL:
        raise ConversationNotFound
    return found


async def _hold(uow: UnitOfWork, thread: Conversation, *, member: StaffMember, now: datetime) -> None:
    """Let somebody hold the thread; there is nobody to be told who has joined."""
    hold = move(thread.hold, HolderEvent.CLAIM, staff=member.id, now=now)
    await uow.conversations.save(replace(thread, hold=hold))
    await tickets.own(uow, conversation_id=thread.id, staff=member.id, now=now)
    _record(uow, "conversation.claimed", thread, member=member, now=now)


async def _words(uow: UnitOfWork, thread: Conversation, *, ear: Ear, now: datetime) -> str:
    """Return the notes with vault tokens for what identifies a person. Raises CallRefused for none."""
    state = await conversations.load_state(uow, conversation_id=thread.id)
    notes = str(state.extra.get(_NOTES, "")).strip()
    if not notes:
        raise CallRefused("call_unnoted")
    for one in reversed(ear.hide(notes)):
        token = ""
        if one.keep:
            token = await vault.put(uow, conversation_id=thread.id, kind=one.kind, value=one.value, now=now)
        notes = f"{notes[: one.start]}{token}{notes[one.end :]}"
    return notes


async def _closed(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, thread: Conversation, *, member: StaffMember, outcome: ContactOutcome, words: str, now: datetime
) -> None:
    hold = move(thread.hold, HolderEvent.CLOSE, staff=member.id, now=now)
    said = NewMessage(sender=Sender.CITIZEN, kind="text", text=words)
    await uow.conversations.append(thread.id, said, external_id=f"call:{thread.id}", now=now)
    state = await conversations.load_state(uow, conversation_id=thread.id)
    left = {name: value for name, value in state.extra.items() if name != _NOTES}
    await conversations.save_state(uow, conversation_id=thread.id, state=replace(state, extra=left))
    await uow.conversations.save(replace(thread, hold=hold))
    await tickets.close_all(uow, conversation_id=thread.id, outcome=outcome, now=now)
    data: dict[str, str | int | bool | None] = {"outcome": outcome.value, "closed": True}
    uow.audit.record(
        AuditEntry(
            at=now, actor=member.actor, action="conversation.released", subject=f"conversation:{thread.id}", data=data
        )
    )


def _record(uow: UnitOfWork, action: str, thread: Conversation, *, member: StaffMember, now: datetime) -> None:
    uow.audit.record(AuditEntry(at=now, actor=member.actor, action=action, subject=f"conversation:{thread.id}"))
