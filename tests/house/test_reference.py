"""The reference names every code, metric and command there is."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs
ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "docs" / "reference.md").read_text()
SOURCES = [path for package in ("bot", "actions", "api", "knowledge_base") for path in (ROOT / package).rglob("*.py")]


def found(pattern: str) -> set[str]:
    return {name for path in SOURCES for name in re.findall(pattern, path.read_text())}


class TestTheReference:
    def test_names_every_error_code(self) -> None:
        codes = found(r'(?m)^ +code(?:: str)? = "([a-z_]+)"')
        assert len(codes) > 20
        assert {code for code in codes if f"`{code}`" not in REFERENCE} == set()

    def test_names_every_metric(self) -> None:
        metrics = set(re.findall(r'"(legal_aid_[a-z_]+)"', (ROOT / "api" / "observability.py").read_text()))
        assert metrics
        assert {metric for metric in metrics if f"`{metric}`" not in REFERENCE} == set()

    def test_names_every_command_of_the_knowledge_base(self) -> None:
        parser = subprocess.run(
            [sys.executable, "-m", "knowledge_base", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        commands = set(re.findall(r"\{([a-z,]+)\}", parser.stdout)[0].split(","))
        assert commands >= {"ask", "build", "assess"}
        assert {command for command in commands if command not in REFERENCE} == set()
