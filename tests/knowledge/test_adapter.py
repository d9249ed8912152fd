"""The adapter changes how questions are read and leaves passages as they were, with the model that comes with us."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from knowledge_base import adapter
from knowledge_base.adapter import AdapterUnreadable, with_adapter
from knowledge_base.embedding import BASE_SPEC, DEFAULT_SPEC, ModelUnavailable, SentenceEmbedder, load_embedder
from knowledge_base.serving import Serving
from knowledge_base.vectors import VectorCache
from tests.knowledge.conftest import MODELS
from tests.knowledge.damage import HARMS
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import fill, make, source_texts

pytestmark = pytest.mark.knowledge

BASE, ADAPTED = (spec.partition(":")[2] for spec in (BASE_SPEC, DEFAULT_SPEC))
CONFIG, TENSORS = "adapter_config.json", "adapter_model.safetensors"
QUESTIONS = ["老板跑路了工钱找谁要", "离婚了孩子归谁", "今天天气怎么样"]
PASSAGES = [
    "劳动法第五十条：工资应当以货币形式按月支付给劳动者本人。不得克扣或者无故拖欠劳动者的工资。",
    "民法典第一千零八十四条：离婚后，父母对于子女仍有抚养、教育、保护的权利和义务。",
]


@pytest.fixture(scope="module")
def base() -> SentenceEmbedder:
    return load_embedder(BASE_SPEC, models=MODELS)


@pytest.fixture(scope="module")
def adapted() -> SentenceEmbedder:
    return load_embedder(DEFAULT_SPEC, models=MODELS)


@pytest.fixture
def models(base: SentenceEmbedder, tmp_path: Path) -> Path:
    """Return a folder of models that has the base and nothing else."""
    assert base.dimension == 384
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / BASE).symlink_to(MODELS / BASE)
    return folder


@pytest.fixture
def learned(tmp_path: Path) -> Path:
    """Return a copy of what training left, to be changed."""
    folder = tmp_path / "learned"
    folder.mkdir()
    for name in (CONFIG, TENSORS):
        shutil.copy(adapter.FOLDER / name, folder)
    return folder


def write(folder: Path, tensors: dict[str, torch.Tensor], *, alpha: float = 2.0, rank: int = 1) -> None:
    save_file(tensors, folder / TENSORS)
    (folder / CONFIG).write_text(json.dumps({"lora_alpha": alpha, "r": rank}), "utf-8")


def one_matrix(name: str, *, rows: int, columns: int) -> dict[str, torch.Tensor]:
    dice = torch.Generator().manual_seed(1)
    return {
        f"base_model.model.{name}.lora_A.weight": torch.randn(1, columns, generator=dice),
        f"base_model.model.{name}.lora_B.weight": torch.randn(rows, 1, generator=dice),
    }


class TestTheModelWithItsAdapter:
    def test_reads_passages_exactly_as_its_base_does(self, base: SentenceEmbedder, adapted: SentenceEmbedder) -> None:
        assert np.array_equal(base.documents(PASSAGES), adapted.documents(PASSAGES))
        assert base.documents_by == adapted.documents_by

    def test_reads_questions_otherwise(self, base: SentenceEmbedder, adapted: SentenceEmbedder) -> None:
        plain, learned = base.queries(QUESTIONS), adapted.queries(QUESTIONS)
        assert np.allclose(np.linalg.norm(learned, axis=1), 1, atol=1e-5)
        assert ((plain * learned).sum(axis=1) < 0.99).all()
        assert base.name != adapted.name

    def test_tells_the_right_passage_more_clearly_from_the_wrong_one(
        self, base: SentenceEmbedder, adapted: SentenceEmbedder
    ) -> None:
        def lead(embedder: SentenceEmbedder) -> list[float]:
            near = embedder.queries(QUESTIONS[:2]) @ embedder.documents(PASSAGES).T
            return [float(near[0, 0] - near[0, 1]), float(near[1, 1] - near[1, 0])]

        assert all(now > before > 0 for now, before in zip(lead(adapted), lead(base), strict=True))

    def test_is_named_for_the_adapter(self, adapted: SentenceEmbedder) -> None:
        assert adapted.name == f"{DEFAULT_SPEC}@{adapter.digest()}"


class TestMerging:
    def test_adds_scale_times_b_times_a_to_the_side_of_questions_alone(self, models: Path, tmp_path: Path) -> None:
        name = "encoder.layer.7.attention.self.key"
        tensors = one_matrix(name, rows=384, columns=384)
        write(tmp_path, tensors, alpha=6.0, rank=2)
        model = with_adapter(models / BASE, tmp_path)
        before = load_file(MODELS / BASE / "model.safetensors")
        routes = dict(model.named_parameters())
        up, down = (tensors[f"base_model.model.{name}.lora_{part}.weight"] for part in "BA")
        changed = {
            parameter
            for key, weight in before.items()
            for parameter in routes
            if parameter.endswith(f".model.{key}") and not torch.equal(routes[parameter], weight)
        }
        (only,) = changed
        assert "query" in only.partition(name)[0]
        assert torch.allclose(routes[only], before[f"{name}.weight"] + 3.0 * up @ down, atol=1e-4)

    @pytest.mark.parametrize(
        ("tensors", "told"),
        [
            (one_matrix("encoder.layer.99.attention.self.key", rows=384, columns=384), "99"),
            (one_matrix("encoder.layer.7.attention.self.nothing", rows=384, columns=384), "nothing"),
            (one_matrix("encoder.layer.7.attention.self.key", rows=384, columns=380), "380"),
            (dict(list(one_matrix("encoder.layer.7.output.dense", rows=384, columns=1536).items())[:1]), "lora_B"),
            ({"base_model.model.encoder.layer.7.output.dense.lora_X.weight": torch.zeros(1)}, "adapts nothing"),
            ({}, "adapts nothing"),
        ],
        ids=["layer", "matrix", "shape", "half a pair", "another kind", "empty"],
    )
    def test_refuses_an_adapter_for_another_model(
        self, models: Path, tmp_path: Path, tensors: dict[str, torch.Tensor], told: str
    ) -> None:
        write(tmp_path, tensors)
        with pytest.raises(AdapterUnreadable, match=told):
            with_adapter(models / BASE, tmp_path)

    @pytest.mark.parametrize("config", ["{", "[]", "{}", '{"lora_alpha": 1, "r": 0}', '{"lora_alpha": null, "r": 1}'])
    def test_refuses_a_configuration_that_gives_no_scale(self, models: Path, learned: Path, config: str) -> None:
        (learned / CONFIG).write_text(config, "utf-8")
        with pytest.raises(AdapterUnreadable):
            with_adapter(models / BASE, learned)


class TestLoading:
    def test_joins_base_and_adapter_once(self, models: Path) -> None:
        load_embedder(DEFAULT_SPEC, models=models)
        mark = models / ADAPTED / "CONVERSION"
        before = mark.stat().st_mtime_ns
        load_embedder(DEFAULT_SPEC, models=models)
        assert mark.stat().st_mtime_ns == before

    def test_joins_them_again_for_a_new_adapter_which_keeps_every_vector_of_a_passage(
        self, models: Path, learned: Path, adapted: SentenceEmbedder, tmp_path: Path
    ) -> None:
        old = load_embedder(DEFAULT_SPEC, models=models)
        assert np.allclose(old.queries(QUESTIONS), adapted.queries(QUESTIONS), atol=1e-5)
        VectorCache(tmp_path / "cache", old).documents(PASSAGES)
        VectorCache(tmp_path / "cache", old).queries(QUESTIONS)
        tensors = load_file(learned / TENSORS)
        save_file({name: tensor * 1.5 for name, tensor in tensors.items()}, learned / TENSORS)
        new = load_embedder(DEFAULT_SPEC, models=models, learned=learned)
        assert new.name == f"{DEFAULT_SPEC}@{adapter.digest(learned)}" != old.name
        assert new.documents_by == old.documents_by
        embedded: list[int] = []
        cache = VectorCache(tmp_path / "cache", new)
        assert np.allclose(cache.documents(PASSAGES, progress=embedded.append), old.documents(PASSAGES), atol=1e-3)
        assert embedded == [len(PASSAGES)]  # known at once, none embedded
        again = cache.queries(QUESTIONS)
        assert np.allclose(again, new.queries(QUESTIONS), atol=1e-3)
        assert not np.allclose(again, old.queries(QUESTIONS), atol=1e-3)

    @pytest.mark.parametrize("harm", sorted(HARMS.keys() - {"one bit"}))  # one wrong bit makes just another adapter
    def test_with_a_damaged_adapter_says_what_to_do_and_leaves_nothing_behind(
        self, models: Path, learned: Path, harm: str
    ) -> None:
        file = learned / TENSORS
        file.write_bytes(HARMS[harm](file.read_bytes()))
        with pytest.raises(ModelUnavailable, match=f"learned.*train again.*{BASE_SPEC}"):
            load_embedder(DEFAULT_SPEC, models=models, learned=learned)
        assert [path.name for path in models.iterdir()] == [BASE]

    def test_never_takes_a_model_made_earlier_for_the_adapter_that_is_missing(
        self, models: Path, learned: Path
    ) -> None:
        load_embedder(DEFAULT_SPEC, models=models, learned=learned)
        for file in learned.iterdir():
            file.unlink()
        with pytest.raises(ModelUnavailable, match=r"adapter_config\.json.*train again"):
            load_embedder(DEFAULT_SPEC, models=models, learned=learned)

    def test_tells_a_damaged_base_from_an_adapter_that_does_not_fit(self, tmp_path: Path) -> None:
        models = tmp_path / "models"
        shutil.copytree(MODELS / BASE, models / BASE, ignore=shutil.ignore_patterns("*.safetensors"))
        (models / BASE / "model.safetensors").write_bytes(b"cut short")
        for spec in (BASE_SPEC, DEFAULT_SPEC):
            with pytest.raises(ModelUnavailable, match=f"remove .*{BASE}, and it is made anew"):
                load_embedder(spec, models=models)


class TestServing:
    def test_goes_on_by_words_alone_and_says_why(self, models: Path, learned: Path, tmp_path: Path) -> None:
        (learned / TENSORS).write_bytes(b"")
        home = tmp_path / "home"
        fill(home, source_texts())
        make(home, embedder=PairEmbedder())
        load: Callable[..., SentenceEmbedder] = partial(load_embedder, learned=learned)
        serving = Serving(home, embedder_spec=DEFAULT_SPEC, models=models, load=load)
        serving.refresh()
        with serving.using() as opened:
            status = opened.status()
        serving.close()
        assert status["mode"] == "words"
        assert "train again" in str(status["model_missing"])
