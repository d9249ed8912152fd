"""Serves the site on loopback, for what only a real connection shows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp

from bot.sim.serving import served
from tests.gateway.stage import Stage


@dataclass(frozen=True, slots=True)
class Site:
    """The channel's app and the stage behind it."""

    app: ASGIApp
    stage: Stage

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        async with served(self.app) as address:
            try:
                yield address
            finally:
                self.stage.closing.set()
