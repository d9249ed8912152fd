"""Reads question and clause together: the last step of retrieval, for whoever has a cross-encoder and the time for it.

None comes with us and none is needed. `path:DIR` is a folder with one, `hub:NAME` any of the model hub.
"""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from knowledge_base import hub
from knowledge_base.embedding import ModelUnavailable, quiet_libraries

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

READ: Final = 20
"""How many clauses are read anew: each costs as much as embedding it."""
_BATCH: Final = 8


class RerankerUnavailable(ModelUnavailable):
    """The configured cross-encoder cannot be had; search goes on without it."""

    code = "reranker_unavailable"


class Reranker(Protocol):
    """Says how well texts answer a question."""

    @property
    def name(self) -> str:
        """What staff know it by."""

    def score(self, query: str, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Return one score a text; they compare only within one question."""


class CrossReranker:
    """Any cross-encoder of sentence-transformers that gives one score."""

    def __init__(self, model: "CrossEncoder", *, name: str) -> None:
        self._model = model
        self.name = name
        self._turn = threading.Lock()  # the fast tokenizer refuses to be borrowed twice

    def score(self, query: str, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Read the question with each text."""
        if not texts:
            return np.zeros(0, np.float32)
        with self._turn:
            scores = self._model.predict([(query, text) for text in texts], batch_size=_BATCH, show_progress_bar=False)
        return np.asarray(scores, np.float32)


def load_reranker(spec: str) -> CrossReranker | None:
    """Load the cross-encoder that `spec` names; None where none is configured. Raises RerankerUnavailable."""
    kind, _, name = spec.partition(":")
    match kind:
        case "":
            return None
        case "path" if (Path(name) / "config.json").is_file():
            return _open(name, spec=spec, local=True)
        case "path":
            msg = f"{name} holds no cross-encoder (no config.json); check the path in {spec!r}"
        case "hub" if name:
            return _open(name, spec=spec, local=False)
        case _:
            msg = f"unknown reranker {spec!r}; use path:DIRECTORY or hub:NAME"
    raise RerankerUnavailable(msg)


def _open(source: str, *, spec: str, local: bool) -> CrossReranker:
    quiet_libraries()
    # Imported here: it takes seconds, and search does without.
    from safetensors import SafetensorError  # noqa: PLC0415
    from sentence_transformers import CrossEncoder  # noqa: PLC0415

    away = None if local else hub.silence()
    try:
        model = CrossEncoder(source, device="cpu", local_files_only=local or away is not None)
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        msg = f"the reranker {spec!r} could not be loaded: {away or error}"
        raise RerankerUnavailable(msg) from error
    if model.num_labels != 1:
        msg = f"the reranker {spec!r} sorts into {model.num_labels} classes; one that gives a single score is needed"
        raise RerankerUnavailable(msg)
    return CrossReranker(model, name=spec)
