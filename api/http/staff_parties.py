"""/api/v1/staff/applications/{reference}: whom a case is about and against, and that it is another's case again (当事人、并案)."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.domain.party import MOST
from api.domain.personal import Identity
from api.services import merging, opponents, personal
from api.services.desk import StaffDesk
from api.services.personal import Changes
from api.services.records import ApplicationRecord, JsonObject
from api.services.staff import StaffMember

_Reference = Annotated[str, Path(max_length=64)]
_Typed = Annotated[str, StringConstraints(max_length=200)]
_LONGEST_STATEMENT = 4000


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MergeIn(_In):
    """The earlier application to go on under; `version` guards against a stale page."""

    into: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    version: int | None = Field(default=None, ge=0)


class OpponentsIn(_In):
    """Everybody whom the application is against; nobody, where nothing is known."""

    opponents: Annotated[tuple[_Typed, ...], Field(max_length=4 * MOST)]


class CopyIn(_In):
    """How staff made sure of the person."""

    identity: Identity


class CorrectedIn(CopyIn):
    """What is put right, as the person asks; left out, it stays."""

    name: _Typed | None = None
    phone: _Typed | None = None
    statement: Annotated[str, StringConstraints(max_length=_LONGEST_STATEMENT)] | None = None
    pass_phrase: _Typed | None = None
    no_third_party: bool = False


def add_parties(routes: APIRouter, *, desk: StaffDesk, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    """Add the routes."""

    def stands(record: ApplicationRecord) -> JsonObject:
        if record.conversation_id is not None:
            desk.notify(record.conversation_id)
        application = record.application
        return {
            "reference": application.reference,
            "state": application.state.value,
            "version": application.version,
        }

    @routes.post("/applications/{reference}/merge")
    async def merge(reference: _Reference, body: MergeIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Let an application go on under an earlier one of the same telephone; return that one."""
        async with desk.database.unit_of_work() as uow:
            kept = await merging.merge(
                uow, member=member, reference=reference, into=body.into, version=body.version, now=desk.clock()
            )
            await uow.commit()
        return stands(kept)

    @routes.put("/applications/{reference}/opponents", status_code=204)
    async def name_opponents(reference: _Reference, body: OpponentsIn, member: Annotated[StaffMember, me]) -> None:
        """Write down against whom an application is, in place of whoever stood there."""
        async with desk.database.unit_of_work() as uow:
            await opponents.name(uow, member=member, reference=reference, names=body.opponents, now=desk.clock())
            await uow.commit()

    @routes.post("/applications/{reference}/personal")
    async def correct(reference: _Reference, body: CorrectedIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Put a person's data right; they are told by their safe way that it was done."""
        async with desk.database.unit_of_work() as uow:
            record = await personal.correct(
                uow,
                member=member,
                reference=reference,
                changes=Changes(**body.model_dump(exclude={"identity"})),
                identity=body.identity,
                now=desk.clock(),
            )
            await uow.commit()
        return stands(record)

    @routes.post("/applications/{reference}/personal/copy")
    async def copy(reference: _Reference, body: CopyIn, member: Annotated[StaffMember, me]) -> JsonObject:
        """Return everything that is kept of a person, to hand to them. Who, when and how they were sure is on record."""
        async with desk.database.unit_of_work() as uow:
            found = await personal.copy(
                uow, member=member, reference=reference, identity=body.identity, now=desk.clock()
            )
            await uow.commit()
        return personal.document(found)
