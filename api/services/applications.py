"""Applications for legal aid: handed in once, followed by their owner, moved on by staff (申请的受理与办理)."""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from api.domain import application as machine
from api.domain.application import Application, EffectKind, Event, State, Transition
from api.domain.audit import Actor, ActorKind
from api.domain.clocks import CHINA, SUPPLEMENT_DAYS, Clock, Party, clocks, end_of_day, waiting_on
from api.domain.details import Details
from api.domain.origin import Origin
from api.domain.reference import ReferenceMalformed, issue, parse
from api.services import aftercare, drafts, parties, preference, transfers, vault, verdicts
from api.services.consents import TRANSFER_READ
from api.services.ports import DuplicateReference, UnitOfWork, VersionConflict
from api.services.records import (
    ApplicationDraft,
    ApplicationRecord,
    ApplicationSecrets,
    Contact,
    Job,
    JsonObject,
    Viewer,
)
from api.services.thinking_ports import Assess
from knowledge_base.types import Verdict

NOTICE: Final = "application_notice"
REASON: Final = "reason"
"""What the vault calls the written reason of a decision."""
CLOSING_REPORT: Final = "closing_report"
"""What the vault calls the report at the end of a case."""
PHONE: Final = "phone"
"""The purpose of the digest that finds the applications of one telephone."""
_DECIDED_AGAINST: Final = frozenset({Event.REFUSE, Event.UPHOLD, Event.TERMINATE})
"""What the citizen is told with its reason, Legal Aid Law arts 43, 48, 49."""
_SCOPE: Final = "applications"
_CITIZEN: Final = Actor(kind=ActorKind.CITIZEN, id="citizen")
_ORGAN: Final = Actor(kind=ActorKind.ORGAN, id="organ")
_DRAWS: Final = 8


class ApplicationNotFound(Exception):
    """No such application, or not this caller's: both look the same from outside."""

    code = "application_not_found"


class PassPhraseRequired(Exception):
    """Somebody speaks for this citizen, so that the phone's digits alone prove nothing: the pass phrase is asked for."""

    code = "pass_phrase_required"
    field = "X-Pass-Phrase"


class IdempotencyConflict(Exception):
    """The key was used for another request."""

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The receipt."""

    reference: str
    missing_documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the citizen may know of an application: never whose it is."""

    reference: str
    state: machine.State
    waiting_on: Party
    clock: Clock | None = None
    missing_documents: tuple[str, ...] = ()


async def submit(
    uow: UnitOfWork, *, idempotency_key: str, draft: ApplicationDraft, assess: Assess, now: datetime
) -> Submitted:
    """Take an application in, once per key. Raises DraftRefused, IdempotencyConflict, and whatever `assess` refuses."""
    contact = drafts.contact_of(draft)
    drafts.check(draft)
    await uow.lock(f"idempotency:{_SCOPE}:{idempotency_key}")
    digest = uow.digest("request", drafts.canonical(draft))
    known = await uow.idempotency.get(scope=_SCOPE, key=idempotency_key)
    if known is not None:
        return _same_answer(known, digest=digest)
    today = now.astimezone(CHINA).date()
    verdict = assess(draft.facts, region=draft.region, on=today)
    reference = await _stored(uow, draft=draft, contact=contact, verdict=verdict, now=now)
    submitted = Submitted(reference=reference, missing_documents=_papers(draft, verdict))
    await uow.idempotency.put(
        scope=_SCOPE,
        key=idempotency_key,
        request_digest=digest,
        answer={"reference": reference, "missing_documents": list(submitted.missing_documents)},
        now=now,
    )
    return submitted


async def status(
    uow: UnitOfWork, *, reference: str, phone_tail: str, pass_phrase: str | None = None, now: datetime
) -> Status:
    """Tell whoever proves that they may know how the application stands; `now` picks the clock.

    Where a third party speaks for the citizen, the pass phrase is needed beside the digits, and a wrong one looks like wrong
    digits. Raises ApplicationNotFound, PassPhraseRequired.
    """
    key = _canonical_reference(reference) or "-"
    expected = await uow.applications.tail_digest(key)
    given = uow.digest("phone_tail", f"{key}\n{phone_tail}")
    record = await uow.applications.get(key)
    if not hmac.compare_digest(expected or "-", given) or record is None:
        raise ApplicationNotFound
    if await uow.parties.pass_phrase(key) is not None:
        if not pass_phrase:
            raise PassPhraseRequired
        if not await parties.pass_phrase_fits(uow, reference=key, phrase=pass_phrase):
            raise ApplicationNotFound
    return standing(record, now=now)


