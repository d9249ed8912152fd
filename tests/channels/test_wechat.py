"""WeChat in its three modes: the suite of every channel, and what stands at the door."""

from collections.abc import AsyncIterator

import pytest

from tests.channels.wechat_line import WeChatLine, wechat_line
from tests.contracts import ChannelContract
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http


class TestWeChat(ChannelContract):
    @pytest.fixture
    async def line(self, stage: Stage) -> AsyncIterator[WeChatLine]:
        async with wechat_line(stage) as line:
            yield line
            assert line.fake.refused == []
