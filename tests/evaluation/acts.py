"""How well the dialogue model tells acts apart, on utterances written after its training data: by `rasa test nlu`."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bot import rasa_server

HELD_OUT: Final = Path("tests/dialogue/held_out.yml")
_SHOWN: Final = 400
_MOST: Final = 8


def lines(root: Path, out: Path) -> Iterator[str]:
    """Measure the model of today's files; where there is none, or no Rasa, say so."""
    model = rasa_server.model_path(root)
    if not rasa_server.executable(root).exists() or not model.exists():
        yield "not measured: no dialogue model of these files; `make setup` and `python -m bot train` make it"
        return
    out.mkdir(parents=True, exist_ok=True)
    command = ["test", "nlu", "--model", str(model), "--nlu", str(HELD_OUT), "--domain", str(rasa_server.DIALOGUE)]
    done = subprocess.run(
        [str(rasa_server.executable(root)), *command, "--out", str(out.resolve()), "--successes"],
        cwd=root, env=rasa_server.environment(os.environ), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        yield f"not measured: rasa test nlu failed: {done.stderr[-_SHOWN:].strip()}"
        return
    report: dict[str, Any] = json.loads((out / "intent_report.json").read_text(encoding="utf-8"))
    every = report["macro avg"]
    yield f"{every['support']} utterances: right {report['accuracy']:.1%}, macro-F1 {every['f1-score']:.3f}"
    yield from _confused(report)
    for name in ("intent_confusion_matrix.png", "intent_histogram.png"):
        yield f"drawn: {out / name}"


def _confused(report: dict[str, Any]) -> Iterator[str]:
    pairs = [
        (count, act, other)
        for act, one in report.items()
        if isinstance(one, dict)
        for other, count in one.get("confused_with", {}).items()
    ]
    for count, act, other in sorted(pairs, key=lambda pair: (-pair[0], pair))[:_MOST]:
        yield f"  {act} taken for {other}: {count}"
