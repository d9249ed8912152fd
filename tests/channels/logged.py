"""The log as the service writes it, for whoever looks what is in it."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from api.observability import configure_logging


@contextmanager
def logged(*, level: str = "DEBUG") -> Iterator[io.StringIO]:
    """Write everything to a text for as long as the block lasts."""
    root, stream = logging.getLogger(), io.StringIO()
    before, least, aiosqlite = root.handlers[:], root.level, logging.getLogger("aiosqlite")
    told = aiosqlite.level
    configure_logging(level=level, stream=stream)
    aiosqlite.setLevel(logging.INFO)  # at debug it quotes every row, and is never run so
    try:
        yield stream
    finally:
        root.handlers[:] = before
        root.setLevel(least)
        aiosqlite.setLevel(told)
        structlog.reset_defaults()
