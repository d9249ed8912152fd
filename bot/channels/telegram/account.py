"""The bot's account."""

from dataclasses import dataclass, field
from typing import Final

PATH: Final = "/channels/telegram"
"""Where updates come in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One bot of Telegram's; without a secret it asks for its updates itself."""

    token: str = field(repr=False)
    secret: str | None = field(repr=False)
    """What Telegram shows with every update."""
    base_url: str
    webhook: str | None = None
    """Where Telegram is told to bring updates; None where somebody else tells it, or nobody need."""
