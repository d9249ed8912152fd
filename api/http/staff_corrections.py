"""/api/v1/staff/applications/{reference}/correction: what a pre-screen should have come to."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, StringConstraints

from api.domain.correction import WHY_LIMIT, Correction, Ground
from api.services import desk as work
from api.services.desk import StaffDesk
from api.services.records import JsonObject
from api.services.staff import StaffMember
from knowledge_base.types import Outcome


class CorrectionIn(BaseModel):
    """The right outcome, what was wrong, the law it goes by, and why in one's own words, which stay sealed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Outcome
    ground: Ground
    article: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    why: Annotated[str, StringConstraints(strip_whitespace=True, max_length=4 * WHY_LIMIT)]


def correction_json(correction: Correction | None) -> JsonObject | None:
    """Return a correction as staff read it."""
    if correction is None:
        return None
    said = {"outcome": correction.outcome.value, "ground": correction.ground.value, "was": correction.was.value}
    return said | {"why": correction.why} | ({"article": correction.article} if correction.article else {})


def add_corrections(routes: APIRouter, *, desk: StaffDesk, me: Any) -> None:  # noqa: ANN401 - FastAPI's own
    """Add the route."""

    @routes.post("/applications/{reference}/correction", status_code=201)
    async def correct(
        reference: Annotated[str, Path(max_length=64)], body: CorrectionIn, member: Annotated[StaffMember, me]
    ) -> JsonObject | None:
        """Say what the pre-screen of an application should have come to. The audit chain keeps it."""
        async with desk.database.unit_of_work() as uow:
            noted = await work.correct_verdict(
                uow,
                member=member,
                reference=reference,
                outcome=body.outcome,
                ground=body.ground,
                article=body.article,
                why=body.why,
                cites=desk.cites,
                now=desk.clock(),
            )
            await uow.commit()
        return correction_json(noted)
