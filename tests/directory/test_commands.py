"""The commands of whoever keeps the directory."""

import argparse
import json
from pathlib import Path

import pytest

from knowledge_base.directory.cli import add_commands

pytestmark = pytest.mark.unit


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers(required=True))
    parsed = parser.parse_args(["places", *arguments])
    return int(parsed.run(parsed)), capsys.readouterr().out


class TestCheck:
    def test_passes_what_ships(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        code, out = run(capsys, "check", "--json", "--own", str(tmp_path))
        told = json.loads(out)
        assert (code, told["loads"], "verified" in told["checked"]) == (0, True, False)
        assert told["entries"] > 30

    def test_names_file_and_line_of_what_is_broken(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        (tmp_path / "231000").mkdir()
        (tmp_path / "231000" / "offices.yml").write_text("- {id: a.b, kind: court, name: 甲}\n", encoding="utf-8")
        code, out = run(capsys, "check", "--own", str(tmp_path))
        assert code == 1
        assert "offices.yml:1: a.b：source" in out

    def test_names_every_fault_of_every_file_with_its_field(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        faulty = {
            "231000/offices.yml": "- {id: a.b, kind: court, name: 甲, hours: 早上, point: [200, 1]}\n- {id: a.b, kind: bank}\n",
            "140581/offices.yml": "- {id: c.d, kind: number, name: 乙, source: 丙}\n",
            "320400/offices.yml": "- id: e.f\n  kind: court\n  kind: court\n- {id: g.h, verified_on: 2026-13-01}\n",
            "640100/offices.yml": "- {id: i.j\n",
            "999999/offices.yml": "[]",
            "CN/workdays.yml": "2027:\n  source: 通知\n  rest: [2026-01-01, 2028-01-01]\n",
        }
        for name, text in faulty.items():
            path = tmp_path / name
            path.parent.mkdir()
            path.write_text(text, encoding="utf-8")
        code, out = run(capsys, "check", "--own", str(tmp_path))
        told = {name: [line for line in out.splitlines() if line.startswith(str(tmp_path / name))] for name in faulty}
        assert code == 1
        assert len(out.splitlines()) == 14
        words = " ".join(told["231000/offices.yml"])
        assert all(said in words for said in ("a.b：source", "a.b：hours", "a.b：point.0", "a.b：name", "a.b：kind"))
        assert "c.d：phone" in told["140581/offices.yml"][0]
        assert [line.split(": ")[1] for line in told["320400/offices.yml"]] == [
            "kind：写了两遍",
            "没有 2026-13-01 这个日期",
        ]
        assert ":2: 不是 YAML" in told["640100/offices.yml"][0]
        assert "没有 999999 这个区划代码" in out
        assert ["2026-01-01" in told["CN/workdays.yml"][0], "2028-01-01" in told["CN/workdays.yml"][1]] == [True, True]


class TestOwnPlaces:
    @pytest.fixture
    def own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setenv("LEGAL_AID_PLACES", str(tmp_path))
        return tmp_path / "231000" / "offices.yml"

    def test_are_those_that_the_service_reads(self, capsys: pytest.CaptureFixture[str], own: Path) -> None:
        own.parent.mkdir()
        own.write_text("- {id: office.police, kind: police, name: 甲派出所, source: 乙}\n", encoding="utf-8")
        code, out = run(capsys, "find", "--region", "231000", "--kind", "police")
        assert (code, "甲派出所" in out) == (0, True)
        assert run(capsys, "check")[0] == 0
        own.write_text("- {id: office.police, kind: police}\n", encoding="utf-8")
        code, out = run(capsys, "check")
        assert (code, out.count(str(own))) == (1, 2)

    def test_named_on_the_line_come_first(self, capsys: pytest.CaptureFixture[str], own: Path, tmp_path: Path) -> None:
        own.parent.mkdir()
        own.write_text("- {id: office.police}\n", encoding="utf-8")
        assert run(capsys, "check", "--own", str(tmp_path / "none"))[0] == 0


class TestFind:
    def test_tells_offices_numbers_and_what_is_missing(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out = run(capsys, "find", "--region", "高平", "--kind", "station", "--at", "2026-11-22T10:00")
        assert code == 0
        assert "closed (2026-11-25)  stale  missing: address, phone" in out
        assert "12348" in out

    def test_prints_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out = run(capsys, "find", "--region", "231000", "--kind", "police", "--json", "--near", "44.5,129.6")
        found = json.loads(out)
        assert (code, found["offices"], found["place"]) == (0, [], "牡丹江市")

    def test_refuses_a_place_that_does_not_exist(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out = run(capsys, "find", "--region", "999999")
        assert (code, "unknown_region" in out) == (2, True)
