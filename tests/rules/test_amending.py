"""What is put in place of an answer is taken only where it speaks of that answer, and of nothing beside it."""

from datetime import date

import pytest

from knowledge_base.assess import Assessor, FactNotUnderstood
from knowledge_base.types import FactValue

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 23)
INCOME, AGE = "household.monthly_income_per_capita", "applicant.age"
MIGRANT, AID, NO_LIVELIHOOD = (
    "applicant.migrant_worker",
    "applicant.social_assistance",
    "applicant.no_fixed_livelihood",
)
RECEIVED, PLACE = "document.received_on", "place.event"


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


@pytest.mark.parametrize(
    ("fact", "said", "value", "named"),
    [
        (INCOME, "是两千", 2000, False),
        (INCOME, "一个月三千", 3000, False),
        (INCOME, "收入是三千", 3000, True),
        (INCOME, "没有收入", 0, True),
        (AGE, "是六十一岁", 61, True),
        (AGE, "六十一", 61, False),
        (MIGRANT, "不是农民工", False, True),
        (MIGRANT, "我是城里人", False, True),
        (MIGRANT, "不是", False, False),
        (MIGRANT, "应该选是", True, False),
        (AID, "没有低保", False, True),
        (NO_LIVELIHOOD, "我没工作", True, True),
        (NO_LIVELIHOOD, "不是", True, False),
        ("applicant.disability", "腿有残疾", "physical", True),
        ("claim.abuse", "他没打我", False, True),
        ("criminal.has_defender", "他请了律师", True, True),
        (RECEIVED, "是前天", date(2026, 11, 21), False),
        (PLACE, "工地在吴忠", "640300", False),
    ],
)
def test_takes_what_fits(assessor: Assessor, fact: str, said: str, value: FactValue, named: bool) -> None:  # noqa: FBT001 (a parameter of the table)
    read = assessor.amend(fact, said, on=TODAY)
    assert (read.value, read.named) == (value, named)


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (INCOME, "押金是两千"),
        (INCOME, "欠我一万二"),
        (INCOME, "是四个月"),
        (INCOME, "收入不是三千"),
        (AGE, "孩子是8岁"),
        (AGE, "三十个人"),
        (NO_LIVELIHOOD, "是厂里欠的工资"),
        (MIGRANT, "老板是农民工"),
        (AID, "他没有低保"),
        (AID, "低保是什么"),
        (RECEIVED, "押金是前天退的"),
        (RECEIVED, "不是前天"),
        (PLACE, "老板是吴忠人"),
        (INCOME, "不知道"),
    ],
)
def test_leaves_what_speaks_of_something_else(assessor: Assessor, fact: str, said: str) -> None:
    with pytest.raises(FactNotUnderstood):
        assessor.amend(fact, said, on=TODAY)
