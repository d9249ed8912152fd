"""One real Rasa server for all dialogue tests, trained only when its files have changed."""

import asyncio
import contextlib
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.db.engine import Database
from api.db.migrate import upgrade
from bot import rasa_server
from knowledge_base.answer import KnowledgeBase
from knowledge_base.safety import SafetyGate
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.triage import Classifier, TriageUnavailable
from tests.dialogue.shelf import Cards
from tests.dialogue.stage import SECRET, Loop, Stage, Talk, free_port
from tests.knowledge.conftest import MODELS, cards_home, cards_only

__all__ = ["cards_home", "cards_only"]

ROOT = Path(__file__).parents[2]
START_SECONDS = 400


@pytest.fixture(scope="session")
def rasa_environment() -> Path:
    """Return the repository root, where Rasa's environment is; skip where it has not been made."""
    if not rasa_server.executable(ROOT).exists():
        pytest.skip("Rasa's environment is missing: .venv-rasa is made by `make setup`")
    return ROOT


@pytest.fixture(scope="session")
def model(rasa_environment: Path) -> Path:
    path = rasa_server.model_path(rasa_environment)
    if not path.exists():
        trained = subprocess.run(
            rasa_server.train_command(rasa_environment),
            cwd=rasa_environment,
            env=rasa_server.environment(os.environ),
            capture_output=True,
            text=True,
            check=False,
        )
        assert path.exists(), trained.stdout[-3000:] + trained.stderr[-3000:]
    return path


@pytest.fixture(scope="session")
def stage(model: Path, rasa_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    assert model.exists()
    folder = tmp_path_factory.mktemp("dialogue")
    url = f"sqlite:///{folder / 'dialogue.db'}"
    asyncio.run(upgrade(url))
    loop = Loop()
    database = Database(url, master_key=secrets.token_bytes(32))
    loop.run(database.start())
    stage = Stage(
        loop=loop,
        database=database,
        port=free_port(8400 + _spread()),
        rasa_port=free_port(15105 + _spread()),
        folder=folder,
    )
    stage.start()
    environment = rasa_server.environment(
        os.environ, action_url=stage.action_url, secret=SECRET, tracker=folder / "tracker.db"
    )
    rasa_server.prepare_tracker(folder / "tracker.db")
    with (folder / "rasa.log").open("wb") as log:
        rasa = subprocess.Popen(
            rasa_server.run_command(rasa_environment, port=stage.rasa_port),
            cwd=rasa_environment,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        stage.rasa_pid = rasa.pid
        try:
            _await_rasa(stage.rasa_port, rasa, folder / "rasa.log")
            yield stage
        finally:
            rasa.terminate()
            rasa.wait(timeout=30)
            stage.stop()
            loop.run(database.close())
            loop.close()


def _spread() -> int:
    """Return where this run looks for ports: a server takes a minute to bind its own, and several runs may start at once."""
    return os.getpid() % 60 * 100


def _await_rasa(port: int, rasa: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert rasa.poll() is None, log.read_text(errors="replace")[-3000:]
        with (
            contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2),
        ):
            return
        time.sleep(0.3)
    pytest.fail(f"Rasa did not start within {START_SECONDS} s:\n{log.read_text(errors='replace')[-3000:]}")


@pytest.fixture(scope="session")
def cards(cards_only: KnowledgeBase) -> Cards:
    """Return our own cards, the safety rules, and triage as `make run` trains it: the first run of a clone waits for that once."""
    path, taxonomy = MODELS / "triage.npz", Taxonomy.load()
    try:
        classifier = Classifier.load(path, taxonomy)
    except TriageUnavailable:
        command = [
            sys.executable,
            "-m",
            "knowledge_base",
            "triage",
            "train",
            "--home",
            str(MODELS.parent / "knowledge"),
        ]
        subprocess.run(command, cwd=ROOT, check=True)
        classifier = Classifier.load(path, taxonomy)
    return Cards(cards_only, classifier, SafetyGate.load())


@pytest.fixture
def talk(stage: Stage) -> Iterator[Talk]:
    yield stage.open(region=None)
    stage.knowledge.broken = False
