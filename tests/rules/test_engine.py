"""Laws that the engine obeys for any facts whatever, and figures it keeps."""

import itertools
import statistics
import time
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from knowledge_base.assess import Assessor, FactNotUnderstood, FactRefused, Refusal
from knowledge_base.types import Basis, FactType, FactValue, Outcome, Question, Truth, Verdict
from tests.rules.plain import without_contradictions

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)
WHOLE = Assessor.load()
ASSESSOR = without_contradictions(WHOLE)
"""The rules alone: the laws below are theirs. What contradicts itself has a law of its own."""
QUESTIONS = {question.fact: question for question in ASSESSOR.facts()}
DATES = {name for name, question in QUESTIONS.items() if question.type is FactType.DATE}
PLACES = [None, "231000", "231002", "140581", "640100", "320400", "440300"]
DAYS = [
    date(*day) for day in ((2003, 9, 1), (2017, 8, 27), (2017, 8, 28), (2021, 12, 31), (2022, 1, 1), (2026, 11, 21))
]
RANK = {Outcome.UNLIKELY: 0, Outcome.NEEDS_PERSON: 1, Outcome.LIKELY: 2}
relaxed = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


ANSWERS: dict[FactType, st.SearchStrategy[FactValue]] = {
    FactType.BOOL: st.booleans(),
    FactType.INT: st.sampled_from([0, 13, 17, 18, 35, 59, 60, 69, 70, 99]),
    FactType.MONEY: st.decimals(min_value=0, max_value=20_000, places=2),
    FactType.DATE: st.one_of(st.dates(date(1900, 1, 1), ON), st.dates(date(2026, 1, 1), ON)),
    FactType.REGION: st.sampled_from(["231000", "640104", "110105"]),
    FactType.TEXT: st.text(min_size=1),
}


def values(question: Question) -> st.SearchStrategy[FactValue]:
    if question.type is FactType.ENUM:
        return st.sampled_from([str(option.value) for option in question.options])
    return ANSWERS[question.type]


@st.composite
def some_facts(draw: st.DrawFn, *, unknown: bool = True) -> dict[str, FactValue]:
    names = draw(st.lists(st.sampled_from(sorted(QUESTIONS)), unique=True, max_size=9))
    found: dict[str, FactValue] = {}
    for name in names:
        strategy = values(QUESTIONS[name])
        found[name] = draw(st.one_of(st.none(), strategy) if unknown else strategy)
    if draw(st.booleans()):
        found["matter"] = draw(st.sampled_from([str(option.value) for option in QUESTIONS["matter"].options]))
    return found


def assess(facts: Mapping[str, FactValue], region: str | None = None, on: date = ON) -> Verdict:
    return ASSESSOR.assess(facts, region=region, on=on)


def by(on: date, facts: Mapping[str, FactValue]) -> dict[str, FactValue]:
    """Let nothing have happened after the day of the question."""
    return {name: min(value, on) if isinstance(value, date) else value for name, value in facts.items()}


_NO_SUCH_DAY = {(Refusal.DATE_BEFORE_RULES, "on"), (Refusal.OUT_OF_RANGE, "on")}


class TestAnyDate:
    @relaxed
    @given(some_facts(), st.sampled_from(sorted(DATES)), st.dates(), st.dates())
    @example({"matter": "injury.traffic"}, "event.happened_on", date.max, ON)
    @example({"matter": "labour.wages"}, "document.received_on", date(9999, 12, 30), ON)
    @example({"matter": "injury.traffic"}, "event.happened_on", date.max, date.max)
    @example({"matter": "retrial"}, "document.received_on", date.max, date.max)
    @example({"matter": "labour.wages"}, "limitation.expires_on", date.max, date.max)
    def test_is_assessed_or_refused_by_the_name_of_its_field(
        self, facts: dict[str, FactValue], name: str, day: date, on: date
    ) -> None:
        try:
            verdict = assess({**by(on, facts), name: day}, "231000", on)
        except FactRefused as refused:
            told = {(Refusal.OUT_OF_RANGE, each) for each in (name, *facts) if each in DATES}
            assert (refused.code, refused.field) in {*told, *_NO_SUCH_DAY}  # noqa: PT017 -- either end is allowed
        else:
            assert date(1900, 1, 1) <= day
            assert name == "limitation.expires_on" or day <= on
            assert verdict.outcome in RANK

    @pytest.mark.parametrize("name", ["event.happened_on", "document.received_on"])
    def test_that_has_not_come_yet_did_not_happen(self, name: str) -> None:
        assess({name: ON})
        with pytest.raises(FactRefused) as refused:
            assess({name: ON + timedelta(days=1)})
        assert (refused.value.code, refused.value.field) == (Refusal.OUT_OF_RANGE, name)

    @pytest.mark.parametrize("day", ["1899-12-31", "2046-11-22", "9999-12-31"])
    def test_that_no_limit_can_end_on_is_refused(self, day: str) -> None:
        with pytest.raises(FactRefused) as refused:
            assess({"matter": "labour.wages", "limitation.expires_on": day})
        assert (refused.value.code, refused.value.field) == (Refusal.OUT_OF_RANGE, "limitation.expires_on")

    @pytest.mark.parametrize("words", ["明年三月一号", "9999年12月31日"])
    def test_of_what_happened_is_asked_again_when_it_lies_ahead(self, words: str) -> None:
        with pytest.raises(FactNotUnderstood):
            ASSESSOR.parse("event.happened_on", words, on=ON)


