"""POST /api/v1/triage and the taxonomy: what a message is about, and whether danger comes first."""

import asyncio

from fastapi import APIRouter, Request

from api.http.deps import ApiDeps
from api.http.limits import caller, within
from api.http.schemas import TaxonomyOut, TriageIn, TriageOut
from api.http.strict import StrictRoute
from knowledge_base.types import Triage


def router(deps: ApiDeps) -> APIRouter:
    """Return the triage routes."""
    routes = APIRouter(prefix="/api/v1/triage", tags=["triage"], route_class=StrictRoute)

    @routes.post("", response_model=TriageOut, response_model_exclude_none=True)
    async def triage(request: Request, body: TriageIn) -> dict[str, object]:
        """Triage one message; nothing of it is kept."""
        await within(deps.limits, "triage", who=caller(request))
        found = await asyncio.to_thread(_classify, deps, body)
        return {
            "matters": [
                {"code": matter.code, "title": matter.title, "confidence": matter.confidence}
                for matter in found.matters
            ],
            "urgency": found.urgency,
            "safety": list(found.safety),
            "role": found.role,
            "region": found.region,
            "entities": dict(found.entities),
        }

    @routes.get("/taxonomy", response_model=TaxonomyOut, response_model_exclude_none=True)
    async def taxonomy() -> dict[str, object]:
        """List every code with its Chinese title and parent."""
        return {
            "matters": [{"code": topic.code, "title": topic.title, "parent": topic.parent} for topic in deps.topics()]
        }

    return routes


def _classify(deps: ApiDeps, body: TriageIn) -> Triage:
    return deps.triage(body.text, region=body.region)
