"""Every national clause a rule cites stands in the text of the statute."""

import gzip
import json
import re
from functools import cache
from pathlib import Path

import pytest

from knowledge_base.assess import PLACES
from knowledge_base.rules.loader import load_rulebook
from knowledge_base.rules.model import Source
from knowledge_base.types import NATION

pytestmark = pytest.mark.rules

SHARED = Path(__file__).parents[3] / "shared"
LAWS = SHARED / "policies" / "laws"
ARTICLES = SHARED / "retrieval" / "statutes.jsonl.gz"
ARTICLE = re.compile(r"第[零一二三四五六七八九十百]+条")
ITEM = re.compile(r"第([一二三四五六七八九十]+)项")


def texts(title: str) -> list[str]:
    bare = title.removeprefix("中华人民共和国")
    found = [
        path.read_text(encoding="utf-8")
        for path in LAWS.glob("*.md")
        if re.fullmatch(rf"{re.escape(bare)}(?:\(.*\)|_.*)?", path.stem)
    ]
    return found or [article_by_article(bare)]


@cache
def article_by_article(title: str) -> str:
    """Return a statute of which only the articles are kept, one by one."""
    with gzip.open(ARTICLES, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return "\n".join(f"{row['clause']} {row['text']}" for row in rows if row["title"] == title)


def sources() -> list[Source]:
    """Return what can be looked up: one regulation is cited from a secondary page only, see its note in the rules."""
    nation = load_rulebook(PLACES).places[NATION]
    cited = [*(rule.source for rule in nation.rules), *(value.source for value in nation.parameters)]
    return [source for source in cited if source.document.id != "procedure_rules_2012"]


@pytest.mark.skipif(
    not (LAWS.is_dir() and ARTICLES.is_file()),
    reason="the statutes' texts (../shared/policies/laws, ../shared/retrieval) are not here",
)
@pytest.mark.parametrize("source", sources(), ids=lambda source: f"{source.document.id}:{source.clause}")
def test_clause_stands_in_the_statute(source: Source) -> None:
    versions = texts(source.document.title)
    assert any(versions), f"no text of {source.document.title} here"
    for article, items in re.findall(rf"({ARTICLE.pattern})([^条]*?)(?=第[^款项]*条|$)", source.clause):
        bodies = [
            found[0]
            for text in versions
            if (found := re.findall(rf"^{article} .*?(?=^第\S+条 |\Z)", text, re.MULTILINE | re.DOTALL))
        ]
        assert bodies, f"{article} is in no version"
        for item in ITEM.findall(items):
            assert any(re.search(rf"^[（(]{item}[）)]", body, re.MULTILINE) for body in bodies), (
                f"{article} has no ({item})"
            )
