"""Teaches the packaged model to hear danger: an adapter on its upper layers, beside the one for questions.

The lower layers stay as they are, so that a turn runs them once for both.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from knowledge_base import adapter
from knowledge_base.adapter_training import Halfway, Shape, Student
from knowledge_base.triage import Floats

_SHAPE: Final = Shape(first_layer=8, rank=32, longest=160)
_EPOCHS: Final = 4
_RATE: Final = 7e-4
_SEED: Final = 0


class Listener:
    """A model that is taught in one lesson, and then asked."""

    def __init__(self, base: Path, *, keep: Path, say: Callable[[str], None]) -> None:
        self._keep, self._say = keep, say
        self._student = Student(base, seed=_SEED, shape=_SHAPE)

    def teach(self, texts: Sequence[str], labels: Sequence[int], /) -> tuple[Floats, Floats]:
        """Learn; return the weights and the bias, a row a label, that read the labels off its vectors."""
        head = self._student.sort(self._read(texts), labels, epochs=_EPOCHS, rate=_RATE, heard=self._told)
        weights, bias = (values.detach().numpy().astype(np.float32) for values in (head.weight, head.bias))
        return weights, bias

    def hear(self, texts: Sequence[str], /) -> Floats:
        """Return unit vectors, by what was taught."""
        return self._student.encode(self._read(texts))

    def save(self) -> str:
        """Keep what was taught as the adapter; return its fingerprint."""
        self._student.save(self._keep)
        return adapter.digest(self._keep)

    def _read(self, texts: Sequence[str]) -> list[Halfway]:
        self._say(f"reading {len(texts)} sentences")
        return self._student.halfway(texts)

    def _told(self, done: int, steps: int, loss: float) -> None:
        self._say(f"step {done} of {steps}, loss {loss:.3f}")
