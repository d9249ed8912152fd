"""Our own answers: each tied to clauses that still say so, none with what must never be shown."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml

from knowledge_base.card_checks import LONGEST, check_cards, check_sources
from knowledge_base.card_sources import Library
from knowledge_base.cards import LOCK, Card, CardBook, Reference, load_cards
from knowledge_base.cards_cli import SOURCES, lock_lines
from knowledge_base.corpus import Clause, Document, DocumentKind, in_time, plain_title
from knowledge_base.ingest.policy import parse_policy
from knowledge_base.ingest.statute import parse_statute
from knowledge_base.regions import Regions
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.text import numeral
from knowledge_base.types import NATION
from tests.knowledge.conftest import SHARED

pytestmark = pytest.mark.unit

STALE_CONTACTS = ("89966011", "6888997", "ycflyz", "157022", "213022", "光华路", "马璇", "冯涛", "孙旭东", "孔玮")
PERSONA = re.compile(r"我是律师|本律师|批准|保证能赢|一定能赢")

FIGURE = re.compile(
    r"((?:百分之)?(?:\d+(?:\.\d+)?万?|[一二三四五六七八九十百千两]+))"
    r"(?:年|个?月|日|天|小时|元|倍|%|周?岁|人次|平方米|处|件(?!事)|(?<=百分之.)|(?<=百分之..))"
)
NUMBER = re.compile(r"\d+(?:\.\d+)?万?|[〇零一二三四五六七八九十百千两]+")
COUNTED = {"gaoping.points": {17.0}}  # fifteen stations and two centres, added up


def value(figure: str) -> float | None:
    plain = figure.removeprefix("百分之")
    if plain[0].isdigit():
        return float(plain.removesuffix("万")) * (10000 if plain.endswith("万") else 1)
    return numeral(plain)


def figures_of(reference: Reference, library: Library) -> set[float | None]:
    found = library.resolve(reference)
    assert found.clause
    assert found.document
    days = (found.document.issued, found.document.published)
    dates = " ".join(f"{day.year}年{day.month}月{day.day}日" for day in days if day)
    text = " ".join((*found.clause.headings, found.clause.text, dates))
    return {value(number) for number in NUMBER.findall(text.replace("百分之", " "))}


@pytest.fixture(scope="module")
def book() -> CardBook:
    return load_cards()


@pytest.fixture(scope="module")
def answered(book: CardBook) -> list[Card]:
    return [card for card in book.cards if not card.gap]


@pytest.fixture(scope="module")
def library(laws: Path, seeds: Callable[[str], Path], book: CardBook) -> Library:
    """Return the documents the cards cite, as published."""
    places = {"000": "231000", "001": "140581", "002": "320400", "003": "640100", "004": "230000"}
    documents = [
        parse_policy(seeds(n).read_text("utf-8"), name=n, locate=lambda _t: None, region=code).documents[0]
        for n, code in places.items()
    ]
    documents += [parse_statute(f.read_text("utf-8"), name=f.stem).documents[0] for f in laws.glob("*.md")]
    return Library([*documents, *_collected(documents, cited={r.document for c in book.cards for r in c.references})])


def _collected(published: Sequence[Document], *, cited: Iterable[Document]) -> Iterator[Document]:
    """Return what our cards cite and only the collection of statutes has, which prints no dates: ours stand for them."""
    known = {_bare(document.title) for document in published}
    wanted = {_bare(one.title): one for one in cited if _bare(one.title) not in known}
    clauses: dict[str, list[Clause]] = {title: [] for title in wanted if wanted[title].region == NATION}
    with gzip.open(SHARED / "retrieval" / "statutes.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            article = json.loads(line)
            if (title := _bare(article["title"])) in clauses:
                clauses[title].append(Clause(mark=article["clause"], text=article["text"]))
    return (replace(wanted[title], clauses=tuple(found)) for title, found in clauses.items() if found)


def _bare(title: str) -> str:
    return re.sub(r"[《》]|中华人民共和国", "", plain_title(title))


class TestOurCards:
    def test_are_many_and_ask_each_question_once(self, book: CardBook) -> None:
        asked = Counter(question for card in book.cards for question in card.questions)
        assert len(book.cards) >= 250
        assert [question for question, times in asked.items() if times > 1] == []

    def test_all_answer_and_cite(self, answered: list[Card]) -> None:
        assert all(card.answer and card.references for card in answered)

    def test_never_hold_what_must_not_be_shown(self, book: CardBook) -> None:
        for card in book.cards:
            words = "".join((card.answer, *card.questions, *(h for r in card.references for h in r.has)))
            assert not any(hidden in "".join(words.split()) for hidden in STALE_CONTACTS), card.id
            assert not PERSONA.search(card.answer), card.id

    def test_pass_every_check(self, book: CardBook) -> None:
        assert check_cards(book.cards) == ()

    def test_stand_beside_their_counterparts_both_ways(self, book: CardBook) -> None:
        cards = {card.id: card for card in book.cards}
        pairs = {(card.id, other) for card in book.cards for other in card.beside}
        assert ("mudanjiang.migrant_waiver", "labour.wages_aid") in pairs
        assert {(other, one) for one, other in pairs} == pairs
        assert all(cards[one].region != cards[other].region for one, other in pairs)

    def test_account_for_every_item_of_the_local_documents(self, book: CardBook) -> None:
        listed = SHARED / "domain" / "seeds.md"
        if not listed.is_file():
            pytest.skip("the list of items (../shared/domain/seeds.md) is not here")
        items = set(re.findall(r"^\| ((?:MDJ|GP|CZ|YC|HLJ)-\d\d) ", listed.read_text("utf-8"), re.MULTILINE))
        excused = yaml.safe_load((SOURCES / "without_card.yml").read_text("utf-8"))
        without = {entry["item"] for entry in excused}
        carded = {item for card in book.cards if not card.gap for item in card.seeds}
        assert len(items) == 145
        assert carded | without == items
        assert carded & without == set()
        assert {entry["why"] for entry in excused} <= {"staff", "blocked", "silent"}
        assert all(entry["note"] for entry in excused)

    def test_name_no_phone_but_the_national_lines(self, answered: list[Card]) -> None:
        for card in answered:
            assert set(re.findall(r"(?<!\d)1\d{2,4}(?!\d)(?!件|人次|元|年)", card.answer)) <= {"110", "12348", "150"}, (
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
                assert (found.issued, found.number) == (reference.document.issued, reference.document.number), card.id

    def test_cover_every_figure_of_an_answer(self, answered: list[Card], library: Library) -> None:
        """A figure in an answer stands in a clause it cites, in digits or in characters, or is the document's date."""
        unsupported = {}
        for card in answered:
            said = set().union(*(figures_of(reference, library) for reference in card.references))
            told = {figure for found in FIGURE.finditer(card.answer) if (figure := value(found[1])) != 1}
            if card.id in COUNTED:
                told -= COUNTED[card.id]
            if told - said:
                unsupported[card.id] = told - said
        assert unsupported == {}

    def test_are_worded_as_they_were_when_the_cards_were_written(self, book: CardBook, library: Library) -> None:
        locked = (SOURCES / LOCK).read_text("utf-8").splitlines()[1:]
        assert list(lock_lines(book.cards, library)) == locked, "read the changed clauses, then `cards lock`"
        assert [(c.id, r.clause) for c in book.cards for r in c.references if not r.digest] == []

    def test_leave_no_card_without_a_valid_text(self, book: CardBook, library: Library) -> None:
        assert check_sources(book.cards, library) == ()


