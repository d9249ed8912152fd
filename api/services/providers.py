"""The register of lawyers and legal workers: who is in it, who has how much in hand, and who may be given a case (法律援助人员名册)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from api.domain.application import OPEN_STATES, Event
from api.domain.audit import AuditEntry
from api.domain.clocks import CHINA
from api.domain.details import Details
from api.domain.provider import Provider, ProviderKind, experienced, gravest, in_conflict
from api.domain.staff import Permission
from api.services import parties
from api.services.applications import ApplicationNotFound, find
from api.services.ports import UnitOfWork
from api.services.records import ApplicationRecord, ApplicationSecrets, covers
from api.services.staff import StaffMember, require

ASSIGNING: Final = frozenset({Event.ASSIGN, Event.ADVANCE_AID})
_NAME_LIMIT: Final = 64
_CREDENTIAL_LIMIT: Final = 32
_LINE_LIMIT: Final = 100
_LIST_LIMIT: Final = 200


class ProviderNotFound(Exception):
    """Nobody of the register, or of another region."""

    code = "provider_not_found"


class ProviderRefused(Exception):
    """The entry cannot be kept like that.

    `code` is stable: `provider_name_unusable`, `credential_unusable`, `practice_in_future`, `entry_too_long`,
    `region_unknown`, `region_beyond_yours`.
    """

    def __init__(self, code: str) -> None:
        """Keep the stable code."""
        super().__init__(code)
        self.code = code


class AssignmentRefused(Exception):
    """The case cannot go to this person.

    `code` is stable: `provider_unfit` (not given cases now, or not of this place), `experience_required` (art. 26),
    `conflict_unresolved` (somebody has to look into it first).
    """

    def __init__(self, code: str) -> None:
        """Keep the stable code."""
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a manager fills in."""

    name: str
    credential: str
    kind: ProviderKind
    organisation: str
    practising_since: date
    region: str
    languages: tuple[str, ...] = ()
    active: bool = True
    clients: tuple[str, ...] = field(default=(), repr=False)
    """Whom they act for beside legal aid, 常年法律顾问单位 and the like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of the register."""

    provider: Provider
    in_hand: int
    """Cases assigned or under way."""
    clients: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody to whom a case could go."""

    provider: Provider
    in_hand: int
    experienced: bool
    conflicts: tuple[str, ...] = field(default=(), repr=False)
    """Clients of theirs whom the applicant's account names, or who are the opponent."""
    other_side: bool = False
    """Whether a case on the other side of this one is in their hands (Law on Lawyers art. 39)."""


async def register(uow: UnitOfWork, *, member: StaffMember) -> tuple[Listed, ...]:
    """Return the register as far as this manager's regions go, by name. Raises NotPermitted."""
    require(member, Permission.MANAGE_PROVIDERS)
    loads = await uow.providers.loads()
    return tuple(
        [
            Listed(
                provider=each,
                in_hand=loads.get(each.id, 0),
                clients=await uow.providers.clients(each.id),
            )
            for each in await uow.providers.all()
            if member.viewer.sees(each.region)
        ]
    )


async def enter(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    entry: Entry,
    knows_region: Callable[[str], bool],
    new_id: Callable[[], str],
    now: datetime,
) -> Provider:
    """Put somebody into the register. Raises NotPermitted, ProviderRefused, CredentialTaken."""
    require(member, Permission.MANAGE_PROVIDERS)
    provider, clients = _checked(entry, id_=new_id(), member=member, knows_region=knows_region, now=now)
    await uow.providers.add(provider, clients=clients)
    _record(uow, "provider.entered", provider, by=member, now=now)
    return provider


async def change(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork,
    *,
    member: StaffMember,
    provider_id: str,
    entry: Entry,
    knows_region: Callable[[str], bool],
    now: datetime,
) -> Provider:
    """Put an entry right; cases in hand stay where they are. Raises NotPermitted, ProviderNotFound, ProviderRefused, CredentialTaken."""
    require(member, Permission.MANAGE_PROVIDERS)
    known = await uow.providers.get(provider_id)
    if known is None or not member.viewer.sees(known.region):
        raise ProviderNotFound
    provider, clients = _checked(entry, id_=known.id, member=member, knows_region=knows_region, now=now)
    await uow.providers.save(provider, clients=clients)
    _record(uow, "provider.changed", provider, by=member, now=now)
    return provider


