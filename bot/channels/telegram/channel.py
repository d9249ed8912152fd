"""The Telegram channel: each update once, private chats only, and a word for whatever it cannot read."""

import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

import structlog
from fastapi import APIRouter, Header, Request, Response

from api.http.problems import ProblemError
from api.services import conversations
from api.services.ports import Clock, Database, RateLimits
from bot.channels.phrases import Phrases
from bot.channels.plain import payload_of
from bot.channels.platform import Platform, Said, TooFast, Unreachable
from bot.channels.telegram import updates
from bot.channels.telegram.account import PATH, Account
from bot.channels.telegram.polling import persist, poll
from bot.channels.telegram.post import Post, TelegramAway
from bot.channels.telegram.updates import Chat, Contact, Membership, Message, Pressed, Update
from bot.gateway import Gateway
from bot.messages import InboundRefused
from bot.redact import private_kind

CHANNEL: Final = "telegram"
MENU: Final = ("human", "screen", "status", "restart", "cancel")
"""Commands that Telegram lists beside the field of entry."""
_IN: Final = frozenset({"member", "administrator", "restricted"})
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """One bot's conversations."""

    account: Account
    platform: Platform
    post: Post
    phrases: Phrases

    @classmethod
    def of(  # noqa: PLR0913 - ports, each named
        cls,
        account: Account,
        /,
        *,
        gateway: Gateway,
        database: Database,
        limits: RateLimits,
        clock: Clock,
        phrases: Phrases,
        ticks: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Put the channel together; nothing is sent yet."""
        post = Post(account, words=phrases.menu, ticks=ticks)
        platform = Platform(
            channel=CHANNEL,
            gateway=gateway,
            database=database,
            limits=limits,
            clock=clock,
            carry=post.carry,
            fetch=post.fetch,
        )
        return cls(account=account, platform=platform, post=post, phrases=phrases)

    def router(self) -> APIRouter:
        """Return the route that Telegram brings updates to; it has none where they are asked for."""
        router = APIRouter(include_in_schema=False)
        if self.account.secret is not None:
            secret = self.account.secret.encode()

            @router.post(PATH)
            async def take_update(
                request: Request, x_telegram_bot_api_secret_token: Annotated[str, Header()] = ""
            ) -> Response:
                if not hmac.compare_digest(x_telegram_bot_api_secret_token.encode(), secret):
                    raise ProblemError(401, "secret_required", "缺少平台的凭证，或者不对。")
                await self._read(await request.body())
                return Response(status_code=200)

        return router

    async def run(self) -> None:
        """Register with Telegram and, where there is no webhook, ask for updates until cancelled."""
        if self.account.secret is None or self.account.webhook is not None:
            titles = self.phrases.titles
            await persist(lambda: self.post.register({name: titles[name] for name in MENU}))
        if self.account.secret is None:
            await poll(self.post.updates, self._read)

    async def aclose(self) -> None:
        """Close the connections."""
        await self.post.aclose()

    async def take(self, update: Update, /) -> None:
        """Take one update; once it is taken, the same again changes nothing."""
        message = update.message or update.edited
        if message is not None and message.chat.type != updates.PRIVATE:
            await self._turn_down(message.chat)
        elif message is not None:
            await self._heard(message, edit=None if update.edited is None else update.id)
        elif update.pressed is not None:
            await self._pressed(update.pressed)
        elif update.membership is not None:
            await self._joined(update.membership)

    # ---- what a citizen sends

    async def _read(self, data: bytes | Mapping[str, Any]) -> None:
        update = updates.read(data)
        if update is None:
            # Refused, it would come again and again, and hold back what comes after it.
            _log.warning("telegram.update_unreadable")
            return
        await self.take(update)

    async def _heard(self, message: Message, *, edit: int | None) -> None:
        if message.contact is not None:
            await self._contact(message, message.contact)
        elif message.command == updates.START:
            await self._started(message)
        else:
            await self._say(message.chat, *updates.said(message, edit=edit))

    async def _say(self, chat: Chat, *said: Said) -> None:
        try:
            for one in said:
                await self.platform.answer(one)
        except TooFast:
            if await self._allowed("conversation.too_fast", str(chat.id)):
                await self._note(chat, self.phrases.notes.too_fast)
        except InboundRefused as refused:
            await self._note(chat, refused.detail)

    async def _started(self, message: Message) -> None:
        """Greet whoever comes for the first time; whoever comes again gets an answer too."""
        key = f"{message.chat.id}:{message.id}"
        thread = await self.platform.greet(str(message.chat.id))
        if await self.platform.waiting(thread):
            await self.platform.bring(thread)
            await self._once(key)  # sent again, it finds nothing that waits, and is no second hello
        elif await self._once(key):
            await self._say(message.chat, *updates.said(message, edit=None))

    async def _contact(self, message: Message, contact: Contact) -> None:
        """Take the number where one was asked for, straight to where private answers are kept; else it is let go."""
        user, key = str(message.chat.id), f"{message.chat.id}:{message.id}"
        thread = await self.platform.greet(user)
        async with self.platform.database.reading() as uow:
            now = self.platform.clock()
            asked = (await conversations.conversation(uow, conversation_id=thread, now=now)).expecting
        if asked is not None and private_kind(asked) == "phone" and contact.phone is not None:
            said = Said(user=user, external_id=str(message.id), payload={asked: contact.phone})
            await self._say(message.chat, said)
            await self._once(key)  # sent again, it finds another question, and no note
            return
        await self.platform.bring(thread)
        if await self._once(key):
            await self._note(message.chat, self.phrases.notes.contact)

    async def _pressed(self, pressed: Pressed) -> None:
        if pressed.message is None or pressed.message.chat.type != updates.PRIVATE:
            await self.post.acknowledge(pressed.id)
            return
        user = str(pressed.message.chat.id)
        thread = await self.platform.greet(user)
        choices = await self.platform.choices(thread)
        seq, index = pressed.choice or (0, -1)
        payload = payload_of(choices, seq=seq, index=index)
        if payload is None:
            await self.post.acknowledge(pressed.id, alert=self.phrases.notes.outdated)
            await self.platform.bring(thread)
            return
        await self.post.acknowledge(pressed.id)
        await self._say(pressed.message.chat, updates.press(pressed, payload, user=user))

    # ---- groups and channels

    async def _joined(self, membership: Membership) -> None:
        if membership.chat.type != updates.PRIVATE and membership.now.status in _IN:
            await self._turn_down(membership.chat)

    async def _turn_down(self, chat: Chat) -> None:
        """Say once that this is for two, and go: what others say there is none of ours."""
        if await self._once(f"group:{chat.id}"):
            await self._note(chat, self.phrases.notes.group)
        await self._quietly(lambda: self.post.leave(chat.id))

    # ---- words beside the conversation

    async def _note(self, chat: Chat, text: str) -> None:
        await self._quietly(lambda: self.post.note(chat.id, text))

    async def _once(self, what: str) -> bool:
        return await self._allowed("channel.once", what)

    async def _allowed(self, action: str, what: str) -> bool:
        """Count under a name that tells nobody who it is: counters may stand in a Redis."""
        who = hmac.digest(self.account.token.encode(), what.encode(), "sha256").hex()
        return await self.platform.limits.allow(action, who=who)

    async def _quietly(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do what is not worth a second try."""
        try:
            await act()
        except (Unreachable, TelegramAway) as failed:
            _log.info("telegram.note_lost", code=failed.code)
