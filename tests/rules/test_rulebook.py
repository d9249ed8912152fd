"""A rulebook that is wrong does not load, and says in which file and on which line."""

import re
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from knowledge_base.assess import PLACES, Assessor, FactRefused, matters
from knowledge_base.directory.book import Directory
from knowledge_base.regions import Regions
from knowledge_base.rules.book import Rulebook
from knowledge_base.rules.lint import Known, expired, lint
from knowledge_base.rules.loader import load_rulebook
from knowledge_base.rules.nodes import RulebookInvalid
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.types import OWN_LAW, Basis, FactValue, Outcome

pytestmark = pytest.mark.unit

ON = date(2026, 11, 22)
LAST_VERIFIED = date(2026, 11, 23)
INCOME = "household.monthly_income_per_capita"
DOCUMENT = """
documents:
  order:
    title: 某省法律援助条例
    issued: 2025-01-01
    standing: [{is: in_force, from: 2025-01-01}]
"""
RULE = """
rules:
  - id: X.1
    kind: waiver
    from: 2025-01-01
    when: {fact: applicant.social_assistance, is: true}
    text: 领救助的不查。
    source: {document: order, clause: 第一条}
    verified_on: 2026-11-21
"""
GRANT = "{fact: applicant.social_assistance, is: true}"
PLACE = f"name: 某省\nextends: CN\n{DOCUMENT}{RULE}"
FIGURE = """
parameters:
  hardship.monthly_income_per_capita:
    - {from: 2025-01-01, to: 2026-07-01, value: 1800, source: {document: order, clause: 第九条}, verified_on: 2026-11-21}
    - {from: 2026-07-01, value: 2010.50, source: {document: order, clause: 第九条}, verified_on: 2026-11-21}
"""


@pytest.fixture
def places(tmp_path: Path) -> Path:
    shutil.copytree(PLACES / "CN", tmp_path / "CN")
    return tmp_path


