"""The tree stays the one the README draws: nothing beside it, no machine's traces, no file that is several rooms."""

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.docs
ROOT = Path(__file__).resolve().parents[2]
TOP = {
    "bot", "nlu_data", "knowledge_base", "actions", "api", "tests", "docs",
    "config.yml", "pyproject.toml", "README.md", "LICENSE", "Makefile", "app.lock", "dev.lock", "rasa.lock", "speech.lock",
}  # fmt: skip
LONGEST = 400
ONE_ROOM = {
    "bot/widget/legal-aid-chat.js",  # one module without a build step: its style travels in it
}
TRACES = re.compile(r"(?<![\w./])/(?:work|root|home/\w+)/|pypi\.org|pythonhosted|download\.pytorch|/opt/wheels")


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


class TestTree:
    def test_has_nothing_at_the_top_but_what_was_agreed(self) -> None:
        top = {path.relative_to(ROOT).parts[0] for path in tracked()}
        assert {name for name in top if not name.startswith(".")} <= TOP

    def test_carries_no_trace_of_the_machine_it_was_made_on(self) -> None:
        found = [
            f"{path.relative_to(ROOT)}: {match[0]}"
            for path in tracked()
            if path.suffix not in {".png", ".npz", ".woff2"} and path != Path(__file__).resolve()
            for match in TRACES.finditer(path.read_text(errors="replace"))
        ]
        assert found == []

    def test_has_no_source_file_that_is_several_rooms(self) -> None:
        long = {
            str(path.relative_to(ROOT)): lines
            for path in tracked()
            if path.suffix in {".py", ".js", ".html", ".css"}
            and str(path.relative_to(ROOT)) not in ONE_ROOM
            and (lines := path.read_text().count("\n")) > LONGEST
        }
        assert long == {}


class TestDocuments:
    @pytest.mark.parametrize(
        "path", [p for p in tracked() if p.suffix == ".md"], ids=lambda p: str(p.relative_to(ROOT))
    )
    def test_point_to_files_that_exist(self, path: Path) -> None:
        links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text())
        assert [link for link in links if not (path.parent / link).exists()] == []

    def test_name_only_commands_that_exist(self) -> None:
        targets = set(re.findall(r"(?m)^([a-z][a-z-]*):", (ROOT / "Makefile").read_text()))
        texts = "".join(p.read_text() for p in tracked() if p.suffix == ".md")
        assert set(re.findall(r"`(?:[A-Z_]+=\S+ )*make ([a-z-]+)", texts)) - targets == set()

    def test_open_with_the_two_commands(self) -> None:
        head = (ROOT / "README.md").read_text()[:1500]
        assert "make run" in head
        assert "make test" in head

    def test_have_ci_call_the_command_of_the_readme(self) -> None:
        assert "exec make test" in (ROOT / ".ci" / "run").read_text()
