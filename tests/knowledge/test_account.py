"""What is read off a caller's own words for whoever takes the case: the telling messages, and what they count."""

from datetime import date

import pytest

from knowledge_base.account import Account, Kind, Reader, Saying, account_with
from knowledge_base.regions import Regions
from knowledge_base.unasked import Unasked

pytestmark = pytest.mark.unit
ON = date(2026, 11, 21)


@pytest.fixture(scope="module")
def read() -> Reader:
    return account_with(Unasked.load(), place_in=Regions.load().place_in)


def of(read: Reader, *texts: str) -> Account:
    return read(Saying(number=number, text=text, on=ON) for number, text in enumerate(texts))


def test_reads_sum_months_place_and_employer(read: Reader) -> None:
    told = of(read, "我在阳明区宏达建筑公司干活 老板欠我五个月工资 一共一万五 人跑了").particulars
    assert {(one.kind, one.value) for one in told} >= {
        (Kind.AMOUNT, "15000"),
        (Kind.MONTHS, "5"),
        (Kind.PLACE, "231003"),
        (Kind.EMPLOYER, "阳明区宏达建筑公司"),
    }


@pytest.mark.parametrize(
    ("text", "whose", "years"),
    [("我儿子才16岁", "儿子", "16"), ("我今年52", "本人", "52"), ("我妈八十三了", "妈", "83")],
)
def test_says_whose_an_age_is(read: Reader, text: str, whose: str, years: str) -> None:
    (age,) = (one for one in of(read, text).particulars if one.kind is Kind.AGE)
    assert (age.whose, age.value) == (whose, years)


@pytest.mark.parametrize("text", ["在厂里上班", "我们公司不给钱", "那个工地的活"])
def test_names_no_employer_that_was_not_named(read: Reader, text: str) -> None:
    assert [one for one in of(read, text).particulars if one.kind is Kind.EMPLOYER] == []


def test_leaves_out_nods_and_wishes(read: Reader) -> None:
    told = of(
        read,
        "老板欠我仨月工资不给",
        "看看能不能申请",
        "是",
        "同意",
        "我想查一下我那个案子到哪了",
        "电话吧",
        "房本写他的名字 婚后买的",
    )
    assert told.telling == (0, 6)


@pytest.mark.parametrize(
    ("text", "people", "many"),
    [
        ("我们七个工友都没拿到钱", 7, False),
        ("我们三十几个人一共四十多万", 30, True),
        ("我们一家三口住银川", None, False),
        ("他们都拿到了就我没拿到", None, False),
    ],
)
def test_counts_who_shares_the_trouble(read: Reader, text: str, people: int | None, *, many: bool) -> None:
    told = of(read, text)
    assert (told.people, told.many) == (people, many)


def test_keeps_both_of_two_sums(read: Reader) -> None:
    told = of(read, "欠我一万五", "不对 是一万八").particulars
    assert [one.value for one in told if one.kind is Kind.AMOUNT] == ["15000", "18000"]
