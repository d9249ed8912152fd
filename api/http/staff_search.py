"""/api/v1/staff/search: applications found again, as JSON. What is looked for travels in the body, never in an address."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.domain.application import State
from api.services import searching
from api.services.desk import StaffDesk
from api.services.records import ApplicationRecord, JsonObject
from api.services.searching import Wish
from api.services.staff import StaffMember
from api.services.verdicts import iso

_Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
_Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{0,64}$")]
_Day = Annotated[date, Field(ge=date(2000, 1, 1), le=date(2999, 12, 31))]


class SearchIn(BaseModel):
    """What is known; all of it has to fit. `phone` is a whole number or its last four digits, `after` comes from the page before."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reference: _Line = ""
    phone: _Line = ""
    name: _Line = ""
    matter: _Code = ""
    region: Annotated[str, StringConstraints(pattern=r"^([0-9]{6})?$")] = ""
    state: State | None = None
    since: _Day | None = None
    until: _Day | None = None
    after: _Code | None = None


def add_search(routes: APIRouter, *, desk: StaffDesk, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    """Add the route."""

    @routes.post("/search")
    async def search(body: SearchIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Return up to twenty applications, received last first. A look by name or telephone is on record."""
        async with desk.database.unit_of_work() as uow:
            wish = Wish(**body.model_dump(exclude={"after"}))
            sought = searching.sought(uow, member=member, wish=wish, knows_region=desk.knows_region)
            found = await searching.find(uow, member=member, sought=sought, after=body.after, now=desk.clock())
            await uow.commit()
        return {
            "items": [_record(one) for one in found.records],
            "ticket": found.ticket and {"id": found.ticket.id, "conversation_id": found.ticket.conversation_id},
            "after": found.after,
        }


def _record(record: ApplicationRecord) -> JsonObject:
    application = record.application
    return {
        "reference": application.reference,
        "state": application.state.value,
        "matters": list(record.matters),
        "region": record.region,
        "urgency": record.urgency.value,
        "received_at": iso(application.received_at),
        "owner": record.owner,
    }
