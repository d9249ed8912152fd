"""What channels share whose platform knows its users: one thread a user, turns taken once, answers carried once.

The table is the truth of what was carried: an adapter that dies, or a platform that is away, costs time and no words.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from api.observability import trace_id
from api.services import conversations, delivery
from api.services.attachment_ports import Document
from api.services.documents import DocumentUnusable
from api.services.ports import Clock, Database, RateLimits
from api.services.records import Job, StoredMessage
from bot.channels import plain
from bot.channels.plain import Offered
from bot.gateway import Gateway
from bot.messages import Inbound, Media, Payload

_LOCALE: Final = "zh-CN"
_MOST_TOLD: Final = 10_000
_log = structlog.get_logger(__name__)


class Unreachable(Exception):
    """The platform will not carry this to the citizen now, and asking again is no use: blocked, or out of its hours."""

    def __init__(self, code: str) -> None:
        """Keep a short stable code; it becomes a task's reason."""
        super().__init__(code)
        self.code = code


class Undeliverable(Exception):
    """The platform will never carry this one message, whoever it is for; what stands behind it may be carried."""

    code = "message_refused"
    """A task's reason."""


class NotFetched(Exception):
    """The platform does not hand over what a user sent: it is gone, or the platform is away."""

    code = "document_not_fetched"


class TooFast(Exception):
    """This user sends more than anybody can read."""

    code = "too_fast"


class Carrier(Protocol):
    """Brings messages to a user of the platform."""

    async def __call__(self, user: str, message: StoredMessage, choices: Sequence[Offered], /) -> None:
        """Carry one message. Raises Unreachable, Undeliverable where that is final; anything else is tried again later."""


class Fetch(Protocol):
    """Brings what a user sent from the platform's own store."""

    async def __call__(self, file: str, /) -> bytes:
        """Return its bytes. Raises NotFetched, DocumentUnusable for what is larger than any document that is kept."""


async def _nothing_kept(file: str, /) -> bytes:  # noqa: ARG001 - a telephone keeps no files
    raise NotFetched


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one user sent: `text`, `payload` or `media`, exactly one, under the platform's id of the message."""

    user: str = field(repr=False)
    external_id: str
    text: str | None = None
    payload: Payload | None = None
    media: Media | None = None
    file: str | None = field(default=None, repr=False)
    """Under what the platform keeps a photograph or a file."""
    recognised: bool = False
    """The platform's recogniser wrote the text down, and may have misheard."""
    locale: str = _LOCALE


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """One channel's users and their threads."""

    channel: str
    gateway: Gateway
    database: Database
    limits: RateLimits
    clock: Clock
    carry: Carrier
    fetch: Fetch = _nothing_kept
    region: str | None = None
    """The place an account speaks for, where it is the account of one place."""

    async def greet(self, user: str, /, *, locale: str = _LOCALE) -> str:
        """Return the thread of a user, a fresh one greeted."""
        # Two first messages at once open one thread.
        async with self.database.conversation_lock(f"{self.channel}:{user}"):
            async with self.database.reading() as uow:
                known = await conversations.conversation_of(uow, channel=self.channel, external_user=user)
            if known is not None:
                return known.id
            opened = await self.gateway.open(
                channel=self.channel, region=self.region, locale=locale, external_user=user
            )
            return opened.id

    async def take(self, said: Said, /) -> str:
        """Take one message through its turn and return the thread; nothing is carried yet.

        Raises TooFast, and InboundRefused for what is no message, or a choice too early.
        """
        thread = await self.greet(said.user, locale=said.locale)
        if not await self.limits.allow("conversation.message", who=thread):
            raise TooFast
        payload = said.payload
        if said.text is not None and payload is None:
            payload = plain.chosen(said.text, await self.choices(thread))
        document, turned_down = await self._looked_at(said)
        await self.gateway.receive(
            Inbound(
                channel=self.channel,
                conversation_id=thread,
                external_id=said.external_id,
                text=None if payload is not None else said.text,
                payload=payload,
                media=said.media,
                document=document,
                turned_down=turned_down,
                recognised=said.recognised and payload is None,
                locale=said.locale,
                trace=trace_id.get(),
                received_at=self.clock(),
            )
        )
        return thread

    async def _looked_at(self, said: Said) -> tuple[Document | None, str | None]:
        """Fetch what was sent and return it made harmless, or why it was not kept."""
        if said.file is None:
            return None, None
        try:
            return await self.gateway.look_at(await self.fetch(said.file)), None
        except (NotFetched, DocumentUnusable) as refused:
            _log.info("document.refused", channel=self.channel, code=refused.code)
            return None, refused.code

    async def choices(self, thread: str, /) -> tuple[Offered, ...]:
        """Return what the citizen may choose from now."""
        async with self.database.reading() as uow:
            return plain.offered(await uow.conversations.last_turn(thread))

    async def waiting(self, thread: str, /) -> tuple[StoredMessage, ...]:
        """Return what the citizen has not been told yet, and may be told now."""
        async with self.database.reading() as uow:
            return await delivery.waiting(uow, conversation_id=thread, now=self.clock())

    async def reached(self, thread: str, /, *, seq: int) -> None:
        """Note that the citizen has been told everything up to `seq`."""
        async with self.database.unit_of_work() as uow:
            await delivery.reached(uow, conversation_id=thread, seq=seq)
            await uow.commit()

    def carrying(self, thread: str, /) -> AbstractAsyncContextManager[None]:
        """Be the only one who carries in this thread."""
        return self.database.conversation_lock(f"carry:{thread}")

    async def deliver(self, thread: str, /) -> None:
        """Carry what waits, one after the other; the outbox calls it too, and finds nothing where all is told."""
        async with self.carrying(thread):
            messages = await self.waiting(thread)
            if not messages:
                return
            async with self.database.reading() as uow:
                user = await conversations.external_user(uow, conversation_id=thread)
            if user is None:
                return
            choices = await self.choices(thread)
            for message in messages:
                try:
                    await self.carry(user, message, choices)
                except Unreachable as gone:
                    await self._told_staff(thread, gone.code)
                    return
                except Undeliverable as refused:
                    # A person sees to it; the numbers that are called in danger may stand behind it.
                    await self._told_staff(thread, refused.code)
                await self.reached(thread, seq=message.seq)

    async def bring(self, thread: str, /) -> None:
        """Carry what waits; what cannot be carried now is left to the outbox."""
        try:
            await self.deliver(thread)
        except Exception as error:  # noqa: BLE001 - the turn is stored and its delivery stands in the outbox
            _log.warning("delivery.later", channel=self.channel, conversation=thread, error=type(error).__name__)

    async def answer(self, said: Said, /) -> str:
        """Take one message and carry what is said to it."""
        thread = await self.take(said)
        await self.bring(thread)
        return thread

    async def _told_staff(self, thread: str, code: str) -> None:
        _log.warning("delivery.refused", channel=self.channel, conversation=thread, code=code)
        async with self.database.unit_of_work() as uow:
            await delivery.failed(uow, conversation_id=thread, code=code, now=self.clock())
            await uow.commit()


