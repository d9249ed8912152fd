"""WeChat's envelope: who sent a request, when, and what is in it (消息加解密).

https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption.html: SHA-1 over the sorted parts; AES-256-CBC
whose first vector is the key's first half, padded to 32; random 16, length 4, text, the account's AppID.
"""

import base64
import hashlib
import hmac
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from xml.etree.ElementTree import ParseError

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

FRESH: Final = timedelta(minutes=5)
"""A request whose time is further away is a replay, or one of the two clocks is wrong."""
_BLOCK: Final = 16
_RANDOM: Final = 16
_LENGTH: Final = 4
_PADDED_TO: Final = PKCS7(256)
_LONGEST_TIME: Final = 12


class EnvelopeRefused(Exception):
    """Not from WeChat, not for this account, or not now; `reason` is one word for the log."""

    code = "envelope_refused"

    def __init__(self, reason: str) -> None:
        """Keep the reason free of what was sent."""
        super().__init__(reason)
        self.reason = reason


class MessageUnreadable(Exception):
    """From WeChat, and no message."""

    code = "message_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What stands in the address of a request."""

    signature: str = ""
    timestamp: str = ""
    nonce: str = ""
    msg_signature: str = ""
    """Of the sealed content; `signature` covers none of it."""

    @classmethod
    def read(cls, query: Mapping[str, str], /) -> "Stamp":
        """Read it from the query."""
        return cls(**{name: query.get(name, "") for name in ("signature", "timestamp", "nonce", "msg_signature")})


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Opens what comes in and seals what goes out, for one account; without a key everything travels in clear (明文模式)."""

    token: str = field(repr=False)
    app_id: str
    key: bytes | None = field(default=None, repr=False)

    def check(self, stamp: Stamp, /, *, now: datetime) -> None:
        """Make sure that WeChat wrote the stamp, and lately. Raises EnvelopeRefused."""
        if not same(sign(self.token, stamp.timestamp, stamp.nonce), stamp.signature):
            raise EnvelopeRefused("signature")
        if not stamp.timestamp.isdecimal() or len(stamp.timestamp) > _LONGEST_TIME:
            raise EnvelopeRefused("timestamp")
        if abs(now.timestamp() - int(stamp.timestamp)) > FRESH.total_seconds():
            raise EnvelopeRefused("stale")

    def open(self, stamp: Stamp, body: bytes, /, *, now: datetime) -> Mapping[str, str]:
        """Return the fields of a message. Raises EnvelopeRefused, MessageUnreadable.

        Whoever has a key reads what is sealed and nothing beside it: in compatible mode (兼容模式) both are there.
        """
        self.check(stamp, now=now)
        fields = read_xml(body)
        if self.key is None:
            return fields
        sealed = fields.get("Encrypt", "")
        if not same(sign(self.token, stamp.timestamp, stamp.nonce, sealed), stamp.msg_signature):
            raise EnvelopeRefused("content_signature")
        return read_xml(self._decrypted(sealed, self.key))

    def seal(self, text: str, /, *, now: datetime) -> str:
        """Return a reply as it goes out."""
        if self.key is None:
            return text
        timestamp, nonce = str(int(now.timestamp())), os.urandom(8).hex()
        sealed = self._encrypted(text, self.key)
        return xml(
            Encrypt=sealed,
            MsgSignature=sign(self.token, timestamp, nonce, sealed),
            TimeStamp=int(timestamp),
            Nonce=nonce,
        )

    def _encrypted(self, text: str, key: bytes) -> str:
        content = text.encode()
        plain = os.urandom(_RANDOM) + struct.pack(">I", len(content)) + content + self.app_id.encode()
        padder, encryptor = _PADDED_TO.padder(), _cipher(key).encryptor()
        padded = padder.update(plain) + padder.finalize()
        return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()

    def _decrypted(self, sealed: str, key: bytes) -> bytes:
        try:
            secret = base64.b64decode(sealed, validate=True)
            decryptor, unpadder = _cipher(key).decryptor(), _PADDED_TO.unpadder()
            padded = decryptor.update(secret) + decryptor.finalize()
            plain = unpadder.update(padded) + unpadder.finalize()
            (length,) = struct.unpack(">I", plain[_RANDOM : _RANDOM + _LENGTH])
        except (ValueError, struct.error):
            raise EnvelopeRefused("key") from None
        begin = _RANDOM + _LENGTH
        if not hmac.compare_digest(plain[begin + length :], self.app_id.encode()):
            raise EnvelopeRefused("app_id")
        return plain[begin : begin + length]


def sign(*parts: str) -> str:
    """Return the signature over all parts."""
    return hashlib.sha1("".join(sorted(parts)).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def same(right: str, given: str, /) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(right.encode(), given.encode("utf-8", "replace"))


def read_xml(body: bytes, /) -> Mapping[str, str]:
    """Return the fields of a flat document; what is nested is left out. Raises MessageUnreadable."""
    try:
        root = fromstring(body, forbid_dtd=True)
    # Besides its own errors the parser raises Python's, for an encoding that nobody knows.
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise MessageUnreadable from None
    return {each.tag: each.text or "" for each in root if not len(each)}


def xml(**fields: str | int) -> str:
    """Return a document of these fields."""
    return "<xml>" + "".join(f"<{name}>{_value(value)}</{name}>" for name, value in fields.items()) + "</xml>"


def _value(value: str | int) -> str:
    if isinstance(value, int):
        return str(value)
    carried = "".join(char for char in value if _carried(char))
    return "<![CDATA[" + carried.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _carried(char: str) -> bool:
    """Tell whether XML 1.0 has this character."""
    code = ord(char)
    return char in "\t\n\r" or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000  # noqa: PLR2004


def _cipher(key: bytes) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(key), modes.CBC(key[:_BLOCK]))
