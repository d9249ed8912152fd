"""The rulebook's cases, as a lawyer wrote them."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.assess import Assessor, FactRefused
from knowledge_base.rules.cases import Case, judge, read_cases
from knowledge_base.types import Verdict

pytestmark = pytest.mark.rules

CASES = tuple(read_cases(Path(__file__).with_name("cases")))


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


def problems(case: Case, assessor: Assessor) -> list[str]:
    def assess(facts: object, region: str | None, on: object) -> Verdict:
        return assessor.assess(facts, region=region, on=on)  # type: ignore[arg-type]

    return list(judge(case, assess, FactRefused, assessor.engine.rulebook))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.where.rpartition("/")[2])
def test_case_holds(case: Case, assessor: Assessor) -> None:
    assert problems(case, assessor) == [], case.name


class TestTheCases:
    def test_are_many_and_have_names_of_their_own(self) -> None:
        assert len(CASES) >= 60
        assert len({case.name for case in CASES}) == len(CASES)

    def test_name_only_rules_that_exist(self, assessor: Assessor) -> None:
        named = {rule for case in CASES for rule in case.rules}
        assert {rule for rule in named if not assessor.engine.rulebook.versions(rule)} == set()

    def test_count_only_what_would_fail_without_the_rule(self) -> None:
        (case,) = (case for case in CASES if case.name == "民事再审六个月")
        assert case.rules == {"CN.deadline.retrial"}
        assert replace(case, expect={"not_because": ("X",), "never_brings": ("Y",)}).rules == frozenset()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"outcome": "unlikely"},
            {"basis": "means_met"},
            {"settled": False},
            {"asks": "applicant.age"},
            {"still_asks": ("applicant.age",)},
            {"flags": ("same_day",)},
            {"tags": ("elderly",)},
            {"because": ("CN.art25.1.minor",)},
            {"open": ("CN.art25.1.minor",)},
            {"not_because": ("CN.art31.5.labour",)},
            {"apply_at": "event_place"},
            {"alternatives_at_least": 99},
            {"venue": "CN.art38.event"},
            {"brings": ("CN.paper.means",)},
            {"brings": ("CN.paper.nothing",)},
            {"brings": ("CN.alternative.labour",)},
            {"never_brings": ("CN.paper.identity",)},
            {"offers": ("CN.alternative.company",)},
            {"never_offers": ("CN.alternative.labour",)},
            {"deadlines": ("CN.deadline.civil",)},
            {"deadlines": {"CN.deadline.labour_arbitration": date(2027, 1, 1)}},
            {"never_deadlines": ("CN.deadline.labour_arbitration",)},
            {"refused": "unknown_fact applicant.wealth"},
        ],
        ids=lambda wrong: next(iter(wrong)),
    )
    def test_fail_when_they_expect_the_wrong_thing(self, wrong: dict[str, object], assessor: Assessor) -> None:
        case = next(case for case in CASES if case.name == "农民工讨薪，两句话就清楚")
        assert problems(replace(case, expect=wrong), assessor)
