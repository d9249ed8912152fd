"""What is told as the reason: the article that decided, in words that fit the result, and nothing that is past mattering."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from bot.channels.message_json import telling
from knowledge_base.assess import Assessor
from knowledge_base.types import FactType, FactValue, Outcome, Question, Truth, Verdict

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)
ASSESSOR = Assessor.load()
NO_DOOR: dict[str, FactValue] = {"applicant.special_group": "none"}
MATTERS = [str(option.value) for option in ASSESSOR.question("matter").options]
SAMPLES: dict[FactType, tuple[FactValue, ...]] = {
    FactType.INT: (17, 35, 72),
    FactType.MONEY: (Decimal(0), Decimal(9000)),
}


def why(facts: dict[str, FactValue], region: str | None = None, on: date = ON) -> list[str]:
    return [reason.rule for reason in telling(ASSESSOR.assess(facts, region=region, on=on))]


def answers(question: Question) -> tuple[FactValue, ...]:
    return (None, *(SAMPLES.get(question.type) or (option.value for option in question.options)))


def results(
    facts: dict[str, FactValue], region: str | None, on: date
) -> Iterator[tuple[dict[str, FactValue], Verdict]]:
    verdict = ASSESSOR.assess(facts, region=region, on=on)
    if verdict.next_question is None:
        yield facts, verdict
        return
    for value in answers(verdict.next_question):
        yield from results({**facts, verdict.next_question.fact: value}, region, on)


class TestEveryResult:
    @pytest.mark.parametrize("matter", MATTERS)
    @pytest.mark.parametrize(
        ("region", "on"), [(None, ON), ("231000", ON), ("640100", ON), (None, date(2020, 6, 1))], ids=str
    )
    def test_has_a_reason_with_its_article(self, matter: str, region: str | None, on: date) -> None:
        for facts, verdict in results({"matter": matter}, region, on):
            told = telling(verdict)
            assert told, facts
            assert all(reason.citation is not None and reason.citation.clause for reason in told)
            if verdict.outcome is Outcome.UNLIKELY:
                assert not any(reason.result is Truth.UNKNOWN for reason in told), facts
            if None not in facts.values():
                assert not any(reason.result is Truth.UNKNOWN for reason in told), facts

    @pytest.mark.parametrize("kind", ["company", "sole_trader"])
    @pytest.mark.parametrize("matter", MATTERS)
    def test_has_one_for_a_firm_too(self, matter: str, kind: str) -> None:
        for facts, verdict in results({"matter": matter, "applicant.kind": kind}, None, ON):
            assert telling(verdict), facts


class TestUnlikely:
    def test_says_what_the_law_lists_where_the_matter_is_not_in_it(self) -> None:
        for matter in ("property.land", "inheritance", "consumer", "property.neighbour"):
            assert why({"matter": matter, "applicant.age": 40, "applicant.disability": "none"}) == ["CN.note.outside"]

    def test_says_it_to_a_creditor_without_asking_who_they_are(self) -> None:
        assert why({"matter": "debt.private_loan"}) == ["CN.note.outside"]

    def test_says_who_would_have_been_helped_to_whoever_said_that_they_are_none_of_them(self) -> None:
        told = telling(ASSESSOR.assess({"matter": "consumer", **NO_DOOR}, region=None, on=ON))
        assert [reason.rule for reason in told] == ["CN.note.outside", "CN.door.elderly"]
        assert told[1].text.endswith("您说都不是。")

    def test_says_it_of_the_law_of_that_time(self) -> None:
        facts: dict[str, FactValue] = {
            "matter": "labour.relationship",
            "applicant.age": 40,
            "applicant.disability": "none",
        }
        (reason,) = telling(ASSESSOR.assess(facts, region=None, on=date(2020, 6, 1)))
        assert reason.citation is not None
        assert (reason.rule, reason.citation.document) == ("CN.note.outside", "法律援助条例")

    def test_says_that_there_was_no_abuse_and_not_that_abuse_would_open_the_door(self) -> None:
        facts: dict[str, FactValue] = {"matter": "family.divorce", "claim.abuse": False, **NO_DOOR}
        told = telling(ASSESSOR.assess(facts, region=None, on=ON))
        assert [reason.rule for reason in told] == ["CN.note.outside", "CN.art32.4.abuse", "CN.door.elderly"]
        assert told[1].text.endswith("您说没有这种情况。")

    def test_says_that_no_retrial_has_been_ordered(self) -> None:
        facts: dict[str, FactValue] = {"matter": "retrial", "retrial.ordered_or_protested": False}
        (reason,) = telling(ASSESSOR.assess(facts, region=None, on=ON))
        assert reason.rule == "CN.art33.retrial"
        assert "还没有决定再审" in reason.text

    @pytest.mark.parametrize(
        ("facts", "rule"),
        [
            ({"matter": "debt.private_loan", "applicant.kind": "company"}, "CN.art2.company"),
            ({"matter": "labour.wages", "applicant.has_lawyer": True}, "CN.art48.own_lawyer"),
            ({"matter": "criminal.defence", "criminal.has_defender": True}, "CN.art24.own_defender"),
        ],
    )
    def test_says_only_what_shuts_the_door_whatever_else_is_so(self, facts: dict[str, FactValue], rule: str) -> None:
        assert why(facts) == [rule]


class TestAPersonMustJudge:
    def test_names_nothing_open_that_can_no_longer_matter(self) -> None:
        verdict = ASSESSOR.assess({"matter": "family.divorce", "claim.abuse": False}, region="231000", on=ON)
        assert set(verdict.missing) <= {"household.monthly_income_per_capita"}
        assert telling(verdict)
        assert all(reason.result is Truth.TRUE for reason in telling(verdict))

    def test_names_what_the_citizen_does_not_know(self) -> None:
        told = telling(ASSESSOR.assess({"matter": "family.divorce", "claim.abuse": None}, region=None, on=ON))
        assert (told[0].rule, told[0].result) == ("CN.art32.4.abuse", Truth.UNKNOWN)

    def test_does_not_go_through_the_law_with_somebody_who_cannot_say_what_it_is_about(self) -> None:
        assert not any(
            reason.result is Truth.UNKNOWN for reason in telling(ASSESSOR.assess({"matter": None}, region=None, on=ON))
        )