def standing(record: ApplicationRecord, /, *, now: datetime) -> Status:
    """Return how an application stands, for whoever has shown that it is theirs."""
    running = [clock for clock in clocks(record.application) if not clock.overdue(now=now)]
    return Status(
        reference=record.application.reference,
        state=record.application.state,
        waiting_on=waiting_on(record.application.state),
        clock=running[0] if running else next(iter(clocks(record.application)), None),
        missing_documents=record.application.papers or record.missing_documents,
    )


async def apply_event(  # noqa: PLR0913 - all of them named
    uow: UnitOfWork,
    *,
    reference: str,
    event: Event,
    by: Actor,
    now: datetime,
    details: Details | None = None,
    viewer: Viewer | None = None,
    version: int | None = None,
) -> Transition:
    """Move an application on, with its audit line and notices. `version` is what the actor saw on the page.

    Raises ApplicationNotFound, VersionConflict, TransitionRefused.
    """
    record = await find(uow, reference=reference, viewer=viewer, lock=True)
    if version is not None and version != record.application.version:
        raise VersionConflict
    if event is Event.REQUEST_SUPPLEMENT and details is not None and details.papers_due is None:
        details = replace(details, papers_due=end_of_day(now, days=SUPPLEMENT_DAYS))
    if details is not None and details.transfer is not None and details.transfer.agreed is not None:
        details = replace(details, transfer=replace(details.transfer, consent=TRANSFER_READ))
    transition = machine.apply(record.application, event, by=by, now=now, details=details)
    owner = record.owner or (by.id if by.kind is ActorKind.STAFF else None)
    supplied = event is Event.SUPPLY
    await uow.applications.save(
        replace(
            record,
            application=transition.application,
            owner=owner,
            missing_documents=() if supplied else record.missing_documents,
        )
    )
    told: dict[str, int] = {}
    if transition.application.state is State.TRANSFERRED and details is not None and details.transfer is not None:
        told[transfers.KIND] = await transfers.keep(
            uow, reference=record.application.reference, transfer=details.transfer, now=now
        )
    if details is not None and details.reason:
        key = record.application.reference
        token = await vault.put(uow, conversation_id=key, kind=REASON, value=details.reason, now=now)
        if event in _DECIDED_AGAINST:
            told[REASON] = vault.parts(token)[1]
    if details is not None and details.closing is not None:
        report, key = details.closing.report, record.application.reference
        await vault.put(uow, conversation_id=key, kind=CLOSING_REPORT, value=report, now=now)
    uow.audit.record(transition.entry)
    await _promise(uow, transition, now=now, told=told)
    await aftercare.promise(uow, transition, event=event, now=now)
    return transition


async def find(
    uow: UnitOfWork, *, reference: str, viewer: Viewer | None = None, lock: bool = False
) -> ApplicationRecord:
    """Return an application without its personal part; out of the viewer's scope it does not exist."""
    record = await uow.applications.get(_canonical_reference(reference) or "-", lock=lock)
    if record is None or (viewer is not None and not viewer.sees(record.region)):
        raise ApplicationNotFound
    return record