def write(places: Path, text: str, code: str = "440000") -> Path:
    (places / code).mkdir(exist_ok=True)
    path = places / code / "rules.yml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        (("    source: {document: order, clause: 第一条}\n", ""), "missing_source", "id: X.1"),
        (("    verified_on: 2026-11-21\n", ""), "missing_key", "id: X.1"),
        (("document: order, clause", "document: nothing, clause"), "dangling_citation", "clause: 第一条"),
        (("fact: applicant.social_assistance", "fact: applicant.wealth"), "unknown_fact", "when:"),
        (("is: true", "equals: true"), "unknown_operator", "when:"),
        (("is: true", "at_least: 3"), "unknown_operator", "when:"),
        (("is: true", "under: [labour]"), "unknown_operator", "when:"),
        (("{fact: applicant.social_assistance, is: true}", "{some: []}"), "unknown_operator", "when:"),
        (
            ("{fact: applicant.social_assistance, is: true}", "applicant.social_assistance == true"),
            "wrong_shape",
            "when:",
        ),
        (("{fact: applicant.social_assistance, is: true}", "{holds: rich}"), "unknown_definition", "when:"),
        (
            ("{fact: applicant.social_assistance, is: true}", "{fact: applicant.kind, is: robot}"),
            "unknown_option",
            "when:",
        ),
        (("kind: waiver", "kind: grant"), "unknown_kind", "kind:"),
        (
            ("from: 2025-01-01\n    when", "from: 2025-01-01\n    to: 2025-01-01\n    when"),
            "empty_period",
            "to: 2025-01-01",
        ),
        (("from: 2025-01-01\n    when", "from: soon\n    when"), "wrong_shape", "from: soon"),
        (("is: in_force", "is: valid"), "unknown_option", "is: valid"),
        (("extends: CN", "extends: '450000'"), "missing_parent", "extends:"),
        (("extends: CN\n", ""), "missing_parent", "name:"),
        (("kind: waiver", "kind: waiver\n    kind: scope"), "duplicate_key", "kind: scope"),
        (("kind: waiver", "kind: flag"), "missing_key", "id: X.1"),
        (("kind: waiver", "kind: flag\n    name: hurry"), "unknown_option", "name: hurry"),
        (("kind: waiver", "kind: waiver\n    sorce: x"), "unknown_key", "sorce: x"),
        (("rules:\n", "rules: [\n"), "not_yaml", None),
        (("id: X.1", "id: CN.art42.2.assistance"), "duplicate_id", "id: CN.art42.2"),
        (("from: 2025-01-01\n    when", "from: 2010-01-01\n    when"), "before_document", "from: 2010"),
        (
            ("from: 2025-01-01}]", "from: 2025-01-01, to: 2025-06-01}, {is: superseded, from: 2025-06-01}]"),
            "document_ended",
            "source:",
        ),
        (("standing: [{is: in_force, from: 2025-01-01}]", "standing: []"), "empty_list", "standing:"),
        (("领救助的不查", "领救助的一律批准"), "decision_word", "text:"),
        (("kind: waiver", "kind: waiver\n    outcomes: [unlikely]"), "misplaced_key", "outcomes:"),
        (("kind: waiver", "kind: mandatory\n    certain: false"), "misplaced_key", "certain:"),
        (("kind: waiver", "kind: waiver\n    office: hotline.12348"), "misplaced_key", "office:"),
        (
            ("kind: waiver", "kind: deadline\n    name: d\n    fact: applicant.age\n    length: {days: 3}"),
            "wrong_type",
            "fact: applicant.age",
        ),
        (
            ("kind: waiver", "kind: deadline\n    name: d\n    fact: event.happened_on\n    length: {days: -3}"),
            "out_of_range",
            "length:",
        ),
        (
            ("kind: waiver", "kind: deadline\n    name: d\n    fact: event.happened_on\n    length: {}"),
            "out_of_range",
            "length:",
        ),
        (("kind: waiver", "kind: deadline\n    name: d\n    length: {days: 3}"), "missing_key", "length:"),
        (("kind: waiver", "kind: deadline\n    name: d\n    needs_fact: true"), "missing_key", "needs_fact:"),
        (
            ("kind: waiver", "kind: venue\n    name: event_place\n    fact: event.happened_on"),
            "wrong_type",
            "fact: event",
        ),
        ((GRANT, "{fact: applicant.disability, one_of: []}"), "empty_list", "when:"),
        ((GRANT, "{fact: matter, under: []}"), "empty_list", "when:"),
        ((GRANT, "{all: []}"), "empty_list", "when:"),
        ((GRANT, "{any: []}"), "empty_list", "when:"),
        ((GRANT, "{fact: applicant.social_assistance, is: false}"), "against_the_applicant", "when:"),
        ((GRANT, "{not: {fact: applicant.social_assistance, is: true}}"), "against_the_applicant", "when:"),
        (
            (
                f"kind: waiver\n    from: 2025-01-01\n    when: {GRANT}",
                f"kind: exclusion\n    from: 2025-01-01\n    when: {GRANT}",
            ),
            "against_the_applicant",
            "when:",
        ),
        ((GRANT, "{fact: applicant.age, at_least: 0}"), "out_of_range", "when:"),
        ((GRANT, "{fact: limitation.expires_on, within_days: 0}"), "out_of_range", "when:"),
        (
            (GRANT, "{fact: household.monthly_income_per_capita, at_most_parameter: hardship.monthly}"),
            "unknown_parameter",
            "when:",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.islower() else None,
)
def test_refuses_with_file_and_line(places: Path, change: tuple[str, str], code: str, at: str | None) -> None:
    assert change[0] in PLACE
    path = write(places, PLACE.replace(*change, 1))
    with pytest.raises(RulebookInvalid) as caught:
        load_rulebook(places)
    assert caught.value.code == code
    assert caught.value.file == str(path)
    if at is not None:
        lines = path.read_text(encoding="utf-8").splitlines()
        assert at in lines[caught.value.line - 1], caught.value
    assert re.search(r"rules\.yml:\d+: ", str(caught.value))


@pytest.mark.parametrize(
    ("ends", "begins", "code"),
    [("to: 2026-07-01", "from: 2026-08-01", "gap"), ("to: 2026-07-01", "from: 2026-06-01", "overlap")],
)
class TestPeriods:
    def test_of_a_figure_leave_no_gap_and_no_overlap(self, places: Path, ends: str, begins: str, code: str) -> None:
        assert ends in FIGURE
        write(places, PLACE + FIGURE.replace("from: 2026-07-01", begins))
        with pytest.raises(RulebookInvalid) as caught:
            load_rulebook(places)
        assert caught.value.code == code

    def test_of_a_rule_leave_no_gap_and_no_overlap(self, places: Path, ends: str, begins: str, code: str) -> None:
        first = RULE.replace("from: 2025-01-01", f"from: 2025-01-01\n    {ends}")
        second = RULE.replace("rules:\n", "").replace("from: 2025-01-01", begins)
        write(places, PLACE.replace(RULE, first + second))
        with pytest.raises(RulebookInvalid) as caught:
            load_rulebook(places)
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        (("income_per_capita:", "income_percapita:"), "unknown_parameter", "- {from: 2025"),
        (("value: 1800", "value: 一千八"), "wrong_shape", "value: 一千八"),
        (("value: 1800", "value: -5"), "out_of_range", "value: -5"),
        (("value: 1800", "value: 0"), "out_of_range", "value: 0"),
        (("value: 1800", "value: true"), "wrong_shape", "value: true"),
        (("value: 1800", "value: .nan"), "out_of_range", "value: .nan"),
        (("{from: 2025-01-01, to", "{from: 2024-01-01, to"), "before_document", "from: 2024"),
    ],
    ids=lambda value: value if isinstance(value, str) and value.islower() else None,
)
def test_refuses_a_figure_nobody_could_apply(places: Path, change: tuple[str, str], code: str, at: str) -> None:
    assert change[0] in FIGURE
    path = write(places, PLACE + FIGURE.replace(*change, 1))
    with pytest.raises(RulebookInvalid) as caught:
        load_rulebook(places)
    assert (caught.value.code, caught.value.file) == (code, str(path))
    assert at in path.read_text(encoding="utf-8").splitlines()[caught.value.line - 1]


