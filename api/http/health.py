"""/healthz, /readyz and /metrics: whether the process lives, whether every part works, and how it fares."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Header, HTTPException, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from api.http.deps import ApiDeps, Check

_PATIENCE: Final = 3.0
_log = structlog.get_logger(__name__)


def router(deps: ApiDeps) -> APIRouter:
    """Return the health routes."""
    routes = APIRouter(tags=["health"])

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Tell that the process answers."""
        return {"status": "alive"}

    @routes.get("/readyz")
    async def readyz() -> JSONResponse:
        """Name every part and whether it works; 503 when any is down."""
        names = list(deps.checks)
        results = await asyncio.gather(*(_ask(name, deps.checks[name]) for name in names))
        for name, (works, _) in zip(names, results, strict=True):
            deps.metrics.ready.labels(name).set(1 if works else 0)
        parts = {
            name: {"ready": works} | ({} if code is None else {"code": code})
            for name, (works, code) in zip(names, results, strict=True)
        }
        ready = all(works for works, _ in results)
        return JSONResponse({"status": "ready" if ready else "not_ready", "parts": parts}, 200 if ready else 503)

    @routes.get("/metrics", include_in_schema=False)
    async def metrics(authorization: Annotated[str | None, Header()] = None) -> Response:
        """Return the figures for Prometheus; for anybody else there is nothing here."""
        if not deps.lets_measure(authorization):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return Response(deps.metrics.render(), media_type=CONTENT_TYPE_LATEST)

    return routes


async def _ask(name: str, check: Check) -> tuple[bool, str | None]:
    """Return whether the part works, and the code of what is amiss with it."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return True, await check()
    except Exception as down:  # noqa: BLE001 - whatever a part raises, it is down, and readiness says so
        code = str(getattr(down, "code", None) or "unavailable")
        _log.warning("part is down", part=name, code=code, kind=type(down).__name__)
        return False, code
