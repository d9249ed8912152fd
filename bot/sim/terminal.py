"""What simulators share: the lines of a terminal, and the port at which the app looks for its platform."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image

from bot.processes import StartRefused, is_free
from bot.settings import LOOPBACK


async def typed() -> AsyncIterator[str]:
    """Yield the lines of the terminal; the thread that waits for them holds up no end."""
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def read() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(lines.put_nowait, line)
        loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, daemon=True).start()
    while line := await lines.get():
        yield line


def port_of(base_url: str, *, platform: str) -> int:
    """Return the port that the app looks for a platform at. Raises StartRefused."""
    base = urlsplit(base_url)
    if base.hostname != LOOPBACK or base.port is None:
        msg = f"The app has a {platform} account of its own; the simulator is for one that has none."
        raise StartRefused(msg)
    if not is_free(LOOPBACK, base.port):
        msg = (
            f"Port {base.port} is taken. Choose another for both, for example: "
            f"LEGAL_AID_{platform.upper()}_BASE_URL=http://{LOOPBACK}:{base.port + 1} make run"
        )
        raise StartRefused(msg)
    return base.port


def picture(path: str, /) -> bytes:
    """Return a photograph to send: the file of this name, or a sheet of white paper. Raises OSError."""
    if path:
        return Path(path).read_bytes()
    drawn = BytesIO()
    Image.new("RGB", (210, 297), "white").save(drawn, "JPEG")
    return drawn.getvalue()