class TestEvents:
    ORDER = re.compile(r"^(?:主席令第\d+号|国务院令第\d+号|法释〔\d{4}〕\d+号)公布的.+，自(.+?)起施行$")

    def test_are_on_the_day_their_source_names_or_say_they_are_from_memory(self, laws: Path) -> None:
        for event in yaml.safe_load((SOURCES / "events.yml").read_text("utf-8")):
            if event["basis"].startswith("据记忆"):
                continue
            said = self.said_by(event["basis"], laws)
            day = event["day"]
            assert any(f"{day.year}年{day.month}月{day.day}日" in line for line in said), event["title"]

    def said_by(self, basis: str, laws: Path) -> list[str]:
        if order := self.ORDER.match(basis):
            return [order[1]]
        named = re.match(r"《(.+?)》(第.+?条)", basis)
        assert named, basis
        texts = [file.read_text("utf-8") for file in laws.glob(f"{named[1]}[(_]*.md")]
        return [line for text in texts for line in text.splitlines() if line.startswith(named[2])]

    def test_tell_since_when_every_edition_holds_that_does_not_say_so_itself(self, laws: Path) -> None:
        parsed = [parse_statute(file.read_text("utf-8"), name=file.stem) for file in sorted(laws.glob("*.md"))]
        silent = [d for one in parsed for d in one.documents if d.effective_assumed]
        assert len(silent) > 20, "amended laws print their first version's day"
        assert [d.id for d in in_time(silent) if d.effective_assumed] == []

    def test_tell_the_same_of_what_our_cards_cite(self, book: CardBook) -> None:
        cited = {r.document.id: r.document for card in book.cards for r in card.references}
        assert cited["labour_contract"].effective_from == date(2013, 7, 1)
        assert cited["civil_procedure"].effective_from == date(2024, 1, 1)
        assert cited["labour_contract_rules"].effective_assumed


