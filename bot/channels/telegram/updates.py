"""Reads updates: only what is used here, checked by its type; everything else Telegram knows is let go by."""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.channels.platform import Said
from bot.messages import Media, Payload

PRIVATE: Final = "private"
START: Final = "start"
ALLOWED: Final = ("message", "edited_message", "callback_query", "my_chat_member")
"""The kinds of update that are asked for."""
COMMANDS: Final[Mapping[str, Payload | str]] = {
    "human": {"act": "human"},
    "screen": {"act": "screen"},
    "status": {"act": "status"},
    "cancel": {"act": "cancel"},
    "stop": {"act": "cancel"},
    "restart": {"act": "restart"},
    "help": "你能做什么",
    START: "你好",
}
"""What commands stand for: an act, or words."""
_MEDIA: Final[Mapping[str, Media]] = {
    "photo": Media.IMAGE,
    "sticker": Media.IMAGE,
    "voice": Media.VOICE,
    "audio": Media.VOICE,
    "video": Media.VIDEO,
    "video_note": Media.VIDEO,
    "animation": Media.VIDEO,
    "location": Media.LOCATION,
    "venue": Media.LOCATION,
    **dict.fromkeys(("document", "paid_media", "story", "poll", "checklist", "game"), Media.FILE),
}
"""Fields of a message that hold no words, the telling one first: an animation is a document too, a venue a location."""
_KEPT: Final = frozenset({"photo", "document"})
_LONGEST_FILE: Final = 512
_COMMAND: Final = re.compile(
    r"/(?:(start)(?:@\w+)?\s+[A-Za-z0-9_\-]{1,64}|([A-Za-z0-9_]{1,32})(?:@\w+)?)\s*", re.ASCII | re.IGNORECASE
)
"""A command and nothing else, «/start» with what a link gave it: whoever goes on in words is listened to."""
_BUTTON: Final = re.compile(r"([0-9]{1,9})\.([0-9]{1,3})")
_PHONE: Final = re.compile(r"[0-9]{5,20}")


_Id: TypeAlias = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Chat(_Part):
    """Where something was said: `private`, `group`, `supergroup` or `channel`."""

    id: _Id
    type: str


class Emoji(_Part):
    """What a sticker or a die shows."""

    emoji: str | None = None


class Contact(_Part):
    """A visiting card."""

    phone_number: str = Field(repr=False)

    @property
    def phone(self) -> str | None:
        """Return the number in international form, None where there is none."""
        digits = re.sub(r"[\s()+\-]", "", self.phone_number)
        return f"+{digits}" if _PHONE.fullmatch(digits) else None


class Message(_Part):
    """What a user sent."""

    id: _Id = Field(alias="message_id")
    chat: Chat
    text: str | None = Field(default=None, repr=False)
    caption: str | None = Field(default=None, repr=False)
    album: str | None = Field(default=None, alias="media_group_id", max_length=40)
    sticker: Emoji | None = None
    dice: Emoji | None = None
    contact: Contact | None = None
    media: Media | None = None
    file: str | None = Field(default=None, repr=False)
    """Under what Telegram keeps a photograph or a document."""

    @model_validator(mode="before")
    @classmethod
    def _without_words(cls, data: object) -> object:
        if not isinstance(data, Mapping):
            return data
        shown = next((field for field in _MEDIA if data.get(field) is not None), None)
        file = _file(data[shown]) if shown in _KEPT else None
        return {**data, "media": None if shown is None else _MEDIA[shown], "file": file}

    @property
    def command(self) -> str | None:
        """Return the command that this is."""
        found = _COMMAND.fullmatch(self.text or "")
        return (found[1] or found[2]).lower() if found else None

    @property
    def words(self) -> str | None:
        """Return what it says: a sticker speaks by its emoji."""
        shown = next((each.emoji for each in (self.sticker, self.dice) if each is not None), None)
        return self.text or self.caption or shown or None


class Below(_Part):
    """The message a button stands under."""

    chat: Chat


class Pressed(_Part):
    """A press on a button: `data` names the choice."""

    id: str
    data: str = ""
    message: Below | None = None

    @property
    def choice(self) -> tuple[int, int] | None:
        """Return sequence number and index of the choice."""
        found = _BUTTON.fullmatch(self.data)
        return (int(found[1]), int(found[2])) if found else None


class Member(_Part):
    """What the bot is in a chat."""

    status: str


class Membership(_Part):
    """The bot was let into a chat, or put out of it."""

    chat: Chat
    now: Member = Field(alias="new_chat_member")


class Update(_Part):
    """One thing that happened; which of the fields is there says what."""

    id: _Id = Field(alias="update_id")
    message: Message | None = None
    edited: Message | None = Field(default=None, alias="edited_message")
    pressed: Pressed | None = Field(default=None, alias="callback_query")
    membership: Membership | None = Field(default=None, alias="my_chat_member")


def read(data: bytes | Mapping[str, Any], /) -> Update | None:
    """Read one update; None for what is none."""
    try:
        return Update.model_validate_json(data) if isinstance(data, bytes) else Update.model_validate(data)
    except ValidationError:
        return None


def _file(shown: object) -> str | None:
    """Return what Telegram calls a file: of a photograph's sizes, which are in order, the largest."""
    largest = shown[-1] if isinstance(shown, Sequence) and not isinstance(shown, str) and shown else shown
    found = largest.get("file_id") if isinstance(largest, Mapping) else None
    return found if isinstance(found, str) and 0 < len(found) <= _LONGEST_FILE else None


def button(*, seq: int, index: int) -> str:
    """Return what stands behind a button, 64 bytes at most."""
    return f"{seq}.{index}"


def said(message: Message, /, *, edit: int | None) -> tuple[Said, ...]:
    """Return what a message says: its words, then what it shows; `edit` is the update that changed an earlier one.

    Words changed are said anew: danger may stand in them.
    """
    user, key = str(message.chat.id), str(message.id) if edit is None else f"{message.id}.{edit}"
    found: list[Said] = []
    if message.words is not None:
        meant = COMMANDS.get(message.command or "", message.words)
        text, payload = (meant, None) if isinstance(meant, str) else (None, meant)
        found.append(Said(user=user, external_id=key, text=text, payload=payload))
    shows = message.media is not None and (message.sticker is None or not found)
    if shows and edit is None:
        # Of an album every page is kept, and what nobody can read is said to be unreadable once.
        named = key if message.file is not None else message.album or key
        found.append(Said(user=user, external_id=f"media.{named}", media=message.media, file=message.file))
    return tuple(found)


def press(pressed: Pressed, payload: Payload, /, *, user: str) -> Said:
    """Return what a button says; the same button again says nothing new."""
    return Said(user=user, external_id=f"button.{pressed.data}", payload=payload)
