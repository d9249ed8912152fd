"""Answers come from cards and clauses of the right place and day, or not at all."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.answer import KnowledgeBase
from knowledge_base.cards import Card, Reference
from knowledge_base.judgement import load_judge
from knowledge_base.placing import Placed, names_of, place_with, without
from knowledge_base.quote import point, quote
from knowledge_base.regions import Regions
from knowledge_base.types import Answer, NoAnswer, NoAnswerReason, Standing
from tests.knowledge.fakes import PairEmbedder
from tests.knowledge.homes import book, fill, make, open_base, opinion, source_texts

pytestmark = pytest.mark.unit

ON = date(2026, 11, 21)
GAOPING, YINCHUAN, MUDANJIANG = "140581", "640100", "231000"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    fill(folder, source_texts())
    return folder


@pytest.fixture
def base(home: Path) -> KnowledgeBase:
    make(home, embedder=PairEmbedder())
    return open_base(home, PairEmbedder())


def answered(result: Answer | NoAnswer) -> Answer:
    assert isinstance(result, Answer), result
    return result


class TestAsk:
    def test_answers_from_a_card_with_the_words_of_its_clause(self, base: KnowledgeBase) -> None:
        answer = answered(base.ask("镇上工作站星期几有人值班", region=GAOPING, on=ON))
        (cited,) = answer.citations
        assert "每周三" in answer.text
        assert cited.number == "高司字〔2024〕6号"
        assert cited.clause == "一(一)"
        assert "每周三值班一次" in (cited.quote or "")
        assert cited.source_id == "高司字〔2024〕6号#一(一)"

    def test_holds_only_a_follow_up_to_the_matter_of_the_conversation(self, home: Path) -> None:
        station, *others = book().cards
        cards = (replace(station, matters=("labour.wages",)), *others)
        make(home, embedder=PairEmbedder(), cards=replace(book(), cards=cards))
        base = open_base(home, PairEmbedder())
        asked, matters = "高平乡镇站哪天值班", ["family.divorce"]
        free = answered(base.ask(asked, region=GAOPING, on=ON, matters=matters))
        assert free.provenance is not None
        assert free.provenance.entry == "card:station"
        held = base.ask(asked, region=GAOPING, on=ON, matters=matters, follow_up=True)
        assert not (isinstance(held, Answer) and held.provenance and held.provenance.entry == "card:station")

    def test_says_that_a_plan_is_over(self, base: KnowledgeBase) -> None:
        over = answered(base.ask("镇上工作站星期几有人值班", region=GAOPING, on=ON))
        during = answered(base.ask("镇上工作站星期几有人值班", region=GAOPING, on=date(2024, 6, 1)))
        assert over.citations[0].standing is Standing.PLAN_ENDED
        assert "计划期已过" in over.caveats[0]
        assert during.caveats == ()

    def test_says_whose_rule_it_is_where_another_law_holds(self, base: KnowledgeBase) -> None:
        told = {
            place: answered(base.ask("申请援助几天有结果", region=place, on=ON)) for place in ("810000", MUDANJIANG)
        }
        assert "香港有自己的法律" in told["810000"].caveats[0]
        assert not any("内地" in caveat for caveat in told[MUDANJIANG].caveats)

    def test_never_takes_a_card_from_another_place(self, base: KnowledgeBase) -> None:
        for region in (YINCHUAN, MUDANJIANG, "140500", None):
            result = base.ask("镇上工作站星期几有人值班", region=region, on=ON)
            assert not (isinstance(result, Answer) and result.citations[0].region == GAOPING)

    def test_is_silent_where_the_documents_are(self, base: KnowledgeBase) -> None:
        result = base.ask("高平援助中心电话是多少", region=GAOPING, on=ON)
        assert isinstance(result, NoAnswer)
        assert result.reason is NoAnswerReason.NOT_IN_DOCUMENTS

    def test_gives_the_article_that_was_named(self, base: KnowledgeBase) -> None:
        answer = answered(base.ask("援助法第2条写的什么", region=None, on=ON))
        assert answer.citations[0].clause == "第二条"
        assert "劳动报酬" in answer.text

    def test_gives_the_version_of_the_day(self, base: KnowledgeBase) -> None:
        now = answered(base.ask("援助法第一条", region=None, on=ON))
        then = answered(base.ask("援助法第一条", region=None, on=date(2010, 1, 1)))
        assert "七日内" in now.text
        assert "十五日内" in then.text

    def test_does_not_pass_one_year_off_as_another(self, base: KnowledgeBase) -> None:
        for year in ("2025年", "明年"):
            result = base.ask(f"{year}镇上工作站星期几有人值班", region=GAOPING, on=ON)
            assert isinstance(result, NoAnswer)

    def test_tells_what_is_none_of_its_business(self, base: KnowledgeBase) -> None:
        result = base.ask("今天天气怎么样", region=GAOPING, on=ON)
        assert isinstance(result, NoAnswer)
        assert result.reason is NoAnswerReason.OFF_TOPIC

    def test_answers_what_is_asked_in_a_cards_own_words(self, base: KnowledgeBase) -> None:
        assert answered(base.ask("申请援助几天有结果", region=None, on=ON)).provenance is not None
        known_gap = base.ask("高平援助中心电话是多少", region=GAOPING, on=ON)
        assert isinstance(known_gap, NoAnswer)
        assert known_gap.nearest is None

    def test_says_what_came_nearest_without_calling_it_an_answer(self, base: KnowledgeBase) -> None:
        strict = replace(load_judge(None, model="fake"), least=1.1)
        result = KnowledgeBase(base.searcher, judge=strict).ask("工作站每周哪天有人值班", region=GAOPING, on=ON)
        assert isinstance(result, NoAnswer)
        assert result.nearest is not None
        assert "每周三" in result.nearest.text

    @pytest.mark.parametrize("question", ["我这个官司能赢吗", "晋财政法〔2021〕79号写了什么", "2025年全年办理多少件"])
    def test_has_nothing_to_say_where_no_text_could(self, base: KnowledgeBase, question: str) -> None:
        assert isinstance(base.ask(question, region=GAOPING, on=ON), NoAnswer)

    def test_follows_a_text_that_was_corrected(self, home: Path) -> None:
        fill(home, {"plan.txt": source_texts()["plan.txt"].replace("每周三", "每周五")})
        report = make(home, embedder=PairEmbedder())
        assert [stale.partition(":")[0] for stale in report.stale_cards] == ["station"]
        base = open_base(home, PairEmbedder())
        result = base.ask("乡镇工作站每周值班一次每次值班时间", region=GAOPING, on=ON)
        assert "每周三" not in (result.text if isinstance(result, Answer) else "")
        assert base.status()["stale_cards"]
        assert "每周五" in base.search("乡镇工作站值班", region=GAOPING, on=ON)[0].passage.text


class TestTwoPlaces:
    """What the nation and a city say of the same is shown side by side, to those who live there."""

    @pytest.fixture
    @classmethod
    def base(cls, home: Path) -> KnowledgeBase:
        cards = book()
        waiver = Card(
            id="waiver",
            questions=("要赡养费还查不查经济困难", "给付赡养费审查经济困难条件吗"),
            answer="请求给付赡养费的，不审查经济困难条件。",
            references=(Reference(document=opinion(), clause="一", has=("不审查经济困难条件",)),),
            region=MUDANJIANG,
            beside=("days",),
        )
        days = next(card for card in cards.cards if card.id == "days")
        rest = tuple(card for card in cards.cards if card.id != "days")
        both = (waiver, replace(days, beside=("waiver",)), *rest)
        make(home, embedder=PairEmbedder(), cards=replace(cards, cards=both))
        return open_base(home, PairEmbedder())

    @pytest.mark.parametrize(
        ("question", "first", "second"),
        [("要赡养费还查不查经济困难", MUDANJIANG, "CN"), ("申请援助几天有结果", "CN", MUDANJIANG)],
    )
    def test_are_shown_side_by_side(self, base: KnowledgeBase, question: str, first: str, second: str) -> None:
        answer = answered(base.ask(question, region=MUDANJIANG, on=ON))
        (other,) = answer.beside
        assert (answer.region, other.region) == (first, second)
        assert {cited.region for cited in answer.all_citations} == {MUDANJIANG, "CN"}
        assert other.citations[0].quote

    def test_are_no_concern_of_somebody_elsewhere(self, base: KnowledgeBase) -> None:
        for region in (YINCHUAN, GAOPING, None):
            assert answered(base.ask("申请援助几天有结果", region=region, on=ON)).beside == ()


class TestWithoutAModel:
    def test_cards_still_answer(self, home: Path) -> None:
        make(home, embedder=None)
        base = open_base(home, None)
        assert base.status()["mode"] == "words"
        assert base.embed("任何话") is None
        assert "七日" in answered(base.ask("申请援助几天有结果", region=None, on=ON)).text

    def test_strangers_are_still_turned_away(self, home: Path) -> None:
        make(home, embedder=None)
        assert isinstance(open_base(home, None).ask("红烧肉做法", region=None, on=ON), NoAnswer)

    def test_a_missing_model_is_told_not_raised(self, home: Path, tmp_path: Path) -> None:
        make(home, embedder=None)
        base = KnowledgeBase.load(home, embedder_spec=f"path:{tmp_path / 'nowhere'}", place=lambda t: Placed(text=t))
        assert "nowhere" in base.status()["model_missing"]
        assert base.search("审查", region=None, on=ON)


class TestSearch:
    def test_shows_local_and_national_texts_and_nobody_elses(self, base: KnowledgeBase) -> None:
        hits = base.search("请求给付赡养费不审查经济困难条件", region=MUDANJIANG, on=ON, k=20)
        assert hits[0].passage.citation.region == MUDANJIANG
        assert {hit.passage.citation.region for hit in hits} == {MUDANJIANG, "CN"}
        elsewhere = base.search("请求给付赡养费不审查经济困难条件", region=YINCHUAN, on=ON, k=20)
        assert {hit.passage.citation.region for hit in elsewhere} == {"CN"}

    def test_lets_a_place_in_the_question_decide(self, home: Path, regions: Regions) -> None:
        make(home, embedder=PairEmbedder())
        base = open_base(home, PairEmbedder(), place=place_with(regions))
        hits = base.search("牡丹江请求给付赡养费", region=YINCHUAN, on=ON, k=20)
        assert hits[0].passage.citation.region == MUDANJIANG

    def test_is_not_widened_by_the_name_of_ones_own_province(self, home: Path, regions: Regions) -> None:
        make(home, embedder=PairEmbedder())
        base = open_base(home, PairEmbedder(), place=place_with(regions))
        hits = base.search("山西镇上工作站值班", region=GAOPING, on=ON, k=20)
        assert GAOPING in {hit.passage.citation.region for hit in hits}

    def test_never_shows_a_gap(self, base: KnowledgeBase) -> None:
        hits = base.search("高平援助中心电话是多少", region=GAOPING, on=ON, k=50)
        assert not [hit for hit in hits if "gap" in hit.passage.id]

    def test_leaves_out_what_was_replaced(self, base: KnowledgeBase) -> None:
        texts = [hit.passage.text for hit in base.search("自收到申请之日起审查", region=None, on=ON, k=50)]
        assert not [text for text in texts if "十五日内" in text]

    def test_gives_a_passage_by_its_id(self, base: KnowledgeBase) -> None:
        found = base.passage("高司字〔2024〕6号#二", on=ON)
        assert found is not None
        assert found.citation.standing is Standing.PLAN_ENDED
        assert base.passage("nothing", on=ON) is None


class TestQuote:
    LONG = "第一句讲的是组织领导。" * 20 + "乡镇工作站每周三值班一次。" + "最后讲的是宣传。" * 20

    def test_shows_a_short_clause_whole(self) -> None:
        assert quote("七日内审查。", "几天") == "七日内审查。"

    def test_keeps_what_the_answer_rests_on(self) -> None:
        words = quote(self.LONG, "什么时候值班", must_have=("每周三值班一次",))
        assert words == "乡镇工作站每周三值班一次。"

    def test_marks_what_it_left_out(self) -> None:
        words = quote(self.LONG, "值班和宣传各怎么安排")
        assert words.startswith("乡镇工作站")
        assert "最后讲的是宣传。" in words
        middle = quote("甲乙丙丁。" + self.LONG + "甲乙丙丁。", "甲乙丙丁")
        assert middle == "甲乙丙丁。……甲乙丙丁。"


class TestPoint:
    CLAUSE = "七级至十级伤残的，享受以下待遇：\n（一）七级为13个月的本人工资；\n（二）期满终止合同的，由省级政府规定。"

    def test_is_the_sentence_that_holds_what_is_asked(self) -> None:
        def figure(text: str) -> bool:
            return any(character.isdigit() for character in text)

        assert point(self.CLAUSE, "七级伤残补助金几个月", holds=figure) == "（一）七级为13个月的本人工资；"
        assert point("应当及时告知。", "几天告知", holds=figure) == ""


class TestCounterfactual:
    """Whatever figure a text is given, answers follow it: nothing is known but what was read."""

    @pytest.mark.parametrize(
        ("file", "change", "question", "region"),
        [
            ("援助法(2021-08-20).md", ("七日内", "九日内"), "申请之日起几日内审查决定是否给予援助", None),
            ("plan.txt", ("不少于4小时", "不少于6小时"), "乡镇工作站每次值班时间不少于几小时", GAOPING),
            ("plan.txt", ("290件", "310件"), "全年办理法律援助多少件", GAOPING),
            (
                "opinion.txt",
                ("不审查经济困难条件", "审查经济困难条件3次"),
                "请求给付赡养费审查经济困难条件几次",
                MUDANJIANG,
            ),
        ],
    )
    def test_an_altered_figure_is_followed(
        self, home: Path, file: str, change: tuple[str, str], question: str, region: str | None
    ) -> None:
        old, new = change
        fill(home, {file: source_texts()[file].replace(old, new)})
        make(home, embedder=PairEmbedder())
        base = open_base(home, PairEmbedder())
        result = base.ask(question, region=region, on=ON)
        said = result.text if isinstance(result, Answer) else ""
        assert old not in said
        assert new in base.search(question, region=region, on=ON)[0].passage.text

    def test_the_figure_stands_in_the_first_sentence_of_a_clause_too(self, home: Path) -> None:
        law = source_texts()["援助法(2021-08-20).md"]
        long = (
            "第一条 机构应当热情服务。"
            + "机构应当加强管理。" * 40
            + "自收到申请之日起九日内审查，作出是否给予援助的决定。"
        )
        fill(home, {"援助法(2021-08-20).md": re.sub("第一条 .*", long, law)})
        make(home, embedder=PairEmbedder())
        answer = answered(open_base(home, PairEmbedder()).ask("援助法第一条说几日内审查", region=None, on=ON))
        assert "九日内" in answer.text.split("。")[0]
        assert "九日内" in (answer.citations[0].quote or "")


class TestPlaces:
    def test_the_name_is_taken_out_with_what_lies_above_it(self, regions: Regions) -> None:
        placed = place_with(regions)("山西高平乡镇法律服务站星期几值班")
        assert placed == Placed(text="乡镇法律服务站星期几值班", region=GAOPING)

    @pytest.mark.parametrize(
        "text",
        [
            "我在银川打工，欠薪去哪投诉",
            "在银川干活老板不给钱咋办",
            "我们现在住银川 申请援助要什么材料",
            "人在银川，申请法律援助要几天",
        ],
    )
    def test_where_the_asker_is_asks_for_no_rule_of_that_place(self, regions: Regions, text: str) -> None:
        assert place_with(regions)(text).told

    @pytest.mark.parametrize(
        "text", ["银川的困难标准是多少", "在银川申请法律援助要什么条件", "我想问下，银川最低工资多少"]
    )
    def test_whose_rule_is_asked_for_is_named(self, regions: Regions, text: str) -> None:
        assert not place_with(regions)(text).told

    def test_a_question_that_is_hardly_more_than_a_place_stays_whole(self, regions: Regions) -> None:
        assert without("银川的", names_of(regions, YINCHUAN)) == "银川的"

    def test_a_question_without_a_place_stays_as_it_is(self, regions: Regions) -> None:
        assert place_with(regions)("老板不给工钱") == Placed(text="老板不给工钱")
