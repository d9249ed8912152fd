"""Where a card's words come from: clauses are found, doubted and dated, and files of cards are read or refused."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.card_checks import check_sources
from knowledge_base.card_sources import Library, clause_digest
from knowledge_base.cards import LOCK, Card, CardInvalid, Reference, load_cards
from knowledge_base.corpus import Clause, Document, DocumentKind

pytestmark = pytest.mark.unit


class TestLibrary:
    CLAUSE = Clause(mark="第三条", text="期限为七日，可以延长。")
    LAW = Document(
        id="x",
        title="中华人民共和国某法",
        kind=DocumentKind.STATUTE,
        clauses=(CLAUSE,),
        issued=date(2020, 1, 1),
    )

    def test_finds_the_article_of_an_item(self) -> None:
        found = Library([self.LAW]).resolve(Reference(document=self.LAW, clause="第三条第(二)项", has=("七日",)))
        assert found.clause == self.CLAUSE

    def test_faults_a_clause_that_says_otherwise(self) -> None:
        found = Library([self.LAW]).resolve(Reference(document=self.LAW, clause="第三条", has=("五日",)))
        assert found.clause is None
        assert "五日" in (found.fault or "")

    def test_faults_a_clause_that_is_gone(self) -> None:
        law = replace(self.LAW, clauses=(replace(self.CLAUSE, mark="第一条"), replace(self.CLAUSE, mark="第九条")))
        assert Library([law]).resolve(Reference(document=self.LAW, clause="第三条")).fault

    def test_faults_a_clause_whose_other_words_changed(self) -> None:
        law = replace(self.LAW, clauses=(replace(self.CLAUSE, text="期限为七日，不得延长。"),))
        cited = Reference(document=self.LAW, clause="第三条", has=("七日",), digest=clause_digest(self.CLAUSE.text))
        assert Library([self.LAW]).resolve(cited).clause == self.CLAUSE
        assert "文字和写这张卡时不一样了" in (Library([law]).resolve(cited).fault or "")

    def test_is_deaf_to_punctuation_and_gaps(self) -> None:
        law = replace(self.LAW, clauses=(replace(self.CLAUSE, text="期限为七日 ,可以延长."),))
        cited = Reference(document=self.LAW, clause="第三条", digest=clause_digest(self.CLAUSE.text))
        assert Library([law]).resolve(cited).fault is None

    def test_ends_a_card_with_the_first_text_that_ends(self) -> None:
        replaced = replace(self.LAW, superseded_from=date(2024, 1, 1))
        card = Card(id="a", questions=("问",), references=(Reference(document=self.LAW, clause="第三条"),))
        assert Library([self.LAW]).while_sources_last(card).valid_to is None
        assert Library([replaced]).while_sources_last(card).valid_to == date(2024, 1, 1)
        shorter = replace(card, valid_to=date(2023, 1, 1))
        assert Library([replaced]).while_sources_last(shorter).valid_to == date(2023, 1, 1)
        assert ["2024-01-01" in fault.text for fault in check_sources([card], Library([replaced]))] == [True]

    def test_begins_a_card_with_the_last_text_that_takes_effect(self) -> None:
        later = replace(self.LAW, title="后法", effective_from=date(2021, 1, 1))
        undated = replace(self.LAW, title="无日期", issued=None)
        cited = tuple(Reference(document=law, clause="第三条") for law in (self.LAW, later, undated))
        card = Card(id="a", questions=("问",), references=cited)
        library = Library([self.LAW, later, undated])
        assert library.while_sources_last(card).valid_from == date(2021, 1, 1)
        own = replace(card, valid_from=date(2022, 1, 1))
        assert library.while_sources_last(own).valid_from == date(2022, 1, 1)

    def test_begins_a_card_on_a_text_without_an_effective_day_when_that_was_issued(self) -> None:
        card = Card(id="a", questions=("问",), references=(Reference(document=self.LAW, clause="第三条"),))
        assert self.LAW.effective_from is None
        assert Library([]).while_sources_last(card).valid_from == self.LAW.issued

    def test_begins_a_card_when_the_version_at_hand_does(self) -> None:
        newer = replace(self.LAW, id="y", issued=date(2024, 1, 1), effective_from=date(2024, 7, 1))
        card = Card(id="a", questions=("问",), references=(Reference(document=self.LAW, clause="第三条"),))
        assert Library([newer]).while_sources_last(card).valid_from == date(2024, 7, 1)

    def test_does_not_begin_a_card_without_sources(self) -> None:
        gap = Card(id="a", questions=("问",), references=(), gap=True)
        assert Library([self.LAW]).while_sources_last(gap) == gap

    def test_does_not_look_for_an_article_in_another_book_of_the_code(self) -> None:
        found = Library([self.LAW]).resolve(Reference(document=self.LAW, clause="第九百条"))
        assert (found.clause, found.fault) == (None, None)

    def test_is_not_disproved_by_an_older_or_undated_text(self) -> None:
        for issued in (date(2001, 1, 1), None):
            old = replace(self.LAW, issued=issued)
            found = Library([old]).resolve(Reference(document=self.LAW, clause="第三条", has=("五日",)))
            assert (found.clause, found.fault) == (None, None)

    def test_says_nothing_of_a_document_it_does_not_have(self) -> None:
        other = replace(self.LAW, title="他法")
        found = Library([self.LAW]).resolve(Reference(document=other, clause="第三条"))
        assert (found.clause, found.fault) == (None, None)

    def test_takes_the_newest_version_when_the_cited_one_is_gone(self) -> None:
        newer = replace(self.LAW, id="y", issued=date(2024, 1, 1))
        cited = Reference(document=replace(self.LAW, issued=date(2012, 1, 1)), clause="第三条")
        assert Library([self.LAW, newer]).resolve(cited).document == newer


class TestCardFiles:
    @pytest.mark.parametrize(
        ("cards", "fault"),
        [
            ("- {id: a, ask: [问], answer: 答}\n", "source"),
            ("- {id: a, ask: [问], answer: 答, cite: [{of: nowhere, at: 第一条}]}\n", "nowhere"),
            ("- {id: a, ask: [问], gap: true}\n- {id: a, ask: [问], gap: true}\n", "twice"),
            ("- {id: a, ask: [问], gap: true, anwser: 答}\n", "anwser"),
            ("- {id: a, ask: [问], gap: true, valid_to: 2024-02-30}\n", "some.yml：有不成立的值"),
            ("- " * 5000, "some.yml：一层套一层"),
            ("- {id: a, ask: [问], answer: 答, cite: [{of: law, at: 第一条}], beside: [b]}\n", "beside"),
        ],
    )
    def test_that_are_wrong_are_named(self, tmp_path: Path, cards: str, fault: str) -> None:
        (tmp_path / "cards").mkdir()
        (tmp_path / "documents.yml").write_text("law: {title: 某法}\n", "utf-8")
        (tmp_path / "off_topic.yml").write_text("[]\n", "utf-8")
        (tmp_path / "cards" / "some.yml").write_text(cards, "utf-8")
        with pytest.raises(CardInvalid, match=fault):
            load_cards(tmp_path)

    def test_with_a_broken_lock_are_named(self, tmp_path: Path) -> None:
        (tmp_path / "cards").mkdir()
        (tmp_path / "documents.yml").write_text("law: {title: 某法}\n", "utf-8")
        (tmp_path / "off_topic.yml").write_text("[]\n", "utf-8")
        (tmp_path / LOCK).write_text("law 第一条\n", "utf-8")
        with pytest.raises(CardInvalid, match="第一条"):
            load_cards(tmp_path)
