"""Carries messages through the Bot API: in parts that it takes, with buttons, and no faster than it allows."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, TypeVar

import structlog
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    LinkPreviewOptions,
)
from telegram.error import BadRequest, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from api.services import documents
from api.services.documents import DocumentUnusable
from api.services.records import StoredMessage
from bot.channels import plain
from bot.channels.phrases import MenuWords
from bot.channels.plain import Offered
from bot.channels.platform import NotFetched, Told, Undeliverable, Unreachable
from bot.channels.telegram import updates
from bot.channels.telegram.account import Account

LONGEST: Final = 4096
"""UTF-16 units of one message."""
PATIENCE: Final = 5.0
"""Seconds of a 429 that are waited out; what takes longer is left to the outbox."""
_CONNECT: Final = 5.0
_READ: Final = 10.0
_MOST_IN_A_ROW: Final = 3
_SHORT: Final = 6
"""Characters of a button that leave room for others beside it."""
_NO_PREVIEW: Final = LinkPreviewOptions(is_disabled=True)
_log = structlog.get_logger(__name__)
_T = TypeVar("_T")


class TelegramAway(Exception):
    """Telegram does not answer, or not now: to be tried again."""

    code = "telegram_away"


class _Refused(TelegramAway):
    """Telegram takes this request at no time: what is in it is wrong."""


class _TooBig(_Refused):
    """More than a bot may fetch."""


class _Flood(TelegramAway):
    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Post:
    """One bot's way out."""

    def __init__(self, account: Account, *, words: MenuWords, ticks: Callable[[], float] = time.monotonic) -> None:
        """Prepare; nothing is sent yet. `ticks` are seconds since some moment."""
        # The library's own loggers quote what was sent, and the token.
        logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)
        self._account = account
        self._words = words
        self._ticks = ticks
        self._requests = [HTTPXRequest(read_timeout=_READ, connect_timeout=_CONNECT) for _ in range(2)]
        sending, asking = self._requests
        self._bot = Bot(
            account.token,
            base_url=f"{account.base_url}/bot",
            base_file_url=f"{account.base_url}/file/bot",
            request=sending,
            get_updates_request=asking,
        )
        self._quiet: dict[int, float] = {}
        """Chats, and the moment before which each takes nothing more; none whose moment is past."""
        self._told = Told()

    async def carry(self, user: str, message: StoredMessage, choices: Sequence[Offered], /) -> None:
        """Carry one message, its choices as buttons. Raises Unreachable, Undeliverable, TelegramAway."""
        chat = int(user)
        parts = plain.split(plain.said(message, self._words), limit=LONGEST, measure=plain.utf16)
        told = self._told.of(user, message.seq)
        self._told.forget(user, message.seq)
        for number, part in enumerate(parts[told:], told):
            keyboard = buttons(message, choices, self._words) if number == len(parts) - 1 else None
            try:
                await self._send(chat, part, keyboard)
            except _Refused:
                raise Undeliverable from None
            except TelegramAway:
                self._told.note(user, message.seq, number)
                raise

    async def note(self, chat: int, text: str, /) -> None:
        """Say something beside the conversation. Raises Unreachable, TelegramAway."""
        await self._send(chat, text, None)

    async def acknowledge(self, press: str, /, *, alert: str | None = None) -> None:
        """End a button's waiting, with words where they are needed; one that waits no more is let be."""
        try:
            await self._bot.answer_callback_query(press, text=alert, show_alert=alert is not None)
        except TelegramError as error:
            _log.info("telegram.unacknowledged", error=type(error).__name__)

    async def fetch(self, file: str, /) -> bytes:
        """Return a photograph or a document that a user sent. Raises NotFetched, DocumentUnusable."""
        try:
            found = await _reached(lambda: self._bot.get_file(file))
            if (found.file_size or 0) > documents.LARGEST:
                raise DocumentUnusable("document_too_large")
            return bytes(await _reached(found.download_as_bytearray))
        except _TooBig:
            raise DocumentUnusable("document_too_large") from None
        except (Unreachable, TelegramAway):
            raise NotFetched from None

    async def leave(self, chat: int, /) -> None:
        """Leave a group or channel. Raises Unreachable, TelegramAway."""
        await _reached(lambda: self._bot.leave_chat(chat))

    async def register(self, commands: Mapping[str, str], /) -> None:
        """Tell Telegram where to bring updates, or that they will be asked for, and the commands. Raises TelegramAway."""
        secret, webhook = self._account.secret, self._account.webhook
        if secret is None:
            await _reached(self._bot.delete_webhook)
        elif webhook is not None:
            allowed = list(updates.ALLOWED)
            await _reached(lambda: self._bot.set_webhook(webhook, secret_token=secret, allowed_updates=allowed))
        menu = [BotCommand(name, title) for name, title in commands.items()]
        await _reached(lambda: self._bot.set_my_commands(menu, scope=BotCommandScopeAllPrivateChats()))

    async def updates(self, *, offset: int | None, wait: timedelta) -> Sequence[Mapping[str, Any]]:
        """Ask for updates from `offset` on; those before are done with. Raises TelegramAway."""
        allowed = list(updates.ALLOWED)
        found = await _reached(
            lambda: self._bot.get_updates(offset=offset, timeout=wait, allowed_updates=allowed, read_timeout=_READ)
        )
        return [update.to_dict() for update in found]

    async def aclose(self) -> None:
        """Close the connections."""
        for request in self._requests:
            await request.shutdown()

    async def _send(self, chat: int, text: str, keyboard: InlineKeyboardMarkup | None) -> None:
        for again in (True, False):
            await self._calm(chat)
            try:
                await _reached(
                    lambda: self._bot.send_message(chat, text, reply_markup=keyboard, link_preview_options=_NO_PREVIEW)
                )
            except _Flood as flood:
                now = self._ticks()
                self._quiet = {each: until for each, until in self._quiet.items() if until > now}
                self._quiet[chat] = now + flood.seconds
                if not again:
                    raise
            else:
                return

    async def _calm(self, chat: int) -> None:
        """Wait until the chat takes messages again. Raises TelegramAway where that is long."""
        wait = self._quiet.get(chat, 0.0) - self._ticks()
        if wait > PATIENCE:
            raise _Flood(wait)
        await asyncio.sleep(max(wait, 0.0))
        self._quiet.pop(chat, None)


