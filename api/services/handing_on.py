"""What the receiving institution gets of a transferred application: all it needs to go on, and nothing twice (移送案卷)."""

from datetime import datetime
from typing import Final

from api.domain.audit import AuditEntry
from api.domain.staff import Permission
from api.domain.transfer import Transfer
from api.services import personal
from api.services.ports import UnitOfWork
from api.services.records import JsonObject
from api.services.staff import StaffMember, require
from api.services.vault import PurposeRequired

HANDED_ON: Final = "application.handed_on"
_NOT_OF_THE_CASE: Final = ("messages", "handled", "state", "closing_report")
"""The talk stays where it was held: what it came to stands in the account and the answers."""


class NotTransferred(Exception):
    """The application did not go to another institution: nothing of it is given out."""

    code = "not_transferred"


async def file(
    uow: UnitOfWork, *, member: StaffMember, reference: str, purpose: str, now: datetime
) -> tuple[JsonObject, Transfer]:
    """Open the file for the institution that goes on with it; person and purpose are on record.

    Raises ApplicationNotFound, NotPermitted, NotTransferred, PurposeRequired.
    """
    require(member, Permission.OPEN_CONTACT)
    if not purpose.strip():
        raise PurposeRequired
    found = await personal.opened(uow, reference=reference, viewer=member.viewer, now=now)
    transfer, record = found.detail.transfer, found.detail.record
    if transfer is None:
        raise NotTransferred
    data: JsonObject = {"purpose": purpose}
    key = record.application.reference
    uow.audit.record(AuditEntry(at=now, actor=member.actor, action=HANDED_ON, subject=key, data=data))
    kept = {name: value for name, value in personal.document(found).items() if name not in _NOT_OF_THE_CASE}
    carried: JsonObject = {
        "transfer": transfer_json(transfer),
        "received_at": None if (at := record.application.received_at) is None else at.isoformat(),
        "urgency": record.urgency.value,
        "in_custody": record.application.in_custody,
        "missing_documents": list(record.missing_documents),
    }
    return kept | carried, transfer


def transfer_json(transfer: Transfer, /) -> JsonObject:
    """Return a record of transfer."""
    return {
        "office": transfer.office,
        "office_phone": transfer.office_phone,
        "region": transfer.region,
        "ground": transfer.ground.value,
        "agreed": None if transfer.agreed is None else transfer.agreed.value,
        "consent": transfer.consent or None,
        "verified": [one.value for one in transfer.verified],
        "requests": [one.value for one in transfer.requests],
        "note": transfer.note,
    }
