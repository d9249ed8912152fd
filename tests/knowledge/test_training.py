"""Training leaves an adapter, weights and a memory that fit together, and is measured on questions it never saw."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules
from transformers import AutoTokenizer, BertConfig, BertModel

from knowledge_base import adapter
from knowledge_base.__main__ import main
from knowledge_base.adapter_training import Example, Student
from knowledge_base.asked import Asked
from knowledge_base.embedding import BASE_SPEC, DEFAULT_SPEC, SentenceEmbedder, load_embedder
from knowledge_base.fusion import FEATURES, Fusion
from knowledge_base.memory import Memory
from knowledge_base.weights import CONVERSION, save_model
from tests.knowledge.conftest import MODELS, ROOT
from tests.knowledge.homes import fill, make, source_texts

pytestmark = [
    pytest.mark.knowledge,
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning"),  # between two libraries of others
]

BASE = BASE_SPEC.partition(":")[2]
LAW = "法律援助法"
"""A law for whose articles there are questions of our own; what they say here is made up."""
DIGITS = "一二三四五六七八九"
MARKS = [f"第{ten}十{one}条" for ten in "二三" for one in ("", *DIGITS)]
THINGS = [
    "咨询",
    "工钱",
    "押金",
    "离婚",
    "彩礼",
    "遗嘱",
    "邻居",
    "漏水",
    "车祸",
    "保险",
    "工伤",
    "社保",
    "辞退",
    "合同",
    "借条",
    "定金",
    "网购",
    "退货",
    "土地",
    "拆迁",
]
ALONE, TWICE, OFTEN = range(10), range(10, 14), 14
"""Articles asked for once, asked for twice in the same words, and by many."""
MANY = 15


def line(query: str, *articles: int) -> dict[str, object]:
    return {"query": query, "article_names": [f"{LAW}{MARKS[article]}" for article in articles]}


def labelled() -> list[dict[str, object]]:
    """Return thirty-four questions about the law and one about another."""
    alone = [line(f"{THINGS[number]}的事该找谁", number) for number in ALONE]
    twice = [line(f"{THINGS[number]}去哪里办{end}", number) for number in TWICE for end in ("?", "？")]
    often = [line(f"借条丢了怎么办，已经第{number}次了", OFTEN) for number in range(MANY)]
    both = line("土地和借条一起办行吗", 18, OFTEN)
    stranger: dict[str, object] = {"query": "这条法律不在这里", "article_names": ["海商法第一条"]}
    return [*alone, *twice, *often, both, stranger]


@dataclass(frozen=True, slots=True)
class Workshop:
    """A home with one law, and a model of eight thin layers in the place of ours: it knows nothing, and learns fast."""

    home: Path
    models: Path

    def questions(self, lines: Sequence[object]) -> Path:
        file = self.home.parent / "questions.jsonl"
        file.write_text("\n".join(json.dumps(one, ensure_ascii=False) for one in lines), "utf-8")
        return file

    def train(self, file: Path, out: Path) -> int:
        return main(["train", str(file), "--home", str(self.home), "--out", str(out)])


def thin_model(scratch: Path) -> SentenceTransformer:
    torch.manual_seed(7)
    tokenizer = AutoTokenizer.from_pretrained(MODELS / BASE)
    bert = BertModel(
        BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=48,
            num_hidden_layers=8,
            num_attention_heads=4,
            intermediate_size=96,
            initializer_range=0.2,
        ),
        add_pooling_layer=False,
    )
    bert.save_pretrained(scratch)
    tokenizer.save_pretrained(scratch)
    transformer = modules.Transformer(str(scratch), max_seq_length=512)
    return SentenceTransformer(
        modules=[transformer, modules.Pooling(48, "mean"), modules.Normalize()],
        prompts={"query": "query: ", "document": "passage: "},
        device="cpu",
    )


@pytest.fixture(scope="module")
def base() -> SentenceEmbedder:
    return load_embedder(BASE_SPEC, models=MODELS)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, base: SentenceEmbedder) -> Workshop:
    assert base.dimension > 48  # it lends its vocabulary to a thinner one
    folder = tmp_path_factory.mktemp("workshop")
    home, models = folder / "home", folder / "models"
    models.mkdir()
    save_model(thin_model(folder / "scratch"), models / BASE, mark=str(CONVERSION))
    head = f"# 中华人民共和国{LAW}\n\n2021年8月20日 某会议通过\n\n<!-- INFO END -->\n\n## 第三章 程序\n\n"
    articles = (f"{mark} {thing}方面的事情，由机构办理。" for mark, thing in zip(MARKS, THINGS, strict=True))
    fill(home, {f"{LAW}(2021-08-20).md": head + "\n\n".join(articles) + "\n"})
    make(home, embedder=None)
    return Workshop(home, models)


@pytest.fixture(scope="module")
def learned(workshop: Workshop) -> Path:
    """Return what one training left."""
    out = workshop.home.parent / "learned"
    assert workshop.train(workshop.questions(labelled()), out) == 0
    return out


def manifest(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "manifest.json").read_text("utf-8"))
    return read


def memory(folder: Path) -> Memory:
    read = Memory.load(folder)
    assert read is not None
    return read


def fusion(folder: Path) -> Fusion:
    read = Fusion.load(folder)
    assert read is not None
    return read


class TestWhatIsLeft:
    def test_is_a_model_weights_and_a_memory_that_fit_together(self, workshop: Workshop, learned: Path) -> None:
        embedder = load_embedder(DEFAULT_SPEC, models=workshop.models, learned=learned)
        assert memory(learned).model == embedder.name
        assert fusion(learned).scores(np.zeros((3, FEATURES), np.float32)).shape == (3,)

    def test_reads_questions_as_they_are_remembered(self, workshop: Workshop, learned: Path) -> None:
        embedder = load_embedder(DEFAULT_SPEC, models=workshop.models, learned=learned)
        asked = [str(one["query"]) for one in labelled()[:-1]]
        plain = load_embedder(BASE_SPEC, models=workshop.models, learned=learned).queries(asked)
        now, before = ((memory(learned).vectors * read).sum(axis=1) for read in (embedder.queries(asked), plain))
        assert now.min() > 0.9999
        assert (now > before).all()

    def test_remembers_each_question_with_its_articles_and_none_without(self, learned: Path) -> None:
        answers = memory(learned).answers
        assert len(answers) == len(labelled()) - 1
        assert list(answers[0]) == [(LAW, MARKS[0])]
        assert list(answers[-1]) == sorted([(LAW, MARKS[OFTEN]), (LAW, MARKS[18])])

    def test_says_what_it_was_made_from_and_how(self, learned: Path) -> None:
        said = manifest(learned)
        assert said["base"].startswith(BASE_SPEC)
        assert said["own_questions"] == Asked.load().digest
        assert said["features"] == FEATURES
        assert "train questions.jsonl" in said["command"]

    def test_names_no_path_of_the_machine_that_trained(self, workshop: Workshop, learned: Path) -> None:
        for file in learned.iterdir():
            assert str(workshop.home.parent).encode() not in file.read_bytes(), file.name
        config = json.loads((learned / "adapter_config.json").read_text("utf-8"))
        assert config["base_model_name_or_path"] == BASE_SPEC

    def test_is_the_same_again(self, workshop: Workshop, learned: Path, tmp_path: Path) -> None:
        assert workshop.train(workshop.questions(labelled()), tmp_path) == 0
        assert adapter.digest(tmp_path) == adapter.digest(learned)
        assert manifest(tmp_path) == manifest(learned)
        rows = np.random.default_rng(1).normal(size=(5, FEATURES)).astype(np.float32)
        assert fusion(tmp_path).scores(rows).tolist() == fusion(learned).scores(rows).tolist()
        assert np.array_equal(memory(tmp_path).vectors, memory(learned).vectors)


class TestMeasuring:
    def test_tells_questions_whose_article_the_other_folds_answer_from_those_it_never_saw(self, learned: Path) -> None:
        figures = manifest(learned)["cross_validation"]
        seen, unseen = MANY + 1, len(ALONE) + 2 * len(TWICE)
        assert {name: figures[name]["n"] for name in ("all", "seen", "unseen")} == {
            "all": seen + unseen,
            "seen": seen,
            "unseen": unseen,
        }

    def test_is_the_mean_of_both_kinds(self, learned: Path) -> None:
        figures = manifest(learned)["cross_validation"]
        for name in ("recall@1", "recall@5", "mrr@10"):
            both = sum(figures[kind]["n"] * figures[kind][name] for kind in ("seen", "unseen"))
            assert figures["all"][name] == pytest.approx(both / figures["all"]["n"], abs=2e-4)

    def test_learns_which_evidence_tells(self, learned: Path) -> None:
        assert manifest(learned)["cross_validation"]["all"]["recall@5"] > 0.8  # of twenty, where five are a quarter


class TestTheCommand:
    @pytest.mark.parametrize(
        ("content", "told"),
        [
            (b'{"query": "a", "article_names": []}\n{"query": 1}', "line 2"),
            (b"not json", "line 1"),
            (b"\xff\xfe\x00", "cannot be read"),
            (None, "cannot be read"),
        ],
    )
    def test_names_the_questions_it_cannot_read(
        self,
        workshop: Workshop,
        tmp_path: Path,
        content: bytes | None,
        told: str,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        file = tmp_path / "q.jsonl"
        if content is not None:
            file.write_bytes(content)
        assert workshop.train(file, tmp_path / "out") == 2
        complaint = capsys.readouterr().err
        assert "q.jsonl" in complaint
        assert told in complaint
        assert not (tmp_path / "out").exists()

    def test_refuses_next_to_no_questions(
        self, workshop: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        again = [line(f"{thing}的事该找谁{'。' * number}", 0) for number in range(9) for thing in THINGS[:3]]
        assert workshop.train(workshop.questions([*again, labelled()[-1]]), tmp_path) == 2
        assert "27 questions; 30" in capsys.readouterr().err
        assert list(tmp_path.iterdir()) == []

    def test_tells_at_once_that_it_cannot_write(
        self, workshop: Workshop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "out").write_text("a file")
        assert workshop.train(workshop.questions(labelled()), tmp_path / "out") == 2
        assert "是一个文件" in capsys.readouterr().err

    def test_says_that_there_is_no_index(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        empty = Workshop(tmp_path / "home", tmp_path / "models")
        assert empty.train(empty.questions(labelled()), tmp_path / "out") == 1
        assert "knowledge_base build" in capsys.readouterr().err

    def test_says_that_the_base_cannot_be_had(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        bare = Workshop(tmp_path / "home", tmp_path / "models")
        fill(bare.home, source_texts())
        make(bare.home, embedder=None)
        bare.models.write_text("no folder")
        assert bare.train(bare.questions(labelled()), tmp_path / "out") == 1
        assert "could not be converted" in capsys.readouterr().err

    def test_names_the_library_that_only_training_needs(self) -> None:
        without = (
            "import sys; sys.modules['peft'] = None; from knowledge_base.__main__ import main; main(['train', 'q'])"
        )
        told = subprocess.run([sys.executable, "-c", without], cwd=ROOT, capture_output=True, text=True, check=True)
        assert "训练要用到 peft" in told.stderr


class TestTheStudent:
    """With the model that comes with us."""

    QUESTIONS = ("老板跑路了工钱找谁要", "离婚了孩子归谁", "被家里人打了怎么办", "工地上摔断了腿谁赔")
    PASSAGES = (
        "无故拖欠劳动者工资的，由劳动行政部门责令支付。",
        "离婚后，子女由谁直接抚养，由双方协议。",
        "家庭暴力受害人可以向公安机关报案。",
        "职工在工作时间因工作原因受到事故伤害的，认定为工伤。",
    )

    def test_begins_as_the_base(self, base: SentenceEmbedder) -> None:
        student = Student(MODELS / BASE, seed=0)
        vectors = student.encode(student.halfway(self.QUESTIONS))
        assert np.allclose(vectors, base.queries(self.QUESTIONS), atol=5e-3)

    def test_learns_to_lay_questions_beside_their_answers_and_goes_back_when_told(self, base: SentenceEmbedder) -> None:
        student, passages = Student(MODELS / BASE, seed=0), torch.from_numpy(base.documents(self.PASSAGES))
        halfway = student.halfway(self.QUESTIONS)
        examples = [Example(halfway=half, rows=[row]) for row, half in enumerate(halfway)]

        def share() -> float:
            near = torch.from_numpy(student.encode(halfway)) @ passages.T
            return float(torch.softmax(50 * near, 1).diagonal().mean())

        start, before = student.state, student.encode(halfway)
        ignorant = share()
        student.fit(examples, passages, epochs=12, rate=3e-3, heard=lambda *_: None)
        assert share() > ignorant + 0.1
        student.restore(start)
        assert np.allclose(student.encode(halfway), before, atol=1e-6)
