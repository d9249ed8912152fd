"""Who may sign in to the console, and the browsers that are signed in (工作人员账号)."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAccount:
    """工作人员: who may sign in to the console."""

    id: str
    name: str
    display_name: str
    role: str
    regions: tuple[str, ...] = ()
    password_hash: str = field(repr=False, default="")
    totp_secret: str | None = field(repr=False, default=None)
    totp_step: int | None = None
    """Whose code was used last; None with a secret means that it was drawn and never confirmed."""
    password_temporary: bool = False
    """Somebody else drew it, so its owner has to change it."""
    disabled: bool = False
    failures: int = 0
    locked_until: datetime | None = None
    created_at: datetime

    @property
    def second_factor(self) -> bool:
        """Tell whether a code is asked for at the door."""
        return self.totp_secret is not None and self.totp_step is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """A signed-in browser: only digests of the cookie are stored."""

    token_digest: str
    staff_id: str
    csrf: str = field(repr=False)
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
