"""Runs a BERT over one question as a single graph, in half the time it takes torch, which is sent from layer to layer.

The graph is written once, from the weights of a model that weights.py unpacked, and gives the same vectors up to the
last digits. A second model may be drawn into it that reads the same words for danger: layers they share are run once. Texts in batches stay with torch, where calling the layers costs next to nothing.
"""

import hashlib
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
_DIGEST: Final = "question.onnx.sha256"
_OPERATORS: Final = 20
_FORMAT: Final = 10
_IDS, _VECTOR, _HEARD = "ids", "vector", "heard"

Floats = NDArray[np.float32]


class GraphUnreadable(KnowledgeUnavailable):
    """The graph is damaged."""

    code = "graph_unreadable"


class QuestionGraph:
    """The graph, opened for many threads."""

    def __init__(self, folder: Path) -> None:
        """Open the graph of a model's folder. Raises GraphUnreadable."""
        import onnxruntime  # noqa: PLC0415 - loaded with the model, not with the module
        from onnxruntime.capi import onnxruntime_pybind11_state as errors  # noqa: PLC0415

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        damaged = (errors.Fail, errors.InvalidArgument, errors.InvalidGraph, errors.InvalidProtobuf, errors.NoSuchFile)
        try:
            self._session = onnxruntime.InferenceSession(
                str(folder / FILE), options, providers=["CPUExecutionProvider"]
            )
            self._outputs = [each.name for each in self._session.get_outputs()]
        except damaged as error:
            msg = f"{FILE} cannot be read: {error}"
            raise GraphUnreadable(msg) from error

    def means(self, ids: NDArray[np.int64], /) -> tuple[Floats, Floats | None]:
        """Return the mean of what the last layer makes of the tokens, and what the second model's makes if it is drawn.

        Raises GraphUnreadable.
        """
        try:
            found = dict(zip(self._outputs, self._session.run(None, {_IDS: ids}), strict=True))
        except Exception as error:  # the library's own exceptions share no other base
            msg = f"{FILE} cannot be run: {type(error).__name__}"
            raise GraphUnreadable(msg) from error
        return found[_VECTOR], found.get(_HEARD)


def is_whole(folder: Path, *, second: str = "") -> bool:
    """Tell whether a folder has its graph as it was written, with the `second` model that is wanted in it.

    Some damage could be run, and would give other vectors.
    """
    graph, digest = folder / FILE, folder / _DIGEST
    return graph.is_file() and digest.is_file() and digest.read_text("utf-8") == _mark(graph, second)


def _mark(graph: Path, second: str) -> str:
    return f"{_digest(graph)} {second}".strip()


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_graph(bert: "BertModel", folder: Path, *, ear: "BertModel | None" = None, second: str = "") -> None:
    """Write the graph of a model beside its weights; half a file never appears under its name.

    `ear` is a second model of the same words and places, `second` what it is known by.
    """
    import onnx  # noqa: PLC0415 - only the first start needs it

    with tempfile.TemporaryDirectory(prefix=".graph-", dir=folder) as scratch:
        finished = Path(scratch) / FILE
        onnx.save_model(_Drawing(bert, ear).model(), str(finished))
        digest = Path(scratch) / _DIGEST
        digest.write_text(_mark(finished, second), "utf-8")
        finished.replace(folder / FILE)
        digest.replace(folder / _DIGEST)


class _Drawing:
    """Draws one BERT, operation by operation, and whatever layers a second one has of its own."""

    def __init__(self, bert: "BertModel", ear: "BertModel | None") -> None:
        import onnx  # noqa: PLC0415

        self._onnx = onnx
        self._config = bert.config
        self._state = _weights(bert)
        self._ear = _weights(ear) if ear else None
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self) -> Any:  # noqa: ANN401 - the library has no types
        """Return the whole: a row of token numbers in, the mean of their vectors out."""
        helper, kinds = self._onnx.helper, self._onnx.TensorProto
        depths = [self._embedded()]
        for number in range(self._config.num_hidden_layers):
            depths.append(self._layer(depths[-1], f"encoder.layer.{number}."))
        self._mean(depths[-1], _VECTOR)
        if self._ear is not None:
            self._heard(depths, self._ear)
        size = [self._config.hidden_size]
        outputs = [_VECTOR, _HEARD] if self._ear else [_VECTOR]
        graph = helper.make_graph(
            self._nodes,
            "question",
            [helper.make_tensor_value_info(_IDS, kinds.INT64, ["tokens"])],
            [helper.make_tensor_value_info(name, kinds.FLOAT, size) for name in outputs],
            self._constants,
        )
        operators = [helper.make_opsetid("", _OPERATORS)]
        return helper.make_model(graph, opset_imports=operators, ir_version=_FORMAT)

    def _heard(self, depths: Sequence[str], ear: Mapping[str, Floats]) -> None:
        """Draw the second model from where it parts from the first."""
        first = self._state
        differing = {name for name, values in ear.items() if not np.array_equal(values, first[name])}
        layers = [f"encoder.layer.{number}." for number in range(self._config.num_hidden_layers)]
        parts = next(
            (n for n, layer in enumerate(layers) if any(name.startswith(layer) for name in differing)), len(layers)
        )
        if any(name.startswith("embeddings.") for name in differing):
            msg = "the second model reads other words than the first"
            raise GraphUnreadable(msg)
        self._state, hidden = ear, depths[parts]
        for layer in layers[parts:]:
            hidden = self._layer(hidden, layer)
        self._mean(hidden, _HEARD)

    def _mean(self, hidden: str, name: str) -> None:
        mean = self._add("ReduceMean", hidden, self._numbers([0]), keepdims=0)
        self._nodes.append(self._onnx.helper.make_node("Identity", [mean], [name]))

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
