"""Known utterances that vote for their own matters, each by how near it is to what is asked."""

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
Codes: TypeAlias = NDArray[np.int64]

_NEAREST: Final = 15
_WARMTH: Final = 0.08
_LEAST_VOTE: Final = 1e-3
_STEPS: Final = 127
"""A coordinate is kept in one byte: a cosine is off by two thousandths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What is known, as unit rows about its own centre, with the class of every row."""

    centre: Floats
    known: Floats
    codes: Codes
    classes: int

    @classmethod
    def of(cls, vectors: Floats, codes: Codes, *, classes: int) -> "Neighbours":
        """Take in what is known: one row an utterance."""
        centre = np.asarray(vectors.mean(axis=0), np.float32)
        return cls(centre=centre, known=_unit(vectors - centre), codes=codes, classes=classes)

    @classmethod
    def unpacked(cls, packed: NDArray[np.int8], codes: Codes, *, centre: Floats, classes: int) -> "Neighbours":
        """Return what `packed` was made of. Raises ValueError where the parts do not fit each other."""
        if packed.shape != (len(codes), len(centre)) or not (codes.size and 0 <= codes.min() <= codes.max() < classes):
            msg = f"{packed.shape} neighbours do not fit {len(codes)} codes of {classes} classes"
            raise ValueError(msg)
        return cls(centre=centre, known=packed.astype(np.float32) / np.float32(_STEPS), codes=codes, classes=classes)

    @property
    def packed(self) -> NDArray[np.int8]:
        """The rows as they are kept in a file."""
        return np.rint(self.known * _STEPS).astype(np.int8)

    def votes(self, vector: Floats, /) -> Floats:
        """Return the logarithm of what each class was given."""
        alike = self.known @ _unit(vector - self.centre)
        nearest = np.argpartition(alike, -min(_NEAREST, len(alike)))[-_NEAREST:]
        weights = np.exp((alike[nearest] - 1) / _WARMTH)
        given = np.bincount(self.codes[nearest], weights=weights, minlength=self.classes)
        return np.asarray(np.log(given + _LEAST_VOTE), np.float32)


def _unit(rows: Floats) -> Floats:
    return np.asarray(rows / np.linalg.norm(rows, axis=-1, keepdims=True), np.float32)
