"""The rulebook's cases, as a lawyer wrote them."""

from dataclasses import replace
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

    return list(judge(case, assess, FactRefused))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.where.rpartition("/")[2])
def test_case_holds(case: Case, assessor: Assessor) -> None:
    assert problems(case, assessor) == [], case.name


class TestTheCases:
    def test_are_many_and_have_names_of_their_own(self) -> None:
        assert len(CASES) >= 60
        assert len({case.name for case in CASES}) == len(CASES)

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
            {"refused": "unknown_fact applicant.wealth"},
        ],
        ids=lambda wrong: next(iter(wrong)),
    )
    def test_fail_when_they_expect_the_wrong_thing(self, wrong: dict[str, object], assessor: Assessor) -> None:
        case = next(case for case in CASES if case.name == "农民工讨薪，两句话就清楚")
        assert problems(replace(case, expect=wrong), assessor)
