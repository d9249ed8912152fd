"""The triage model that comes with the repository, taken as it is while everything it was learned from is the same.

With another embedding model, or other utterances, set-up learns anew.
"""

import hashlib
import shutil
from pathlib import Path
from typing import Final

from knowledge_base import adapter

LEARNED: Final = adapter.FOLDER / "triage.npz"
"""What was learned with the default embedding model; beside it, what it was learned from."""
_PACKAGE: Final = Path(__file__).parent


def sources(utterances_dir: Path, spec: str) -> str:
    """Return a fingerprint of everything that a trained model comes from: another one would be another model."""
    own = [_PACKAGE / name for name in ("taxonomy.yml", "folding.yml", "triage_training.py", "neighbours.py")]
    digest = hashlib.sha256(f"{spec} {adapter.digest()}".encode())
    for file in (*sorted(utterances_dir.rglob("*.yml")), *own):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def taken(out: Path, *, wanted: str, learned: Path = LEARNED) -> bool:
    """Put the committed model in its place where it comes from the same `sources`; tell whether it does."""
    note = note_of(learned)
    if not learned.is_file() or not note.is_file() or note.read_text(encoding="utf-8").strip() != wanted:
        return False
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_suffix(".partial")
    shutil.copyfile(learned, partial)
    partial.replace(out)
    return True


def note_of(model: Path) -> Path:
    """Return the file that says what a model was learned from."""
    return model.with_suffix(".sources")
