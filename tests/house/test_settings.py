"""The settings a person reads about are the settings there are."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import BotSettings

pytestmark = pytest.mark.docs
EXAMPLE = (Path(__file__).resolve().parents[2] / ".env.example").read_text()


def variables() -> set[str]:
    return {"PORT" if name == "port" else f"LEGAL_AID_{name.upper()}" for name in BotSettings.model_fields}


class TestTheExample:
    def test_names_every_setting_and_no_other(self) -> None:
        assert set(re.findall(r"(?m)^#?([A-Z_]+)=", EXAMPLE)) == variables()

    def test_says_what_each_is_for(self) -> None:
        undescribed = [name for name, field in BotSettings.model_fields.items() if not field.description]
        assert undescribed == []

    def test_gives_no_secret_a_value(self) -> None:
        assert re.search(r"(?m)^#?LEGAL_AID_(MASTER_KEY|\w+_SECRET|\w+_TOKEN)=\S", EXAMPLE) is None


class TestTheTelephone:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"twilio_auth_token": "secret"},
            {"twilio_transfer": "010-12348"},
            {"duty_hours": "想开就开"},
            {"public_url": "http://aid.example.org"},
            {"sip_listen": "192.0.2.7"},
            {"sip_listen": "192.0.2.7:5060"},
            {"sip_listen": "0.0.0.0:5060", "sip_peers": '["192.0.2.1/32"]'},
            {"sip_listen": "192.0.2.7:5060", "sip_peers": '["192.0.2.1/32"]', "sip_rtp_ports": "1-2"},
            {"sip_listen": "192.0.2.7:5060", "sip_peers": '["192.0.2.1/32"]', "sip_transfer": "desk"},
            {"sip_listen": "192.0.2.7:5060", "sip_peers": '["192.0.2.1/32"]', "sip_registrar": "192.0.2.1:5060"},
        ],
    )
    def test_is_refused_where_it_could_not_work(self, wrong: dict[str, str]) -> None:
        with pytest.raises(ValidationError) as refused:
            BotSettings(**wrong)  # type: ignore[arg-type] # what the environment holds is text
        assert "secret" not in str(refused.value)


class TestTelegram:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"telegram_token": "12348:secret"},
            {"telegram_token": "12348:secret/../x", "telegram_polling": "true"},
            {"telegram_token": "12348:secret", "telegram_secret": "secret"},
            {"telegram_token": "12348:secret", "telegram_secret": "secret of sixteen"},
            {"telegram_base_url": "api.telegram.org"},
            {"simulators": "true", "environment": "production", "master_key": "x"},
        ],
    )
    def test_is_refused_where_it_could_not_work(self, wrong: dict[str, str]) -> None:
        with pytest.raises(ValidationError) as refused:
            BotSettings(**wrong)  # type: ignore[arg-type] # what the environment holds is text
        assert "12348:" not in str(refused.value)
