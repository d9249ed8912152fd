"""A hub of models that is away costs a start seconds, and search goes on by words."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from knowledge_base.hub import silence
from tests.knowledge.conftest import ROOT

pytestmark = pytest.mark.knowledge


@pytest.fixture
def mute() -> Iterator[str]:
    """Return the address of a peer that takes every connection and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(50)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


class _Grumbling(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_said: object) -> None:
        pass


class TestAHub:
    def test_that_takes_the_call_and_never_answers_is_away_within_seconds(self, mute: str) -> None:
        begun = time.monotonic()
        assert mute in str(silence(address=mute, seconds=0.5))
        assert time.monotonic() - begun < 5

    def test_that_nobody_runs_is_away(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{free.getsockname()[1]}"
        assert silence(address=address)

    def test_that_answers_anything_is_there(self) -> None:
        with HTTPServer(("127.0.0.1", 0), _Grumbling) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            assert silence(address=f"http://127.0.0.1:{server.server_port}") is None
            server.shutdown()

    def test_that_is_no_address_is_away(self) -> None:
        assert silence(address="nothing at all")


def test_a_model_of_a_hub_that_is_away_is_told_and_words_are_searched_by(mute: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {**os.environ, "HF_ENDPOINT": mute, "HF_HOME": str(tmp_path / "hub")}
    environment.pop("HF_HUB_OFFLINE", None)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "knowledge_base", *arguments, "--home", str(home), "--model", "hub:some/model"]
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False
        )

    assert run("build", "--json").returncode == 0
    found = run("search", "工资", "--reranker", "hub:some/reranker")
    assert (found.returncode, "Traceback" in found.stderr) == (0, False)
    assert found.stderr.count("does not answer") == 2
    assert "只按字词检索" in found.stderr
    assert "工资" in found.stdout