def buttons(message: StoredMessage, choices: Sequence[Offered], words: MenuWords, /) -> InlineKeyboardMarkup | None:
    """Return the choices of a message as buttons, each with the number that can be typed instead."""
    own = [choice for choice in choices if choice.seq == message.seq]
    made = [
        InlineKeyboardButton(
            one.title if one.number is None else words.item.format(number=one.number, title=one.title),
            callback_data=updates.button(seq=one.seq, index=index),
        )
        for index, one in enumerate(own)
    ]
    row = _MOST_IN_A_ROW if all(len(button.text) <= _SHORT for button in made) else 1
    return InlineKeyboardMarkup([made[at : at + row] for at in range(0, len(made), row)]) if made else None


async def _reached(request: Callable[[], Awaitable[_T]]) -> _T:
    """Ask Telegram. The library's errors end here: some quote the token. Raises Unreachable, TelegramAway."""
    try:
        return await request()
    except RetryAfter as flood:
        after = flood.retry_after
        raise _Flood(after.total_seconds() if isinstance(after, timedelta) else after) from None
    except Forbidden:
        raise Unreachable("blocked") from None
    except InvalidToken:
        _log.error("telegram.token_refused")
        raise TelegramAway from None
    except BadRequest as refused:
        if "chat not found" in refused.message.lower():
            raise Unreachable("chat_not_found") from None
        if "file is too big" in refused.message.lower():
            raise _TooBig from None
        _log.error("telegram.request_refused")
        raise _Refused from None
    except TelegramError as error:
        _log.warning("telegram.away", error=type(error).__name__)
        raise TelegramAway from None