def test_refuses_a_definition_that_hides_the_one_above(places: Path) -> None:
    again = "definitions:\n  minor: {when: {always: true}, source: {document: order, clause: 第一条}, verified_on: 2026-11-21}\n"
    write(places, f"{PLACE}{again}")
    with pytest.raises(RulebookInvalid) as caught:
        load_rulebook(places)
    assert caught.value.code == "duplicate_key"


class TestAFigureOnFile:
    @pytest.fixture
    def assessor(self, places: Path) -> Assessor:
        write(places, PLACE + FIGURE)
        return Assessor.load(places)

    def verdict(self, assessor: Assessor, income: FactValue, on: date = ON, **more: FactValue) -> tuple[str, str, bool]:
        facts: dict[str, FactValue] = {
            "matter": "labour.relationship",
            "applicant.social_assistance": False,
            "applicant.no_fixed_livelihood": False,
            **more,
        }
        if income is not ...:
            facts[INCOME] = income
        found = assessor.assess(facts, region="440300", on=on)
        return found.outcome.value, found.basis.value, found.settled

    def test_is_met_by_an_income_that_is_not_above_it(self, assessor: Assessor) -> None:
        assert self.verdict(assessor, Decimal("2010.50")) == ("likely", "means_met", True)

    def test_is_not_met_one_cent_above(self, assessor: Assessor) -> None:
        assert self.verdict(assessor, Decimal("2010.51")) == ("unlikely", "means_not_met", True)

    def test_changes_on_its_day(self, assessor: Assessor) -> None:
        assert self.verdict(assessor, 1900, date(2026, 6, 30))[0] == "unlikely"
        assert self.verdict(assessor, 1900, date(2026, 7, 1))[0] == "likely"

    def test_leaves_an_income_nobody_knows_to_a_person(self, assessor: Assessor) -> None:
        assert self.verdict(assessor, None) == ("needs_person", "means_unknown", True)

    def test_asks_the_income_last(self, assessor: Assessor) -> None:
        found = assessor.assess({"matter": "labour.relationship"}, region="440300", on=ON)
        assert found.missing[-1] == INCOME
        assert len(found.missing) > 1

    def test_does_not_close_the_door_on_a_suspect_who_may_have_another_reason(self, assessor: Assessor) -> None:
        facts: dict[str, FactValue] = {"matter": "criminal.defence", "criminal.has_defender": False, INCOME: 90_000}
        for name in ("applicant.social_assistance", "applicant.no_fixed_livelihood", "criminal.cannot_recognise_acts"):
            facts[name] = False
        facts |= {"criminal.possible_life_or_death": False, "applicant.age": 40, "applicant.disability": "none"}
        found = assessor.assess(facts, region="440300", on=ON)
        assert (found.outcome, found.basis) == (Outcome.NEEDS_PERSON, Basis.UNDETERMINED)

    def test_does_not_hold_next_door(self, assessor: Assessor) -> None:
        found = assessor.assess({"matter": "labour.relationship", INCOME: 100}, region="450000", on=ON)
        assert found.basis is Basis.MEANS_UNKNOWN


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook(PLACES)


