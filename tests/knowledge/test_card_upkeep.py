"""A card is only as good as its sources: what a build does when they change, end, or are replaced."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.card_sources import clause_digest
from knowledge_base.cards import Card, CardBook, Reference
from knowledge_base.types import Answer, NoAnswer
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import aid_law, book, fill, make, open_base, source_texts

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)
GAOPING = "140581"
STATION = "乡镇工作站每周三值班一次,每次值班时间不少于4小时,可根据工作实际调整值班次数和时间。"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    fill(folder, source_texts())
    return folder


def only(card: Card) -> CardBook:
    return replace(book(), cards=(card,))


def card(name: str) -> Card:
    return next(c for c in book().cards if c.id == name)


def locked(text: str) -> CardBook:
    station = card("station")
    references = tuple(replace(r, digest=clause_digest(text)) for r in station.references)
    return only(replace(station, references=references))


class TestABuild:
    def test_keeps_a_card_whose_clause_is_as_it_was(self, home: Path) -> None:
        assert make(home, embedder=PairEmbedder(), cards=locked(STATION)).stale_cards == ()

    def test_sets_aside_a_card_when_another_word_of_its_clause_changed(self, home: Path) -> None:
        changed = source_texts()["plan.txt"].replace("调整值班次数和时间", "调整值班地点")
        assert changed != source_texts()["plan.txt"]
        fill(home, {"plan.txt": changed})
        (stale,) = make(home, embedder=PairEmbedder(), cards=locked(STATION)).stale_cards
        assert stale.startswith("station:")
        assert "文字和写这张卡时不一样了" in stale
        base = open_base(home, PairEmbedder())
        said = [hit.passage.text for hit in base.search("乡镇工作站值班", region=GAOPING, on=ON)]
        assert any("调整值班地点" in text for text in said)
        assert not any("调整值班次数和时间" in text for text in said)
        answer = base.ask("镇上工作站星期几有人值班", region=GAOPING, on=ON)
        assert isinstance(answer, Answer)
        assert "调整值班地点" in answer.text
        assert answer.citations[0].source_id.startswith("高司字〔2024〕6号#")
        assert any("原文" in caveat for caveat in answer.caveats)

    def test_quotes_no_clause_that_is_about_something_else(self, home: Path) -> None:
        other = source_texts()["plan.txt"].replace(STATION, "市司法局负责本方案的组织实施和督促检查,具体由办公室承担。")
        assert STATION not in other
        fill(home, {"plan.txt": other})
        assert make(home, embedder=PairEmbedder(), cards=locked(STATION)).stale_cards
        assert isinstance(
            open_base(home, PairEmbedder()).ask("镇上工作站星期几有人值班", region=GAOPING, on=ON), NoAnswer
        )

    def test_says_when_a_card_ends_and_then_leaves_it_out(self, home: Path) -> None:
        ending = replace(card("station"), valid_to=date(2025, 1, 1))
        report = make(home, embedder=PairEmbedder(), cards=only(ending))
        assert report.card_ends == {"station": date(2025, 1, 1)}
        base = open_base(home, PairEmbedder())
        question = "镇上工作站星期几有人值班"
        before = base.ask(question, region=GAOPING, on=date(2024, 12, 31))
        after = base.ask(question, region=GAOPING, on=date(2025, 1, 1))
        assert isinstance(before, Answer)
        assert before.text == ending.answer
        assert isinstance(after, NoAnswer) or after.text != ending.answer

    def test_ends_a_card_that_rests_on_a_superseded_version(self, home: Path) -> None:
        old = replace(aid_law(), issued=date(2003, 7, 1), effective_from=date(2004, 1, 1))
        days = replace(
            card("days"),
            answer="十五日内作出决定。",
            references=(Reference(document=old, clause="第一条", has=("十五日内",)),),
        )
        report = make(home, embedder=PairEmbedder(), cards=only(days))
        assert report.card_ends == {"days": date(2022, 1, 1)}
        base = open_base(home, PairEmbedder())
        then = base.ask("申请援助几天有结果", region=None, on=date(2010, 1, 1))
        now = base.ask("申请援助几天有结果", region=None, on=ON)
        assert isinstance(then, Answer)
        assert "十五日" in then.text
        assert isinstance(now, NoAnswer) or "十五日" not in now.text

    def test_leaves_a_card_out_before_its_source_took_effect(self, home: Path) -> None:
        make(home, embedder=PairEmbedder(), cards=only(card("days")))
        base = open_base(home, PairEmbedder())
        question = "申请援助几天有结果"
        before = base.ask(question, region=None, on=date(2021, 12, 31))
        after = base.ask(question, region=None, on=date(2022, 1, 1))
        assert isinstance(before, NoAnswer) or "七日" not in before.text
        assert isinstance(after, Answer)
        assert after.text == "七日内作出决定。"

    def test_tells_all_of_it_to_whoever_asks_for_the_state(self, home: Path) -> None:
        make(home, embedder=PairEmbedder(), cards=locked("另一句话"))
        assert list(open_base(home, PairEmbedder()).status()["stale_cards"]) == ["station"]
