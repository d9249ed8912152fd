"""The bot's account: what the settings say of it."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from api.config import kept_secret
from bot.settings import LOOPBACK, BotSettings

PATH: Final = "/channels/telegram"
"""Where updates come in."""
SIMULATED: Final = f"http://{LOOPBACK}:8081"
"""Where the simulator's Bot API listens, unless the settings name another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One bot of Telegram's; without a secret it asks for its updates itself."""

    token: str = field(repr=False)
    secret: str | None = field(repr=False)
    """What Telegram shows with every update."""
    base_url: str
    webhook: str | None = None
    """Where Telegram is told to bring updates; None where somebody else tells it, or nobody need."""


def account(settings: BotSettings) -> Account | None:
    """Return the account, None where the channel is off."""
    token, secret = settings.telegram_token.get_secret_value(), settings.telegram_secret.get_secret_value()
    if not token:
        return _simulated(settings) if settings.simulators else None
    polling, public = settings.telegram_polling, settings.public_url.rstrip("/")
    return Account(
        token=token,
        secret=None if polling else secret,
        base_url=settings.telegram_base_url.rstrip("/"),
        webhook=f"{public}{PATH}" if public and not polling else None,
    )


def _simulated(settings: BotSettings) -> Account:
    """Return an account that only the simulator of this folder knows."""
    drawn = hashlib.sha256(kept_secret(settings.var / "secrets" / "simulators.key").encode()).hexdigest()
    elsewhere = "telegram_base_url" in settings.model_fields_set
    return Account(
        token="0:simulated",  # noqa: S106 - opens nothing but the simulator
        secret=drawn,
        base_url=settings.telegram_base_url.rstrip("/") if elsewhere else SIMULATED,
    )
