"""One message, start to end, over a real database."""

import asyncio
import dataclasses
import logging
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from api.domain.conversation import Holder
from api.services import conversations, vault
from api.services.records import DialogueState, Sender, TicketKind
from bot.messages import AnswerReply, Choice, InboundRefused, Payload, QuestionReply, Say, TextReply
from knowledge_base.offices import Directions, Listing, OfficeKind, Opening, Openness
from knowledge_base.types import FactType, NoAnswer, NoAnswerReason, Question, Urgency
from tests.fakes import NUMBERS, answer
from tests.gateway.stage import Stage

pytestmark = pytest.mark.http

ID = "110101199003078888"
PHONE = "13800138000"
CARD = "6222021234567890123"


class TestOpen:
    async def test_greets_as_an_assistant_that_is_no_lawyer(self, stage: Stage) -> None:
        (greeting,) = stage.opened.messages
        assert "自动助手，不是律师" in greeting.text
        assert "转人工" in greeting.text
        assert greeting.sender is Sender.BOT


class TestReceive:
    async def test_answers_with_what_the_dialogue_says(self, stage: Stage) -> None:
        stage.dialogue.enqueue(AnswerReply(answer=answer(), right_to_apply=True))
        with stage.wake.subscribe(stage.opened.id) as woken:
            outcome = await stage.say("高平星期几有律师")
        assert woken.is_set()
        (message,) = outcome.messages
        assert (message.kind, outcome.holder) == ("answer", Holder.BOT)
        assert "计划期已过" in message.text
        assert stage.dialogue.asked[0].metadata["region"] == "231000"

    async def test_runs_one_turn_for_the_same_message_twice(self, stage: Stage) -> None:
        first, second = await asyncio.gather(
            stage.say("老板不给钱", external_id="a"),
            stage.say("老板不给钱", external_id="a"),
        )
        assert first == second
        assert len(stage.dialogue.asked) == 1
        assert len(await stage.thread()) == 3

    async def test_keeps_the_order_of_two_messages_at_once(self, stage: Stage) -> None:
        stage.dialogue.delay = 0.05
        await asyncio.gather(*(stage.say(f"第{n}句") for n in range(3)))
        senders = [message.sender for message in await stage.thread()]
        assert senders == [Sender.BOT, *[Sender.CITIZEN, Sender.BOT] * 3]

    async def test_answers_once_after_a_crash_in_mid_turn(self, stage: Stage) -> None:
        stage.dialogue.queue.append(RuntimeError("the process dies here"))
        with pytest.raises(RuntimeError):
            await stage.say("老板不给钱", external_id="a")
        again = await stage.say("老板不给钱", external_id="a")
        assert len(again.messages) == 1
        assert stage.dialogue.asked[0].metadata["message"] == stage.dialogue.asked[1].metadata["message"]
        assert await stage.say("老板不给钱", external_id="a") == again
        assert len(await stage.thread()) == 3

    async def test_refuses_an_unknown_conversation(self, stage: Stage) -> None:
        stage.opened = dataclasses.replace(stage.opened, id="0" * 32)
        with pytest.raises(conversations.ConversationNotFound):
            await stage.say("你好")