async def _stored(
    uow: UnitOfWork, *, draft: ApplicationDraft, contact: Contact, verdict: Verdict, now: datetime
) -> str:
    for attempt in range(_DRAWS):
        # A year that fills up gets longer references rather than more collisions.
        length = 4 if attempt < _DRAWS // 2 else 5
        reference = str(issue(year=now.astimezone(CHINA).year, pick=secrets.choice, length=length))
        fresh = Application(
            reference=reference,
            same_day="same_day" in verdict.flags,
            in_custody=draft.in_custody,
            origin=draft.origin,
        )
        by = _CITIZEN if draft.organ is None else _ORGAN
        transition = machine.apply(fresh, Event.SUBMIT, by=by, now=now)
        try:
            await uow.applications.add(
                _record(draft, transition.application, verdict),
                secrets=_secrets(draft, contact=contact, verdict=verdict),
                phone_digest=_phone_digest(uow, reference, contact),
                tail_digest=_tail_digest(uow, reference, contact),
            )
        except DuplicateReference:
            continue
        await parties.keep_applicant(uow, reference=reference, contact=contact)
        if draft.third_party is not None:
            await parties.keep_pass_phrase(uow, reference=reference, phrase=draft.pass_phrase)
        await parties.keep_opponents(uow, reference=reference, names=draft.opponents)
        uow.audit.record(transition.entry)
        if draft.preference:
            await preference.note(uow, reference=reference, said=draft.preference, by=_CITIZEN, now=now)
        await _promise(uow, transition, now=now)
        return reference
    raise DuplicateReference


def _record(draft: ApplicationDraft, application: Application, verdict: Verdict) -> ApplicationRecord:
    return ApplicationRecord(
        application=application,
        region=draft.region,
        urgency=draft.urgency,
        matters=draft.issues,
        outcome=verdict.outcome,
        basis=verdict.basis,
        flags=verdict.flags,
        safe_to_contact=draft.safe_to_contact,
        delivery=draft.delivery,
        missing_documents=_papers(draft, verdict),
        rulebook=verdict.rulebook,
        channel=draft.channel,
        conversation_id=draft.conversation_id,
    )


def _papers(draft: ApplicationDraft, verdict: Verdict) -> tuple[str, ...]:
    """Return what is missing: of somebody who did not apply, nothing."""
    return () if draft.origin is Origin.NOTIFIED else verdict.documents


def _secrets(draft: ApplicationDraft, *, contact: Contact, verdict: Verdict) -> ApplicationSecrets:
    return ApplicationSecrets(
        words=draft.words,
        facts=verdicts.facts_json(draft.facts),
        verdict=verdicts.record_json(verdict),
        contact=contact,
        third_party=draft.third_party,
        organ=draft.organ,
        consents=draft.consents,
    )


async def _promise(
    uow: UnitOfWork, transition: Transition, *, now: datetime, told: Mapping[str, int] = MappingProxyType({})
) -> None:
    """Promise the notices of a move; `told` numbers what the vault keeps for the citizen to read in theirs."""
    application = transition.application
    for effect in transition.effects:
        # Reference, version and receiver name a notice for good; the number of a job is given again once the job is done.
        payload: dict[str, str | int | None] = {
            "reference": application.reference,
            "version": application.version,
            "to": effect.kind.value,
            "notice": effect.notice,
            "state": application.state.value,
        }
        if effect.kind is EffectKind.TELL_CITIZEN:
            payload |= told
        await uow.jobs.add(Job(kind=NOTICE, payload=payload, run_at=now))


async def keep_contact(uow: UnitOfWork, *, reference: str, contact: Contact) -> None:
    """Seal name and phone of an application, and keep what they are found and proven by."""
    await uow.applications.set_contact(
        reference,
        contact=contact,
        phone_digest=_phone_digest(uow, reference, contact),
        tail_digest=_tail_digest(uow, reference, contact),
    )


def _phone_digest(uow: UnitOfWork, reference: str, contact: Contact) -> str:
    """Return what applications of one telephone are found by: without one, of nobody else's."""
    return uow.digest(PHONE, contact.phone or f"none\n{reference}")


def _tail_digest(uow: UnitOfWork, reference: str, contact: Contact) -> str:
    """Return what the owner proves themself by: without a telephone, nothing that anybody could say."""
    return uow.digest("phone_tail", f"{reference}\n{contact.phone[-parties.TAIL_DIGITS :] or secrets.token_hex()}")


def _same_answer(known: tuple[str, JsonObject], *, digest: str) -> Submitted:
    first, answer = known
    if not hmac.compare_digest(first, digest):
        raise IdempotencyConflict
    return Submitted(reference=answer["reference"], missing_documents=tuple(answer["missing_documents"]))


def _canonical_reference(text: str) -> str | None:
    try:
        return str(parse(text))
    except ReferenceMalformed:
        return None
