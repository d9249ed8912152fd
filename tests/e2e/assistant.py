"""Drives the whole thing as it ships: `python -m bot` in its own process, spoken to over HTTP as the contract says."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from tests.services import free_port

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN = 420.0
ENDS_WITHIN = 15.0


@dataclass(slots=True)
class Assistant:
    """One run of everything, in a folder of its own; what is costly and holds nobody's data is shared with other runs."""

    var: Path
    port: int = field(default_factory=free_port)
    extra: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        return (self.var / "output.txt").read_text()

    def start(self) -> Self:
        self.var.mkdir(parents=True, exist_ok=True)
        shared = ROOT / "var" / "models"
        shared.mkdir(parents=True, exist_ok=True)
        if not (self.var / "models").exists():
            (self.var / "models").symlink_to(shared)
        environment = {**os.environ, "PORT": str(self.port), "LEGAL_AID_VAR": str(self.var), **self.extra}
        with (self.var / "output.txt").open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def wait_until_ready(self) -> Self:
        """Wait for the line a person waits for: the addresses."""
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until:
            if "/staff" in self.output and self.is_ready():
                return self
            if self.process is not None and self.process.poll() is not None:
                msg = f"ended with {self.process.returncode}:\n{self.output}"
                raise AssertionError(msg)
            time.sleep(0.2)
        msg = f"not ready after {READY_WITHIN:.0f} s:\n{self.output}"
        raise AssertionError(msg)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).is_success
        except httpx.HTTPError:
            return False

    def parts(self) -> dict[str, bool]:
        answer = httpx.get(f"{self.url}/readyz", timeout=5).json()
        return {name: part["ready"] for name, part in answer["parts"].items()}

    def interrupt(self) -> int:
        """Press Ctrl-C, and return the exit status."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(timeout=ENDS_WITHIN)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            try:
                self.interrupt()
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()

    def children(self, words: str) -> list[int]:
        """Return the processes under this run whose command line holds these words."""
        assert self.process is not None
        found = subprocess.run(
            ["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True
        ).stdout
        rows = [
            (int(pid), int(parent), args) for pid, parent, args in (line.split(None, 2) for line in found.splitlines())
        ]
        family = {self.process.pid}
        while more := {pid for pid, parent, _ in rows if parent in family} - family:
            family |= more
        return [pid for pid, _, args in rows if pid in family and words in args]

    def staff_login(self, role: str) -> tuple[str, str]:
        """Read a demo login from the file that the run wrote for its owner."""
        text = (self.var / "secrets" / "demo-staff.txt").read_text()
        passwords = dict(line.split("\t")[:2] for line in text.splitlines() if not line.startswith("#"))
        return role, passwords[role]

    def citizen(self, region: str | None = None) -> "Citizen":
        return Citizen(self.url, region=region)


class Citizen:
    """Somebody who writes through the website's interface."""

    def __init__(self, url: str, *, region: str | None = None) -> None:
        self.http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        body = {"channel": "web", **({"region": region} if region else {})}
        opened = self.http.post("/api/v1/conversations", json=body)
        assert opened.status_code == 201, opened.text
        self.id, self.token = opened.json()["id"], opened.json()["token"]
        self.messages: list[dict[str, Any]] = opened.json()["messages"]
        self.holder = "bot"

    def post(self, body: Mapping[str, Any], **headers: str) -> httpx.Response:
        own = {"Authorization": f"Bearer {self.token}", **headers}
        return self.http.post(f"/api/v1/conversations/{self.id}/messages", json=body, headers=own)

    def send(self, content: Mapping[str, str]) -> list[dict[str, Any]]:
        answer = self.post({"client_id": str(uuid.uuid4()), **content})
        assert answer.status_code == 200, answer.text
        self.messages, self.holder = answer.json()["messages"], answer.json()["holder"]
        return self.messages

    def say(self, text: str) -> list[dict[str, Any]]:
        return self.send({"text": text})

    def choose(self, title: str) -> list[dict[str, Any]]:
        """Press the button that carries this title."""
        choices = [choice for message in self.messages for choice in message.get("choices", [])]
        [payload] = {choice["payload"] for choice in choices if choice["title"] == title}
        return self.send({"payload": payload})

    def all_messages(self) -> list[dict[str, Any]]:
        answer = self.http.get(
            f"/api/v1/conversations/{self.id}/messages?after=0", headers={"Authorization": f"Bearer {self.token}"}
        )
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    def close(self) -> None:
        self.http.close()


def text_of(messages: list[dict[str, Any]]) -> str:
    return "\n".join(message["text"] for message in messages)
