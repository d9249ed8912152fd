"""What an errand leaves behind: in the queue, in the record, and not with Rasa."""

import json
import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from api.domain.audit import AuditEntry
from api.domain.conversation import Holder
from api.services import applications, conversations
from api.services.records import (
    Assistance,
    Contact,
    DialogueState,
    SafeToContact,
    ThirdParty,
    Ticket,
    TicketKind,
)
from bot import rasa_server
from tests.dialogue.stage import Stage, Talk
from tests.http import world

pytestmark = pytest.mark.dialogue

PHONE = "13800138642"
TAIL = "8642"
ALLOWED = 20
"""Tries at one reference in an hour, on every channel together."""


def handed_in(stage: Stage, *, abuse: bool = False, safe: str = "yes") -> str:
    """Hand an application in, in a conversation of its own, and return its reference."""
    talk = stage.open(region="231000")
    facts = {"matter": "labour.wages", "applicant.migrant_worker": True, "claim.abuse": abuse}

    async def told() -> None:
        async with stage.database.unit_of_work() as uow:
            await conversations.save_state(uow, conversation_id=talk.id, state=DialogueState(facts=facts))
            await uow.commit()

    stage.loop.run(told())
    talk.say("我要申请法律援助")
    for payload in ({"consent.handoff": True}, {"consent.sensitive": True}):
        talk.tap(payload)
    talk.say("老周")
    talk.say(PHONE)
    talk.tap({"contact.safe": safe})
    talk.tap({"contact.delivery": "window"})
    [record] = talk.applications
    return record.application.reference


def words(talk: Talk) -> str:
    return "\n".join(message.text for message in talk.messages)


def tickets(stage: Stage, talk: Talk) -> Sequence[tuple[Ticket, str | None]]:
    async def load() -> Sequence[tuple[Ticket, str | None]]:
        async with stage.database.reading() as uow:
            found = await uow.tickets.open_ones(conversation_id=talk.id)
            return [(one, await uow.tickets.words(one.id)) for one in found]

    return stage.loop.run(load())


def record(stage: Stage, talk: Talk) -> Sequence[AuditEntry]:
    async def load() -> Sequence[AuditEntry]:
        async with stage.database.reading() as uow:
            return [one.entry for one in await uow.audit.of(f"conversation:{talk.id}")]

    return stage.loop.run(load())


class TestProgress:
    def test_is_told_elsewhere_by_reference_and_tail(self, stage: Stage, talk: Talk) -> None:
        reference = handed_in(stage)
        talk.say(f"{reference.lower().replace('-', ' ')} 到哪了")
        assert talk.state.asked == "status.phone_tail"
        talk.say(f"尾号{TAIL}")
        assert "您的申请：已收到" in words(talk)
        message = talk.messages[0]
        assert message.body["reference"] == reference
        assert message.body["status"]["waiting_on"] == "institution"
        assert talk.state.asked is None

    def test_looks_the_same_for_a_wrong_tail_and_for_nobody_s_reference(self, stage: Stage) -> None:
        said = []
        for reference in (handed_in(stage), "LA-2026-9NM6-7"):
            talk = stage.open(region=None)
            talk.say(f"{reference} 帮我看看")
            talk.say("0000")
            said.append(words(talk))
            talk.say("1111")
            said.append(words(talk))
            assert {"转人工", "约个时间"} <= {choice["title"] for choice in talk.choices}
        assert said[:2] == said[2:]

    def test_stops_who_guesses_even_with_the_right_digits(self, stage: Stage) -> None:
        reference = handed_in(stage)
        for attempt in range(0, ALLOWED, 2):
            guesser = stage.open(region=None)
            guesser.say(f"{reference} 帮我看看")
            for guess in (attempt, attempt + 1):
                guesser.say(f"{guess:04d}")
                assert "没有查到" in words(guesser)
        talk = stage.open(region=None)
        talk.say(f"{reference} 帮我看看")
        talk.say(TAIL)
        assert "为了保护您的信息" in words(talk)

    def test_goes_from_rasas_memory_alone_or_with_everything_older(self, stage: Stage) -> None:
        tracker = stage.folder / "tracker.db"
        kept, gone = stage.open(region=None), stage.open(region=None)
        for talk in (kept, gone):
            talk.say("你好")
        assert rasa_server.forget(tracker, conversation=gone.id) > 0
        assert rasa_server.forget(tracker, conversation=gone.id) == 0
        gone.say("你好")
        assert rasa_server.forget(tracker, before=datetime.now(UTC) - timedelta(days=1)) == 0
        assert rasa_server.forget(tracker, before=datetime.now(UTC) + timedelta(days=1)) > 0
        kept.say("你好")
        assert words(kept)

    def test_leaves_the_digits_neither_with_rasa_nor_in_the_thread(self, stage: Stage, talk: Talk) -> None:
        talk.say("LA-2026-9NM6-7 到哪了")
        talk.say("7305")
        talk.say("LA-2026-9NM6-7 尾号7306")
        tracker = b"".join(file.read_bytes() for file in stage.folder.glob("tracker.db*"))
        thread = "".join(message.text for message in talk.messages)
        for secret in ("7305", "7306"):
            # Times of day and ids are long numbers that may hold the same four digits.
            assert re.search(rb"(?<![0-9a-f.])" + secret.encode() + rb"(?![0-9a-f])", tracker) is None
            assert secret not in thread

    def test_of_another_application_is_asked_for_the_digits_in_any_thread(self, stage: Stage) -> None:
        other = handed_in(stage)
        mine = stage.open(region="231000")
        mine.say("我要申请法律援助")
        mine.tap({"act": "cancel"})
        mine.say(f"{other} 帮我看看")
        assert mine.state.asked == "status.phone_tail"


