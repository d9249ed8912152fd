"""Telegram's own: buttons, commands, whatever comes without words, changed messages, groups."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.services import conversations
from api.services.records import DialogueState, StoredMessage, TicketKind
from bot.channels.phrases import Phrases
from bot.channels.platform import Platform
from bot.messages import QuestionReply
from knowledge_base.types import FactType, Question
from tests.channels.telegram_line import TelegramLine, telegram_line
from tests.contracts import MENU
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http
NOTES = Phrases.load().notes
CITIZEN = "citizen"
FILE = {"file_id": "a", "file_unique_id": "b"}
PLACE = {"latitude": 44.58, "longitude": 129.6}
CARD = {"phone_number": "+86 138 0013 8000", "first_name": "王"}
ABUSE = Question(fact="claim.abuse", type=FactType.BOOL, text="他打过您吗？", why="法律另有照顾。")
INCOME = Question(fact="applicant.income", type=FactType.MONEY, text="一个月多少钱？", why="看条件。")


@pytest.fixture
async def line(stage: Stage) -> AsyncIterator[TelegramLine]:
    async with telegram_line(stage, limits={"conversation.message": "20/minute"}) as line:
        yield line
        assert line.fake.refused == []


async def send(line: TelegramLine, **content: object) -> None:
    assert await line.post(line.fake.message(line.user(CITIZEN), **content)) == 200


async def thread(line: TelegramLine) -> tuple[StoredMessage, ...]:
    async with line.stage.database.reading() as uow:
        user = str(line.user(CITIZEN))
        found = await conversations.conversation_of(uow, channel="telegram", external_user=user)
        assert found is not None
        return await conversations.messages_after(uow, conversation_id=found.id, seq=0)


def turns(line: TelegramLine) -> list[Any]:
    return [one.payload or one.text for one in line.stage.dialogue.asked]


class TestButtons:
    async def test_carry_the_number_that_can_be_typed_instead(self, line: TelegramLine) -> None:
        line.stage.dialogue.enqueue(MENU)
        await line.text("能帮我吗")
        assert [button.title for button in line.sent()[-1].buttons] == ["1 看看能不能申请法律援助", "2 转人工"]
        await line.text("1")
        assert turns(line)[-1] == {"act": "screen"}

    async def test_have_no_number_where_one_would_be_an_answer(self, line: TelegramLine) -> None:
        line.stage.dialogue.enqueue(QuestionReply(question=INCOME))
        await line.text("想申请")
        assert [button.title for button in line.sent()[-1].buttons] == ["不清楚"]

    async def test_end_their_waiting_without_a_word(self, line: TelegramLine) -> None:
        line.stage.dialogue.enqueue(QuestionReply(question=ABUSE))
        await line.text("想离婚")
        await line.choose("是")
        assert turns(line)[-1] == {"claim.abuse": True}
        assert list(line.fake.queries.values()) == [None]

    async def test_pressed_twice_are_one_answer(self, line: TelegramLine) -> None:
        line.stage.dialogue.enqueue(QuestionReply(question=ABUSE))
        await line.text("想离婚")
        await line.choose("是")
        await line.choose("是")
        assert turns(line) == ["想离婚", {"claim.abuse": True}]
        assert list(line.fake.queries.values()) == [None, NOTES.outdated]

    async def test_pressed_twice_at_once_are_one_answer_too(self, line: TelegramLine) -> None:
        line.stage.dialogue.enqueue(QuestionReply(question=ABUSE))
        await line.text("想离婚")
        line.stage.dialogue.delay = 0.1
        presses = [line.fake.press(line.user(CITIZEN), "是") for _ in range(2)]
        await asyncio.gather(*(line.post(press) for press in presses))
        assert turns(line) == ["想离婚", {"claim.abuse": True}]

    @pytest.mark.parametrize("data", ["1.99", "999.0", "x", "", "1.0;2", "9" * 64])
    async def test_say_so_kindly_where_they_are_out_of_date(self, line: TelegramLine, data: str) -> None:
        await line.text("想离婚")
        await line.post(line.fake.press_data(line.user(CITIZEN), data))
        assert turns(line) == ["想离婚"]
        assert list(line.fake.queries.values()) == [NOTES.outdated]

    async def test_brought_again_by_the_platform_are_one_turn(self, line: TelegramLine) -> None:
        line.stage.dialogue.enqueue(QuestionReply(question=ABUSE))
        await line.text("想离婚")
        update = line.fake.press(line.user(CITIZEN), "是")
        for _ in range(3):
            assert await line.post(update) == 200
        assert turns(line) == ["想离婚", {"claim.abuse": True}]
        assert list(line.fake.queries.values()) == [None]
        # The platform no longer knows a press that was answered.
        assert len(line.fake.refused) == 2
        line.fake.refused.clear()


class TestMessages:
    async def test_of_one_id_are_one_turn_whatever_the_update_is_called(self, line: TelegramLine) -> None:
        for _ in range(3):
            assert await line.post(line.fake.text(line.user(CITIZEN), "老板不给钱", id=555)) == 200
        assert turns(line) == ["老板不给钱"]

    async def test_changed_are_heard_anew(self, line: TelegramLine) -> None:
        await line.post(line.fake.text(line.user(CITIZEN), "他在家", id=555))
        update = line.fake.edit(line.user(CITIZEN), 555, text="他拿刀站在门口")
        for _ in range(2):
            await line.post(update)
        assert sum("110" in text for text in line.read()) == 1

    async def test_of_a_place_that_moves_are_one_turn(self, line: TelegramLine) -> None:
        await line.post(line.fake.message(line.user(CITIZEN), id=555, location=PLACE))
        for _ in range(3):
            await line.post(line.fake.edit(line.user(CITIZEN), 555, location=PLACE))
        assert turns(line) == [{"act": "media", "kind": "location"}]

    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            ({"sticker": {**FILE, "type": "regular"}}, "image"),
            ({"voice": {**FILE, "duration": 3}}, "voice"),
            ({"audio": {**FILE, "duration": 3}}, "voice"),
            ({"video": {**FILE, "duration": 3}}, "video"),
            ({"video_note": {**FILE, "duration": 3, "length": 240}}, "video"),
            ({"animation": FILE, "document": FILE}, "video"),
            ({"location": PLACE}, "location"),
            ({"venue": {"location": PLACE, "title": "厂", "address": "路"}, "location": PLACE}, "location"),
            ({"poll": {"id": "1", "question": "去吗", "options": []}}, "file"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )
    async def test_without_words_say_what_they_are(
        self, line: TelegramLine, content: dict[str, object], kind: str
    ) -> None:
        await send(line, **content)
        assert turns(line) == [{"act": "media", "kind": kind}]

    async def test_of_an_album_of_films_are_one(self, line: TelegramLine) -> None:
        for _ in range(3):
            await send(line, video={**FILE, "duration": 3}, media_group_id="778")
        assert turns(line) == [{"act": "media", "kind": "video"}]

    async def test_of_a_sticker_speak_by_its_emoji(self, line: TelegramLine) -> None:
        await send(line, sticker={**FILE, "type": "regular", "emoji": "👍"})
        assert turns(line) == ["👍"]

    async def test_about_the_chat_itself_are_no_turn(self, line: TelegramLine) -> None:
        await send(line, pinned_message={"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}})
        assert turns(line) == []

    async def test_too_long_are_told_so(self, line: TelegramLine) -> None:
        await line.text("长" * 4096)
        assert turns(line) == []
        assert "4000" in line.read()[-1]

    async def test_of_a_person_say_so(self, line: TelegramLine) -> None:
        await line.text("0")
        async with line.stage.database.unit_of_work() as uow:
            (ticket,) = [one for one in await uow.tickets.open_ones() if one.kind is TicketKind.PERSON_REQUEST]
            assert ticket.conversation_id is not None
            now, named = line.stage.clock(), {"conversation_id": ticket.conversation_id, "staff": "staff-1"}
            await conversations.claim(uow, **named, now=now)
            await conversations.staff_message(uow, **named, text="您好，我姓王。", now=now)
            await uow.commit()
        await line.settle()
        assert line.read()[-1] == "工作人员：您好，我姓王。"


class TestContacts:
    async def test_are_let_go_where_no_number_was_asked_for(self, line: TelegramLine) -> None:
        update = line.fake.message(line.user(CITIZEN), contact=CARD)
        for _ in range(2):
            await line.post(update)
        assert turns(line) == []
        assert line.read()[-1] == NOTES.contact
        assert line.read().count(NOTES.contact) == 1
        assert "138" not in repr(await thread(line))

    async def test_answer_the_question_for_a_number_and_reach_no_dialogue(self, line: TelegramLine) -> None:
        await line.text("我要申请")
        update = line.fake.message(line.user(CITIZEN), contact=CARD)
        for asked in ("contact.phone", "contact.name"):
            state = DialogueState(asked=asked, asked_private=True, intake={"step": "contact"})
            async with line.stage.database.unit_of_work() as uow:
                user = str(line.user(CITIZEN))
                found = await conversations.conversation_of(uow, channel="telegram", external_user=user)
                assert found is not None
                await conversations.save_state(uow, conversation_id=found.id, state=state)
                await uow.commit()
            await line.post(update)
        assert turns(line) == ["我要申请", {"contact.phone": "<pii:phone:1>"}]
        assert NOTES.contact not in line.read()
        await send(line, contact=CARD)  # a name is asked for now
        assert len(turns(line)) == 2
        assert line.read()[-1] == NOTES.contact
        assert "138" not in repr(await thread(line))


class TestCommands:
    async def test_to_start_greet_and_ask_nothing(self, line: TelegramLine) -> None:
        update = line.fake.text(line.user(CITIZEN), "/start from-a-poster")
        for _ in range(3):
            await line.post(update)
        assert turns(line) == []
        assert len(line.read()) == 1
        assert "不是律师" in line.read()[0]

    async def test_to_start_greet_on_the_second_try_where_the_first_broke(
        self, line: TelegramLine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def breaks(*_: object, **__: object) -> str:
            raise ConnectionError

        update = line.fake.text(line.user(CITIZEN), "/start")
        with monkeypatch.context() as broken:
            broken.setattr(Platform, "greet", breaks)
            assert await line.post(update) == 500
        await line.post(update)
        assert "不是律师" in line.read()[0]

    async def test_to_start_again_are_answered(self, line: TelegramLine) -> None:
        for _ in range(2):
            await line.text("/start")
        assert turns(line) == ["你好"]

    @pytest.mark.parametrize(
        ("words", "turn"),
        [
            ("/screen", {"act": "screen"}),
            ("/status@law12348_bot", {"act": "status"}),
            ("/CANCEL", {"act": "cancel"}),
            ("/help", "你能做什么"),
            ("/unknown 老板不给钱", "/unknown 老板不给钱"),
            ("/screen 老板不给钱", "/screen 老板不给钱"),
            ("/start 老板不给钱", "/start 老板不给钱"),
        ],
    )
    async def test_mean_an_act_or_words(self, line: TelegramLine, words: str, turn: object) -> None:
        await line.text(words)
        assert turns(line) == [turn]

    @pytest.mark.parametrize("command", ["/start", "/human", "/cancel", "/help"])
    async def test_hide_no_danger_that_follows_them(self, line: TelegramLine, command: str) -> None:
        await line.text(f"{command} 他拿刀在外面")
        async with line.stage.database.reading() as uow:
            assert TicketKind.ALERT in {one.kind for one in await uow.tickets.open_ones()}

    async def test_lead_to_a_person(self, line: TelegramLine) -> None:
        await line.text("/human")
        async with line.stage.database.reading() as uow:
            assert [one.kind for one in await uow.tickets.open_ones()] == [TicketKind.PERSON_REQUEST]


class TestGroups:
    @pytest.mark.parametrize("kind", ["group", "supergroup"])
    async def test_are_told_once_and_left(self, line: TelegramLine, kind: str) -> None:
        group = line.fake.chat(-100_5, kind)
        await line.post(line.fake.membership(group.id, kind=kind))
        assert [one.text for one in group.sent] == [NOTES.group]
        assert group.blocked
        await line.post(line.fake.membership(group.id, kind=kind))
        assert len(group.sent) == 1
        assert group.blocked

    async def test_are_not_listened_to(self, line: TelegramLine) -> None:
        for words in ("他拿刀了", "/start", "转人工"):
            line.fake.chat(-100_5, "group").blocked = False
            await line.post(line.fake.message(-100_5, kind="group", text=words))
        assert turns(line) == []
        assert [one.text for one in line.fake.chat(-100_5).sent] == [NOTES.group]
        async with line.stage.database.reading() as uow:
            assert await uow.tickets.open_ones() == ()
            known = await conversations.conversation_of(uow, channel="telegram", external_user="-1005")
        assert known is None

    async def test_that_put_us_out_and_users_who_block_and_unblock_us_are_let_be(self, line: TelegramLine) -> None:
        await line.post(line.fake.membership(-100_5, kind="channel", status="left"))
        for status in ("kicked", "member"):
            await line.post(line.fake.membership(line.user(CITIZEN), kind="private", status=status))
        assert line.fake.chat(-100_5).sent == []
        assert line.sent() == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
PATHS = (
    ("update_id",), ("message",), ("message", "message_id"), ("message", "chat"), ("message", "chat", "id"),
    ("message", "chat", "type"), ("message", "text"), ("message", "contact"), ("message", "sticker"), ("message", "photo"),
    ("message", "media_group_id"), ("message", "from"), ("callback_query",), ("my_chat_member",), ("edited_message",),
)  # fmt: skip


class TestHostileUpdates:
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(path=st.sampled_from(PATHS), value=JSON)
    async def test_never_crash_it(self, line: TelegramLine, path: tuple[str, ...], value: object) -> None:
        update = {
            "update_id": 1,
            "message": {"message_id": 1, "chat": {"id": 70_000, "type": "private"}, "text": "谢谢"},
        }
        inner: Any = update
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = value
        assert await line.raw(json.dumps(update).encode()) == 200
        line.fake.refused.clear()