class TestChecks:
    LAW = Document(id="law", title="某法", kind=DocumentKind.STATUTE, clauses=())
    CARD = Card(
        id="a",
        questions=("审查要几天",),
        references=(Reference(document=LAW, clause="第一条"),),
        answer="七日内。别的以后再说。",
    )

    def faults(self, *cards: Card) -> list[tuple[str, str]]:
        return [(fault.card, fault.text) for fault in check_cards(cards)]

    def test_pass_a_good_card(self) -> None:
        assert self.faults(self.CARD) == []

    def test_find_a_second_card_for_the_same_question(self) -> None:
        ((card, text),) = self.faults(self.CARD, replace(self.CARD, id="b", questions=("审查要几天啊",)))
        assert (card, "a" in text) == ("b", True)

    def test_allow_the_same_question_on_another_clause_or_in_another_place(self) -> None:
        elsewhere = replace(self.CARD, id="b", questions=("审查要几天啊",), region="231000")
        other = replace(elsewhere, region=NATION, references=(Reference(document=self.LAW, clause="第二条"),))
        assert self.faults(self.CARD, elsewhere) == self.faults(self.CARD, other) == []

    def test_find_the_very_same_question_whatever_clause_it_is_answered_from(self) -> None:
        other = replace(self.CARD, id="b", references=(Reference(document=self.LAW, clause="第二条"),))
        for asked in ("审查要几天？", "审查要几天,"):
            found = self.faults(self.CARD, replace(other, questions=("别的事怎么办", asked)))
            assert [(card, "another clause" in text) for card, text in found] == [("b", True)], asked
        assert self.faults(self.CARD, replace(other, region="231000")) == []

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"answer": "机构会审查。七日内有结果。"}, "figure"),
            ({"references": ()}, "no clause"),
            ({"answer": "七日内。" + "长" * LONGEST}, "characters"),
            ({"answer": "七日内。电话0453-6123456。"}, "contact"),
        ],
    )
    def test_find(self, change: dict[str, object], fault: str) -> None:
        ((_, text),) = self.faults(replace(self.CARD, **change))  # type: ignore[arg-type]  # fields as parametrised
        assert fault in text

    @pytest.mark.parametrize(
        ("question", "first"),
        [
            ("审查要几天", "没有统一的数字"),
            ("审查要多少钱", "一律免费"),
            ("工作站哪天值班", "每周三值班"),
            ("抚养费给多少", "百分之二十"),
            ("哪天施行", "2022年1月1日起"),
            ("违法辞退赔几个月工资", "按经济补偿的二倍赔"),
            ("工亡赔多少钱", "二十年的人均可支配收入"),
            ("几岁能上班", "满十六周岁"),
            ("干了好几年被辞退", "先留证据"),
        ],
    )
    def test_accept_any_honest_opening(self, question: str, first: str) -> None:
        assert self.faults(replace(self.CARD, questions=(question,), answer=f"{first}。")) == []

    @pytest.mark.parametrize(
        ("question", "first"),
        [
            ("申请保护令多少钱", "七十二小时内作出"),
            ("复议几天内提出", "每件10元"),
            ("几岁能继承", "百分之二十"),
            ("加班费几倍", "每天不超过八小时"),
        ],
    )
    def test_find_a_figure_of_another_kind(self, question: str, first: str) -> None:
        ((_, text),) = self.faults(replace(self.CARD, questions=(question,), answer=f"{first}。"))
        assert question in text

    def test_leave_a_question_alone_that_asks_for_no_figure(self) -> None:
        assert self.faults(replace(self.CARD, questions=("工资被拖欠几个月了",), answer="先留证据。")) == []
