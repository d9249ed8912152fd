"""What is said first, what stands beside it, and what answered on an earlier day."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from knowledge_base.answer import KnowledgeBase
from knowledge_base.cards import Card, Reference
from knowledge_base.choosing import Chooser
from knowledge_base.editions import Editions
from knowledge_base.evidence import FEATURES, Asked, Evidence
from knowledge_base.judgement import Choice
from knowledge_base.placing import taken_out
from knowledge_base.quote import first_part, pointed
from knowledge_base.types import Answer, NoAnswer
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import book, fill, make, open_base, opinion, plan, source_texts

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)
GAOPING, VILLAGE, MUDANJIANG = "140581", "140599", "231000"
TARGETS = "全年的任务是：城东镇办150件，城西镇办200件，马村镇办280件。"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    fill(folder, source_texts())
    return folder


def opened(home: Path, *more: Card) -> KnowledgeBase:
    cards = book()
    make(home, embedder=PairEmbedder(), cards=replace(cards, cards=(*cards.cards, *more)))
    return open_base(home, PairEmbedder())


def asked(query: str, *, region: str | None = None, bare: str = "") -> Asked:
    return Asked(query=query, bare=bare or query, region=region, named=False, on=ON, vector=None)


def entry(base: KnowledgeBase, name: str) -> int:
    index = base.searcher.index
    if name.startswith("card:"):
        return index.passages + [card.id for card in index.cards].index(name.removeprefix("card:"))
    found = index.entry_of(name)
    assert found is not None, name
    return found


class Weighed:
    """What a judge made of some entries, the likeliest first, and how near each card is asked for."""

    def __init__(self, base: KnowledgeBase, odds: Mapping[str, float], near: Mapping[str, float] | None = None) -> None:
        self.base = base
        entries = tuple(entry(base, name) for name in odds)
        self.choice = Choice(entries=entries, odds=tuple(odds.values()), probability=0.99, answers=True)
        rows = np.zeros((len(entries), len(FEATURES)))
        for at, name in enumerate(odds):
            rows[at, FEATURES.index("asked_near")] = (near or {}).get(name, -3.0)
        self.evidence = Evidence(entries=entries, rows=rows, ranked=(), vector=None)
        self.chooser = Chooser(base.searcher, base.witness)

    def first(self, question: Asked) -> int:
        return self.chooser.best(self.choice, self.evidence, question)

    def beside(self, best: str, question: Asked) -> list[int]:
        return list(self.chooser.beside(entry(self.base, best), self.choice, question))


STATION, LAW, TARGET, OPINION = (
    "高司字〔2024〕6号#一(一)",
    "援助法@2021-08-20#第一条",
    "高司字〔2024〕6号#二",
    "关于完善援助制度的实施意见@2017-08-28#一",
)


class TestFirst:
    def test_is_the_card_that_rests_on_an_extract_and_is_asked_for_like_this(self, home: Path) -> None:
        weighed = Weighed(opened(home), {LAW: 2.0, "card:days": -0.5}, {"card:days": 3.0})
        assert weighed.first(asked("审查要多久")) == entry(weighed.base, "card:days")

    def test_is_a_card_on_other_clauses_only_where_it_is_asked_for_in_almost_these_words(self, home: Path) -> None:
        other = Card(
            id="pay",
            questions=("讨薪能申请援助吗",),
            answer="能申请援助。",
            references=(Reference(document=book().cards[1].references[0].document, clause="第二条"),),
        )
        for near, first in ((3.0, LAW), (3.5, "card:pay")):
            weighed = Weighed(opened(home, other), {LAW: 2.0, "card:pay": 1.0}, {"card:pay": near})
            assert weighed.first(asked("讨薪能援助吗")) == entry(weighed.base, first)

    def test_is_the_extract_where_no_card_was_written_for_the_question(self, home: Path) -> None:
        weighed = Weighed(opened(home), {LAW: 2.0, "card:days": 1.9}, {"card:days": 1.0})
        assert weighed.first(asked("审查由谁来做")) == entry(weighed.base, LAW)

    def test_is_what_names_the_place_asked_about(self, home: Path) -> None:
        towns = Card(
            id="towns",
            questions=("各镇任务多少件",),
            answer=TARGETS,
            references=(Reference(document=plan(), clause="二"),),
            region=GAOPING,
        )
        base = opened(home, towns)
        weighed = Weighed(base, {TARGET: 5.0, "card:towns": 0.4}, {})
        of_a_town = asked("马村镇全年办多少件", region=VILLAGE, bare="全年办多少件")
        assert weighed.first(of_a_town) == entry(base, "card:towns")
        assert weighed.first(asked("全年办多少件", region=GAOPING)) == entry(base, TARGET)
        unlikely = Weighed(base, {TARGET: 5.0, "card:towns": -0.4}, {})
        assert unlikely.first(of_a_town) == entry(base, TARGET)

    @pytest.mark.parametrize(
        ("query", "bare", "place"),
        [
            ("贺兰县任务多少件", "任务多少件", "贺兰县"),
            ("请问贺兰县的任务", "请问任务", "贺兰县"),
            ("任务多少件", "任务多少件", ""),
        ],
    )
    def test_knows_the_place_by_what_was_taken_out(self, query: str, bare: str, place: str) -> None:
        assert taken_out(query, bare) == place


class TestBeside:
    def test_a_local_extract_stands_the_nations_rule(self, home: Path) -> None:
        weighed = Weighed(opened(home), {OPINION: 3.0, "card:days": 0.5, LAW: 0.2})
        assert weighed.beside(OPINION, asked("审查吗", region=MUDANJIANG)) == [entry(weighed.base, "card:days")]

    def test_an_extract_stands_what_its_card_names(self, home: Path) -> None:
        waiver = Card(
            id="waiver",
            questions=("要赡养费审查吗",),
            answer="不审查。",
            references=(Reference(document=opinion(), clause="一"),),
            region=MUDANJIANG,
            beside=("days",),
        )
        base = opened(home, waiver)
        question = asked("审查吗", region=MUDANJIANG)
        assert Weighed(base, {OPINION: 3.0, "card:waiver": -1.0}).beside(OPINION, question) == [
            entry(base, "card:days")
        ]
        assert Weighed(base, {OPINION: 3.0}).beside(OPINION, question) == []

    def test_stands_nothing_unlikely_and_nothing_of_the_same_place(self, home: Path) -> None:
        weighed = Weighed(opened(home), {STATION: 3.0, TARGET: 2.0, LAW: -0.2})
        assert weighed.beside(STATION, asked("值班", region=GAOPING)) == []


class TestGivingWay:
    """What a town's own texts say, or leave unsaid, takes no answer of the nation's away."""

    def test_is_for_an_extract_of_a_local_text_that_is_not_known_to_be_in_force(self, home: Path) -> None:
        base = opened(home)
        chooser = Chooser(base.searcher, base.witness)
        at_home, in_gaoping = asked("审查吗", region=MUDANJIANG), asked("审查吗", region=GAOPING)
        assert chooser.gives_way(entry(base, OPINION), at_home)
        assert chooser.gives_way(entry(base, TARGET), in_gaoping)
        assert not chooser.gives_way(entry(base, "card:station"), in_gaoping)
        assert not chooser.gives_way(entry(base, LAW), at_home)

    def test_is_for_silence_where_the_place_has_texts(self, home: Path) -> None:
        base = opened(home)
        chooser = Chooser(base.searcher, base.witness)
        assert chooser.gives_way(None, asked("审查吗", region=MUDANJIANG))
        assert not chooser.gives_way(None, asked("审查吗", region="610100"))
        assert not chooser.gives_way(None, asked("审查吗"))

    def test_is_not_for_whoever_names_the_place(self, home: Path) -> None:
        base = opened(home)
        named = replace(asked("牡丹江审查吗", region=MUDANJIANG), named=True)
        assert not Chooser(base.searcher, base.witness).gives_way(None, named)

    def test_puts_the_extract_beside_the_card_if_it_is_likely(self, home: Path) -> None:
        base = opened(home)
        question, card = asked("审查吗", region=MUDANJIANG), entry(base, "card:days")
        for odds, beside in ((2.0, [entry(base, OPINION)]), (-0.1, [])):
            weighed = Weighed(base, {OPINION: odds, "card:days": -0.5})
            assert list(weighed.chooser.beside(card, weighed.choice, question)) == beside

    def test_puts_the_cards_own_counterpart_beside_it_sooner(self, home: Path) -> None:
        waiver = Card(
            id="waiver",
            questions=("要赡养费审查吗",),
            answer="不审查。",
            references=(Reference(document=opinion(), clause="一"),),
            region=MUDANJIANG,
        )
        cards = {card.id: card for card in book().cards}
        base = opened(home, waiver, replace(cards["days"], id="days2", questions=("审查几天完",), beside=("waiver",)))
        weighed = Weighed(base, {OPINION: 2.0, "card:waiver": 1.0})
        question = asked("审查吗", region=MUDANJIANG)
        assert weighed.beside("card:days2", question) == [entry(base, "card:waiver")]

    def test_is_answered_with_the_nations_card_and_the_extract_beside_it(self, home: Path) -> None:
        base = KnowledgeBase(opened(home).searcher, judge=OfPlaces(opened(home)))  # type: ignore[arg-type]  # a fake
        answer = base.ask("申请援助审查多长时间", region=MUDANJIANG, on=ON)
        assert isinstance(answer, Answer)
        assert answer.text == "七日内作出决定。"
        (beside,) = answer.beside
        assert beside.citations[0].source_id == OPINION
        without = base.ask("申请援助审查多长时间", region=None, on=ON)
        assert isinstance(without, Answer)
        assert (without.text, without.beside) == (answer.text, ())


class OfPlaces:
    """A judge who puts a town's extract first where there is one, and the card on days where there is none."""

    def __init__(self, base: KnowledgeBase) -> None:
        self.first = [entry(base, OPINION), entry(base, "card:days")]

    def choose(self, evidence: Evidence) -> Choice:
        entries = tuple(one for one in self.first if one in evidence.entries)
        return Choice(entries=entries, odds=(2.0, 1.0)[: len(entries)], probability=0.99, answers=True)


