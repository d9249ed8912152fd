"""The channels that are switched on, each built from its settings in one place; the root mounts what this returns."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from fastapi import APIRouter

from api.http.problems import ProblemError
from api.services.ports import Clock, Database, RateLimits
from api.services.records import StoredMessage
from bot.channels.phone import sip, sip_account, twilio
from bot.channels.phone.account import account as twilio_account
from bot.channels.phone.flow import CHANNEL, Flow
from bot.channels.phrases import Phrases
from bot.channels.plain import Offered
from bot.channels.platform import Background, Platform
from bot.channels.telegram.account import PATH as TELEGRAM
from bot.channels.telegram.account import account as telegram_account
from bot.channels.telegram.channel import Telegram
from bot.channels.wechat.account import PATH as WECHAT
from bot.channels.wechat.account import account as wechat_account
from bot.channels.wechat.channel import WeChat
from bot.channels.wechat.inbox import Place
from bot.gateway import Gateway
from bot.settings import BotSettings
from knowledge_base.offices import Opening

CARRIED: Final = ("telegram", "wechat")
"""Channels whose citizens read only what is brought to them."""
BUDGETS: Final[Mapping[str, float]] = {"wechat": 4.0}
"""Seconds that the dialogue engine has where the platform itself does not wait longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a channel is built from."""

    settings: BotSettings
    gateway: Gateway
    database: Database
    limits: RateLimits
    clock: Clock
    phrases: Phrases
    on_duty: Callable[[datetime], Opening]
    """Whether somebody is there to be put through to."""
    place: Place
    """What place an address lies in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """What is mounted, delivered to and run beside the app."""

    routers: tuple[APIRouter, ...]
    platforms: Mapping[str, Platform] = field(default_factory=dict)
    """Channels that the outbox carries messages to, by name."""
    runs: tuple[Callable[[], Awaitable[None]], ...] = ()
    """What goes on as long as the app does."""
    closes: tuple[Callable[[], Awaitable[None]], ...] = ()
    """What lets go of its connections when the app stops."""
    background: Background = field(default_factory=Background)


def build(needs: Needs) -> Lines:
    """Return every channel that its settings switch on; the address of one that is off says so."""
    background = Background()
    telegram, wechat = _telegram(needs), _wechat(needs)
    routers = [
        _twilio(needs, background),
        _off(TELEGRAM) if telegram is None else telegram.router(),
        _off(WECHAT) if wechat is None else wechat.router(),
    ]
    carried = [each for each in (telegram, wechat) if each is not None]
    own = _sip(needs, background)
    return Lines(
        routers=tuple(routers),
        platforms={each.platform.channel: each.platform for each in carried},
        runs=tuple(each.run for each in (telegram, own) if each is not None),
        closes=tuple(each.aclose for each in carried),
        background=background,
    )


def _telegram(needs: Needs) -> Telegram | None:
    bot = telegram_account(needs.settings)
    if bot is None:
        return None
    return Telegram.of(
        bot,
        gateway=needs.gateway,
        database=needs.database,
        limits=needs.limits,
        clock=needs.clock,
        phrases=needs.phrases,
    )


def _wechat(needs: Needs) -> WeChat | None:
    official = wechat_account(needs.settings)
    if official is None:
        return None
    return WeChat.of(
        official,
        gateway=needs.gateway,
        database=needs.database,
        limits=needs.limits,
        clock=needs.clock,
        phrases=needs.phrases,
        place=needs.place,
    )


def _twilio(needs: Needs, background: Background) -> APIRouter:
    settings, official = needs.settings, twilio_account(needs.settings)
    if official is None:
        return _off(twilio.PREFIX)
    flow = _flow(needs, transfers=bool(official.transfer))
    line = twilio.Line(
        flow=flow,
        account=official,
        caller_id=settings.twilio_caller_id,
        speech_language=settings.twilio_speech_language,
        say_language=settings.twilio_say_language,
        voice=settings.twilio_voice,
        background=background,
    )
    return twilio.build_router(line)


def _sip(needs: Needs, background: Background) -> sip.SipLine | None:
    account = sip_account.account(needs.settings)
    if account is None:
        return None
    flow = _flow(needs, transfers=bool(account.transfer))
    return sip.SipLine(
        account=account,
        flow=flow,
        speech=sip_account.speech(needs.settings, common=flow.words.fixed()),
        background=background,
    )


def _flow(needs: Needs, *, transfers: bool) -> Flow:
    return Flow(
        platform=Platform(
            channel=CHANNEL,
            gateway=needs.gateway,
            database=needs.database,
            limits=needs.limits,
            clock=needs.clock,
            carry=_spoken_only,
        ),
        words=needs.phrases.phone,
        opening=needs.on_duty,
        transfers=transfers,
    )


async def _spoken_only(user: str, message: StoredMessage, choices: Sequence[Offered], /) -> None:
    """Carry nothing: a call is spoken to while it lasts, and its thread is never among those that are carried."""


def _off(prefix: str) -> APIRouter:
    """Answer for a channel that is not set up."""
    router = APIRouter(prefix=prefix, include_in_schema=False)

    async def off(path: str = "") -> None:
        del path
        raise ProblemError(404, "channel_off", "这个渠道没有开通。")

    router.add_api_route("", off, methods=["GET", "POST"])
    router.add_api_route("/{path:path}", off, methods=["GET", "POST"])
    return router
