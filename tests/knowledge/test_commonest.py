"""The fifty commonest questions, as docs/cards.md lists them, get the card that was written for them."""

import re
from collections import Counter
from datetime import date

import pytest

from knowledge_base.answer import KnowledgeBase
from knowledge_base.cards import load_cards
from knowledge_base.types import Answer
from tests.knowledge.conftest import ROOT

pytestmark = pytest.mark.knowledge

ON = date(2026, 11, 21)
ROW = re.compile(r"^\| ([^|`]+) \| ([^|`]+) \| `([a-z_.]+)` \|$", re.MULTILINE)
LISTED = ROW.findall((ROOT / "docs" / "cards.md").read_text("utf-8"))
ALSO = {
    "procedure.fee_divorce": ("起诉离婚要交多少诉讼费", "离婚诉讼费多少钱", "打离婚官司法院收多少钱"),
    "procedure.fee_labour": ("劳动官司诉讼费多少", "打工伤官司要花多少钱"),
    "procedure.fee_administrative": ("行政诉讼诉讼费多少", "民告官要交多少诉讼费"),
    "procedure.fee_other": ("争抚养权要交多少诉讼费",),
    "procedure.fees": ("告医院要交多少诉讼费", "车祸起诉要交多少诉讼费"),
    "admin.reconsideration_limit": ("行政复议要几天内提", "复议几天内要提出来", "行政复议期限几天"),
    "admin.reconsideration_days": ("行政复议几天出结果",),
    "admin.suit_limit": ("告政府几个月内起诉",),
    "injury.limit": ("被车撞了几年内能去告",),
    "procedure.limitation": ("民事诉讼时效多久",),
}
"""What was once answered with another card's figure."""


def card(base: KnowledgeBase, question: str, *, region: str | None = None) -> str | None:
    answer = base.ask(question, region=region, on=ON)
    return answer.provenance.entry.removeprefix("card:") if isinstance(answer, Answer) and answer.provenance else None


def test_are_fifty_each_with_a_card_of_ours() -> None:
    assert len(LISTED) == 50
    assert {name for *_, name in LISTED} <= {one.id for one in load_cards().cards if not one.gap}
    said = Counter(question for *ways, _ in LISTED for question in ways)
    assert [question for question, times in said.items() if times > 1] == []


@pytest.mark.parametrize(("plain", "also", "wanted"), LISTED)
def test_get_their_card_in_both_forms(cards_only: KnowledgeBase, plain: str, also: str, wanted: str) -> None:
    assert {plain: card(cards_only, plain), also: card(cards_only, also)} == {plain: wanted, also: wanted}


@pytest.mark.parametrize(("wanted", "questions"), ALSO.items())
def test_a_figure_is_never_that_of_another_case(
    cards_only: KnowledgeBase, wanted: str, questions: tuple[str, ...]
) -> None:
    said = {question: card(cards_only, question) for question in questions}
    assert {question: name for question, name in said.items() if name not in {wanted, None}} == {}
    assert wanted in said.values()


@pytest.mark.parametrize("region", [None, "610100", "640100"])
@pytest.mark.parametrize("question", ["最低工资标准是多少", "工资最低标准多少", "我们这边最低工资多少"])
def test_what_a_province_sets_is_not_answered_with_another_figure(
    cards_only: KnowledgeBase, question: str, region: str | None
) -> None:
    assert card(cards_only, question, region=region) is None
