"""The result of the pre-screen as it is read: the outcome, why, where to go, by when, and who decides."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bot.channels.phrases import Phrases
from bot.channels.render import Renderer
from bot.messages import VerdictReply
from knowledge_base.directory.hours import CHINA
from knowledge_base.offices import Office, OfficeKind, Opening, Openness
from knowledge_base.types import (
    Alternative,
    ApplyAt,
    Basis,
    Conflict,
    Deadline,
    Outcome,
    Reason,
    Truth,
    Verdict,
)
from tests.channels.words import ART_42, FORBIDDEN
from tests.fakes import numbers

pytestmark = pytest.mark.unit


@pytest.fixture
def renderer() -> Renderer:
    return Renderer(phrases=Phrases.load(), numbers=numbers)


def _reason(rule: str, result: Truth, text: str, outcome: Outcome) -> Reason:
    """Make a reason; which of the three an outcome rests on is the rules' to say."""
    resting = {Outcome.LIKELY: Truth.TRUE, Outcome.NEEDS_PERSON: Truth.UNKNOWN, Outcome.UNLIKELY: Truth.FALSE}
    return Reason(rule=rule, result=result, text=text, citation=ART_42, decides=resting[outcome] is result)


def verdict(outcome: Outcome, **changes: Any) -> Verdict:  # noqa: ANN401 - any field of Verdict
    fields: dict[str, Any] = {
        "outcome": outcome,
        "basis": Basis.MEANS_CHECK_WAIVED,
        "settled": True,
        "rulebook": "sha256:0",
        "on": date(2026, 11, 21),
        "reasons": (
            _reason("a", Truth.TRUE, "您是进城务工的，讨要工资不核查经济情况。", outcome),
            _reason("b", Truth.FALSE, "这件事不在援助范围内。", outcome),
            _reason("c", Truth.UNKNOWN, "您的收入还不清楚。", outcome),
        ),
        "flags": ("advance_aid", "conflict_check"),
        "apply_at": ApplyAt(
            kind="dispute_body_place",
            offices=(
                Office(
                    id="o",
                    name="牡丹江市法律援助中心",
                    kind=OfficeKind.LEGAL_AID,
                    region="231000",
                    phone="0453-0000000",
                ),
            ),
        ),
        "deadlines": (Deadline(what="labour_arbitration", title="劳动仲裁", latest=date(2026, 12, 1)),),
        "documents": ("身份证", "工资欠条"),
        "alternatives": (Alternative(title="劳动监察投诉", contact="12333", hours="工作日"),),
    }
    return Verdict(**(fields | changes))