class TestAnyFacts:
    @relaxed
    @given(some_facts(), st.sampled_from(PLACES), st.sampled_from(DAYS))
    def test_give_exactly_one_outcome_with_its_basis(
        self, facts: dict[str, FactValue], region: str | None, on: date
    ) -> None:
        verdict = assess(by(on, facts), region, on)
        assert verdict.outcome in RANK
        assert verdict.settled == (verdict.next_question is None) == (not verdict.missing)
        assert verdict.rulebook == ASSESSOR.rulebook
        assert all(reason.citation is not None for reason in verdict.reasons)
        assert all(deadline.certain is False for deadline in verdict.deadlines)

    @relaxed
    @given(some_facts(), st.sampled_from(PLACES), st.randoms(use_true_random=False))
    def test_give_the_same_in_any_order(self, facts: dict[str, FactValue], region: str | None, random: object) -> None:
        names = list(facts)
        random.shuffle(names)  # type: ignore[attr-defined]
        assert assess({name: facts[name] for name in names}, region) == assess(facts, region)

    @relaxed
    @given(some_facts(), st.sampled_from(PLACES), st.data())
    def test_are_never_worse_for_a_more_favourable_answer(
        self, facts: dict[str, FactValue], region: str | None, data: st.DataObject
    ) -> None:
        table = ASSESSOR.engine.rulebook.facts
        name = data.draw(st.sampled_from(sorted(name for name, fact in table.items() if fact.favourable)))
        steps = [assess({**facts, name: value}, region).outcome for value in table[name].favourable]
        assert all(RANK[worse] <= RANK[better] for worse, better in itertools.pairwise(steps))
        # A presumption is an answer already; where there is none, the best answer never makes it worse.
        if not table[name].presumptions:
            without = {key: value for key, value in facts.items() if key != name}
            assert RANK[assess(without, region).outcome] <= RANK[steps[-1]]

    @relaxed
    @given(some_facts(), st.sampled_from(PLACES))
    def test_never_say_unlikely_without_two_other_roads(self, facts: dict[str, FactValue], region: str | None) -> None:
        verdict = assess(facts, region)
        if verdict.outcome is Outcome.UNLIKELY:
            assert sum(1 for road in verdict.alternatives if road.contact) >= 2

    @relaxed
    @given(some_facts(), st.sampled_from(PLACES))
    def test_once_settled_stay_as_they_are_whatever_else_could_have_been_asked(
        self, facts: dict[str, FactValue], region: str | None
    ) -> None:
        """The claim that matters: an early stop never hides an answer that would have changed the result."""
        verdict = assess(facts, region)
        if not verdict.settled:
            return
        table = ASSESSOR.engine.rulebook.facts
        known = ASSESSOR.engine.presume(facts)
        for name, question in QUESTIONS.items():
            if name in known or question.type not in {FactType.BOOL, FactType.ENUM} or not table[name].asked:
                continue
            for option in question.options:
                more = {**facts, name: option.value}
                answered = ASSESSOR.engine.presume(more)
                # An answer that takes back another, told or presumed, may: a creditor with a disability.
                if all(answered[other] == value for other, value in known.items()):
                    assert assess(more, region).outcome is verdict.outcome, (name, option.value)

    @relaxed
    @given(some_facts(), st.sampled_from(PLACES))
    def test_are_never_asked_for_what_could_not_change_anything(
        self, facts: dict[str, FactValue], region: str | None
    ) -> None:
        verdict = assess(facts, region)
        assert all(name not in facts or name == "matter" for name in verdict.missing)
        assert all(ASSESSOR.engine.rulebook.facts[name].asked for name in verdict.missing)


