"""Telegram by webhook: the suite of every channel."""

from collections.abc import AsyncIterator

import pytest

from tests.channels.telegram_line import TelegramLine, telegram_line
from tests.contracts import ChannelContract
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http


class TestTelegram(ChannelContract):
    @pytest.fixture
    async def line(self, stage: Stage) -> AsyncIterator[TelegramLine]:
        async with telegram_line(stage) as line:
            yield line
            assert line.fake.refused == []
