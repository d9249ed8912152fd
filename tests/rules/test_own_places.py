"""A new city is one folder of the operator's own: rules, figures, cases, offices, hours, numbers and documents, checked as ours are."""

import argparse
from datetime import date, datetime
from pathlib import Path

import pytest

from knowledge_base.assess import PLACES, Assessor
from knowledge_base.assess_cli import add_commands
from knowledge_base.directory.book import Directory
from knowledge_base.directory.hours import CHINA
from knowledge_base.ingest.store import ingest, load_documents
from knowledge_base.ingest_cli import locator
from knowledge_base.offices import OfficeKind, Openness
from knowledge_base.provisions import look_up
from knowledge_base.regions import Regions
from knowledge_base.rules.loader import load_rulebook
from knowledge_base.rules.nodes import RulebookInvalid
from knowledge_base.types import Basis, FactValue, Outcome

pytestmark = pytest.mark.rules

ON = date(2026, 11, 23)  # a Monday
CITY, PROVINCE = "445100", "440000"
RULES = """name: 潮州市
extends: CN
documents:
  order: {title: 潮州市法律援助办法, number: 潮府规〔2025〕1号, issued: 2025-03-01, standing: [{is: in_force, from: 2025-04-01}]}
parameters:
  hardship.monthly_income_per_capita:
    - {from: 2025-04-01, value: 2500, source: {document: order, clause: 第二条}, verified_on: 2026-11-20}
rules:
  - id: "445100.3.support"
    kind: waiver
    from: 2025-04-01
    when: {fact: matter, under: [family.maintenance]}
    text: 在潮州，要赡养费的，不查家里收入。
    source: {document: order, clause: 第三条}
    verified_on: 2026-11-20
"""
CASES = """- {case: 潮州要赡养费, on: 2025-04-01, region: "445100", facts: {matter: family.maintenance}, expect: {outcome: likely, basis: local_waiver, because: ["445100.3.support"]}}
- {case: 潮州要赡养费，前一天, on: 2025-03-31, region: "445100", facts: {matter: family.maintenance}, expect: {outcome: needs_person}}
"""
OFFICES = """- id: office.legal_aid
  kind: legal_aid
  name: 潮州市法律援助中心
  phone: "0768-0000000"
  hours: 工作日 09:00-12:00、14:00-17:00
  source: 市司法局网站，2026-11-20
  verified_on: 2026-11-20
"""
ORDER = """潮州市人民政府
潮府规〔2025〕1号
潮州市法律援助办法
第一条 为了规范法律援助工作，制定本办法。
第二条 家庭人均月收入不超过二千五百元的，属于经济困难。
第三条 请求给付赡养费的，不核查经济困难状况。
第四条 本办法自2025年4月1日起施行。
潮州市人民政府
2025年3月1日
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    city = tmp_path / "places" / CITY
    (city / "documents").mkdir(parents=True)
    for name, text in (
        ("rules.yml", RULES),
        ("cases.yml", CASES),
        ("offices.yml", OFFICES),
        ("documents/order.txt", ORDER),
    ):
        (city / name).write_text(text, encoding="utf-8")
    return city.parent


def file(own: Path, code: str, text: str) -> Path:
    (own / code).mkdir(exist_ok=True)
    path = own / code / "rules.yml"
    path.write_text(text, encoding="utf-8")
    return path


def run(capsys: pytest.CaptureFixture[str], own: Path, action: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    parsed = parser.parse_args(["rules", action, "--own", str(own), "--on", ON.isoformat()])
    code: int = parsed.run(parsed)
    return code, capsys.readouterr().out


class TestANewCity:
    def test_is_assessed_by_its_rules_its_figure_and_its_office(self, own: Path) -> None:
        assessor = Assessor.load(own=own)
        waived = assessor.assess({"matter": "family.maintenance"}, region="445102", on=ON)
        assert (waived.outcome, waived.basis) == (Outcome.LIKELY, Basis.LOCAL_WAIVER)
        assert waived.apply_at is not None
        assert [office.phone for office in waived.apply_at.offices] == ["0768-0000000"]
        poor: dict[str, FactValue] = {"matter": "labour.relationship", "household.monthly_income_per_capita": 2500}
        assert assessor.assess(poor, region=CITY, on=ON).basis is Basis.MEANS_MET
        assert assessor.assess(poor, region="440300", on=ON).basis is Basis.MEANS_UNKNOWN

    def test_is_open_when_its_door_says_so(self, own: Path) -> None:
        directory = Directory.load(PLACES, own=own)
        found = directory.find(region=CITY, kind=OfficeKind.LEGAL_AID, now=datetime(2026, 11, 23, 9, 30, tzinfo=CHINA))
        assert found.offices[0].office.name == "潮州市法律援助中心"
        assert found.offices[0].opening.state is Openness.OPEN

    def test_is_told_from_its_own_document(self, own: Path, tmp_path: Path) -> None:
        home = tmp_path / "home"
        regions = Regions.load()
        ingest([own / CITY / "documents"], home=home, locate=locator(regions), region=CITY)
        (found,) = look_up(load_documents(home), "潮府规〔2025〕1号第三条", on=ON, region=CITY)
        assert (found.document.region, found.document.effective_from) == (CITY, date(2025, 4, 1))
        rule = next(each for each in load_rulebook(PLACES, own=own).places[CITY].rules)
        assert rule.source.document.number == found.document.number
        assert found.text in ORDER

    def test_passes_the_same_checks_and_brings_its_own_cases(
        self, own: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, out = run(capsys, own, "check")
        assert (code, "0 findings" in out) == (0, True), out
        assert "in 14 places" in out
        code, out = run(capsys, own, "test")
        assert code == 0, out

    def test_is_asked_for_a_case_of_each_rule_too(self, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (own / CITY / "cases.yml").unlink()
        code, out = run(capsys, own, "check")
        assert code == 1
        assert f"{own / CITY / 'rules.yml'}:9: no case names 445100.3.support [untested_rule]" in out


class TestAPlaceOfOurs:
    def test_is_given_a_figure_by_one_entry_with_its_source(self, own: Path) -> None:
        figure = RULES.partition("rules:")[0].replace("name: 潮州市\nextends: CN\n", "")
        file(own, "230000", figure)
        facts: dict[str, FactValue] = {"matter": "labour.relationship", "household.monthly_income_per_capita": 2500}
        found = Assessor.load(own=own).assess(facts, region="231000", on=ON)
        assert found.basis is Basis.MEANS_MET
        assert Assessor.load().assess(facts, region="231000", on=ON).basis is Basis.MEANS_UNKNOWN

    def test_keeps_what_is_not_said_again(self, own: Path) -> None:
        ours = load_rulebook(PLACES).places["231000"]
        again = """rules:
  - {id: "231000.10.support", kind: waiver, certain: false, from: 2017-08-28, when: {fact: matter, under: [family.maintenance]}, text: 现在要核对。, source: {document: mudanjiang_opinion_2017, clause: (十)}, verified_on: 2026-11-20}
