"""What is printed of an application: its form, and the letters that its course calls for; every printing is on record (文书)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from api.domain.audit import AuditEntry
from api.domain.origin import OrganPaper, Origin
from api.domain.provider import Provider
from api.domain.staff import Permission
from api.services import casework
from api.services.casework import CaseDetail
from api.services.ports import UnitOfWork
from api.services.records import Contact, ThirdParty
from api.services.staff import StaffMember, require

_ORALLY = "application.taken_orally"
_TOLD = "application.request_supplement"


class Paper(StrEnum):
    """文书: what can be printed."""

    FORM = "form"
    """法律援助申请表"""
    SUPPLEMENT_NOTICE = "supplement_notice"
    """补充材料通知书, Legal Aid Law art. 43."""
    ASSIGNMENT_LETTER = "assignment_letter"
    """指派通知函: the organ that gave notice hears of the lawyer, art. 36."""
    TRANSFER_LETTER = "transfer_letter"
    """移送函: goes with the file to the institution that goes on with it, art. 38."""


class PaperNotDue(Exception):
    """Nothing has happened that the paper would speak of: no papers asked for, nobody assigned on a notice, nothing transferred."""

    code = "paper_not_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class Printable:
    """Everything a paper is written from."""

    detail: CaseDetail
    contact: Contact = field(repr=False)
    third_party: ThirdParty | None = field(repr=False)
    orally: bool
    """Whether it was taken down from what the applicant said."""
    committed: bool
    """Whether they gave the commitment of art. 41 then."""
    told_at: datetime | None
    """When the papers were asked for."""
    organ: OrganPaper | None = field(default=None, repr=False)
    provider: Provider | None = None
    """Who was assigned, as the register has them."""


def due(detail: CaseDetail, /) -> tuple[Paper, ...]:
    """Return the papers that an application calls for as it stands."""
    application = detail.record.application
    assigned = application.origin is Origin.NOTIFIED and application.provider_id is not None
    called_for = {
        Paper.FORM: application.origin is not Origin.NOTIFIED,
        Paper.SUPPLEMENT_NOTICE: bool(application.papers),
        Paper.ASSIGNMENT_LETTER: assigned,
        Paper.TRANSFER_LETTER: detail.transfer is not None,
    }
    return tuple(paper for paper, wanted in called_for.items() if wanted)


async def printable(  # noqa: PLR0913 - keyword-only
    uow: UnitOfWork, *, member: StaffMember, reference: str, paper: Paper, purpose: str, now: datetime
) -> Printable:
    """Open an application for print; person, paper and purpose are on record.

    Raises ApplicationNotFound, NotPermitted, PaperNotDue, PurposeRequired.
    """
    require(member, Permission.OPEN_CONTACT)
    detail = await casework.detail(uow, reference=reference, viewer=member.viewer, now=now)
    if paper not in due(detail):
        raise PaperNotDue
    persons = await casework.open_contact(uow, reference=reference, viewer=member.viewer, purpose=purpose, now=now)
    key = detail.record.application.reference
    uow.audit.record(
        AuditEntry(
            at=now,
            actor=member.actor,
            action="application.printed",
            subject=key,
            data={"paper": paper.value, "purpose": purpose},
        )
    )
    taken = [one.entry for one in detail.history if one.entry.action == _ORALLY]
    assigned = detail.record.application.provider_id
    told = [one.entry.at for one in detail.history if one.entry.action == _TOLD]
    return Printable(
        detail=detail,
        contact=persons.contact,
        third_party=persons.third_party,
        orally=bool(taken),
        committed=any(entry.data.get("committed") is True for entry in taken),
        told_at=told[-1] if told else None,
        organ=persons.organ,
        provider=None if assigned is None else await uow.providers.get(assigned),
    )
