"""The command line: ingest, build, ask, search, evaluate, and what it says when something is wrong."""

import errno
import json
import os
import re
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
from knowledge_base.standings import STANDINGS
from knowledge_base.terminal import file_trouble
from knowledge_base.types import Standing
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

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ([], "还缺：命令"),
            (["ask"], "还缺：question"),
            (["serch"], "没有 'serch' 这一项，可以是：'ask'"),
            (["ask", "离婚", "--on", "2024-13-01"], "--on：2024-13-01 不是日期，请写成 2024-01-31 这样"),
            (["search", "离婚", "-k", "0"], "-k：0 不是一以上的整数"),
            (["ask", "离婚", "--region"], "--region：后面要跟一个值"),
            (["ask", "离婚", "--nothing"], "不认识的参数：--nothing"),
        ],
    )
    def test_a_wrong_command_line_is_corrected_in_chinese(
        self, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as left:
            main(arguments)
        told = capsys.readouterr()
        assert (left.value.code, told.out) == (2, "")
        assert said in told.err
        assert told.err.count("用法：") == 1
        assert not re.search(r"usage|error|argument", told.err)

    def test_whoever_gets_no_answer_is_told_what_to_do_next(
        self, home: Path, articles: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("ingest", articles, "--home", home, "--json", capsys=capsys)
        run("build", "--home", home, "--model", WORDS_ONLY, "--json", capsys=capsys)
        assert main(["ask", "银川的八种免审查情形是哪八种", "--home", str(home), "--model", WORDS_ONLY]) == 0
        told = capsys.readouterr().out
        assert "没有答案" in told
        assert "换个说法" in told
        assert "12348" in told

    def test_what_cannot_be_read_or_written_is_said_without_a_traceback(
        self, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        home.write_text("", "utf-8")
        assert main(["ask", "离婚", "--home", str(home), "--model", WORDS_ONLY]) == 1
        assert "资料库现在用不了，不是没有答案" in capsys.readouterr().err
        assert main(["build", "--home", str(home), "--model", WORDS_ONLY]) == 1
        assert "请用 --home 换一个" in capsys.readouterr().err
        trouble = PermissionError(errno.EACCES, "Permission denied", str(tmp_path))
        assert file_trouble(trouble) == f"读不了或者写不了 {tmp_path}：没有权限"

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
        assert "新收录 1" in told
        assert "build" in told

    def test_shows_a_provision_in_the_version_of_the_day(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        fill(home, source_texts())
        for day, days in (("2021-12-31", "十五日内"), ("2022-01-01", "七日内")):
            status, found = run("show", "援助法第一条", "--on", day, "--home", home, "--json", capsys=capsys)
            assert status == 0
            assert days in found[0]["text"]
        assert main(["show", "高司字〔2024〕6号一(一)", "--on", "2025-01-01", "--home", str(home)]) == 0
        told = capsys.readouterr().out
        assert "计划期已过" in told
        assert "高平市" in told.splitlines()[0]
        assert "plan_ended" not in told
        assert "每周三值班一次" in told
        assert main(["show", "高司字〔2024〕6号一(一)", "--region", "640100", "--home", str(home)]) == 2
        assert "没有找到" in capsys.readouterr().out
        assert main(["show", "高司字〔2024〕6号", "--home", str(home)]) == 0
        told = capsys.readouterr().out
        assert "共 2 条：一(一)、二" in told
        assert "要看哪一条" in told
        status, found = run("show", "援助法第九十九条", "--home", home, "--json", capsys=capsys)
        assert (status, found) == (2, [])

    def test_shows_a_provision_with_the_standing_an_operators_sheet_gives(
        self, home: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        fill(home, source_texts())
        sheets = home / "curated" / "documents"
        sheets.mkdir(parents=True)
        sheet = "document: 援助法@2021-08-20\nstanding: unknown\nverified_on: 2026-11-01\nverified_by: 高平市司法局\n"
        (sheets / "law.yml").write_text(sheet, "utf-8")
        (sheets / "other.yml").write_text("document: 没有收过的文件@2020-01-01\n", "utf-8")
        (sheets / "own.txt").write_text(
            "高平市司法局\n高平市值班办法\n第一条 每周三值班。\n第二条 自2026年1月1日起施行。\n", "utf-8"
        )
        asked = ["--on", "2026-11-21", "--home", str(home)]
        assert main(["show", "援助法第一条", *asked]) == 0
        told = capsys.readouterr()
        assert "效力待核实" in told.out
        assert "没有收过的文件" in told.err
        status, (found,) = run("show", "援助法第一条", *asked, "--json", capsys=capsys)
        assert (status, found["citation"]["standing"]) == (0, "unknown")
        assert found["citation"]["verified_by"] == "高平市司法局"
        assert main(["show", "高平市值班办法第一条", *asked]) == 0
        assert "每周三值班" in capsys.readouterr().out

    def test_says_plainly_what_it_was_given_amiss(
        self, home: Path, articles: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for asked in (["ask", "工资"], ["show", "劳动法第一条"], ["ingest", articles]):
            status, told = run(*asked, "--region", "火星", "--home", home, "--json", capsys=capsys)
            assert (status, told["code"]) == (2, "place_unknown")
        for count in ("0", "-3"):
            with pytest.raises(SystemExit):
                main(["search", "工资", "-k", count, "--home", str(home)])
        capsys.readouterr()
        (articles.parent / "nothing").mkdir()
        assert main(["ingest", str(articles.parent / "nothing"), "--home", str(home)]) == 0
        assert "没有找到文件" in capsys.readouterr().out

    def test_says_that_nothing_can_be_kept_in_a_home_that_is_no_folder(
        self, home: Path, articles: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        home.write_text("")
        for asked in (["ingest", articles], ["build", "--model", WORDS_ONLY]):
            status, told = run(*asked, "--home", home, "--json", capsys=capsys)
            assert (status, told["code"]) == (1, "home_unusable")

    def test_is_quiet_when_its_reader_has_seen_enough(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        command = [sys.executable, "-m", "knowledge_base", "places", "find", "--region", "231000"]
        with os.fdopen(writer, "wb") as gone:
            told = subprocess.run(command, stdout=gone, stderr=subprocess.PIPE, cwd=ROOT, check=False)
        assert (told.returncode, told.stderr) == (0, b"")


class TestAnIndexThatIsNotTheNewest:
    @pytest.fixture
    def built(self, home: Path, articles: Path, capsys: pytest.CaptureFixture[str]) -> Path:
        run("ingest", articles, "--home", home, "--json", capsys=capsys)
        run("build", "--home", home, "--model", WORDS_ONLY, "--json", capsys=capsys)
        return home

    def ask(self, home: Path, *more: str) -> int:
        return main(["search", "工资按月支付", "--home", str(home), "--model", WORDS_ONLY, "--json", *more])

    def test_says_nothing_of_it_while_all_is_well(self, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert self.ask(built) == 0
        told = capsys.readouterr()
        assert "build" not in told.err

    def test_says_that_a_build_is_due_after_something_was_taken_in(
        self, built: Path, articles: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        articles.write_text(articles.read_text("utf-8").replace("按月支付", "按周支付"), "utf-8")
        run("ingest", articles, "--home", built, "--json", capsys=capsys)
        assert self.ask(built) == 0
        told = capsys.readouterr()
        assert "请先运行 build" in told.err
        assert "按月支付" in told.out
        run("build", "--home", built, "--model", WORDS_ONLY, "--json", capsys=capsys)
        assert self.ask(built) == 0
        told = capsys.readouterr()
        assert "请先运行 build" not in told.err
        assert "按周支付" in told.out

    def test_answers_all_the_same_where_a_source_is_damaged(
        self, built: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (source,) = (built / "sources").iterdir()
        source.write_bytes(b"nothing")
        assert self.ask(built) == 0
        assert source.name in capsys.readouterr().err

    @pytest.mark.parametrize("harm", ["a file lost", "a bit flipped", "no manifest", "the pointer lost"])
    def test_answers_from_the_one_before_and_says_so(
        self, built: Path, harm: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("build", "--home", built, "--model", WORDS_ONLY, "--json", capsys=capsys)
        pointer = built / "index" / "CURRENT"
        newest = built / "index" / pointer.read_text("utf-8")
        match harm:
            case "a file lost":
                (newest / "cards.json").unlink()
            case "a bit flipped":
                content = bytearray((newest / "clauses.jsonl").read_bytes())
                content[len(content) // 2] ^= 1
                (newest / "clauses.jsonl").write_bytes(bytes(content))
            case "no manifest":
                (newest / "manifest.json").unlink()
            case _:
                pointer.unlink()
        assert self.ask(built) == 0
        told = capsys.readouterr()
        assert "前一份完整的索引" in told.err
        assert json.loads(told.out)["outcome"] == "answer"

    def test_is_unavailable_where_no_build_is_whole(self, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for build in (built / "index").glob("0*"):
            (build / "cards.json").unlink()
        assert self.ask(built) == 1
        assert json.loads(capsys.readouterr().out)["outcome"] == "unavailable"


class TestWhatAPersonReads:
    def test_names_standings_in_words_and_json_by_code(
        self, home: Path, articles: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run("ingest", articles, "--home", home, "--json", capsys=capsys)
        run("build", "--home", home, "--model", WORDS_ONLY, "--json", capsys=capsys)
        asked = ["劳动法第二条说什么", "--home", str(home), "--model", WORDS_ONLY]
        for command in ("ask", "search"):
            assert main([command, *asked]) == 0
            told = capsys.readouterr().out
            assert "效力待核实" in told
            assert "全国" in told
            assert "unknown" not in told
            assert "CN" not in told
            assert main([command, *asked, "--json"]) == 0
            assert '"standing": "unknown"' in capsys.readouterr().out

    def test_has_a_name_for_every_standing_and_the_widget_the_same(self) -> None:
        assert set(STANDINGS) == set(Standing)
        script = (ROOT / "bot" / "widget" / "legal-aid-chat.js").read_text("utf-8")
        table = re.search(r"const STANDING = \{(.*?)\};", script, re.DOTALL)
        assert table is not None
        assert dict(re.findall(r'(\w+): "([^"]+)"', table[1])) == {key.value: name for key, name in STANDINGS.items()}


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
