"""What the settings say of Telegram, and what the app mounts for it."""

import pytest
from pydantic import SecretStr

from bot.channels.telegram.account import PATH, SIMULATED, account
from bot.settings import BotSettings
from tests.channels.mounted import built
from tests.channels.telegram_line import SECRET, TOKEN
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http
OURS = {"telegram_token": SecretStr(TOKEN), "telegram_secret": SecretStr(SECRET)}


class TestAccount:
    def test_is_none_without_a_token(self) -> None:
        assert account(BotSettings(public_url="https://aid.example")) is None

    def test_has_its_door_at_the_public_address(self) -> None:
        found = account(BotSettings(**OURS, public_url="https://aid.example/"))
        assert found is not None
        assert (found.secret, found.webhook) == (SECRET, f"https://aid.example{PATH}")

    def test_that_polls_has_no_door(self) -> None:
        found = account(BotSettings(**OURS, public_url="https://aid.example", telegram_polling=True))
        assert found is not None
        assert (found.secret, found.webhook) == (None, None)

    def test_shows_no_secret_in_print(self) -> None:
        shown = repr(account(BotSettings(**OURS)))
        assert SECRET not in shown
        assert TOKEN not in shown

    def test_of_the_simulator_is_this_folders_own(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        here, there = (tmp_path_factory.mktemp("var") for _ in range(2))
        first, again, other = (account(BotSettings(simulators=True, var=var)) for var in (here, here, there))
        assert first is not None
        assert first == again != other
        assert first.base_url == SIMULATED
        assert len(first.secret or "") == 64

    def test_of_ones_own_leaves_the_simulator_out(self) -> None:
        found = account(BotSettings(**OURS, simulators=True))
        assert found is not None
        assert found.base_url == "https://api.telegram.org"


class TestTheApp:
    async def test_delivers_to_telegram_and_closes_it(self, stage: Stage) -> None:
        on = built(BotSettings(**OURS), stage)
        assert list(on.platforms) == ["telegram"]
        for run in on.runs:
            await run()
        for close in on.closes:
            await close()

    async def test_delivers_to_nobody_where_it_is_off(self, stage: Stage) -> None:
        assert built(BotSettings(), stage).platforms == {}
