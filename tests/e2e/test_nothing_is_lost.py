"""Rasa dies, the app is killed, ports are taken, a run is interrupted: no message is lost and nobody gets silence."""

import os
import signal
import socket
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.e2e.assistant import ENDS_WITHIN, ROOT, Assistant, Citizen, text_of

pytestmark = pytest.mark.e2e
SECRETS = ("13987654321", "110101199003078888", "6222021234567890123", "李铁柱")


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Start a run that tests may hurt."""
    running = Assistant(var=Path(tmp_path_factory.mktemp("mortal")) / "var")
    try:
        yield running.start().wait_until_ready()
    finally:
        running.end()


def until(condition: object, *, within: float = 60.0) -> None:
    assert callable(condition)
    end = time.monotonic() + within
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.3)
    pytest.fail("it did not happen in time")


class TestRasa:
    def test_away_is_covered_by_the_knowledge_base_and_back_is_used_again(self, mortal: Assistant) -> None:
        with closing(mortal.citizen()) as citizen:
            [rasa] = mortal.children("rasa run")[-1:]
            os.kill(rasa, signal.SIGSTOP)  # slow beyond all patience, then dead
            try:
                began = time.monotonic()
                answered = citizen.say("法律援助收费吗")
                assert time.monotonic() - began < 12
                assert "不用给" in text_of(answered)
                assert any(choice["title"] == "转人工" for message in answered for choice in message.get("choices", []))
            finally:
                os.kill(rasa, signal.SIGCONT)
            os.kill(rasa, signal.SIGKILL)
            until(lambda: not mortal.parts()["rasa"], within=10)
            assert mortal.parts()["database"]
            assert citizen.say("转人工")[-1]["kind"] == "handover"
            assert citizen.say("拖欠工资怎么办")
            until(mortal.is_ready, within=120)
            greeted = citizen.say("你是真人吗")
            assert "自动助手" in text_of(greeted)
            assert "暂时不通" not in text_of(greeted)


class TestKill:
    def test_of_the_app_between_turns_loses_no_message_and_no_application(self, mortal: Assistant) -> None:
        with closing(mortal.citizen()) as citizen:
            citizen.say("我在工地干活老板不给钱")
            key, body = str(uuid.uuid4()), application()
            first = httpx.post(
                f"{mortal.url}/api/v1/applications", json=body, headers={"Idempotency-Key": key}, timeout=30
            )
            assert first.status_code == 201, first.text
            before = citizen.all_messages()
            for _ in range(2):
                [app] = mortal.children("bot serve")[-1:]
                os.kill(app, signal.SIGKILL)
                until(lambda: not mortal.is_ready(), within=5)
                until(mortal.is_ready, within=120)
                assert citizen.all_messages() == before
                again = httpx.post(
                    f"{mortal.url}/api/v1/applications", json=body, headers={"Idempotency-Key": key}, timeout=30
                )
                assert again.json()["reference"] == first.json()["reference"]
            assert citizen.choose("看看能不能申请法律援助")[-1]["kind"] == "question"


class TestPersonalData:
    def test_never_reaches_rasa_its_tracker_or_any_log(self, mortal: Assistant) -> None:
        with closing(mortal.citizen()) as citizen:
            citizen.say(
                "我叫李铁柱，身份证110101199003078888，电话１３９８７６５４３２１，卡号6222021234567890123，老板不给工资"
            )
            citizen.send({"payload": '{"act":"handoff"}'})
            citizen.choose("同意")
            citizen.choose("同意")
            citizen.say("李铁柱")
            citizen.say("139 8765 4321")
        files = [path for path in mortal.var.rglob("*") if path.is_file() and "models" not in path.parts]
        tracker = ROOT / "var" / "rasa"
        files += [path for path in tracker.glob("tracker*") if path.is_file()]
        assert any(path.suffix == ".log" for path in files)
        leaks = {}
        for path in files:
            data = path.read_bytes()
            found = [secret for secret in SECRETS[:3] if secret.encode() in data]
            if found:
                leaks[str(path)] = found
        assert leaks == {}
        assert self._rasa_saw(citizen, mortal)

    @staticmethod
    def _rasa_saw(citizen: Citizen, mortal: Assistant) -> bool:
        """Prove that the search looked where Rasa writes: the conversation is there, without the person."""
        for path in (*mortal.var.rglob("tracker*.db"), *(ROOT / "var" / "rasa").glob("tracker*.db")):
            with sqlite3.connect(path) as tracker:
                rows = tracker.execute("SELECT data FROM events WHERE sender_id = ?", (citizen.id,)).fetchall()
            if rows:
                said = "".join(row[0] for row in rows)
                return "pii:" in said and not any(secret in said for secret in SECRETS[:3])
        return False


class TestStarting:
    def test_on_a_taken_port_stops_and_names_the_variable(self, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            run = Assistant(var=tmp_path / "var", port=taken.getsockname()[1]).start()
            assert run.process is not None
            assert run.process.wait(timeout=60) != 0
        assert "PORT" in run.output

    def test_again_makes_nothing_anew_and_ctrl_c_leaves_nothing_behind(self, mortal: Assistant) -> None:
        assert mortal.process is not None
        children = mortal.children("")
        mortal.interrupt()
        until(lambda: not any(alive(pid) for pid in children), within=ENDS_WITHIN)
        made = made_by(mortal)
        mortal.start().wait_until_ready()
        assert made_by(mortal) == made  # `make bench` says how long a start takes


def made_by(run: Assistant) -> dict[Path, int]:
    """Return what a first start makes, and when it was written: index, triage model, dialogue model."""
    index = (run.var / "knowledge" / "index").rglob("*")
    files = [*index, run.var / "models" / "triage.npz", *(ROOT / "var" / "rasa" / "models").glob("*.gz")]
    found = {file: file.stat().st_mtime_ns for file in files if file.is_file()}
    assert {".faiss", ".npz", ".gz"} <= {file.suffix for file in found}
    return found


def alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def application() -> dict[str, object]:
    return {
        "region": "231000",
        "consents": [{"kind": kind, "version": "2026-11"} for kind in ("handover", "contact", "sensitive")],
        "issues": ["labour.wages"],
        "words": "老板三个月没发工资",
        "facts": {"matter": "labour.wages", "applicant.migrant_worker": True},
        "safe_to_contact": "yes",
        "contact": {"name": "王五", "phone": "13700001234"},
        "delivery_mode": "phone",
    }
