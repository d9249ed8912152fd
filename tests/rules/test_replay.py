"""Past cases assessed anew: nothing changes under the same book, and exactly those concerned under another."""

import argparse
import gzip
import json
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from knowledge_base.assess import PLACES, Assessor
from knowledge_base.assess_cli import add_commands
from knowledge_base.regions import Regions
from knowledge_base.replaying import PastCaseUnreadable, anonymous, changes, read_past
from knowledge_base.types import FactValue

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)
MIGRANT: dict[str, FactValue] = {"matter": "labour.wages", "applicant.migrant_worker": True}
SUPPORT: dict[str, FactValue] = {"matter": "family.maintenance", "applicant.age": 61}
LOAN: dict[str, FactValue] = {"matter": "debt.private_loan"}
TOLD = ((MIGRANT, "231000"), (SUPPORT, "231002"), (SUPPORT, "640100"), (LOAN, None))


@pytest.fixture(scope="module")
def assessor() -> Assessor:
    return Assessor.load()


@pytest.fixture(scope="module")
def regions() -> Regions:
    return Regions.load()


@pytest.fixture
def past(tmp_path: Path, assessor: Assessor, regions: Regions) -> Path:
    path = tmp_path / "past.jsonl"
    lines = [anonymous(facts, region=region, on=ON, assessor=assessor, regions=regions) for facts, region in TOLD]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def without_the_waiver(tmp_path: Path) -> Path:
    """Mudanjiang's waiver for support is gone."""
    shutil.copytree(PLACES, tmp_path / "places")
    path = tmp_path / "places" / "231000" / "rules.yml"
    text = path.read_text(encoding="utf-8")
    begin = text.index('  - id: "231000.10.support"')
    path.write_text(text[:begin] + text[text.index("  # The injury limb", begin) :], encoding="utf-8")
    return tmp_path / "places"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    parsed = parser.parse_args(["rules", "replay", *arguments])
    code: int = parsed.run(parsed)
    return code, capsys.readouterr().out