class TestFactsThatContradictEachOther:
    @relaxed
    @given(some_facts(), st.sampled_from(PLACES), st.sampled_from(DAYS))
    @example({"applicant.kind": "company", "applicant.migrant_worker": True}, "231000", ON)
    @example({"applicant.kind": "company", "applicant.migrant_worker": None}, "231000", ON)
    def test_are_for_a_person_by_name_and_nothing_else_changes_anything(
        self, facts: dict[str, FactValue], region: str | None, on: date
    ) -> None:
        told = by(on, facts)
        verdict = WHOLE.assess(told, region=region, on=on)
        assert ("conflicting_facts" in verdict.flags) == bool(verdict.conflicts)
        if not verdict.conflicts:
            assert verdict == assess(told, region, on)
            return
        assert (verdict.outcome, verdict.basis) == (Outcome.NEEDS_PERSON, Basis.UNDETERMINED)
        assert verdict.settled
        assert not any(reason.decides for reason in verdict.reasons)
        for conflict in verdict.conflicts:
            assert all(told.get(fact) is not None for fact in conflict.facts), "somebody said both"

    def test_turn_on_no_single_one(self) -> None:
        facts: dict[str, FactValue] = {"matter": "labour.wages", "applicant.kind": "company"}
        assert WHOLE.examine(facts, region=None, on=ON).pivot is not None
        assert WHOLE.examine({**facts, "applicant.migrant_worker": True}, region=None, on=ON).pivot is None


class TestAChainOfQuestions:
    @relaxed
    @given(st.sampled_from(PLACES), st.data(), st.sampled_from(DAYS))
    def test_ends_settled_after_at_most_twelve_and_repeats_none(
        self, region: str | None, data: st.DataObject, on: date
    ) -> None:
        facts: dict[str, FactValue] = {}
        verdict = assess(facts, region, on)
        while verdict.next_question is not None:
            question = verdict.next_question
            assert question.fact not in facts, "asked twice"
            assert "household.monthly_income_per_capita" not in facts, "income is asked last"
            facts[question.fact] = data.draw(st.one_of(st.none(), values(question)))
            verdict = assess(facts, region, on)
            assert len(facts) <= 12
        assert verdict.settled

    def test_needs_one_answer_of_a_migrant_worker_who_is_not_paid(self) -> None:
        verdict = assess({"matter": "labour.wages"})
        assert verdict.next_question is not None
        assert verdict.next_question.fact == "applicant.migrant_worker"
        assert assess({"matter": "labour.wages", "applicant.migrant_worker": True}).settled

    def test_offers_only_labour_when_labour_is_all_that_is_known(self) -> None:
        question = assess({"matter": "labour"}).next_question
        assert question is not None
        assert {str(option.value).partition(".")[0] for option in question.options} == {"labour"}

    def test_words_the_question_for_whom_it_concerns(self) -> None:
        assert "被抓" in ASSESSOR.question("applicant.age", {"matter": "criminal.defence"}).text
        assert "被抓" not in ASSESSOR.question("applicant.age", {"matter": "labour.wages"}).text


class TestReasons:
    def test_begin_with_what_decided(self) -> None:
        first = assess({"matter": "labour.wages", "applicant.migrant_worker": True}).reasons[0]
        assert (first.rule, first.result) == ("CN.art42.3.migrant_worker", Truth.TRUE)
        assert first.citation is not None
        assert first.citation.clause == "第四十二条第三项"

    def test_show_both_laws_where_a_place_goes_further(self) -> None:
        rules = {reason.rule: reason.citation for reason in assess({"matter": "family.maintenance"}, "231000").reasons}
        local = rules["231000.10.support"]
        assert local is not None
        assert (local.region, local.standing.value) == ("231000", "unknown")
        assert "CN.art31.4.maintenance" in rules

    def test_cite_an_ended_plan_as_ended(self) -> None:
        verdict = assess({"matter": "injury.traffic", "applicant.age": 72}, "640100")
        cited = next(reason.citation for reason in verdict.reasons if reason.rule.startswith("640100"))
        assert cited is not None
        assert cited.standing.value == "plan_ended"
        assert "八种" not in "".join(reason.text for reason in verdict.reasons)

    @relaxed
    @given(some_facts(), st.sampled_from(PLACES))
    def test_never_speak_like_a_decision(self, facts: dict[str, FactValue], region: str | None) -> None:
        verdict = assess(facts, region)
        words = [*(reason.text for reason in verdict.reasons), *verdict.documents]
        words += [road.title for road in verdict.alternatives]
        assert not [word for word in words if "批准" in word or "拒绝" in word]


