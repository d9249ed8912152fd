"""A person's own data: asked for by them, copied out and put right by staff, on record (查阅、复制、更正、补充).

Personal Information Protection Law arts 45 and 46. Not in a copy: what colleagues noted for one another, and whatever concerns others
on the other side. The audit chain says that a copy was made or which fields were corrected, and no value.
"""

import uuid
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Final

from api.domain.application import EffectKind
from api.domain.audit import Actor, ActorKind, AuditEntry, ChainedEntry
from api.domain.clocks import CHINA, end_of_day
from api.domain.party import usable
from api.domain.personal import ANSWERED_WITHIN_DAYS, REASON, DataRequest, Identity
from api.domain.staff import Permission
from api.services import applications, casework, parties, vault
from api.services.applications import NOTICE, ApplicationNotFound
from api.services.attachment_ports import Attachment
from api.services.casework import CaseDetail
from api.services.drafts import DraftRefused, phone_of
from api.services.export import OPERATOR, PurposeMissing
from api.services.ports import UnitOfWork
from api.services.records import (
    ApplicationRecord,
    Contact,
    Job,
    JsonObject,
    StoredMessage,
    ThirdParty,
    Ticket,
    TicketKind,
    Viewer,
)
from api.services.staff import StaffMember, require
from api.services.verdicts import PIVOT
from knowledge_base.types import Urgency

CORRECTED: Final = "application.data_corrected"
COPIED: Final = "application.data_copied"
_NAME_LIMIT: Final = 60
_STATEMENT_LIMIT: Final = 2000
_GONE: Final = "（已删除）"
_CITIZEN: Final = Actor(kind=ActorKind.CITIZEN, id="citizen")


class DataCorrectionRefused(Exception):
    """It cannot be corrected like that; `code` is stable: `data_unchanged`, `data_unusable`, `phone_malformed`."""

    def __init__(self, code: str) -> None:
        """Keep the stable code; what was typed stays out."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """What somebody asked of their data, and by when they hear."""

    kind: DataRequest
    received_at: datetime
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalCopy:
    """Everything that is kept of one person with one application, tokens opened."""

    detail: CaseDetail
    contact: Contact = field(repr=False)
    third_party: ThirdParty | None = field(repr=False)
    opponents: tuple[str, ...] = field(repr=False)
    words: str = field(repr=False)
    messages: tuple[StoredMessage, ...] = field(repr=False)
    attachments: tuple[Attachment, ...]
    """What was handed in: listed here, and opened one by one."""
    handled: tuple[ChainedEntry, ...]
    """What was done with it and when, the looks among it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is put right; None of what stays."""

    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    statement: str | None = field(default=None, repr=False)
    """What the person says is wrong or left out: it stands beside what was recorded, which a decision rests on."""
    pass_phrase: str | None = field(default=None, repr=False)
    """Agreed anew, where somebody speaks for them."""
    no_third_party: bool = False
    """Nobody is to speak for them any more: consent is taken back (art. 15)."""


async def request(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    reference: str,
    phone_tail: str,
    pass_phrase: str | None,
    kind: DataRequest,
    words: str,
    now: datetime,
) -> Requested:
    """Take in what somebody asks of their data, who has shown what their state is told for; asked twice, once.

    It is a task for staff, who make sure of the person: nothing is given out here. Raises ApplicationNotFound, PassPhraseRequired.
    """
    found = await applications.status(uow, reference=reference, phone_tail=phone_tail, pass_phrase=pass_phrase, now=now)
    return await request_here(uow, reference=found.reference, kind=kind, words=words, now=now)


async def request_here(uow: UnitOfWork, *, reference: str, kind: DataRequest, words: str, now: datetime) -> Requested:
    """Take the same in from the thread that the application was handed in with. Raises ApplicationNotFound."""
    record = await applications.find(uow, reference=reference, lock=True)
    key = record.application.reference
    for waiting in await waiting_for(uow, record=record):
        if waiting.reason == f"{REASON}:{kind}" and (await uow.tickets.words(waiting.id) or "") == words:
            return _requested(kind, waiting)
    ticket = Ticket(
        id=uuid.uuid4().hex,
        kind=TicketKind.TASK,
        reason=f"{REASON}:{kind}",
        urgency=Urgency.S2,
        region=record.region,
        opened_at=now,
        reference=key,
        owner=record.owner,
        due=end_of_day(now, days=ANSWERED_WITHIN_DAYS),
    )
    await uow.tickets.add(ticket, words=words or None)
    data = {"kind": kind.value}
    uow.audit.record(AuditEntry(at=now, actor=_CITIZEN, action="application.data_requested", subject=key, data=data))
    return _requested(kind, ticket)


async def waiting_for(uow: UnitOfWork, *, record: ApplicationRecord) -> tuple[Ticket, ...]:
    """Return what was asked of the data of an application and is not answered yet."""
    key = record.application.reference
    opened = await uow.tickets.open_ones(reference=key)
    return tuple(one for one in opened if one.reason.startswith(f"{REASON}:"))


async def asked(
    uow: UnitOfWork, *, member: StaffMember, reference: str, now: datetime
) -> tuple[ApplicationRecord, tuple[tuple[Ticket, str], ...]]:
    """Open what was asked, in the person's own words; the look is on record. Raises ApplicationNotFound, NotPermitted."""
    require(member, Permission.PERSONAL_DATA)
    record = await applications.find(uow, reference=reference, viewer=member.viewer)
    opened = [(one, await uow.tickets.words(one.id) or "") for one in await waiting_for(uow, record=record)]
    if opened:
        key = record.application.reference
        uow.audit.record(AuditEntry(at=now, actor=member.actor, action="application.data_request_read", subject=key))
    return record, tuple(opened)