async def candidates(uow: UnitOfWork, *, record: ApplicationRecord, words: str, now: datetime) -> tuple[Candidate, ...]:
    """Return whom a case could be assigned to, who has least in hand first; `words` are the applicant's own."""
    loads = await uow.providers.loads()
    named, engaged = await _other_side(uow, record)
    on = now.astimezone(CHINA).date()
    found = [
        Candidate(
            provider=each,
            in_hand=loads.get(each.id, 0),
            experienced=experienced(each, on=on),
            conflicts=in_conflict(await uow.providers.clients(each.id), words=f"{words}\n{named}"),
            other_side=each.id in engaged,
        )
        for each in await uow.providers.all()
        if _fit(each, region=record.region)
    ]
    return tuple(sorted(found, key=lambda one: (one.in_hand, one.provider.name, one.provider.id)))


async def assigned(uow: UnitOfWork, *, member: StaffMember, reference: str, details: Details, now: datetime) -> Details:
    """Return an assignment's details with the name as it stands in the register, once the law allows this person.

    Raises ApplicationNotFound, AssignmentRefused.
    """
    wish = details.assignment
    if wish is None:
        return replace(details, provider=None)
    record = await find(uow, reference=reference, viewer=member.viewer)
    secrets = await _secrets(uow, record)
    provider = await uow.providers.get(wish.provider_id)
    if provider is None or not _fit(provider, region=record.region):
        raise AssignmentRefused("provider_unfit")
    grave = wish.life_or_death or gravest(secrets.facts) or (secrets.organ is not None and secrets.organ.grave)
    if grave and not experienced(provider, on=now.astimezone(CHINA).date()):
        raise AssignmentRefused("experience_required")
    clients = await uow.providers.clients(provider.id)
    named, engaged = await _other_side(uow, record)
    conflict = provider.id in engaged or in_conflict(clients, words=f"{secrets.words}\n{named}")
    if conflict and not wish.conflict_cleared:
        raise AssignmentRefused("conflict_unresolved")
    return replace(details, provider=provider.name, assignment=replace(wish, life_or_death=grave))


async def _other_side(uow: UnitOfWork, record: ApplicationRecord) -> tuple[str, frozenset[str]]:
    """Return whom a case is against, and who acts for them here, of whatever region."""
    key = record.application.reference
    facing = await parties.facing(uow, reference=key)
    engaged = (one.application.provider_id for one in facing if one.application.state in OPEN_STATES)
    return "\n".join(await uow.parties.opponents(key)), frozenset(one for one in engaged if one is not None)


async def _secrets(uow: UnitOfWork, record: ApplicationRecord) -> ApplicationSecrets:
    """Open the account and the answers that an assignment is measured by; its own line in the audit chain follows."""
    secrets = await uow.applications.secrets(record.application.reference)
    if secrets is None:
        raise ApplicationNotFound
    return secrets


def _fit(provider: Provider, *, region: str | None) -> bool:
    """Tell whether somebody takes cases of this place: theirs, one within it, or one that it lies in."""
    near = region is None or covers(provider.region, region) or covers(region, provider.region)
    return provider.active and near


def _checked(
    entry: Entry, *, id_: str, member: StaffMember, knows_region: Callable[[str], bool], now: datetime
) -> tuple[Provider, tuple[str, ...]]:
    name, credential = entry.name.strip(), entry.credential.strip()
    organisation = entry.organisation.strip()
    languages, clients = _lines(entry.languages), _lines(entry.clients)
    if not 0 < len(name) <= _NAME_LIMIT or not name.isprintable():
        raise ProviderRefused("provider_name_unusable")
    if not 0 < len(credential) <= _CREDENTIAL_LIMIT or not credential.isprintable():
        raise ProviderRefused("credential_unusable")
    if any(len(line) > _LINE_LIMIT for line in (organisation, *languages, *clients)) or len(clients) > _LIST_LIMIT:
        raise ProviderRefused("entry_too_long")
    if entry.practising_since > now.astimezone(CHINA).date():
        raise ProviderRefused("practice_in_future")
    if not knows_region(entry.region):
        raise ProviderRefused("region_unknown")
    if not member.viewer.sees(entry.region):
        raise ProviderRefused("region_beyond_yours")
    provider = Provider(
        id=id_,
        name=name,
        credential=credential,
        kind=entry.kind,
        organisation=organisation,
        practising_since=entry.practising_since,
        region=entry.region,
        languages=languages[:_LIST_LIMIT],
        active=entry.active,
    )
    return provider, clients


def _lines(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(line for each in given if (line := each.strip())))


def _record(uow: UnitOfWork, action: str, provider: Provider, *, by: StaffMember, now: datetime) -> None:
    data = {"kind": provider.kind.value, "active": provider.active}
    uow.audit.record(AuditEntry(at=now, actor=by.actor, action=action, subject=f"provider:{provider.id}", data=data))
