"""How Rasa is trained and started, as data: the commands, their environment, and when a model is out of date."""

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

RASA_VERSION: Final = "3.6.21"
CONFIG: Final = Path("config.yml")
DIALOGUE: Final = Path("bot/dialogue")
NLU: Final = Path("nlu_data/rasa")
"""Only this folder: nlu_data/ also holds the data of triage and of the safety gate, which is not Rasa's."""
MODELS: Final = Path("var/rasa/models")
TRACKER: Final = Path("var/rasa/tracker.db")
_PATIENCE: Final = 10.0
"""Seconds to wait for Rasa, which writes to the same file."""
WEBHOOK: Final = "/webhooks/rest/webhook"
HEALTH: Final = "/"
LOCK_SECONDS: Final = 8
"""How long a conversation stays locked after Rasa was killed in the middle of a turn; its own default is a minute."""

_FIRST_BYTES: Final = 12


def executable(root: Path, /) -> Path:
    """Return Rasa's own program in its own environment."""
    return root / ".venv-rasa" / "bin" / "rasa"


def model_fingerprint(root: Path, /) -> str:
    """Return a name for the model that today's configuration, domain and data would give."""
    digest = hashlib.sha256(RASA_VERSION.encode())
    files = [root / CONFIG, *sorted((root / NLU).rglob("*.yml")), *sorted((root / DIALOGUE).rglob("*"))]
    for file in files:
        # Endpoints and credentials are read at start; a change of theirs trains nothing.
        if file.suffix not in {".yml", ".py"} or file.name in {"endpoints.yml", "credentials.yml"}:
            continue
        digest.update(f"\0{file.relative_to(root).as_posix()}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:_FIRST_BYTES]


def model_path(root: Path, /, *, models: Path = MODELS) -> Path:
    """Return where the model of today's files lies once it is trained; absent means: train."""
    return root / models / f"dialogue-{model_fingerprint(root)}.tar.gz"


def train_command(root: Path, /, *, models: Path = MODELS) -> list[str]:
    """Return the command that trains the model; run it from the repository root."""
    return [
        str(executable(root)),
        "train",
        "--config",
        str(CONFIG),
        "--domain",
        str(DIALOGUE),
        "--data",
        str(NLU),
        str(DIALOGUE),
        "--out",
        str(models),
        "--fixed-model-name",
        model_path(root, models=models).name.removesuffix(".tar.gz"),
    ]


def validate_command(root: Path, /) -> list[str]:
    """Return the command that checks domain, rules and training data against one another."""
    return [
        str(executable(root)),
        "data",
        "validate",
        "--fail-on-warnings",
        "--config",
        str(CONFIG),
        "--domain",
        str(DIALOGUE),
        "--data",
        str(NLU),
        str(DIALOGUE),
    ]


def run_command(root: Path, /, *, port: int, models: Path = MODELS) -> list[str]:
    """Return the command that serves the model, on loopback and with the REST channel alone (no --enable-api)."""
    return [
        str(executable(root)),
        "run",
        "--model",
        str(model_path(root, models=models)),
        "--interface",
        "127.0.0.1",
        "--port",
        str(port),
        "--endpoints",
        str(DIALOGUE / "endpoints.yml"),
        "--credentials",
        str(DIALOGUE / "credentials.yml"),
    ]


def prepare_tracker(path: Path, /) -> None:
    """Make the file Rasa keeps its trackers in, with a write-ahead log: one flush to disk a turn instead of three."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=WAL")
    path.chmod(0o600)


def forget(path: Path, /, *, before: datetime | None = None, conversation: str | None = None) -> int:
    """Delete what Rasa remembers of one conversation, or of every one from before a moment; return how many events.

    Its store has no such command. A file that is not there, or not Rasa's yet, remembers nothing.
    """
    if not path.is_file():
        return 0
    with closing(sqlite3.connect(path, timeout=_PATIENCE)) as database, database:
        if database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'events'").fetchone() is None:
            return 0
        deleted = 0
        if before is not None:
            deleted += database.execute("DELETE FROM events WHERE timestamp < ?", (before.timestamp(),)).rowcount
        if conversation is not None:
            deleted += database.execute("DELETE FROM events WHERE sender_id = ?", (conversation,)).rowcount
    return deleted


def environment(
    base: Mapping[str, str], /, *, action_url: str = "", secret: str = "", tracker: Path = TRACKER
) -> dict[str, str]:
    """Return the environment for both commands; `base` is what the caller inherits."""
    return {
        **base,
        "ACTION_ENDPOINT_URL": action_url,
        "ACTION_ENDPOINT_SECRET": secret,
        "RASA_TRACKER_DB": str(tracker),
        "TICKET_LOCK_LIFETIME": str(LOCK_SECONDS),
        "RASA_TELEMETRY_ENABLED": "false",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        # jieba and TensorFlow otherwise take every core for work that needs one.
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
