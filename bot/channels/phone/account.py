"""The Twilio account: what the settings say of it."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from api.config import kept_secret
from bot.settings import BotSettings

SIMULATED: Final = "https://telephone.simulated"
"""The public address that the simulator signs for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One Twilio account and the address that it calls."""

    auth_token: str = field(repr=False)
    public_url: str
    transfer: str
    """A telephone number to dial, `queue:NAME` for a queue, or nothing."""


def account(settings: BotSettings) -> Account | None:
    """Return the account, None where the line is off."""
    token = settings.twilio_auth_token.get_secret_value()
    if token:
        return Account(auth_token=token, public_url=settings.public_url.rstrip("/"), transfer=settings.twilio_transfer)
    if not settings.simulators:
        return None
    drawn = hashlib.sha256(b"telephone" + kept_secret(settings.var / "secrets" / "simulators.key").encode()).hexdigest()
    return Account(auth_token=drawn, public_url=SIMULATED, transfer=settings.twilio_transfer or "+8610000000")
