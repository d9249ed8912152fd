"""What a story tells of the pre-screen without being asked, and what only looks like it."""

import pytest

from knowledge_base.assess import Assessor
from knowledge_base.cards import load_cards
from knowledge_base.folding import Folder
from knowledge_base.particulars import Roles, entities
from knowledge_base.types import Matter, Triage
from knowledge_base.unasked import (
    AGE,
    COMPANY,
    EMPLOYER,
    KIND,
    MANY,
    OF_DEFENDANT,
    OF_VICTIM,
    PERSON,
    Unasked,
)

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def unasked() -> Unasked:
    return Unasked.load()


class TestACrowd:
    @pytest.mark.parametrize(
        "text",
        [
            "我们三十多个工友都没拿到钱",
            "我们30多个业主一起闹行不行",
            "工地上二十几个人都没发工资",
            "厂里一百来号工人 工资全没发",
            "俺们村四十多户 征地款都没给",
            "我们小区三十多户业主 开发商不退钱",
            "好几十户人家都被这个开发商坑了",
            "我们好几十号人讨薪没人理",
            "很多工友跟我一样没拿到钱",
            "全厂都拖着工资没发",
            "我们想集体诉讼 怎么弄",
            "业主们准备联名投诉",
            "我們三十個工友都冇出糧",
        ],
    )
    def test_is_heard(self, unasked: Unasked, text: str) -> None:
        assert unasked.of(text).get(MANY) is True

    @pytest.mark.parametrize(
        "text",
        [
            "我和我哥两个人没拿到钱",
            "我们九个人都没拿到工资",
            "公司有三十个员工 就我没拿到钱",
            "我们班组二十个人 只有我被开除了",
            "别人都发了 我们那儿三十个人就剩我没发",
            "很多人都说能告赢",
            "好多人劝我算了",
            "全村人都知道他打我",
            "他们厂三百人的大厂 欠我一个月工资",
            "法院说要三十日",
            "我欠了三十个人的钱",
            "我一个人带着孩子",
            "",
        ],
    )
    def test_is_not_heard_in_what_only_counts(self, unasked: Unasked, text: str) -> None:
        assert MANY not in unasked.of(text)

    def test_begins_with_the_number_of_the_law(self, unasked: Unasked) -> None:
        assert MANY in unasked.of("我们十个人都没拿到工资")
        assert MANY not in unasked.of("我们九个人都没拿到工资")


class TestACompany:
    @pytest.mark.parametrize(
        "text",
        [
            "公司欠我们公司的货款 能派律师吗",
            "客户欠我公司八十万货款不给",
            "有个超市拖欠我们厂的货款半年了",
            "我们公司能申请法律援助吗",
            "本公司想请律师追货款",
            "我们公司打算起诉供应商",
            "我们公司的货款要不回来怎么办",
            "我们是一家小公司，甲方不付尾款",
            "我开了个贸易公司 被骗了货",
            "我是公司的负责人 公司被人坑了",
            "对方不给我们合作社的尾款",
            "我司与对方有合同纠纷",
        ],
    )
    def test_is_heard_where_it_asks_for_itself(self, unasked: Unasked, text: str) -> None:
        assert unasked.of(text).get(KIND) == COMPANY

    @pytest.mark.parametrize(
        "text",
        [
            "我们公司不发工资",
            "我们公司拖欠我们工资三个月了",
            "我们公司要起诉我",
            "公司要告我泄密",
            "我们公司要申请破产 我的工资怎么办",
            "我们公司要我自己交社保",
            "老板欠我们厂工人的钱",
            "老板欠我们厂三十个人的工资",
            "公司把我开除了",
            "我在一家小公司上班 没签合同",
            "我开公司的老公打我",
            "我是公司的员工 老板不给钱",
            "我们公司能开除我吗",
            "我是公司经理 被裁了",
            "公司能申请法律援助吗",
            "我在他开的公司里打工",
            "",
        ],
    )
    def test_is_not_heard_in_what_an_employee_says(self, unasked: Unasked, text: str) -> None:
        assert unasked.of(text).get(KIND) != COMPANY

    @pytest.mark.parametrize(
        "text", ["不是公司的事 是我自己的事", "我是公司的员工 老板不给钱", "我就是个打工的，问的是我自己的事"]
    )
    def test_is_taken_back_by_whoever_asks_for_themselves(self, unasked: Unasked, text: str) -> None:
        assert unasked.of(text)[KIND] == PERSON

    @pytest.mark.parametrize(
        "matter", ["family.divorce", "family.domestic_violence", "criminal.defence", "injury.traffic", "inheritance"]
    )
    def test_has_no_matter_that_only_people_have(self, unasked: Unasked, matter: str) -> None:
        assert not unasked.fits(KIND, COMPANY, matter)
        assert unasked.fits(KIND, PERSON, matter)
        assert unasked.fits(MANY, True, matter)  # noqa: FBT003 (the value of a fact)

    @pytest.mark.parametrize("matter", ["debt.private_loan", "contract", "company", None])
    def test_may_have_the_matters_of_business(self, unasked: Unasked, matter: str | None) -> None:
        assert unasked.fits(KIND, COMPANY, matter)


