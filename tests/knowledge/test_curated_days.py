"""What lies among the office's files and is broken costs itself; what is corrected there moves the days of the rest."""

from datetime import date
from pathlib import Path

import pytest

from knowledge_base import curated
from knowledge_base.corpus import DocumentKind
from tests.knowledge.homes import PLAN, book, fill, source_texts
from tests.knowledge.test_curated import BY_HAND, place_in

pytestmark = pytest.mark.unit


class TestAFile:
    @pytest.mark.parametrize(
        "broken",
        [
            "issued: 2024-02-30",
            "issued: !!timestamp someday",
            f"issued: {'9' * 5000}",
            "[" * 5000,
            "- " * 5000,
        ],
    )
    def test_with_what_no_reader_stands_costs_itself(self, tmp_path: Path, broken: str) -> None:
        home = tmp_path / "home"
        fill(home, source_texts())
        place_in(home, "documents/odd.yml", broken)
        place_in(home, "cards/odd.card.yml", f"- id: a\n  {broken}")
        place_in(home, "cards/ours.yml", BY_HAND)
        joined, documents = curated.gather(home, book())
        assert set(joined.set_aside) == {"odd.yml", "odd.card.yml"}
        assert all(joined.set_aside.values())
        assert "hand.wages" in {card.id for card in joined.cards}
        assert len(documents) == len(source_texts())

    @pytest.mark.parametrize("lock", [b"", b"[[", b"5", b'[["a", "b"]]', b"\xff", b"[" * 100_000, b'[["a", "b", 1]]'])
    def test_of_a_card_whose_lock_is_damaged_is_set_aside(self, tmp_path: Path, lock: bytes) -> None:
        home = tmp_path / "home"
        fill(home, source_texts())
        place_in(home, "cards/ours.yml", BY_HAND).with_suffix(".lock.json").write_bytes(lock)
        place_in(home, "cards/others.yml", BY_HAND.replace("hand.wages", "hand.other"))
        joined, _ = curated.gather(home, book())
        assert list(joined.set_aside) == ["hand.wages"]
        assert "ours.lock.json" in joined.set_aside["hand.wages"]
        assert "hand.other" in {card.id for card in joined.cards}


class TestAText:
    def test_corrected_in_its_first_day_leaves_no_day_without_law(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        fill(home, source_texts())
        place_in(home, "documents/a.yml", "document: 援助法@2021-08-20\neffective_from: 2022-07-01\n")
        _, documents = curated.gather(home, book())
        old, new = sorted((d for d in documents if d.kind is DocumentKind.STATUTE), key=lambda d: d.id)
        assert (old.superseded_from, new.effective_from) == (date(2022, 7, 1), date(2022, 7, 1))
        assert [d.id for d in (old, new) if d.applies(date(2022, 3, 1))] == [old.id]

    def test_ended_by_a_person_stays_ended_though_its_days_are_computed_anew(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        fill(home, source_texts())
        place_in(home, "documents/a.yml", "document: 援助法@2003-07-01\nvalid_to: 2020-01-01\n")
        _, documents = curated.gather(home, book())
        assert {d.id: d.superseded_from for d in documents}["援助法@2003-07-01"] == date(2020, 1, 1)

    OLD_RULES = """发布机构: 高平市司法局 成文日期: 2019年5月1日
高平市旧援助办法
一、范围
请求给付赡养费的,不审查经济困难条件。
"""

    @pytest.mark.parametrize("start", [None, date(2024, 9, 1)])
    def test_ends_what_it_repeals_among_the_texts_taken_in(self, tmp_path: Path, start: date | None) -> None:
        home = tmp_path / "home"
        fill(home, {**source_texts(), "old.txt": self.OLD_RULES})
        text = PLAN.replace("6号", "8号") + "三、施行\n《高平市旧援助办法》同时废止。\n"
        place_in(home, "documents/new.txt", text)
        if start:
            place_in(home, "documents/new.yml", f"effective_from: {start}\n")
        _, documents = curated.gather(home, book())
        (old,) = [d for d in documents if d.title == "高平市旧援助办法"]
        assert old.superseded_from == (start or date(2024, 4, 30))

    def test_taken_in_before_repeals_from_its_corrected_day_only(self, tmp_path: Path) -> None:
        home = tmp_path / "home"
        text = PLAN + "三、施行\n《高平市旧援助办法》同时废止。\n"
        fill(home, {"plan.txt": text, "old.txt": self.OLD_RULES})
        place_in(home, "documents/a.yml", "document: 高司字〔2024〕6号\neffective_from: 2024-09-01\n")
        _, documents = curated.gather(home, book())
        assert [d.superseded_from for d in documents if d.title == "高平市旧援助办法"] == [date(2024, 9, 1)]
