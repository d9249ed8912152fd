"""Serves the site on loopback, for what only a real connection shows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from tests.gateway.stage import Stage


@dataclass(frozen=True, slots=True)
class Site:
    """The channel's app and the stage behind it."""

    app: ASGIApp
    stage: Stage

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        config = uvicorn.Config(
            self.app, host="127.0.0.1", port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=3
        )
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve())
        try:
            while not server.started:  # noqa: ASYNC110 - uvicorn offers a flag, no event
                await asyncio.sleep(0.01)
            port = server.servers[0].sockets[0].getsockname()[1]
            yield f"http://127.0.0.1:{port}"
        finally:
            self.stage.closing.set()
            server.should_exit = True
            await running
