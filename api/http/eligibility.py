"""/api/v1/eligibility: the pre-screen for callers that bring the facts themselves."""

import asyncio

from fastapi import APIRouter, Request

from api.domain.clocks import CHINA
from api.http.deps import ApiDeps
from api.http.limits import caller, within
from api.http.schemas import AssessmentIn, FactsOut, VerdictOut
from api.http.strict import StrictRoute
from api.services.records import JsonObject
from api.services.verdicts import question_json, verdict_json
from knowledge_base.types import Verdict


def router(deps: ApiDeps) -> APIRouter:
    """Return the eligibility routes."""
    routes = APIRouter(prefix="/api/v1/eligibility", tags=["eligibility"], route_class=StrictRoute)

    @routes.post("/assessments", response_model=VerdictOut, response_model_exclude_none=True)
    async def assess(request: Request, body: AssessmentIn) -> JsonObject:
        """Assess facts under the rules in force on a day. Nothing is kept; nothing is decided."""
        await within(deps.limits, "eligibility", who=caller(request))
        return verdict_json(await asyncio.to_thread(_assess, deps, body))

    @routes.get("/facts", response_model=FactsOut, response_model_exclude_none=True)
    async def facts() -> JsonObject:
        """Describe every fact: name, type, options, the question in plain Chinese, and why it is asked."""
        return {"facts": [question_json(question) for question in deps.facts()]}

    return routes


def _assess(deps: ApiDeps, body: AssessmentIn) -> Verdict:
    now = deps.clock()
    return deps.assess(body.facts, region=body.region, on=body.on or now.astimezone(CHINA).date(), now=now)
