"""Law education (普法) for followers who agreed to it: published cards and nothing else, within the platform's limits.

https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html: a follower gets four a month; one
request names 2 to 10,000 followers.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from api.services import news
from api.services.news import Reader
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
    """Return who would be sent it. Raises BroadcastRefused."""
    async with database.reading() as uow:
        readers = await news.readers(uow, channel=channel)
        sent = await news.sent_this_month(uow, channel=channel, now=clock())
    if sent >= MOST_A_MONTH:
        msg = f"{sent} were sent this month, and WeChat brings a follower {MOST_A_MONTH}."
        raise BroadcastRefused(msg)
    if len(readers) < _FEWEST:
        msg = f"{len(readers)} followers agreed, and WeChat sends to {_FEWEST} or more."
        raise BroadcastRefused(msg)
    return Broadcast(cards=tuple(cards), text=text, readers=readers, sent=sent)


async def send(broadcast: Broadcast, *, database: Database, client: Client, channel: str, clock: Clock) -> None:
    """Send it and put it on record. Raises WeChatRefused, WeChatAway.

    Run again the same day, nobody gets it twice: WeChat knows each batch by its name. Beyond 10,000 readers that holds only while they are the
    same: batches are cut anew, and who joined in between may shift somebody into the next.
    """
    name = hashlib.sha256(broadcast.text.encode()).hexdigest()[:32]
    for number, batch in enumerate(broadcast.batches):
        await client.broadcast([reader.user for reader in batch], broadcast.text, name=f"{name}-{number}")
    async with database.unit_of_work() as uow:
        count = len(broadcast.readers)
        news.record_sent(uow, channel=channel, cards=broadcast.cards, readers=count, now=clock())
        await uow.commit()


def _holds(card: Card, on: date) -> bool:
    return (card.valid_from is None or card.valid_from <= on) and (card.valid_to is None or on < card.valid_to)
