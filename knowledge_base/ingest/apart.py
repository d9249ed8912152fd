"""Reads a file in a process of its own, so that one that eats time or memory takes nothing else with it.

PDF is a programme in disguise: a few bytes can ask for gigabytes or for hours. The child may use so much and no more;
whatever becomes of it, the other files go on.
"""

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from knowledge_base.ingest.parsed import FileRefused, Reading

SECONDS: Final = 120
_MEMORY: Final = 2 * 1024**3
_REFUSED: Final = 3
_READING: Final = TypeAdapter(Reading)
_ROOT: Final = Path(__file__).resolve().parents[2]
_PDF: Final = "knowledge_base.ingest.pdf"


def read_pdf_apart(content: bytes, *, seconds: float = SECONDS, module: str = _PDF) -> Reading:
    """Read a PDF within limits. Raises FileRefused when it cannot be read, or not within them."""
    paths = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    try:
        child = subprocess.run(  # noqa: S603 - our own module, in our own interpreter
            [sys.executable, "-m", module],
            input=content,
            capture_output=True,
            timeout=seconds,
            check=False,
            env={**os.environ, "PYTHONPATH": paths},
        )
    except subprocess.TimeoutExpired as error:
        msg = f"{seconds:.0f} 秒还没有读完"
        raise FileRefused(msg) from error
    if child.returncode == _REFUSED:
        raise FileRefused(child.stdout.decode("utf-8", "replace"))
    try:
        return _READING.validate_json(child.stdout)
    except ValidationError as error:
        msg = f"读它的程序中途坏了（状态 {child.returncode}）；可能需要超过 {_MEMORY // 2**30} GiB 内存"
        raise FileRefused(msg) from error


def serve(read: Callable[[bytes], Reading]) -> int:
    """Be the child: read what is on standard input within the limit on memory, and write what it says."""
    with contextlib.suppress(ValueError, OSError):  # not every system keeps this limit; the one on time always holds
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    try:
        reading = read(sys.stdin.buffer.read())
    except FileRefused as refusal:
        sys.stdout.buffer.write(str(refusal).encode("utf-8", "replace"))
        return _REFUSED
    sys.stdout.buffer.write(_READING.dump_json(reading))
    return 0
