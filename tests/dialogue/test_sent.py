"""Photographs and PDFs in a talk: told what becomes of them, a day read in one is shown back, and what was open goes on."""

from datetime import date

import pytest

from api.services.attachment_ports import DayKind, Document, MediaType, PaperDay
from bot.messages import Media
from tests.dialogue.stage import Stage, Talk

pytestmark = pytest.mark.dialogue

PHOTOGRAPH = Document(media_type=MediaType.PHOTOGRAPH, content=b"\xff\xd8")
SUMMONS = Document(
    media_type=MediaType.PDF,
    content=b"%PDF-1.7",
    days=(
        PaperDay(kind=DayKind.HEARING, day=date(2026, 12, 1)),
        PaperDay(kind=DayKind.ISSUED, day=date(2026, 11, 3)),
    ),
)


@pytest.fixture
def talk(stage: Stage) -> Talk:
    return stage.open(region="231000")


def words(talk: Talk) -> str:
    return "\n".join(message.text for message in talk.messages)


class TestKept:
    def test_photograph_is_acknowledged_and_nothing_of_it_is_guessed(self, talk: Talk) -> None:
        talk.send(Media.IMAGE, document=PHOTOGRAPH)
        assert "照片收到了" in words(talk)
        assert "谁看过都有记录" in words(talk)
        assert talk.question is None

    def test_each_page_after_the_first_is_acknowledged_in_a_word(self, talk: Talk) -> None:
        for said in ("照片收到了", "这一份也收到了", "这一份也收到了"):
            talk.send(Media.IMAGE, document=PHOTOGRAPH)
            assert said in words(talk)

    def test_days_are_shown_back_and_asked_about(self, talk: Talk) -> None:
        talk.send(Media.FILE, document=SUMMONS)
        assert talk.question is not None
        assert talk.question["fact"] == "document.days"
        assert "开庭的日子是2026年12月1日，文件落款是2026年11月3日。对吗" in words(talk)

    @pytest.mark.parametrize(
        ("said", "answered"),
        [
            ("对", "工作人员会按原件再核对一遍"),
            ("是的", "工作人员会按原件再核对一遍"),
            ("不对 是12月8号开庭", "以您手里的原件为准"),
            ("看不清", "工作人员会看原件核对"),
        ],
    )
    def test_days_are_the_callers_to_confirm(self, talk: Talk, said: str, answered: str) -> None:
        talk.send(Media.FILE, document=SUMMONS)
        talk.say(said)
        assert answered in words(talk)
        assert talk.question is None
        assert talk.state.facts == {}, "no day is taken for granted"

    def test_whoever_tells_something_else_is_heard(self, talk: Talk) -> None:
        talk.send(Media.FILE, document=SUMMONS)
        talk.say("老板欠我五个月工资不给")
        assert talk.state.topic == "labour.wages"
        assert talk.question is None
        assert "原件" not in words(talk)

    def test_what_was_asked_goes_on(self, talk: Talk) -> None:
        talk.say("老板欠我一万五工资，看看能不能申请援助")
        talk.tap({"act": "screen"})
        before = talk.question
        assert before is not None
        talk.send(Media.FILE, document=SUMMONS)
        talk.tap({"document.days": "yes"})
        assert talk.question is not None
        assert talk.question["fact"] == before["fact"]

    def test_waiting_for_a_person_is_told_that_they_will_see_it(self, talk: Talk) -> None:
        talk.say("转人工")
        talk.send(Media.FILE, document=SUMMONS)
        assert "工作人员来了能打开看" in words(talk)


class TestTurnedDown:
    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("document_too_large", "拍小一点"),
            ("document_unknown", "存成 PDF 再发"),
            ("document_damaged", "请再发一次"),
            ("document_not_fetched", "不是您的问题"),
            ("document_too_many", "已经满了"),
        ],
    )
    def test_says_why_and_what_to_do(self, talk: Talk, code: str, said: str) -> None:
        talk.send(Media.IMAGE, turned_down=code)
        assert said in words(talk)
        assert "收到了" not in words(talk).replace("没有收到", "")