async def copy(
    uow: UnitOfWork, *, member: StaffMember, reference: str, identity: Identity, now: datetime
) -> PersonalCopy:
    """Open everything for the person it is about, once staff are sure of them. Raises ApplicationNotFound, NotPermitted."""
    require(member, Permission.PERSONAL_DATA)
    found = await opened(uow, reference=reference, viewer=member.viewer, now=now)
    key, data = found.detail.record.application.reference, {"identity": identity.value}
    uow.audit.record(AuditEntry(at=now, actor=member.actor, action=COPIED, subject=key, data=data))
    return found


async def copy_for_operator(uow: UnitOfWork, *, reference: str, purpose: str, now: datetime) -> PersonalCopy:
    """Open everything from a shell. Raises ApplicationNotFound, PurposeMissing."""
    if not purpose.strip():
        raise PurposeMissing
    viewer = Viewer(staff=OPERATOR.id, role=OPERATOR.kind)
    found = await opened(uow, reference=reference, viewer=viewer, now=now)
    key, data = found.detail.record.application.reference, {"purpose": purpose}
    uow.audit.record(AuditEntry(at=now, actor=OPERATOR, action=COPIED, subject=key, data=data))
    return found


def document(found: PersonalCopy, /) -> JsonObject:
    """Return a copy as JSON, for the person or whomever they wish it handed to (art. 45)."""
    detail, record = found.detail, found.detail.record
    third = found.third_party
    return {
        "reference": record.application.reference,
        "contact": {"name": found.contact.name, "phone": found.contact.phone},
        "third_party": None if third is None else {"name": third.name, "relationship": third.relationship},
        "opponents": list(found.opponents),
        "state": record.application.state.value,
        "origin": record.application.origin.value,
        "organ": None if detail.organ is None else asdict(detail.organ),
        "region": record.region,
        "matters": list(record.matters),
        "safe_to_contact": record.safe_to_contact.value,
        "delivery_mode": record.delivery.value,
        "consents": [{"kind": one.kind.value, "version": one.version} for one in detail.consents],
        "words": found.words,
        "facts": detail.facts,
        "verdict": detail.verdict,
        "statements": list(detail.statements),
        "preference": detail.preference,
        "reasons": list(detail.reasons),
        "closing_report": list(detail.report),
        "messages": [
            {"at": one.created_at.isoformat(), "from": one.sender.value, "text": one.text} for one in found.messages
        ],
        "attachments": [
            {"at": one.at.isoformat(), "media_type": one.media_type.value, "bytes": one.size}
            for one in found.attachments
        ],
        "handled": [
            {"at": one.entry.at.isoformat(), "by": one.entry.actor.kind.value, "action": one.entry.action}
            for one in found.handled
        ],
    }


