"""A newcomer's conversation in the terminal goes through the real channel."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from bot.channels.phrases import Phrases
from bot.channels.wechat.account import Account
from bot.processes import StartRefused, free_port
from bot.settings import LOOPBACK
from bot.sim.wechat import HELP, Simulator
from tests.channels.wechat_line import UNHURRIED, WeChatLine, wechat_line
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http
MENU = Phrases.load().wechat.menu


@dataclass(slots=True)
class Terminal:
    """What somebody types, and what they see."""

    shown: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def type(self, simulator: Simulator, *lines: str) -> None:
        async def typed() -> AsyncIterator[str]:
            for line in lines:
                yield line + "\n"

        await simulator.run(typed())


@pytest.fixture
async def line(stage: Stage) -> AsyncIterator[WeChatLine]:
    async with wechat_line(stage, **UNHURRIED) as line:
        yield line


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


@pytest.fixture
def official(line: WeChatLine) -> Account:
    return replace(line.wechat.account, base_url=f"http://{LOOPBACK}:{free_port(18_082, host=LOOPBACK)}")


def simulator(line: WeChatLine, official: Account, terminal: Terminal, address: str) -> Simulator:
    return Simulator(
        account=official,
        address=address,
        user="o5",
        menu=MENU,
        show=terminal.shown.append,
        tell=terminal.told.append,
        clock=line.stage.clock,
    )


class TestSimulator:
    async def test_takes_words_buttons_voices_and_places(
        self, line: WeChatLine, official: Account, terminal: Terminal
    ) -> None:
        await terminal.type(
            simulator(line, official, terminal, line.address),
            "老板不给钱",
            ">1",
            ">99",
            "",
            ":voice 我要离婚",
            ":voice",
            ":place 黑龙江省牡丹江市东安区光华街1号",
            ":photo",
            ":leave",
        )
        turns = [one.payload or one.text for one in line.stage.dialogue.asked]
        # The account of this line fetches from its own platform, which knows nothing of the simulator's photograph.
        gone = {"act": "media", "kind": "image", "refused": "document_not_fetched"}
        media = [{"act": "media", "kind": "voice"}, gone]
        place = "黑龙江省牡丹江市东安区"
        assert turns == ["老板不给钱", {"act": "screen"}, "我要离婚", media[0], place, media[1]]
        assert "不是律师" in terminal.shown[0]
        assert "订阅普法" in terminal.shown[0]
        assert len(terminal.shown) == 7
        assert terminal.told[0].startswith("Menu: >1 能不能申请援助")
        assert terminal.told[1:] == [HELP]

    async def test_says_what_to_do_where_no_app_runs(
        self, line: WeChatLine, official: Account, terminal: Terminal
    ) -> None:
        nowhere = f"http://{LOOPBACK}:{free_port(28_082, host=LOOPBACK)}"
        with pytest.raises(StartRefused, match="make run"):
            await terminal.type(simulator(line, official, terminal, nowhere), "你好")

    async def test_says_so_where_the_app_has_another_secret(
        self, line: WeChatLine, official: Account, terminal: Terminal
    ) -> None:
        other = replace(official, token="another0token")
        with pytest.raises(StartRefused, match="another secret"):
            await terminal.type(simulator(line, other, terminal, line.address), "你好")

    async def test_leaves_a_real_account_alone(self, line: WeChatLine, official: Account, terminal: Terminal) -> None:
        real = replace(official, base_url="https://api.weixin.qq.com")
        with pytest.raises(StartRefused, match="account of its own"):
            await terminal.type(simulator(line, real, terminal, "http://127.0.0.1:1"), "你好")
