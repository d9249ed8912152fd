"""The hand-over where a wrong reading hurts: consent, whether a call is safe, how papers travel, and taking it all back."""

from collections.abc import Mapping

import pytest

from actions import intake_words
from api.services.records import ApplicationSecrets, ConsentKind, Delivery, SafeToContact, Ticket, TicketKind
from tests.dialogue.stage import Stage, Talk

pytestmark = pytest.mark.dialogue

YES, NEUTRAL, NO = SafeToContact.YES, SafeToContact.NEUTRAL_ONLY, SafeToContact.NO


class TestSafeToContact:
    @pytest.mark.parametrize(
        "text",
        [
            "方便，可以打",
            "方便",
            "可以",
            "可以打",
            "没危险",
            "安全",
            "方便的",
            "没事 可以打",
            "方便 打吧",
            "随时可以打。",
        ],
    )
    def test_is_yes_where_every_clause_says_so(self, text: str) -> None:
        assert intake_words.safe_to_contact(text) is YES

    @pytest.mark.parametrize(
        "text",
        [
            "不是很方便 他在旁边",
            "不大安全",
            "晚上不可以打 他在家",
            "不方便，别打",
            "可以打 但晚上别打",
            "不太方便",
            "会有危险",
            "不行",
            "别联系我",
            "可以 他就在旁边",
        ],
    )
    def test_is_no_where_one_clause_denies_it(self, text: str) -> None:
        assert intake_words.safe_to_contact(text) is NO

    @pytest.mark.parametrize(
        "text",
        [
            "可以打，但别提是什么事",
            "可以打但是别跟我老公说",
            "行，别跟他提",
            "可以打 不要告诉我婆婆",
            "能打 不要说是什么事",
        ],
    )
    def test_is_neutral_where_a_call_is_allowed_and_silence_is_asked(self, text: str) -> None:
        assert intake_words.safe_to_contact(text) is NEUTRAL

    @pytest.mark.parametrize(
        "text",
        [
            "别说是什么事",
            "是的",
            "没有",
            "白天方便",
            "方便是方便",
            "可以吧 我也不知道",
            "等他走了可以打",
            "方便,但我老公会看手机",
            "没有不方便",
            "方便吗",
            "他不在旁边",
            "安全什么呀",
            "",
        ],
    )
    def test_is_asked_again_in_doubt(self, text: str) -> None:
        assert intake_words.safe_to_contact(text) is None


class TestDelivery:
    @pytest.mark.parametrize(
        ("text", "way"),
        [
            ("不会用手机 也不会上网 打电话吧", Delivery.PHONE),
            ("我腿脚不好 能上门不", Delivery.HOME_VISIT),
            ("可不可以寄给我", Delivery.POST),
            ("我自己去", Delivery.WINDOW),
            ("网上办理", Delivery.ONLINE),
            ("打我手机", Delivery.PHONE),
            ("不要上门 邮寄吧", Delivery.POST),
        ],
    )
    def test_is_what_is_asked_for(self, text: str, way: Delivery) -> None:
        assert intake_words.delivery(text) is way

    @pytest.mark.parametrize(
        "text", ["千万别上门", "不要寄到家里", "电话或者网上", "除了电话都行", "怕寄到家里被看见", "上门要钱吗", "随便"]
    )
    def test_is_asked_again_where_a_way_is_only_ruled_out(self, text: str) -> None:
        assert intake_words.delivery(text) is None


class TestConsent:
    @pytest.mark.parametrize(
        "text",
        ["同意", "我同意", "都同意", "同意的", "好的，同意", "是", "可以", "同意。", "同意联系", "我同意转交给他们"],
    )
    def test_is_given_by_saying_exactly_that(self, text: str) -> None:
        assert intake_words.consent(text) is True

    @pytest.mark.parametrize("text", ["不同意", "我不同意", "不要", "我不愿意", "不行"])
    def test_is_refused_by_saying_exactly_that(self, text: str) -> None:
        assert intake_words.consent(text) is False

    @pytest.mark.parametrize(
        "text",
        [
            "我考虑下再同意",
            "等我问问家里再同意",
            "同意什么呀",
            "只同意交给你们 不同意给别人",
            "除了收入别的我同意",
            "不是不同意",
            "同意？",
            "同意你们不交",
            "嗯",
        ],
    )
    def test_is_asked_again_after_anything_else(self, text: str) -> None:
        assert intake_words.consent(text) is None

    @pytest.mark.parametrize("extra", [{}, {"value": True}, {"agree": "yes"}, {"items": True}])
    def test_is_no_bare_act(self, talk: Talk, extra: Mapping[str, object]) -> None:
        talk.say("我要申请法律援助")
        talk.tap({"act": "consent", **extra})
        assert talk.state.asked == "consent.handoff"
        assert talk.state.intake == {}

    def test_is_not_taken_before_it_is_asked(self, talk: Talk) -> None:
        talk.tap({"consent.handoff": True})
        assert talk.state.intake == {}