async def correct(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, member: StaffMember, reference: str, changes: Changes, identity: Identity, now: datetime
) -> ApplicationRecord:
    """Put a person's data right, and tell them by their safe way that it was done: who did not ask for it must hear of it.

    What they told stays as it was told, with their correction beside it. Raises ApplicationNotFound, DataCorrectionRefused, NotPermitted.
    """
    require(member, Permission.PERSONAL_DATA)
    record = await applications.find(uow, reference=reference, viewer=member.viewer, lock=True)
    key = record.application.reference
    before = await uow.applications.contact(key)
    if before is None:
        raise ApplicationNotFound
    after, statement = _changed(before, changes), (changes.statement or "").strip()
    spoken_for = await uow.parties.pass_phrase(key) is not None
    phrase = (changes.pass_phrase or "").strip() if spoken_for and not changes.no_third_party else ""
    ends = spoken_for and changes.no_third_party
    if after == before and not (statement or phrase or ends):
        raise DataCorrectionRefused("data_unchanged")
    if phrase and not usable(phrase):
        raise DataCorrectionRefused("data_unusable")
    if after != before:
        await applications.keep_contact(uow, reference=key, contact=after)
        await parties.keep_applicant(uow, reference=key, contact=after)
    if statement:
        await vault.put(uow, conversation_id=key, kind=casework.STATEMENT, value=statement, now=now)
    if phrase:
        await parties.keep_pass_phrase(uow, reference=key, phrase=phrase)
    if ends:
        await uow.parties.end_third_party(key)
    version = record.application.version + 1
    corrected = replace(record, application=replace(record.application, version=version))
    await uow.applications.save(corrected)
    data = {
        "name": after.name != before.name,
        "phone": after.phone != before.phone,
        "statement": bool(statement),
        "pass_phrase": bool(phrase),
        "third_party_ended": ends,
        "identity": identity.value,
    }
    uow.audit.record(AuditEntry(at=now, actor=member.actor, action=CORRECTED, subject=key, data=data))
    payload: dict[str, str | int | None] = {
        "reference": key,
        "version": f"{version}.{uuid.uuid4().hex}",
        "to": EffectKind.TELL_CITIZEN.value,
        "notice": casework.DATA_CORRECTED,
    }
    await uow.jobs.add(Job(kind=NOTICE, payload=payload, run_at=now))
    return corrected


def _requested(kind: DataRequest, ticket: Ticket) -> Requested:
    received, due = ticket.opened_at.astimezone(CHINA), ticket.due or end_of_day(ticket.opened_at, days=0)
    return Requested(kind=kind, received_at=received, due=due.astimezone(CHINA))


def _changed(before: Contact, changes: Changes) -> Contact:
    name, phone = (changes.name or "").strip() or before.name, (changes.phone or "").strip()
    if len(name) > _NAME_LIMIT or not name.isprintable() or len(changes.statement or "") > _STATEMENT_LIMIT:
        raise DataCorrectionRefused("data_unusable")
    try:
        return Contact(name=name, phone=phone_of(phone) if phone else before.phone)
    except DraftRefused as refused:
        raise DataCorrectionRefused(refused.code) from refused


async def opened(uow: UnitOfWork, *, reference: str, viewer: Viewer, now: datetime) -> PersonalCopy:
    """Open everything that is kept of an application; whoever asks puts on record what for. Raises ApplicationNotFound."""
    detail = await casework.detail(uow, reference=reference, viewer=viewer, now=now)
    key, thread = detail.record.application.reference, detail.record.conversation_id
    secrets = await uow.applications.secrets(key)
    if secrets is None:
        raise ApplicationNotFound
    handled = list(detail.history)
    if thread is not None:
        handled += await uow.audit.of(f"conversation:{thread}")
    # What would turn a result is told to nobody outside.
    verdict = {name: value for name, value in detail.verdict.items() if name != PIVOT}
    return PersonalCopy(
        detail=replace(detail, verdict=verdict),
        contact=secrets.contact,
        third_party=secrets.third_party,
        opponents=await uow.parties.opponents(key),
        words=await _plain(uow, secrets.words, thread=thread),
        messages=tuple([replace(one, text=await _plain(uow, one.text, thread=thread)) for one in detail.transcript]),
        attachments=() if thread is None else await uow.attachments.of(thread),
        handled=tuple(sorted(handled, key=lambda each: each.seq)),
    )


async def _plain(uow: UnitOfWork, text: str, *, thread: str | None) -> str:
    """Return a text with what its tokens stand for: the person's own values."""
    for token in dict.fromkeys(vault.tokens(text)):
        kind, number = vault.parts(token)
        value = None if thread is None else await uow.vault.open(conversation_id=thread, kind=kind, number=number)
        text = text.replace(token, value or _GONE)
    return text