class TestWhatCouldSpeedACaseUp:
    def test_is_told_with_the_result(self) -> None:
        verdict = assess({"matter": "family.maintenance"}, "231000")
        assert (verdict.settled, verdict.flags) == (True, ("verify_local_rule",))
        assert [reason.rule for reason in verdict.sooner] == ["231000.10.same_day"]

    @pytest.mark.parametrize("known", [{"applicant.age": 80}, {"applicant.age": 9}, {"applicant.disability": "visual"}])
    def test_is_over_once_it_is_known(self, known: dict[str, FactValue]) -> None:
        verdict = assess({"matter": "family.maintenance", **known}, "231000")
        assert "same_day" in verdict.flags
        assert verdict.sooner == ()

    @pytest.mark.parametrize(
        ("facts", "region"),
        [
            ({"matter": "family.maintenance"}, "640100"),
            ({"matter": "family.maintenance"}, None),
            ({"matter": "debt.private_loan"}, "231000"),
            ({"matter": "labour.wages"}, "231000"),
            ({"matter": "family.maintenance", "applicant.age": 35, "applicant.disability": "none"}, "231000"),
            ({"matter": "family.maintenance", "applicant.age": None, "applicant.disability": None}, "231000"),
        ],
    )
    def test_is_not_asked_where_no_answer_would(self, facts: dict[str, FactValue], region: str | None) -> None:
        verdict = assess(facts, region)
        assert verdict.sooner == ()

    @relaxed
    @given(some_facts(), st.sampled_from(PLACES))
    def test_never_keeps_anybody_from_the_result(self, facts: dict[str, FactValue], region: str | None) -> None:
        verdict = assess(facts, region)
        if verdict.sooner:
            assert verdict.settled
            assert verdict.outcome is not Outcome.UNLIKELY


class TestWhereToApply:
    def test_is_where_the_case_is_and_not_where_the_citizen_writes_from(self) -> None:
        facts: dict[str, FactValue] = {"matter": "criminal.defence", "place.handling_organ": "640100"}
        found = assess(facts, "231000").apply_at
        assert found is not None
        assert (found.rule, found.kind, found.offices[0].region) == ("art38", "handling_organ_place", "640100")

    def test_follows_the_court_once_there_is_one(self) -> None:
        facts: dict[str, FactValue] = {"matter": "labour.wages", "place.handling_organ": "高平"}
        found = assess(facts).apply_at
        assert found is not None
        assert (found.kind, found.offices[0].region) == ("handling_organ_place", "140581")

    @pytest.mark.parametrize("matter", ["injury.traffic", "labour.wages", "family.maintenance", "criminal.defence"])
    def test_is_the_courts_place_whatever_else_is_named(self, matter: str) -> None:
        for others in itertools.chain.from_iterable(
            itertools.permutations(("place.dispute_body", "place.event"), count) for count in range(3)
        ):
            named: dict[str, FactValue] = dict.fromkeys(others, "640100")
            for facts in (named | {"place.handling_organ": "140581"}, {"place.handling_organ": "140581"} | named):
                found = assess({"matter": matter, **facts}, "231000").apply_at
                assert found is not None
                assert (found.kind, found.region, found.place) == (
                    "handling_organ_place",
                    "140581",
                    "山西省晋城市高平市",
                )

    def test_is_told_by_name_only_where_somebody_named_it(self) -> None:
        asked, told = (
            assess({"matter": "labour.wages", **place}, "231000").apply_at for place in ({}, {"place.event": "110105"})
        )
        assert asked is not None
        assert told is not None
        assert (asked.region, asked.place) == ("231000", None)
        assert (told.region, told.place) == ("110105", "北京市朝阳区")

    @relaxed
    @given(some_facts(), st.sampled_from(PLACES), st.sampled_from(["231002", "640104", "140581", "110105", "440300"]))
    def test_brings_its_own_rules_and_no_other_places(
        self, facts: dict[str, FactValue], region: str | None, where: str
    ) -> None:
        named = {name: value for name, value in facts.items() if not name.startswith("place.")}
        here = assess(named | {"place.handling_organ": where}, region)
        there = assess(named, where)
        assert (here.outcome, here.basis, here.missing, here.reasons) == (
            there.outcome,
            there.basis,
            there.missing,
            there.reasons,
        )


class TestSpeed:
    def test_is_under_five_milliseconds(self) -> None:
        known: list[dict[str, FactValue]] = [
            {"matter": str(option.value), "applicant.age": age, "applicant.migrant_worker": age % 2 == 0}
            for option in QUESTIONS["matter"].options
            for age in (16, 35, 61)
        ]
        for facts in known:
            assess(facts, "231000")
        taken = []
        for facts in known * 3:
            start = time.perf_counter()
            assess(facts, "231000")
            taken.append(time.perf_counter() - start)
        assert statistics.median(taken) < 0.005


def test_money_is_kept_exact() -> None:
    facts: dict[str, FactValue] = {"matter": "labour.wages", "household.monthly_income_per_capita": Decimal("1999.99")}
    assert "household.monthly_income_per_capita" not in assess(facts).missing