class TestReceiveWithoutDialogue:
    @pytest.mark.parametrize("reason", ["refused", "empty", "late"])
    async def test_answers_from_the_documents_and_offers_a_person(self, stage: Stage, reason: str) -> None:
        match reason:
            case "late":
                stage.dialogue.delay = 5
            case "empty":
                stage.dialogue.enqueue()
            case _:
                stage.dialogue.fail(reason)
        stage.answers.found = answer()
        outcome = await stage.say("星期几有律师")
        assert [message.kind for message in outcome.messages] == ["answer", "menu"]
        assert outcome.messages[1].body["choices"] == [{"title": "转人工", "payload": '{"act": "human"}'}]

    async def test_gives_what_the_directory_says_and_offers_a_person(self, stage: Stage) -> None:
        stage.dialogue.fail()
        law = Listing(office=NUMBERS[3], opening=Opening(state=Openness.UNKNOWN))
        stage.answers.found = Directions(kind=OfficeKind.NUMBER, at=stage.clock(), numbers=(law,))
        outcome = await stage.say("法援中心电话多少")
        assert [message.kind for message in outcome.messages] == ["text", "menu"]
        assert "12348" in outcome.messages[0].text

    async def test_words_a_missing_answer_and_a_broken_index_differently(self, stage: Stage) -> None:
        texts = {}
        for name, found in {
            "missing": NoAnswer(reason=NoAnswerReason.NOT_IN_DOCUMENTS),
            "off_topic": NoAnswer(reason=NoAnswerReason.OFF_TOPIC),
            "broken": None,
        }.items():
            stage.dialogue.fail()
            stage.answers.found = found
            outcome = await stage.say(f"问 {name}")
            texts[name] = outcome.messages[0].text
        assert len(set(texts.values())) == 3
        assert "故障" in texts["broken"]
        assert "没有写" in texts["missing"]

    async def test_says_which_law_has_no_such_article(self, stage: Stage) -> None:
        stage.dialogue.fail()
        stage.answers.found = NoAnswer(
            reason=NoAnswerReason.NOT_IN_DOCUMENTS, because="我手里的《法律援助法》没有“第九十九条”。"
        )
        outcome = await stage.say("法律援助法第九十九条")
        assert "没有“第九十九条”" in outcome.messages[0].text

    async def test_answers_a_choice_that_no_document_could(self, stage: Stage) -> None:
        stage.dialogue.fail()
        outcome = await stage.tap({"applicant.age": 63})
        assert outcome.messages[0].kind == "menu"
        assert stage.answers.asked == []

    async def test_says_once_in_an_outage_that_the_dialogue_is_away(self, stage: Stage) -> None:
        stage.answers.found = answer()

        async def is_told(text: str) -> bool:
            outcome = await stage.say(text)
            assert "转人工" in {choice["title"] for one in outcome.messages for choice in one.body.get("choices", ())}
            return any("暂时不通" in message.text for message in outcome.messages)

        stage.dialogue.fail()
        first = await is_told("星期几有律师")
        for text in ("要带什么", "几点开门"):
            stage.dialogue.fail()
            assert not await is_told(text)
        stage.dialogue.enqueue(TextReply(say=Say.NOT_UNDERSTOOD, choices=(Choice(payload={"act": "human"}),)))
        assert not await is_told("那好")
        stage.dialogue.fail()
        assert (first, await is_told("星期几有律师")) == (True, True)

    @pytest.mark.parametrize("another_law", [False, True])
    async def test_tells_of_the_right_to_apply_only_where_it_is_one(self, stage: Stage, *, another_law: bool) -> None:
        stage.answers.found = dataclasses.replace(answer(), another_law=another_law)
        stage.dialogue.fail()
        outcome = await stage.say("老板不给钱怎么办")
        told = any("您有权申请法律援助" in message.text for message in outcome.messages)
        assert told is not another_law

    async def test_uses_the_dialogue_again_as_soon_as_it_is_back(self, stage: Stage) -> None:
        stage.dialogue.fail()
        await stage.say("一")
        stage.dialogue.enqueue(TextReply(say=Say.THANKS))
        outcome = await stage.say("二")
        assert outcome.messages[0].text.startswith("不客气")


