"""What the settings say of the account, and what the app mounts for it."""

import re

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr, ValidationError

from api.http.problems import install
from bot.channels.phrases import Phrases
from bot.channels.wechat.account import PATH, SIMULATED, account
from bot.channels.wechat.inbox import ACTS
from bot.messages import ACTS as EVERY_ACT
from bot.settings import BotSettings
from tests.channels.mounted import built
from tests.channels.wechat_line import APP_ID, KEY, ORIGINAL_ID
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http
HIDDEN = {"wechat_app_secret": "secret0of0nobody", "wechat_token": "token0of0nobody", "wechat_aes_key": KEY}
OURS = {"wechat_app_id": APP_ID, **{name: SecretStr(value) for name, value in HIDDEN.items()}}


class TestAccount:
    def test_is_none_without_settings(self) -> None:
        assert account(BotSettings()) is None

    def test_is_what_the_settings_say(self) -> None:
        found = account(BotSettings(**OURS, wechat_original_id=ORIGINAL_ID, wechat_region="231000"))
        assert found is not None
        assert (found.app_id, found.original_id, found.region) == (APP_ID, ORIGINAL_ID, "231000")
        assert found.key == bytes(range(32))

    def test_may_travel_in_clear(self) -> None:
        found = account(BotSettings(**{**OURS, "wechat_aes_key": SecretStr("")}))
        assert found is not None
        assert found.key is None

    def test_shows_no_secret_in_print(self) -> None:
        settings = BotSettings(**OURS)
        shown = repr(account(settings)) + repr(settings)
        assert not any(secret in shown for secret in HIDDEN.values())

    @pytest.mark.parametrize(
        ("change", "named"),
        [
            ({"wechat_app_id": ""}, "belong together"),
            ({"wechat_token": SecretStr("")}, "belong together"),
            ({"wechat_app_secret": SecretStr("")}, "belong together"),
            ({"wechat_token": SecretStr("a-b")}, "3 to 32"),
            ({"wechat_aes_key": SecretStr(KEY[:-1])}, "43"),
            ({"wechat_aes_key": SecretStr("中" * 43)}, "43"),
            ({"wechat_region": "999999"}, "no place"),
        ],
    )
    def test_says_what_is_wrong_with_it(self, change: dict[str, object], named: str) -> None:
        with pytest.raises(ValidationError, match=named) as refused:
            BotSettings(**{**OURS, **change})
        assert "token0of0nobody" not in str(refused.value.errors(include_input=False))

    def test_of_the_simulator_is_this_folders_own(self, tmp_path_factory: pytest.TempPathFactory) -> None:
        here, there = (tmp_path_factory.mktemp("var") for _ in range(2))
        first, again, other = (account(BotSettings(simulators=True, var=var)) for var in (here, here, there))
        assert first is not None
        assert first == again != other
        assert first.base_url == SIMULATED
        assert len(first.key or b"") == 32

    def test_of_ones_own_leaves_the_simulator_out(self) -> None:
        found = account(BotSettings(**OURS, simulators=True))
        assert found is not None
        assert found.base_url == "https://api.weixin.qq.com"


class TestTheApp:
    async def test_delivers_to_wechat_and_closes_it(self, stage: Stage) -> None:
        on = built(BotSettings(**OURS), stage)
        assert list(on.platforms) == ["wechat"]
        for close in on.closes:
            await close()

    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_says_so_where_it_is_off(self, stage: Stage, method: str) -> None:
        app = FastAPI()
        install(app)
        for router in built(BotSettings(), stage).routers:
            app.include_router(router)
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.request(method, PATH)
        assert (answer.status_code, answer.json()["code"]) == (404, "channel_off")


class TestMenu:
    MENU = Phrases.load().wechat.menu

    def test_has_keys_that_are_understood(self) -> None:
        keys = {key for button in self.MENU for key in (button.buttons or {button.key: ""})}
        assert keys == {*ACTS, "news.on", "news.off"}
        assert set(ACTS) <= EVERY_ACT

    def test_has_titles_that_are_shown_whole(self) -> None:
        assert all(re.fullmatch(r"\w{1,4}", button.title) for button in self.MENU)
        assert all(re.fullmatch(r"\w{1,8}", title) for button in self.MENU for title in button.buttons.values())
