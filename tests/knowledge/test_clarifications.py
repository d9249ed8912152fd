"""What is asked back about a word leads to an answer: every way is a question of a card of ours."""

import pytest

from knowledge_base.cards import load_cards
from knowledge_base.clarifications import Clarifications
from knowledge_base.taxonomy import Taxonomy

pytestmark = pytest.mark.unit

MOST_WAYS = 3


@pytest.fixture(scope="module")
def clarifications() -> Clarifications:
    return Clarifications.load()


@pytest.mark.parametrize(
    "word",
    [
        "离婚",
        "我想离婚",
        "我要离婚啊",
        "时效?",
        "多少钱",
        "要多少钱呢",
        "请问费用",
        "合同",
        "被打了",
        "有人欠我钱",
        "赔多少钱",
    ],
)
def test_a_bare_word_is_asked_back_about(clarifications: Clarifications, word: str) -> None:
    assert clarifications.of(word, topic=None) is not None


@pytest.mark.parametrize(
    "text", ["离婚怎么办", "老板不给钱", "公司不给钱", "劳动仲裁时效是多久", "我想问下离婚的事", "你好", "", "？"]
)
def test_whoever_says_more_is_not(clarifications: Clarifications, text: str) -> None:
    assert clarifications.of(text, topic=None) is None


@pytest.mark.parametrize(
    ("word", "topic", "clear"),
    [
        ("多少钱", "labour.wages", True),
        ("时效", "family.divorce", True),
        ("多少钱", "general.legal_aid", False),
        ("离婚", "family.domestic_violence", True),
        ("离婚", "labour.wages", False),
    ],
)
def test_the_conversation_may_say_enough(clarifications: Clarifications, word: str, topic: str, *, clear: bool) -> None:
    assert (clarifications.of(word, topic=topic) is None) is clear


def test_every_way_is_a_question_of_a_card(clarifications: Clarifications) -> None:
    known = {question for card in load_cards().cards if not card.gap for question in card.questions}
    entries = clarifications.of_words.values()
    asked = {way.question for entry in entries for way in entry.ways} | {entry.rule for entry in entries if entry.rule}
    assert asked <= known


def test_no_question_has_more_than_three_ways(clarifications: Clarifications) -> None:
    for entry in clarifications.of_words.values():
        assert 1 < len(entry.ways) <= MOST_WAYS
        assert entry.rule if entry.ask is None else entry.ask.endswith("？")
        assert entry.matter is None or entry.matter in Taxonomy.load().titles


def test_whoever_may_be_beaten_is_told_of_help_first(clarifications: Clarifications) -> None:
    assert clarifications.unsafe == {"被家暴了怎么办"}
