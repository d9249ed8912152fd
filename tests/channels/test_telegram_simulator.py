"""A newcomer's conversation in the terminal goes through the real channel."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from bot.channels.telegram.account import Account
from bot.messages import QuestionReply
from bot.processes import StartRefused, free_port
from bot.settings import LOOPBACK
from bot.sim.serving import served
from bot.sim.telegram import HELP, Simulator
from bot.sim.telegram_api import Sent
from knowledge_base.types import FactType, Question
from tests.channels.telegram_line import SECRET, TOKEN, TelegramLine, telegram_line
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http


@dataclass(slots=True)
class Terminal:
    """What somebody types, and what they see."""

    shown: list[Sent] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def type(self, simulator: Simulator, *lines: str) -> None:
        async def typed() -> AsyncIterator[str]:
            for line in lines:
                yield line + "\n"

        await simulator.run(typed())


@pytest.fixture
def bot() -> Account:
    port = free_port(18_081, host=LOOPBACK)
    return Account(token=TOKEN, secret=SECRET, base_url=f"http://{LOOPBACK}:{port}")


@pytest.fixture
async def line(stage: Stage, bot: Account) -> AsyncIterator[TelegramLine]:
    async with telegram_line(stage, account=lambda _unused: bot) as line:
        yield line


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def simulator(bot: Account, terminal: Terminal, address: str) -> Simulator:
    return Simulator(account=bot, address=address, user=5, show=terminal.shown.append, tell=terminal.told.append)


class TestSimulator:
    async def test_takes_words_buttons_things_and_changes(
        self, line: TelegramLine, bot: Account, terminal: Terminal
    ) -> None:
        ask = Question(fact="claim.abuse", type=FactType.BOOL, text="他打过您吗？", why="法律另有照顾。")
        line.stage.dialogue.enqueue(QuestionReply(question=ask))
        async with served(line.app) as address:
            await terminal.type(
                simulator(bot, terminal, address),
                "想离婚",
                ">1",
                ">9",
                "",
                ":photo",
                "老板",
                ":edit 老板不给钱",
                ":what",
            )
        turns = [one.payload or one.text for one in line.stage.dialogue.asked]
        picture = {"act": "media", "kind": "image", "kept": True, "days": []}
        assert turns == ["想离婚", {"claim.abuse": True}, picture, "老板", "老板不给钱"]
        assert "不是律师" in terminal.shown[0].text
        assert [button.title for button in terminal.shown[1].buttons] == ["1 是", "2 否", "3 不清楚"]
        assert len(terminal.shown) == 6
        assert terminal.told == ["No such button.", HELP]

    async def test_says_what_to_do_where_no_app_runs(self, bot: Account, terminal: Terminal) -> None:
        nowhere = f"http://{LOOPBACK}:{free_port(28_081, host=LOOPBACK)}"
        with pytest.raises(StartRefused, match="make run"):
            await terminal.type(simulator(bot, terminal, nowhere), "你好")

    async def test_says_so_where_the_app_has_another_secret(
        self, line: TelegramLine, bot: Account, terminal: Terminal
    ) -> None:
        other = replace(bot, secret="another-secret-altogether")
        async with served(line.app) as address:
            with pytest.raises(StartRefused, match="another secret"):
                await terminal.type(simulator(other, terminal, address), "你好")

    async def test_leaves_a_real_account_alone(self, bot: Account, terminal: Terminal) -> None:
        real = replace(bot, base_url="https://api.telegram.org")
        with pytest.raises(StartRefused, match="account of its own"):
            await terminal.type(simulator(real, terminal, "http://127.0.0.1:1"), "你好")
