"""«I do not know» is an answer: it never beats a known one, and no presumption speaks against it."""

from collections.abc import Mapping
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from knowledge_base.assess import Assessor
from knowledge_base.types import FactType, FactValue, Outcome, Question
from tests.rules.plain import without_contradictions

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)
ASSESSOR = without_contradictions(Assessor.load())
TABLE = ASSESSOR.engine.rulebook.facts
QUESTIONS = {question.fact: question for question in ASSESSOR.facts()}
RANK = {Outcome.UNLIKELY: 0, Outcome.NEEDS_PERSON: 1, Outcome.LIKELY: 2}
SAMPLES: dict[FactType, tuple[FactValue, ...]] = {
    FactType.INT: (0, 17, 18, 59, 60, 69, 70),
    FactType.MONEY: (0, 20_000),
    FactType.DATE: ("2026-11-21",),
    FactType.REGION: ("231000", "110105"),
    FactType.TEXT: ("x",),
}
PRESUMED = sorted(name for name, fact in TABLE.items() if fact.presumptions)
CHOOSES_A_LIMIT = ["document.kind", "judgment.kind"]
relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def samples(question: Question) -> tuple[FactValue, ...]:
    return tuple(option.value for option in question.options) or SAMPLES[question.type]


@st.composite
def some_facts(draw: st.DrawFn) -> dict[str, FactValue]:
    names = draw(st.lists(st.sampled_from(sorted(QUESTIONS)), unique=True, max_size=6))
    found = {name: draw(st.sampled_from((None, *samples(QUESTIONS[name])))) for name in names}
    return {"matter": draw(st.sampled_from(samples(QUESTIONS["matter"]))), **found}


def rank(facts: Mapping[str, FactValue], region: str | None) -> int:
    return RANK[ASSESSOR.assess(facts, region=region, on=ON).outcome]


class TestNotKnowing:
    @relaxed
    @given(
        some_facts(), st.sampled_from(sorted(set(QUESTIONS) - {"matter"})), st.sampled_from([None, "231000", "640100"])
    )
    @example({"matter": "inheritance"}, "claim.abuse", None)
    @example({"matter": "labour.wages", "applicant.migrant_worker": True}, "applicant.kind", None)
    @example({"matter": "labour.wages", "applicant.migrant_worker": True}, "applicant.has_lawyer", None)
    @example({"matter": "family.domestic_violence"}, "claim.abuse", None)
    @example({"matter": "criminal.defence", "criminal.has_defender": False}, "criminal.role", None)
    def test_is_never_better_than_the_best_answer_nor_worse_than_the_worst(
        self, facts: dict[str, FactValue], name: str, region: str | None
    ) -> None:
        known = [rank({**facts, name: value}, region) for value in samples(QUESTIONS[name])]
        assert min(known) <= rank({**facts, name: None}, region) <= max(known)

    @relaxed
    @given(
        some_facts(), st.sampled_from(sorted(set(PRESUMED) - set(CHOOSES_A_LIMIT))), st.sampled_from([None, "231000"])
    )
    def test_leaves_to_a_person_what_the_answer_would_decide(
        self, facts: dict[str, FactValue], name: str, region: str | None
    ) -> None:
        known = {rank({**facts, name: value}, region) for value in samples(QUESTIONS[name])}
        if len(known) > 1:
            assert rank({**facts, name: None}, region) == RANK[Outcome.NEEDS_PERSON]

    @pytest.mark.parametrize("name", CHOOSES_A_LIMIT)
    def test_which_paper_came_keeps_the_limit_that_is_usual(self, name: str) -> None:
        facts: dict[str, FactValue] = {"matter": "labour.wages", "document.received_on": "2026-11-20"}
        told, unsaid = (ASSESSOR.assess(each, region=None, on=ON).deadlines for each in ({**facts, name: None}, facts))
        assert told == unsaid
        assert "suit_after_award" in {limit.what for limit in told}


class TestNotBeingAsked:
    @relaxed
    @given(some_facts(), st.sampled_from(PRESUMED), st.sampled_from([None, "231000"]))
    def test_is_what_the_presumption_says_and_nothing_else(
        self, facts: dict[str, FactValue], name: str, region: str | None
    ) -> None:
        facts.pop(name, None)
        presumed = ASSESSOR.engine.presume(ASSESSOR.read(facts, on=ON)).get(name)
        if presumed is not None:
            assert rank(facts, region) == rank({**facts, name: presumed}, region)

    @relaxed
    @given(
        some_facts(),
        st.sampled_from(sorted(set(QUESTIONS) - set(PRESUMED) - {"matter"})),
        st.sampled_from([None, "231000"]),
    )
    def test_is_never_better_than_the_best_answer(
        self, facts: dict[str, FactValue], name: str, region: str | None
    ) -> None:
        facts.pop(name, None)
        best = max(rank({**facts, name: value}, region) for value in samples(QUESTIONS[name]))
        assert rank(facts, region) <= best


def test_says_unlikely_of_nothing_that_somebody_might_still_know() -> None:
    """The one that was wrong: «不知道» to violence in an inheritance was taken for a no."""
    for name in PRESUMED:
        for matter in samples(QUESTIONS["matter"]):
            facts: dict[str, FactValue] = {"matter": matter, name: None}
            best = max(rank({**facts, name: value}, None) for value in samples(QUESTIONS[name]))
            assert rank(facts, None) or not best, (name, matter)
