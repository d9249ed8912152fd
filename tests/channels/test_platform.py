"""Threads of a platform's users, and what is carried to them: once, in order, and never where it endangers them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from api.http.limits import LIMITS, Limiter
from api.services import conversations
from api.services.records import SafeToContact, StoredMessage, TicketKind
from bot.channels.plain import Offered
from bot.channels.platform import Platform, Said, Told, TooFast, Undeliverable, Unreachable
from bot.messages import Say, TextReply
from tests.contracts import MENU, outbox
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http


@dataclass(slots=True)
class Post:
    """Carries to memory; a switch breaks it."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    broken: Exception | None = None
    once: bool = False

    async def __call__(self, user: str, message: StoredMessage, _choices: Sequence[Offered], /) -> None:
        if (broken := self.broken) is not None:
            self.broken = None if self.once else broken
            raise broken
        self.sent.append((user, message.text))


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def platform(stage: Stage, post: Post) -> Platform:
    return Platform(
        channel="telegram",
        gateway=stage.gateway,
        database=stage.database,
        limits=Limiter(limits={**LIMITS, "conversation.message": "5/minute"}),
        clock=stage.clock,
        carry=post,
    )


async def ticket_kinds(platform: Platform) -> dict[TicketKind, str]:
    async with platform.database.reading() as uow:
        return {ticket.kind: ticket.reason for ticket in await uow.tickets.open_ones()}


class TestPlatform:
    async def test_one_user_has_one_thread(self, platform: Platform, post: Post) -> None:
        first = await platform.answer(Said(user="77", external_id="1", text="你好"))
        second = await platform.answer(Said(user="77", external_id="2", text="在吗"))
        other = await platform.answer(Said(user="78", external_id="1", text="你好"))
        assert first == second != other
        assert [user for user, _ in post.sent] == ["77", "77", "77", "78", "78"]
        assert sum("不是律师" in text for user, text in post.sent if user == "77") == 1

    async def test_the_outbox_has_nothing_to_add(self, platform: Platform, post: Post, stage: Stage) -> None:
        await platform.answer(Said(user="77", external_id="1", text="你好"))
        sent = list(post.sent)
        await outbox(stage, platform)
        assert post.sent == sent

    async def test_what_a_dead_process_left_the_outbox_carries(
        self, platform: Platform, post: Post, stage: Stage
    ) -> None:
        await platform.take(Said(user="77", external_id="1", text="你好"))
        assert post.sent == []
        await outbox(stage, platform)
        assert len(post.sent) == 2

    async def test_a_platform_that_is_away_costs_time_and_no_words(
        self,
        platform: Platform,
        post: Post,
        stage: Stage,
    ) -> None:
        post.broken = ConnectionError("away")
        await platform.answer(Said(user="77", external_id="1", text="你好"))
        post.broken = None
        stage.dialogue.enqueue(TextReply(say=Say.THANKS))
        await platform.answer(Said(user="77", external_id="2", text="谢谢"))
        assert [text[:3] for _, text in post.sent][-1] == "不客气"
        assert len(post.sent) == 3

    async def test_whoever_blocked_us_becomes_a_task(self, platform: Platform, post: Post) -> None:
        post.broken = Unreachable("blocked")
        await platform.answer(Said(user="77", external_id="1", text="你好"))
        assert await ticket_kinds(platform) == {TicketKind.TASK: "undelivered:blocked"}

    async def test_one_message_that_is_never_taken_stops_nothing_behind_it(
        self, platform: Platform, post: Post, stage: Stage
    ) -> None:
        thread = await platform.take(Said(user="77", external_id="1", text="你好"))
        post.broken, post.once = Undeliverable(), True
        await platform.deliver(thread)
        assert await ticket_kinds(platform) == {TicketKind.TASK: "undelivered:message_refused"}
        stage.dialogue.enqueue(TextReply(say=Say.THANKS))
        await platform.answer(Said(user="77", external_id="2", text="谢谢"))
        assert "不客气" in post.sent[-1][1]
        assert await platform.waiting(thread) == ()

    async def test_nothing_late_rings_where_it_is_not_safe(self, platform: Platform, post: Post, stage: Stage) -> None:
        thread = await platform.take(Said(user="77", external_id="1", text="你好"))
        async with stage.database.unit_of_work() as uow:
            now = stage.clock()
            found = await conversations.conversation(uow, conversation_id=thread, now=now)
            care = replace(found.care, safe_to_contact=SafeToContact.NO)
            await conversations.take_care(uow, conversation_id=thread, care=care, now=now)
            await uow.commit()
        stage.clock.pass_(timedelta(hours=2))
        await outbox(stage, platform)
        assert post.sent == []
        await platform.answer(Said(user="77", external_id="2", text="我回来了"))
        assert len(post.sent) == 3

    async def test_a_number_chooses_from_what_was_offered(self, platform: Platform, stage: Stage) -> None:
        stage.dialogue.enqueue(MENU)
        await platform.answer(Said(user="77", external_id="1", text="能帮我吗"))
        await platform.answer(Said(user="77", external_id="2", text="1"))
        assert stage.dialogue.asked[-1].payload == {"act": "screen"}

    async def test_nobody_floods_it(self, platform: Platform) -> None:
        for number in range(5):
            await platform.answer(Said(user="77", external_id=str(number), text="喂"))
        with pytest.raises(TooFast):
            await platform.answer(Said(user="77", external_id="6", text="喂"))


class TestTold:
    def test_remembers_where_a_message_broke_off_until_it_is_brought(self) -> None:
        told = Told()
        told.note("77", 3, 2)
        assert (told.of("77", 3), told.of("78", 3), told.of("77", 4)) == (2, 0, 0)
        told.forget("77", 3)
        assert told.of("77", 3) == 0

    def test_forgets_the_oldest_of_very_many(self) -> None:
        told = Told(most=2)
        for seq in (1, 2, 1, 3):
            told.note("77", seq, seq)
        assert [told.of("77", seq) for seq in (1, 2, 3)] == [1, 0, 3]
