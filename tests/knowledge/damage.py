"""Ways in which a file comes to harm, for whatever reads files back."""

from collections.abc import Callable
from typing import Final

Harm = Callable[[bytes], bytes]


def _flipped(raw: bytes) -> bytes:
    at = len(raw) // 2
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


HARMS: Final[dict[str, Harm]] = {
    "emptied": lambda _: b"",
    "begun": lambda _: b"PK",
    "replaced": lambda _: b"something else altogether",
    "halved": lambda raw: raw[: len(raw) // 2],
    "cut": lambda raw: raw[:-1],
    "one bit": _flipped,
}
