"""The same words mean the same on every channel: sources, pre-screen, dangers, what is filed and by when, and who has it then."""

import asyncio
import re
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from api.app import open_database, start_database
from api.db.engine import Database
from api.domain.clocks import CHINA, clocks
from api.domain.reference import parse as parse_reference
from api.services import conversations
from api.services.records import ApplicationRecord, Sender, StoredMessage, Ticket, TicketKind
from bot.channels.phone.account import account as phone_account
from bot.channels.phrases import Phrases
from bot.channels.telegram.account import account as telegram_account
from bot.channels.wechat.account import account as wechat_account
from bot.settings import BotSettings
from bot.sim import telegram, wechat
from bot.sim.twilio_api import FakeTwilio
from tests.e2e.assistant import Assistant
from tests.e2e.sip_call import READ_BACK, Programs, calling

pytestmark = pytest.mark.e2e

CONVERSATIONS: Sequence[Sequence[str]] = yaml.safe_load(Path(__file__).with_name("parity.yml").read_text())
_LINES = ("telephone", "own line")
_TRIES = 25
Play = Callable[[Assistant, BotSettings, Sequence[str]], Awaitable[tuple[str, str]]]


async def lines(said: Sequence[str]) -> AsyncIterator[str]:
    for each in said:
        yield each


async def on_the_web(assistant: Assistant, _settings: BotSettings, said: Sequence[str]) -> tuple[str, str]:
    def talk() -> str:
        citizen = assistant.citizen()
        for each in said:
            citizen.say(each)
        citizen.close()
        return citizen.id

    return "", await asyncio.to_thread(talk)


async def by_telegram(assistant: Assistant, settings: BotSettings, said: Sequence[str]) -> tuple[str, str]:
    bot, user, told = telegram_account(settings), secrets.randbelow(10**9) + 1, list[str]()
    assert bot is not None
    simulator = telegram.Simulator(
        account=bot, address=assistant.url, user=user, show=lambda _sent: None, tell=told.append
    )
    await simulator.run(lines(said))
    assert told == []
    return "telegram", str(user)


async def by_wechat(assistant: Assistant, settings: BotSettings, said: Sequence[str]) -> tuple[str, str]:
    official, user, told = wechat_account(settings), f"o{secrets.token_hex(6)}", list[str]()
    assert official is not None
    simulator = wechat.Simulator(
        account=official,
        address=assistant.url,
        user=user,
        menu=Phrases.load().wechat.menu,
        show=lambda _text: None,
        tell=told.append,
    )
    await simulator.run(lines(said))
    assert not [one for one in told if "refused" in one]
    return "wechat", user


async def by_telephone(assistant: Assistant, settings: BotSettings, said: Sequence[str]) -> tuple[str, str]:
    official = phone_account(settings)
    assert official is not None
    async with httpx.AsyncClient(base_url=assistant.url, timeout=60, trust_env=False) as client:
        call = FakeTwilio(
            client=client, public_url=official.public_url, token=official.auth_token, call="CA" + secrets.token_hex(16)
        )
        await call.dial()
        for each in said:
            before = len(call.said)
            await call.says(each)
            if any(one.startswith(READ_BACK) for one in call.said[before:]):
                await call.says("对")
        await call.hangs_up()
    return "voice", call.call


async def on_our_own_line(assistant: Assistant, settings: BotSettings, said: Sequence[str]) -> tuple[str, str]:
    database, programs = open_database(settings), Programs(assistant.var.parent / "line")
    await start_database(database, settings=settings)
    try:
        _, _, port = assistant.extra["LEGAL_AID_SIP_LISTEN"].partition(":")
        async with calling(int(port), programs=programs, database=database) as call:
            for each in said:
                if await call.says(each):
                    await call.says("对")
            return "", call.thread
    finally:
        await database.close()


