"""GET /api/v1/knowledge/search: passages with their sources, or the plain fact that the documents do not say."""

import asyncio
import unicodedata
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from api.domain.clocks import CHINA
from api.http.deps import ApiDeps
from api.http.limits import caller, within
from api.http.problems import KINDS, ProblemError, problem
from api.http.schemas import Region, SearchOut
from api.http.strict import StrictRoute
from api.services.verdicts import citation_json
from knowledge_base.types import Answer, Hit, KnowledgeUnavailable, NoAnswer


def router(deps: ApiDeps) -> APIRouter:
    """Return the route over the knowledge base."""
    routes = APIRouter(prefix="/api/v1/knowledge", tags=["knowledge"], route_class=StrictRoute)

    def look(query: str, region: str | None, on: date, k: int) -> tuple[Answer | NoAnswer, tuple[Hit, ...]]:
        vector = deps.knowledge.embed(query)
        answer = deps.knowledge.ask(query, region=region, on=on, vector=vector)
        if isinstance(answer, NoAnswer):
            return answer, ()
        return answer, deps.knowledge.search(query, region=region, on=on, k=k, vector=vector)

    @routes.get(
        "/search",
        response_model=SearchOut,
        response_model_exclude_none=True,
        responses={503: {"description": "The index is broken; `outcome` is `unavailable`."}},
    )
    async def search(
        request: Request,
        q: Annotated[str, Query(max_length=4000)],
        region: Annotated[Region | None, Query()] = None,
        on: Annotated[date | None, Query()] = None,
        k: Annotated[int, Query(ge=1, le=100)] = 5,
    ) -> dict[str, object] | JSONResponse:
        """Search the documents of a place, its ancestors and the nation."""
        await within(deps.limits, "knowledge.search", who=caller(request))
        query = "".join(one for one in q if unicodedata.category(one)[0] != "C" or one.isspace()).strip()
        if not query:
            raise ProblemError(422, "field_required", "请写下要查的内容。", field="q")
        day = on or deps.clock().astimezone(CHINA).date()
        try:
            answer, hits = await asyncio.to_thread(look, query, region, day, k)
        except KnowledgeUnavailable as broken:
            title = KINDS[KnowledgeUnavailable].title
            return problem(503, broken.code, title, extra={"outcome": "unavailable", "results": []})
        return {
            "outcome": "answer" if isinstance(answer, Answer) else "no_answer",
            "results": [
                {"score": hit.score, "passage": hit.passage.text, "citation": citation_json(hit.passage.citation)}
                for hit in hits
            ],
        }

    return routes