class TestWithdrawal:
    @pytest.mark.parametrize("text", ["我想撤回同意", "我要撤回申请", "把我的信息删掉", "看看你们存了我什么"])
    def test_is_heard_in_plain_words(self, text: str) -> None:
        assert intake_words.withdraws(text)

    @pytest.mark.parametrize("text", ["老板让我撤回申请", "公司叫我撤回工伤申请", "我同意", "他把我的衣服都删了"])
    def test_is_not_heard_in_a_story(self, text: str) -> None:
        assert not intake_words.withdraws(text)


def hand_in(talk: Talk, *, sensitive: bool) -> None:
    talk.say("老板拖欠工资")
    talk.tap({"act": "screen"})
    while talk.question is not None:
        fact = talk.question["fact"]
        talk.tap({fact: True if fact == "applicant.migrant_worker" else None})
    talk.tap({"act": "handoff"})
    talk.tap({"consent.handoff": True})
    talk.tap({"consent.sensitive": sensitive})
    talk.say("老周")
    talk.say("13800138000")
    talk.tap({"contact.safe": "yes"})
    talk.tap({"contact.delivery": "window"})
    assert len(talk.applications) == 1


def open_tickets(stage: Stage) -> tuple[Ticket, ...]:
    async def load() -> tuple[Ticket, ...]:
        async with stage.database.reading() as uow:
            return tuple(await uow.tickets.open_ones())

    return stage.loop.run(load())


class TestApplication:
    @pytest.mark.parametrize("sensitive", [True, False])
    def test_holds_sensitive_facts_only_with_consent(self, stage: Stage, *, sensitive: bool) -> None:
        talk = stage.open(region="231000")
        hand_in(talk, sensitive=sensitive)
        [record] = talk.applications

        async def load() -> ApplicationSecrets:
            async with stage.database.reading() as uow:
                found = await uow.applications.secrets(record.application.reference)
            assert found is not None
            return found

        case = stage.loop.run(load())
        kinds = {consent.kind for consent in case.consents}
        assert {ConsentKind.HANDOVER, ConsentKind.CONTACT} <= kinds
        assert (ConsentKind.SENSITIVE in kinds) is sensitive
        assert bool(case.facts) is sensitive
        assert bool(case.words) is sensitive
        assert record.matters == ("labour.wages",)

    def test_is_taken_back_by_telling_the_staff_once(self, stage: Stage) -> None:
        talk = stage.open(region="231000")
        hand_in(talk, sensitive=True)
        reference = talk.applications[0].application.reference
        for _ in range(2):
            talk.say("我想撤回同意")
            assert "已经转给工作人员" in talk.messages[0].text
        found = [one for one in open_tickets(stage) if one.reference == reference and one.kind is TicketKind.TASK]
        assert [one.reason.rpartition(":")[2] for one in found] == ["consent_withdrawn"]
        assert talk.last is not None
        assert talk.last.holder == "waiting"


class TestChild:
    def test_under_fourteen_is_left_to_a_person_without_consenting(self, talk: Talk) -> None:
        talk.say("老板拖欠工资")
        talk.tap({"applicant.age": 13})
        talk.tap({"act": "handoff"})
        assert [message.kind for message in talk.messages] == ["text", "handover"]
        assert "不满 14 岁" in talk.messages[0].text
        assert talk.last is not None
        assert talk.last.holder == "waiting"
        talk.tap({"consent.handoff": True})
        assert talk.state.intake == {}
