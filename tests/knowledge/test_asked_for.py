"""A word or two and a provision's number, asked of our own cards and of the official texts."""

import random
from collections.abc import Sequence
from datetime import date

import pytest

from knowledge_base.answer import KnowledgeBase
from knowledge_base.build import build_with
from knowledge_base.cards import load_cards
from knowledge_base.corpus import DocumentKind, passage_id, plain_title
from knowledge_base.index import Index
from knowledge_base.ingest.store import ingest
from knowledge_base.placing import place_with
from knowledge_base.regions import Regions
from knowledge_base.text import article_numbers
from knowledge_base.types import Answer, NoAnswer, NoAnswerReason
from tests.knowledge.conftest import PLACES, ROOT, SHARED
from tests.knowledge.homes import open_base

pytestmark = pytest.mark.knowledge

ON = date(2026, 11, 21)
_SAMPLE = 120


def entry(base: KnowledgeBase, question: str, *, region: str | None = None, matters: Sequence[str] = ()) -> str:
    result = base.ask(question, region=region, on=ON, matters=matters)
    if isinstance(result, NoAnswer):
        return result.reason.value
    assert result.provenance is not None
    return result.provenance.entry.removeprefix("card:")


class TestAWord:
    @pytest.mark.parametrize(
        ("word", "card"),
        [
            ("欠薪", "labour.wages"),
            ("工资", "labour.wages"),
            ("家暴", "family.violence"),
            ("工伤", "labour.injury_apply"),
            ("刑拘", "criminal.family_applies"),
            ("离婚", "family.divorce_ways"),
            ("时效?", "procedure.time_limits"),
            ("12348", "aid.hotline"),
            ("法律援助", "aid.what"),
            ("房东不退押金", "property.deposit"),
            ("工伤认定申请期限", "labour.injury_apply"),
            ("工伤认定多长时间内申请", "labour.injury_apply"),
            ("工伤认定多久出结果", "labour.injury_days"),
            ("老板不给钱", "labour.wages"),
        ],
    )
    def test_is_answered_about_its_matter(self, cards_only: KnowledgeBase, word: str, card: str) -> None:
        assert entry(cards_only, word) == card

    @pytest.mark.parametrize("word", ["你好", "谢谢", "天气", "股票"])
    def test_of_no_matter_is_none_of_ours(self, cards_only: KnowledgeBase, word: str) -> None:
        assert entry(cards_only, word) == NoAnswerReason.OFF_TOPIC.value

    @pytest.mark.parametrize(
        ("matter", "said", "card"),
        [
            ("labour.wages", "要带什么", "labour.arbitration_how"),
            ("labour.wages", "证据怎么弄", "labour.evidence"),
            ("labour.wages", "那他要是不给呢", "labour.award_enforce"),
            ("labour.wages", "要钱吗", "labour.arbitration_fee"),
            ("labour.work_injury", "要多久", "labour.injury_days"),
            ("labour.work_injury", "那他要是不给呢", "labour.injury_advance"),
            ("labour.dismissal", "能要多少", "labour.dismissed"),
            ("family.domestic_violence", "需要什么证据", "family.violence_evidence"),
            ("family.domestic_violence", "去哪里办", "family.protection_order"),
            ("family.domestic_violence", "要多久", "family.protection_order_speed"),
            ("family.domestic_violence", "时效?", "not_in_documents"),
            ("family.divorce", "去哪里办", "family.divorce_ways"),
            ("criminal.defence", "要钱吗", "criminal.duty_lawyer"),
            ("labour.wages", "老板不给钱", "labour.wages"),
        ],
    )
    def test_said_on_means_the_conversations_matter(
        self, cards_only: KnowledgeBase, matter: str, said: str, card: str
    ) -> None:
        assert entry(cards_only, said, matters=[matter]) == card

    def test_whatever_is_spelled_out_gives_the_card_that_is_meant(self, cards_only: KnowledgeBase) -> None:
        own = {question: card.id for card in load_cards().cards for question in card.questions}
        short = cards_only.short
        meant = {question for questions in short.questions.values() for question in questions.values()}
        wrong = {q: entry(cards_only, q) for q in sorted(meant | set(short.words.values()))}
        assert {q: e for q, e in wrong.items() if e != own[q]} == {}


