"""What each channel costs beside the bare gateway: `python -m tests.bench channels`.

The dialogue engine is a stand-in that answers at once, so the figures are the edge's own: signatures, envelopes, parsing, transactions, carrying.
The platforms are our own fakes, in the same process; what they cost is in the figures too.
"""

import argparse
import asyncio
import contextlib
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import structlog

from api.db.engine import Database
from api.db.migrate import upgrade
from bot.messages import AnswerReply
from bot.sim.twilio_api import FakeTwilio
from tests.channels.sip_phone import line as sip_line
from tests.channels.sip_phone import phone
from tests.channels.telegram_line import telegram_line
from tests.channels.test_call_flow import flow
from tests.channels.test_twilio import PUBLIC, TOKEN, app
from tests.channels.wechat_line import wechat_line
from tests.fakes import answer
from tests.gateway.stage import Stage

WORDS = "老板拖欠工资怎么办"
FAST = {"conversation.message": "1000000/minute", "conversation.open": "1000000/minute"}
CALL_SECONDS = 10.0


@asynccontextmanager
async def staged() -> AsyncIterator[Stage]:
    """Open a stage over a fresh database."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        await asyncio.to_thread(lambda: asyncio.run(upgrade(url)))
        database = Database(url, master_key=secrets.token_bytes(32))
        await database.start()
        stage = Stage(database=database)
        await stage.open()
        yield stage
        await database.close()


async def timed(name: str, stage: Stage, turns: int, turn: Callable[[int], Awaitable[object]]) -> None:
    """Take turns one after the other and print what they took."""
    seconds = []
    for number in range(turns):
        stage.dialogue.enqueue(AnswerReply(answer=answer()))
        began = time.perf_counter()
        await turn(number)
        seconds.append(time.perf_counter() - began)
    p95 = statistics.quantiles(seconds, n=20)[-1]
    print(
        f"{name:<28}{turns / sum(seconds):>8.1f} turns/s   p50 {statistics.median(seconds) * 1e3:>6.1f} ms   p95 {p95 * 1e3:>6.1f} ms"
    )


async def turns_of_each(turns: int) -> None:
    """Measure a turn by each channel; every ten turns another citizen speaks, as a thread may send only so much."""
    async with staged() as stage:
        await timed("bare gateway", stage, turns, lambda _number: stage.say(WORDS))
    async with staged() as stage, telegram_line(stage, limits=FAST) as telegram:
        await timed("Telegram", stage, turns, lambda number: telegram.text(WORDS, user=f"u{number // 10}"))
    async with staged() as stage, wechat_line(stage, limits=FAST) as wechat:
        await timed("WeChat, sealed", stage, turns, lambda number: wechat.text(WORDS, user=f"u{number // 10}"))
    async with staged() as stage:
        transport = httpx.ASGITransport(app=app(flow(stage)))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

            async def call(_number: int) -> None:
                caller = FakeTwilio(client=client, public_url=PUBLIC, token=TOKEN, call="CA" + secrets.token_hex(16))
                await caller.dial()
                await caller.says(WORDS)
                await caller.presses("*")
                await caller.hangs_up()

            await timed("Twilio, a call of 4 webhooks", stage, max(20, turns // 4), call)


async def calls_at_once(calls: int) -> None:
    """Hold so many SIP calls, each with its sound both ways, and print what they take of a processor."""
    async with (
        staged() as stage,
        sip_line(flow(stage), most_calls=calls) as line,
        contextlib.AsyncExitStack() as phones,
    ):
        plugged = [await phones.enter_async_context(phone()) for _ in range(calls)]
        began = time.perf_counter()
        await asyncio.gather(*(each.dial(line.port) for each in plugged))
        answered = time.perf_counter() - began
        before, at = time.process_time(), time.perf_counter()
        await asyncio.sleep(CALL_SECONDS)
        used = (time.process_time() - before) / (time.perf_counter() - at)
        heard = min(each.packets for each in plugged)
        print(
            f"SIP, {calls} calls at once: all answered in {answered:.2f} s, {used:.2f} of a processor with both ends,"
            f" {used / calls * 100:.2f} % a call; at least {heard / CALL_SECONDS:.0f} packets a second heard by every caller (50 are sent)"
        )


async def measure(*, turns: int, calls: int) -> None:
    """Measure all."""
    await turns_of_each(turns)
    await calls_at_once(calls)


def main(arguments: list[str]) -> int:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench channels", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--calls", type=int, default=40)
    given = parser.parse_args(arguments)
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    asyncio.run(measure(turns=given.turns, calls=given.calls))
    return 0
