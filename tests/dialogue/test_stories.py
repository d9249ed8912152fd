"""Rasa's own test of the dialogue: every story is played with the trained model, and none may go otherwise."""

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from actions.acts import Act
from actions.turn import Form
from bot import rasa_server

pytestmark = pytest.mark.dialogue

STORIES = Path(__file__).with_name("stories")
_PLAYED_BARE = frozenset({Act.CONSENT, Act.MEDIA, Act.NOT_UNDERSTOOD})
"""Acts that nobody types: choices, things without words, and what was not understood."""


def stories() -> list[dict[str, object]]:
    files = sorted(STORIES.glob("test_*.yml"))
    return [story for file in files for story in yaml.safe_load(file.read_text(encoding="utf-8"))["stories"]]


def steps(story: dict[str, object]) -> list[dict[str, object]]:
    found = story["steps"]
    assert isinstance(found, list)
    return found


class TestStories:
    def test_play_every_act_as_it_is_typed(self) -> None:
        typed = {step["intent"] for story in stories() for step in steps(story) if "user" in step}
        bare = {step["intent"] for story in stories() for step in steps(story) if "intent" in step}
        assert {act.value for act in Act} <= bare
        assert {act.value for act in Act} - typed == set(_PLAYED_BARE)

    def test_open_end_and_exchange_every_form(self) -> None:
        loops = {step["active_loop"] for story in stories() for step in steps(story) if "active_loop" in step}
        assert loops == {None, *(form.value for form in Form)}

    def test_all_go_as_written(self, model: Path, rasa_environment: Path, tmp_path: Path) -> None:
        command = [
            *(str(rasa_server.executable(rasa_environment)), "test", "core"),
            *("--e2e", "--fail-on-prediction-errors", "--no-plot"),
            *("--model", str(model), "--stories", str(STORIES), "--out", str(tmp_path)),
            *("--endpoints", str(rasa_environment / rasa_server.DIALOGUE / "endpoints.yml")),
        ]
        done = subprocess.run(
            command,
            cwd=rasa_environment,
            env=rasa_server.environment(os.environ, tracker=tmp_path / "tracker.db"),
            capture_output=True,
            text=True,
            check=False,
        )
        failed = tmp_path / "failed_test_stories.yml"
        assert done.returncode == 0, failed.read_text() if failed.exists() else done.stderr[-3000:]
        assert not failed.exists() or "None of the test stories failed" in failed.read_text()
