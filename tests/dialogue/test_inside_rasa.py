"""What our files do inside Rasa's process, asked there."""

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.acts import Act
from actions.router import executor
from actions.turn import Form
from bot import rasa_server
from tests.dialogue.stage import Stage

pytestmark = pytest.mark.dialogue

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SURE = 0.6


@pytest.fixture(scope="module")
def inside(model: Path, rasa_environment: Path) -> dict[str, Any]:
    """Run rasa_side.py once and return what it prints."""
    python = rasa_server.executable(rasa_environment).with_name("python")
    done = subprocess.run(
        [str(python), "-W", "ignore", str(HERE / "rasa_side.py"), str(model), str(HERE / "held_out.yml")],
        cwd=rasa_environment,
        env={**rasa_server.environment(os.environ), "PYTHONPATH": str(rasa_environment)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


class TestResponseCheck:
    def test_judges_exactly_as_rasa_did(self, inside: dict[str, Any]) -> None:
        assert inside["after"] == inside["before"]
        assert True in inside["after"]
        assert False in inside["after"]

    def test_costs_a_fraction(self, inside: dict[str, Any]) -> None:
        assert inside["ms_after"] < inside["ms_before"] / 4


class TestIntents:
    def test_are_mostly_right_on_utterances_never_seen(self, inside: dict[str, Any]) -> None:
        heard = inside["heard"]
        right = [wanted == found for wanted, found, _, _ in heard]
        wrong = [entry for entry in heard if entry[0] != entry[1]]
        assert sum(right) / len(right) >= 0.85, wrong

    def test_hear_who_wants_a_person(self, inside: dict[str, Any]) -> None:
        missed = [entry for entry in inside["heard"] if entry[0] == Act.HUMAN and entry[1] != Act.HUMAN]
        assert missed == []

    def test_never_take_a_story_for_a_wish_to_leave(self, inside: dict[str, Any]) -> None:
        leaving = {Act.CANCEL, Act.START_OVER, Act.GOODBYE, Act.APPLY}
        lost = [entry for entry in inside["heard"] if entry[0] == Act.ASK and entry[1] in leaving and entry[2] >= SURE]
        assert lost == []


@pytest.fixture(scope="module")
def domain() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(Path(ROOT, "bot/dialogue/domain.yml").read_text(encoding="utf-8"))
    return read


class TestFiles:
    def test_keep_the_held_out_utterances_out_of_training(self) -> None:
        def lines(file: Path) -> set[str]:
            blocks = yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]
            return {line[2:].strip() for block in blocks for line in block["examples"].splitlines()}

        trained = set().union(*(lines(file) for file in Path(ROOT, "nlu_data/rasa").glob("*.yml")))
        assert len(trained & lines(HERE / "held_out.yml")) == 0

    def test_name_the_same_acts_as_the_code(self, domain: dict[str, Any]) -> None:
        assert set(domain["intents"]) == {act.value for act in Act}

    def test_give_every_act_a_rule(self) -> None:
        rules = yaml.safe_load(Path(ROOT, "bot/dialogue/rules.yml").read_text(encoding="utf-8"))["rules"]
        assert {rule["steps"][0]["intent"] for rule in rules} == {act.value for act in Act}

    def test_name_the_same_forms_and_actions_as_the_code(self, domain: dict[str, Any], stage: Stage) -> None:
        assert set(domain["forms"]) == {form.value for form in Form}
        assert set(domain["actions"]) == set(executor(stage.services).actions)

    def test_open_the_rest_channel_and_no_other(self) -> None:
        credentials = yaml.safe_load(Path(ROOT, "bot/dialogue/credentials.yml").read_text(encoding="utf-8"))
        assert set(credentials) == {"rest"}

    def test_are_clean_to_rasa_itself(self, rasa_environment: Path) -> None:
        done = subprocess.run(
            rasa_server.validate_command(rasa_environment),
            cwd=rasa_environment,
            env=rasa_server.environment(os.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


class TestTracker:
    def test_is_readable_by_its_owner_alone_and_kept_with_a_write_ahead_log(self, tmp_path: Path) -> None:
        path = tmp_path / "new" / "tracker.db"
        rasa_server.prepare_tracker(path)
        rasa_server.prepare_tracker(path)
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert path.stat().st_mode & 0o077 == 0

    def test_that_is_not_there_or_not_rasas_yet_has_nothing_to_forget(self, tmp_path: Path) -> None:
        path = tmp_path / "tracker.db"
        assert rasa_server.forget(path, conversation="c1") == 0
        assert not path.exists()
        rasa_server.prepare_tracker(path)
        assert rasa_server.forget(path, conversation="c1") == 0


class TestModelFingerprint:
    @pytest.fixture
    def copy(self, tmp_path: Path) -> Path:
        for name in (
            "config.yml",
            "bot/dialogue/domain.yml",
            "bot/dialogue/endpoints.yml",
            "nlu_data/rasa/answers.yml",
        ):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("one\n", encoding="utf-8")
        return tmp_path

    @pytest.mark.parametrize("changed", ["config.yml", "bot/dialogue/domain.yml", "nlu_data/rasa/answers.yml"])
    def test_changes_with_what_the_model_is_made_of(self, copy: Path, changed: str) -> None:
        before = rasa_server.model_fingerprint(copy)
        (copy / changed).write_text("two\n", encoding="utf-8")
        assert rasa_server.model_fingerprint(copy) != before

    def test_stays_when_only_an_address_changes(self, copy: Path) -> None:
        before = rasa_server.model_fingerprint(copy)
        (copy / "bot/dialogue/endpoints.yml").write_text("two\n", encoding="utf-8")
        assert rasa_server.model_fingerprint(copy) == before