class TestReceiveDanger:
    @pytest.mark.parametrize(
        ("text", "first", "missing"),
        [
            ("活着没意思 药都买好了", "120", "96110"),
            ("他又拿刀了我锁厕所里", "110", "12356"),
            ("我13岁 继父晚上进我房间", "110", "保密您"),
            ("刚转了8万给骗子", "110", "96110"),
        ],
    )
    async def test_gives_numbers_first_and_alerts_staff_in_the_same_turn(
        self, stage: Stage, text: str, first: str, missing: str
    ) -> None:
        outcome = await stage.say(text)
        (message,) = outcome.messages
        assert message.kind == "safety"
        assert first in message.text.splitlines()[0]
        assert missing not in message.text
        assert message.body["urgency"] == "s0"
        assert await stage.tickets() == {TicketKind.ALERT: Urgency.S0}
        assert stage.dialogue.asked == []

    async def test_names_the_text_number_of_the_area_where_it_is_known(self, stage: Stage) -> None:
        known = await stage.say("他又拿刀了")
        await stage.open(region=None)
        unknown = await stage.say("他又拿刀了")
        assert "12110453" in known.messages[0].text
        assert "12110" not in unknown.messages[0].text

    async def test_only_alerts_while_a_person_holds_the_thread(self, stage: Stage) -> None:
        await stage.claim()
        outcome = await stage.say("活着没意思")
        assert (outcome.messages, outcome.holder) == ((), Holder.PERSON)
        assert TicketKind.ALERT in await stage.tickets()

    async def test_stops_asking_and_keeps_what_was_answered(self, stage: Stage) -> None:
        asked = DialogueState(facts={"applicant.age": 63}, asked="applicant.disability", screening=True)
        await stage.remember(asked)
        await stage.say("活着没意思")
        state = await stage.state()
        assert (state.asked, state.screening, state.facts) == (None, False, {"applicant.age": 63})

    @pytest.mark.parametrize("word", ["嗯", "没有", "有，我妈", "不知道怎么办"])
    async def test_stays_with_a_short_answer_and_leads_nobody_back_to_a_form(self, stage: Stage, word: str) -> None:
        await stage.say("活着没意思")
        outcome = await stage.say(word)
        assert stage.dialogue.asked == []
        assert "我在" in outcome.messages[0].text
        assert "110" in outcome.messages[0].text

    async def test_lets_a_new_topic_through_and_what_follows_it(self, stage: Stage) -> None:
        await stage.say("活着没意思")
        await stage.say("老板欠我三个月工资一直不给")
        await stage.say("嗯")
        assert [one.text for one in stage.dialogue.asked] == ["老板欠我三个月工资一直不给", "嗯"]

    async def test_is_heard_in_a_private_answer_too(self, stage: Stage) -> None:
        await stage.expect_name()
        outcome = await stage.say("算了活着没意思")
        assert outcome.messages[0].kind == "safety"

    async def test_goes_on_with_the_dialogue_when_only_time_presses(self, stage: Stage) -> None:
        outcome = await stage.say("明天开庭怎么办")
        assert [message.kind for message in outcome.messages] == ["safety", "text"]
        assert await stage.tickets() == {TicketKind.ALERT: Urgency.S1}

    async def test_leaves_old_news_to_the_dialogue(self, stage: Stage) -> None:
        outcome = await stage.say("我老公去年被抓")
        assert [message.kind for message in outcome.messages] == ["text"]
        assert await stage.tickets() == {}


