"""What every channel must keep, whatever its platform: each channel's tests subclass this with a fake of its platform.

The fake enforces the platform's own rules (signatures, limits, retries); what a citizen has read is what it accepted.
"""

import asyncio
import uuid
from abc import ABC, abstractmethod
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.services import conversations, delivery
from api.services.records import TicketKind
from api.services.tickets import DELIVER
from api.worker import Worker
from bot.channels.platform import Platform, delivering
from bot.messages import Choice, MenuReply, QuestionReply, Say, TextReply
from knowledge_base.types import FactType, Question
from tests.gateway.stage import Stage

LONG = "先把合同、工资条和聊天记录留好。" * 600
"""Longer than any platform carries in one message."""


async def outbox(stage: Stage, *platforms: Platform) -> None:
    """Run what the outbox promised, its moment come."""
    stage.clock.pass_(delivery.GRACE)
    handler = delivering(stage.database, platforms={each.channel: each for each in platforms}, wake=stage.wake.notify)
    worker = Worker(stage.database, handlers={DELIVER: handler}, clock=stage.clock, wake=stage.wake)
    while await worker.run_once():
        pass


class Line(ABC):
    """One channel, as its platform drives it: real requests with the platform's own signatures."""

    stage: Stage
    limit: int | None = None
    """The longest message of the platform, by `measure`; None where it carries any."""
    long: str = LONG
    """What no single message holds, and the platform carries in several."""
    refuses: frozenset[int] = frozenset({401, 403})
    """What a forger is told."""
    seconds: float = 30.0
    """What the platform waits for an answer of ours, before it tries again or gives up."""

    @abstractmethod
    async def text(self, words: str, *, user: str = "citizen", id: str | None = None) -> None:  # noqa: A002
        """Have a user send words, under the platform's id of the message; the same id again is the platform's retry."""

    @abstractmethod
    async def choose(self, title: str, *, user: str = "citizen") -> None:
        """Have a user choose what a menu offered: a button, a number, a key."""

    @abstractmethod
    async def forged(self) -> Sequence[int]:
        """Send the same request with every kind of wrong or missing signature; return the status of each answer."""

    @abstractmethod
    async def raw(self, body: bytes) -> int:
        """Send arbitrary bytes with a right signature; return the status."""

    @abstractmethod
    async def settle(self) -> None:
        """Let the outbox and everything in the background finish."""

    @abstractmethod
    def read(self, *, user: str = "citizen") -> list[str]:
        """Return every message the platform has brought to this user so far."""

    def measure(self, text: str) -> int:
        """Measure a message as the platform does."""
        return len(text)


class ChannelContract:
    """The suite; a subclass gives the fixture `line`."""

    @pytest.fixture
    def line(self) -> Line:
        raise NotImplementedError

    async def test_greets_once_and_answers(self, line: Line) -> None:
        line.stage.dialogue.enqueue(TextReply(say=Say.THANKS))
        await line.text("谢谢你")
        await line.settle()
        said = line.read()
        assert sum("不是律师" in one for one in said) == 1
        assert sum("不客气" in one for one in said) == 1

    async def test_refuses_what_is_forged(self, line: Line) -> None:
        statuses = await line.forged()
        assert statuses
        assert set(statuses) <= line.refuses
        assert not line.stage.dialogue.asked

    async def test_a_retry_is_no_second_turn_and_no_second_message(self, line: Line) -> None:
        message = uuid.uuid4().hex
        for _ in range(3):
            await line.text("老板不给钱", id=message)
        await line.settle()
        assert len(line.stage.dialogue.asked) == 1
        said = line.read()
        assert len(said) == len(set(said))

    async def test_an_over_long_reply_is_cut_at_sentence_ends(self, line: Line) -> None:
        line.stage.dialogue.enqueue(TextReply(say=Say.FEELING, args={"said": line.long}))
        await line.text("都要带什么")
        await line.settle()
        parts = [one for one in line.read() if "工资条" in one]
        assert (len(parts) > 1) is (line.limit is not None)
        assert "".join(parts).count("工资条") == line.long.count("工资条")
        assert line.limit is None or all(line.measure(part) <= line.limit for part in parts)
        assert all(part.rstrip().endswith("。") for part in parts)

    async def test_a_menu_can_be_chosen_from(self, line: Line) -> None:
        question = Question(fact="claim.abuse", type=FactType.BOOL, text="他打过您吗？", why="法律另有照顾。")
        line.stage.dialogue.enqueue(QuestionReply(question=question))
        await line.text("想离婚")
        await line.settle()
        await line.choose("是")
        await line.settle()
        assert line.stage.dialogue.asked[-1].payload == {"claim.abuse": True}

    async def test_a_number_typed_while_a_turn_is_under_way_chooses_nothing(self, line: Line) -> None:
        await line.text("你好")
        line.stage.dialogue.delay = 0.2
        line.stage.dialogue.enqueue(MENU)
        turn = asyncio.create_task(line.text("能帮我吗"))
        async with asyncio.timeout(5):
            while len(line.stage.dialogue.asked) < 2:  # noqa: ASYNC110 - a fake has no event for it
                await asyncio.sleep(0.01)
        await line.text("1")
        await turn
        await line.settle()
        assert [each.text for each in line.stage.dialogue.asked] == ["你好", "能帮我吗"]
        assert sum("稍等" in one for one in line.read()) == 1
        await line.choose("看看能不能申请法律援助")
        assert line.stage.dialogue.asked[-1].payload == {"act": "screen"}

    async def test_a_person_is_always_one_step_away(self, line: Line) -> None:
        await line.text("0")
        await line.settle()
        async with line.stage.database.reading() as uow:
            kinds = [ticket.kind for ticket in await uow.tickets.open_ones()]
        assert kinds == [TicketKind.PERSON_REQUEST]

    async def test_what_staff_write_arrives_once(self, line: Line) -> None:
        await line.text("0")
        await line.settle()
        async with line.stage.database.unit_of_work() as uow:
            (ticket,) = await uow.tickets.open_ones()
            assert ticket.conversation_id is not None
            thread, now = ticket.conversation_id, line.stage.clock()
            await conversations.claim(uow, conversation_id=thread, staff="staff-1", now=now)
            await conversations.staff_message(
                uow, conversation_id=thread, staff="staff-1", text="您好，我是王律师。", now=now
            )
            await uow.commit()
        await line.settle()
        await line.settle()
        assert sum("王律师" in one for one in line.read()) == 1

    async def test_a_late_dialogue_is_answered_in_the_platforms_time(self, line: Line) -> None:
        line.stage.dialogue.delay = 2.0
        await line.text("时效?")
        await line.settle()
        assert "我手里的文件没有写" in "\n".join(line.read())

    # One suite for several channels is what it is meant for.
    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(body=st.binary(max_size=600))
    async def test_arbitrary_bytes_never_crash_it(self, line: Line, body: bytes) -> None:
        assert await line.raw(body) < 500


MENU = MenuReply(say=Say.SCREEN_OFFER, choices=(Choice(payload={"act": "screen"}), Choice(payload={"act": "human"})))
"""A menu of two acts, for tests of how a channel shows one."""
