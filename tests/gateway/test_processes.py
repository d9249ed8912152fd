"""Children are kept alive, end with us, and leave nobody behind."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.processes import Child, StartRefused, finished, free_port, fresh, is_free, tail

pytestmark = pytest.mark.unit

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"
TIDY = (
    "import signal, sys, time\n"
    "def tidy(*_): time.sleep(4); print('tidied', flush=True); sys.exit(0)\n"
    "signal.signal(signal.SIGTERM, tidy)\n" + SLEEPER
)
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEPER
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]).wait()"


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - processes have no events
            await asyncio.sleep(0.02)


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Callable[[str], Child]]:
    made: list[Child] = []

    def child(code: str) -> Child:
        one = Child(
            name="It",
            command=[sys.executable, "-c", code],
            environment=os.environ,
            log=tmp_path / f"{len(made)}.log",
            folder=tmp_path,
            pause=0.01,
        )
        made.append(one)
        return one

    yield child
    for one in made:
        await one.end()


def up(child: Child) -> bool:
    return child.log.exists() and "up" in child.log.read_text()


class TestEnd:
    @pytest.mark.parametrize("code", [SLEEPER, PARENT])
    async def test_takes_grandchildren_along(self, make: Callable[[str], Child], code: str) -> None:
        child = make(code)
        await child.start()
        await until(lambda: up(child))
        assert child.process is not None
        await child.end()
        await until(lambda: not group_alive(child))

    async def test_gives_time_to_finish_what_is_under_way(self, make: Callable[[str], Child]) -> None:
        child = make(TIDY)
        await child.start()
        await until(lambda: up(child))
        await child.end()
        assert child.process is not None
        assert child.process.returncode == 0
        assert "tidied" in child.log.read_text()

    async def test_insists_after_a_while(self, make: Callable[[str], Child]) -> None:
        child = make(STUBBORN)
        child.patience = 0.5
        await child.start()
        await until(lambda: up(child))
        await child.end()
        assert child.process is not None
        assert child.process.returncode == -signal.SIGKILL

    async def test_minds_neither_a_dead_child_nor_an_unstarted_one(self, make: Callable[[str], Child]) -> None:
        child = make("pass")
        await child.end()
        await child.start()
        assert child.process is not None
        await child.process.wait()
        await child.end()


def group_alive(child: Child) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.process.pid if child.process else 0, 0)
        return True
    return False


class TestKeep:
    async def test_starts_a_killed_child_again(self, make: Callable[[str], Child]) -> None:
        told: list[str] = []
        child = make(SLEEPER)
        await child.start()
        keeping = asyncio.create_task(child.keep(tell=told.append))
        assert child.process is not None
        first = child.process.pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: child.process is not None and child.process.pid != first)
        assert told == ["It ended (exit code -9); starting it again"]
        keeping.cancel()

    async def test_gives_up_on_a_child_that_ends_again_and_again(self, make: Callable[[str], Child]) -> None:
        child = make("print('no model'); raise SystemExit(3)")
        await child.start()
        with pytest.raises(StartRefused, match=r"(?s)exit code 3.*no model"):
            await child.keep(tell=lambda _: None)


class TestFinished:
    async def test_tells_success_from_failure(self) -> None:
        for code, failed in (("", False), ("raise SystemExit(1)", True)):
            process = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
            assert await finished(process) is failed

    async def test_takes_the_step_along_when_interrupted(self) -> None:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(60)")
        waiting = asyncio.create_task(finished(process))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not alive(process.pid)


class TestPorts:
    def test_moves_on_from_a_taken_one(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            assert not is_free("127.0.0.1", port)
            assert free_port(port, host="127.0.0.1") > port


class TestLogs:
    def test_keep_the_last_run_and_show_the_end(self, tmp_path: Path) -> None:
        log = tmp_path / "rasa.log"
        log.write_text("\n".join(str(n) for n in range(100)))
        assert tail(log).startswith("80\n81")
        assert not fresh(log).exists()
        assert (tmp_path / "rasa.log.1").exists()
