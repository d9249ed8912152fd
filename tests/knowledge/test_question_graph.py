"""The graph that questions are embedded by says what the model says, and is drawn anew when it is gone."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from knowledge_base import adapter
from knowledge_base.embedding import DEFAULT_SPEC, load_embedder
from knowledge_base.question_graph import EAR_FILE, FILE, GraphUnreadable, QuestionGraph, is_whole, write_graph
from tests.knowledge.conftest import MODELS

pytestmark = pytest.mark.knowledge


@pytest.fixture(scope="module")
def bert() -> BertModel:
    torch.manual_seed(5)
    config = BertConfig(
        vocab_size=50,
        hidden_size=24,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=40,
        max_position_embeddings=32,
        type_vocab_size=2,
        initializer_range=0.5,
        hidden_act="gelu",
    )
    model: BertModel = BertModel(config, add_pooling_layer=False).eval()
    return model


class TestTheGraph:
    @pytest.mark.parametrize("length", [1, 2, 7, 32])
    def test_says_what_the_model_says(self, bert: BertModel, tmp_path: Path, length: int) -> None:
        write_graph(bert, tmp_path)
        ids = np.random.default_rng(length).integers(0, 50, length)
        with torch.inference_mode():
            expected = bert(torch.from_numpy(ids)[None]).last_hidden_state[0].mean(0).numpy()
        found, heard = QuestionGraph(tmp_path).means(ids)
        assert heard is None
        assert np.abs(expected).max() > 0.1
        np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_says_what_a_second_model_says_that_shares_layers(self, bert: BertModel, tmp_path: Path) -> None:
        ear = copy.deepcopy(bert)
        with torch.no_grad():
            ear.encoder.layer[1].output.dense.weight.add_(0.3)
        write_graph(bert, tmp_path, ear=ear, second="an ear")
        assert is_whole(tmp_path, second="an ear")
        assert not is_whole(tmp_path)
        ids = np.random.default_rng(3).integers(0, 50, 9)
        np.testing.assert_array_equal(QuestionGraph(tmp_path).mean(ids), QuestionGraph(tmp_path).means(ids)[0])
        for model, found in zip((bert, ear), QuestionGraph(tmp_path).means(ids), strict=True):
            with torch.inference_mode():
                expected = model(torch.from_numpy(ids)[None]).last_hidden_state[0].mean(0).numpy()
            np.testing.assert_allclose(found, expected, atol=1e-5)

    def test_forgets_a_second_model_that_is_no_longer_wanted(self, bert: BertModel, tmp_path: Path) -> None:
        write_graph(bert, tmp_path, ear=copy.deepcopy(bert), second="an ear")
        assert sorted(path.name for path in tmp_path.iterdir()) == [EAR_FILE, FILE, f"{FILE}.sha256"]
        (tmp_path / EAR_FILE).write_bytes(b"damaged")
        assert not is_whole(tmp_path, second="an ear")
        write_graph(bert, tmp_path)
        assert QuestionGraph(tmp_path).means(np.asarray([1, 2]))[1] is None

    def test_refuses_a_second_model_of_other_words(self, bert: BertModel, tmp_path: Path) -> None:
        ear = copy.deepcopy(bert)
        with torch.no_grad():
            ear.embeddings.word_embeddings.weight.add_(0.3)
        with pytest.raises(GraphUnreadable, match="other words"):
            write_graph(bert, tmp_path, ear=ear)

    def test_leaves_nothing_half_written(self, bert: BertModel, tmp_path: Path) -> None:
        write_graph(bert, tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == [FILE, f"{FILE}.sha256"]
        assert is_whole(tmp_path)

    def test_tells_a_single_altered_byte_wherever_it_is(self, bert: BertModel, tmp_path: Path) -> None:
        write_graph(bert, tmp_path)
        whole = (tmp_path / FILE).read_bytes()
        for at in range(0, len(whole), len(whole) // 20):
            (tmp_path / FILE).write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            assert not is_whole(tmp_path)

    def test_says_so_where_it_cannot_be_run(self, bert: BertModel, tmp_path: Path) -> None:
        write_graph(bert, tmp_path)
        with pytest.raises(GraphUnreadable, match="cannot be run"):
            QuestionGraph(tmp_path).means(np.asarray([10_000]))  # no such word

    @pytest.mark.parametrize("kept", [0, 200, -100])
    def test_that_is_damaged_is_refused(self, bert: BertModel, tmp_path: Path, kept: int) -> None:
        write_graph(bert, tmp_path)
        whole = (tmp_path / FILE).read_bytes()
        (tmp_path / FILE).write_bytes(whole[:kept])
        with pytest.raises(GraphUnreadable, match="cannot be read"):
            QuestionGraph(tmp_path)

    def test_that_is_gone_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(GraphUnreadable):
            QuestionGraph(tmp_path)


class TestThePackagedModel:
    @pytest.mark.parametrize(
        "text", ["", "离婚", "老板拖欠工资，去哪里告？", "我在工地干了半年活，一分钱没拿到。" * 60]
    )
    def test_embeds_one_question_as_it_embeds_many(self, text: str) -> None:
        embedder = load_embedder(DEFAULT_SPEC, models=MODELS)
        alone, together = embedder.query(text), embedder.queries([text])[0]
        np.testing.assert_allclose(alone, together, atol=1e-5)
        assert alone.dtype == np.float32

    def test_draws_its_graph_anew_when_it_is_gone(self, tmp_path: Path) -> None:
        (tmp_path / "e5small-zh").symlink_to(MODELS / "e5small-zh")
        load_embedder(DEFAULT_SPEC, models=tmp_path)
        drawn = tmp_path / "e5small-zh-law" / FILE
        before = drawn.read_bytes()
        drawn.unlink()
        load_embedder(DEFAULT_SPEC, models=tmp_path)
        assert drawn.read_bytes() == before

    def test_draws_it_anew_when_it_is_damaged(self, tmp_path: Path) -> None:
        (tmp_path / "e5small-zh").symlink_to(MODELS / "e5small-zh")
        load_embedder(DEFAULT_SPEC, models=tmp_path)
        (tmp_path / "e5small-zh-law" / FILE).write_bytes(b"half")
        load_embedder(DEFAULT_SPEC, models=tmp_path)
        assert is_whole(tmp_path / "e5small-zh-law", second=adapter.digest(adapter.EAR))
