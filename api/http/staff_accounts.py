"""/api/v1/staff/people: accounts of the staff as JSON, for managers. A first password is told once, in the answer that draws it."""

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.domain.staff import NAME_LIMIT, Permission, Role
from api.services import accounts
from api.services.accounts import Hire
from api.services.desk import StaffDesk
from api.services.records import JsonObject
from api.services.staff import StaffMember, require

_Id = Annotated[str, Path(max_length=64)]
_Region = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class AccountIn(BaseModel):
    """What a manager decides about an account; no regions means all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    display_name: Annotated[str, StringConstraints(max_length=NAME_LIMIT)]
    role: Role
    regions: Annotated[tuple[_Region, ...], Field(max_length=50)] = ()


class HireIn(AccountIn):
    """A new account."""

    name: Annotated[str, StringConstraints(max_length=NAME_LIMIT)]


def member_json(member: StaffMember) -> JsonObject:
    """Return who somebody is at the desk."""
    return {
        "id": member.id,
        "name": member.name,
        "display_name": member.display_name,
        "role": member.role.value,
        "regions": list(member.regions),
    }


def add_accounts(routes: APIRouter, *, desk: StaffDesk, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    """Add the routes."""

    @routes.get("/people")
    async def people(member: Annotated[StaffMember, me]) -> JsonObject:
        """Return the accounts within this manager's regions."""
        async with desk.database.reading() as uow:
            found = await accounts.everybody(uow, member=member, now=desk.clock())
        return {
            "items": [
                member_json(each.member)
                | {
                    "disabled": each.disabled,
                    "locked": each.locked,
                    "second_factor": each.second_factor,
                    "password_temporary": each.password_temporary,
                }
                for each in found
            ]
        }

    @routes.post("/people", status_code=201)
    async def hire(body: HireIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Create an account; its first password must be changed."""
        require(member, Permission.MANAGE_STAFF)
        password = accounts.drawn_password()
        digest = await desk.passwords.digest(password)
        async with desk.database.unit_of_work() as uow:
            added = await accounts.hire(
                uow,
                member=member,
                hired=Hire(**body.model_dump()),
                password_hash=digest,
                knows_region=desk.knows_region,
                new_id=lambda: uuid.uuid4().hex,
                now=desk.clock(),
            )
            await uow.commit()
        return member_json(added) | {"first_password": password}

    @routes.put("/people/{staff_id}")
    async def change(staff_id: _Id, body: AccountIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Give somebody another name, role or regions; their sessions end."""
        async with desk.database.unit_of_work() as uow:
            changed = await accounts.change(
                uow,
                member=member,
                staff_id=staff_id,
                display_name=body.display_name,
                role=body.role,
                regions=body.regions,
                knows_region=desk.knows_region,
                now=desk.clock(),
            )
            await uow.commit()
        return member_json(changed)

    @routes.post("/people/{staff_id}/password")
    async def renew(staff_id: _Id, member: Annotated[StaffMember, me]) -> JsonObject:
        """Give somebody a first password again, without a second factor; their sessions end."""
        require(member, Permission.MANAGE_STAFF)
        password = accounts.drawn_password()
        digest = await desk.passwords.digest(password)
        async with desk.database.unit_of_work() as uow:
            name = await accounts.renew(uow, member=member, staff_id=staff_id, password_hash=digest, now=desk.clock())
            await uow.commit()
        return {"name": name, "first_password": password}

    @routes.post("/people/{staff_id}/disable", status_code=204)
    async def disable(staff_id: _Id, member: Annotated[StaffMember, me]) -> Response:
        """Shut an account and end its sessions at once."""
        async with desk.database.unit_of_work() as uow:
            await accounts.disable(uow, member=member, staff_id=staff_id, now=desk.clock())
            await uow.commit()
        return Response(status_code=204)

    @routes.post("/people/{staff_id}/enable", status_code=204)
    async def enable(staff_id: _Id, member: Annotated[StaffMember, me]) -> Response:
        """Open an account again."""
        async with desk.database.unit_of_work() as uow:
            await accounts.enable(uow, member=member, staff_id=staff_id, now=desk.clock())
            await uow.commit()
        return Response(status_code=204)
