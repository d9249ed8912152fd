"""Telegram without a public address: updates are asked for, none is lost, and none waits for another's turn."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from bot.channels.telegram.account import PATH, Account
from bot.messages import Say, TextReply
from tests.channels.telegram_line import TOKEN, TelegramLine, telegram_line
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http
USER = 70_000


@pytest.fixture
async def line(stage: Stage) -> AsyncIterator[TelegramLine]:
    async with telegram_line(stage, account=lambda base: Account(token=TOKEN, secret=None, base_url=base)) as line:
        line.fake.webhook = {"url": "https://old.example"}
        running = asyncio.create_task(line.telegram.run())
        yield line
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not happened():  # noqa: ASYNC110 - another process would tell nobody either
            await asyncio.sleep(0.02)


class TestPolling:
    async def test_answers(self, line: TelegramLine) -> None:
        line.stage.dialogue.enqueue(TextReply(say=Say.THANKS))
        line.fake.queue.append(line.fake.text(USER, "谢谢"))
        await until(lambda: len(line.fake.chat(USER).sent) == 2)
        assert "不客气" in line.fake.chat(USER).sent[-1].text
        await until(lambda: line.fake.queue == [])
        assert line.fake.refused == []

    async def test_has_no_door(self, line: TelegramLine) -> None:
        assert (await line.client.post(PATH, json=line.fake.text(USER, "谢谢"))).status_code == 404

    async def test_confirms_only_what_was_taken(self, line: TelegramLine) -> None:
        line.stage.dialogue.delay = 0.25
        line.fake.queue.append(line.fake.text(USER, "老板不给钱"))
        await until(lambda: len(line.stage.dialogue.asked) == 1)
        assert len(line.fake.queue) == 1
        await until(lambda: line.fake.queue == [])
        assert len(line.fake.chat(USER).sent) == 2

    async def test_lets_nobody_wait_for_anothers_turn(self, line: TelegramLine) -> None:
        line.stage.dialogue.delay = 60.0
        line.fake.queue.append(line.fake.text(USER, "老板不给钱"))
        await until(lambda: len(line.stage.dialogue.asked) == 1)
        line.fake.queue.append(line.fake.text(USER + 1, "他拿刀了"))
        await until(lambda: any("110" in one.text for one in line.fake.chat(USER + 1).sent))

    async def test_does_not_run_hot_while_a_turn_goes_on(self, line: TelegramLine) -> None:
        line.stage.dialogue.delay = 60.0
        line.fake.queue.append(line.fake.text(USER, "老板不给钱"))
        await until(lambda: len(line.stage.dialogue.asked) == 1)
        before = line.fake.polls
        await asyncio.sleep(0.25)  # less than the dialogue has
        assert line.fake.polls - before <= 2

    async def test_goes_on_after_an_outage_of_the_platform(self, line: TelegramLine) -> None:
        line.fake.away = 1
        line.fake.queue.append(line.fake.text(USER, "老板不给钱"))
        await until(lambda: len(line.fake.chat(USER).sent) == 2)

    async def test_takes_again_what_failed(self, line: TelegramLine) -> None:
        line.stage.dialogue.queue.append(RuntimeError())
        line.fake.queue.append(line.fake.text(USER, "老板不给钱"))
        with capture_logs() as told:
            await until(lambda: line.fake.queue == [])
        assert "telegram.again" in [one["event"] for one in told]
        assert len(line.stage.dialogue.asked) == 2
        assert len(line.fake.chat(USER).sent) == 2
