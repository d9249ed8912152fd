"""Runs a BERT over one question as a single graph, in half the time it takes torch, which is sent from layer to layer.

The graph is written once, from the weights of a model that weights.py unpacked, and gives the same vectors up to the
last digits. A second model that reads the same words for danger is a graph of its own, drawn from where it parts from the
first: what they share is run once, and whoever only asks for the meaning does not wait for it. Texts in batches stay with torch, where calling the layers costs next to nothing.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from knowledge_base.types import KnowledgeUnavailable

if TYPE_CHECKING:
    from transformers import BertModel

FILE: Final = "question.onnx"
EAR_FILE: Final = "ear.onnx"
_DIGEST: Final = "question.onnx.sha256"
_OPERATORS: Final = 20
_FORMAT: Final = 10
_THREADS: Final = 2
"""Two take little more than half the time of one, and a twentieth more work."""
_IDS, _VECTOR, _HALFWAY, _HEARD = "ids", "vector", "halfway", "heard"

Floats = NDArray[np.float32]


class GraphUnreadable(KnowledgeUnavailable):
    """The graph is damaged."""

    code = "graph_unreadable"


class QuestionGraph:
    """The graph, opened for many threads."""

    def __init__(self, folder: Path) -> None:
        """Open the graph of a model's folder. Raises GraphUnreadable."""
        self._question = _opened(folder / FILE)
        self._ear = _opened(folder / EAR_FILE) if (folder / EAR_FILE).is_file() else None

    def mean(self, ids: NDArray[np.int64], /) -> Floats:
        """Return the mean of what the last layer makes of the tokens. Raises GraphUnreadable."""
        mean: Floats = _run(self._question, {_IDS: ids})[0]
        return mean

    def means(self, ids: NDArray[np.int64], /) -> tuple[Floats, Floats | None]:
        """Return the same, and what the second model's last layer makes of them if there is one. Raises GraphUnreadable."""
        mean, *halfway = _run(self._question, {_IDS: ids})
        if self._ear is None or not halfway:
            return mean, None
        return mean, _run(self._ear, {_HALFWAY: halfway[0]})[0]


def _opened(file: Path) -> Any:  # noqa: ANN401 - the library has no types
    import onnxruntime  # noqa: PLC0415 - loaded with the model, not with the module
    from onnxruntime.capi import onnxruntime_pybind11_state as errors  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads, options.intra_op_num_threads = 1, min(_THREADS, os.cpu_count() or 1)
    # Threads that spin while they wait would starve the conversation's other processes.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    damaged = (errors.Fail, errors.InvalidArgument, errors.InvalidGraph, errors.InvalidProtobuf, errors.NoSuchFile)
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except damaged as error:
        msg = f"{file.name} cannot be read: {error}"
        raise GraphUnreadable(msg) from error


def _run(session: Any, given: Mapping[str, NDArray[Any]]) -> list[Floats]:  # noqa: ANN401 - the library has no types
    try:
        outputs: list[Floats] = session.run(None, dict(given))
    except Exception as error:  # the library's own exceptions share no other base
        msg = f"a graph cannot be run: {type(error).__name__}"
        raise GraphUnreadable(msg) from error
    return outputs


def is_whole(folder: Path, *, second: str = "") -> bool:
    """Tell whether a folder has its graph as it was written, with the `second` model that is wanted beside it.

    Some damage could be run, and would give other vectors.
    """
    files = [folder / FILE, *([folder / EAR_FILE] if second else [])]
    digest = folder / _DIGEST
    return all(file.is_file() for file in (*files, digest)) and digest.read_text("utf-8") == _mark(files, second)


