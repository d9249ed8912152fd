"""Reading the best clauses anew: in which order, with which models, and what happens where there is none."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from knowledge_base.__main__ import main
from knowledge_base.index import open_index
from knowledge_base.rerank import READ, RerankerUnavailable, load_reranker
from knowledge_base.search import Mode, Ranked, Searcher, Wanted
from knowledge_base.serving import Serving
from tests.knowledge.fakes import PairEmbedder, PhraseReranker
from tests.knowledge.homes import fill, make, source_texts

pytestmark = pytest.mark.knowledge
ON = date(2026, 11, 22)
QUERY = "机构收到申请多少日内审查"
WORDS = "第条日内申请援助审查机构收到决定付劳动报酬"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    fill(made, source_texts())
    make(made, embedder=PairEmbedder())
    return made


def searcher(home: Path, reranker: PhraseReranker | None) -> Searcher:
    embedder = PairEmbedder()
    return Searcher(open_index(home, model=embedder.name), embedder, reranker)


def ranked(searched: Searcher, mode: Mode = Mode.DEFAULT) -> list[Ranked]:
    mask = searched.scope(region="140581", on=ON)
    return list(searched.rank(Wanted(query=QUERY, on=ON, mask=mask, count=50, mode=mode)))


def cross_encoder(folder: Path, *, labels: int = 1) -> Path:
    """Write a cross-encoder of two small layers with drawn weights, and a tokenizer of single characters."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    numbers = {token: number for number, token in enumerate([*special, *dict.fromkeys(WORDS)])}
    tokenizer = Tokenizer(models.WordLevel(numbers, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", numbers["[CLS]"]), ("[SEP]", numbers["[SEP]"])],
    )
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(numbers),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=256,
        num_labels=labels,
        initializer_range=1.0,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=256,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    ).save_pretrained(folder)
    return folder


class TestReadingAnew:
    def test_puts_first_the_clause_that_the_reranker_prefers(self, home: Path) -> None:
        reranker = PhraseReranker("自2022年1月1日起施行")
        before, after = ranked(searcher(home, None)), ranked(searched := searcher(home, reranker))
        clauses = [found.entry for found in after if not searched.index.is_card(found.entry)]
        assert "施行" in searched.index.clause(clauses[0]).text
        others = [found.entry for found in before if found.entry in clauses[1:]]
        assert clauses[1:] == others

    def test_hands_out_the_scores_that_were_there_and_leaves_the_cards_alone(self, home: Path) -> None:
        before, after = (ranked(searcher(home, one)) for one in (None, PhraseReranker("施行")))
        assert [found.score for found in before] == [found.score for found in after]
        passages = searcher(home, None).index.passages
        assert [f for f in before if f.entry >= passages] == [f for f in after if f.entry >= passages]

    def test_reads_the_question_with_the_best_clauses_under_their_names(self, home: Path) -> None:
        reranker = PhraseReranker("")
        before, after = ranked(searcher(home, None)), ranked(searcher(home, reranker))
        assert before == after
        ((asked, texts),) = reranker.read
        assert asked == QUERY
        assert 1 < len(texts) <= READ
        assert texts[0].startswith("援助法第一条：机构应当自收到申请之日起七日内审查")

    @pytest.mark.parametrize("mode", [mode for mode in Mode if mode is not Mode.DEFAULT])
    def test_belongs_to_the_default_alone(self, home: Path, mode: Mode) -> None:
        reranker = PhraseReranker("施行")
        ranked(searcher(home, reranker), mode)
        assert reranker.read == []

    def test_is_measured_as_a_stage_of_its_own(self, home: Path) -> None:
        searched = searcher(home, PhraseReranker("施行"))
        assert [found.entry for found in ranked(searched, Mode.LEARNED)] == [
            found.entry for found in ranked(searcher(home, None))
        ]