class TestReplay:
    def test_changes_nothing_under_the_same_book(self, past: Path, assessor: Assessor) -> None:
        assert list(changes(read_past(past), after=assessor, before=None)) == []
        assert list(changes(read_past(past), after=assessor, before=assessor)) == []

    @pytest.mark.parametrize("against", [False, True], ids=["what was said", "the book before"])
    def test_lists_exactly_whom_a_dropped_waiver_touches(
        self,
        past: Path,
        without_the_waiver: Path,
        capsys: pytest.CaptureFixture[str],
        against: bool,  # noqa: FBT001 -- pytest hands it in
    ) -> None:
        before = ["--against", str(PLACES)] if against else []
        code, out = run(capsys, str(past), "--places", str(without_the_waiver), *before, "--json")
        told = json.loads(out)
        (changed,) = told["changed"]
        assert (code, told["replayed"]) == (0, 4)
        assert changed["where"] == f"{past}:2"
        assert (changed["before"]["basis"], changed["after"]["basis"]) == ("local_waiver", "means_unknown")
        assert "231000.10.support" in changed["rules"]
        assert told["groups"][0]["n"] == 1

    def test_counts_in_words_what_changed(
        self, past: Path, without_the_waiver: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        _, out = run(capsys, str(past), "--places", str(without_the_waiver))
        assert "4 replayed, 1 changed" in out

    def test_takes_a_refusal_for_a_change(self, tmp_path: Path, assessor: Assessor) -> None:
        line = {"facts": {"gone": True}, "on": "2026-11-01", "said": {"outcome": "likely", "basis": "means_met"}}
        path = tmp_path / "past.jsonl"
        path.write_text(json.dumps(line), encoding="utf-8")
        (change,) = changes(read_past(path), after=assessor, before=None)
        assert change.after.result == "refused/unknown_fact gone"

    def test_reads_a_packed_file(self, past: Path) -> None:
        packed = past.with_suffix(".jsonl.gz")
        packed.write_bytes(gzip.compress(past.read_bytes()))
        assert [case.facts for case in read_past(packed)] == [case.facts for case in read_past(past)]

    def test_names_a_packed_file_that_is_cut_off(self, past: Path) -> None:
        packed = past.with_suffix(".jsonl.gz")
        packed.write_bytes(gzip.compress(past.read_bytes())[:-9])
        with pytest.raises(PastCaseUnreadable, match=r"\.jsonl\.gz: "):
            list(read_past(packed))

    @pytest.mark.parametrize(
        "line",
        [
            "{",
            "[]",
            "{}",
            '{"facts": [], "on": "2026-11-01"}',
            '{"facts": {}, "on": "soon"}',
            '{"facts": {}}',
            '{"facts": {}, "on": "2026-11-01", "name": "张三"}',
            '{"facts": {}, "on": "2026-11-01", "said": 3}',
        ],
    )
    def test_names_the_line_it_cannot_read_and_not_what_stands_there(
        self, tmp_path: Path, line: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "past.jsonl"
        path.write_text(line, encoding="utf-8")
        code, out = run(capsys, str(path))
        assert code == 2
        assert out == f"{path}:1: no past case\n"

    def test_needs_something_to_compare_with(self, tmp_path: Path, assessor: Assessor) -> None:
        path = tmp_path / "past.jsonl"
        path.write_text('{"facts": {}, "on": "2026-11-01"}', encoding="utf-8")
        with pytest.raises(PastCaseUnreadable):
            list(changes(read_past(path), after=assessor, before=None))
        assert list(changes(read_past(path), after=assessor, before=assessor)) == []


class TestAnonymous:
    def line(
        self, assessor: Assessor, regions: Regions, region: str | None = None, **facts: FactValue
    ) -> dict[str, object]:
        told: dict[str, object] = json.loads(
            anonymous(
                {k.replace("__", "."): v for k, v in facts.items()},
                region=region,
                on=ON,
                assessor=assessor,
                regions=regions,
            )
        )
        return told

    @pytest.mark.parametrize(
        ("age", "band"),
        [(0, 0), (13, 12), (17, 16), (18, 18), (19, 18), (59, 55), (60, 60), (69, 65), (70, 70), (120, 95)],
    )
    def test_tells_an_age_in_bands_that_begin_where_the_law_does(
        self, age: int, band: int, assessor: Assessor, regions: Regions
    ) -> None:
        assert self.line(assessor, regions, applicant__age=age)["facts"] == {"applicant.age": band}

    def test_moves_every_day_alike_so_that_what_runs_out_still_does(self, assessor: Assessor, regions: Regions) -> None:
        told = self.line(assessor, regions, matter="labour.wages", limitation__expires_on=date(2026, 11, 24))
        assert told["on"] == "2026-11-01"
        assert told["facts"] == {"matter": "labour.wages", "limitation.expires_on": "2026-11-04"}
        assert told["said"]["flags"] == ["advance_aid"]  # type: ignore[index]

    @pytest.mark.parametrize(
        ("region", "told"),
        [("231083", "231000"), ("140581", "140581"), ("440305", "440000"), ("110105", "110000"), (None, None)],
    )
    def test_tells_a_place_by_the_nearest_with_rules_or_its_province(
        self, region: str | None, told: str | None, assessor: Assessor, regions: Regions
    ) -> None:
        line = self.line(assessor, regions, region, place__event=region)
        assert line["region"] == told
        assert line["facts"] == {"place.event": told}

    def test_keeps_what_nobody_knows(self, assessor: Assessor, regions: Regions) -> None:
        told = self.line(assessor, regions, household__monthly_income_per_capita=None, applicant__woman=True)
        assert told["facts"] == {"household.monthly_income_per_capita": None, "applicant.woman": True}

    def test_rounds_money_down(self, assessor: Assessor, regions: Regions) -> None:
        told = self.line(assessor, regions, household__monthly_income_per_capita=Decimal("2399.99"))
        assert told["facts"] == {"household.monthly_income_per_capita": "2300"}
