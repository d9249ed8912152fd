"""Reads arrays that training left in a file, so that a damaged file is one error whatever is wrong with it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def read_arrays(file: Path) -> Mapping[str, NDArray[Any]]:
    """Return the arrays of an .npz file by their names. Raises OSError, and ValueError where the file is damaged."""
    with file.open("rb") as handle:
        try:
            with np.load(handle, allow_pickle=False) as stored:
                return dict(stored)
        except Exception as error:
            # A byte gone wrong is an error of zipfile, zlib, numpy or Python's own tokenizer, by where it lies.
            msg = f"it is damaged: {error!r}"
            raise ValueError(msg) from error