class TestAProvision:
    @pytest.fixture(scope="class")
    @classmethod
    def base(cls) -> KnowledgeBase:
        folder = SHARED / "policies"
        if not folder.is_dir():
            pytest.skip("the policy documents (../shared/policies) are not here")
        home = ROOT / "var" / "tests" / "provisions"
        ingest(
            [folder], home=home, locate=lambda text: next((code for name, code in PLACES.items() if name in text), None)
        )
        # By number nothing is searched: words will do, and no text waits for its vector.
        build_with(home, embedder=None, embedder_spec="none", book=load_cards())
        return open_base(home, None, place=place_with(Regions.load()))

    @pytest.mark.parametrize("asked", ["{title}{mark}", "《{title}》{mark}是怎么规定的", "{number} {mark} 写了什么"])
    @pytest.mark.parametrize("region", ["231000", None])
    def test_of_every_local_document_is_given(self, base: KnowledgeBase, asked: str, region: str | None) -> None:
        wrong, tried = [], 0
        for document, mark, wanted in _provisions(base.searcher.index, DocumentKind.POLICY):
            if "{number}" in asked and not document[1]:
                continue
            question = asked.format(title=document[0], number=document[1], mark=mark)
            tried += 1
            if entry(base, question, region=region) != wanted:
                wrong.append(question)
        assert tried
        assert wrong == []

    @pytest.mark.parametrize(
        "asked",
        ["{title}{mark}", "{title}{digits}条", "老板说按{title}第{digits}条办，我能要赔偿吗", "{mark}，{title}的"],
    )
    def test_of_a_statute_is_given(self, base: KnowledgeBase, asked: str) -> None:
        articles = [
            (title, mark, wanted)
            for (title, _), mark, wanted in _provisions(base.searcher.index, DocumentKind.STATUTE)
            if article_numbers(mark)
        ]
        wrong = []
        for title, mark, wanted in random.Random(7).sample(articles, _SAMPLE):  # noqa: S311 - a fixed sample
            question = asked.format(title=title, mark=mark, digits=article_numbers(mark)[0])
            if entry(base, question) != wanted:
                wrong.append(question)
        assert wrong == []

    def test_that_does_not_exist_is_never_another(self, base: KnowledgeBase) -> None:
        for document in base.searcher.index.documents:
            if document.kind is DocumentKind.STATUTE and document.applies(ON):
                result = base.ask(f"{plain_title(document.title)}第五千条怎么说", region=None, on=ON)
                assert isinstance(result, NoAnswer)
                assert result.reason is NoAnswerReason.NOT_IN_DOCUMENTS
                assert plain_title(document.title) in result.because

    def test_of_mudanjiang_reaches_only_who_names_it(self, base: KnowledgeBase) -> None:
        named = base.ask("关于完善法律援助制度的实施意见(五)", region="640100", on=ON)
        assert isinstance(named, Answer)
        assert named.region == "231000"
        for question in ("要赡养费还查我收入吗", "实施意见(五)", "银川关于完善法律援助制度的实施意见(五)"):
            result = base.ask(question, region="640100", on=ON)
            assert not (isinstance(result, Answer) and any(c.region == "231000" for c in result.all_citations))


def _provisions(index: Index, kind: DocumentKind) -> Sequence[tuple[tuple[str, str | None], str, str]]:
    """Return title and number, mark and passage id of every provision that applies."""
    found = []
    for at in range(index.passages):
        document, clause = index.document_of(at), index.clause(at)
        if document.kind is kind and document.applies(ON):
            name = (plain_title(document.title), document.number)
            found.append((name, clause.mark, passage_id(document, clause)))
    return found
