"""A call from hello to goodbye, over a real database: the ladder, the keys, a person at any moment, nobody hung up on."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from api.domain.conversation import Holder
from api.http.limits import LIMITS, Limiter
from api.services import calls, contact, conversations
from api.services.records import DialogueState, SafeToContact, Sender, Ticket, TicketKind
from bot.channels.phone.flow import CHANNEL, Flow
from bot.channels.phone.steps import (
    Event,
    Heard,
    Listen,
    Next,
    NotReached,
    Pressed,
    Progress,
    Recorded,
    Silence,
    Speak,
    Transfer,
    Voicemail,
)
from bot.channels.phrases import Phrases
from bot.channels.platform import Platform
from bot.messages import AnswerReply, MenuReply, QuestionReply, Say, TextReply
from knowledge_base.offices import Opening, Openness
from knowledge_base.types import FactType, Question
from tests.contracts import MENU
from tests.fakes import answer
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http

CALL = "CA" + "0" * 32


async def never(*_: object) -> None:
    raise AssertionError


@dataclass(slots=True)
class Caller:
    """One call, and what was heard in it."""

    stage: Stage
    flow: Flow
    now: Next = field(init=False)
    heard: list[str] = field(default_factory=list)
    number: str | None = "13812345678"

    async def dial(self) -> None:
        self._hear(await self.flow.start(CALL, caller=self.number))

    async def does(self, event: Event) -> Next:
        self._hear(await self.flow.step(CALL, self.now.progress, event))
        return self.now

    async def says(self, text: str, confidence: float | None = 0.9) -> Next:
        return await self.does(Heard(text=text, confidence=confidence))

    def _hear(self, told: Next) -> None:
        # What a webhook carries in its address must be enough to go on with.
        self.now = Next(progress=Progress.unpacked(told.progress.packed()), steps=told.steps)
        self.heard += [one for step in told.steps if isinstance(step, Speak) for one in step.sentences]

    @property
    def last(self) -> str:
        return "".join(one for step in self.now.steps if isinstance(step, Speak) for one in step.sentences)

    def ends_in(self, kind: type) -> bool:
        return isinstance(self.now.steps[-1], kind)

    async def tickets(self) -> list[Ticket]:
        async with self.stage.database.reading() as uow:
            return list(await uow.tickets.open_ones())


def flow(stage: Stage, *, opening: Opening | None = None, transfers: bool = True) -> Flow:
    return Flow(
        platform=Platform(
            channel="voice",
            gateway=stage.gateway,
            database=stage.database,
            limits=Limiter(limits=LIMITS),
            clock=stage.clock,
            carry=never,
        ),
        words=Phrases.load().phone,
        opening=lambda _now: opening or Opening(state=Openness.OPEN),
        transfers=transfers,
    )


@pytest.fixture
async def caller(stage: Stage) -> Caller:
    called = Caller(stage=stage, flow=flow(stage))
    await called.dial()
    return called


@pytest.fixture
async def at_night(stage: Stage) -> Caller:
    opens = stage.clock() + timedelta(hours=16)
    called = Caller(stage=stage, flow=flow(stage, opening=Opening(state=Openness.CLOSED, opens_at=opens)))
    await called.dial()
    return called


class TestGreeting:
    async def test_discloses_once_and_asks_openly(self, caller: Caller) -> None:
        assert "自动助手，不是律师" in caller.last
        assert caller.last.endswith("您遇到了什么事？")
        assert "按一" not in caller.last
        await caller.says("老板不给工资")
        assert sum("不是律师" in one for one in caller.heard) == 1

    async def test_the_calling_number_names_no_conversation_and_reaches_no_dialogue(self, caller: Caller) -> None:
        await caller.says("老板不给工资")
        (asked,) = caller.stage.dialogue.asked
        assert "138" not in f"{asked.conversation_id}{asked.text}{dict(asked.metadata)}"


class TestTurns:
    async def test_an_answer_is_said_with_its_source(self, caller: Caller) -> None:
        caller.stage.dialogue.enqueue(AnswerReply(answer=answer("每个星期三有人值班。")))
        await caller.says("哪天有律师")
        assert caller.last.startswith("每个星期三有人值班。")
        assert "这是根据" in caller.last
        assert "http" not in caller.last
        assert caller.ends_in(Listen)

    async def test_the_same_step_again_is_no_second_turn(self, caller: Caller) -> None:
        before = caller.now.progress
        first = await caller.flow.step(CALL, before, Heard(text="老板不给工资"))
        second = await caller.flow.step(CALL, before, Heard(text="老板不给工资"))
        assert first == second
        assert len(caller.stage.dialogue.asked) == 1

    async def test_a_key_while_an_earlier_turn_hangs_is_no_miss_and_chooses_nothing(self, caller: Caller) -> None:
        caller.stage.dialogue.delay = 0.2
        before = caller.now.progress
        hanging = asyncio.create_task(caller.flow.step(CALL, before, Heard(text="老板不给工资")))
        await asyncio.sleep(0.1)
        told = await caller.flow.step(CALL, before.after(), Pressed(keys="7"))
        assert told.steps[0] == Speak(sentences=caller.flow.words.holding)
        assert told.progress.strikes == 0
        await hanging
        assert [each.text for each in caller.stage.dialogue.asked] == ["老板不给工资"]

    async def test_what_was_heard_says_so_to_the_staff_and_what_was_pressed_does_not(self, caller: Caller) -> None:
        await caller.says("老板不给工资")
        await caller.does(Pressed(keys="7"))
        async with caller.stage.database.reading() as uow:
            thread = await conversations.conversation_of(uow, channel="voice", external_user=CALL)
            assert thread is not None
            said = await conversations.messages_after(uow, conversation_id=thread.id, seq=0)
        marks = ["recognised" in one.body for one in said if one.sender is Sender.CITIZEN]
        assert marks == [True, False]

    async def test_a_choice_is_a_key_or_its_words(self, caller: Caller) -> None:
        caller.stage.dialogue.enqueue(MENU)
        await caller.says("能帮我申请吗")
        assert "按一" in caller.last
        await caller.does(Pressed(keys="1"))
        assert caller.stage.dialogue.asked[-1].payload == {"act": "screen"}

    async def test_a_long_answer_comes_in_parts(self, caller: Caller) -> None:
        caller.stage.dialogue.enqueue(AnswerReply(answer=answer("".join(f"第{n}点要做好。" for n in range(12)))))
        await caller.says("要怎么做")
        assert "继续" in caller.last
        assert "第十一点" not in caller.last
        await caller.says("继续")
        assert "第十一点" in caller.last
        assert len(caller.stage.dialogue.asked) == 1

    async def test_repeats_and_slows_down(self, caller: Caller) -> None:
        await caller.says("老板不给工资")
        first = caller.last
        await caller.does(Pressed(keys="*"))
        assert caller.last == first
        await caller.says("慢一点")
        assert caller.last == first
        assert isinstance(caller.now.steps[0], Speak)
        assert caller.now.steps[0].slow
        assert len(caller.stage.dialogue.asked) == 1


class TestLadder:
    async def test_second_miss_names_the_keys_and_the_third_is_a_person(self, caller: Caller) -> None:
        await caller.says("嗯嗯呃", confidence=0.1)
        assert "再说一遍" in caller.last
        assert "按一" not in caller.last
        await caller.says("", confidence=None)
        assert "工资的事按一" in caller.last
        await caller.says("呜", confidence=0.2)
        assert caller.ends_in(Transfer)
        assert [one.kind for one in await caller.tickets()] == [TicketKind.PERSON_REQUEST]

    async def test_what_the_assistant_does_not_understand_counts_as_well(self, caller: Caller) -> None:
        for _ in range(3):
            caller.stage.dialogue.enqueue(TextReply(say=Say.NOT_UNDERSTOOD))
            await caller.says("叽里咕噜")
        assert caller.ends_in(Transfer)

    async def test_a_key_of_the_second_try_stands_for_a_topic(self, caller: Caller) -> None:
        await caller.does(Pressed(keys="1"))
        assert caller.stage.dialogue.asked[-1].text == "干活没给工资"

    async def test_two_silences_lead_to_a_person(self, caller: Caller) -> None:
        await caller.does(Silence())
        assert caller.ends_in(Listen)
        await caller.does(Silence())
        assert caller.ends_in(Transfer)

    async def test_two_silences_at_night_lead_to_a_call_back(self, at_night: Caller) -> None:
        await at_night.does(Silence())
        await at_night.does(Silence())
        assert at_night.ends_in(Voicemail)
        assert {one.kind for one in await at_night.tickets()} == {TicketKind.PERSON_REQUEST, TicketKind.CALL_BACK}


class TestPerson:
    @pytest.mark.parametrize("event", [Pressed(keys="0"), Heard(text="人工。"), Heard(text="转人工", confidence=0.8)])
    async def test_is_reached_at_any_moment(self, caller: Caller, event: Event) -> None:
        await caller.does(event)
        assert caller.ends_in(Transfer)
        assert not caller.stage.dialogue.asked

    async def test_is_reached_at_once_in_danger_and_the_number_is_said_first(self, caller: Caller) -> None:
        await caller.says("他拿刀在外面")
        assert "幺幺零" in caller.last
        assert caller.ends_in(Transfer)

    async def test_is_reached_in_danger_however_badly_it_was_heard(self, caller: Caller) -> None:
        await caller.says("他拿刀在外面", confidence=0.1)
        assert "幺幺零" in caller.last
        assert caller.ends_in(Transfer)

    async def test_that_is_not_there_gives_the_caller_back(self, caller: Caller) -> None:
        await caller.does(Pressed(keys="0"))
        await caller.does(NotReached())
        assert caller.ends_in(Voicemail)
        await caller.does(Recorded(where="RE1", seconds=21))
        assert caller.ends_in(Listen)
        caller.stage.dialogue.enqueue(TextReply(say=Say.THANKS))
        await caller.says("谢谢")
        assert caller.ends_in(Listen)
        (call_back,) = [one for one in await caller.tickets() if one.kind is TicketKind.CALL_BACK]
        async with caller.stage.database.reading() as uow:
            assert "RE1" in str(await uow.tickets.words(call_back.id))
        assert call_back.contact == "<pii:caller:1>"

    async def test_at_night_promises_a_day_and_takes_a_message(self, at_night: Caller) -> None:
        await at_night.does(Pressed(keys="0"))
        assert "明天" in at_night.last
        assert at_night.ends_in(Voicemail)

    async def test_whoever_hangs_up_while_waiting_is_called_back(self, caller: Caller) -> None:
        await caller.does(Pressed(keys="0"))
        await caller.flow.ended(CALL)
        await caller.flow.ended(CALL)
        kinds = [one.kind for one in await caller.tickets()]
        assert kinds.count(TicketKind.CALL_BACK) == 1

    async def test_the_end_of_a_call_that_never_began_opens_nothing(self, stage: Stage) -> None:
        stranger = "CA" + "9" * 32
        await flow(stage).ended(stranger)
        async with stage.database.reading() as uow:
            assert await conversations.conversation_of(uow, channel="voice", external_user=stranger) is None

    async def test_a_withheld_number_makes_a_call_back_without_one(self, stage: Stage) -> None:
        hidden = Caller(stage=stage, flow=flow(stage, transfers=False), number=None)
        await hidden.dial()
        await hidden.does(Pressed(keys="0"))
        assert [one.contact for one in await hidden.tickets() if one.kind is TicketKind.CALL_BACK] == [None]
        assert "没有显示号码" in hidden.last
        assert "能打通的号码" in hidden.last
        assert "给您回电话" not in hidden.last
        await hidden.does(Recorded(where="RE1", seconds=9))
        assert "留了号码的" in hidden.last

    @pytest.mark.parametrize(
        ("safe", "number"),
        [
            (None, "<pii:caller:1>"),
            (SafeToContact.NEUTRAL_ONLY, "<pii:caller:1>"),
            (SafeToContact.MESSAGE_ONLY, None),
            (SafeToContact.UNKNOWN, None),
            (SafeToContact.NO, None),
        ],
    )
    async def test_rings_nobody_whom_that_endangers(
        self, caller: Caller, safe: SafeToContact | None, number: str | None
    ) -> None:
        async with caller.stage.database.unit_of_work() as uow:
            thread = await conversations.conversation_of(uow, channel="voice", external_user=CALL)
            assert thread is not None
            care = replace(thread.care, safe_to_contact=safe)
            await conversations.take_care(uow, conversation_id=thread.id, care=care, now=caller.stage.clock())
            await uow.commit()
        await caller.does(NotReached())
        (call_back,) = [one for one in await caller.tickets() if one.kind is TicketKind.CALL_BACK]
        assert (call_back.contact, call_back.safe_to_contact) == (number, safe)
        assert ("给您回电话" in caller.last, "我们不打给您" in caller.last) == (number is not None, number is None)
        assert ("方便接电话" in caller.last) == (number is not None)
        await caller.does(Recorded(where="RE1", seconds=9))
        assert ("给您回电话" in caller.last) == (number is not None)


class TestReadBack:
    async def _expect(self, caller: Caller, fact: str, *, private: bool = True) -> None:
        question = Question(fact=fact, type=FactType.TEXT, text="您的电话是多少？", why="好联系您。", private=private)
        caller.stage.dialogue.enqueue(QuestionReply(question=question))
        await caller.says("好的")
        async with caller.stage.database.unit_of_work() as uow:
            thread = await conversations.conversation_of(uow, channel="voice", external_user=CALL)
            assert thread is not None
            state = DialogueState(asked=fact, asked_private=private)
            await conversations.save_state(uow, conversation_id=thread.id, state=state)
            await uow.commit()

    async def test_a_number_is_said_again_before_it_is_taken(self, caller: Caller) -> None:
        await self._expect(caller, "contact.phone")
        turns = len(caller.stage.dialogue.asked)
        await caller.does(Pressed(keys="13987654321"))
        assert "幺三九，八七六五，四三二幺" in caller.last
        assert len(caller.stage.dialogue.asked) == turns
        await caller.does(Pressed(keys="1"))
        assert len(caller.stage.dialogue.asked) == turns + 1
        assert "13987654321" not in str(caller.stage.dialogue.asked[-1])

    async def test_a_no_asks_again_and_a_new_value_replaces_the_old(self, caller: Caller) -> None:
        await self._expect(caller, "contact.name")
        await caller.says("张珊")
        assert "张珊" in caller.last
        await caller.says("不对")
        await caller.says("章山")
        assert "章山" in caller.last
        await caller.says("对")
        assert "章山" not in str(caller.stage.dialogue.asked[-1])

    @pytest.mark.parametrize("said_before", [(), ("张珊",)], ids=["asked", "read back"])
    async def test_danger_is_no_name(self, caller: Caller, said_before: tuple[str, ...]) -> None:
        await self._expect(caller, "contact.name")
        for name in said_before:
            await caller.says(name)
        await caller.says("他拿刀在外面")
        assert "幺幺零" in caller.last
        assert TicketKind.ALERT in {one.kind for one in await caller.tickets()}

    async def test_progress_holds_numbers_only(self, caller: Caller) -> None:
        await self._expect(caller, "contact.name")
        await caller.says("张珊")
        assert set(caller.now.progress.packed()) <= set("0123456789.")


async def test_staff_words_are_said_with_the_next_turn(caller: Caller) -> None:
    caller.stage.dialogue.enqueue(MenuReply(say=Say.SCREEN_OFFER))
    await caller.says("能帮我吗")
    async with caller.stage.database.unit_of_work() as uow:
        thread = await conversations.conversation_of(uow, channel="voice", external_user=CALL)
        assert thread is not None
        now = caller.stage.clock()
        await conversations.claim(uow, conversation_id=thread.id, staff="staff-1", now=now)
        await conversations.staff_message(uow, conversation_id=thread.id, staff="staff-1", text="我是王律师。", now=now)
        await uow.commit()
    await caller.says("喂")
    assert "我是王律师" in caller.last
    assert thread.holder is Holder.BOT


@pytest.mark.parametrize("text", ["", "1", "1.2.3", "a.b", "1.1.1.1.1.1.1.1.-1", "1." * 9])
def test_a_made_up_progress_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="progress"):
        Progress.unpacked(text)


def test_a_line_is_no_thread_that_is_read() -> None:
    assert {CHANNEL, calls.CHANNEL} == contact.SPOKEN
