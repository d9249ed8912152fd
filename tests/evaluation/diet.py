"""What DIET, Rasa's own classifier, makes of the utterances: trained and asked by Rasa itself, in its own environment.

A fold takes minutes to learn, so its answers are kept under a name made of all that they come from.
"""

import hashlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import yaml
from numpy.typing import NDArray

from bot import rasa_server
from knowledge_base.triage import Floats
from knowledge_base.triage_training import HeldOut, Utterances

CONFIG: Final = Path(__file__).with_name("diet.yml")
_SHOWN: Final = 400


class DietUnavailable(Exception):
    """Rasa is missing here, or a command of its failed; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How sure DIET is of every class, a row an utterance, and how long it took over each."""

    sure: Floats
    ms: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Diet:
    """Rasa in its own environment below `root`; answers are kept in `keep`."""

    root: Path
    keep: Path
    say: Callable[[str], None]
    config: Path = CONFIG

    def answers(self, said: Utterances, held_out: HeldOut) -> Answers:
        """Train a model a fold, ask it about the families it has not seen. Raises DietUnavailable."""
        sure = np.zeros((len(said.texts), len(held_out.classes)), np.float32)
        ms = np.zeros(len(said.texts), np.float32)
        for fold in np.unique(held_out.folds):
            away = held_out.folds == fold
            asked = [text for text, out in zip(said.texts, away, strict=True) if out]
            found = self.taught(lesson(said, ~away), asked, held_out.classes)
            sure[away], ms[away] = found.sure, found.ms
        return Answers(sure=sure, ms=ms)

    def taught(self, lesson: str, asked: Sequence[str], classes: Sequence[str]) -> Answers:
        """Return what a model that learned this lesson answers, learned now or before. Raises DietUnavailable."""
        kept = self.keep / f"{self._name(lesson, asked)}.npz"
        if not kept.is_file():
            self._learn(lesson, asked, classes, kept)
        with np.load(kept, allow_pickle=False) as stored:
            return Answers(sure=stored["sure"], ms=stored["ms"])

    def _name(self, lesson: str, asked: Sequence[str]) -> str:
        whole = [rasa_server.RASA_VERSION, self.config.read_text(encoding="utf-8"), lesson, *asked]
        return hashlib.sha256("\0".join(whole).encode()).hexdigest()[:16]

    def _learn(self, lesson: str, asked: Sequence[str], classes: Sequence[str], kept: Path) -> None:
        if not rasa_server.executable(self.root).exists():
            msg = "Rasa's environment is missing: .venv-rasa is made by `make setup`"
            raise DietUnavailable(msg)
        self.keep.mkdir(parents=True, exist_ok=True)
        # Rasa leaves a cache where it runs; here it goes with the folder.
        with tempfile.TemporaryDirectory(dir=self.keep.resolve()) as scratch:
            folder, began = Path(scratch), time.monotonic()
            model = self._train(lesson, folder)
            trained = time.monotonic()
            found = self._ask(model, asked, classes, folder)
            partial = folder / "answers.npz"
            np.savez_compressed(partial, sure=found.sure, ms=found.ms)
            partial.replace(kept)
        answered = time.monotonic() - trained
        self.say(f"DIET: learned in {trained - began:.0f} s, gave {len(asked)} answers in {answered:.0f} s")

    def _train(self, lesson: str, folder: Path) -> Path:
        (folder / "said.yml").write_text(lesson, encoding="utf-8")
        model = folder / "diet.tar.gz"
        command = ["train", "nlu", "--config", str(self.config), "--nlu", "said.yml", "--out", "."]
        with (folder / "log").open("wb") as log:
            done = subprocess.run(
                [str(rasa_server.executable(self.root)), *command, "--fixed-model-name", "diet"],
                cwd=folder, env=_environment(), stdout=log, stderr=log, check=False,
            )  # fmt: skip
        if done.returncode or not model.is_file():
            raise _failed("train", folder)
        return model

    def _ask(self, model: Path, asked: Sequence[str], classes: Sequence[str], folder: Path) -> Answers:
        place = {code: column for column, code in enumerate(classes)}
        sure = np.zeros((len(asked), len(classes)), np.float32)
        ms = np.zeros(len(asked), np.float32)
        with self._listening(model, folder) as ask:
            for row, text in enumerate(asked):
                began = time.perf_counter()
                ranking = ask(text)
                ms[row] = (time.perf_counter() - began) * 1000
                for code, confidence in ranking.items():
                    sure[row, place[code]] = confidence
        return Answers(sure=sure, ms=ms)

    @contextmanager
    def _listening(self, model: Path, folder: Path) -> Iterator[Callable[[str], Mapping[str, float]]]:
        """Keep `rasa shell nlu` open: a line in, a JSON object over several lines out."""
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(
                [str(rasa_server.executable(self.root)), "shell", "nlu", "--model", str(model)],
                cwd=folder, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                text=True, encoding="utf-8",
            ) as shell,
        ):  # fmt: skip
            try:
                yield lambda text: _asked(shell, text, folder)
            finally:
                shell.kill()
                shell.communicate()  # closes the pipes, whatever a shell that had ended was never sent


def _asked(shell: "subprocess.Popen[str]", text: str, folder: Path) -> Mapping[str, float]:
    assert shell.stdin is not None
    assert shell.stdout is not None
    try:
        shell.stdin.write(f"{text}\n")
        shell.stdin.flush()
    except BrokenPipeError:
        raise _failed("shell", folder) from None
    found: list[str] = []
    for line in shell.stdout:
        if found or line.rstrip() == "{":
            found.append(line)
        if line.rstrip() == "}":
            return {str(one["name"]): float(one["confidence"]) for one in json.loads("".join(found))["intent_ranking"]}
    raise _failed("shell", folder)


def _failed(command: str, folder: Path) -> DietUnavailable:
    tail = (folder / "log").read_text(encoding="utf-8", errors="replace")[-_SHOWN:]
    return DietUnavailable(f"rasa {command} nlu failed: {tail.strip()}")


def lesson(said: Utterances, kept: NDArray[np.bool_]) -> str:
    """Write utterances as Rasa reads them, one intent a code."""
    own: dict[str, list[str]] = {}
    for text, code, chosen in zip(said.texts, said.codes, kept, strict=True):
        if chosen:
            own.setdefault(code, []).append(f"- {text}\n")
    blocks = [{"intent": code, "examples": "".join(lines)} for code, lines in sorted(own.items())]
    return yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, width=4000)


def _environment() -> dict[str, str]:
    return {**rasa_server.environment(os.environ), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
