"""Composes intake and console: alone here, and as parts of the whole in the root of the bot."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.responses import JSONResponse

from api.config import Settings, load_master_key
from api.db.engine import Database
from api.db.migrate import upgrade
from api.http import applications, directory, eligibility, health, knowledge, problems, triage
from api.http.deps import ApiDeps
from api.http.edge import Edge
from api.http.problems import Kind
from api.services import curation, documents, parties
from knowledge_base.assess import FactRefused
from knowledge_base.directory.book import PlaceUnknown

_KINDS: Final[Mapping[type[Exception], Kind]] = {
    FactRefused: Kind(status=422, title="有一项事实的值不对。"),
    PlaceUnknown: Kind(status=422, title="没有这个区划代码。"),
}

_FORM: Final = 64 * 1024
LARGER: Final = {
    re.compile(r"(?:/staff|/api/v1/staff)/knowledge/documents"): curation.LARGEST_TEXT + _FORM,
    re.compile(r"/api/v1/conversations/[^/]+/attachments"): documents.LARGEST,
}
"""Paths that take files, and how many bytes of one."""

Background = Callable[[], Awaitable[None]]
"""Work that runs beside the requests until the app stops: the worker, a channel's polling."""


def open_database(settings: Settings) -> Database:
    """Return the database of these settings; nothing connects yet. Raises SecretMissing, SecretUnfit."""
    settings.var.mkdir(parents=True, exist_ok=True)
    return Database(settings.database, master_key=load_master_key(settings), turns=settings.turns_at_once)


async def start_database(database: Database, *, settings: Settings) -> None:
    """Migrate and open. Raises WrongMasterKey."""
    await upgrade(settings.database)
    await database.start()
    await parties.index_older(database)


def routers(deps: ApiDeps) -> tuple[APIRouter, ...]:
    """Return the public JSON routes."""
    return (
        knowledge.router(deps),
        triage.router(deps),
        eligibility.router(deps),
        directory.router(deps),
        applications.router(deps),
        health.router(deps),
    )


def include_api(
    app: FastAPI,
    deps: ApiDeps,
    *,
    largest_body: int,
    more: Sequence[APIRouter] = (),
    kinds: Mapping[type[Exception], Kind] | None = None,
) -> None:
    """Give an app the public routes, the problem shape, and the edge around everything; `more` are the root's own."""
    app.add_middleware(Edge, metrics=deps.metrics, largest_body=largest_body, larger=LARGER)
    problems.install(app, kinds={**_KINDS, **(kinds or {})})
    for router in (*routers(deps), *more):
        app.include_router(router)


def create_app(  # noqa: PLR0913 - a root has many parts
    settings: Settings,
    *,
    deps: ApiDeps,
    database: Database,
    more: Sequence[APIRouter] = (),
    background: Sequence[Background] = (),
    kinds: Mapping[type[Exception], Kind] | None = None,
) -> FastAPI:
    """Return intake and console as an app of its own: no bot, no dialogue engine."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await start_database(database, settings=settings)
            stack.push_async_callback(database.close)
            await stack.enter_async_context(running(background))
            yield

    app = FastAPI(
        title="法律援助助手",
        version="1",
        lifespan=lifespan,
        default_response_class=JSONResponse,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    include_api(app, deps, largest_body=settings.largest_body, more=more, kinds=kinds)
    return app


@asynccontextmanager
async def running(background: Sequence[Background]) -> AsyncIterator[None]:
    """Run background work for as long as the block lasts; a task that dies takes nothing with it silently."""
    tasks = [asyncio.ensure_future(work()) for work in background]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
