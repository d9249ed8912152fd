"""The outermost layer: a trace id, a size limit, one log line and one figure a request, and a problem for every bug."""

import re
import time
from collections.abc import Mapping

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import internal_error, problem
from api.observability import TRACE_HEADER, Metrics, new_trace

_log = structlog.get_logger(__name__)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_TOO_LARGE = (413, "body_too_large", "内容太大了。")


class Edge:
    """ASGI middleware around everything."""

    def __init__(
        self, app: ASGIApp, *, metrics: Metrics, largest_body: int, larger: Mapping[re.Pattern[str], int] | None = None
    ) -> None:
        """Wrap an app; `larger` names the paths that take files, and how much each takes."""
        self._app = app
        self._metrics = metrics
        self._largest_body = largest_body
        self._larger = larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        trace = new_trace(headers.get(TRACE_HEADER))
        began = time.perf_counter()
        taking = (size for path, size in self._larger.items() if path.fullmatch(scope["path"]))
        largest = next(taking, self._largest_body)
        status = 500
        started = False
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > largest:
                raise HTTPException(413)
            return message

        async def traced(message: Message) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                MutableHeaders(scope=message).setdefault(TRACE_HEADER, trace)
            await send(message)

        try:
            if _length(headers.get("content-length", "0")) > largest:
                await problem(*_TOO_LARGE)(scope, receive, traced)
            else:
                await self._app(scope, limited, traced)
        except Exception:
            _log.exception("request failed", route=_route(scope))
            if started:
                raise
            await internal_error()(scope, receive, traced)
        finally:
            self._report(scope, status=status, seconds=time.perf_counter() - began)

    def _report(self, scope: Scope, *, status: int, seconds: float) -> None:
        route = _route(scope)
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self._metrics.requests.labels(method, route, status).inc()
        self._metrics.seconds.labels(method, route).observe(seconds)
        _log.info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


def _length(declared: str) -> int:
    return int(declared[:12]) if declared.isascii() and declared.isdigit() else 0


def _route(scope: Scope) -> str:
    # The template, never the path: paths carry references and ids.
    return str(getattr(scope.get("route"), "path", "-"))
