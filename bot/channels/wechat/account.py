"""The Official Account."""

from dataclasses import dataclass, field
from typing import Final

PATH: Final = "/channels/wechat"
"""Where messages come in."""


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
