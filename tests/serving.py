"""Puts an app behind a real socket: what keeps a stream open cannot be asked in process."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[str]:
    """Serve an app on a free port of the loopback; yield its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    # A client in the same loop must not find a connection closed that it was too busy to use.
    config = uvicorn.Config(app, log_level="error", timeout_keep_alive=600, timeout_graceful_shutdown=1, lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving
    listener.close()
