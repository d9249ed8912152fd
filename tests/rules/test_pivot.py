"""The fact a result turns on: held against changing every fact by hand."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowledge_base.types import Facts, FactType, FactValue, Outcome, Pivot
from tests.rules.test_engine import ASSESSOR, ON, PLACES, QUESTIONS, RANK, some_facts

pytestmark = pytest.mark.unit

relaxed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
AGES = (0, 13, 14, 15, 16, 17, 18, 35, 59, 60, 69, 70, 99)


def examined(facts: Mapping[str, FactValue], region: str | None = None) -> Pivot | None:
    return ASSESSOR.examine(facts, region=region, on=ON).pivot


def outcome(facts: Mapping[str, FactValue], region: str | None = None) -> Outcome:
    return ASSESSOR.assess(facts, region=region, on=ON).outcome


def other_answers(name: str) -> Iterator[FactValue]:
    question = QUESTIONS[name]
    yield from (option.value for option in question.options)
    yield from AGES if question.type is FactType.INT else ()


def presumed(facts: Mapping[str, FactValue]) -> Facts:
    return ASSESSOR.engine.presume(ASSESSOR.read(facts, on=ON))


def takes_back(facts: Mapping[str, FactValue], name: str, value: FactValue) -> bool:
    """Say whether an answer contradicts another that was told: whoever is 70 is elderly."""
    before, after = presumed(facts), presumed({**facts, name: value})
    return any(after[other] != before[other] for other in facts if other != name and facts[other] is not None)


def by_hand(facts: Mapping[str, FactValue], region: str | None) -> dict[str, set[Outcome]]:
    """Return every fact that another answer alone would turn the result by, and to what."""
    now = outcome(facts, region)
    found: dict[str, set[Outcome]] = {}
    for name in QUESTIONS:
        alone = [value for value in other_answers(name) if not takes_back(facts, name, value)]
        turned = {outcome({**facts, name: value}, region) for value in alone} - {now}
        if turned and name != "matter":
            found[name] = turned
    return found


class TestAnyPivot:
    @relaxed
    @given(some_facts(), st.sampled_from(PLACES))
    def test_turns_the_result_with_every_answer_it_names(self, facts: dict[str, FactValue], region: str | None) -> None:
        pivot = examined(facts, region)
        if pivot is None:
            return
        named = [*pivot.values, *(end for end in (pivot.least, pivot.most) if end is not None)]
        assert named
        for value in named:
            whole = int(value) if QUESTIONS[pivot.fact].type is FactType.INT else value
            assert outcome({**facts, pivot.fact: whole}, region) is pivot.outcome
        assert pivot.outcome is not outcome(facts, region)
        assert pivot.told == (facts.get(pivot.fact) is not None)

    @relaxed
    @given(some_facts(), st.sampled_from(PLACES))
    def test_is_found_exactly_where_one_fact_alone_turns_the_result(
        self, facts: dict[str, FactValue], region: str | None
    ) -> None:
        pivot, turning = examined(facts, region), by_hand(facts, region)
        if facts.get("matter") is None:
            assert pivot is None
            return
        assert (pivot is None) == (not turning)
        if pivot is None:
            return
        assert pivot.outcome in turning[pivot.fact]
        known = presumed(facts)
        unknown = {name for name in turning if known.get(name) is None}
        told = {name for name in turning if facts.get(name) is not None}
        first = unknown or told or turning.keys()
        assert pivot.fact in first
        now = RANK[outcome(facts, region)]
        assert abs(RANK[pivot.outcome] - now) == max(abs(RANK[to] - now) for name in first for to in turning[name])


class TestPivot:
    @pytest.mark.parametrize(
        ("facts", "expected"),
        [
            # Not asked yet: what would settle it.
            (
                {"matter": "labour.wages"},
                Pivot(fact="applicant.migrant_worker", outcome=Outcome.LIKELY, told=False, values=(True,)),
            ),
            # «Does not know» is as open, but what can still be asked comes first.
            (
                {"matter": "labour.wages", "applicant.migrant_worker": None},
                Pivot(fact="applicant.social_assistance", outcome=Outcome.LIKELY, told=False, values=(True,)),
            ),
            (
                {"matter": "labour.wages", "applicant.migrant_worker": None, "applicant.social_assistance": False},
                Pivot(fact="applicant.migrant_worker", outcome=Outcome.LIKELY, told=False, values=(True,)),
            ),
            # Said, and everything rests on it.
            (
                {"matter": "labour.wages", "applicant.migrant_worker": True},
                Pivot(fact="applicant.migrant_worker", outcome=Outcome.NEEDS_PERSON, told=True, values=(False,)),
            ),
            (
                {"matter": "family.divorce", "claim.abuse": False, "applicant.special_group": "none"},
                Pivot(fact="claim.abuse", outcome=Outcome.LIKELY, told=True, values=(True,)),
            ),
        ],
    )
    def test_is_the_open_fact_before_the_one_that_was_told(self, facts: dict[str, FactValue], expected: Pivot) -> None:
        assert examined(facts) == expected

    def test_of_an_age_nobody_told_names_where_the_rule_begins_or_ends(self) -> None:
        facts: dict[str, FactValue] = {
            "matter": "injury.traffic",
            "applicant.social_assistance": False,
            "applicant.no_fixed_livelihood": True,
            "applicant.disability": "none",
        }
        young = Pivot(fact="applicant.age", outcome=Outcome.LIKELY, told=False, most=Decimal(17))
        assert examined(facts) == young
        assert [outcome({**facts, "applicant.age": age}) for age in (17, 18)] == [Outcome.LIKELY, Outcome.NEEDS_PERSON]

    def test_is_nothing_while_nobody_knows_what_it_is_about(self) -> None:
        assert examined({}) is None
        assert examined({"matter": None, "claim.abuse": True}) is None

    def test_stays_out_of_what_is_assessed_for_a_citizen(self) -> None:
        assert ASSESSOR.assess({"matter": "labour.wages"}, region=None, on=ON).pivot is None
