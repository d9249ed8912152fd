"""Runs a command of the knowledge base in a process of its own: politely, and within limits.

A hostile file can then cost a process, never the service; and a build leaves the requests their processor.
"""

import os
import resource
import sys
from collections.abc import Sequence
from typing import Final

from knowledge_base.__main__ import main

_MANNERS: Final = 10
_READING_BYTES: Final = 4 * 2**30
_READING: Final = "ingest"


def run(arguments: Sequence[str]) -> int:
    """Run one command as the polite process this is."""
    os.nice(_MANNERS)
    if arguments[0] == _READING:
        resource.setrlimit(resource.RLIMIT_AS, (_READING_BYTES, _READING_BYTES))
    return main(arguments)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
