"""Runs a command of the knowledge base in a process of its own: politely, within limits, and no two builds at once.

A hostile file can then cost a process, never the service; and a build leaves the requests their processor.
"""

import fcntl
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from knowledge_base.__main__ import main

_MANNERS: Final = 10
_READING_BYTES: Final = 4 * 2**30
_READING: Final = "ingest"
_BUILDING: Final = "build"
ROOT: Final = Path(__file__).resolve().parents[1]


def run(arguments: Sequence[str]) -> int:
    """Run one command as the polite process this is."""
    os.nice(_MANNERS)
    if arguments[0] == _READING:
        resource.setrlimit(resource.RLIMIT_AS, (_READING_BYTES, _READING_BYTES))
    if arguments[0] != _BUILDING:
        return main(arguments)
    home = Path(arguments[arguments.index("--home") + 1])
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return main(arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
