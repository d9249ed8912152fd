"""Markdown's signs hide no article and no number."""

from pathlib import Path

import pytest

from knowledge_base.ingest.parsed import Locate
from knowledge_base.ingest.reader import read_file

pytestmark = pytest.mark.unit


class TestMarkdown:
    @pytest.mark.parametrize(
        "article",
        [
            "**第{}条** {}",
            "**第{}条**{}",
            "__第{}条__　{}",
            "### 第{}条 {}",
            "#### **第{}条**\n\n{}",
            "- 第{}条 {}",
            "> **第{}条** {}",
        ],
    )
    def test_has_its_articles_however_they_are_set_off(self, article: str, locate: Locate) -> None:
        articles = [article.format(number, f"甲{number}。") for number in "一二三"]
        text = "\n\n".join(["# 高平市值班办法", "## 第一章 总则", *articles[:2], "## 第二章 附则", *articles[2:]])
        parsed, _ = read_file(Path("law.md"), text.encode(), locate=locate, region=None)
        (law,) = parsed.documents
        assert law.title == "高平市值班办法"
        found = [(c.mark, c.text, c.headings) for c in law.clauses]
        assert found == [
            ("第一条", "甲一。", ("第一章 总则",)),
            ("第二条", "甲二。", ("第一章 总则",)),
            ("第三条", "甲三。", ("第二章 附则",)),
        ]

    def test_loses_its_escapes_and_no_line_to_fill_in(self, locate: Locate) -> None:
        text = "高平市值班方案\n=====\n一、安排\n- （一）**时间**\n1\\. 每周三。\n2\\. 日期____年____月。\n"
        parsed, _ = read_file(Path("plan.md"), text.encode(), locate=locate, region=None)
        (plan,) = parsed.documents
        assert [(c.mark, c.text) for c in plan.clauses] == [("一(一)1", "每周三。"), ("一(一)2", "日期____年____月。")]

    def test_has_its_tables_in_rows_and_its_pictures_named(self, locate: Locate) -> None:
        text = (
            "# 高平市值班方案\n一、标准\n见[附表](https://example.org/a)：\n"
            "<table><tr><td>类别</td><td>标准</td></tr>\n<tr>\n<td>刑事&nbsp;案件</td>\n<td>一千元</td>\n</tr></table>\n"
            "![章](images/a.jpg)\n二、要求<br>《<中华人民共和国律师法>》适用。\n"
        )
        parsed, _ = read_file(Path("plan.md"), text.encode(), locate=locate, region=None)
        (plan,) = parsed.documents
        assert [(c.mark, c.text, c.line) for c in plan.clauses] == [
            ("一", "见附表：\n类别 | 标准\n刑事 案件 | 一千元", 2),
            ("二", "《<中华人民共和国律师法>》适用。", 10),
        ]
        assert (10 - 1, "图片，上面的文字没有收录") in [(note.line, note.text) for note in parsed.notes]
