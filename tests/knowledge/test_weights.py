"""The packed weights are read exactly, cut to what Chinese needs, and never half written."""

import stat
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from knowledge_base.embedding import ModelUnavailable, load_embedder
from knowledge_base.weights import WeightsUnreadable, chinese_pieces, convert, is_converted, read_packed, save_model

pytestmark = pytest.mark.unit

HIDDEN, INNER, VOCABULARY, POSITIONS = 32, 64, 12, 8
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁query", "▁passage", ":", "法", "援助", "бук", "的"]


def four_bits(matrix: np.ndarray) -> bytes:
    """Pack a matrix as the package does: blocks of 32, a float16 scale and sixteen bytes of low and high nibbles."""
    packed = b""
    for block in matrix.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7 or 1)
        codes = np.clip(np.round(block / np.float32(scale)) + 8, 0, 15).astype(np.uint8)
        packed += scale.tobytes() + (codes[:16] | codes[16:] << 4).tobytes()
    return packed


def tiny_model() -> bytes:
    """Write a model of one layer in the packed layout."""
    rng = np.random.default_rng(7)
    tensors: dict[str, bytes] = {"emb.word": four_bits(rng.normal(size=(VOCABULARY, HIDDEN)))}
    full = {"emb.pos": POSITIONS * HIDDEN, "emb.type": HIDDEN, "emb.ln.w": HIDDEN, "emb.ln.b": HIDDEN}
    for short in ("q", "k", "v", "ao"):
        tensors[f"l0.{short}.w"] = four_bits(rng.normal(size=(HIDDEN, HIDDEN)))
        full[f"l0.{short}.b"] = HIDDEN
    tensors["l0.fi.w"] = four_bits(rng.normal(size=(INNER, HIDDEN)))
    tensors["l0.fo.w"] = four_bits(rng.normal(size=(HIDDEN, INNER)))
    full |= {"l0.fi.b": INNER, "l0.fo.b": HIDDEN}
    full |= {f"l0.{norm}.{part}": HIDDEN for norm in ("aln", "oln") for part in "wb"}
    tensors |= {name: rng.normal(size=size).astype("<f4").tobytes() for name, size in full.items()}
    blob = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, blob)]).astype("<u4")
    head = struct.pack("<4sI7ifi", b"E5S1", 1, HIDDEN, 1, 2, INNER, VOCABULARY, POSITIONS, 1, 1e-12, 32)
    head += struct.pack("<i4iQ", len(PIECES), 0, 2, 1, 3, int(offsets[-1]))
    head += offsets.tobytes() + np.linspace(-1, -12, len(PIECES)).astype("<f4").tobytes() + b"".join(blob)
    head += struct.pack("<iI", 0, 0) + struct.pack("<i", len(tensors))
    start = len(head) + sum(2 + len(name) + 21 for name in tensors)
    directory, body = b"", b""
    for name, data in tensors.items():
        elements = len(data) // 4 if name in full else len(data) // 18 * 32
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", 0, elements, start + len(body), len(data))
        body += data
    return head + directory + body


def weights_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.safetensors")}


def written(packed: Path, target: Path, *, seed: int) -> dict[str, bytes]:
    """Convert after other dice were thrown, and return everything that is written."""
    torch.manual_seed(seed)
    convert(packed, target)
    return {str(path.relative_to(target)): path.read_bytes() for path in target.rglob("*") if path.is_file()}


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.bin"
    file.write_bytes(tiny_model())
    return file


class TestReading:
    def test_gives_back_shape_vocabulary_and_weights(self, packed: Path) -> None:
        model = read_packed(packed)
        assert (model.shape.hidden, model.shape.layers, model.shape.vocabulary) == (HIDDEN, 1, VOCABULARY)
        assert list(model.pieces) == PIECES
        wanted = np.random.default_rng(7).normal(size=(VOCABULARY, HIDDEN))
        read = model.matrix("emb.word", rows=VOCABULARY, columns=HIDDEN)
        assert np.abs(read - wanted).max() < 0.3
        assert np.corrcoef(read.ravel(), wanted.ravel())[0, 1] > 0.99

    @pytest.mark.parametrize("keep", [3, 30, 90, 2000])
    def test_of_a_file_cut_short_is_refused(self, packed: Path, keep: int) -> None:
        packed.write_bytes(packed.read_bytes()[:keep])
        with pytest.raises(WeightsUnreadable):
            read_packed(packed)

    def test_of_another_format_is_refused(self, packed: Path) -> None:
        packed.write_bytes(b"GGUF" + packed.read_bytes()[4:])
        with pytest.raises(WeightsUnreadable):
            read_packed(packed)


class TestVocabulary:
    def test_keeps_chinese_ascii_and_the_prefixes(self) -> None:
        kept = [PIECES[row] for row in chinese_pieces(PIECES)]
        assert "бук" not in kept
        assert kept == [piece for piece in PIECES if piece != "бук"]


class TestConversion:
    def test_writes_a_sentence_transformers_folder(self, packed: Path, tmp_path: Path) -> None:
        target = tmp_path / "models" / "tiny"
        convert(packed, target)
        assert is_converted(target)
        embedder = load_embedder(f"path:{target}", models=tmp_path)
        vectors = embedder.queries(["法援助", "的"])
        assert vectors.shape == (2, HIDDEN)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)

    def test_writes_the_same_bytes_every_time(self, packed: Path, tmp_path: Path) -> None:
        files = [written(packed, tmp_path / name, seed=seed) for name, seed in (("one", 1), ("two", 2))]
        assert files[0] == files[1]
        assert "model.safetensors" in files[0]

    def test_loaded_and_saved_again_is_the_same_still(self, packed: Path, tmp_path: Path) -> None:
        """As when an adapter is joined to it: what embeds documents keeps its fingerprint."""
        target = tmp_path / "tiny"
        convert(packed, target)
        save_model(SentenceTransformer(str(target), device="cpu"), tmp_path / "again", mark="again")
        assert weights_in(tmp_path / "again") == weights_in(target)
        names = [load_embedder(f"path:{folder}", models=tmp_path) for folder in (target, tmp_path / "again")]
        assert names[0].documents_by == names[1].documents_by

    def test_can_be_read_by_whoever_the_umask_lets_read(self, packed: Path, tmp_path: Path) -> None:
        program = (
            "import os, sys; from pathlib import Path; os.umask(0o027); from knowledge_base.weights import convert\n"
        )
        program += "convert(Path(sys.argv[1]), Path(sys.argv[2]))"
        subprocess.run([sys.executable, "-c", program, packed, tmp_path / "tiny"], check=True)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tiny").rglob("*")}
        assert modes["model.safetensors"] == modes["CONVERSION"] == 0o640
        assert set(modes.values()) == {0o640, 0o750}

    def test_leaves_nothing_where_it_fails(self, packed: Path, tmp_path: Path) -> None:
        target = tmp_path / "models" / "tiny"
        packed.write_bytes(packed.read_bytes().replace(b"l0.fo.w", b"l0.zz.w"))
        with pytest.raises(WeightsUnreadable):
            convert(packed, target)
        assert list(target.parent.iterdir()) == []


class TestAMissingModel:
    @pytest.mark.parametrize("spec", ["path:/no/such/folder", "package:other", "word2vec", "hub:"])
    def test_is_named_with_what_to_do(self, spec: str, tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable) as caught:
            load_embedder(spec, models=tmp_path)
        assert spec in str(caught.value)
        assert "use" in str(caught.value) or "check" in str(caught.value)