def _mark(files: Sequence[Path], second: str) -> str:
    return " ".join([*map(_digest, files), second]).strip()


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_graph(bert: "BertModel", folder: Path, *, ear: "BertModel | None" = None, second: str = "") -> None:
    """Write the graph of a model beside its weights; half a file never appears under its name.

    `ear` is a second model of the same words and places, `second` what it is known by.
    """
    import onnx  # noqa: PLC0415 - only the first start needs it

    drawing = _Drawing(bert, ear)
    models = {FILE: drawing.question()} | ({EAR_FILE: drawing.hearing()} if ear else {})
    with tempfile.TemporaryDirectory(prefix=".graph-", dir=folder) as scratch:
        finished = {name: Path(scratch) / name for name in models}
        for name, model in models.items():
            onnx.save_model(model, str(finished[name]))
        digest = Path(scratch) / _DIGEST
        digest.write_text(_mark(list(finished.values()), second), "utf-8")
        (folder / EAR_FILE).unlink(missing_ok=True)
        for name, file in finished.items():
            file.replace(folder / name)
        digest.replace(folder / _DIGEST)


class _Drawing:
    """Draws one BERT, operation by operation, and whatever layers a second one has of its own."""

    def __init__(self, bert: "BertModel", ear: "BertModel | None") -> None:
        import onnx  # noqa: PLC0415

        self._onnx = onnx
        self._config = bert.config
        self._layers = [f"encoder.layer.{number}." for number in range(bert.config.num_hidden_layers)]
        self._first = _weights(bert)
        self._ear = _weights(ear) if ear else None
        self._state = self._first
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def question(self) -> Any:  # noqa: ANN401 - the library has no types
        """Return the first model: a row of token numbers in, the mean of their vectors out, and where a second parts."""
        self._begin(self._first)
        parts = self._parts()
        hidden = self._embedded()
        for number, layer in enumerate(self._layers):
            if number == parts:
                self._name(hidden, _HALFWAY)
            hidden = self._layer(hidden, layer)
        self._mean(hidden, _VECTOR)
        size = self._config.hidden_size
        outputs: dict[str, list[str | int]] = {_VECTOR: [size]}
        if parts is not None:
            outputs[_HALFWAY] = ["tokens", size]
        return self._drawn(_IDS, self._onnx.TensorProto.INT64, ["tokens"], outputs)

    def hearing(self) -> Any:  # noqa: ANN401 - the library has no types
        """Return what is the second model's own: vectors of tokens in from where it parts, their mean out."""
        parts = self._parts() or 0
        self._begin(self._ear or self._first)
        hidden = _HALFWAY
        for layer in self._layers[parts:]:
            hidden = self._layer(hidden, layer)
        self._mean(hidden, _HEARD)
        size = self._config.hidden_size
        return self._drawn(_HALFWAY, self._onnx.TensorProto.FLOAT, ["tokens", size], {_HEARD: [size]})

    def _parts(self) -> int | None:
        """Return the first layer in which the second model differs, None where there is none."""
        if self._ear is None:
            return None
        differing = [name for name, values in self._ear.items() if not np.array_equal(values, self._first[name])]
        if any(name.startswith("embeddings.") for name in differing):
            msg = "the second model reads other words than the first"
            raise GraphUnreadable(msg)
        last = len(self._layers) - 1
        return next((n for n, at in enumerate(self._layers) if any(name.startswith(at) for name in differing)), last)

    def _begin(self, state: Mapping[str, Floats]) -> None:
        self._state, self._nodes, self._constants = state, [], []

    def _drawn(
        self, name: str, kind: int, shape: Sequence[str | int], outputs: Mapping[str, Sequence[str | int]]
    ) -> Any:  # noqa: ANN401
        helper, floats = self._onnx.helper, self._onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            self._nodes,
            "question",
            [helper.make_tensor_value_info(name, kind, shape)],
            [helper.make_tensor_value_info(output, floats, size) for output, size in outputs.items()],
            self._constants,
        )
        operators = [helper.make_opsetid("", _OPERATORS)]
        return helper.make_model(graph, opset_imports=operators, ir_version=_FORMAT)

    def _mean(self, hidden: str, name: str) -> None:
        self._name(self._add("ReduceMean", hidden, self._numbers([0]), keepdims=0), name)

    def _name(self, values: str, name: str) -> None:
        self._nodes.append(self._onnx.helper.make_node("Identity", [values], [name]))

    def _embedded(self) -> str:
        """Add up word, place and kind of every token; a question is of the first kind throughout."""
        words = self._add("Gather", self._constant(self._state["embeddings.word_embeddings.weight"]), _IDS)
        kind = self._state["embeddings.token_type_embeddings.weight"][0]
        places = self._constant(self._state["embeddings.position_embeddings.weight"] + kind)
        used = self._add("Slice", places, self._numbers([0]), self._add("Shape", _IDS), self._numbers([0]))
        return self._normed(self._add("Add", words, used), "embeddings.LayerNorm")

    def _layer(self, hidden: str, name: str) -> str:
        attended = self._linear(self._attention(hidden, f"{name}attention.self."), f"{name}attention.output.dense")
        hidden = self._normed(self._add("Add", hidden, attended), f"{name}attention.output.LayerNorm")
        inner = self._add("Gelu", self._linear(hidden, f"{name}intermediate.dense"))
        outer = self._linear(inner, f"{name}output.dense")
        return self._normed(self._add("Add", hidden, outer), f"{name}output.LayerNorm")

    def _attention(self, hidden: str, name: str) -> str:
        """Let every token look at every other: the three matrices in one, cut apart by head afterwards."""
        heads, width = self._config.num_attention_heads, self._config.hidden_size
        scales = {"query": (width // heads) ** -0.5, "key": 1.0, "value": 1.0}
        weight = np.concatenate([self._state[f"{name}{part}.weight"] * scale for part, scale in scales.items()])
        bias = np.concatenate([self._state[f"{name}{part}.bias"] * scale for part, scale in scales.items()])
        parts = self._add("Reshape", self._times(hidden, weight, bias), self._numbers([-1, 3, heads, width // heads]))
        query, key, value = self._split(self._add("Transpose", parts, perm=[1, 2, 0, 3]), 3)
        looks = self._add("MatMul", query, self._add("Transpose", key, perm=[0, 1, 3, 2]))
        seen = self._add("MatMul", self._add("Softmax", looks, axis=-1), value)
        return self._add("Reshape", self._add("Transpose", seen, perm=[0, 2, 1, 3]), self._numbers([-1, width]))

    def _linear(self, values: str, name: str) -> str:
        return self._times(values, self._state[f"{name}.weight"], self._state[f"{name}.bias"])

    def _times(self, values: str, weight: Floats, bias: Floats) -> str:
        return self._add("Gemm", values, self._constant(np.ascontiguousarray(weight.T)), self._constant(bias))

    def _normed(self, values: str, name: str) -> str:
        weight, bias = (self._constant(self._state[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self._add("LayerNormalization", values, weight, bias, axis=-1, epsilon=self._config.layer_norm_eps)

    def _split(self, values: str, count: int) -> Sequence[str]:
        outputs = [f"{values}.{number}" for number in range(count)]
        self._nodes.append(self._onnx.helper.make_node("Split", [values], outputs, axis=0, num_outputs=count))
        return outputs

    def _add(self, operation: str, *inputs: str, **settings: Any) -> str:  # noqa: ANN401 - whatever the operation takes
        output = f"{operation}{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(operation, inputs, [output], **settings))
        return output

    def _constant(self, values: NDArray[Any]) -> str:
        name = f"constant{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(values, name))
        return name

    def _numbers(self, values: Sequence[int]) -> str:
        return self._constant(np.asarray(values, np.int64))


def _weights(bert: "BertModel") -> Mapping[str, Floats]:
    return {name: value.numpy() for name, value in bert.state_dict().items() if not name.startswith("pooler.")}
