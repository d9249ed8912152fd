"""What our whole chain costs beside bare Rasa, on the same turns, in one run: `python -m tests.bench turns`.

Two Rasa servers with the same model and configuration serve side by side: ours, behind the gateway, and a stock one
without our response check, spoken to directly on its REST channel. Both call the same actions in the same app, so the ratio is
what the conversation edge adds (a lock, three transactions, redaction, safety gate, rendering) less what the response check saves.
Turns alternate between the two, so that whatever else the machine does falls on both alike.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from actions.router import PATH as ACTIONS_PATH
from bot import rasa_server
from tests.e2e.assistant import ROOT, Assistant
from tests.services import free_port

TURNS = {
    "answer from the documents": ("老板拖欠工资怎么办", "工伤认定要多久", "法律援助怎么申请", "被家暴了能离婚吗"),
    "small talk": ("你好", "谢谢", "你是真人吗", "你能做什么"),
    "pre-screen": ("看看我能不能申请法律援助", "不知道", "不清楚", "算了"),
}
FAST = {"LEGAL_AID_MESSAGE_RATE": "1000000/minute", "LEGAL_AID_ADDRESS_RATE": "1000000/minute"} | {
    "LEGAL_AID_CHANNEL_RATE": "1000000/minute",
    "LEGAL_AID_OPEN_RATE": "1000000/minute",
}
AIM = 1.5
SECOND_START = 30
Turn = Callable[["Thread", str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Thread:
    """One conversation, known to the app, so that either way in finds it."""

    id: str
    token: str


@dataclass(frozen=True, slots=True)
class Ways:
    """The two ways in."""

    http: httpx.AsyncClient
    app: str
    bare: str

    async def open(self) -> Thread:
        opened = (await self.http.post(f"{self.app}/api/v1/conversations", json={"channel": "web"})).raise_for_status()
        return Thread(opened.json()["id"], opened.json()["token"])

    async def chain(self, thread: Thread, text: str) -> None:
        """Take one turn as a citizen's browser does."""
        answer = await self.http.post(
            f"{self.app}/api/v1/conversations/{thread.id}/messages",
            json={"client_id": str(uuid.uuid4()), "text": text},
            headers={"Authorization": f"Bearer {thread.token}"},
        )
        _require(answer, answer.json().get("messages"))

    async def direct(self, thread: Thread, text: str) -> None:
        """Take one turn at the stock Rasa's own door."""
        answer = await self.http.post(
            f"{self.bare}{rasa_server.WEBHOOK}", json={"sender": thread.id, "message": text, "metadata": {}}
        )
        _require(answer, answer.json())


def _require(answer: httpx.Response, replies: object) -> None:
    """Refuse to time silence: an empty answer is quick and worthless."""
    answer.raise_for_status()
    if not replies:
        msg = f"empty answer from {answer.url}"
        raise RuntimeError(msg)


