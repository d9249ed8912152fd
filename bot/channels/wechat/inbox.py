"""Reads messages and events: what a user said or did; everything else WeChat tells is let go by."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bot.channels.platform import Said
from bot.channels.wechat.envelope import MessageUnreadable
from bot.messages import Media
from knowledge_base.regions import Regions

HELLO: Final = "你好"
"""What coming back says."""
ACTS: Final = ("screen", "status", "appoint", "human", "restart", "complain")
"""Acts that a button of the menu may carry as its key."""
_NEWS_KEYS: Final[Mapping[str, bool]] = {"news.on": True, "news.off": False}
_NEWS_WORDS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("订阅普法", "普法订阅", "订阅普法消息"), True),
    **dict.fromkeys(
        ("退订普法", "普法退订", "退订普法消息", "取消订阅普法", "不要普法", "退订", "取消订阅", "td"), False
    ),
}
_MEDIA: Final[Mapping[str, Media]] = {
    "image": Media.IMAGE,
    "voice": Media.VOICE,
    "video": Media.VIDEO,
    "shortvideo": Media.VIDEO,
    "location": Media.LOCATION,
    "link": Media.FILE,
    "file": Media.FILE,
}
_NOT_SHOWN: Final = re.compile(r"[\[【]收到不支持的消息类型，暂无法显示[\]】]")
"""What WeChat writes in the place of a sticker."""
_RANK: Final = re.compile(r"[省市区县旗州盟]")
_LONGEST_PLACE: Final = 40
_MEDIA_ID: Final = re.compile(r"[A-Za-z0-9_\-]{1,256}")
_OPEN_ID: Final = re.compile(r"[A-Za-z0-9_\-]{1,64}")
_ID: Final = re.compile(r"[0-9]{1,20}")
_EVENT: Final = re.compile(r"[A-Za-z_]{1,32}")
_AROUND: Final = ' \t\r\n\u3000。.!！、,，“”"「」'


class What(StrEnum):
    """What a user did."""

    SAID = "said"
    ARRIVED = "arrived"
    """They follow the account, or scanned its code."""
    LEFT = "left"
    NEWS = "news"
    """They want law education (普法), or no longer."""
    SENT = "sent"
    """A broadcast of ours has gone out: `report` has the figures."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One message or event, once however often it is delivered: `key` names it within the account."""

    user: str = field(repr=False)
    account: str
    key: str = field(repr=False)
    what: What
    said: Said | None = None
    news: bool = False
    report: Mapping[str, str] = field(default_factory=dict)


Place = Callable[[str], str | None]
"""Returns the full name of the place that an address lies in, None where that is unclear."""


def place_in(regions: Regions) -> Place:
    """Return how addresses become places: province, city and county, nothing nearer."""

    def named(address: str) -> str | None:
        # From the front, as far as the names are places: streets are named after cities, and shops too.
        ends = [found.end() for found in _RANK.finditer(address[:_LONGEST_PLACE])]
        found = next((place for end in reversed(ends) if (place := regions.resolve(address[:end]))), None)
        if found is None or not found.parents:
            return None
        chain = [regions.get(code) for code in reversed(found.chain[:-1])]
        return "".join(each.name for each in chain if each is not None)

    return named


def read(fields: Mapping[str, str], /, *, place: Place) -> Incoming:
    """Read one message. Raises MessageUnreadable."""
    user, account = fields.get("FromUserName", ""), fields.get("ToUserName", "")
    if not _OPEN_ID.fullmatch(user) or not _OPEN_ID.fullmatch(account):
        raise MessageUnreadable
    return _event(fields, user, account) if fields.get("MsgType") == "event" else _message(fields, user, account, place)


def _message(fields: Mapping[str, str], user: str, account: str, place: Place) -> Incoming:
    text, media, recognised = _content(fields, place)
    number = fields.get("MsgId", "")
    if text is None and media is None:
        return Incoming(user=user, account=account, key=f"{user}:{number}", what=What.NOTHING)
    if not _ID.fullmatch(number):
        raise MessageUnreadable
    wants = None if text is None else _NEWS_WORDS.get(text.strip(_AROUND).lower())
    name = fields.get("MediaId", "") if media is Media.IMAGE else ""
    file = name if _MEDIA_ID.fullmatch(name) else None
    said = Said(user=user, external_id=number, text=text, media=media, file=file, recognised=recognised)
    return Incoming(
        user=user,
        account=account,
        key=f"{user}:{number}",
        what=What.SAID if wants is None else What.NEWS,
        said=said if wants is None else None,
        news=bool(wants),
    )


def _content(fields: Mapping[str, str], place: Place) -> tuple[str | None, Media | None, bool]:
    """Return the words of a message or what it is without words, and whether a recogniser wrote them down."""
    content, heard = fields.get("Content", ""), fields.get("Recognition", "").strip()
    match fields.get("MsgType", ""):
        case "text" if _NOT_SHOWN.fullmatch(content):
            return None, Media.FILE, False
        case "text":
            return content, None, False
        case "voice" if heard:
            return heard, None, True
        # Coordinates and address end here; of where somebody stands the place alone is kept.
        case "location" if (where := place(fields.get("Label", ""))) is not None:
            return where, None, False
        case kind:
            return None, _MEDIA.get(kind), False


def _event(fields: Mapping[str, str], user: str, account: str) -> Incoming:
    time, event, button = fields.get("CreateTime", ""), fields.get("Event", ""), fields.get("EventKey", "")
    if not _ID.fullmatch(time):
        raise MessageUnreadable
    known = event.lower() if _EVENT.fullmatch(event) else ""
    number = f"{known}.{time}"
    what, said, news, report = What.NOTHING, None, False, {}
    match known:
        case "subscribe" | "scan":
            what, said = What.ARRIVED, Said(user=user, external_id=number, text=HELLO)
        case "unsubscribe":
            what = What.LEFT
        case "click" if button in ACTS:
            what, said = What.SAID, Said(user=user, external_id=f"{number}.{button}", payload={"act": button})
        case "click" if button in _NEWS_KEYS:
            what, news = What.NEWS, _NEWS_KEYS[button]
        case "masssendjobfinish":
            figures = ("TotalCount", "SentCount", "ErrorCount")
            what, report = What.SENT, {name: fields[name] for name in figures if _ID.fullmatch(fields.get(name, ""))}
    # One tap on two buttons in one second is two events.
    key = f"{user}:{number}:{button[:64]}"
    return Incoming(user=user, account=account, key=key, what=what, said=said, news=news, report=report)
