"""Settings of the Telegram channel."""

import re
from typing import Final, Self

from pydantic import Field, SecretStr, model_validator

from api.config import Settings

_TOKEN: Final = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{16,256}")


class TelegramSettings(Settings):
    """Read from the environment, `LEGAL_AID_TELEGRAM_…`."""

    telegram_token: SecretStr = Field(
        default=SecretStr(""), description="Token of the Telegram bot; the channel is off when empty."
    )
    telegram_secret: SecretStr = Field(
        default=SecretStr(""), description="What Telegram shows with every update: 16 to 256 letters, digits, _ and -."
    )
    telegram_polling: bool = Field(
        default=False, description="Whether updates are asked for, where Telegram cannot reach the app."
    )
    telegram_base_url: str = Field(
        default="https://api.telegram.org", pattern=r"^https?://\S+$", description="Where the Bot API answers."
    )

    @model_validator(mode="after")
    def _can_be_trusted(self) -> Self:
        token, secret = self.telegram_token.get_secret_value(), self.telegram_secret.get_secret_value()
        if token and not _TOKEN.fullmatch(token):
            msg = "LEGAL_AID_TELEGRAM_TOKEN is what @BotFather gave: digits, a colon, letters"
            raise ValueError(msg)
        if secret and not _SECRET.fullmatch(secret):
            msg = "LEGAL_AID_TELEGRAM_SECRET takes 16 to 256 letters, digits, _ and -"
            raise ValueError(msg)
        if token and not secret and not self.telegram_polling:
            msg = "LEGAL_AID_TELEGRAM_TOKEN needs LEGAL_AID_TELEGRAM_SECRET, or LEGAL_AID_TELEGRAM_POLLING=true"
            raise ValueError(msg)
        return self
