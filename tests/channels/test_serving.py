"""How the app is served: who the caller is, and how long it has to end."""

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import ValidationError

from api.http.limits import caller
from bot.__main__ import GRACEFUL, server_config
from bot.processes import ENDS_WITHIN
from bot.settings import BotSettings

pytestmark = pytest.mark.http


async def taken_for(settings: BotSettings, *, peer: str) -> str:
    """Return whom the limits count when a peer claims to speak for 203.0.113.9."""
    app = FastAPI()

    @app.get("/")
    async def who(request: Request) -> str:
        return caller(request)

    config = server_config(app, settings)
    config.load()
    transport = httpx.ASGITransport(app=config.loaded_app, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        found: str = (await client.get("/", headers={"X-Forwarded-For": "203.0.113.9"})).json()
    return found


class TestTheCallersAddress:
    @pytest.mark.parametrize("peer", ["127.0.0.1", "192.0.2.1"])
    async def test_is_the_peers_whatever_it_says(self, peer: str) -> None:
        assert await taken_for(BotSettings(), peer=peer) == peer

    @pytest.mark.parametrize(
        ("peer", "who"), [("127.0.0.1", "203.0.113.9"), ("10.1.2.3", "203.0.113.9"), ("192.0.2.1", "192.0.2.1")]
    )
    async def test_is_what_a_trusted_proxy_says(self, monkeypatch: pytest.MonkeyPatch, peer: str, who: str) -> None:
        monkeypatch.setenv("LEGAL_AID_TRUSTED_PROXIES", '["127.0.0.1", "10.0.0.0/8"]')
        assert await taken_for(BotSettings(), peer=peer) == who

    def test_is_not_left_to_everybody(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LEGAL_AID_TRUSTED_PROXIES", '["*"]')
        with pytest.raises(ValidationError):
            BotSettings()


class TestTheEnd:
    def test_leaves_time_to_clean_up_after_the_last_request(self) -> None:
        assert ENDS_WITHIN >= GRACEFUL + 2