def test_only_what_the_rules_know_is_heard() -> None:
    known = Assessor.load().engine.rulebook.facts
    assert Unasked.load().facts <= set(known)
    assert not any(known[name].asked for name in (MANY, KIND))
    assert {PERSON, COMPANY} <= {option.value for option in known[KIND].options}


def heard(text: str, matter: str) -> Triage:
    folded = Folder.load().fold(text).spaced
    found = (Matter(code=matter, title=matter, confidence=0.9),)
    return Triage(matters=found, role=Roles.load().of(folded, [matter]), entities=entities(folded))


class TestAnEmployer:
    @pytest.mark.parametrize(
        "text",
        [
            "我是开厂的 工人要跟我打官司",
            "我家饭店的服务员把我告到仲裁了",
            "我雇的保姆要去告我",
            "我们公司辞退了个员工他要仲裁",
            "我就是老板 工人要我赔",
        ],
    )
    def test_is_heard(self, unasked: Unasked, text: str) -> None:
        assert unasked.beside(heard(text, "labour.wages")).get(KIND) == EMPLOYER

    @pytest.mark.parametrize(
        "text",
        [
            "我在饭店当服务员 老板不给加班费",
            "我们厂的工人都没拿到工资",
            "我们公司辞退了我",
            "老板是开厂的 欠我工资",
            "我给人家饭店干活 老板不给钱",
        ],
    )
    def test_is_not_heard_in_what_a_worker_says(self, unasked: Unasked, text: str) -> None:
        assert KIND not in unasked.beside(heard(text, "labour.wages"))

    def test_asks_so_in_what_workers_claim_alone(self, unasked: Unasked) -> None:
        assert unasked.fits(KIND, EMPLOYER, "labour.dismissal")
        assert not unasked.fits(KIND, EMPLOYER, "family.divorce")
        assert not unasked.fits(KIND, EMPLOYER, None)

    def test_is_told_what_cards_on_file_say_to_both_sides(self, unasked: Unasked) -> None:
        known = {f"card:{card.id}": card for card in load_cards().cards}
        assert unasked.to_both_sides <= set(known)
        assert all(any(code.startswith("labour") for code in known[card].matters) for card in unasked.to_both_sides)


class TestAChildWhoIsHeld:
    @pytest.mark.parametrize(
        ("text", "age"),
        [("儿子才十六，被派出所带走了", 16), ("他才十七", 17), ("我侄子十七岁被公安抓了", 17), ("孩子今年15被抓", 15)],
    )
    def test_is_heard_by_the_age(self, unasked: Unasked, text: str, age: int) -> None:
        told = unasked.beside(heard(text, "criminal.defence"))
        assert told.get(AGE) == age
        assert unasked.is_of_a_child(text, told, "criminal.defence")

    @pytest.mark.parametrize("text", ["儿子还没成年", "我儿子上初中 还在上学", "孩子不满十八", "高中生打架被抓"])
    def test_is_heard_in_words(self, unasked: Unasked, text: str) -> None:
        assert unasked.is_of_a_child(text, {}, "criminal.defence")

    @pytest.mark.parametrize(
        "text",
        [
            "儿子三十了被抓",
            "关了才十天",
            "昨天才15号",
            "他才十几万",
            "今年10月被抓",
            "我老公今年十一被抓了",
            "我儿子被抓了",
        ],
    )
    def test_is_not_heard_elsewhere(self, unasked: Unasked, text: str) -> None:
        told = unasked.beside(heard(text, "criminal.defence"))
        assert not unasked.is_of_a_child(text, told, "criminal.defence")

    def test_is_none_in_another_matter(self, unasked: Unasked) -> None:
        assert not unasked.is_of_a_child("孩子没成年", {AGE: 15}, "family.custody")
        assert not unasked.fits(AGE, 15, "family.custody")


class TestACriminalJudgment:
    @pytest.mark.parametrize(
        "text",
        [
            "法院判了我弟三年，不服",
            "一审判了我老公五年 太重了",
            "我哥上个礼拜被法院判了两年 我们觉得冤",
            "昨天判下来了 判了他无期",
            "儿子被判了八个月 想上诉",
        ],
    )
    def test_is_heard(self, unasked: Unasked, text: str) -> None:
        assert unasked.sentenced(text) == OF_DEFENDANT

    @pytest.mark.parametrize("text", ["打我的那个人才判了半年 太轻了", "撞死我儿子的人昨天判了一年 我不服"])
    def test_is_another_thing_for_whoever_was_harmed(self, unasked: Unasked, text: str) -> None:
        assert unasked.sentenced(text) == OF_VICTIM

    @pytest.mark.parametrize(
        "text",
        [
            "法院判他赔我三万 我不服",
            "孩子判给他了 我不服",
            "判决离婚要等六个月 不服怎么办",
            "我以前判过三年",
            "一审判多久能下来",
            "",
        ],
    )
    def test_is_no_other_judgment(self, unasked: Unasked, text: str) -> None:
        assert unasked.sentenced(text) is None
