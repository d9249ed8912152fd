"""Nobody goes in circles: what was said once is not said again and again, and every talk leads on or to a person."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from actions import asides, hearing, intake_words, satisfaction, silence, status, talk, waiting
from actions.acts import Act
from actions.intake_questions import CONSENT, SENSITIVE
from actions.turn import RECEIPT, remember
from actions.wire import AnswerReply, QuestionReply, ReceiptReply
from api.services.records import DialogueState
from knowledge_base import correcting
from tests.dialogue.desk import Desk
from tests.dialogue.fakes import turn

pytestmark = pytest.mark.unit

WAGES = "老板拖欠工资"


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.hears("我要申请法律援助", act=Act.APPLY)  # asked what it is about, and says no more than that
    return desk


def question(desk: Desk) -> QuestionReply:
    (asked,) = (one for one in desk.outcome.replies if isinstance(one, QuestionReply))
    return asked


def words(desk: Desk) -> str:
    return "\n".join(one.question.text for one in desk.outcome.replies if isinstance(one, QuestionReply))


class TestConsent:
    def test_is_read_in_full_once_and_then_asked_in_a_line(self, desk: Desk) -> None:
        desk.hears("我要申请法律援助", act=Act.APPLY)
        assert words(desk) == CONSENT.text
        desk.hears("那个")
        assert len(words(desk)) < len(CONSENT.text) / 2
        assert "不同意也可以继续问" in words(desk)
        assert "转人工" in words(desk)
        desk.hears("你们收费吗")
        assert CONSENT.text not in words(desk)

    def test_goes_to_a_person_after_three_unclear_replies_and_nothing_is_kept(self, desk: Desk) -> None:
        desk.hears("我要申请法律援助", act=Act.APPLY)
        desk.hears("那个", "看看再说", "嗯")
        assert desk.outcome.person == "intake_unclear"
        assert desk.state.asked is None
        assert desk.state.intake == {}
        assert desk.said == ["intake_with_person", "handover"]

    @pytest.mark.parametrize("text", ["再说一遍", "没看清楚", "再发一遍", "再看一遍"])
    def test_is_read_in_full_again_when_asked_to(self, desk: Desk, text: str) -> None:
        desk.hears("我要申请法律援助", act=Act.APPLY)
        desk.hears("那个")
        desk.hears(text)
        assert words(desk) == CONSENT.text

    def test_is_explained_to_whoever_asks_what_it_is(self, desk: Desk) -> None:
        desk.hears("我要申请法律援助", act=Act.APPLY)
        desk.hears("你说啥")
        assert desk.said[0] == "question_explained"
        assert CONSENT.text not in words(desk)

    def test_is_not_read_again_in_a_second_hand_over(self, desk: Desk) -> None:
        desk.hears("我要申请法律援助", act=Act.APPLY)
        desk.hears("算了", act=Act.CANCEL)
        desk.hears("我要申请法律援助", act=Act.APPLY)
        desk.hears("我要申请法律援助", act=Act.APPLY)
        assert desk.state.asked == CONSENT.fact
        assert CONSENT.text not in words(desk)

    def test_of_what_is_sensitive_is_read_by_itself(self, desk: Desk) -> None:
        desk.hears("我要申请法律援助", act=Act.APPLY)
        desk.chooses(consent__handoff=True)
        assert words(desk) == SENSITIVE.text

    def test_is_one_line_to_whoever_finds_it_too_long(self, desk: Desk) -> None:
        desk.hears("我要申请法律援助", act=Act.APPLY)
        desk.hears("太长了 看不懂", act=Act.SIMPLER)
        assert len(words(desk)) < len(CONSENT.text) / 2

    def test_leaves_a_number_nobody_can_read_to_a_person_too(self, desk: Desk) -> None:
        desk.hears("我要申请法律援助", act=Act.APPLY)
        desk.chooses(consent__handoff=True)
        desk.chooses(consent__sensitive=True)
        desk.hears("老王", act=Act.ANSWER)
        desk.hears("123", "我记不得", "啥号", act=Act.ANSWER)
        assert desk.outcome.person == "intake_unclear"
        assert desk.state.intake == {}


class TestAfterTheReceipt:
    @pytest.fixture
    def done(self, desk: Desk) -> Desk:
        receipt = {"reference": "LA-2026-9NM6-7", "missing_documents": [], "facts": ""}
        state = DialogueState(topic="labour.wages", extra={RECEIPT: receipt})
        desk.state = remember(state, (ReceiptReply(reference="LA-2026-9NM6-7"),), message=None, form=None)
        return desk

    @pytest.mark.parametrize(
        "text",
        [
            "到哪一步了",
            "还有别的要我做吗",
            "批了没",
            "那我还要准备啥",
            "接下来呢",
            "要等多久",
            "现在怎么样了",
            "有消息吗",
            "律师什么时候联系我",
            "材料收到了没有",
            "我还需要交什么材料吗",
            "什么时候能有结果",
            "办到哪了",
        ],
    )
    def test_asks_of_the_ticket_and_not_of_the_law(self, done: Desk, text: str) -> None:
        assert status.asks_on(turn(text, state=done.state))

    @pytest.mark.parametrize(
        "text",
        [
            "仲裁要多久",
            "老板跑了怎么办",
            "判决什么时候下来",
            "谢谢",
            "我还要准备给孩子办转学",
            "老板什么时候给钱",
            "人什么时候能回来",
            "押金要多久退",
            "我还要干到年底吗",
            "我该交多少房租",
        ],
    )
    def test_lets_the_law_be_asked_of(self, done: Desk, text: str) -> None:
        assert not status.asks_on(turn(text, state=done.state))

    @pytest.mark.parametrize("text", ["没有了", "谢谢 就这些", "没别的了", "就这样吧", "没事了 谢谢你"])
    def test_is_let_go_who_has_nothing_more(self, done: Desk, text: str) -> None:
        done.hears(text, act=Act.DENY)
        assert done.said[0] in {"all_right", "thanks", "goodbye"}
        assert "service.satisfaction" in words(done) or done.said[-1] == "question"

    @pytest.mark.parametrize("text", ["没有合同", "我没有", "没有人管", "这样行吗", "不用了合同"])
    def test_is_not_let_go_who_tells_something(self, text: str) -> None:
        assert not satisfaction.closes(text)


class TestAskingBack:
    @pytest.mark.parametrize("text", ["劳动", "劳动的", "是劳动方面"])
    def test_is_answered_in_words_of_the_callers_own(self, desk: Desk, text: str) -> None:
        desk.hears("时效")
        assert desk.said[-1] == "clarify"
        desk.hears(text)
        assert "clarify" not in desk.said
        assert any(query.startswith("劳动仲裁时效") for query in desk.knowledge.queries[-2:])

    def test_takes_the_half_of_a_choice_that_was_named(self, desk: Desk) -> None:
        desk.hears("离婚", "孩子")
        assert "离婚 孩子" in desk.knowledge.queries

    def test_comes_no_second_time_in_a_talk_of_single_words(self, desk: Desk) -> None:
        menus = []
        for text in ("离婚", "财产", "时效?", "劳动"):
            desk.hears(text)
            menus.append("clarify" in desk.said or "clarify_matter" in desk.said)
        assert menus == [True, False, False, False]
        assert any(query.startswith("劳动仲裁时效") for query in desk.knowledge.queries[-2:])


class TestTheSameCard:
    def test_is_not_shown_a_third_time(self, desk: Desk) -> None:
        desk.hears(WAGES, "工资不给怎么办")
        assert desk.sources
        desk.hears("那工资到底怎么办")
        assert desk.said == ["nothing_more"]
        assert {"human", "appoint", "screen"} <= {str(one.payload.get("act")) for one in desk.choices}

    def test_is_shown_again_once_something_else_was_told(self, desk: Desk) -> None:
        desk.hears(WAGES, "房东不退押金", "离婚要多久", "时效是多久", "收费吗", "家暴怎么办", "离婚", WAGES)
        assert desk.sources


class TestANumberThatComesAlone:
    @pytest.mark.parametrize("text", ["<pii:phone:1>", "我的电话 <pii:phone:1>", "2026-9NM6-7", "13800138642"])
    def test_is_asked_what_it_is_for_and_counts_as_no_failure(self, desk: Desk, text: str) -> None:
        desk.hears(text)
        assert desk.said == ["number_for_what"]
        assert {"status", "appoint", "human"} == {str(one.payload.get("act")) for one in desk.choices}
        assert "failed" not in desk.state.extra

    @pytest.mark.parametrize("text", ["110", "38", "三个月", "2026年5月欠的"])
    def test_is_not_seen_in_what_may_be_an_answer(self, desk: Desk, text: str) -> None:
        desk.hears(text)
        assert "number_for_what" not in desk.said


class TestErrandsWithinErrands:
    def test_are_no_more_than_there_are_kinds(self, desk: Desk) -> None:
        state = desk.state
        for _ in range(20):
            for kind, asked in (
                ("status", asides.REFERENCE),
                ("complaint", asides.COMPLAINT),
                ("appointment", asides.WHEN),
            ):
                state = asides.ask(state, asked, known={"kind": kind}).state
        depth, laid = 0, state.extra.get("laid_aside")
        while laid:
            depth, laid = depth + 1, laid.get("laid_aside")
        assert depth <= 3

    def test_give_back_the_form_they_came_in(self, desk: Desk) -> None:
        desk.hears(WAGES)
        desk.screen()
        open_, state = desk.state.asked, desk.state
        for kind, asked in (
            ("status", asides.REFERENCE),
            ("complaint", asides.COMPLAINT),
            ("status", asides.REFERENCE),
        ):
            state = asides.ask(state, asked, known={"kind": kind}).state
        assert asides.over(asides.over(state)).asked == open_


class TestAnOrderNobodyGave:
    @pytest.mark.parametrize(("act", "text"), [(Act.HUMAN, "工资让人给扣了"), (Act.WITHDRAW, "工资条丢了咋整")])
    def test_is_looked_up_whatever_rasa_took_it_for(self, desk: Desk, act: Act, text: str) -> None:
        heard = hearing.borne_out(turn(text, act))
        handler = {Act.HUMAN: talk.person, Act.WITHDRAW: talk.take_back}[act]
        outcome = asyncio.run(handler(heard, desk.services))
        assert outcome.person is None
        assert any(isinstance(one, AnswerReply) for one in outcome.replies)

    def test_to_stop_declines_what_was_offered(self, desk: Desk) -> None:
        desk.hears(WAGES, "行吧")
        desk.hears("算了吧", act=Act.CANCEL)
        assert desk.said == ["screen_cancelled"]


class TestAShortWordWithinAMatter:
    @pytest.mark.parametrize("text", ["没合同", "能告不", "没签字"])
    def test_is_heard_and_not_sent_back(self, desk: Desk, text: str) -> None:
        desk.hears(WAGES)
        heard = hearing.borne_out(turn(text, Act.DENY, state=desk.state))
        desk.outcome = asyncio.run(talk.resume(heard, desk.services))
        assert "not_understood" not in desk.said

    @pytest.mark.parametrize("text", ["女的", "老样子", "工友"])
    def test_is_no_yes(self, text: str) -> None:
        assert hearing.borne_out(turn(text, Act.AFFIRM)).act is Act.ASK

    def test_that_is_not_known_is_no_failed_question(self, desk: Desk) -> None:
        desk.hears(WAGES, "不知道为啥")
        assert "failed" not in desk.state.extra


class TestEndlessWords:
    @pytest.mark.parametrize("read", [silence.nods, satisfaction.closes, intake_words.postpones, correcting.opens])
    @pytest.mark.parametrize("text", ["一", "1", "好", "再", "没了", "不对 ", "嗯再说"])
    def test_are_read_at_once(self, read: Callable[[str], object], text: str) -> None:
        began = time.process_time()
        read(text * 1500 + "?")
        assert time.process_time() - began < 1


class TestWhatIsForeign:
    def test_is_no_piece_of_the_story_that_follows(self, desk: Desk) -> None:
        desk.hears("今天天气咋样", "晚饭吃啥", act=Act.OFF_TOPIC)
        assert "pieces" not in desk.state.extra
        desk.hears(WAGES)
        assert desk.knowledge.queries[-1] == WAGES


class TestAWaitThatIsTold:
    def test_names_the_day_unless_it_is_today(self) -> None:
        now = datetime(2026, 11, 22, 2, tzinfo=UTC)
        assert waiting.moment(now - timedelta(minutes=30), now=now) == "09:30"
        assert waiting.moment(now - timedelta(days=1), now=now) == "11 月 21 日 10:00"
        assert waiting.moment(datetime(2026, 11, 21, 15, 59, tzinfo=UTC), now=now) == "11 月 21 日 23:59"


class TestAnActNobodyMeant:
    @pytest.mark.parametrize(
        ("act", "text"),
        [
            (Act.HUMAN, "让人给打了"),
            (Act.HUMAN, "叫人打了一顿"),
            (Act.HUMAN, "有人欠我钱"),
            (Act.HUMAN, "被人骗了"),
            (Act.WITHDRAW, "我不想要这个房子了"),
            (Act.START_OVER, "我又找了个工作"),
            (Act.APPLY, "那我咋办"),
            (Act.APPLY, "我没给她交怎么办"),
        ],
    )
    def test_is_a_story(self, act: Act, text: str) -> None:
        assert hearing.borne_out(turn(text, act)).act is Act.ASK

    @pytest.mark.parametrize(
        ("act", "text"),
        [
            (Act.HUMAN, "转人工"),
            (Act.HUMAN, "0"),
            (Act.HUMAN, "给我找个活人"),
            (Act.HUMAN, "有没有人啊"),
            (Act.HUMAN, "让你们领导来"),
            (Act.HUMAN, "换个人跟我说"),
            (Act.WITHDRAW, "我反悔了"),
            (Act.START_OVER, "从头来"),
            (Act.APPLY, "那就交给你们办"),
        ],
    )
    def test_is_kept_where_the_words_say_it(self, act: Act, text: str) -> None:
        assert hearing.borne_out(turn(text, act)).act is act