CHANNELS: Mapping[str, Play] = {
    "web": on_the_web,
    "telegram": by_telegram,
    "wechat": by_wechat,
    "telephone": by_telephone,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one conversation came to."""

    urgency: str
    said: list[tuple[object, ...]]
    promised: Counter[tuple[object, ...]]
    filed: list[tuple[object, ...]]


def substance(messages: Sequence[StoredMessage]) -> list[tuple[object, ...]]:
    """Return what was said, without how: what it rests on, what it comes to, what it asks, what numbers it gives in danger."""
    first = next((each.seq for each in messages if each.sender is Sender.CITIZEN), 0)
    return [
        (
            message.kind,
            tuple((one["document"], one.get("clause")) for one in message.body.get("citations", ())),
            _verdict(message.body.get("verdict")),
            message.body.get("question", {}).get("fact"),
            tuple(message.body.get("safety", ())),
            tuple(re.findall(r"\d{3,}", message.text)) if message.kind == "safety" else (),
        )
        for message in messages
        if message.sender is not Sender.CITIZEN and message.seq > first
    ]


def _verdict(body: Mapping[str, Any] | None) -> tuple[object, ...] | None:
    if body is None:
        return None
    return body["outcome"], body["basis"], tuple((one["rule"], one["result"]) for one in body["reasons"])


def promised(ticket: Ticket) -> tuple[object, ...]:
    """Return what stands before the staff, by when the caller was told they would hear, and how often they were rung."""
    due = None if ticket.due is None else round((ticket.due - ticket.opened_at).total_seconds())
    if ticket.slot is not None:
        due = None  # the end of the half-day, which is compared itself
    next_at = None if ticket.next_at is None else ticket.next_at.astimezone(CHINA).date()
    safe = ticket.safe_to_contact
    return ticket.kind.value, ticket.reason, ticket.urgency.value, due, ticket.tried, next_at, ticket.slot, safe


def filed(record: ApplicationRecord) -> tuple[object, ...]:
    """Return an application without what tells two of them apart: its reference, its moment, its channel."""
    application = record.application
    parse_reference(application.reference)  # raises for what is none
    received = application.received_at
    assert received is not None
    timers = tuple((clock.kind, clock.days_left(now=received)) for clock in clocks(application))
    found = (record.urgency, record.matters, record.outcome, record.basis, record.flags, record.safe_to_contact)
    return application.state, timers, record.delivery, record.missing_documents, record.rulebook, record.region, *found


async def told(database: Database, channel: str, user: str) -> Heard:
    async with database.reading() as uow:
        if channel:
            thread = await conversations.conversation_of(uow, channel=channel, external_user=user)
        else:
            thread = await uow.conversations.get(user, lock=False)
        assert thread is not None
        messages = await conversations.messages_after(uow, conversation_id=thread.id, seq=1)
        records = await uow.applications.of_conversation(thread.id)
        receipts = {str(each.body.get("reference")) for each in messages if each.kind == "receipt"}
        assert receipts == {each.application.reference for each in records}
        return Heard(
            urgency=thread.urgency.value,
            said=substance(messages),
            promised=Counter(promised(each) for each in await uow.tickets.open_ones(conversation_id=thread.id)),
            filed=[filed(each) for each in records],
        )


@pytest.fixture(scope="module")
def settings(assistant: Assistant) -> BotSettings:
    platforms = {
        name.removeprefix("LEGAL_AID_").lower(): value
        for name, value in assistant.extra.items()
        if name.endswith("_BASE_URL")
    }
    return BotSettings(simulators=True, var=assistant.var, port=assistant.port, _env_file=None, **platforms)


@pytest.mark.parametrize("said", CONVERSATIONS, ids=[f"n{n} {said[-1]}" for n, said in enumerate(CONVERSATIONS)])
async def test_the_same_words_mean_the_same_everywhere(
    assistant: Assistant, settings: BotSettings, said: Sequence[str]
) -> None:
    database = open_database(settings)
    await start_database(database, settings=settings)
    try:
        users = await asyncio.gather(*(play(assistant, settings, said) for play in CHANNELS.values()))
        found = {name: await told(database, *user) for name, user in zip(CHANNELS, users, strict=True)}
        # One ear hears one call: this one comes by itself, and is to leave what the other telephone leaves.
        own = await on_our_own_line(assistant, settings, said)
        for _ in range(_TRIES):
            found["own line"] = await told(database, *own)
            if found["own line"].promised == found["telephone"].promised:
                break
            await asyncio.sleep(0.2)  # what a hang-up leaves is filed after it
    finally:
        await database.close()
    assert found["own line"].promised == found["telephone"].promised
    expected = found["web"]
    assert len(expected.said) >= len(said)
    assert len(expected.filed) == said.count("电话办理")
    assert sum(TicketKind.CALL_BACK.value in one for one in expected.promised) == said.count("想约周四下午跟律师谈谈")
    for name, each in found.items():
        assert (each.urgency, each.said, each.filed) == (expected.urgency, expected.said, expected.filed), name
        more, less = each.promised - expected.promised, expected.promised - each.promised
        assert not less, name
        # The one difference that is meant: on a line nobody can be written to, so whoever hangs up waiting is rung.
        assert {one[0] for one in more} <= ({TicketKind.CALL_BACK.value} if name in _LINES else set()), name
        assert more.total() <= 1, name


def test_there_are_enough_of_them() -> None:
    assert len(CONVERSATIONS) >= 20
