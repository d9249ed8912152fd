"""The commonest questions are the same question in whatever words they come; a word more makes them another."""

from datetime import date
from itertools import product

import pytest

from knowledge_base.answer import KnowledgeBase
from knowledge_base.cards import load_cards
from knowledge_base.plain import PlainQuestions
from knowledge_base.types import Answer

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)


@pytest.fixture(scope="module")
def plain() -> PlainQuestions:
    return PlainQuestions.load()


def _said(*parts: tuple[str, ...]) -> list[str]:
    return ["".join(words) for words in product(*parts)]


WAYS = {
    "老板拖欠工资怎么办": [
        *_said(
            ("老板", "公司", "包工头", "厂里"),
            ("不给", "不发", "拖欠", "没给"),
            ("工资", "工钱", "薪水"),
            ("怎么办", "咋整", ",我该找谁", "？"),
        ),
        "请问单位欠我三个月工资怎么办",
        "我的工资一直拿不到",
        "怎么讨薪",
        "他们拖着工资不发咋办",
    ],
    "工地受伤谁来赔": [
        *_said(("上班", "在工地", "在厂里干活"), ("摔伤了", "手被机器压断了", "受伤了"), ("怎么办", "怎么赔")),
        "在砖厂干活手压断了老板不管怎么办",
    ],
    "什么情况算工伤": _said(("上班", "在工地"), ("摔伤了", "受伤"), ("算工伤吗", "是不是工伤")),
    "想离婚怎么办": ["我想离婚", "怎么离婚", "跟老公离婚要什么手续", "离婚怎么办理"],
    "老公打我怎么办": _said(
        ("老公", "我丈夫", "男朋友"), ("打我", "老打我", "喝了酒就打我"), ("怎么办", "", "我能怎么办")
    ),
    "子女不给赡养费": _said(
        ("儿子", "三个儿子", "子女"), ("不养我", "都不管我", "不给赡养费"), ("怎么办", "我能告吗", "")
    ),
    "离婚后不给抚养费怎么办": ["前夫不给抚养费怎么办", "孩子爸爸一直不付抚养费", "离婚后男方不给孩子生活费咋办"],
    "前夫以前欠的抚养费能补要吗": ["前夫拖欠抚养费怎么办", "他欠了两年抚养费能追吗"],
    "出车祸了怎么赔": ["我爸被车撞了怎么办", "骑电动车被车撞了", "出了车祸怎么赔"],
    "借钱不还怎么办": ["朋友借钱不还怎么办", "同事借了我五万不还能起诉吗", "亲戚欠我的钱一直不还"],
    "房东不退押金怎么办": ["房东扣我押金怎么办", "中介不还押金找谁", "租房押金要不回来"],
    "被公司辞退了有补偿吗": ["公司突然让我走人赔多少", "老板把我开除了怎么办", "被单位辞退了有补偿吗"],
    "法律援助去哪里申请": ["去哪办法律援助", "哪里可以申请法律援助", "法律援助在哪申请", "外地人能申请法律援助吗"],
    "没有身份证能申请法律援助吗": [
        "没有身份证怎么申请",
        "身份证丢了怎么申请法律援助",
        "我没带身份证能申请吗",
        "申请法律援助一定要身份证吗",
    ],
    "法律援助材料不齐怎么办": ["没有合同能申请法律援助吗", "户口本丢了怎么申请法律援助"],
    "申请法律援助要交钱吗": ["法律援助要钱吗", "派的律师收费吗"],
    "法律咨询要钱吗": ["咨询要花钱吗", "请律师多少钱", "多少钱能请律师"],
    "怎么申请法律援助": ["怎么办法律援助", "申请法律援助要什么手续"],
    "申请法律援助要带什么材料": ["申请法律援助要带什么", "法律援助需要什么材料", "法律援助申请需要什么证件"],
    "法律援助多久能办下来": ["法律援助多久能批", "申请法律援助要等多久"],
    "家人被抓了能申请法律援助吗": ["我儿子被派出所带走了怎么办", "老公被刑拘了能请律师吗", "我爸在看守所"],
    "起诉要交多少钱": ["打官司要花钱吗", "起诉要多少钱"],
    "老公出轨了": ["老公出轨想离婚怎么办"],
    "工伤认定怎么申请": ["工伤怎么认定"],
}
OTHERS = (
    "老板不给工资清单",
    "公司不给加班工资怎么办",
    "没签合同老板不给工资怎么办",
    "老板不给工资还打人",
    "我爸打我怎么办",
    "我被打了",
    "老公不给生活费",
    "儿子不给我看孙子",
    "在店里摔伤了怎么办",
    "我朋友被抓了怎么办",
    "儿子被人关起来了",
    "房东不退押金还骂人",
    "公司欠货款不还",
    "法律援助律师不接电话怎么办",
    "身份证丢了怎么办",
    "身份证丢了怎么办理",
    "没有身份证怎么申请低保",
    "没有证明怎么申请仲裁",
    "他不给生活费",
)


def test_are_questions_of_cards_of_ours(plain: PlainQuestions) -> None:
    own = {question for card in load_cards().cards if not card.gap for question in card.questions}
    asked = [asks for _, asks in plain.questions]
    assert [asks for asks in asked if asks not in own] == []
    assert sorted(asked) == sorted(WAYS)


@pytest.mark.parametrize("asks", WAYS)
def test_mean_the_same_in_other_words(plain: PlainQuestions, asks: str) -> None:
    assert {said: plain.meant(said) for said in WAYS[asks] if plain.meant(said) != asks} == {}


@pytest.mark.parametrize("said", OTHERS)
def test_mean_nothing_with_a_word_that_makes_another_question(plain: PlainQuestions, said: str) -> None:
    assert plain.meant(said) is None


def test_no_sentence_has_two_meanings(plain: PlainQuestions) -> None:
    for said in (one for ways in WAYS.values() for one in ways):
        assert len([asks for pattern, asks in plain.questions if pattern.fullmatch(said)]) <= 1, said


@pytest.mark.parametrize("said", ["", "？？？", "老板" * 30, "\x00" * 39, "🙂" * 39, "不给" * 5000])
def test_anything_may_be_said(plain: PlainQuestions, said: str) -> None:
    assert plain.meant(said) is None


@pytest.mark.knowledge
@pytest.mark.parametrize("asks", WAYS)
def test_get_the_card(cards_only: KnowledgeBase, asks: str) -> None:
    wanted = {card.id for card in load_cards().cards if asks in card.questions}
    said = WAYS[asks][-1]
    answer = cards_only.ask(said, region=None, on=ON)
    assert isinstance(answer, Answer), said
    assert answer.provenance is not None
    assert answer.provenance.entry.removeprefix("card:") in wanted
