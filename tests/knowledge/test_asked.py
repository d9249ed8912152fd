"""How people ask for an article leads to it, is never shown, and is refused with file and line where it is damaged."""

import json
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.asked import Asked, AskedUnreadable
from knowledge_base.corpus import Clause, Document, DocumentKind
from knowledge_base.types import KnowledgeUnavailable
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import fill, make, open_base

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)


def write(folder: Path, name: str, *lines: dict[str, object]) -> None:
    (folder / name).write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")


def law(title: str, *marks: str) -> Document:
    clauses = tuple(Clause(mark=mark, text="略") for mark in marks)
    return Document(id=title, title=title, kind=DocumentKind.STATUTE, clauses=clauses)


class TestReading:
    def test_gathers_what_several_files_hold_of_one_article(self, tmp_path: Path) -> None:
        write(tmp_path, "a.jsonl", {"law": "中华人民共和国劳动法", "article": "第五十条", "asked": ["工资能拖吗"]})
        write(tmp_path, "b.jsonl", {"law": "《劳动法》", "article": "第五十条", "asked": ["发实物顶工资行吗"]})
        asked, document = Asked.load(tmp_path), law("中华人民共和国劳动法", "第五十条", "第五十一条")
        assert list(asked.of(document, document.clauses[0])) == ["工资能拖吗", "发实物顶工资行吗"]
        assert list(asked.of(document, document.clauses[1])) == []
        assert list(asked.of(law("劳动合同法", "第五十条"), document.clauses[0])) == []

    def test_is_nothing_where_there_are_no_files(self, tmp_path: Path) -> None:
        assert Asked.load(tmp_path).questions == {}

    def test_tells_by_its_digest_that_a_question_changed(self, tmp_path: Path) -> None:
        digests = set()
        for question in ("工资能拖吗", "工资能拖吗?", "工资能拖吗"):
            write(tmp_path, "a.jsonl", {"law": "劳动法", "article": "第五十条", "asked": [question]})
            digests.add(Asked.load(tmp_path).digest)
        assert len(digests) == 2

    @pytest.mark.parametrize(
        "line",
        [
            b"{",
            b"",
            b"[]",
            b"\xff\xfe",
            '{"law": "劳动法", "article": "第一条"}'.encode(),
            '{"law": "劳动法", "article": 1, "asked": ["问"]}'.encode(),
            '{"law": "劳动法", "article": "第一条", "asked": "问"}'.encode(),
        ],
    )
    def test_names_file_and_line_of_what_is_damaged(self, tmp_path: Path, line: bytes) -> None:
        good = '{"law": "劳动法", "article": "第一条", "asked": ["问"]}'.encode()
        (tmp_path / "some.jsonl").write_bytes(b"\n".join((good, line, good)))
        with pytest.raises(AskedUnreadable, match=r"some\.jsonl, line 2: "):
            Asked.load(tmp_path)

    def test_that_fails_is_a_technical_failure_never_a_missing_answer(self) -> None:
        assert issubclass(AskedUnreadable, KnowledgeUnavailable)


class TestTheQuestionsOnFile:
    def test_are_many_and_each_says_something(self) -> None:
        questions = Asked.load().questions
        assert len(questions) > 5000
        assert not [way for ways in questions.values() for way in ways if len(way.strip()) < len("离婚")]

    def test_name_articles_as_statutes_mark_them(self) -> None:
        assert not [mark for _, mark in Asked.load().questions if not (mark.startswith("第") and "条" in mark)]


class TestInAnIndex:
    def test_lead_to_an_article_that_has_none_of_their_words_and_are_not_shown(self, tmp_path: Path) -> None:
        (wanted, ways) = next(
            (article, ways)
            for article, ways in Asked.load().questions.items()
            if article[0] == "劳动法" and article[1] == "第五十条"
        )
        articles = [f"{mark} 甲乙丙丁戊己庚辛壬癸。" for mark in ("第四十九条", wanted[1], "第五十一条")]
        head = "# 中华人民共和国劳动法\n\n1994年7月5日 某会议通过\n\n<!-- INFO END -->\n\n## 第五章 工资\n\n"
        home = tmp_path / "home"
        fill(home, {"劳动法(1994-07-05).md": head + "\n\n".join(articles) + "\n"})
        for embedder in (None, PairEmbedder()):
            make(home, embedder=embedder)
            base = open_base(home, embedder)
            hits = base.search(ways[0], region=None, on=ON)
            clauses = [hit.passage for hit in hits if not hit.passage.id.startswith("card:")]
            assert clauses[0].clause == wanted[1]
            assert not any(ways[0] in hit.passage.text or ways[0] in str(hit.passage.citation.quote) for hit in hits)
            base.close()