class TestVerdict:
    @pytest.mark.parametrize(
        ("outcome", "words", "reason"),
        [
            (Outcome.LIKELY, "可能符合", "进城务工"),
            (Outcome.NEEDS_PERSON, "需要人工判断", "收入还不清楚"),
            (Outcome.UNLIKELY, "可能不符合", "不在援助范围"),
        ],
    )
    def test_says_the_outcome_its_reason_its_article_and_who_decides(
        self, renderer: Renderer, outcome: Outcome, words: str, reason: str
    ) -> None:
        message = renderer.message(VerdictReply(verdict=verdict(outcome)))
        for part in (words, reason, "第四十二条", "这不是决定，由法律援助机构决定", "12333", "2026-12-01", "核实"):
            assert part in message.text.replace("还需要人工判断", "需要人工判断")
        assert [word for word in FORBIDDEN if word in message.text] == []
        assert message.body["verdict"]["outcome"] == outcome.value
        assert message.body["citations"][0]["clause"] == "第四十二条"

    def test_tells_what_to_bring_where_and_how_long_unless_unlikely(self, renderer: Renderer) -> None:
        likely = renderer.message(VerdictReply(verdict=verdict(Outcome.LIKELY))).text
        unlikely = renderer.message(VerdictReply(verdict=verdict(Outcome.UNLIKELY))).text
        for part in ("工资欠条", "牡丹江市法律援助中心", "7 日", "第四十四条"):
            assert part in likely
        assert "工资欠条" not in unlikely

    def test_tells_no_days_of_the_mainland_s_where_another_law_holds(self, renderer: Renderer) -> None:
        basic_law = replace(ART_42, document="香港特别行政区基本法", region="810000")
        own = Reason(rule="own", result=Truth.TRUE, text="香港有自己的法律。", citation=basic_law, decides=True)
        bare = verdict(Outcome.NEEDS_PERSON, reasons=(own,), flags=("verify_local_rule",), apply_at=None)
        text = renderer.message(VerdictReply(verdict=replace(bare, deadlines=(), documents=(), alternatives=()))).text
        assert "香港有自己的法律" in text
        assert "按哪里的规定办" in text
        assert "7 日" not in text

    def test_names_both_answers_that_cannot_be_so(self, renderer: Renderer) -> None:
        conflict = Conflict(facts=("applicant.military", "applicant.age"), called=("军人", "年龄"))
        torn = verdict(Outcome.NEEDS_PERSON, reasons=(), flags=("conflicting_facts",), conflicts=(conflict,))
        message = renderer.message(VerdictReply(verdict=torn))
        assert "您说的“军人”和“年龄”对不上，请工作人员跟您核对" in message.text
        assert "改军人" in message.text
        assert message.body["verdict"]["conflicts"][0]["facts"] == ["applicant.military", "applicant.age"]

    def test_tells_a_day_that_is_over_as_perhaps_over_and_sends_nobody_home(self, renderer: Renderer) -> None:
        over = Deadline(what="suit_after_award", title="一般要在十五天内起诉。", latest=date(2026, 11, 1), passed=True)
        text = renderer.message(VerdictReply(verdict=verdict(Outcome.LIKELY, deadlines=(over,)))).text
        assert "2026-11-01 可能已经过了，但今天就去问" in text
        assert "最晚可能" not in text

    def test_tells_from_which_day_a_limit_was_counted(self, renderer: Renderer) -> None:
        counted = Deadline(
            what="suit_after_award",
            title="一般要在十五天内起诉。",
            since=date(2026, 11, 11),
            latest=date(2026, 11, 26),
        )
        text = renderer.message(VerdictReply(verdict=verdict(Outcome.LIKELY, deadlines=(counted,)))).text
        assert "从您说的 2026-11-11 算起，最晚可能到 2026-11-26 为止，请今天就找工作人员核实" in text

    def test_tells_what_could_speed_it_up(self, renderer: Renderer) -> None:
        same_day = Reason(rule="d", result=Truth.UNKNOWN, text="老年人当天收、当天审。", citation=ART_42)
        text = renderer.message(VerdictReply(verdict=verdict(Outcome.LIKELY, sooner=(same_day,)))).text
        assert "请告诉工作人员：老年人当天收、当天审。" in text

    def test_tells_whether_anybody_is_there_now_once_a_number(self, renderer: Renderer) -> None:
        now = datetime(2026, 11, 21, 23, tzinfo=CHINA)
        opens = Opening(state=Openness.CLOSED, opens_at=now + timedelta(hours=9, minutes=30))
        roads = (
            Alternative(title="劳动监察投诉", contact="12333", hours="每天 08:30-17:00", opening=opens),
            Alternative(title="申请劳动仲裁", contact="12333", hours="每天 08:30-17:00", opening=opens),
            Alternative(title="找法院", contact="12368", opening=Opening(state=Openness.UNKNOWN)),
            Alternative(title="免费咨询", contact="12348", hours="24小时", opening=Opening(state=Openness.OPEN)),
        )
        text = renderer.message(VerdictReply(verdict=verdict(Outcome.LIKELY, alternatives=roads, at=now))).text
        lines = text.partition("还可以这样做：\n")[2].splitlines()
        assert lines[:4] == [
            "· 劳动监察投诉，12333，每天 08:30-17:00，按资料，现在没开，明天 08:30开",
            "· 申请劳动仲裁，12333",
            "· 找法院，12368，几点开门：我的资料里没有",
            "· 免费咨询，12348，24小时，按资料，现在开着",
        ]

    def test_names_the_place_that_the_citizen_named_for_the_case(self, renderer: Renderer) -> None:
        there = ApplyAt(kind="handling_organ_place", region="110105", place="北京市朝阳区")
        assert "北京市朝阳区" in renderer.message(VerdictReply(verdict=verdict(Outcome.LIKELY, apply_at=there))).text

    def test_needs_no_offices_documents_or_deadlines(self, renderer: Renderer) -> None:
        bare = verdict(
            Outcome.NEEDS_PERSON, apply_at=None, documents=(), deadlines=(), alternatives=(), reasons=(), flags=()
        )
        assert renderer.message(VerdictReply(verdict=bare)).text.startswith("初步看")