class TestAnEarlierDay:
    def test_is_answered_by_the_article_as_it_read_then(self, home: Path) -> None:
        base = opened(home)
        then = base.ask("申请援助几天有结果", region=None, on=date(2010, 1, 1))
        assert isinstance(then, Answer)
        assert "十五日内" in then.text
        assert then.citations[0].source_id == "援助法@2003-07-01#第一条"
        assert then.matters == ("general.legal_aid",)
        assert any("2010年1月1日" in caveat for caveat in then.caveats)
        now = base.ask("申请援助几天有结果", region=None, on=ON)
        assert isinstance(now, Answer)
        assert now.text == "七日内作出决定。"
        assert now.caveats == ()

    def test_before_any_edition_has_no_answer(self, home: Path) -> None:
        assert isinstance(opened(home).ask("申请援助几天有结果", region=None, on=date(2002, 1, 1)), NoAnswer)

    def test_finds_an_article_that_was_renumbered_and_none_that_is_new(self, tmp_path: Path) -> None:
        texts = source_texts()
        law, old = texts["援助法(2021-08-20).md"], texts["援助法(2003-07-01).md"]
        texts["援助法(2003-07-01).md"] = old.replace(
            "第二条 请求支付", "第二条 本法所称机构由国务院规定。\n\n第四条 请求支付"
        )
        texts["援助法(2021-08-20).md"] = law.replace("第三条", "第三条 军人的遗属申请的，优先办理。\n\n第四条")
        home = tmp_path / "home"
        fill(home, texts)
        base = opened(home)
        editions, then = Editions(base.searcher.index), date(2010, 1, 1)
        assert editions.on(entry(base, "援助法@2021-08-20#第二条"), then) == entry(base, "援助法@2003-07-01#第四条")
        assert editions.on(entry(base, "援助法@2021-08-20#第三条"), then) is None
        own = entry(base, "援助法@2021-08-20#第二条")
        assert editions.on(own, ON) == own


class TestFigureFirst:
    def test_leads_with_the_one_item_of_a_list_that_is_asked_about(self) -> None:
        assert first_part(TARGETS, "马村镇一年办多少件") == f"马村镇办280件。\n{TARGETS}"
        assert first_part(TARGETS, "各镇一年办多少件") == TARGETS
        assert first_part(TARGETS, "马村镇谁负责") == TARGETS

    def test_leads_an_extract_with_it_too(self) -> None:
        text = f"全市要办好援助，一年办多少件援助都要公布。全市办援助1500件。其中：{TARGETS}"
        assert pointed(text, text, "马村镇一年办多少件援助").startswith("马村镇办280件。\n全文：")

    def test_leads_with_the_sentence_whose_words_are_its_own(self) -> None:
        text = (
            "援助机构办理援助申请，三日内登记援助。援助机构办理援助申请，七日内审查完。援助机构办理援助，五日内通知。"
        )
        assert pointed(text, text, "援助机构办理援助申请几天审查完").startswith("援助机构办理援助申请，七日内审查完。")
