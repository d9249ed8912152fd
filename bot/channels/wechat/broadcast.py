"""Law education (普法) for followers who agreed to it: published cards and nothing else, within the platform's limits.

https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html: a follower gets four a month; one
request names 2 to 10,000 followers.
"""

import math
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import structlog

from api.services import news
from api.services.news import Reader
from api.services.news_ports import Batch, BroadcastPlan
from api.services.ports import Clock, Database
from bot.channels import plain
from bot.channels.phrases import WeChatWords
from bot.channels.wechat.client import Client
from bot.channels.wechat.post import LONGEST
from knowledge_base.cards import Card
from knowledge_base.types import NATION

MOST_A_MONTH: Final = 4
_FEWEST: Final = 2
_MOST: Final = 10_000
_KNOWN: Final = timedelta(hours=24)
"""For how long WeChat knows a request by its `clientmsgid`."""
_log = structlog.get_logger(__name__)


class BroadcastRefused(Exception):
    """It must not go out like this; the message says why."""

    code = "broadcast_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """What would be sent, and to whom."""

    cards: tuple[str, ...]
    text: str
    readers: tuple[Reader, ...]
    sent: int
    """How many were sent this month already."""
    under_way: str | None = None
    """The plan that this goes on with: who is in it is on record."""

    @property
    def batches(self) -> tuple[tuple[Reader, ...], ...]:
        """Return the followers of each request; none is left alone in the last."""
        size = math.ceil(len(self.readers) / math.ceil(len(self.readers) / _MOST)) if self.readers else 1
        return tuple(self.readers[at : at + size] for at in range(0, len(self.readers), size))


def compose(names: Sequence[str], *, cards: Sequence[Card], places: Sequence[str], on: date, words: WeChatWords) -> str:
    """Return the text of the named cards, with their sources. Raises BroadcastRefused.

    `places` are those whose local cards may be told: the account's own and those above it.
    """
    if not names:
        msg = "The file names no card: one id a line, as the desk shows it."
        raise BroadcastRefused(msg)
    by_id = {card.id: card for card in cards}
    told = []
    for name in names:
        card = by_id.get(name)
        if card is None or card.gap or card.quotes or not _holds(card, on):
            msg = f"{name} is no published card that holds today."
            raise BroadcastRefused(msg)
        if card.region not in {NATION, *places}:
            msg = f"{name} is of another place than the account ({card.region}); see LEGAL_AID_WECHAT_REGION."
            raise BroadcastRefused(msg)
        sources = "；".join(f"《{each.document.title}》{each.clause}" for each in card.references)
        told.append(words.broadcast_card.format(question=card.questions[0], answer=card.answer, sources=sources))
    text = words.broadcast.format(cards="\n\n".join(told))
    if plain.utf8(text) > LONGEST:
        msg = f"The text has {plain.utf8(text)} bytes, and WeChat takes {LONGEST}: name fewer cards."
        raise BroadcastRefused(msg)
    return text


async def plan(database: Database, *, channel: str, cards: Sequence[str], text: str, clock: Clock) -> Broadcast:
    """Return who would be sent it, or who is still to be sent it where it is under way. Raises BroadcastRefused."""
    async with database.reading() as uow:
        readers = await news.readers(uow, channel=channel)
        sent = await news.sent_this_month(uow, channel=channel, now=clock())
        last = await uow.broadcasts.newest(channel=channel)
    if last is not None and last.finished_at is None:
        if last.text != text:
            msg = f"An earlier one is half sent ({', '.join(last.cards)}): send it to the end, or add --give-up."
            raise BroadcastRefused(msg)
        return Broadcast(cards=last.cards, text=text, readers=readers, sent=sent, under_way=last.id)
    if last is not None and last.text == text and clock() - last.planned_at < _KNOWN:
        msg = "This very text went out within a day; nobody gets it twice."
        raise BroadcastRefused(msg)
    if sent >= MOST_A_MONTH:
        msg = f"{sent} were sent this month, and WeChat brings a follower {MOST_A_MONTH}."
        raise BroadcastRefused(msg)
    if len(readers) < _FEWEST:
        msg = f"{len(readers)} followers agreed, and WeChat sends to {_FEWEST} or more."
        raise BroadcastRefused(msg)
    return Broadcast(cards=tuple(cards), text=text, readers=readers, sent=sent)


async def send(broadcast: Broadcast, *, database: Database, client: Client, channel: str, clock: Clock) -> int:
    """Send it, or what is left of it, and return how many were named. Raises WeChatRefused, WeChatAway.

    Who is in which request stands in the table before the first goes out: broken off and run again, it goes on behind what was taken, and
    nobody is named twice, whoever has joined or left since.
    """
    async with database.conversation_lock(f"broadcast:{channel}"):
        plan_id = await _planned(broadcast, database=database, channel=channel, clock=clock)
        async with database.reading() as uow:
            batches = await uow.broadcasts.batches(plan_id)
        for batch in batches:
            if batch.sent_at is None:
                await _ask(plan_id, batch, broadcast.text, database=database, client=client, clock=clock)
        return await _finish(plan_id, broadcast.cards, database=database, channel=channel, clock=clock)


async def give_up(database: Database, *, channel: str, clock: Clock) -> int:
    """Close one that is half sent, on record, and return how many were named. Raises BroadcastRefused."""
    async with database.conversation_lock(f"broadcast:{channel}"):
        async with database.reading() as uow:
            last = await uow.broadcasts.newest(channel=channel)
        if last is None or last.finished_at is not None:
            msg = "None is half sent."
            raise BroadcastRefused(msg)
        return await _finish(last.id, last.cards, database=database, channel=channel, clock=clock)


async def _planned(broadcast: Broadcast, *, database: Database, channel: str, clock: Clock) -> str:
    """Return the plan under way, put on record here where there is none."""
    async with database.unit_of_work() as uow:
        last = await uow.broadcasts.newest(channel=channel)
        if last is not None and last.finished_at is None and last.text == broadcast.text:
            return last.id
        if last is not None and last.finished_at is None:
            msg = "Another one has begun meanwhile."
            raise BroadcastRefused(msg)
        fresh = BroadcastPlan(
            id=uuid.uuid4().hex, channel=channel, cards=broadcast.cards, text=broadcast.text, planned_at=clock()
        )
        batches = [[reader.conversation_id for reader in batch] for batch in broadcast.batches]
        await uow.broadcasts.add(fresh, batches=batches)
        await uow.commit()
    return fresh.id


async def _ask(  # noqa: PLR0913 - ports, each named
    plan_id: str, batch: Batch, text: str, *, database: Database, client: Client, clock: Clock
) -> None:
    """Have WeChat send one batch, to those of it who still want it; WeChat knows it by its name for a day."""
    if batch.began_at is not None and clock() - batch.began_at >= _KNOWN:
        # It may have been taken just before we broke off, and WeChat no longer says so: rather none than twice.
        _log.warning("broadcast.unsure", batch=batch.number, readers=len(batch.threads))
        return
    async with database.unit_of_work() as uow:
        found = [await news.user_of(uow, conversation_id=thread) for thread in batch.threads]
        await uow.broadcasts.begin(plan_id, number=batch.number, now=clock())
        await uow.commit()
    users = [user for user in found if user is not None]
    if len(users) < _FEWEST:
        _log.warning("broadcast.too_few", batch=batch.number, readers=len(users))
        return
    await client.broadcast(users, text, name=f"{plan_id}-{batch.number}")
    async with database.unit_of_work() as uow:
        await uow.broadcasts.sent(plan_id, number=batch.number, now=clock())
        await uow.commit()


async def _finish(plan_id: str, cards: Sequence[str], *, database: Database, channel: str, clock: Clock) -> int:
    """Close a plan; one that reached nobody is no broadcast on record."""
    async with database.unit_of_work() as uow:
        batches = await uow.broadcasts.batches(plan_id)
        count = sum(len(batch.threads) for batch in batches if batch.sent_at is not None)
        await uow.broadcasts.finish(plan_id, now=clock())
        if count:
            news.record_sent(uow, channel=channel, cards=cards, readers=count, now=clock())
        await uow.commit()
    return count


def _holds(card: Card, on: date) -> bool:
    return (card.valid_from is None or card.valid_from <= on) and (card.valid_to is None or on < card.valid_to)
