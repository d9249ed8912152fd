"""Our own answers: each tied to clauses that still say so, none with what must never be shown."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.cards import Card, CardBook, CardInvalid, Library, Reference, load_cards
from knowledge_base.corpus import Clause, Document, DocumentKind
from knowledge_base.ingest.policy import parse_policy
from knowledge_base.ingest.statute import parse_statute
from knowledge_base.regions import Regions
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.types import NATION

pytestmark = pytest.mark.unit

STALE_CONTACTS = ("89966011", "6888997", "ycflyz", "157022", "马璇", "冯涛", "孙旭东", "孔玮")
PERSONA = re.compile(r"我是律师|本律师|批准|保证能赢|一定能赢")


@pytest.fixture(scope="module")
def book() -> CardBook:
    return load_cards()


@pytest.fixture(scope="module")
def answered(book: CardBook) -> list[Card]:
    return [card for card in book.cards if not card.gap]


@pytest.fixture(scope="module")
def library(laws: Path, seeds: Callable[[str], Path]) -> Library:
    """Return the documents the cards cite, as published."""
    places = {"000": "231000", "001": "140581", "002": "320400", "003": "640100", "004": "230000"}
    documents = [
        parse_policy(seeds(n).read_text("utf-8"), name=n, locate=lambda _t: None, region=code).documents[0]
        for n, code in places.items()
    ]
    documents += [parse_statute(f.read_text("utf-8"), name=f.stem).documents[0] for f in laws.glob("*.md")]
    return Library(documents)


class TestOurCards:
    def test_are_many_and_ask_each_question_once(self, book: CardBook) -> None:
        asked = Counter(question for card in book.cards for question in card.questions)
        assert len(book.cards) > 150
        assert [question for question, times in asked.items() if times > 1] == []

    def test_all_answer_and_cite(self, answered: list[Card]) -> None:
        assert all(card.answer and card.references for card in answered)

    def test_never_hold_what_must_not_be_shown(self, answered: list[Card]) -> None:
        for card in answered:
            assert not any(hidden in card.answer for hidden in STALE_CONTACTS), card.id
            assert not PERSONA.search(card.answer), card.id

    def test_name_no_phone_but_the_national_lines(self, answered: list[Card]) -> None:
        for card in answered:
            assert set(re.findall(r"(?<!\d)1\d{2,4}(?!\d)(?!件|人次|元)", card.answer)) <= {"110", "12348", "150"}, (
                card.id
            )

    def test_give_no_income_line(self, book: CardBook) -> None:
        card = next(c for c in book.cards if c.id == "aid.hardship_standard")
        assert not re.search(r"\d", card.answer)

    def test_keep_local_promises_in_their_place(self, answered: list[Card]) -> None:
        for card in answered:
            places = {r.document.region for r in card.references} - {NATION}
            assert card.region in places if places else card.region == NATION, card.id

    def test_speak_of_matters_the_taxonomy_knows(self, book: CardBook) -> None:
        known = set(Taxonomy.load().titles)
        assert {matter for card in book.cards for matter in card.matters} <= known

    def test_are_for_places_that_exist(self, book: CardBook, regions: Regions) -> None:
        assert {card.region for card in book.cards} <= {region.code for region in regions}


class TestTheirSources:
    def test_say_what_the_cards_rely_on(self, answered: list[Card], library: Library) -> None:
        wrong = {
            (card.id, reference.clause): library.resolve(reference).fault or "not found"
            for card in answered
            for reference in card.references
            if library.resolve(reference).clause is None
        }
        assert wrong == {}

    def test_have_the_dates_and_numbers_the_cards_print(self, answered: list[Card], library: Library) -> None:
        for card in answered:
            for reference in card.references:
                found = library.resolve(reference).document
                assert found is not None
                assert (found.issued, found.number) == (reference.document.issued, reference.document.number) or (
                    reference.document.number or ""
                ).startswith("法释"), card.id

    def test_cover_every_figure_of_an_answer(self, answered: list[Card], library: Library) -> None:
        """A figure in an answer stands in one of the clauses it cites, in digits or in characters."""
        for card in answered:
            texts = "".join(clause.text for r in card.references if (clause := library.resolve(r).clause) is not None)
            for figure in re.findall(r"\d+(?=件|人次|元|小时|平方米|年以上|日内|%)", card.answer):
                spoken = {
                    "150": "百分之一百五十",
                    "200": "二百",
                    "300": "三百",
                    "80": "百分之八十",
                    "72": "七十二",
                    "24": "二十四",
                }
                assert figure in texts or spoken.get(figure, "∅") in texts, (card.id, figure)


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
        ],
    )
    def test_that_are_wrong_are_named(self, tmp_path: Path, cards: str, fault: str) -> None:
        (tmp_path / "cards").mkdir()
        (tmp_path / "documents.yml").write_text("law: {title: 某法}\n", "utf-8")
        (tmp_path / "off_topic.yml").write_text("[]\n", "utf-8")
        (tmp_path / "cards" / "some.yml").write_text(cards, "utf-8")
        with pytest.raises(CardInvalid, match=fault):
            load_cards(tmp_path)
