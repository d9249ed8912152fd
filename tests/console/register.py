"""Lawyers and legal workers for the console tests, entered as a manager does."""

import uuid
from datetime import date

from api.domain.provider import ProviderKind
from api.domain.staff import Role
from api.services import providers
from api.services.providers import Entry
from api.services.staff import StaffMember
from tests.console.office import TheOffice

MANAGER = StaffMember(id="idmanager", name="manager", display_name="经理", role=Role.MANAGER)


async def entered(  # noqa: PLR0913 - keyword-only
    office: TheOffice,
    *,
    name: str = "李律师",
    kind: ProviderKind = ProviderKind.LAWYER,
    since: date = date(2015, 5, 1),
    region: str = "231000",
    clients: tuple[str, ...] = (),
    active: bool = True,
) -> str:
    """Enter somebody into the register; return their id."""
    async with office.database.unit_of_work() as uow:
        found = await providers.enter(
            uow,
            member=MANAGER,
            entry=Entry(
                name=name,
                credential=uuid.uuid4().hex,
                kind=kind,
                organisation="牡丹江律师事务所",
                practising_since=since,
                region=region,
                clients=clients,
                active=active,
            ),
            knows_region=lambda _code: True,
            new_id=lambda: uuid.uuid4().hex,
            now=office.clock(),
        )
        await uow.commit()
    return found.id
