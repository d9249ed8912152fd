"""The fields of a transfer on a case's page, read back (移送)."""

from enum import StrEnum
from typing import Final

from api.console.forms import Form, required
from api.domain.transfer import Agreed, ServiceRequest, Transfer, TransferGround, Verified

_TICKED: Final = "yes"
_LINE: Final = 100
_NOTE: Final = 1000


def transfer_of(form: Form) -> Transfer | None:
    """Return what was written; nothing where no institution is named. Raises FormRefused."""
    office = form["office"].strip()[:_LINE]
    if not office:
        return None
    return Transfer(
        office=office,
        office_phone=form["office_phone"].strip()[:_LINE],
        ground=required(TransferGround, form["ground"]),
        agreed=required(Agreed, form["agreed"]) if form["agreed"] else None,
        verified=tuple(one for one in Verified if _ticked(form, "verified", one)),
        requests=tuple(one for one in ServiceRequest if _ticked(form, "request", one)),
        note=form["note"].strip()[:_NOTE],
    )


def _ticked(form: Form, group: str, code: StrEnum) -> bool:
    return form[f"{group}_{code}"] == _TICKED
