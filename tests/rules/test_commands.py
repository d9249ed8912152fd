"""The commands a lawyer runs."""

import argparse
import json
from pathlib import Path

import pytest

from knowledge_base.assess_cli import add_commands

pytestmark = pytest.mark.unit

CASES = Path(__file__).with_name("cases")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    parsed = parser.parse_args(arguments)
    code: int = parsed.run(parsed)
    return code, capsys.readouterr().out


class TestRules:
    def test_check_finds_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out = run(capsys, "rules", "check", "--cases", str(CASES), "--on", "2026-11-23", "--json")
        assert (code, json.loads(out)["findings"]) == (0, [])

    def test_check_fails_when_the_last_look_is_over_a_year_old(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out = run(capsys, "rules", "check", "--cases", str(CASES), "--on", "2028-01-01")
        assert code == 1
        assert "[stale]" in out

    def test_check_names_file_and_line_of_a_book_that_does_not_load(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        (tmp_path / "CN").mkdir()
        (tmp_path / "CN" / "rules.yml").write_text("name: 全国\nrules:\n  - id: x\n", encoding="utf-8")
        code, out = run(capsys, "rules", "check", "--places", str(tmp_path))
        assert code == 1
        assert "rules.yml:3: " in out

    def test_test_runs_the_cases(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out = run(capsys, "rules", "test", "--cases", str(CASES))
        assert code == 0
        assert "0 failures" in out

    def test_test_names_the_line_of_a_case_that_does_not_hold(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        wrong = "- {case: 错的, on: 2026-11-21, facts: {matter: debt.private_loan}, expect: {outcome: likely}}\n"
        (tmp_path / "wrong.yml").write_text(wrong, encoding="utf-8")
        code, out = run(capsys, "rules", "test", "--cases", str(tmp_path))
        assert code == 1
        assert "wrong.yml:1: 错的: outcome: 'unlikely' instead of 'likely'" in out

    def test_test_fails_where_there_is_no_case(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        assert run(capsys, "rules", "test", "--cases", str(tmp_path))[0] == 1

    def test_stats_count_the_questions_of_every_place_beside_a_form_that_asks_all(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, out = run(capsys, "rules", "stats", "--on", "2026-11-21", "--json")
        places = json.loads(out)["places"]
        assert code == 0
        assert {"CN", "231000", "640100"} <= {each["place"] for each in places}
        for each in places:
            assert each["worst"] <= 10
            assert each["mean"] <= each["mean_in_file_order"] + 1e-9
            assert each["mean"] < each["every_relevant_fact"]
            assert each["verdicts"] >= len(each["matters"])
            assert all(count["worst"] <= count["every_relevant_fact"] for count in each["matters"])
        for without, with_income in zip(places[::2], places[1::2], strict=True):
            assert (without["place"], without["income"], with_income["income"]) == (with_income["place"], False, True)
            assert without["mean"] < with_income["mean"] <= without["mean"] + 1


class TestAssess:
    def test_prints_the_verdict(self, capsys: pytest.CaptureFixture[str]) -> None:
        facts = json.dumps({"matter": "family.maintenance"})
        code, out = run(capsys, "assess", "--region", "牡丹江", "--facts", facts, "--on", "2026-11-21", "--json")
        verdict = json.loads(out)
        assert code == 0
        assert (verdict["outcome"], verdict["basis"]) == ("likely", "local_waiver")

    @pytest.mark.parametrize(
        ("facts", "region", "code"),
        [
            ('{"x": 1}', "231000", "unknown_fact"),
            ("{}", "亚特兰蒂斯", "unknown_region"),
            ("{}", "鼓楼区", "unknown_region"),
            ("{", "231000", "not_json"),
            ("[1]", "231000", "not_json"),
            ("null", "231000", "not_json"),
        ],
    )
    def test_says_what_it_cannot_use(
        self, capsys: pytest.CaptureFixture[str], facts: str, region: str, code: str
    ) -> None:
        status, out = run(capsys, "assess", "--region", region, "--facts", facts, "--json")
        assert (status, json.loads(out)["code"]) == (2, code)

    def test_names_the_places_that_one_name_may_mean(self, capsys: pytest.CaptureFixture[str]) -> None:
        _, out = run(capsys, "assess", "--region", "鼓楼区", "--json")
        assert len(json.loads(out)["candidates"]) > 1

    def test_tells_in_words_all_that_goes_with_the_result(self, capsys: pytest.CaptureFixture[str]) -> None:
        facts = json.dumps({"matter": "labour.wages", "applicant.migrant_worker": True, "needs_preservation": True})
        _, out = run(capsys, "assess", "--region", "牡丹江", "--facts", facts, "--on", "2026-11-21")
        assert out.startswith("likely (means_check_waived) advance_aid")
        for kind in ("true", "venue", "limit", "paper", "road"):
            assert f"\n{kind}" in out


def test_check_says_where_it_found_no_case_to_look_at(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out = run(capsys, "rules", "check", "--cases", str(tmp_path / "none"), "--on", "2026-11-23")
    assert "nobody looked for untested rules" in out


def test_mutate_prints_a_score_and_fails_below_the_aim(capsys: pytest.CaptureFixture[str]) -> None:
    few = ("rules", "mutate", "--cases", str(CASES), "--sample", "2", "--jobs", "1", "--json")
    code, out = run(capsys, *few, "--aim", "1.1")
    told = json.loads(out)
    assert (code, told["mutants"]) == (1, 2)
    assert run(capsys, *few, "--aim", "0")[0] == 0
