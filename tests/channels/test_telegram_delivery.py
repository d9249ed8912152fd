"""What Telegram refuses, delays or loses: nothing is said twice, nothing is lost, and nobody is asked too early."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
from structlog.testing import capture_logs

from api.services.records import TicketKind
from bot.channels.phrases import Phrases
from bot.channels.telegram import updates
from bot.channels.telegram.account import PATH, Account
from bot.channels.telegram.channel import MENU
from bot.messages import Say, TextReply
from tests.channels.logged import logged
from tests.channels.telegram_line import PUBLIC, SECRET, TOKEN, TelegramLine, telegram_line
from tests.contracts import LONG
from tests.gateway.stage import Stage

# The library announces that it will one day give spans of time instead of seconds; both are read.
pytestmark = [pytest.mark.http, pytest.mark.filterwarnings("ignore:.*retry_after")]
NOTES = Phrases.load().notes
USER = 70_000


@pytest.fixture
async def line(stage: Stage) -> AsyncIterator[TelegramLine]:
    async with telegram_line(stage, limits={"conversation.message": "4/minute"}) as line:
        yield line


async def reasons(line: TelegramLine) -> list[str]:
    async with line.stage.database.reading() as uow:
        return [one.reason for one in await uow.tickets.open_ones() if one.kind is TicketKind.TASK]


class TestRefused:
    async def test_a_message_it_never_takes_is_a_task_and_holds_nothing_up(self, line: TelegramLine) -> None:
        await line.text("你好")
        line.fake.never_takes = ("不客气",)
        line.stage.dialogue.enqueue(TextReply(say=Say.THANKS))
        await line.text("谢谢")
        await line.settle()
        assert await reasons(line) == ["undelivered:message_refused"]
        await line.text("他拿刀在外面")
        assert "110" in "".join(line.read())


class TestFloods:
    async def test_are_waited_out_where_that_is_short(self, line: TelegramLine) -> None:
        await line.text("你好")
        line.fake.chat(USER).floods.append(1)
        line.stage.dialogue.enqueue(TextReply(say=Say.THANKS))
        await line.text("谢谢")
        assert "不客气" in line.read()[-1]
        assert line.fake.refused == ["Too Many Requests: retry after 1"]

    async def test_that_last_are_the_outboxs_and_nobody_asks_too_early(self, line: TelegramLine) -> None:
        await line.text("你好")
        line.fake.chat(USER).floods.append(40)
        line.stage.dialogue.enqueue(TextReply(say=Say.THANKS))
        await line.text("谢谢")
        await line.text("在吗")
        await line.settle()
        assert "不客气" not in "".join(line.read())
        assert line.fake.refused == ["Too Many Requests: retry after 40"]
        line.ticks.ahead += 41
        await line.text("喂")
        assert "".join(line.read()).count("不客气") == 1
        assert len(line.read()) == 5

    async def test_in_the_middle_of_a_message_repeat_no_part_of_it(self, line: TelegramLine) -> None:
        await line.text("你好")
        line.fake.chat(USER).floods.extend((0, 0, 9))
        line.stage.dialogue.enqueue(TextReply(say=Say.FEELING, args={"said": LONG}))
        await line.text("都要带什么")
        assert "".join(line.read()).count("工资条") < LONG.count("工资条")
        line.ticks.ahead += 10
        await line.settle()
        assert "".join(line.read()).count("工资条") == LONG.count("工资条")


class TestWhoeverIsGone:
    async def test_becomes_a_task_and_reads_it_all_on_coming_back(self, line: TelegramLine) -> None:
        await line.text("你好")
        line.fake.chat(USER).blocked = True
        line.stage.dialogue.enqueue(TextReply(say=Say.THANKS))
        await line.text("谢谢")
        assert await reasons(line) == ["undelivered:blocked"]
        line.fake.chat(USER).blocked = False
        await line.text("我回来了")
        assert "不客气" in line.read()[2]

    async def test_or_never_was_becomes_a_task(self, line: TelegramLine) -> None:
        update = line.fake.text(USER, "你好")
        del line.fake.chats[USER]
        await line.post(update)
        assert await reasons(line) == ["undelivered:chat_not_found"]


class TestAnOutage:
    async def test_costs_time_and_no_words(self, line: TelegramLine) -> None:
        line.fake.away = 1
        await line.text("你好")
        assert line.read() == []
        await line.settle()
        assert len(line.read()) == 2
        assert len(set(line.read())) == 2

    async def test_of_ours_makes_the_platform_try_again(self, line: TelegramLine) -> None:
        update = line.fake.text(USER, "你好")
        line.stage.dialogue.queue.append(RuntimeError())
        with capture_logs():
            assert await line.post(update) == 500
        assert await line.post(update) == 200
        assert len(line.read()) == 2


class TestHaste:
    async def test_is_told_once_and_brings_no_storm(self, line: TelegramLine) -> None:
        for number in range(9):
            await line.text(f"喂{number}")
        assert len(line.stage.dialogue.asked) == 4
        assert line.read().count(NOTES.too_fast) == 1


@dataclass(slots=True)
class Counters:
    """Allows everything, and keeps the names it counted under."""

    names: list[str] = field(default_factory=list)

    async def allow(self, action: str, *, who: str) -> bool:
        self.names.append(f"{action} {who}")
        return not action.startswith("conversation.message")


class TestSecrecy:
    async def test_no_counter_names_a_user(self, line: TelegramLine) -> None:
        counters = Counters()
        telegram = replace(line.telegram, platform=replace(line.telegram.platform, limits=counters))
        for content in ({"text": "/start"}, {"text": "喂"}, {"contact": {"phone_number": "13800138000"}}):
            update = updates.read(line.fake.message(USER, **content))
            assert update is not None
            await telegram.take(update)
        assert {name.partition(" ")[0] for name in counters.names} == {
            "channel.once",
            "conversation.message",
            "conversation.too_fast",
        }
        assert all(str(USER) not in name for name in counters.names)

    async def test_no_log_holds_the_token_the_secret_or_a_word(self, line: TelegramLine) -> None:
        with logged() as stream:
            await line.forged()
            line.fake.away = 1
            await line.text("张老板不给钱")
            line.fake.token = "1:other"
            await line.text("欠了一年")
            line.fake.token = TOKEN
            await line.raw(b'{"update_id": "\xe5\xbc\xa0"}')
            await line.settle()
        told = stream.getvalue()
        assert "telegram.token_refused" in told
        assert "telegram.update_unreadable" in told
        for hidden in (TOKEN, TOKEN.partition(":")[2], SECRET, "老板", "一年", str(USER)):
            assert hidden not in told


class TestRegistering:
    async def test_names_the_door_its_secret_and_what_is_wanted(self, line: TelegramLine) -> None:
        await line.telegram.run()
        assert line.fake.webhook["url"] == PUBLIC + PATH
        assert line.fake.webhook["secret_token"] == SECRET
        assert line.fake.webhook["allowed_updates"] == ["message", "edited_message", "callback_query", "my_chat_member"]
        assert [one["command"] for one in line.fake.commands] == list(MENU)

    async def test_is_tried_until_it_succeeds(self, line: TelegramLine) -> None:
        line.fake.away = 1
        await line.telegram.run()
        assert line.fake.webhook["url"] == PUBLIC + PATH

    async def test_is_left_to_whoever_runs_a_proxy_without_a_public_address(self, stage: Stage) -> None:
        async with telegram_line(
            stage, account=lambda base: Account(token=TOKEN, secret=SECRET, base_url=base)
        ) as line:
            await line.telegram.run()
            assert line.fake.webhook == {}
