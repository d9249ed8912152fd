"""Brings messages to users: as much as fits in the passive reply (被动回复), the rest as customer-service messages (客服消息)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.services.records import StoredMessage
from bot.channels import plain
from bot.channels.phrases import MenuWords
from bot.channels.plain import Offered
from bot.channels.platform import Told, Unreachable
from bot.channels.wechat.client import Client, WeChatAway

LONGEST: Final = 2048
"""Bytes of one message."""
_BETWEEN: Final = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What fits in one reply: `seq` is the last message that is in it whole, None where none is."""

    text: str
    seq: int | None
    rest: bool
    """Something is left for the customer-service messages."""


class Post:
    """One account's ways out."""

    def __init__(self, client: Client, *, words: MenuWords) -> None:
        """Prepare; nothing is sent yet."""
        self._client = client
        self._words = words
        self._told = Told()

    async def carry(self, user: str, message: StoredMessage, choices: Sequence[Offered], /) -> None:
        """Carry one message as customer-service messages. Raises Unreachable, Undeliverable, WeChatAway."""
        parts = self._parts(message, choices)
        told = self._told.of(user, message.seq)
        self._told.forget(user, message.seq)
        for number, part in enumerate(parts[told:], told):
            try:
                await self._client.send(user, part)
            except (Unreachable, WeChatAway):
                self._told.note(user, message.seq, number)
                raise

    def pack(self, user: str, messages: Sequence[StoredMessage], choices: Sequence[Offered], /) -> Packed:
        """Return as much of these messages as one reply holds."""
        text, seq = "", None
        for message in messages:
            parts = self._parts(message, choices)
            told = self._told.of(user, message.seq)
            for number, part in enumerate(parts[told:], told):
                longer = f"{text}{_BETWEEN}{part}" if text else part
                if plain.utf8(longer) > LONGEST:
                    self._told.note(user, message.seq, number)
                    return Packed(text=text, seq=seq, rest=True)
                text = longer
            self._told.forget(user, message.seq)
            seq = message.seq
        return Packed(text=text, seq=seq, rest=False)

    def _parts(self, message: StoredMessage, choices: Sequence[Offered]) -> tuple[str, ...]:
        text = plain.written(message, choices, self._words)
        return plain.split(text, limit=LONGEST, measure=plain.utf8)
