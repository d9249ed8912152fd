"""The WeChat channel: the answer comes as the reply that WeChat waits five seconds for, or soon after as a message of its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Final, Self, assert_never

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from starlette.background import BackgroundTask

from api.http.problems import ProblemError
from api.services import conversations, news
from api.services.ports import Clock, Database, RateLimits
from bot.channels import plain
from bot.channels.phrases import Phrases
from bot.channels.platform import Background, Platform, TooFast, Undeliverable, Unreachable
from bot.channels.wechat import inbox
from bot.channels.wechat.account import PATH, Account
from bot.channels.wechat.client import Client, WeChatAway
from bot.channels.wechat.envelope import Envelope, EnvelopeRefused, MessageUnreadable, Stamp, xml
from bot.channels.wechat.inbox import Incoming, Place, What
from bot.channels.wechat.post import LONGEST, Post
from bot.gateway import Gateway
from bot.messages import InboundRefused

CHANNEL: Final = "wechat"
PATIENCE: Final = 4.5
"""Seconds until something must be replied: after five WeChat hangs up and asks again, three times in all."""
_REMEMBERED: Final = 60.0
"""Seconds for which a message asked about again finds its turn; WeChat's third try comes after ten."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """What a turn came to: a thread whose messages are to be carried, words beside the conversation, or both."""

    thread: str | None = None
    note: str | None = None


