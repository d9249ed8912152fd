"""What training left in the repository fits together, says where it comes from, and stays small enough to clone."""

import json
import tomllib
from typing import Any

import numpy as np
import pytest

from knowledge_base import adapter
from knowledge_base.adapter import FOLDER
from knowledge_base.asked import Asked
from knowledge_base.danger import Opinion
from knowledge_base.embedding import BASE_SPEC, DEFAULT_SPEC, load_embedder
from knowledge_base.fusion import FEATURES, Fusion
from knowledge_base.judgement import LEARNED, Judgement
from knowledge_base.memory import Memory
from tests.knowledge.conftest import MODELS, ROOT

pytestmark = pytest.mark.knowledge

MOST = 16 * 2**20
EXPECTED = {"adapter_config.json", "adapter_model.safetensors", "answering.json", "fusion.npz", "memory.npz"}
KINDS = ("all", "seen", "unseen")
FIGURES = {*(f"recall@{cut}" for cut in (1, 3, 5, 10, 100)), "mrr@10", "n"}


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    return read


@pytest.fixture(scope="module")
def memory() -> Memory:
    read = Memory.load()
    assert read is not None
    return read


class TestTheFolder:
    def test_holds_what_training_and_calibration_leave_and_is_small(self) -> None:
        files = list(FOLDER.iterdir())
        assert {file.name for file in files} >= {*EXPECTED, "manifest.json"}
        assert sum(file.stat().st_size for file in files) <= MOST

    def test_names_the_base_not_a_path_on_the_machine_that_trained(self) -> None:
        config = json.loads((FOLDER / "adapter_config.json").read_text("utf-8"))
        assert config["base_model_name_or_path"] == BASE_SPEC


class TestTheManifest:
    def test_names_base_licences_and_command(self, manifest: dict[str, Any]) -> None:
        ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["license"]
        assert manifest["base"] == f"{BASE_SPEC} -> {DEFAULT_SPEC}"
        assert manifest["base_licence"] == "MIT"
        assert manifest["licence"] == ours
        assert manifest["command"].startswith("python -m knowledge_base train ")

    def test_gives_figures_of_questions_that_were_held_back(self, manifest: dict[str, Any]) -> None:
        figures = manifest["cross_validation"]
        assert figures["folds"] >= 3
        assert figures["seen"]["n"] + figures["unseen"]["n"] == figures["all"]["n"] > 100
        for kind in KINDS:
            assert set(figures[kind]) == FIGURES
            assert 0 < figures[kind]["recall@1"] <= figures[kind]["recall@10"] <= figures[kind]["recall@100"] <= 1

    def test_is_of_the_questions_of_our_own_that_are_here(self, manifest: dict[str, Any]) -> None:
        assert manifest["own_questions"] == Asked.load().digest, "nlu_data/retrieval changed: train again"

    def test_counts_the_features_there_are(self, manifest: dict[str, Any]) -> None:
        fusion = Fusion.load()
        assert fusion is not None
        assert manifest["features"] == FEATURES == len(fusion.mean) == len(fusion.spread)
        assert np.isfinite(fusion.scores(np.ones((2, FEATURES), np.float32))).all()


class TestTheParts:
    def test_were_all_made_with_the_model_that_is_the_default(self, memory: Memory) -> None:
        embedder = load_embedder(DEFAULT_SPEC, models=MODELS)
        assert memory.model == embedder.name == f"{DEFAULT_SPEC}@{adapter.digest()}"
        assert Judgement.read(LEARNED).model == embedder.name
        assert memory.vectors.shape[1] == embedder.dimension
        ear, heard = Opinion.load().ear, embedder.read("在不在").heard
        assert ear is not None
        assert heard is not None
        assert ear.weights.shape[1] == len(heard)

    def test_remember_as_many_questions_as_were_measured(self, memory: Memory, manifest: dict[str, Any]) -> None:
        assert len(memory.vectors) == len(memory.answers) == manifest["cross_validation"]["all"]["n"]
        assert np.allclose(np.linalg.norm(memory.vectors, axis=1), 1, atol=1e-5)

    def test_remember_only_articles_as_statutes_mark_them(self, memory: Memory) -> None:
        articles = {article for answers in memory.answers for article in answers}
        assert not [law for law, _ in articles if law.startswith("中华人民共和国") or "\t" in law]
        assert not [mark for _, mark in articles if not (mark.startswith("第") and "条" in mark)]
