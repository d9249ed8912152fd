"""Every trap of the law and every local clause that differs from it has a case that carries its number, or a test here that does.

The lists themselves are read where they are kept; here stand their numbers only.
"""

import re
from datetime import date
from pathlib import Path

import pytest

from bot.channels.phrases import Phrases
from bot.channels.render import Renderer
from bot.messages import VerdictReply
from knowledge_base.assess import Assessor
from knowledge_base.rules.cases import read_cases
from knowledge_base.types import FactValue, Outcome
from tests.fakes import numbers

pytestmark = pytest.mark.rules

ON = date(2026, 11, 22)
DOMAIN = Path(__file__).parents[3] / "shared" / "domain"
TRAPS_FILE, CLAUSES_FILE = DOMAIN / "law.md", DOMAIN / "seeds.md"
CASES = tuple(read_cases(Path(__file__).with_name("cases")))
ASSESSOR = Assessor.load()
RENDERER = Renderer(phrases=Phrases.load(), numbers=numbers)
NO_DOOR: dict[str, FactValue] = {"applicant.special_group": "none"}
"""Nobody whom another law helps where art. 31 does not name the matter."""
DIGITS = "零一二三四五六七八九"
TRAPS = range(1, 21)
CLAUSES = {
    *(f"MDJ-{number:02}" for number in (4, 5, 7, 12, 21, 22, 37, 38, 39)),
    *("GP-21", "GP-22", "CZ-10", "YC-02", "YC-05", "HLJ-12"),
}
"""What the five local documents say of who is helped, told apart from what they promise or order."""


def spelt(number: int) -> str:
    """Return a number below one hundred as cases write it: 七, 十七, 二十."""
    tens, ones = divmod(number, 10)
    return ("" if tens <= 1 else DIGITS[tens]) + ("十" if tens else "") + (DIGITS[ones] if ones else "")


def named() -> str:
    return " ".join(case.name for case in CASES)


class TestEveryTrap:
    @pytest.mark.parametrize("number", TRAPS)
    def test_has_a_case_that_says_its_number(self, number: int) -> None:
        assert re.search(rf"陷阱(?:[一二三四五六七八九十]+、陷阱)*{spelt(number)}(?![一二三四五六七八九十])", named())

    @pytest.mark.skipif(not TRAPS_FILE.is_file(), reason="the list of traps (../shared/domain/law.md) is not here")
    def test_of_the_list_is_counted_here(self) -> None:
        text = TRAPS_FILE.read_text(encoding="utf-8").partition("## 14.")[2]
        assert sorted(map(int, re.findall(r"(?:^|\. )(\d{1,2})\. (?=\S)", text, re.MULTILINE))) == list(TRAPS)


class TestEveryLocalClause:
    @pytest.mark.parametrize("clause", sorted(CLAUSES))
    def test_about_who_is_helped_has_a_case_of_its_name(self, clause: str) -> None:
        assert any(case.name.startswith(clause) for case in CASES)

    @pytest.mark.skipif(
        not CLAUSES_FILE.is_file(), reason="the list of clauses (../shared/domain/seeds.md) is not here"
    )
    def test_of_the_list_is_counted_here(self) -> None:
        rows = CLAUSES_FILE.read_text(encoding="utf-8").splitlines()
        assert {
            row.split("|")[1].strip() for row in rows if "[eligibility rule]" in row and row.startswith("| ")
        } == CLAUSES


def told(facts: dict[str, FactValue], region: str | None = None) -> str:
    verdict = ASSESSOR.assess(facts, region=region, on=ON)
    return RENDERER.message(VerdictReply(verdict=verdict)).text


class TestTheWords:
    def test_trap_01_consultation_is_free_for_whoever_is_not_represented(self) -> None:
        assert "免费咨询，谁都可以问" in told({"matter": "consumer", **NO_DOOR})
        assert "公司可以免费咨询" in told({"matter": "contract", "applicant.kind": "company"})

    def test_trap_03_nobody_is_sent_for_a_stamp(self) -> None:
        every = [rule.text for place in ASSESSOR.engine.rulebook.places.values() for rule in place.rules]
        assert not [text for text in every if "贫困证明" in text or "困难证明" in text]
        assert "不用到处盖章" in told({"matter": "family.maintenance", "applicant.social_assistance": True})

    def test_trap_04_the_seven_days_are_no_working_days(self) -> None:
        nation = ASSESSOR.engine.rulebook.places["CN"].rules
        assert not [rule.id for rule in nation if "工作日" in rule.text and rule.period.end is None]
        assert "七天内给答复" in told({"matter": "family.maintenance", "applicant.social_assistance": True})

    def test_trap_05_the_venue_is_never_the_register_of_households(self) -> None:
        for matter in ("criminal.defence", "labour.wages", "injury.traffic"):
            assert "户口" not in told({"matter": matter, "applicant.social_assistance": True}).replace(
                "户口本", ""
            ).replace("不看户口", "")

    def test_trap_10_the_objection_goes_to_the_bureau(self) -> None:
        assert "向司法局提出" in told({"matter": "inheritance", **NO_DOOR})
        assert "司法局五天内审查" in told({"matter": "labour.dismissal"})

    def test_trap_15_the_price_of_a_lie_is_told_once(self) -> None:
        text = told({"matter": "labour.wages", "applicant.migrant_worker": True})
        assert text.count("三千元") == 1

    @pytest.mark.parametrize(
        ("facts", "outcome"),
        [
            ({"matter": "labour.wages", "applicant.migrant_worker": True}, Outcome.LIKELY),
            ({"matter": "labour.dismissal"}, Outcome.NEEDS_PERSON),
            ({"matter": "inheritance", **NO_DOOR}, Outcome.UNLIKELY),
        ],
        ids=str,
    )
    def test_trap_16_no_result_is_a_decision(self, facts: dict[str, FactValue], outcome: Outcome) -> None:
        assert ASSESSOR.assess(facts, region=None, on=ON).outcome is outcome
        assert "这不是决定，由法律援助机构决定" in told(facts)
