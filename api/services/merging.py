"""The same person asking twice for the same is one case: the later application goes on under the earlier one (重复申请并案)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from api.domain.application import OPEN_STATES, Event
from api.domain.audit import AuditEntry, ChainedEntry
from api.domain.details import Details
from api.domain.staff import needed_for
from api.services import applications, contact, parties
from api.services.ports import UnitOfWork
from api.services.records import ApplicationRecord
from api.services.repeats import WITHIN
from api.services.staff import StaffMember, require

MERGED: Final = "application.merge"
TAKEN_UP: Final = "application.taken_up"


class MergeRefused(Exception):
    """The two are not one case: not of one telephone, the other is not the earlier one, or it is not open."""

    code = "merge_unfit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """What an application has to do with others."""

    into: str | None
    """The reference it goes on under."""
    taken_up: tuple[str, ...]
    """References that go on under it."""


async def merge(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, member: StaffMember, reference: str, into: str, version: int | None, now: datetime
) -> ApplicationRecord:
    """Let an application go on under an earlier one of the same telephone; return that one.

    The seven days are those of the earlier, whoever is in greater need or danger is so in both, and what was written,
    decided and noted stays readable with it. Raises ApplicationNotFound, MergeRefused, NotPermitted, VersionConflict, TransitionRefused.
    """
    require(member, needed_for(Event.MERGE))
    later = await applications.find(uow, reference=reference, viewer=member.viewer)
    earlier = next(
        (one for one in await could_take_up(uow, member=member, record=later, now=now) if _is(one, into)), None
    )
    if earlier is None:
        raise MergeRefused
    key = earlier.application.reference
    await applications.apply_event(
        uow,
        reference=reference,
        event=Event.MERGE,
        by=member.actor,
        now=now,
        details=Details(into=key),
        viewer=member.viewer,
        version=version,
    )
    kept = await applications.find(uow, reference=key, lock=True)
    one = replace(
        kept,
        urgency=min(kept.urgency, later.urgency),
        safe_to_contact=contact.strictest(kept.safe_to_contact, later.safe_to_contact),
        matters=tuple(dict.fromkeys((*kept.matters, *later.matters))),
        application=replace(kept.application, version=kept.application.version + 1),
    )
    await uow.applications.save(one)
    opponents = await uow.parties.opponents(later.application.reference)
    await parties.add_opponents(uow, reference=key, names=opponents)
    data: dict[str, str | int | bool | None] = {"from": later.application.reference}
    uow.audit.record(AuditEntry(at=now, actor=member.actor, action=TAKEN_UP, subject=key, data=data))
    return one


async def could_take_up(
    uow: UnitOfWork, *, member: StaffMember, record: ApplicationRecord, now: datetime
) -> tuple[ApplicationRecord, ...]:
    """Return the earlier open applications of the same telephone that this one may go on under, within the reader's regions."""
    received = record.application.received_at or now
    found = await uow.applications.by_same_phone(record.application.reference, since=received - WITHIN, until=received)
    return tuple(one for one in found if one.application.state in OPEN_STATES and member.viewer.sees(one.region))


def together(history: tuple[ChainedEntry, ...]) -> Together:
    """Read from an application's own lines of the audit chain what it was merged with."""
    entries = [each.entry for each in history]
    into = next((str(entry.data["into"]) for entry in reversed(entries) if entry.action == MERGED), None)
    taken = tuple(str(entry.data["from"]) for entry in entries if entry.action == TAKEN_UP)
    return Together(into=into, taken_up=taken)


def _is(record: ApplicationRecord, reference: str) -> bool:
    return record.application.reference == reference
