"""Mutants are wrong in one place each, are tried where they can matter, and a case that looks there notices."""

from datetime import date
from pathlib import Path

import pytest

from knowledge_base.assess import PLACES
from knowledge_base.mutating import Trial, try_mutants
from knowledge_base.rules.book import Rulebook
from knowledge_base.rules.conditions import Not
from knowledge_base.rules.loader import load_rulebook
from knowledge_base.rules.mutation import Mutant, mutants, scores, spoil

pytestmark = pytest.mark.unit

CASES = Path(__file__).with_name("cases")


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load_rulebook(PLACES)


@pytest.fixture(scope="module")
def every(book: Rulebook) -> tuple[Mutant, ...]:
    return tuple(mutants(book))


@pytest.fixture(scope="module")
def trial() -> Trial:
    return Trial(PLACES, CASES)


def of(every: tuple[Mutant, ...], name: str, change: str, detail: str = "") -> Mutant:
    return next(each for each in every if (each.name, each.change) == (name, change) and detail in each.detail)


class TestMutants:
    def test_spoil_every_rule_and_every_definition(self, book: Rulebook, every: tuple[Mutant, ...]) -> None:
        spoilt = {mutant.name for mutant in every}
        rules = {rule.id for place in book.places.values() for rule in place.rules}
        assert rules | {"minor", "elderly", "disabled", "no_defender"} <= spoilt

    def test_differ_from_the_book_and_from_one_another(self, every: tuple[Mutant, ...]) -> None:
        for mutant in every:
            assert mutant.spoilt, mutant
            assert all(rule != spoilt for rule, spoilt in mutant.spoilt), mutant
        assert len({str(mutant) for mutant in every}) > 0.95 * len(every)

    def test_move_a_boundary_by_a_day_and_leave_versions_that_meet_alone(
        self, book: Rulebook, every: tuple[Mutant, ...]
    ) -> None:
        ((rule, spoilt),) = of(every, "CN.reg10.scope", "boundary", "ends a day later").spoilt
        assert (rule.period.end, spoilt and spoilt.period.end) == (date(2022, 1, 1), date(2022, 1, 2))
        met = {
            mutant.detail for mutant in every if (mutant.name, mutant.change) == ("CN.alternative.consult", "boundary")
        }
        assert len(book.versions("CN.alternative.consult")) == 2
        assert met == {"starts a day later", "starts a day earlier"}

    def test_spoil_a_definition_for_all_who_rest_on_it(self, every: tuple[Mutant, ...]) -> None:
        touched = {rule.id for rule, _ in of(every, "minor", "bound", "19").spoilt}
        assert {"CN.art25.1.minor", "CN.art42.1.no_livelihood", "231000.10.same_day", "CN.tag.minor"} <= touched

    def test_turn_a_condition_round(self, every: tuple[Mutant, ...]) -> None:
        ((_, spoilt),) = of(every, "CN.art42.2.assistance", "operator").spoilt
        assert spoilt is not None
        assert isinstance(spoilt.when, Not)

    def test_leave_the_rest_of_the_book_as_it_is(self, book: Rulebook, every: tuple[Mutant, ...]) -> None:
        spoilt = spoil(book, of(every, "231000.10.support", "drop"))
        assert spoilt.versions("231000.10.support") == ()
        assert spoilt.places["CN"] is book.places["CN"]
        assert spoilt.digest != book.digest


class TestATrial:
    def test_begins_with_cases_that_hold(self, trial: Trial) -> None:
        assert trial.sound()

    @pytest.mark.parametrize(
        ("name", "change", "detail"),
        [
            ("CN.art42.3.migrant_worker", "drop", ""),
            ("CN.paper.abuse", "drop", ""),
            ("CN.alternative.women", "drop", ""),
            ("CN.deadline.civil", "limit", "+1"),
            ("CN.art38.dispute", "drop", ""),
            ("minor", "bound", "19"),
            ("CN.art31.5.labour", "boundary", "later"),
            ("231000.10.support", "boundary", "earlier"),
            ("CN.art32.4.abuse", "kind", ""),
            ("CN.paper.means", "outcomes", "also with likely"),
        ],
    )
    def test_notices(self, trial: Trial, name: str, change: str, detail: str) -> None:
        assert trial.notices(of(tuple(trial.mutants), name, change, detail))

    def test_notices_nothing_where_nothing_was_spoilt(self, trial: Trial) -> None:
        rule = trial.mutants[0].spoilt[0][0]
        assert not trial.notices(Mutant(rule.id, "", "kind", "as it is", ((rule, rule),)))

    def test_is_the_same_for_a_sample_of_the_same_size(self, trial: Trial) -> None:
        def sampled() -> list[tuple[str, bool]]:
            tried = try_mutants(trial, places=PLACES, cases=CASES, sample=3, jobs=1)
            return [(str(mutant), noticed) for mutant, noticed in tried]

        first = sampled()
        assert len(first) == 3
        assert first == sampled()


def test_scores_put_the_weakest_first(every: tuple[Mutant, ...]) -> None:
    drop, bound = of(every, "CN.tag.minor", "drop"), of(every, "minor", "bound")
    found = scores([(drop, True), (drop, False), (bound, False)])
    assert [(each.change, each.killed, each.total) for each in found] == [("bound", 0, 1), ("drop", 1, 2)]
