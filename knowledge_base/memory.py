"""Remembers questions whose answer is known, as vectors without their words.

`learned/memory.npz` holds, for each question of the training set, its vector in eight bits and the articles that answer
it. A citizen who asks the same in other words is led to the same article.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from knowledge_base.adapter import FOLDER
from knowledge_base.arrays import read_arrays
from knowledge_base.embedding import Matrix
from knowledge_base.types import KnowledgeUnavailable

_FILE: Final = "memory.npz"
_STEPS: Final = 127.0
_BETWEEN: Final = "\t"

Article = tuple[str, str]
"""A law without 中华人民共和国, and the mark of one of its articles."""


class MemoryUnreadable(KnowledgeUnavailable):
    """The remembered questions are damaged."""

    code = "memory_unreadable"


@dataclass(frozen=True, slots=True)
class Memory:
    """Vectors, and for each the articles that answer it; `model` is the embedder they were made with."""

    vectors: Matrix
    answers: Sequence[Sequence[Article]]
    model: str

    def save(self, folder: Path = FOLDER) -> None:
        """Write the memory, a byte a number."""
        scale = np.abs(self.vectors).max(axis=1, keepdims=True) / _STEPS
        np.savez_compressed(
            folder / _FILE,
            vectors=np.round(self.vectors / scale).astype(np.int8),
            scale=scale.astype(np.float32),
            answers=np.asarray(["\n".join(_BETWEEN.join(a) for a in answers) for answers in self.answers]),
            model=np.asarray(self.model),
        )

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Memory | None":
        """Read the memory; None where nothing was learned yet. Raises MemoryUnreadable."""
        file = folder / _FILE
        if not file.is_file():
            return None
        try:
            read = read_arrays(file)
            vectors = read["vectors"].astype(np.float32) * read["scale"]
            answers = [[_article(line) for line in str(text).split("\n")] for text in read["answers"]]
            return cls(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), answers, str(read["model"]))
        except (OSError, ValueError, KeyError) as error:
            msg = f"{file.name} cannot be read ({error}); train again"
            raise MemoryUnreadable(msg) from error


def _article(line: str) -> Article:
    law, mark = line.split(_BETWEEN)
    return law, mark
