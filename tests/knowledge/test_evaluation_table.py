"""The table of retrieval's stages: what it shows, and what it says of figures that flatter."""

from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from knowledge_base.evaluate import Labelled, evaluate
from knowledge_base.evaluation_table import notes, tables
from knowledge_base.search import Searcher
from tests.knowledge.fakes import PairEmbedder, PhraseReranker
from tests.knowledge.test_learned_order import ANSWER, REMEMBERED, opened

pytestmark = pytest.mark.unit
ON = date(2026, 11, 22)
KNOWN = Labelled(query=REMEMBERED, article_names=("工资法第4条",))
NEW = Labelled(query="房东不退押金", article_names=("房屋租赁法第1条",))
LOST = Labelled(query="房东不退押金", article_names=("民法典第1条",))


def measured(home: Path, *questions: Labelled, reranker: PhraseReranker | None = None) -> dict[str, Any]:
    index = opened(home, memory={ANSWER: [REMEMBERED]})
    return dict(evaluate(Searcher(index, PairEmbedder(), reranker), questions, on=ON))


def printed(figures: dict[str, Any]) -> list[str]:
    out = StringIO()
    console = Console(file=out, width=120)
    for table in tables(figures):
        console.print(table)
    return [line.strip() for line in out.getvalue().splitlines() if line.strip()]


class TestTheTable:
    def test_has_a_row_for_each_stage_in_the_order_they_build_on_one_another(self, tmp_path: Path) -> None:
        lines = printed(measured(tmp_path, NEW))
        assert lines[0] == "全部 1 题"
        assert lines[1].split()[:7] == ["方法", "R@1", "R@3", "R@5", "R@10", "R@100", "MRR@10"]
        names = [line.split("  ")[0] for line in lines[3:]]
        assert names == ["只用字词（BM25）", "只用向量", "两者合并", "＋口语词汇扩展", "＋学习排序"]

    def test_adds_a_row_for_the_reranker_where_there_is_one(self, tmp_path: Path) -> None:
        figures = measured(tmp_path, NEW, reranker=PhraseReranker("租赁物"))
        assert [line.split("  ")[0] for line in printed(figures)[-2:]] == ["＋学习排序", "＋重排"]
        assert figures["systems"]["learned"]["recall@1"] == 1.0
        assert figures["systems"]["default"]["recall@1"] == 0.0
        assert not any("没有配置重排模型" in note for note in notes(figures))

    def test_tells_seen_and_unseen_apart_where_there_are_both(self, tmp_path: Path) -> None:
        lines = printed(measured(tmp_path, KNOWN, NEW))
        titles = [line for line in lines if line.endswith("题")]
        assert titles == ["全部 2 题", "答案条文在训练中出现过的 1 题", "答案条文在训练中没有出现过的 1 题"]


class TestTheNotes:
    def test_say_which_questions_cannot_measure_what_learned_from_them(self, tmp_path: Path) -> None:
        figures = measured(tmp_path, KNOWN, NEW)
        assert figures["learned_from"] == 1
        told = "".join(notes(figures))
        assert "1 题正是训练用过的题" in told
        assert "交叉验证" in told

    def test_are_silent_about_questions_that_nothing_was_learned_from(self, tmp_path: Path) -> None:
        figures = measured(tmp_path, NEW)
        assert figures["learned_from"] == 0
        assert [note for note in notes(figures) if "训练" in note] == []

    def test_count_what_has_no_answer_here(self, tmp_path: Path) -> None:
        assert "另有 1 题的答案不在索引里，没有计入。" in list(notes(measured(tmp_path, NEW, LOST)))

    def test_say_that_no_reranker_is_configured(self, tmp_path: Path) -> None:
        assert any("没有配置重排模型" in note for note in notes(measured(tmp_path, NEW)))
