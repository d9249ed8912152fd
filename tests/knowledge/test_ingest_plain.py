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
