"""What standing and place add to a match, and what is found without a model."""

from datetime import date
from pathlib import Path

import pytest

from knowledge_base.index import Index, open_index
from knowledge_base.search import Mode, Searcher, Wanted
from knowledge_base.types import NATION, Standing
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import fill, make, source_texts

pytestmark = pytest.mark.unit
QUERY = "高平乡镇工作站值班法律援助申请审查"
LESS = {
    Standing.IN_FORCE: 0.0,
    Standing.UNKNOWN: 0.0,
    Standing.PLAN_ENDED: 0.15,
    Standing.HISTORICAL: 0.3,
    Standing.SUPERSEDED: 0.5,
}


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Searcher:
    home: Path = tmp_path_factory.mktemp("search") / "home"
    fill(home, source_texts())
    make(home, embedder=PairEmbedder())
    embedder = PairEmbedder()
    return Searcher(open_index(home, model=embedder.name), embedder)


def worth(index: Index, entry: int, on: date) -> float:
    if index.is_card(entry):
        return 0.0 if index.card(entry).region == NATION else 0.15
    document = index.document_of(entry)
    return (0.0 if document.region == NATION else 0.15) - LESS[document.standing(on)]


class TestWhatIsWorthMore:
    @pytest.mark.parametrize("on", [date(2003, 8, 1), date(2024, 6, 1), date(2026, 11, 22), date(2040, 1, 1)])
    def test_is_the_local_text_and_the_one_in_force_on_that_very_day(self, searched: Searcher, on: date) -> None:
        index = searched.index
        plain, whole = (
            {found.entry: found.score for found in searched.rank(Wanted(query=QUERY, on=on, count=50, mode=mode))}
            for mode in (Mode.EXPANDED, Mode.DEFAULT)
        )
        added = {entry: score - plain[entry] for entry, score in whole.items()}
        assert added == pytest.approx({entry: worth(index, entry, on) for entry in whole})
        assert len(set(map(round, [value * 100 for value in added.values()]))) > 1

    def test_of_the_day_asked_about_not_of_the_day_before(self, searched: Searcher) -> None:
        days = date(2024, 12, 31), date(2025, 1, 1)
        ended, running = (
            {f.entry: f.score for f in searched.rank(Wanted(query=QUERY, on=on, count=50))} for on in reversed(days)
        )
        plan = [e for e in running if not searched.index.is_card(e) and searched.index.document_of(e).plan_end]
        assert plan
        assert all(running[entry] - ended[entry] == pytest.approx(0.15) for entry in plan)
