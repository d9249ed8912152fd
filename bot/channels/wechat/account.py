"""The Official Account: what the settings say of it."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from api.config import kept_secret
from bot.settings import LOOPBACK, BotSettings

PATH: Final = "/channels/wechat"
"""Where messages come in."""
SIMULATED: Final = f"http://{LOOPBACK}:8082"
"""Where the simulator's API listens, unless the settings name another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One Official Account; without a key its messages travel in clear (明文模式)."""

    app_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    base_url: str
    key: bytes | None = field(default=None, repr=False)
    original_id: str | None = None
    """原始ID, `gh_…`: messages to any other account are refused."""
    region: str | None = None
    """The place whose office runs the account, GB/T 2260."""


def account(settings: BotSettings) -> Account | None:
    """Return the account, None where the channel is off."""
    if not settings.wechat_app_id:
        return _simulated(settings) if settings.simulators else None
    return Account(
        app_id=settings.wechat_app_id,
        secret=settings.wechat_app_secret.get_secret_value(),
        token=settings.wechat_token.get_secret_value(),
        base_url=settings.wechat_base_url.rstrip("/"),
        key=settings.wechat_key,
        original_id=settings.wechat_original_id or None,
        region=settings.wechat_region or None,
    )


def _simulated(settings: BotSettings) -> Account:
    """Return an account that only the simulator of this folder knows, its messages sealed."""
    drawn = hashlib.sha256(kept_secret(settings.var / "secrets" / "simulators.key").encode())
    elsewhere = "wechat_base_url" in settings.model_fields_set
    return Account(
        app_id="wxsimulated",
        secret=drawn.hexdigest(),
        token=drawn.hexdigest()[:32],
        base_url=settings.wechat_base_url.rstrip("/") if elsewhere else SIMULATED,
        key=hashlib.sha256(drawn.digest()).digest(),
        original_id="gh_simulated",
        region=settings.wechat_region or None,
    )
