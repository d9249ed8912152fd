"""Child processes that are kept alive while we live and never outlive us, their logs, and free ports."""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ENDS_WITHIN: Final = 6.0
"""Seconds a child has to end: longer than the app gives its open requests, and its clean-up."""
_DIES_WITHIN: Final = 2.0
_STEP_ENDS_WITHIN: Final = 2.0
_RESTART_AFTER: Final = 2.0
_MOST_RESTARTS: Final = 5
_CALM: Final = 120.0
_TAIL: Final = 20
_PORTS_TO_TRY: Final = 200
_PR_SET_PDEATHSIG: Final = 1


class StartRefused(Exception):
    """Something must be put right first; the message says what."""

    code = "start_refused"


@dataclass(slots=True)
class Child:
    """One process that is kept alive."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    log: Path
    folder: Path
    pause: float = _RESTART_AFTER
    patience: float = ENDS_WITHIN
    process: asyncio.subprocess.Process | None = None
    deaths: list[float] = field(default_factory=list)

    async def start(self) -> None:
        """Start it, its output going to its log."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(),
            )

    async def end(self) -> None:
        """End it and whatever it started, politely first."""
        process = self.process
        if process is None or process.returncode is not None:
            return
        for sign, patience in ((signal.SIGTERM, self.patience), (signal.SIGKILL, _DIES_WITHIN)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, sign)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), patience)
                return

    async def keep(self, *, tell: Callable[[str], None]) -> None:
        """Start it again whenever it ends, and tell. Raises StartRefused when it ends again and again."""
        while True:
            assert self.process is not None  # noqa: S101 - kept only after it was started
            code = await self.process.wait()
            self.deaths = [*(at for at in self.deaths if at > time.monotonic() - _CALM), time.monotonic()]
            if len(self.deaths) > _MOST_RESTARTS:
                msg = (
                    f"{self.name} ended {len(self.deaths)} times in {_CALM:.0f} s (exit code {code}).\n{tail(self.log)}"
                )
                raise StartRefused(msg)
            tell(f"{self.name} ended (exit code {code}); starting it again")
            await asyncio.sleep(self.pause)
            await self.start()


def die_with_parent() -> Callable[[], None] | None:
    """Leave no orphan behind even after kill -9, where the system can promise that."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port(first: int, *, host: str) -> int:
    """Return the first free port from this one on. Raises StartRefused."""
    for port in range(first, first + _PORTS_TO_TRY):
        if is_free(host, port):
            return port
    msg = f"No free port between {first} and {first + _PORTS_TO_TRY - 1} on {host}."
    raise StartRefused(msg)


def is_free(host: str, port: int) -> bool:
    """Tell whether a port can be listened on."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


async def finished(process: asyncio.subprocess.Process) -> bool:
    """Wait for a step's process and return whether it failed; interrupted, take it along."""
    try:
        return bool(await process.wait())
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _STEP_ENDS_WITHIN)
        if process.returncode is None:
            process.kill()
        raise


def fresh(log: Path) -> Path:
    """Keep the last run's log beside this one's."""
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    return log


def tail(log: Path) -> str:
    """Return the end of a log, where the reason stands."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join([*lines[-_TAIL:], f"(all of it in {log})"])
