"""What one answer tells of another: whoever says «68» need not be asked whether they are old."""

from pathlib import Path

import pytest

from knowledge_base.assess import Assessor, FactNotUnderstood
from knowledge_base.rules.facts import FACTS, load_facts
from knowledge_base.rules.nodes import RulebookInvalid
from knowledge_base.types import FactValue

pytestmark = pytest.mark.unit

GROUP = "applicant.special_group"
AGE = "applicant.age"
DISABILITY = "applicant.disability"
ASSESSOR = Assessor.load()


class TestWhoIsSpecial:
    @pytest.mark.parametrize(
        ("facts", "group"),
        [
            ({AGE: 17}, "minor"),
            ({AGE: 18}, None),
            ({AGE: 59}, None),
            ({AGE: 60}, "elderly"),
            ({DISABILITY: "mental"}, "disabled"),
            ({DISABILITY: "none"}, None),
            ({AGE: 18, DISABILITY: "none"}, "none"),
            ({AGE: 59, DISABILITY: "none"}, "none"),
            ({AGE: 70, DISABILITY: "hearing"}, "disabled"),
            ({AGE: None, DISABILITY: None}, None),
            ({GROUP: "none", AGE: 70}, "elderly"),
            ({GROUP: "elderly", AGE: 40, DISABILITY: "none"}, "none"),
            ({GROUP: "elderly", AGE: 40}, "elderly"),
            ({GROUP: None, AGE: 70}, "elderly"),
        ],
        ids=str,
    )
    def test_follows_from_age_and_disability(self, facts: dict[str, FactValue], group: FactValue) -> None:
        assert ASSESSOR.engine.presume(facts).get(GROUP) == group

    @pytest.mark.parametrize("matter", ["debt.private_loan", "construction", "company", "intellectual_property"])
    def test_is_asked_of_nobody_who_lends_builds_or_trades(self, matter: str) -> None:
        assert ASSESSOR.engine.presume({"matter": matter}).get(GROUP) == "none"
        assert ASSESSOR.engine.presume({"matter": matter, AGE: 70}).get(GROUP) == "elderly"

    def test_is_asked_only_for_what_is_left_to_know(self) -> None:
        assert "不满18岁" not in ASSESSOR.question(GROUP, {AGE: 40}).text
        assert "残疾" not in ASSESSOR.question(GROUP, {DISABILITY: "none"}).text
        assert all(word in ASSESSOR.question(GROUP).text for word in ("不满18岁", "满60岁", "残疾"))


class TestAnswer:
    @pytest.mark.parametrize(
        ("said", "group"),
        [
            *[(said, "none") for said in ("都不是", "都没有", "没有", "不是", "没满60", "没到六十", "35岁没残疾")],
            *[(said, "minor") for said in ("还没成年", "不满18", "没满十八", "十六", "是小孩")],
            *[(said, "elderly") for said in ("满60了", "我68了", "68", "68，没残疾", "70岁没残疾", "刚满六十")],
            *[(said, "disabled") for said in ("残疾人", "腿有残疾", "肢体二级", "聋哑人", "35岁，有残疾证")],
        ],
    )
    def test_is_read_with_what_it_tells_beside(self, said: str, group: str) -> None:
        assert ASSESSOR.parse(GROUP, said) == group

    def test_that_does_not_know_is_none(self) -> None:
        assert ASSESSOR.parse(GROUP, "不知道算不算") is None

    @pytest.mark.parametrize("said", ["我35", "是", "快六十了"])
    def test_that_leaves_it_open_is_no_answer(self, said: str) -> None:
        with pytest.raises(FactNotUnderstood):
            ASSESSOR.parse(GROUP, said)


class TestTheTable:
    @pytest.mark.parametrize(
        ("follows", "code"),
        [
            ("{value: rich, when: {fact: applicant.age, at_least: 60}}", "unknown_option"),
            ("{value: elderly, when: {fact: household.monthly_income_per_capita, at_least: 60}}", "wrong_shape"),
            ("{value: elderly, when: {fact: claim.abuse, is: true}}", "wrong_shape"),
            ("{value: elderly, when: {fact: applicant.special_group, is: minor}}", "wrong_shape"),
        ],
        ids=["no answer", "stands below", "is presumed", "itself"],
    )
    def test_refuses_what_cannot_follow(self, follows: str, code: str, tmp_path: Path) -> None:
        text = FACTS.read_text(encoding="utf-8")
        first = "    - {value: disabled, when: {fact: applicant.disability, none_of: [none]}}\n"
        assert first in text
        path = tmp_path / "facts.yml"
        path.write_text(text.replace(first, f"    - {follows}\n"), encoding="utf-8")
        with pytest.raises(RulebookInvalid) as caught:
            load_facts(path)
        assert caught.value.code == code