@contextmanager
def stock_rasa(assistant: Assistant, folder: Path) -> Iterator[str]:
    """Run a Rasa without our response check, on the same model and the same actions."""
    port = free_port()
    secret = (assistant.var / "secrets" / "action.key").read_text().strip()
    environment = rasa_server.environment(
        os.environ, action_url=f"{assistant.url}{ACTIONS_PATH}", secret=secret, tracker=folder / "tracker.db"
    )
    with (folder / "rasa.log").open("wb") as log:
        process = subprocess.Popen(
            rasa_server.run_command(ROOT, port=port),
            cwd=ROOT,
            env={**environment, "STOCK_RESPONSE_CHECK": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 180
        while True:
            try:
                httpx.get(url, timeout=2).raise_for_status()
                break
            except httpx.HTTPError:
                if process.poll() is not None or time.monotonic() > until:
                    raise
                time.sleep(0.5)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


async def side_by_side(ways: Ways, texts: Sequence[str], *, rounds: int) -> dict[str, list[float]]:
    """Time the same turns both ways, by turns; milliseconds."""
    took: dict[str, list[float]] = {"chain": [], "bare": []}
    for number in range(rounds):
        order: list[tuple[str, Turn]] = [("chain", ways.chain), ("bare", ways.direct)]
        threads = {name: await ways.open() for name, _ in order}
        if number % 2:
            order.reverse()
        for text in texts:
            for name, turn in order:
                began = time.perf_counter()
                await turn(threads[name], text)
                took[name].append((time.perf_counter() - began) * 1000)
    return took


async def throughput(ways: Ways, turn: Turn, *, conversations: int, seconds: float) -> float:
    """Return turns a second with so many conversations at once, each waiting for its answers as people do."""
    done = 0
    texts = [text for group in TURNS.values() for text in group]
    until = time.perf_counter() + seconds

    async def talk() -> None:
        nonlocal done
        while time.perf_counter() < until:
            thread = await ways.open()
            for text in texts:
                if time.perf_counter() >= until:
                    return
                await turn(thread, text)
                done += 1

    began = time.perf_counter()
    await asyncio.gather(*(talk() for _ in range(conversations)))
    return done / (time.perf_counter() - began)


async def measure(ways: Ways, *, rounds: int, seconds: float) -> bool:
    """Print the tables; returns whether the aim is met."""
    await side_by_side(ways, [text for group in TURNS.values() for text in group], rounds=2)
    print(f"\n{'turn, ms':<28}{'chain p50':>10}{'p95':>8}{'bare p50':>11}{'p95':>8}{'ratio of p50':>14}{'of p95':>8}")
    every: dict[str, list[float]] = {"chain": [], "bare": []}
    for name, texts in TURNS.items():
        took = await side_by_side(ways, texts, rounds=rounds)
        _row(name, took)
        for way, times in took.items():
            every[way] += times
    _row("all of them", every)
    print(f"\n{'turns a second':<28}{'chain':>10}{'bare':>10}{'chain/bare':>12}")
    for conversations in (1, 8):
        ours = await throughput(ways, ways.chain, conversations=conversations, seconds=seconds)
        bare = await throughput(ways, ways.direct, conversations=conversations, seconds=seconds)
        print(f"{f'{conversations} at once':<28}{ours:>10.1f}{bare:>10.1f}{ours / bare:>12.2f}")
    ratio = statistics.median(every["chain"]) / statistics.median(every["bare"])
    print(f"\nOur whole chain costs {ratio:.2f} x bare Rasa at the median (aim: at most {AIM}).")
    return ratio <= AIM


def _row(name: str, took: dict[str, list[float]]) -> None:
    chain50, chain95 = _quantiles(took["chain"])
    bare50, bare95 = _quantiles(took["bare"])
    ratios = f"{chain50 / bare50:>14.2f}{chain95 / bare95:>8.2f}"
    print(f"{name:<28}{chain50:>10.1f}{chain95:>8.1f}{bare50:>11.1f}{bare95:>8.1f}{ratios}")


def _quantiles(times: Sequence[float]) -> tuple[float, float]:
    cuts = statistics.quantiles(times, n=20, method="inclusive")
    return cuts[9], cuts[18]


async def _run(options: argparse.Namespace, assistant: Assistant, bare: str) -> bool:
    limits = httpx.Limits(max_connections=32)
    async with httpx.AsyncClient(timeout=60, limits=limits, trust_env=False) as http:
        ways = Ways(http=http, app=assistant.url, bare=bare)
        return await measure(ways, rounds=options.rounds, seconds=options.seconds)


def main(arguments: list[str]) -> int:
    """Start both, measure, end both; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench turns", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=25, help="how often each group of turns is taken each way")
    parser.add_argument("--seconds", type=float, default=15, help="how long each throughput run lasts")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        assistant = Assistant(var=Path(folder) / "var", extra=FAST)
        try:
            print("starting everything", flush=True)
            assistant.start().wait_until_ready()
            assistant.interrupt()
            again = time.monotonic()
            assistant.start().wait_until_ready()
            print(f"a second start took {time.monotonic() - again:.0f} s (aim: under {SECOND_START} s)", flush=True)
            with stock_rasa(assistant, Path(folder)) as bare:
                met = asyncio.run(_run(options, assistant, bare))
        finally:
            assistant.end()
    return 0 if met else 1
