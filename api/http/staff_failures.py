"""/api/v1/staff/failures: what the machine gave up doing, and trying it once more."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.services import failures
from api.services.desk import StaffDesk
from api.services.failures import Failure
from api.services.records import JsonObject
from api.services.staff import StaffMember

_Number = Annotated[int, Path(ge=0, le=2**31 - 1)]


def add_failures(routes: APIRouter, *, desk: StaffDesk, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    """Add the route of dead letters; the queue lists them."""

    @routes.post("/failures/{job_id}/retry", status_code=204)
    async def retry(job_id: _Number, member: Annotated[StaffMember, me]) -> Response:
        """Let the machine try once more what it gave up."""
        async with desk.database.unit_of_work() as uow:
            await failures.retry_failure(uow, member=member, job_id=job_id, now=desk.clock())
            await uow.commit()
        return Response(status_code=204)


def failures_json(given_up: Sequence[Failure]) -> list[JsonObject]:
    """Return what was given up: kinds, times and codes, nobody's data."""
    return [
        {"id": failure.id, "kind": failure.kind, "at": failure.at.isoformat(), "error": failure.error}
        for failure in given_up
    ]
