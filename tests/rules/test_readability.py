"""Whatever a verdict says can be read by somebody who left school after the primary years."""

from collections.abc import Iterator
from datetime import date

import pytest

from bot.channels.phrases import Phrases
from bot.channels.render import Renderer
from bot.messages import VerdictReply
from knowledge_base.assess import Assessor
from knowledge_base.rules.readability import LONGEST, WORDS_OF_THE_LAW, beyond, measure, overall, told
from knowledge_base.types import FactValue
from tests.fakes import numbers

pytestmark = pytest.mark.rules

ON = date(2026, 11, 22)
ASSESSOR = Assessor.load()
BOOK = ASSESSOR.engine.rulebook
RENDERER = Renderer(phrases=Phrases.load(), numbers=numbers)


class TestTheBook:
    def test_says_nothing_that_is_hard_to_read(self) -> None:
        assert {name: problem for _, name, text in told(BOOK) for problem in beyond(text)} == {}

    def test_is_plain_as_a_whole(self) -> None:
        reading = overall(told(BOOK))
        assert reading.sentences > 300
        assert reading.mean < 16
        assert reading.share_of_rare < 0.01

    def test_measures_rules_questions_reasons_and_choices(self) -> None:
        texts = {text for _, _, text in told(BOOK)}
        for said in (
            "法律援助派律师，帮的是个人。",
            "您今年多大了？",
            "不满18岁和满60岁的人",
            "被辞退，要补偿",
            "被抓的人今年多大了？",
        ):
            assert any(said in text for text in texts), said
        (otherwise,) = {rule.otherwise for rule in BOOK.versions("CN.art33.retrial")}
        assert otherwise in texts

    def test_needs_every_word_that_is_let_through(self) -> None:
        every = "".join(text for _, _, text in told(BOOK))
        assert [word for word in WORDS_OF_THE_LAW if word not in every or not measure(word).rare] == []


def verdicts() -> Iterator[tuple[str, str]]:
    for option in ASSESSOR.question("matter").options:
        for more in ({}, {"applicant.social_assistance": True}, {"applicant.kind": "company"}, {"claim.abuse": True}):
            facts: dict[str, FactValue] = {"matter": option.value, **more}
            verdict = ASSESSOR.assess(facts, region="231000", on=ON)
            yield (
                str(facts),
                RENDERER.message(VerdictReply(verdict=verdict)).text,
            )


def test_so_are_whole_verdicts_with_why_papers_roads_and_days() -> None:
    """Citations of the clauses stand in brackets after the words and are not read as words."""
    texts = dict(verdicts())
    assert len(texts) > 100
    longest = {
        name: reading.longest for name, text in texts.items() if (reading := measure(uncited(text))).longest > 60
    }
    assert longest == {}
    reading = measure(*map(uncited, texts.values()))
    assert reading.mean < LONGEST / 2
    assert reading.share_of_rare < 0.015


def uncited(text: str) -> str:
    while "（《" in text:
        before, _, rest = text.partition("（《")
        text = before + rest.partition("）")[2]
    return text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("法律援助机构应当自收到法律援助申请之日起进行审查", "24 characters without a mark, more than 22"),
        ("，".join(["这句话一直不停地说下去"] * 5), "a sentence of 55 characters, more than 40"),
        ("您和对方缔结的契约", "less common characters: 缔契"),
        ("骰子", "less common characters: 骰"),
    ],
)
def test_finds_what_is_hard(text: str, problem: str) -> None:
    assert list(beyond(text)) == [problem]


@pytest.mark.parametrize("text", ["老板不给工钱，可以申请法律援助。", "先仲裁，再打官司。", "满60岁的，不看收入。", ""])
def test_finds_nothing_in_plain_words(text: str) -> None:
    assert list(beyond(text)) == []


def test_counts_what_it_says_it_counts() -> None:
    reading = measure("一二三。四五，六！", "契")
    assert (reading.sentences, reading.characters, reading.longest, reading.longest_breath) == (3, 7, 3, 3)
    assert reading.rare == ("契",)
    assert reading.mean == pytest.approx(7 / 3)
    assert measure("").mean == measure("").share_of_rare == 0