class TestTheShippedRulebook:
    def test_sets_no_hardship_figure_nobody_has_sourced(self, rulebook: Rulebook) -> None:
        figures = {value.name for place in rulebook.places.values() for value in place.parameters}
        assert not any(name.startswith("hardship") for name in figures)

    def test_has_every_seed_place_under_its_province(self, rulebook: Rulebook) -> None:
        parents = {code: place.extends for code, place in rulebook.places.items()}
        assert parents == {
            "CN": None,
            "230000": "CN",
            "231000": "230000",
            "140000": "CN",
            "140500": "140000",
            "140581": "140500",
            "320000": "CN",
            "320400": "320000",
            "640000": "CN",
            "640100": "640000",
            **dict.fromkeys(OWN_LAW, None),
        }

    def test_asks_in_words_a_child_of_twelve_reads(self, rulebook: Rulebook) -> None:
        for fact in rulebook.facts.values():
            assert len(fact.text) <= 45, fact.name
            assert fact.why, fact.name

    def test_changes_its_digest_with_any_change(self, places: Path, rulebook: Rulebook) -> None:
        before = load_rulebook(places).digest
        write(places, PLACE)
        assert len({before, load_rulebook(places).digest, rulebook.digest}) == 3

    def test_is_not_in_force_before_its_first_rule(self) -> None:
        with pytest.raises(FactRefused) as caught:
            Assessor.load().assess({}, region="231000", on=date(2003, 8, 31))
        assert (caught.value.code, caught.value.field) == ("date_before_rules", "on")


class TestLint:
    def findings(self, places: Path, *, tested: set[str] | None = None, on: date = ON) -> set[str]:
        regions = Regions.load()
        known = Known(
            regions=regions,
            matters=matters(Taxonomy.load()).keys(),
            offices={office.id for office in Directory.load(PLACES, regions).as_of(on)},
            tested=tested,
        )
        found = list(lint(load_rulebook(places), known, on=on))
        assert all(re.search(r"rules\.yml", finding.where) or finding.where == "facts.yml" for finding in found)
        return {finding.code for finding in found}

    def test_finds_nothing_in_the_shipped_book(self) -> None:
        assert self.findings(PLACES, on=LAST_VERIFIED) == set()

    def test_finds_what_nobody_has_verified_for_a_year(self, places: Path) -> None:
        assert "stale" not in self.findings(places, on=date(2027, 11, 21))
        assert "stale" in self.findings(places, on=date(2027, 11, 22))

    def test_finds_a_rule_that_no_case_names(self, places: Path) -> None:
        write(places, PLACE)
        assert "untested_rule" in self.findings(places, tested={"X.2"})

    def test_finds_a_place_that_does_not_exist(self, places: Path) -> None:
        write(places, PLACE, "999999")
        assert "unknown_region" in self.findings(places)

    def test_finds_a_place_hung_under_the_wrong_one(self, places: Path) -> None:
        write(places, PLACE)
        write(places, "name: 某市\nextends: CN\n", "440300")
        assert "region_without_parent" in self.findings(places)

    @pytest.mark.parametrize(("code", "above"), [("440300", "stands_alone: true"), ("810000", "extends: CN")])
    def test_finds_a_place_under_a_law_that_is_not_its_own(self, places: Path, code: str, above: str) -> None:
        write(places, PLACE)
        write(places, f"name: 某地\n{above}\n", code)
        assert "law_of_its_own" in self.findings(places)

    def test_finds_a_matter_outside_the_taxonomy(self, places: Path) -> None:
        write(
            places,
            PLACE.replace("{fact: applicant.social_assistance, is: true}", "{fact: matter, under: [labour.pay]}"),
        )
        assert "unknown_matter" in self.findings(places)

    def test_finds_a_number_that_is_not_filed(self, places: Path) -> None:
        write(places, PLACE.replace("kind: waiver", "kind: alternative\n    office: hotline.99999"))
        assert "unknown_office" in self.findings(places)

    @pytest.mark.parametrize("text", [PLACE, PLACE + FIGURE], ids=["rule", "figure"])
    def test_finds_a_check_that_has_not_happened_yet(self, places: Path, text: str) -> None:
        head, _, tail = text.rpartition("verified_on: 2026-11-21")
        write(places, f"{head}verified_on: 2099-01-01{tail}")
        assert "verified_in_future" in self.findings(places)

    @pytest.mark.parametrize("kind", ["waiver", "note", "paper", "alternative", "deadline\n    name: d"])
    def test_asks_for_a_case_of_every_kind_of_rule(self, places: Path, kind: str) -> None:
        write(places, PLACE.replace("kind: waiver", f"kind: {kind}"))
        assert "untested_rule" in self.findings(places, tested={"X.2"})

    def test_lists_what_has_ended_though_rules_rest_on_it(self, rulebook: Rulebook) -> None:
        ended = "\n".join(expired(rulebook, on=ON))
        assert "gaoping_plan_2024 is plan_ended" in ended
        assert "legal_aid_law" not in ended
