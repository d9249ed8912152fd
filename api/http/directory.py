"""GET /api/v1/directory: who to turn to in a place, nearest first, and whether they are open (去处)."""

import re
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request

from api.domain.clocks import CHINA
from api.http.deps import ApiDeps
from api.http.limits import caller, within
from api.http.problems import ProblemError
from api.http.schemas import DirectionsOut, Region
from api.http.strict import StrictRoute
from api.services.directions import directions_json
from api.services.records import JsonObject
from knowledge_base.offices import OfficeKind

_POINT: Final = re.compile(r"(\d{1,2}(?:\.\d{1,8})?),(\d{2,3}(?:\.\d{1,8})?)")
"""Latitude and longitude; the country lies north and east of zero."""


def router(deps: ApiDeps) -> APIRouter:
    """Return the directory's route."""
    routes = APIRouter(prefix="/api/v1", tags=["directory"], route_class=StrictRoute)

    @routes.get("/directory", response_model=DirectionsOut, response_model_exclude_none=True)
    async def find(  # noqa: PLR0913, PLR0917 - what can be asked
        request: Request,
        region: Annotated[Region | None, Query()] = None,
        kind: Annotated[OfficeKind, Query()] = OfficeKind.LEGAL_AID,
        near: Annotated[str | None, Query(max_length=40)] = None,
        at: Annotated[datetime | None, Query()] = None,
        open_now: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
    ) -> JsonObject:
        """Find offices of one kind: the place's own, what is above it, its neighbours; nothing that nobody has filed."""
        await within(deps.limits, "directory", who=caller(request))
        now = deps.clock() if at is None else at if at.tzinfo is not None else at.replace(tzinfo=CHINA)
        found = deps.offices(kind=kind, region=region, now=now.astimezone(CHINA), point=_point(near), open_now=open_now)
        return directions_json(found)

    return routes


def _point(near: str | None) -> tuple[float, float] | None:
    if near is None:
        return None
    found = _POINT.fullmatch(near)
    if found is None:
        raise ProblemError(422, "point_malformed", "位置写成“纬度,经度”，例如 44.58,129.61。", field="near")
    return float(found[1]), float(found[2])
