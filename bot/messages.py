"""What passes the conversation edge: one message in, the closed union of replies out.

The reply union lives in `actions.wire`, because actions produce it; everything in `bot` takes it from here.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from actions.media import Media
from actions.safety_stage import SafetyStage
from actions.wire import (
    AnswerReply,
    Choice,
    DirectionsReply,
    HandoverReply,
    MenuReply,
    QuestionReply,
    ReceiptReply,
    Reply,
    SafetyReply,
    Say,
    StatusReply,
    TextReply,
    VerdictReply,
    decode,
    encode,
)
from api.services.attachment_ports import Document

__all__ = [
    "ACTS",
    "HUMAN_WORDS",
    "MAX_TEXT",
    "AnswerReply",
    "Choice",
    "DirectionsReply",
    "HandoverReply",
    "Inbound",
    "InboundRefused",
    "Media",
    "MenuReply",
    "Payload",
    "QuestionReply",
    "ReceiptReply",
    "Reply",
    "SafetyReply",
    "SafetyStage",
    "Say",
    "StatusReply",
    "TextReply",
    "VerdictReply",
    "asks_for_person",
    "clean",
    "decode",
    "encode",
    "read_payload",
]

Payload: TypeAlias = Mapping[str, Any]
"""What a choice carried: an act `{"act": ...}` with its fields, or an answer `{fact: value}`."""

MAX_TEXT: Final = 4000
"""Characters of one message; a longer one costs the dialogue engine seconds and gigabytes."""

MEDIA: Final = "media"
"""The act of whatever comes without words."""
ACTS: Final = frozenset(
    {"screen", "handoff", "human", "consent", "cancel", "back", "restart", "status", "complain", "appoint", MEDIA}
)
"""The closed list of acts in the public contract."""

HUMAN_WORDS: Final = frozenset(
    {"0", "人工", "转人工", "找人工", "人工客服", "转人工客服", "人工服务", "转接人工", "我要人工", "我要转人工"}
)
_MOST: Final = 10**18
"""Beyond it a number is no fact about a person, and infinity least of all."""
_MOST_ITEMS: Final = 20
_KEY: Final = re.compile(r"[a-z_]+(?:\.[a-z_]+)*")
_LONGEST_KEY: Final = 64
_MOST_WITH_FRACTION: Final = 10**8
_DECIMALS: Final = 2
"""Money has its fen; eight digits before and two behind the point are fewer than a telephone number has."""
_PUNCTUATION: Final = " \t\r\n\u3000。.!！?？,，~～、;；"
_FULL_WIDTH_ZERO: Final = str.maketrans({"０": "0"})


class InboundRefused(ValueError):
    """A message that cannot become a turn; `code` is stable and public."""

    def __init__(self, code: str, detail: str) -> None:
        """Keep the words free of what the citizen typed: they end up in logs."""
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One message from a citizen: `text`, `payload` or `media`, exactly one; `external_id` makes replays harmless.

    What came without words goes on as an act that says what it is, whether it was kept and which days stand in it: of its
    content nothing else.
    """

    channel: str
    conversation_id: str
    external_id: str
    received_at: datetime
    text: str | None = None
    payload: Payload | None = None
    media: Media | None = None
    document: Document | None = field(default=None, repr=False)
    """What a photograph or a file was once it had been looked at; beside `media` only."""
    turned_down: str | None = None
    """Why it was not kept, as a code of `DocumentUnusable`."""
    recognised: bool = False
    """A recogniser wrote the text down from speech, and may have misheard."""
    locale: str = "zh-CN"
    trace: str = ""

    def __post_init__(self) -> None:
        """Refuse here, so that no channel can forget to."""
        if [self.text, self.payload, self.media].count(None) != 2:  # noqa: PLR2004 - one of three
            msg = "text_or_payload"
            raise InboundRefused(msg, "消息须有 text、payload、media 三者之一，只能有一个。")
        if self.media is not None:
            object.__setattr__(self, "payload", self._of_media(self.media))
        elif self.payload is not None and self.payload.get("act") == MEDIA:
            # Only what came in can have been kept, whatever somebody writes of it.
            object.__setattr__(self, "payload", {"act": MEDIA, "kind": self.payload.get("kind")})
        if self.text is not None and not self.text.strip():
            msg = "text_empty"
            raise InboundRefused(msg, "消息是空的，请写点内容再发送。")
        if self.text is not None and len(self.text) > MAX_TEXT:
            msg = "text_too_long"
            raise InboundRefused(msg, f"一条消息最多 {MAX_TEXT} 个字，请分几条发送。")

    def _of_media(self, media: Media) -> Payload:
        said: dict[str, Any] = {"act": MEDIA, "kind": media.value}
        if self.document is not None:
            said |= {"kept": True, "days": [f"{one.kind}:{one.day.isoformat()}" for one in self.document.days]}
        elif self.turned_down is not None:
            said |= {"refused": self.turned_down}
        return said


def clean(text: str, /) -> str:
    """Replace what no database or protocol can carry: lone surrogates and control characters."""
    return "".join("\ufffd" if _unprintable(char) else char for char in text)


def _unprintable(char: str) -> bool:
    code = ord(char)
    return 0xD800 <= code <= 0xDFFF or (code < 0x20 and char not in "\t\r\n") or 0x7F <= code < 0xA0  # noqa: PLR2004


def read_payload(raw: str, /) -> Payload:
    """Read a choice's JSON text; anything but a small flat object of the contract is refused."""
    if len(raw) > MAX_TEXT:
        msg = "payload_too_long"
        raise InboundRefused(msg, f"payload 最多 {MAX_TEXT} 个字符。")
    try:
        data = json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        msg = "payload_invalid"
        raise InboundRefused(msg, "payload 须是 JSON 文本。") from None
    if not isinstance(data, dict) or not data:
        msg = "payload_invalid"
        raise InboundRefused(msg, "payload 须是非空的 JSON 对象。")
    if not all(len(key) <= _LONGEST_KEY and _KEY.fullmatch(key) for key in data):
        msg = "payload_invalid"
        raise InboundRefused(msg, "payload 的键须是约定的事实名。")
    data = {key: _whole_numbers(value) for key, value in data.items()}
    if not all(_is_plain(value) for value in data.values()):
        msg = "payload_invalid"
        raise InboundRefused(msg, "payload 的值须是文字、数字、真假、空值，或它们的列表。")
    if "act" in data and not (isinstance(data["act"], str) and data["act"] in ACTS):
        msg = "act_unknown"
        raise InboundRefused(msg, "payload 的 act 不在约定的范围内。")
    return data


def _no_constant(name: str) -> float:
    """JSON has no NaN; Python's reader would accept one."""
    raise ValueError(name)


def _whole_numbers(value: object) -> object:
    """Write 13800138000.0 as the whole number that it is, so that whoever looks for personal data sees it."""
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _is_plain(value: object) -> bool:
    if isinstance(value, list):
        return len(value) <= _MOST_ITEMS and all(_is_scalar(item) for item in value)
    return value is None or _is_scalar(value)


def _is_scalar(value: object) -> bool:
    if isinstance(value, float):
        return abs(value) < _MOST_WITH_FRACTION and round(value, _DECIMALS) == value
    if isinstance(value, int):
        return abs(value) < _MOST
    return isinstance(value, str)


def asks_for_person(*, text: str | None, payload: Payload | None) -> bool:
    """Whether these are the exact words that lead to a person without asking the dialogue engine."""
    if payload is not None:
        return payload.get("act") == "human"
    return text is not None and text.strip(_PUNCTUATION).translate(_FULL_WIDTH_ZERO) in HUMAN_WORDS
