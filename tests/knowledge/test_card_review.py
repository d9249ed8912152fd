"""A proposed card meets its sources before anybody relies on it."""

from datetime import date
from pathlib import Path

import pytest

from knowledge_base import figures
from knowledge_base.card_checks import LONGEST
from knowledge_base.drafts import CardDraft, Flaw, Particulars, SourceDraft
from knowledge_base.workbench import Workbench
from tests.library import TODAY, real_library, wages

pytestmark = pytest.mark.unit


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return real_library(tmp_path / "home").workbench()


def flaws(bench: Workbench, draft: CardDraft) -> list[Flaw]:
    return [finding.flaw for finding in bench.review_card(draft, on=TODAY).problems]


def cited(**changed: object) -> tuple[SourceDraft, ...]:
    source = {"document": "援助法", "clause": "第一条", "words": ("七日内",), **changed}
    return (SourceDraft(**source),)  # type: ignore[arg-type]


class TestACard:
    def test_passes_when_its_clause_says_what_it_says(self, bench: Workbench) -> None:
        review = bench.review_card(wages(), on=TODAY)
        assert review.passed
        (seen,) = review.sources
        assert "请求支付劳动报酬的当事人" in seen.text
        assert seen.issued == date(2021, 8, 20)  # of two versions, the one that applies

    @pytest.mark.parametrize(
        ("changed", "flaw"),
        [
            ({"id": "Aid Wages"}, Flaw.ID_MALFORMED),
            ({"id": "../../etc/passwd"}, Flaw.ID_MALFORMED),
            ({"id": "a" * 51}, Flaw.ID_MALFORMED),
            ({"questions": ()}, Flaw.QUESTION_MISSING),
            ({"answer": ""}, Flaw.ANSWER_MISSING),
            ({"answer": "可以。" * (LONGEST // 3 + 1)}, Flaw.ANSWER_TOO_LONG),
            ({"answer": "可以，请打0356-5221234。"}, Flaw.CONTACT_IN_ANSWER),
            ({"sources": ()}, Flaw.SOURCE_MISSING),
            ({"sources": cited(document="没有这部法")}, Flaw.DOCUMENT_UNKNOWN),
            ({"sources": cited(clause="第九条")}, Flaw.CLAUSE_UNKNOWN),
            ({"sources": cited(words=())}, Flaw.WORDS_MISSING),
            ({"sources": cited(words=("十五日内",))}, Flaw.WORDS_NOT_IN_CLAUSE),
            ({"answer": "可以，30日内有结果。"}, Flaw.FIGURE_NOT_IN_SOURCE),
            ({"questions": ("申请援助几天有结果",)}, Flaw.NEAR_DUPLICATE),
            ({"questions": ("申请援助要等多久",)}, Flaw.FIGURE_NOT_FIRST),
            ({"matters": ("no.such",)}, Flaw.MATTER_UNKNOWN),
            ({"region": "990000"}, Flaw.REGION_UNKNOWN),
            ({"valid_from": TODAY, "valid_to": TODAY}, Flaw.PERIOD_EMPTY),
        ],
    )
    def test_is_sent_back_for(self, bench: Workbench, changed: dict[str, object], flaw: Flaw) -> None:
        assert flaw in flaws(bench, wages(**changed))

    def test_of_a_city_speaks_in_that_city_only(self, bench: Workbench) -> None:
        local = cited(document="高司字〔2024〕6号", clause="一、（一）", words=("每周三值班一次",))
        answer = "每周三值班一次。"
        assert Flaw.REGION_TOO_WIDE in flaws(bench, wages(sources=local, answer=answer))
        assert flaws(bench, wages(sources=local, answer=answer, region="140581")) == []

    def test_may_be_edited_without_being_its_own_twin(self, bench: Workbench) -> None:
        draft = bench.card("days")
        assert draft is not None
        assert flaws(bench, draft) == []

    @pytest.mark.parametrize("clause", ["第2条", "第二条", "第二条第一款", "2条"])
    def test_may_name_its_article_as_people_do(self, bench: Workbench, clause: str) -> None:
        source = SourceDraft(document="《中华人民共和国援助法》", clause=clause, words=("请求支付劳动报酬",))
        (seen,) = bench.review_card(wages(sources=(source,)), on=TODAY).sources
        assert seen.flaws == ()
        assert seen.clause.startswith("第二条")


class TestAText:
    def test_needs_a_title_clauses_and_a_known_place(self, bench: Workbench) -> None:
        review = bench.review_document(Particulars(region="990000"), clauses=0)
        assert {finding.flaw for finding in review.problems} == {
            Flaw.TITLE_MISSING,
            Flaw.REGION_UNKNOWN,
            Flaw.CLAUSES_MISSING,
        }

    def test_that_is_spoken_of_must_be_there(self, bench: Workbench) -> None:
        about = Particulars(title="援助法", document="不存在")
        assert [f.flaw for f in bench.review_document(about, clauses=0).problems] == [Flaw.TEXT_UNKNOWN]


class TestFigures:
    @pytest.mark.parametrize(
        ("answer", "source"),
        [
            ("7天内", "七日内"),
            ("一周内", "七日内"),
            ("百分之五十", "二分之一"),
            ("一半", "50%"),
            ("一年", "十二个月"),
            ("2万元", "二万元"),
            ("1,500元", "一千五百元"),
            ("每周三", "每周三值班"),
            ("2024年4月30日", "二○二四年四月三十日"),
        ],
    )
    def test_are_one_however_they_are_written(self, answer: str, source: str) -> None:
        assert figures.missing(answer, [source]) == ()

    @pytest.mark.parametrize(
        ("answer", "source"),
        [
            ("7个工作日", "七日内"),
            ("七日内", "七个月内"),
            ("每周四", "每周三值班"),
            ("第四十二条", "第四十一条"),
            ("三倍", "二倍"),
        ],
    )
    def test_differ_where_they_count_something_else(self, answer: str, source: str) -> None:
        assert len(figures.missing(answer, [source])) == 1

    @pytest.mark.parametrize("words", ["一般不用", "一个人去就行", "万一没有", "请打12348", "千万别签字"])
    def test_are_not_seen_where_there_are_none(self, words: str) -> None:
        assert list(figures.figures(words)) == []
