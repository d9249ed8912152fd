"""Six digits from a device of one's own beside the password: TOTP as RFC 6238 has it (动态验证码)."""

import base64
import hmac
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import quote

ISSUER: Final = "12348 法律援助"
_STEP: Final = 30
_DIGITS: Final = 6
_SECRET_BYTES: Final = 20
"""As long as the digest that it keys (RFC 4226, 4, R6)."""
_NEAR: Final = (0, -1, 1)
"""Steps around the present that count: a code is typed late, and clocks of telephones differ (RFC 6238, 5.2)."""


def fresh_secret(*, draw: Callable[[int], bytes]) -> str:
    """Return a new secret in Base32, drawn by a source of random bytes."""
    return base64.b32encode(draw(_SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """Return the code of one step. Raises ValueError where the secret is not Base32."""
    try:
        key = base64.b32decode(secret, casefold=True)
    except ValueError as broken:
        msg = "not a Base32 secret"
        raise ValueError(msg) from broken
    digest = hmac.digest(key, step.to_bytes(8, "big"), "sha1")
    place = digest[-1] & 0xF
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}}"


def step_of(now: datetime, /) -> int:
    """Return the half minute since 1970 that a moment lies in."""
    return int(now.timestamp()) // _STEP


def accepted(secret: str, code: str, *, now: datetime, used: int | None) -> int | None:
    """Return the step whose code this is; None for a wrong code and for one that is not newer than the one used last."""
    typed = "".join(unicodedata.normalize("NFKC", code).split()).encode()
    for near in _NEAR:
        step = step_of(now) + near
        if hmac.compare_digest(code_at(secret, step).encode(), typed) and (used is None or step > used):
            return step
    return None


def address(secret: str, *, name: str) -> str:
    """Return the otpauth address that an authenticator opens; `name` is the sign-in name."""
    issuer = quote(ISSUER, safe="")
    return f"otpauth://totp/{issuer}:{quote(name, safe='')}?secret={secret}&issuer={issuer}"
