"""What answers a question as it is put, and would say something else to another wording of it."""

import pytest

from knowledge_base.assess import Assessor, FactNotUnderstood

pytestmark = pytest.mark.rules

ABUSE = "claim.abuse"


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


class TestAWordingWithWordsOfItsOwn:
    """«被打了» says that it was somebody at home only to whoever was asked what happens there."""

    @pytest.mark.parametrize(
        ("matter", "said", "value"),
        [
            *[("family.divorce", said, True) for said in ("打我", "他打我", "被打过", "挨打")],
            *[("family.maintenance", said, True) for said in ("打过我", "天天挨打")],
            *[("injury.other", said, True) for said in ("是家里人", "是一起住的", "我老公打的", "我儿子打我")],
            *[
                ("injury.other", said, False)
                for said in ("不是家里人", "不是一家人", "邻居", "不认识的人", "是陌生人", "同事")
            ],
            *[("criminal.victim", said, False) for said in ("路人", "不是 是外人")],
            *[("family.divorce", said, False) for said in ("邻居打我", "是老板打我", "陌生人打我")],
            ("general", "老公打我", True),
        ],
    )
    def test_is_understood(self, assessor: Assessor, matter: str, said: str, *, value: bool) -> None:
        assert assessor.parse(ABUSE, said, facts={"matter": matter}) is value

    @pytest.mark.parametrize(
        ("matter", "said"),
        [
            *[("injury.other", said) for said in ("我被打了", "他打我", "打架被打的")],
            *[("criminal.victim", said) for said in ("被打了", "有人打我")],
            *[("family.divorce", said) for said in ("老板姓王", "邻居")],
            ("general", "被打了"),
        ],
    )
    def test_is_asked_again_where_nobody_is_named(self, assessor: Assessor, matter: str, said: str) -> None:
        with pytest.raises(FactNotUnderstood):
            assessor.parse(ABUSE, said, facts={"matter": matter})
