"""The website channel over a real database, in process and, where a stream is read, behind a real server."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from api.app import LARGER
from api.http.edge import Edge
from api.http.limits import LIMITS, Limiter
from api.http.problems import install
from api.observability import Metrics
from bot.channels.web import WebChannel, build_routers
from tests.channels.served import Site
from tests.gateway.conftest import migrated, stage  # noqa: F401 - fixtures
from tests.gateway.stage import Stage

NARROW = {"conversation.message.address": "25/minute", "channel.web": "35/minute"}


@pytest.fixture
def site(stage: Stage) -> Site:  # noqa: F811
    app = FastAPI()
    install(app)
    web = WebChannel(
        gateway=stage.gateway,
        database=stage.database,
        limits=Limiter(limits={**LIMITS, "conversation.message": "10/minute", **NARROW}),
        wake=stage.wake,
        clock=stage.clock,
        knows_region=lambda code: code != "999999",
        closing=stage.closing,
    )
    for router in build_routers(web):
        app.include_router(router)
    return Site(app=Edge(app, metrics=Metrics(), largest_body=65_536, larger=LARGER), stage=stage)


@pytest.fixture
async def client(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=site.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client
