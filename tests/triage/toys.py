"""A data set so plain that a fit takes a second, and vectors for it."""

from pathlib import Path

import numpy as np

from knowledge_base.taxonomy import Taxonomy
from knowledge_base.triage import Floats


def small(tmp_path: Path, taxonomy: Taxonomy) -> Path:
    """Write a data set whose codes stand in its sentences, so that a fit takes a second."""
    folder = tmp_path / "said"
    (folder / "lexicon").mkdir(parents=True)
    (folder / "lexicon" / "words.yml").write_text("labour.wages: [工资]\n", encoding="utf-8")
    said = {
        code: "".join(
            f"  f{family}: |\n    {'甲乙丙丁'[family]}{code}\n    {code}{'甲乙丙丁'[family]}\n" for family in range(4)
        )
        for code in (*taxonomy.assignable(), "none")
    }
    (folder / "all.yml").write_text("".join(f"{code}:\n{block}" for code, block in said.items()), encoding="utf-8")
    return folder


def toy_vectors(texts: list[str]) -> Floats:
    """Give each code a direction of its own."""
    rows = []
    for text in texts:
        latin = "".join(letter for letter in text if letter.isascii())
        rows.append(
            np.random.default_rng(sum(ord(letter) * 31**i for i, letter in enumerate(latin[:12]))).normal(size=48)
        )
    vectors = np.asarray(rows, np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
