"""Staff look for an application again: somebody rings and knows a number, a name or only what it was about (查找).

Name and telephone are looked for by keyed digest and never written anywhere; that somebody looked by them is on record.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from api.domain.application import State
from api.domain.audit import AuditEntry
from api.domain.clocks import midnight_after
from api.domain.party import LONGEST, usable
from api.domain.reference import ReferenceMalformed, parse
from api.domain.staff import Permission
from api.services import applications, parties
from api.services.drafts import DraftRefused, phone_of
from api.services.lodging import HEADS
from api.services.ports import UnitOfWork
from api.services.records import ApplicationRecord, Ticket
from api.services.search_ports import Sought
from api.services.staff import StaffMember, require

PAGE: Final = 20
"""How many applications one page has."""
SEARCHED: Final = "applications.searched"
"""What the audit chain calls a look by name or telephone, with what it was by and how many it found."""
_TAIL: Final = re.compile(rf"[0-9]{{{parties.TAIL_DIGITS}}}")


class SearchRefused(Exception):
    """Nothing can be looked for by that: `field` says where."""

    def __init__(self, code: str, *, field: str) -> None:
        """Keep the stable code and the field; the value stays out."""
        super().__init__(code)
        self.code = code
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody knows of the application they look for, as they typed it; empty is unknown."""

    reference: str = ""
    """Of an application, or the number of a complaint or a call-back."""
    phone: str = field(default="", repr=False)
    """All of it, or its last four digits."""
    name: str = field(default="", repr=False)
    """Of the applicant, or of whom it is against."""
    matter: str = ""
    region: str = ""
    state: State | None = None
    since: date | None = None
    until: date | None = None
    """The last day it may have come in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of what was looked for, received last first."""

    records: tuple[ApplicationRecord, ...] = ()
    ticket: Ticket | None = None
    """The complaint or call-back that bears the number."""
    after: str | None = None
    """Where the next page begins; None on the last one."""


def sought(uow: UnitOfWork, *, member: StaffMember, wish: Wish, knows_region: Callable[[str], bool]) -> Sought:
    """Return what to look for, name and telephone as digests only. Raises NotPermitted, SearchRefused."""
    require(member, Permission.READ_CASES)
    if wish.phone or wish.name:
        require(member, Permission.OPEN_CONTACT)
    if wish.region and not knows_region(wish.region):
        raise SearchRefused("search_region_unknown", field="region")
    if wish.name and not (usable(wish.name) and len(wish.name) <= LONGEST):
        raise SearchRefused("search_name_unusable", field="name")
    if wish.since and wish.until and wish.until < wish.since:
        raise SearchRefused("search_days_turned", field="until")
    phone = unicodedata.normalize("NFKC", wish.phone).strip()
    tail = bool(_TAIL.fullmatch(phone))
    return Sought(
        reference=_number(wish.reference) if wish.reference else None,
        phone=uow.digest(applications.PHONE, _whole(phone)) if phone and not tail else None,
        tail=parties.tail_digest(uow, phone) if tail else None,
        name=parties.name_digest(uow, wish.name) if wish.name else None,
        matter=wish.matter or None,
        region=wish.region or None,
        state=wish.state,
        since=midnight_after(wish.since - timedelta(days=1)) if wish.since else None,
        until=midnight_after(wish.until) if wish.until else None,
    )


async def find(
    uow: UnitOfWork, *, member: StaffMember, sought: Sought, after: str | None = None, now: datetime
) -> Found:
    """Return a page of what fits within this person's regions; a look by name or telephone is on record. Raises NotPermitted."""
    require(member, Permission.READ_CASES)
    personal = [name for name in ("phone", "tail", "name") if getattr(sought, name) is not None]
    if personal:
        require(member, Permission.OPEN_CONTACT)
    viewer = member.viewer
    references = await uow.search.page(sought, viewer=viewer, after=after, limit=PAGE + 1)
    shown = references[:PAGE]
    records = {one.application.reference: one for one in await uow.applications.several(shown)}
    ticket = await uow.tickets.numbered(sought.reference) if sought.reference and not references else None
    if personal:
        uow.audit.record(
            AuditEntry(
                at=now,
                actor=member.actor,
                action=SEARCHED,
                subject=f"staff:{member.id}",
                data={"by": ",".join(personal), "found": len(shown)},
            )
        )
    return Found(
        records=tuple(records[reference] for reference in shown),
        ticket=ticket if ticket is not None and viewer.sees(ticket.region) else None,
        after=shown[-1] if len(references) > PAGE else None,
    )


def _number(typed: str) -> str:
    """Return a reference or a ticket's number in its one spelling."""
    letters = unicodedata.normalize("NFKC", typed).strip().upper()
    head = next((head for head in HEADS.values() if letters.startswith(head)), "LA")
    try:
        return str(parse(letters, head=head))
    except ReferenceMalformed as malformed:
        raise SearchRefused("search_reference_unusable", field="reference") from malformed


def _whole(phone: str) -> str:
    try:
        return phone_of(phone)
    except DraftRefused as refused:
        raise SearchRefused("search_phone_unusable", field="phone") from refused
