"""Logs and metrics that operate the service without telling on its callers: ids and codes, never words."""

import logging
import re
import secrets
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from contextvars import ContextVar
from types import TracebackType
from typing import Any, Final, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

TRACE_HEADER: Final = "x-trace-id"
trace_id: ContextVar[str] = ContextVar("trace_id", default="-")
"""One id through gateway, dialogue engine and action."""

_TRACE: Final = re.compile(r"[0-9a-f]{8,64}")
# Long runs of digits, however they are grouped: phones, ID numbers (the last may be X), bank cards.
# A date is none of them.
_DIGITS: Final = re.compile(
    r"(?<![0-9A-Za-z])(?!(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}(?![0-9]))(?:\+?[0-9][ \-]?){6,18}[0-9Xx](?![0-9A-Za-z])"
)
_MASK: Final = "[masked]"
_UNTOUCHED: Final = frozenset({"timestamp", "trace"})


def new_trace(given: str | None = None) -> str:
    """Take over a caller's trace id if it is one, else draw one; bind it to this task."""
    trace = given if given is not None and _TRACE.fullmatch(given) else secrets.token_hex(8)
    trace_id.set(trace)
    return trace


def configure_logging(*, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all logs, the libraries' too, as one JSON object a line through the same processors."""
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_trace,
        describe_exception,
        drop_personal,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # An address can carry a question; our own line about a request names its route only.
    for silenced in ("uvicorn.access", "httpx", "httpcore"):
        logging.getLogger(silenced).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def add_trace(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Put the trace id on every line."""
    event.setdefault("trace", trace_id.get())
    return event


def describe_exception(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its types and places: messages and local values may quote a caller."""
    given = event.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error"] = [
            {"type": type(link).__name__, "code": getattr(link, "code", None), "at": _places(link.__traceback__)}
            for link in _links(error)
        ]
    return event


def drop_personal(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop every key that calls itself personal, and mask what looks like a number of a person."""
    return {
        key: value if key in _UNTOUCHED else _masked(value)
        for key, value in event.items()
        if not key.startswith(("pii.", "pii_"))
    }


def mask(text: str) -> str:
    """Mask phone, ID and card numbers in a text."""
    return _DIGITS.sub(_MASK, text)


class Metrics:
    """Prometheus figures in a registry of their own, so that two apps in one process do not collide."""

    def __init__(self) -> None:
        """Declare the figures."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "legal_aid_http_requests", "Requests by route.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "legal_aid_http_request_seconds", "Time to answer.", ("method", "route"), registry=self.registry
        )
        self.jobs = Counter("legal_aid_jobs", "Outbox jobs by outcome.", ("kind", "outcome"), registry=self.registry)
        self.ready = Gauge(
            "legal_aid_ready", "1 when a part answered its last check.", ("part",), registry=self.registry
        )
        self.knowledge_builds = Counter(
            "legal_aid_knowledge_builds", "New builds of the index, by outcome.", ("outcome",), registry=self.registry
        )
        self.knowledge_current = Gauge(
            "legal_aid_knowledge_current", "1 while the newest build of the index serves.", registry=self.registry
        )

    def render(self) -> bytes:
        """Return the text exposition."""
        return generate_latest(self.registry)


def _masked(value: object) -> object:
    match value:
        case str():
            return mask(value)
        case Mapping():
            return {key: _masked(inner) for key, inner in value.items() if not str(key).startswith(("pii.", "pii_"))}
        case list() | tuple():
            return [_masked(inner) for inner in value]
        case _:
            return value


def _links(error: BaseException) -> list[BaseException]:
    links: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in links:
        links.append(link)
        link = link.__cause__ or link.__context__
    return links


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(trace)][-12:]