class TestACrossEncoder:
    def test_is_read_from_a_folder(self, tmp_path: Path) -> None:
        reranker = load_reranker(f"path:{cross_encoder(tmp_path / 'cross')}")
        assert reranker is not None
        scores = reranker.score(QUERY, ["七日内审查", "劳动报酬", "七日内审查"])
        assert scores.shape == (3,)
        assert scores[0] == pytest.approx(scores[2], abs=1e-5)
        assert abs(scores[0] - scores[1]) > 1e-4
        assert reranker.score(QUERY, []).shape == (0,)

    def test_orders_the_clauses_by_its_own_scores(self, home: Path, tmp_path: Path) -> None:
        reranker = load_reranker(f"path:{cross_encoder(tmp_path / 'cross')}")
        assert reranker is not None
        embedder = PairEmbedder()
        searched = Searcher(open_index(home, model=embedder.name), embedder, reranker)
        found = [one.entry for one in ranked(searched) if not searched.index.is_card(one.entry)]
        texts = [
            f"{searched.index.document_of(e).title.removeprefix('中华人民共和国')}{searched.index.clause(e).mark}："
            f"{searched.index.clause(e).text}"
            for e in found
        ]
        scores = reranker.score(QUERY, texts)
        assert len(set(scores.tolist())) > 1
        assert np.all(np.diff(scores) <= 1e-5)

    def test_of_several_classes_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(RerankerUnavailable, match="3 classes"):
            load_reranker(f"path:{cross_encoder(tmp_path / 'cross', labels=3)}")

    def test_that_is_cut_short_is_refused(self, tmp_path: Path) -> None:
        weights = cross_encoder(tmp_path / "cross") / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:100])
        with pytest.raises(RerankerUnavailable, match="could not be loaded"):
            load_reranker(f"path:{tmp_path / 'cross'}")


class TestWithoutOne:
    def test_nothing_is_loaded_unless_one_is_named(self) -> None:
        assert load_reranker("") is None

    @pytest.mark.parametrize("spec", ["path:", "path:/nowhere", "hub:", "bge", "package:none"])
    def test_a_name_that_leads_nowhere_is_said(self, spec: str) -> None:
        with pytest.raises(RerankerUnavailable, match=spec):
            load_reranker(spec)

    def test_the_service_goes_on(self, home: Path) -> None:
        serving = Serving(
            home, embedder_spec="fake", reranker_spec="path:/nowhere", load=lambda _spec, **_: PairEmbedder()
        )
        serving.refresh()
        with serving.using() as base:
            assert base.status()["reranker"] is None
            assert "/nowhere" in base.status()["reranker_missing"]
            assert base.search(QUERY, region=None, on=ON)

    def test_the_commands_go_on_and_say_so(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        make(home, embedder=None)
        status = main(["search", QUERY, "--home", str(home), "--model", "path:/no", "--reranker", "path:/nowhere"])
        told = capsys.readouterr()
        assert status == 0
        assert "第一条" in told.out
        plain = [line for line in told.err.splitlines() if not line.startswith("（")]
        assert plain == [
            "没有向量模型，只按字词检索；请核对 --model 写的名字",
            "没有重排模型，不重排；请核对 --reranker 写的名字",
        ]

    def test_the_table_says_so(self, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        question = {"query": QUERY, "article_names": ["援助法第一条"]}
        (tmp_path / "q.jsonl").write_text(json.dumps(question), "utf-8")
        make(home, embedder=None)
        arguments = ["evaluate", str(tmp_path / "q.jsonl"), "--home", str(home), "--model", "path:/no"]
        assert main(arguments) == 0
        told = capsys.readouterr().out
        assert "只用字词（BM25）" in told
        assert "没有配置重排模型" in told
        assert main([*arguments, "--reranker", f"path:{cross_encoder(tmp_path / 'cross')}"]) == 0
        told = capsys.readouterr().out
        assert "＋重排" in told
        assert "没有配置重排模型" not in told