class Told:
    """How many parts of a message were brought before its platform took no more: the next try goes on behind them.

    Forgets the oldest of very many: a part that is said twice costs less than memory without end.
    """

    def __init__(self, *, most: int = _MOST_TOLD) -> None:
        """Begin empty; `most` messages are remembered."""
        self._parts: OrderedDict[tuple[str, int], int] = OrderedDict()
        self._most = most

    def note(self, user: str, seq: int, parts: int, /) -> None:
        """Note that the first `parts` of a message were brought."""
        if not parts:
            return
        self._parts[user, seq] = parts
        self._parts.move_to_end((user, seq))
        while len(self._parts) > self._most:
            self._parts.popitem(last=False)

    def of(self, user: str, seq: int, /) -> int:
        """Return how many parts of a message were brought."""
        return self._parts.get((user, seq), 0)

    def forget(self, user: str, seq: int, /) -> None:
        """Let a message go that was brought whole, or never will be."""
        self._parts.pop((user, seq), None)


def delivering(
    database: Database, *, platforms: Mapping[str, Platform], wake: Callable[[str], None]
) -> Callable[[Job], Awaitable[None]]:
    """Return the outbox's handler: streams look at the table by themselves, platforms are brought what waits."""

    async def deliver(job: Job) -> None:
        thread = str(job.payload["conversation"])
        wake(thread)
        async with database.reading() as uow:
            found = await uow.conversations.get(thread, lock=False)
        platform = None if found is None else platforms.get(found.channel)
        if platform is not None:
            await platform.deliver(thread)

    return deliver


class Background:
    """Turns that go on after the platform's request was answered; the app waits for them before it stops."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[object]] = set()

    def keep(self, task: "asyncio.Task[object]", /) -> None:
        """Hold a task until it is done: the event loop alone would let it be collected."""
        self._running.add(task)
        task.add_done_callback(self._ended)

    async def finish(self) -> None:
        """Wait for what still runs."""
        await asyncio.gather(*self._running, return_exceptions=True)

    def _ended(self, task: "asyncio.Task[object]") -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("channel.turn_failed", error=type(error).__name__, exc_info=error)