class TestReceiveForAPerson:
    @pytest.mark.parametrize("text", ["0", "０", "人工", "转人工", " 找人工。"])
    async def test_calls_staff_even_while_the_dialogue_is_down(self, stage: Stage, text: str) -> None:
        stage.dialogue.fail()
        outcome = await stage.say(text)
        assert (outcome.messages[0].kind, outcome.holder) == ("handover", Holder.WAITING)
        assert await stage.tickets() == {TicketKind.PERSON_REQUEST: Urgency.S2}
        assert stage.dialogue.asked == []

    async def test_takes_the_button_too(self, stage: Stage) -> None:
        outcome = await stage.tap({"act": "human"})
        assert outcome.holder is Holder.WAITING

    async def test_keeps_serving_while_nobody_has_come_yet(self, stage: Stage) -> None:
        await stage.say("转人工")
        outcome = await stage.say("工资条要带吗")
        assert (len(outcome.messages), outcome.holder, len(stage.dialogue.asked)) == (1, Holder.WAITING, 1)

    async def test_is_silent_while_a_person_holds_the_thread(self, stage: Stage) -> None:
        await stage.claim()
        first = await stage.say("在吗", external_id="a")
        again = await stage.say("在吗", external_id="a")
        assert (first.messages, first.holder) == ((), Holder.PERSON) == (again.messages, again.holder)
        assert stage.dialogue.asked == []
        assert (await stage.thread())[-1].text == "在吗"

    async def test_drops_the_dialogues_words_when_somebody_claims_in_mid_turn(self, stage: Stage) -> None:
        stage.dialogue.delay = 0.1
        turn = asyncio.create_task(stage.say("在吗"))
        await asyncio.sleep(0.05)
        await stage.claim()
        outcome = await turn
        assert (outcome.messages, outcome.holder) == ((), Holder.PERSON)

    async def test_speaks_again_once_the_thread_is_given_back(self, stage: Stage) -> None:
        await stage.claim()
        stage.clock.pass_(timedelta(minutes=1))
        await stage.release()
        outcome = await stage.say("谢谢")
        assert (len(outcome.messages), outcome.holder) == (1, Holder.BOT)


def contents(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.iterdir())


class TestPersonalData:
    async def test_reaches_neither_dialogue_nor_logs_nor_the_file(
        self, stage: Stage, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        caplog.set_level(logging.DEBUG)
        secrets_ = [ID, PHONE, CARD, "hunter22", "张三丰", "zhang@example.com", "19900307"]
        stage.dialogue.fail()
        with structlog.testing.capture_logs() as logged:
            await stage.say(f"身份证{ID} 电话{PHONE} 卡号{CARD} 密码hunter22 邮箱zhang@example.com")
            await stage.expect_name()
            await stage.say("张三丰")
            await stage.tap({"contact.phone": PHONE})
            await stage.tap({"note": f"打{PHONE}", "n": int(ID)})
        await stage.database.close()
        seen = f"{stage.dialogue.asked}{logged}{caplog.text}{capsys.readouterr()}"
        files = contents(tmp_path)
        assert stage.dialogue.asked[0].text is not None
        assert "<pii:id:1>" in stage.dialogue.asked[0].text
        assert stage.dialogue.asked[1].text == "<pii:name:1>"
        assert stage.dialogue.asked[2].payload == {"contact.phone": "<pii:phone:1>"}
        for each in secrets_:
            assert each not in seen
            assert each.encode() not in files

    async def test_can_be_opened_again_by_its_token(self, stage: Stage) -> None:
        await stage.say(f"打我电话{PHONE}")
        async with stage.database.reading() as uow:
            value = await uow.vault.open(conversation_id=stage.opened.id, kind="phone", number=1)
        assert value == PHONE
        assert vault.tokens((await stage.thread())[1].text) == ("<pii:phone:1>",)


class TestInbound:
    @pytest.mark.parametrize(
        ("text", "payload", "code"),
        [
            (None, None, "text_or_payload"),
            ("一", {"act": "human"}, "text_or_payload"),
            (" \n\u3000", None, "text_empty"),
            ("一" * 4001, None, "text_too_long"),
        ],
    )
    async def test_refuses(self, stage: Stage, text: str | None, payload: Payload | None, code: str) -> None:
        with pytest.raises(InboundRefused) as refused:
            await stage.receive("e", text=text, payload=payload)
        assert refused.value.code == code


class TestQuestions:
    async def test_label_a_choice_in_the_transcript(self, stage: Stage) -> None:
        question = Question(fact="applicant.migrant_worker", type=FactType.BOOL, text="您是进城务工的吗？", why="……")
        stage.dialogue.enqueue(QuestionReply(question=question))
        outcome = await stage.say("老板不给钱")
        titles = [choice["title"] for choice in outcome.messages[0].body["choices"]]
        assert titles == ["是", "否", "不清楚"]
        await stage.tap({"applicant.migrant_worker": True})
        assert (await stage.thread())[3].text == "是"
