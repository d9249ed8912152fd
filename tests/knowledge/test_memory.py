"""Questions whose answer is known are kept as vectors in eight bits, and refused if damaged."""

from pathlib import Path

import numpy as np
import pytest

from knowledge_base.memory import Memory, MemoryUnreadable
from knowledge_base.types import KnowledgeUnavailable
from tests.knowledge.damage import HARMS, Harm

pytestmark = pytest.mark.unit

FILE = "memory.npz"
ANSWERS = [
    [("劳动法", "第五十条")],
    [("民法典", "第一千零七十九条"), ("民法典", "第一千零八十四条")],
    [("最高人民法院关于适用《民事诉讼法》的解释", "第九十条")],
]


def some(count: int, *, dimension: int = 384) -> Memory:
    vectors = np.random.default_rng(1).standard_normal((count, dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Memory(vectors, [ANSWERS[i % len(ANSWERS)] for i in range(count)], "package:some@1234")


def read(folder: Path) -> Memory:
    memory = Memory.load(folder)
    assert memory is not None
    return memory


class TestKeeping:
    def test_gives_back_model_and_articles_as_they_were(self, tmp_path: Path) -> None:
        some(3).save(tmp_path)
        again = read(tmp_path)
        assert again.model == "package:some@1234"
        assert [list(answers) for answers in again.answers] == ANSWERS

    def test_loses_no_more_of_a_vector_than_eight_bits_must(self, tmp_path: Path) -> None:
        kept = some(200)
        kept.save(tmp_path)
        again = read(tmp_path)
        step = np.abs(kept.vectors).max(axis=1, keepdims=True) / 127
        assert (np.abs(again.vectors - kept.vectors) < step).all()
        assert np.allclose(np.linalg.norm(again.vectors, axis=1), 1, atol=1e-6)
        assert (again.vectors * kept.vectors).sum(axis=1).min() > 0.9999

    def test_takes_about_a_byte_a_number(self, tmp_path: Path) -> None:
        some(500).save(tmp_path)
        assert (tmp_path / FILE).stat().st_size < 500 * 384 * 1.1

    def test_holds_no_word_of_a_question(self, tmp_path: Path) -> None:
        some(3).save(tmp_path)
        with np.load(tmp_path / FILE, allow_pickle=False) as stored:
            words = {name for name in stored.files if stored[name].dtype.kind == "U"}
        assert words == {"answers", "model"}

    def test_is_nothing_where_nothing_was_learned(self, tmp_path: Path) -> None:
        assert Memory.load(tmp_path) is None


class TestDamage:
    @pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
    def test_is_refused_whatever_it_is(self, tmp_path: Path, harm: Harm) -> None:
        some(50).save(tmp_path)
        file = tmp_path / FILE
        file.write_bytes(harm(file.read_bytes()))
        with pytest.raises(MemoryUnreadable, match="train again"):
            Memory.load(tmp_path)

    @pytest.mark.parametrize("answer", ["", "劳动法第五十条", "劳动法\t第五十条\t多余"])
    def test_of_an_answer_is_refused(self, tmp_path: Path, answer: str) -> None:
        np.savez(
            tmp_path / FILE,
            vectors=np.ones((1, 4), np.int8),
            scale=np.ones((1, 1), np.float32),
            answers=np.asarray([answer]),
            model=np.asarray("some"),
        )
        with pytest.raises(MemoryUnreadable, match="train again"):
            Memory.load(tmp_path)

    def test_is_a_technical_failure_never_a_missing_answer(self) -> None:
        assert issubclass(MemoryUnreadable, KnowledgeUnavailable)
