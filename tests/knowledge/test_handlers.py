"""Who else handles a matter: named with an article that is there, and without a number."""

import re
from pathlib import Path

import pytest
import yaml

from knowledge_base.handlers import Handlers
from knowledge_base.taxonomy import Taxonomy

pytestmark = pytest.mark.unit

SOURCES = Path(__file__).parents[2] / "knowledge_base" / "sources"


@pytest.fixture(scope="module")
def taxonomy() -> Taxonomy:
    return Taxonomy.load()


class TestHandlers:
    def test_are_those_of_the_taxonomy(self, taxonomy: Taxonomy) -> None:
        filed = set(yaml.safe_load((SOURCES / "handlers.yml").read_text("utf-8")))
        known = {name for topic in taxonomy.all() for name in topic.handlers}
        assert filed - known == set()

    def test_name_whom_a_debt_or_a_shop_is_for(self, taxonomy: Taxonomy) -> None:
        handlers = Handlers.load(taxonomy)
        assert [one.name for one in handlers.of("debt.private_loan")] == ["人民调解委员会、司法所", "人民法院"]
        assert handlers.of("consumer")[0].source == "《消费者权益保护法》第三十九条"
        assert handlers.of("no.such") == ()

    def test_hold_no_number(self, taxonomy: Taxonomy) -> None:
        named = Handlers.load(taxonomy).of_matters.values()
        assert not any(re.search(r"\d", one.name) for found in named for one in found)

    def test_cite_articles_that_are_there(self, laws: Path) -> None:
        for source in yaml.safe_load((SOURCES / "handlers.yml").read_text("utf-8")).values():
            title, article = re.fullmatch(r"《(.+)》(第.+条)", source).groups()  # type: ignore[union-attr]  # fails if not
            texts = [file.read_text("utf-8") for file in laws.glob(f"{title}(*.md")]
            assert any(re.search(rf"^{article} ", text, re.MULTILINE) for text in texts), source
