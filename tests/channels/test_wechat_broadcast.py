"""Law education goes to those who asked for it: published cards alone, within the platform's limits, once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from api.services import conversations, news
from api.services.records import SafeToContact
from bot.channels.phrases import Phrases
from bot.channels.wechat import broadcast
from bot.channels.wechat.broadcast import Broadcast, BroadcastRefused
from bot.channels.wechat.client import WeChatAway, WeChatRefused
from bot.channels.wechat.command import buttons
from knowledge_base.cards import Card, load_cards
from tests.channels.wechat_line import UNHURRIED, WeChatLine, wechat_line
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http
WORDS = Phrases.load().wechat
TODAY = date(2026, 11, 21)
CARDS = load_cards().cards
OURS = next(card for card in CARDS if card.id == "admin.suit_limit")
LOCAL = next(card for card in CARDS if card.region == "231000" and not card.gap)
GAP = next(card for card in CARDS if card.gap)


@pytest.fixture
async def line(stage: Stage) -> AsyncIterator[WeChatLine]:
    async with wechat_line(stage, **UNHURRIED) as line:
        yield line


def composed(*names: str, cards: tuple[Card, ...] = CARDS, places: tuple[str, ...] = ()) -> str:
    return broadcast.compose(names, cards=cards, places=places, on=TODAY, words=WORDS)


async def planned(line: WeChatLine) -> Broadcast:
    return await broadcast.plan(
        line.stage.database, channel="wechat", cards=(OURS.id,), text=composed(OURS.id), clock=line.stage.clock
    )


async def send(line: WeChatLine, what: Broadcast) -> None:
    await broadcast.send(
        what, database=line.stage.database, client=line.wechat.client, channel="wechat", clock=line.stage.clock
    )


async def agreed(line: WeChatLine, *users: str) -> None:
    for user in users:
        await line.text("订阅普法", user=user)


class TestText:
    def test_is_the_card_its_source_and_the_way_out(self) -> None:
        text = composed(OURS.id)
        assert OURS.answer in text
        assert "行政诉讼法》第四十六条" in text
        assert "退订普法" in text

    @pytest.mark.parametrize("names", [(), ("no.such_card",), (GAP.id,)])
    def test_is_of_published_cards_alone(self, names: tuple[str, ...]) -> None:
        with pytest.raises(BroadcastRefused):
            composed(*names)

    @pytest.mark.parametrize(
        "change", [{"valid_to": TODAY}, {"valid_from": TODAY + timedelta(days=1)}, {"quotes": ("law.art1",)}]
    )
    def test_is_of_cards_that_hold_today(self, change: dict[str, object]) -> None:
        with pytest.raises(BroadcastRefused, match="holds today"):
            composed(OURS.id, cards=(replace(OURS, **change),))

    def test_is_of_the_place_of_the_account(self) -> None:
        assert LOCAL.answer in composed(LOCAL.id, places=("231000", "230000", "CN"))
        with pytest.raises(BroadcastRefused, match="another place"):
            composed(LOCAL.id, places=("320400",))

    def test_fits_into_one_message(self) -> None:
        with pytest.raises(BroadcastRefused, match="fewer cards"):
            composed(*[OURS.id] * 12)


class TestReaders:
    async def test_are_those_who_agreed_and_still_follow(self, line: WeChatLine) -> None:
        await agreed(line, "o1", "o2", "o3", "o4")
        await line.text("你好", user="o5")
        await line.text("退订普法", user="o3")
        await line.fake.event("o4", "unsubscribe")
        assert {one.user for one in (await planned(line)).readers} == {"o1", "o2"}

    @pytest.mark.parametrize("safe", [each for each in SafeToContact if each is not SafeToContact.YES])
    async def test_are_nobody_whom_a_message_could_endanger(self, line: WeChatLine, safe: SafeToContact) -> None:
        await agreed(line, "o1", "o2", "o3")
        async with line.stage.database.unit_of_work() as uow:
            found = await conversations.conversation_of(uow, channel="wechat", external_user="o3")
            assert found is not None
            care = replace(found.care, safe_to_contact=safe)
            await conversations.take_care(uow, conversation_id=found.id, care=care, now=line.stage.clock())
            await uow.commit()
        assert {one.user for one in (await planned(line)).readers} == {"o1", "o2"}

    async def test_are_two_at_least(self, line: WeChatLine) -> None:
        await agreed(line, "o1")
        with pytest.raises(BroadcastRefused, match="2 or more"):
            await planned(line)

    @pytest.mark.parametrize("count", [2, 9_999, 10_000, 10_001, 20_001])
    async def test_go_by_requests_that_the_platform_takes(self, count: int) -> None:
        readers = tuple(news.Reader(conversation_id=str(number), user=str(number)) for number in range(count))
        batches = Broadcast(cards=(), text="", readers=readers, sent=0).batches
        assert tuple(reader for batch in batches for reader in batch) == readers
        assert all(2 <= len(batch) <= 10_000 for batch in batches)


class TestSending:
    async def test_reaches_each_once_and_is_on_record(self, line: WeChatLine) -> None:
        await agreed(line, "o1", "o2")
        what = await planned(line)
        await send(line, what)
        await send(line, what)  # as after a crash: WeChat knows it by its name
        assert [line.read(user=user).count(what.text) for user in ("o1", "o2")] == [1, 1]
        async with line.stage.database.reading() as uow:
            (first, _) = await uow.audit.acted("news.sent")
        assert first.entry.data == {"cards": OURS.id, "readers": 2}

    async def test_is_over_after_four_in_a_month_of_china(self, line: WeChatLine) -> None:
        await agreed(line, "o1", "o2")
        for _ in range(4):
            await send(line, await planned(line))
        with pytest.raises(BroadcastRefused, match="4 were sent this month"):
            await planned(line)
        line.stage.clock.pass_(timedelta(days=9, hours=8))  # 17:00 UTC on the 30th is December in China
        assert (await planned(line)).sent == 0

    async def test_that_the_platform_refuses_is_not_on_record(self, line: WeChatLine) -> None:
        await agreed(line, "o1", "o2")
        what = await planned(line)
        line.fake.verified = False
        with pytest.raises(WeChatRefused, match="48001"):
            await send(line, what)
        line.fake.verified, line.fake.away = True, 1
        with pytest.raises(WeChatAway):
            await send(line, what)
        assert (await planned(line)).sent == 0

    async def test_tells_the_log_how_many_it_reached(self, line: WeChatLine) -> None:
        delivery = await line.fake.event("o1", "MASSSENDJOBFINISH", TotalCount="2", SentCount="2", ErrorCount="0")
        assert (delivery.tries, delivery.reply) == ((200,), None)


class TestTheMenu:
    async def test_is_one_that_the_platform_takes(self, line: WeChatLine) -> None:
        await line.wechat.client.set_menu(buttons(WORDS.menu))
        assert line.fake.refused == []
        assert [one["name"] for one in line.fake.menu] == [one.title for one in WORDS.menu]
