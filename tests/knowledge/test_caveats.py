"""Why words may no longer hold is said of the article that changed, not of the text around it."""

from datetime import date
from pathlib import Path

import pytest

from knowledge_base.answer import KnowledgeBase
from knowledge_base.caveats import caveats
from knowledge_base.corpus import Document, DocumentKind
from knowledge_base.types import Answer
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import fill, make, open_base, source_texts

pytestmark = pytest.mark.unit

BEFORE, AFTER = date(2025, 8, 31), date(2026, 11, 21)
TITLE = "最高人民法院关于审理劳动争议案件适用法律问题的解释（一）"
CHANGED, KEPT = "第三十二条", "第三十三条"
INTERPRETATION = f"""# {TITLE}

2020年12月29日 最高人民法院

<!-- INFO END -->

{CHANGED} 用人单位与其招用的已经依法享受养老保险待遇的人员发生用工争议的，按劳务关系处理。

{KEPT} 外国人未依法取得就业证件的，当事人请求确认存在劳动关系的，不予支持。

第五十四条 本解释自2021年1月1日起施行。
"""


def law(**more: object) -> Document:
    return Document(
        id="law",
        title="中华人民共和国某某法",
        kind=DocumentKind.STATUTE,
        clauses=(),
        effective_from=date(2012, 6, 1),
        **more,  # type: ignore[arg-type]
    )


class TestCaveats:
    def test_name_the_article_where_only_that_is_in_doubt(self) -> None:
        doubted = law().doubting("第五条", date(2025, 9, 1))
        (said,) = caveats([(doubted, "第五条第一款"), (doubted, "第六条")], AFTER)
        assert said.startswith("《某某法》第五条第一款现在")
        assert caveats([(doubted, "第五条")], BEFORE) == ()

    def test_name_the_text_once_where_all_of_it_is(self) -> None:
        doubted = law(doubtful_from=date(2025, 9, 1)).doubting("第五条", date(2025, 9, 1))
        (said,) = caveats([(doubted, "第五条"), (doubted, "第六条")], AFTER)
        assert said.startswith("《某某法》现在")


class TestAnArticleThatChanged:
    @pytest.fixture
    @classmethod
    def base(cls, tmp_path: Path) -> KnowledgeBase:
        home = tmp_path / "home"
        fill(home, {**source_texts(), "解释(2020-12-29).md": INTERPRETATION})
        make(home, embedder=PairEmbedder())
        return open_base(home, PairEmbedder())

    @pytest.mark.parametrize(
        ("mark", "on", "doubtful"), [(CHANGED, AFTER, True), (CHANGED, BEFORE, False), (KEPT, AFTER, False)]
    )
    def test_is_given_with_a_word_of_care_and_weighed_as_doubtful(
        self, base: KnowledgeBase, mark: str, on: date, *, doubtful: bool
    ) -> None:
        given = base.ask(f"《{TITLE}》{mark}", region=None, on=on)
        assert isinstance(given, Answer)
        assert any(mark in caveat for caveat in given.caveats) is doubtful
        entry = base.searcher.index.entry_of(given.citations[0].source_id)
        assert entry is not None
        assert base.witness.is_doubtful(entry, on) is doubtful