class TestPassPhrase:
    """Somebody speaks for the citizen: digits alone tell nothing."""

    @staticmethod
    def handed_in(stage: Stage) -> str:
        contact = Contact(name="老周", phone=PHONE)
        draft = world.draft(
            contact=contact, third_party=ThirdParty(name="李四", relationship="女儿"), pass_phrase="红灯记"
        )

        async def submit() -> str:
            async with stage.database.unit_of_work() as uow:
                receipt = await applications.submit(
                    uow,
                    idempotency_key=uuid.uuid4().hex,
                    draft=draft,
                    assess=world.FakeLaw().assess,
                    now=datetime.now(UTC),
                )
                await uow.commit()
            return receipt.reference

        return stage.loop.run(submit())

    def test_is_asked_for_after_the_digits_and_then_the_progress_is_told(self, stage: Stage, talk: Talk) -> None:
        reference = self.handed_in(stage)
        talk.say(f"{reference} 到哪了")
        talk.say(TAIL)
        assert talk.state.asked == "status.pass_phrase"
        assert "已收到" not in words(talk)
        talk.say("白毛女")
        assert "暗语没有对上" in words(talk)
        assert talk.state.asked == "status.pass_phrase"
        talk.say("红灯记")
        assert "您的申请：已收到" in words(talk)
        assert talk.state.asked is None

    def test_is_left_neither_with_rasa_nor_in_the_thread(self, stage: Stage, talk: Talk) -> None:
        reference = self.handed_in(stage)
        talk.say(f"{reference} 尾号{TAIL}")
        talk.say("红灯记")
        assert "您的申请：已收到" in words(talk)
        tracker = b"".join(file.read_bytes() for file in stage.folder.glob("tracker.db*"))
        for written in ("红灯记".encode(), json.dumps("红灯记").strip('"').encode()):
            assert written not in tracker
        assert "红灯记" not in words(talk)

        async def kept() -> str | None:
            async with stage.database.reading() as uow:
                return await uow.vault.open(conversation_id=talk.id, kind="pass_phrase", number=1)

        assert stage.loop.run(kept()) is None
        assert talk.state.facts == {}, "the owner's answers are not carried over to whoever speaks for them"


class TestGoingOnElsewhere:
    """One application, told on one channel, goes on in another thread of its owner's."""

    def test_the_answers_are_known_and_the_application_is_the_same(self, stage: Stage, talk: Talk) -> None:
        reference = handed_in(stage)
        talk.say(f"{reference} 到哪了")
        talk.say(TAIL)
        assert "不用再说一遍" in words(talk)
        assert talk.state.facts["applicant.migrant_worker"] is True
        talk.say("我要申请法律援助")
        assert reference in words(talk)
        assert talk.applications == ()

    @pytest.mark.parametrize("given", [{"abuse": True}, {"safe": "no"}])
    def test_of_somebody_in_danger_only_the_progress_is_told(
        self, stage: Stage, talk: Talk, given: dict[str, object]
    ) -> None:
        reference = handed_in(stage, **given)  # type: ignore[arg-type]
        talk.say(f"{reference} 到哪了")
        talk.say(TAIL)
        assert "已收到" in words(talk)
        assert not talk.state.facts
        assert "不用再说一遍" not in words(talk)

    def test_wrong_digits_bring_nothing(self, stage: Stage, talk: Talk) -> None:
        reference = handed_in(stage)
        talk.say(f"{reference} 到哪了")
        talk.say("0000")
        assert not talk.state.facts


class TestComplaint:
    def test_is_a_ticket_of_its_own_with_the_words_as_they_were_said(self, stage: Stage, talk: Talk) -> None:
        talk.say("我要投诉")
        talk.say("派给我的律师两个月没接过我电话")
        talk.say(PHONE)
        [(ticket, said)] = tickets(stage, talk)
        assert (ticket.kind, said) == (TicketKind.COMPLAINT, "派给我的律师两个月没接过我电话")
        assert ticket.contact == "<pii:phone:1>"
        assert talk.last is not None
        assert talk.last.holder is Holder.BOT


