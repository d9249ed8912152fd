"""Law education goes to those who asked for it: published cards alone, within the platform's limits, once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from api.services import conversations, news
from api.services.news_ports import BroadcastPlan
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


async def send(line: WeChatLine, what: Broadcast) -> int:
    return await broadcast.send(
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
        assert await send(line, what) == 2
        assert [line.read(user=user).count(what.text) for user in ("o1", "o2")] == [1, 1]
        async with line.stage.database.reading() as uow:
            (first,) = await uow.audit.acted("news.sent")
        assert first.entry.data == {"cards": OURS.id, "readers": 2}

    async def test_brings_the_same_text_to_nobody_twice_in_a_day(self, line: WeChatLine) -> None:
        await agreed(line, "o1", "o2")
        await send(line, await planned(line))
        with pytest.raises(BroadcastRefused, match="nobody gets it twice"):
            await planned(line)

    async def test_is_over_after_four_in_a_month_of_china(self, line: WeChatLine) -> None:
        await agreed(line, "o1", "o2")
        for _ in range(4):
            await send(line, await planned(line))
            line.stage.clock.pass_(timedelta(days=1))
        with pytest.raises(BroadcastRefused, match="4 were sent this month"):
            await planned(line)
        line.stage.clock.pass_(timedelta(days=5, hours=8))  # 17:00 UTC on the 30th is December in China
        assert (await planned(line)).sent == 0

    async def test_broken_off_goes_on_behind_what_was_taken_whoever_joined_or_left_since(
        self, line: WeChatLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(broadcast, "_MOST", 2)
        first = ["o1", "o2", "o3", "o4", "o5", "o6"]
        await agreed(line, *first)
        what = await planned(line)
        taken = line.wechat.client.broadcast
        asked: list[list[str]] = []

        async def breaks(users: list[str], text: str, /, *, name: str) -> None:
            asked.append(users)
            await taken(users, text, name=name)
            if len(asked) == 2:
                raise WeChatAway  # taken, and the answer is lost

        monkeypatch.setattr(type(line.wechat.client), "broadcast", lambda _self, *a, **k: breaks(*a, **k))
        with pytest.raises(WeChatAway):
            await send(line, what)
        left = asked[1][0]
        await agreed(line, "o7", "o8", "o9")
        again = await planned(line)
        assert again.under_way is not None
        assert await send(line, again) == 6
        read = {user: line.read(user=user).count(what.text) for user in (*first, "o7", "o8", "o9")}
        assert read == {**dict.fromkeys(first, 1), "o7": 0, "o8": 0, "o9": 0}
        assert left in first
        assert len(asked) == 4

    async def test_leaves_out_who_wants_it_no_more_when_it_goes_on(
        self, line: WeChatLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(broadcast, "_MOST", 3)
        await agreed(line, "o1", "o2", "o3", "o4", "o5", "o6")
        what = await planned(line)
        line.fake.away = 1
        with pytest.raises(WeChatAway):
            await send(line, what)
        await line.text("退订普法", user="o5")
        await send(line, await planned(line))
        assert line.read(user="o5").count(what.text) == 0
        assert sum(line.read(user=f"o{number}").count(what.text) for number in range(1, 7)) == 5

    async def test_that_may_have_gone_out_a_day_ago_is_not_asked_for_again(
        self, line: WeChatLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await agreed(line, "o1", "o2")
        what = await planned(line)
        taken = line.wechat.client.broadcast

        async def breaks(*given: object, **named: object) -> None:
            await taken(*given, **named)  # type: ignore[arg-type]
            raise WeChatAway

        with monkeypatch.context() as patched:
            patched.setattr(type(line.wechat.client), "broadcast", lambda _self, *a, **k: breaks(*a, **k))
            with pytest.raises(WeChatAway):
                await send(line, what)
        line.stage.clock.pass_(timedelta(hours=24))
        assert await send(line, await planned(line)) == 0
        assert [line.read(user=user).count(what.text) for user in ("o1", "o2")] == [1, 1]

    async def test_half_sent_lets_no_other_begin_until_it_is_given_up(self, line: WeChatLine) -> None:
        await agreed(line, "o1", "o2")
        line.fake.away = 1
        with pytest.raises(WeChatAway):
            await send(line, await planned(line))
        other = next(card for card in CARDS if card.region == "CN" and not card.gap and card.id != OURS.id)
        database, clock = line.stage.database, line.stage.clock

        async def another() -> Broadcast:
            text = composed(other.id)
            return await broadcast.plan(database, channel="wechat", cards=(other.id,), text=text, clock=clock)

        with pytest.raises(BroadcastRefused, match="half sent"):
            await another()
        assert await broadcast.give_up(database, channel="wechat", clock=clock) == 0
        assert await send(line, await another()) == 2
        with pytest.raises(BroadcastRefused, match="None is half sent"):
            await broadcast.give_up(database, channel="wechat", clock=clock)

    async def test_of_more_than_one_request_takes_stands_whole_in_the_table(self, line: WeChatLine) -> None:
        async with line.stage.database.unit_of_work() as uow:
            threads = []
            for number in range(12):
                opened = await conversations.open_conversation(
                    uow,
                    channel="wechat",
                    region=None,
                    locale="zh-CN",
                    external_user=f"u{number}",
                    now=line.stage.clock(),
                )
                threads.append(opened.id)
            plan = BroadcastPlan(
                id="b" * 32, channel="wechat", cards=("a", "b"), text="普法", planned_at=line.stage.clock()
            )
            await uow.broadcasts.add(plan, batches=[threads[:7], threads[7:]])
            await uow.broadcasts.begin(plan.id, number=0, now=line.stage.clock())
            await uow.commit()
        async with line.stage.database.reading() as uow:
            assert await uow.broadcasts.newest(channel="wechat") == plan
            first, second = await uow.broadcasts.batches(plan.id)
        assert (set(first.threads), set(second.threads)) == (set(threads[:7]), set(threads[7:]))
        assert (first.began_at, second.began_at) == (line.stage.clock(), None)

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
        async with line.stage.database.reading() as uow:
            assert await uow.audit.acted("news.sent") == ()

    async def test_tells_the_log_how_many_it_reached(self, line: WeChatLine) -> None:
        delivery = await line.fake.event("o1", "MASSSENDJOBFINISH", TotalCount="2", SentCount="2", ErrorCount="0")
        assert (delivery.tries, delivery.reply) == ((200,), None)


class TestTheMenu:
    async def test_is_one_that_the_platform_takes(self, line: WeChatLine) -> None:
        await line.wechat.client.set_menu(buttons(WORDS.menu))
        assert line.fake.refused == []
        assert [one["name"] for one in line.fake.menu] == [one.title for one in WORDS.menu]
