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
