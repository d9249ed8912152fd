"""The taxonomy keeps the public contract's codes and covers the lists it was drawn from."""

from pathlib import Path

import pytest

from knowledge_base.taxonomy import Taxonomy, TaxonomyInvalid, UnknownMatter

pytestmark = pytest.mark.unit

FIRST_LEVEL = [
    "family",
    "inheritance",
    "labour",
    "injury",
    "debt",
    "criminal",
    "contract",
    "property",
    "tort",
    "company",
    "administrative",
    "construction",
    "intellectual_property",
    "foreign_related",
    "maritime",
    "consumer",
    "guarantee",
    "benefit",
    "environment",
    "state_compensation",
    "capacity",
    "honour",
    "retrial",
    "general",
]
FACTS_TABLE = [
    "labour.wages",
    "labour.relationship",
    "labour.work_injury",
    "family.maintenance",
    "family.domestic_violence",
    "family.divorce",
    "injury.traffic",
    "injury.medical",
    "injury.food_drug",
    "injury.other",
    "environment.damage",
    "benefit.social_insurance",
    "benefit.social_assistance",
    "benefit.bereavement_pension",
    "state_compensation",
    "capacity.declaration",
    "honour.hero",
    "honour.good_samaritan",
    "criminal.defence",
    "criminal.victim",
    "retrial",
    "debt.private_loan",
    "inheritance",
    "property.neighbour",
    "property.land",
    "property.demolition",
    "property.tenancy",
    "guarantee.mortgage",
    "consumer",
    "contract",
    "administrative",
    "company",
]


class TestTaxonomy:
    def test_has_exactly_the_first_level_of_the_public_contract(self, taxonomy: Taxonomy) -> None:
        assert {topic.code for topic in taxonomy.all() if topic.parent is None} == set(FIRST_LEVEL)

    @pytest.mark.parametrize("code", FACTS_TABLE)
    def test_has_every_code_that_scripted_callers_use(self, taxonomy: Taxonomy, code: str) -> None:
        assert code in taxonomy.titles

    def test_gives_every_topic_a_chinese_title_and_someone_who_handles_it(self, taxonomy: Taxonomy) -> None:
        for topic in taxonomy.all():
            assert not topic.title.isascii(), topic
            assert topic.handlers, topic
            assert topic.category, topic

    def test_covers_seventeen_dispute_kinds_and_five_topics(self, taxonomy: Taxonomy) -> None:
        assert len(taxonomy.coverage["heilongjiang_2015_disputes"]) == 17
        assert len(taxonomy.coverage["gaoping_2024_topics"]) == 5

    def test_knows_parent_and_root(self, taxonomy: Taxonomy) -> None:
        assert taxonomy.parent("labour.wages") == "labour"
        assert taxonomy.parent("labour") is None
        assert taxonomy.root("labour.wages") == "labour"
        assert taxonomy.root("retrial") == "retrial"

    def test_assigns_leaves_and_never_a_bare_heading(self, taxonomy: Taxonomy) -> None:
        assignable = set(taxonomy.assignable())
        assert {"labour.wages", "consumer", "consumer.ecommerce", "retrial", "administrative"} <= assignable
        assert not {"labour", "family", "property", "criminal", "general"} & assignable

    def test_refuses_an_unknown_code_by_name(self, taxonomy: Taxonomy) -> None:
        with pytest.raises(UnknownMatter, match=r"labour\.holiday"):
            taxonomy.get("labour.holiday")


class TestLoading:
    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ("topics: [{code: a, title: 甲, about: 一}, {code: a, title: 乙, about: 二}]", "twice"),
            ("topics: [{code: a, title: 甲, about: 一, leaves: [{code: b.c, title: 乙, about: 二}]}]", "stands under"),
            ("topics: [{code: a, title: 甲, about: 一, handlers: [nobody]}]", "unknown handlers"),
            ("topics: []\ncoverage: {list: {甲: [zzz]}}", "not a topic"),
        ],
    )
    def test_refuses_a_list_that_contradicts_itself(self, tmp_path: Path, body: str, told: str) -> None:
        path = tmp_path / "taxonomy.yml"
        path.write_text(
            "handlers: {court: 法院}\n" + body + ("" if "coverage" in body else "\ncoverage: {}"), encoding="utf-8"
        )
        with pytest.raises(TaxonomyInvalid, match=told):
            Taxonomy.load(path)
