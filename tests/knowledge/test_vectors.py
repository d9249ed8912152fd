"""Vectors once computed are found again, whoever else writes beside, and whatever an interruption left."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.embedding import Matrix
from knowledge_base.vectors import VectorCache
from tests.knowledge.fakes import DIMENSION, PairEmbedder

pytestmark = pytest.mark.unit

ROW = 2 * DIMENSION


def retrained(name: str = "fake:pairs, trained anew") -> PairEmbedder:
    """Return an embedder of which only the side of questions differs."""
    embedder = PairEmbedder(name)
    embedder.documents_by = PairEmbedder().documents_by
    return embedder


def right(vectors: Matrix, *texts: str) -> bool:
    return bool(np.allclose(vectors, PairEmbedder().queries(texts), atol=1e-3))


def only(folder: Path, name: str) -> Path:
    (file,) = folder.rglob(name)
    return file


class TestWhatIsShared:
    def test_passages_outlive_a_training_of_the_side_of_questions(self, tmp_path: Path) -> None:
        VectorCache(tmp_path, PairEmbedder()).documents(["甲乙丙", "丁戊"])
        new = retrained()
        assert right(VectorCache(tmp_path, new).documents(["丁戊", "甲乙丙"]), "丁戊", "甲乙丙")
        assert new.embedded == []

    def test_questions_do_not(self, tmp_path: Path) -> None:
        VectorCache(tmp_path, PairEmbedder()).queries(["甲乙丙"])
        heard: list[int] = []
        VectorCache(tmp_path, retrained()).queries(["甲乙丙"], progress=heard.append)
        assert heard == [0, 1]
        assert len(list(tmp_path.rglob("query.keys"))) == 2


class TestProgress:
    def test_counts_every_text_once_known_or_not(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path, PairEmbedder())
        cache.documents(["甲乙"])
        heard: list[int] = []
        cache.documents(["甲乙", "丙丁", "丙丁", "戊己"], progress=heard.append)
        assert (heard[0], sum(heard)) == (2, 4)

    def test_of_nothing_is_nothing(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path, PairEmbedder())
        assert cache.documents([]).shape == cache.queries([]).shape == (0, DIMENSION)


class TestTwoAtOnce:
    def test_give_each_its_own_vectors(self, tmp_path: Path) -> None:
        one, other = (VectorCache(tmp_path, PairEmbedder()) for _ in range(2))
        assert right(one.documents(["甲乙", "丙丁"]), "甲乙", "丙丁")
        assert right(other.documents(["戊己"]), "戊己")
        assert right(one.documents(["庚辛", "甲乙"]), "庚辛", "甲乙")
        late = PairEmbedder()
        said = ["戊己", "庚辛", "丙丁", "甲乙"]
        assert right(VectorCache(tmp_path, late).documents(said), *said)
        assert late.embedded == []

    def test_do_so_while_they_write_at_the_same_time(self, tmp_path: Path) -> None:
        said = [[f"第{writer}个人说的第{number}句话" for number in range(40)] for writer in range(6)]
        caches = [VectorCache(tmp_path, PairEmbedder()) for _ in said]

        def write(number: int) -> list[bool]:
            return [right(caches[number].documents([text]), text) for text in said[number]]

        with ThreadPoolExecutor(len(said)) as pool:
            assert all(all(told) for told in pool.map(write, range(len(said))))
        every = [text for texts in said for text in texts]
        assert right(VectorCache(tmp_path, PairEmbedder()).documents(every), *every)


class TestAnInterruption:
    @pytest.mark.parametrize(
        ("name", "left"),
        [
            ("document.vectors", ROW + 1),
            ("document.vectors", 0),
            ("document.keys", 16 + 7),
            ("document.keys", 0),
        ],
    )
    def test_costs_only_what_it_cut_short(self, tmp_path: Path, name: str, left: int) -> None:
        VectorCache(tmp_path, PairEmbedder()).documents(["甲乙丙", "丁戊"])
        file = only(tmp_path, name)
        file.write_bytes(file.read_bytes()[:left])
        again = PairEmbedder()
        said = ["丁戊", "庚辛", "甲乙丙"]
        assert right(VectorCache(tmp_path, again).documents(said), *said)
        assert len(again.embedded) == (2 if left else 3)
        assert right(VectorCache(tmp_path, again).documents(said), *said)

    def test_of_another_writer_moves_nobody_elses_vectors(self, tmp_path: Path) -> None:
        cache = VectorCache(tmp_path, PairEmbedder())
        cache.documents(["甲乙丙"])
        with only(tmp_path, "document.vectors").open("ab") as file:
            file.write(b"\0" * (ROW + 9))  # it died before it wrote the keys
        assert right(cache.documents(["丁戊", "甲乙丙"]), "丁戊", "甲乙丙")
        assert right(VectorCache(tmp_path, PairEmbedder()).documents(["丁戊", "甲乙丙"]), "丁戊", "甲乙丙")
