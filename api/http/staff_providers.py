"""/api/v1/staff/providers: the register of those who may be assigned, as JSON."""

import uuid
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.domain.application import Application
from api.domain.provider import Provider, ProviderKind
from api.services import providers
from api.services.desk import StaffDesk
from api.services.providers import Candidate, Entry, Listed
from api.services.records import JsonObject
from api.services.staff import StaffMember

_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class ProviderIn(BaseModel):
    """An entry; `clients` are those they act for beside legal aid, sealed and only compared."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: _Line
    credential: _Line
    kind: ProviderKind
    organisation: _Line = ""
    practising_since: Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
    region: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
    languages: Annotated[tuple[_Line, ...], Field(max_length=50)] = ()
    active: bool = True
    clients: Annotated[tuple[_Line, ...], Field(max_length=200)] = ()

    def entry(self) -> Entry:
        """Return what the register takes."""
        return Entry(**self.model_dump())


def provider_of(application: Application) -> JsonObject | None:
    """Return who has a case; `id` is null of an assignment that is older than the register."""
    if application.provider is None:
        return None
    return {"id": application.provider_id, "name": application.provider}


def candidate_json(one: Candidate) -> JsonObject:
    """Return somebody to whom a case could go."""
    return _provider(one.provider) | {
        "in_hand": one.in_hand,
        "experienced": one.experienced,
        "conflicts": list(one.conflicts),
        "other_side": one.other_side,
    }


def add_providers(routes: APIRouter, *, desk: StaffDesk, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    """Add the routes."""

    @routes.get("/providers")
    async def register(member: Annotated[StaffMember, me]) -> JsonObject:
        """Return the register as far as this manager's regions go."""
        async with desk.database.reading() as uow:
            return {"items": [_listed(one) for one in await providers.register(uow, member=member)]}

    @routes.post("/providers", status_code=201)
    async def enter(body: ProviderIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Put somebody into the register."""
        async with desk.database.unit_of_work() as uow:
            entered = await providers.enter(
                uow,
                member=member,
                entry=body.entry(),
                knows_region=desk.knows_region,
                new_id=lambda: uuid.uuid4().hex,
                now=desk.clock(),
            )
            await uow.commit()
        return _provider(entered)

    @routes.put("/providers/{provider_id}")
    async def change(
        provider_id: Annotated[str, Path(max_length=64)], body: ProviderIn, member: Annotated[StaffMember, me]
    ) -> JsonObject:
        """Put an entry right; all of it is given."""
        async with desk.database.unit_of_work() as uow:
            changed = await providers.change(
                uow,
                member=member,
                provider_id=provider_id,
                entry=body.entry(),
                knows_region=desk.knows_region,
                now=desk.clock(),
            )
            await uow.commit()
        return _provider(changed)


def _provider(provider: Provider) -> JsonObject:
    return {
        "id": provider.id,
        "name": provider.name,
        "credential": provider.credential,
        "kind": provider.kind.value,
        "organisation": provider.organisation,
        "practising_since": provider.practising_since.isoformat(),
        "region": provider.region,
        "languages": list(provider.languages),
        "active": provider.active,
    }


def _listed(one: Listed) -> JsonObject:
    return _provider(one.provider) | {"in_hand": one.in_hand, "clients": list(one.clients)}
