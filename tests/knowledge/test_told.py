"""What a story tells of the pre-screen's own questions, and what only sounds so."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from knowledge_base.folding import Folder
from knowledge_base.told import AGE, KIN_AGE, OWN_AGE, Told
from knowledge_base.types import Facts, FactValue

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)
NOTED = Path(__file__).parents[2] / "nlu_data" / "particulars" / "told.yml"


@pytest.fixture(scope="module")
def told() -> Told:
    return Told.load()


@cache
def folder() -> Folder:
    return Folder.load()


def heard(told: Told, text: str, matter: str | None = None) -> dict[str, FactValue]:
    found = told.of(folder().fold(text).spaced, on=ON)
    fitting = {fact: value for fact, value in found.items() if told.fits(fact, matter)}
    return dict(told.settled(fitting, matter))


@pytest.mark.parametrize(
    ("text", "matter", "fact", "value"),
    [
        ("我是农民工 老板不给钱", "labour.wages", "applicant.migrant_worker", True),
        ("俺从农村出来干活的", "labour.wages", "applicant.migrant_worker", True),
        ("我是市里正式工 单位不报工伤", "labour.work_injury", "applicant.migrant_worker", False),
        ("老公动不动就打我 想离", "family.divorce", "claim.abuse", True),
        ("我儿子打骂我 还把我赶出来", "family.maintenance", "claim.abuse", True),
        ("我被他家暴好几年了", "family.divorce", "claim.abuse", True),
        ("前夫以前打我 现在还来打我", "family.divorce", "claim.abuse", True),
        ("没钱请律师 我哥关着呢", "criminal.defence", "criminal.has_defender", False),
        ("家里已经请了律师", "criminal.defence", "criminal.has_defender", True),
        ("我家吃低保的", "injury.traffic", "applicant.social_assistance", True),
        ("我没有收入 腿也断了", "injury.traffic", "applicant.no_fixed_livelihood", True),
        ("我有退休金", "family.divorce", "applicant.no_fixed_livelihood", False),
        ("我是聋哑人 被车撞了", "injury.traffic", "applicant.disability", "hearing"),
        ("我71了 儿子不养我", "family.maintenance", AGE, 71),
        ("我爹今年七十八了 三个儿子不养", "family.maintenance", AGE, 78),
        ("孩子五岁 前夫不给抚养费 我三十二岁", "family.maintenance", AGE, 5),
        ("我老公四十二了 被抓了", "criminal.defence", AGE, 42),
        ("十月二十八号公司把我开除了", "labour.dismissal", "employment.ended_on", "2026-10-28"),
        ("裁决书我上礼拜三收到的", "labour.wages", "document.received_on", "2026-11-11"),
        ("裁决书我上礼拜三收到的", "labour.wages", "document.kind", "award"),
        ("一审判决书十三号下来的", "contract", "document.kind", "judgment"),
        ("九月十号被机器压了手", "labour.work_injury", "event.happened_on", "2026-09-10"),
        ("儿子不养我", "family.maintenance", "claim.between_spouses", False),
        ("老公不给孩子抚养费", "family.maintenance", "claim.between_spouses", False),
        ("老公不给我生活费", "family.maintenance", "claim.between_spouses", True),
    ],
)
def test_is_heard(told: Told, text: str, matter: str, fact: str, value: FactValue) -> None:
    assert heard(told, text, matter).get(fact) == value


@pytest.mark.parametrize(
    ("text", "is_there"),
    [
        ("我在银川打工 老板不给钱", True),
        ("儿子在兰州被抓了", True),
        ("住牡丹江 退休金被儿子拿着", True),
        ("银川的八种免审查情形是哪八种", False),
        ("牡丹江法律援助中心在哪", False),
        ("高平有没有困难标准", False),
    ],
)
def test_is_where_it_is_or_only_named(told: Told, text: str, is_there: bool) -> None:  # noqa: FBT001 (a case)
    assert told.tells_the_place(folder().fold(text).spaced) is is_there


@pytest.mark.parametrize(
    ("text", "matter", "fact"),
    [
        ("农民工工资支付条例怎么说的", "labour.wages", "applicant.migrant_worker"),
        ("老板说我不是农民工", "labour.wages", "applicant.migrant_worker"),
        ("老公没打过我 就是不顾家", "family.divorce", "claim.abuse"),
        ("我前夫五年前打过我 2019年离的", "family.divorce", "claim.abuse"),
        ("离婚前他打过我 现在想要房子", "family.divorce", "claim.abuse"),
        ("家暴怎么算", "family.divorce", "claim.abuse"),
        ("我打他电话他不接", "family.divorce", "claim.abuse"),
        ("老公打我电话", "family.divorce", "claim.abuse"),
        ("能请律师吗", "criminal.defence", "criminal.has_defender"),
        ("我家低保被停了", "injury.traffic", "applicant.social_assistance"),
        ("他没有收入 拿不出钱", "injury.traffic", "applicant.no_fixed_livelihood"),
        ("我没有退休金吗", "criminal.defence", "applicant.no_fixed_livelihood"),
        ("我想离婚 孩子四岁", "family.divorce", AGE),
        ("我三十五了 前夫不给抚养费", "family.maintenance", AGE),
        ("我今年五十了 儿子被抓了", "criminal.defence", AGE),
        ("明天判决书就下来了", "contract", "document.received_on"),
        ("十月二十八号去的公司", "labour.wages", "employment.ended_on"),
        ("上个月收到的判决书", "contract", "document.received_on"),
        ("老板说农民工不算", "labour.wages", "applicant.migrant_worker"),
        ("我们单位的正式工欺负我", "labour.wages", "applicant.migrant_worker"),
        ("他在外面打人 我想离婚", "family.divorce", "claim.abuse"),
        ("他打我儿子", "family.divorce", "claim.abuse"),
        ("对方请了律师", "criminal.defence", "criminal.has_defender"),
        ("我老公没收入", "injury.traffic", "applicant.no_fixed_livelihood"),
        ("我妈吃低保", "injury.traffic", "applicant.social_assistance"),
        ("我35岁 我爸七十了被车撞", "injury.traffic", AGE),
        ("我七岁的孩子在幼儿园被烫了", "injury.other", AGE),
        ("去年正月十六开始上班 今年三月走的", "labour.wages", "employment.ended_on"),
        ("工伤认定下来了 上个月二十号收到的通知", "labour.work_injury", "event.happened_on"),
        ("要生活费", "family.maintenance", "claim.between_spouses"),
        ("老公不给我钱", "family.divorce", "claim.between_spouses"),
    ],
)
def test_is_not_heard(told: Told, text: str, matter: str, fact: str) -> None:
    assert fact not in heard(told, text, matter)


@pytest.fixture(scope="module")
def messages() -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = yaml.safe_load(NOTED.read_text("utf-8"))
    return read


class TestWhatCallersTellOnTheWay:
    """Held against `nlu_data/particulars`, where a careful reader noted what happened on a day and whom the matter is about."""

    WHEN: Final = {
        "award": "document.received_on",
        "judgment": "document.received_on",
        "dismissed": "employment.ended_on",
        "left": "employment.ended_on",
        "hurt": "event.happened_on",
    }

    def test_a_day_is_kept_for_what_happened_on_it(self, told: Told, messages: list[dict[str, Any]]) -> None:
        days = {*self.WHEN.values()}
        missed, false = [], []
        for one in messages:
            found = {fact: day for fact, day in raw(told, one["text"]).items() if fact in days}
            fact, noted = self.WHEN.get(one.get("event", "")), one.get("dates") or {}
            within = [
                day
                for name, day in found.items()
                if name == fact and noted["from"].isoformat() <= str(day) <= noted["to"].isoformat()
            ]
            false += [one["text"]] * (len(found) - len(within))
            missed += [one["text"]] if fact and not within and noted["from"] == noted["to"] else []
        assert not false
        assert len(missed) <= 1, missed

    def test_an_age_is_kept_for_whose_it_is(self, told: Told, messages: list[dict[str, Any]]) -> None:
        aged = [one for one in messages if "age" in one]
        wrong = [one["text"] for one in aged if "whose" in one and OWN_AGE in raw(told, one["text"])]
        right = [
            one for one in aged if raw(told, one["text"]).get(KIN_AGE if "whose" in one else OWN_AGE) == one["age"]
        ]
        assert not wrong
        assert len(aged) - len(right) <= 5


def raw(told: Told, text: str) -> Facts:
    """Return what a message tells, before any matter says whose age it is."""
    return told.of(folder().fold(text).spaced, on=ON)
