"""The command line: ingest, build, ask, search, evaluate, and what it says when something is wrong."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from knowledge_base.__main__ import main
from knowledge_base.evaluate import Labelled, evaluate
from knowledge_base.index import open_index
from knowledge_base.search import Searcher
from tests.knowledge.conftest import MODELS, ROOT
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import fill, make, source_texts

pytestmark = pytest.mark.unit

WORDS_ONLY = f"path:{MODELS / 'no-such-model'}"


def run(*arguments: str | Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, Any]:
    status = main([str(argument) for argument in arguments])
    return status, json.loads(capsys.readouterr().out or "null")


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    file = tmp_path / "articles.jsonl"
    lines = [
        {"id": "s1", "title": "劳动法", "clause": "第一条", "text": "工资应当以货币形式按月支付给劳动者本人。"},
        {"id": "s2", "title": "劳动法", "clause": "第二条", "text": "劳动者享有休息休假的权利。"},
        {"id": "s3", "title": "继承法", "clause": "第一条", "text": "遗产按照法定顺序继承。"},
    ]
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return file


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


class TestFromTextsToAnswers:
    def test_by_words_alone(self, home: Path, articles: Path, capsys: pytest.CaptureFixture[str]) -> None:
        status, reports = run("ingest", articles, "--home", home, "--json", capsys=capsys)
        assert (status, reports[0]["clauses"]) == (0, 3)
        status, report = run("build", "--home", home, "--model", WORDS_ONLY, "--json", capsys=capsys)
        assert (status, report["passages"], report["model"]) == (0, 3, None)
        assert "no-such-model" in report["model_missing"]
        status, found = run("search", "工资按月支付", "--home", home, "--model", WORDS_ONLY, "--json", capsys=capsys)
        assert (status, found["outcome"]) == (0, "answer")
        texts = [hit["passage"]["id"] for hit in found["results"] if not hit["passage"]["id"].startswith("card:")]
        assert texts[0] == "s1"
        question = "银川的八种免审查情形是哪八种"
        status, answer = run("ask", question, "--home", home, "--model", WORDS_ONLY, "--json", capsys=capsys)
        assert (status, answer["outcome"], answer["reason"]) == (0, "no_answer", "not_in_documents")

    def test_without_an_index_it_is_unavailable_not_silent(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        status, told = run("ask", "离婚", "--home", home, "--model", WORDS_ONLY, "--json", capsys=capsys)
        assert (status, told["outcome"], told["code"]) == (1, "unavailable", "knowledge_unavailable")

    def test_a_path_that_is_not_there_is_said(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        status, told = run("ingest", home / "nothing.txt", "--home", home, "--json", capsys=capsys)
        assert (status, told["code"]) == (2, "no_such_file")

    def test_a_refused_file_makes_the_command_fail(
        self, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "empty.txt").write_text("")
        status, reports = run("ingest", tmp_path / "empty.txt", "--home", home, "--json", capsys=capsys)
        assert (status, reports[0]["outcome"]) == (1, "refused")

    def test_a_line_that_was_not_taken_in_makes_the_command_fail_too(
        self, home: Path, articles: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        articles.write_text(articles.read_text("utf-8") + "\nnot json\n", "utf-8")
        status = main(["ingest", str(articles), "--home", str(home)])
        told = capsys.readouterr().out
        assert status == 1
        assert f"{articles}:4：无法读取" in told
        assert "added 1" in told

    def test_shows_a_provision_in_the_version_of_the_day(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        fill(home, source_texts())
        for day, days in (("2021-12-31", "十五日内"), ("2022-01-01", "七日内")):
            status, found = run("show", "援助法第一条", "--on", day, "--home", home, "--json", capsys=capsys)
            assert status == 0
            assert days in found[0]["text"]
        assert main(["show", "高司字〔2024〕6号一(一)", "--on", "2025-01-01", "--home", str(home)]) == 0
        told = capsys.readouterr().out
        assert "plan_ended" in told
        assert "每周三值班一次" in told
        assert main(["show", "高司字〔2024〕6号一(一)", "--region", "640100", "--home", str(home)]) == 2
        assert "没有找到" in capsys.readouterr().out
        status, found = run("show", "援助法第九十九条", "--home", home, "--json", capsys=capsys)
        assert (status, found) == (2, [])

    def test_is_quiet_when_its_reader_has_seen_enough(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        command = [sys.executable, "-m", "knowledge_base", "places", "find", "--region", "231000"]
        with os.fdopen(writer, "wb") as gone:
            told = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, cwd=ROOT, check=False)
        assert (told.returncode, told.stderr) == (0, b"")


class TestEvaluate:
    def test_counts_what_is_found_where(self, home: Path) -> None:
        fill(home, source_texts())
        make(home, embedder=PairEmbedder())
        embedder = PairEmbedder()
        searcher = Searcher(open_index(home, model=embedder.name), embedder)
        questions = [
            Labelled(query="自收到申请之日起七日内审查", article_names=("中华人民共和国援助法第一条",)),
            Labelled(query="请求支付劳动报酬", gold=("援助法@2021-08-20#第二条",)),
            Labelled(query="全年办理法律援助件数", gold=("高司字〔2024〕6号",), region="140581"),
            Labelled(query="没有答案的问题", gold=("nothing",)),
        ]
        figures = evaluate(searcher, questions, on=date(2026, 11, 21))
        assert (figures["n"], figures["without_gold"]) == (3, 1)
        assert set(figures["systems"]) == {"default", "bm25", "dense", "fused", "expanded"}
        default = figures["systems"]["default"]
        assert set(default) == {
            *(f"recall@{k}" for k in (1, 3, 5, 10, 100)),
            "mrr@10",
            "p50_ms",
            "p95_ms",
        }
        assert default["recall@10"] == 1.0
        assert 0 < default["mrr@10"] <= 1

    def test_names_the_line_it_cannot_read(
        self, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "q.jsonl").write_text('{"query": "甲", "gold": ["a"]}\n{"gold": []}\n')
        status, told = run("evaluate", tmp_path / "q.jsonl", "--home", home, "--json", capsys=capsys)
        assert (status, told["code"]) == (2, "questions_unreadable")
        assert "line 2" in told["detail"]