"""
        file(own, "231000", again)
        theirs = load_rulebook(PLACES, own=own).places["231000"]
        assert (theirs.name, theirs.extends) == (ours.name, ours.extends)
        assert {rule.id for rule in theirs.rules} == {rule.id for rule in ours.rules}
        assert [rule.certain for rule in theirs.rules if rule.id == "231000.10.support"] == [False]
        assert Assessor.load(own=own).assess({"matter": "family.maintenance"}, region="231000", on=ON).outcome is (
            Outcome.NEEDS_PERSON
        )

    def test_has_another_digest_with_what_was_added(self, own: Path) -> None:
        assert load_rulebook(PLACES, own=own).digest != load_rulebook(PLACES).digest


@pytest.mark.parametrize(
    ("code", "change", "wrong", "at"),
    [
        (
            CITY,
            ("document: order, clause: 第三条", "document: nothing, clause: 第三条"),
            "dangling_citation",
            "clause: 第三条",
        ),
        (CITY, ("value: 2500", "value: 两千五"), "wrong_shape", "value:"),
        (CITY, ("extends: CN\n", ""), "missing_parent", "name:"),
        (CITY, ("extends: CN\n", "extends: CN\nstands_alone: true\n"), "missing_parent", "name:"),
        (CITY, ("extends: CN\n", "stands_alone: false\n"), "missing_parent", "stands_alone:"),
        (CITY, ("name: 潮州市\n", ""), "missing_key", "extends:"),
        (CITY, ("445100.3.support", "CN.art42.2.assistance"), "duplicate_id", "CN.art42.2"),
        (CITY, ("kind: waiver", "kind: grant"), "unknown_kind", "kind:"),
    ],
)
def test_is_refused_by_file_and_line_as_ours_would_be(
    own: Path, code: str, change: tuple[str, str], wrong: str, at: str
) -> None:
    assert change[0] in RULES
    path = file(own, code, RULES.replace(*change))
    with pytest.raises(RulebookInvalid) as caught:
        load_rulebook(PLACES, own=own)
    assert (caught.value.code, caught.value.file) == (wrong, str(path))
    assert at in path.read_text(encoding="utf-8").splitlines()[caught.value.line - 1]


def test_needs_no_folder_at_all(tmp_path: Path) -> None:
    assert load_rulebook(PLACES, own=tmp_path / "absent").digest == load_rulebook(PLACES).digest