class TestSomebodyWhoCannotHear:
    def test_is_asked_for_an_interpreter_and_told_by_when_it_is_known(self, stage: Stage, talk: Talk) -> None:
        talk.say("我是聋人 不能打电话 只能打字")
        talk.say("想约周四下午跟律师谈谈")
        assert talk.question is not None
        assert talk.question["fact"] == "appointment.assistance"
        talk.tap({"appointment.assistance": "both"})
        [(ticket, _)] = tickets(stage, talk)
        assert ticket.assistance == (Assistance.SIGN_INTERPRETER, Assistance.COMPANION)
        assert (ticket.contact, ticket.safe_to_contact) == (None, SafeToContact.MESSAGE_ONLY)
        assert re.search(r"要手语翻译，也记在编号 YY-.* 下面了。能不能请到，工作人员会在 \d+ 月 \d+ 日", words(talk))
        assert "到时候打哪个号码" not in words(talk)

    def test_may_decline_in_words(self, stage: Stage, talk: Talk) -> None:
        talk.say("我是聋人 想约周四下午跟律师谈谈")
        talk.say("都不用")
        [(ticket, _)] = tickets(stage, talk)
        assert ticket.assistance == ()

    def test_begins_with_the_wish_for_an_interpreter(self, stage: Stage, talk: Talk) -> None:
        talk.say("能不能安排手语翻译")
        assert talk.question is not None
        assert talk.question["fact"] == "appointment.when"
        talk.say("周四下午")
        talk.say("不用")
        [(ticket, _)] = tickets(stage, talk)
        assert ticket.assistance == (Assistance.SIGN_INTERPRETER,)

    def test_may_add_a_companion_later(self, stage: Stage, talk: Talk) -> None:
        talk.say("想约周四下午跟律师谈谈")
        talk.say("不用")
        talk.say("我姐陪我去")
        [(ticket, said)] = tickets(stage, talk)
        assert ticket.assistance == (Assistance.COMPANION,)
        assert said == "想约周四下午跟律师谈谈\n我姐陪我去"
        assert "有人陪您来，也记在编号" in words(talk)
        assert "改的时间" not in words(talk)


class TestWordsOfHome:
    def test_are_read_back_before_the_first_consent(self, stage: Stage) -> None:
        talk = stage.open(region="640100")
        talk.say("年时腊月干的活 老板欠我工钱不给")
        talk.say("我要申请法律援助")
        assert talk.question is not None
        assert talk.question["fact"] == "words.meant"
        assert "您说的“年时”是去年的意思，对吗" in talk.question["text"]
        talk.say("啥意思啊")
        assert talk.question is not None
        assert "“年时”是去年的意思" in talk.question["text"]
        talk.say("对")
        assert talk.question is not None
        assert talk.question["fact"] == "consent.handoff"
        talk.say("不同意")
        talk.say("我要申请法律援助")
        assert talk.question is not None
        assert talk.question["fact"] == "consent.handoff"

    def test_that_mean_something_else_are_left_to_the_staff(self, stage: Stage) -> None:
        talk = stage.open(region="231000")
        talk.say("我堂客在厂里干活 老板欠工资不给")
        talk.say("我要申请法律援助")
        talk.say("不是 是我妹妹")
        assert "工作人员照您说的看" in words(talk)
        assert talk.question is not None
        assert talk.question["fact"] == "consent.handoff"

    def test_are_asked_of_nobody_who_said_none(self, stage: Stage) -> None:
        talk = stage.open(region="231000")
        talk.say("俺老板欠我工资不给")
        talk.say("我要申请法律援助")
        assert talk.question is not None
        assert talk.question["fact"] == "consent.handoff"


class TestRating:
    def test_is_counted_once_and_asked_once(self, stage: Stage, talk: Talk) -> None:
        talk.say("法律援助收费吗")
        talk.say("谢谢")
        talk.tap({"service.satisfaction": "fair"})
        talk.say("重新开始")
        talk.say("法律援助收费吗")
        talk.say("谢谢")
        assert talk.question is None
        rated = [entry for entry in record(stage, talk) if entry.action == "conversation.rated"]
        assert [entry.data["satisfaction"] for entry in rated] == ["fair"]


class TestScolding:
    def test_leaves_tickets_alone_and_a_person_within_reach(self, stage: Stage, talk: Talk) -> None:
        talk.say("你们的律师收了我两千块钱 我要投诉")
        talk.say("不用")
        for scolding in ("废物", "傻逼", "滚"):
            talk.say(scolding)
        assert talk.last is not None
        assert talk.last.holder is Holder.CLOSED
        assert [ticket.kind for ticket, _ in tickets(stage, talk)] == [TicketKind.COMPLAINT]
        talk.say("转人工")
        assert talk.last.holder is Holder.WAITING


class TestAnotherLanguage:
    def test_tells_the_staff_which_interpreter(self, stage: Stage, talk: Talk) -> None:
        talk.say("사장님이 월급을 세 달째 안 줘요")
        talk.tap_title("转人工")
        [(ticket, _)] = tickets(stage, talk)
        assert ticket.reason == "citizen_asked:interpreter:ko"
