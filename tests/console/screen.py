"""A pre-screen for the console tests that always comes to the same verdict."""

from collections.abc import Callable

from knowledge_base.types import (
    ApplyAt,
    Basis,
    Citation,
    Deadline,
    Facts,
    FactType,
    Office,
    Option,
    Outcome,
    Pivot,
    Question,
    Reason,
    Standing,
    Truth,
    Verdict,
)
from tests.fakes import FakeClock

LAW = "中华人民共和国法律援助法"


def questions() -> tuple[Question, ...]:
    """Two facts of the pre-screen, as the rules would describe them."""
    return (
        Question(
            fact="applicant.migrant_worker", type=FactType.BOOL, text="您是从农村到城里打工的吗？", why="免予核查"
        ),
        Question(fact="applicant.age", type=FactType.INT, text="您多大年纪？", why="老年人优先"),
        Question(
            fact="applicant.disability",
            type=FactType.ENUM,
            text="您有残疾吗？",
            why="优先办理",
            options=(Option(value="none", title="没有"),),
        ),
    )


def assessed(*, flags: tuple[str, ...]) -> Callable[..., Verdict]:
    """Return an assessor that always comes to the same verdict."""

    def assess(facts: Facts, *, region: str | None, on: object, now: object = None) -> Verdict:  # noqa: ARG001
        article = Citation(document=LAW, clause="第四十二条第三项", standing=Standing.IN_FORCE, source_id="law:42")
        local = Citation(
            document="关于完善法律援助制度的实施意见",
            clause="（十）",
            standing=Standing.UNKNOWN,
            source_id="mdj:10",
            region="231000",
        )
        return Verdict(
            outcome=Outcome.LIKELY,
            basis=Basis.MEANS_CHECK_WAIVED,
            settled=True,
            rulebook="sha256:9f3bc21a",
            on=FakeClock().now.date(),
            reasons=(
                Reason(
                    rule="CN.art31.pay",
                    result=Truth.TRUE,
                    text="请求支付劳动报酬，属于法律援助事项。",
                    citation=article,
                ),
                Reason(
                    rule="CN.art42.migrant",
                    result=Truth.TRUE,
                    text="进城务工人员讨要劳动报酬，免予核查经济困难状况。",
                    citation=article,
                ),
                Reason(
                    rule="231000.mdj10",
                    result=Truth.UNKNOWN,
                    text="牡丹江 2017 年意见也免予审查，是否仍在执行需核实。",
                    citation=local,
                ),
            ),
            missing=("applicant.disability",),
            pivot=Pivot(fact="applicant.migrant_worker", outcome=Outcome.NEEDS_PERSON, told=True, values=(False,)),
            flags=flags,
            deadlines=(
                Deadline(
                    what="labour_arbitration", title="劳动仲裁时效", latest=FakeClock().now.date(), citation=article
                ),
            ),
            documents=("身份证明", "用工证明（合同、工牌、考勤、工友证言都可以）"),
            apply_at=ApplyAt(
                kind="handling_organ_place",
                offices=(Office(id="mdj", name="牡丹江市法律援助中心", kind="aid_centre", region="231000"),),
            ),
        )

    return assess