@dataclass(slots=True, kw_only=True)
class _Turn:
    """One message under way, however often it is delivered."""

    task: "asyncio.Task[_Done]"
    began: float
    late: bool = False
    reply: str | None = None
    """The reply that had the answer in it: whoever asks again did not get it."""
    packing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Two deliveries of one message pack one after the other: the second finds the reply of the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChat:
    """One account's conversations."""

    account: Account
    envelope: Envelope
    platform: Platform
    client: Client
    post: Post
    phrases: Phrases
    place: Place
    patience: float
    ticks: Callable[[], float]
    background: Background = field(default_factory=Background)
    _turns: dict[str, _Turn] = field(default_factory=dict)

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
        place: Place,
        patience: float = PATIENCE,
        ticks: Callable[[], float] = time.monotonic,
    ) -> Self:
        """Put the channel together; nothing is sent yet."""
        client = Client(account, lock=database.conversation_lock, clock=clock)
        post = Post(client, words=phrases.menu)
        platform = Platform(
            channel=CHANNEL,
            gateway=gateway,
            database=database,
            limits=limits,
            clock=clock,
            carry=post.carry,
            fetch=client.fetch,
            region=account.region,
        )
        return cls(
            account=account,
            envelope=Envelope(token=account.token, app_id=account.app_id, key=account.key),
            platform=platform,
            client=client,
            post=post,
            phrases=phrases,
            place=place,
            patience=patience,
            ticks=ticks,
        )

    def router(self) -> APIRouter:
        """Return the routes that WeChat calls."""
        router = APIRouter(include_in_schema=False)

        @router.get(PATH)
        async def prove(request: Request) -> Response:
            try:
                self.envelope.check(Stamp.read(request.query_params), now=self.platform.clock())
            except EnvelopeRefused as refused:
                raise _problem(refused) from None
            return PlainTextResponse(request.query_params.get("echostr", ""))

        @router.post(PATH)
        async def take_message(request: Request) -> Response:
            incoming = self._read(Stamp.read(request.query_params), await request.body())
            return await self._respond(incoming, hung_up=request.is_disconnected)

        return router

    async def aclose(self) -> None:
        """Let the turns end that are under way, and close the connections."""
        await self.background.finish()
        await self.client.aclose()

    def _read(self, stamp: Stamp, body: bytes) -> Incoming:
        try:
            fields = self.envelope.open(stamp, body, now=self.platform.clock())
            incoming = inbox.read(fields, place=self.place)
        except EnvelopeRefused as refused:
            raise _problem(refused) from None
        except MessageUnreadable as unreadable:
            _log.warning("wechat.unreadable")
            raise ProblemError(400, unreadable.code, "读不懂这条消息。") from None
        if self.account.original_id not in {None, incoming.account}:
            raise _problem(EnvelopeRefused("account"))
        return incoming

    # ---- what is replied

    async def _respond(self, incoming: Incoming, *, hung_up: Callable[[], Awaitable[bool]]) -> Response:
        text, rest = None, None
        match incoming.what:
            case What.SAID | What.ARRIVED | What.NEWS:
                text, rest = await self._reply(incoming, hung_up)
            case What.LEFT:
                await self._subscribe(incoming.user, wants=False)
            case What.SENT:
                _log.info("wechat.broadcast_sent", **incoming.report)
            case What.NOTHING:
                pass
            case _:
                assert_never(incoming.what)
        if text is None:
            return PlainTextResponse("success")  # so that WeChat neither waits nor asks again
        now = self.platform.clock()
        reply = xml(
            ToUserName=incoming.user,
            FromUserName=incoming.account,
            CreateTime=int(now.timestamp()),
            MsgType="text",
            Content=text,
        )
        return Response(
            self.envelope.seal(reply, now=now),
            media_type="text/xml; charset=utf-8",
            # What did not fit comes after the reply, not before it.
            background=None if rest is None else BackgroundTask(self.platform.bring, rest),
        )

    async def _reply(self, incoming: Incoming, hung_up: Callable[[], Awaitable[bool]]) -> tuple[str | None, str | None]:
        """Return what is replied to one delivery, and the thread that has more to bring."""
        deadline = asyncio.get_running_loop().time() + self.patience
        turn = self._turns.get(incoming.key) or self._begin(incoming)
        await asyncio.wait({turn.task}, timeout=self.patience)
        if turn.reply is not None:
            return turn.reply, None
        if await hung_up():
            self._be_late(incoming, turn)
            return None, None
        try:
            if turn.task.done():
                async with turn.packing:
                    return await self._packed(incoming, turn, deadline=deadline)
        except TimeoutError:
            pass  # somebody is carrying to this user, and the platform's API takes its time
        self._be_late(incoming, turn)
        return self.phrases.wechat.holding, None

    async def _packed(self, incoming: Incoming, turn: _Turn, *, deadline: float) -> tuple[str | None, str | None]:
        """Return what fits into one reply, and the thread that has more. Raises TimeoutError."""
        if turn.reply is not None:  # the delivery before this one has just packed it
            return turn.reply, None
        done = self._ended(incoming.key, turn)
        if done.thread is None:
            turn.reply = None if turn.late else done.note
            return turn.reply, None
        async with AsyncExitStack() as stack:
            async with asyncio.timeout_at(deadline):
                await stack.enter_async_context(self.platform.carrying(done.thread))
            messages = await self.platform.waiting(done.thread)
            packed = self.post.pack(incoming.user, messages, await self.platform.choices(done.thread))
            if packed.seq is not None:
                await self.platform.reached(done.thread, seq=packed.seq)
        noted = "\n\n".join(each for each in (packed.text, done.note) if each)
        text = noted if plain.utf8(noted) <= LONGEST else packed.text
        turn.reply = text or None
        return turn.reply, done.thread if packed.rest else None

    # ---- turns

    def _begin(self, incoming: Incoming) -> _Turn:
        now = self.ticks()
        while self._turns and now - self._turns[oldest := next(iter(self._turns))].began > _REMEMBERED:
            del self._turns[oldest]
        turn = _Turn(task=asyncio.create_task(self._take(incoming)), began=now)
        self.background.keep(turn.task)
        self._turns[incoming.key] = turn
        return turn

    async def _take(self, incoming: Incoming) -> _Done:
        words = self.phrases.wechat
        if incoming.what is What.NEWS:
            await self._subscribe(incoming.user, wants=incoming.news)
            return _Done(note=words.news_on if incoming.news else words.news_off)
        thread, note = None, None
        if incoming.what is What.ARRIVED:
            thread, note = await self.platform.greet(incoming.user), words.news_offer
            if await self.platform.waiting(thread):
                return _Done(thread=thread, note=note)
        if incoming.said is None:
            return _Done(thread=thread, note=note)
        try:
            return _Done(thread=await self.platform.take(incoming.said), note=note)
        except TooFast:
            return _Done(note=self.phrases.notes.too_fast)
        except InboundRefused as refused:
            return _Done(note=refused.detail)

    def _ended(self, key: str, turn: _Turn) -> _Done:
        """Return what a turn came to; one that broke is forgotten, so that the same message may try again."""
        if turn.task.cancelled() or turn.task.exception() is not None:  # its trace is in the log
            self._turns.pop(key, None)
            return _Done(note=self.phrases.wechat.failed)
        return turn.task.result()

    def _be_late(self, incoming: Incoming, turn: _Turn) -> None:
        """Have the answer brought by itself once it is there."""
        if not turn.late:
            turn.late = True
            self.background.keep(asyncio.create_task(self._bring_later(incoming, turn)))

    async def _bring_later(self, incoming: Incoming, turn: _Turn) -> None:
        await asyncio.wait({turn.task})
        done = self._ended(incoming.key, turn)
        if done.thread is not None:
            await self.platform.bring(done.thread)
        elif done.note is not None:
            try:
                await self.client.send(incoming.user, done.note)
            except (Unreachable, Undeliverable, WeChatAway) as lost:
                _log.info("wechat.note_lost", code=lost.code)

    async def _subscribe(self, user: str, *, wants: bool) -> None:
        """Note whether a follower wants law education; whoever has no thread has nothing to take back."""
        database, now = self.platform.database, self.platform.clock()
        if wants:
            thread = await self.platform.greet(user)
            async with database.unit_of_work() as uow:
                await news.agree(uow, conversation_id=thread, now=now)
                await uow.commit()
            return
        async with database.unit_of_work() as uow:
            known = await conversations.conversation_of(uow, channel=CHANNEL, external_user=user)
            if known is not None:
                await news.withdraw(uow, conversation_id=known.id, now=now)
                await uow.commit()


def _problem(refused: EnvelopeRefused) -> ProblemError:
    """Say no more than no; the log says why, for whoever sets the account up."""
    _log.warning("wechat.refused", reason=refused.reason)
    return ProblemError(401, refused.code, "不是微信发来的请求，或者已经过期。")
