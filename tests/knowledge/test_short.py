"""A word or two mean a whole question, and that question is one a card answers."""

import pytest

from knowledge_base.cards import load_cards
from knowledge_base.short import ShortQuestions
from knowledge_base.taxonomy import Taxonomy

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def short() -> ShortQuestions:
    return ShortQuestions.load()


@pytest.mark.parametrize(
    ("query", "facet"),
    [
        ("时效?", "limit"),
        ("那多久呢", "limit"),
        ("要几天啊", "limit"),
        ("多少钱", "cost"),
        ("要钱吗", "cost"),
        ("去哪办", "where"),
        ("找谁", "where"),
        ("那怎么办呢？", "how"),
        ("咋申请", "how"),
        ("要什么材料", "papers"),
    ],
)
def test_a_bare_question_is_recognised(short: ShortQuestions, query: str, facet: str) -> None:
    assert short.facet(query) == facet


@pytest.mark.parametrize(
    "query", ["离婚", "工资", "判几年", "产假多少天", "工伤认定要多久", "法律援助去哪里申请", "", "？", "好的"]
)
def test_a_question_with_words_of_its_own_is_left_alone(short: ShortQuestions, query: str) -> None:
    assert short.facet(query) is None
    assert short.spelled_out(query, ["labour.wages"]) is None


def test_the_matter_decides_what_is_meant(short: ShortQuestions) -> None:
    assert short.spelled_out("那多久呢", ["labour.wages"]) == "劳动仲裁时效是多久"
    assert short.spelled_out("那多久呢", ["labour.work_injury"]) == "工伤多长时间内申请"
    assert short.spelled_out("多少钱", []) == "法律咨询要钱吗"
    assert short.spelled_out("多少钱", ["company"]) is None


def test_every_question_is_one_of_a_cards_own(short: ShortQuestions) -> None:
    ways = {way for card in load_cards().cards if not card.gap for way in card.questions}
    meant = {question for questions in short.questions.values() for question in questions.values()}
    assert meant - ways == set()


def test_every_matter_is_in_the_taxonomy(short: ShortQuestions) -> None:
    assert set(short.questions) <= set(Taxonomy.load().topics)
    assert {facet for questions in short.questions.values() for facet in questions} <= set(short.facets)
