"""The settings a person reads about are the settings there are."""

import re
from pathlib import Path

import pytest

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
        assert re.search(r"(?m)^#?LEGAL_AID_(MASTER_KEY|ACTION_SECRET)=\S", EXAMPLE) is None
