"""Numbers are read the way people say them."""

from decimal import Decimal

import pytest

from knowledge_base.numerals import amounts, parse_number
from knowledge_base.particulars import Roles, entities

pytestmark = pytest.mark.unit


class TestParsingANumber:
    @pytest.mark.parametrize(
        ("said", "meant"),
        [
            ("一万二", "12000"),
            ("两千", "2000"),
            ("三千五", "3500"),
            ("3万5", "35000"),
            ("3.5万", "35000"),
            ("十二万八", "128000"),
            ("两百三", "230"),
            ("一百零五", "105"),
            ("一万零三百", "10300"),
            ("六十三", "63"),
            ("十", "10"),
            ("二〇二六", "2026"),
            ("1.2w", "12000"),
            ("5k", "5000"),
            ("半", "0.5"),
            ("俩", "2"),
            ("仨", "3"),
            ("一亿二", "120000000"),
        ],
    )
    def test_gives_its_value(self, said: str, meant: str) -> None:
        assert parse_number(said) == Decimal(meant)

    @pytest.mark.parametrize("said", ["", "很多", "三个人", "万事", "abc"])
    def test_gives_nothing_for_what_is_no_number(self, said: str) -> None:
        assert parse_number(said) is None


class TestFindingSums:
    @pytest.mark.parametrize(
        ("said", "value"),
        [
            ("欠我一万二", 12000),
            ("老板差我3万5", 35000),
            ("转了八万", 80000),
            ("计件一块二", "1.2"),
            ("十几万块", 100000),
            ("罚款500", 500),
            ("300多元", 300),
        ],
    )
    def test_reads_what_was_said(self, said: str, value: object) -> None:
        assert [one.value for one in amounts(said)] == [Decimal(str(value))]

    @pytest.mark.parametrize("said", ["我63岁", "我们三个人", "住三楼", "第二天", "一家五口"])
    def test_takes_no_count_for_money(self, said: str) -> None:
        assert list(amounts(said)) == []

    def test_marks_a_rough_sum(self) -> None:
        assert [one.rough for one in amounts("欠了两千多块")] == [True]


class TestEntities:
    def test_finds_months_people_sum_and_age(self) -> None:
        found = entities("我63岁 我们三十多个人干了三个月 一人欠一万二")
        assert found == {"amount": 12000.0, "months_owed": 3.0, "people": 30, "age": 63}

    def test_counts_half_months_and_years(self) -> None:
        assert entities("厂里压我一个半月工资")["months_owed"] == 1.5
        assert entities("欠了我半年工资")["months_owed"] == 6
        assert entities("拖欠工资一年半")["months_owed"] == 18

    def test_keeps_dates_in_the_callers_words(self) -> None:
        assert entities("2025年3月进厂 上个月辞的 这周三去找他")["dates"] == ["2025年3月", "上个月", "这周三"]

    def test_finds_nothing_where_nothing_is_counted(self) -> None:
        assert entities("他天天骂我") == {}


class TestRoles:
    @pytest.mark.parametrize(
        ("said", "matter", "role"),
        [
            ("老板三个月没给我发工资", "labour.wages", "worker"),
            ("我开饭店的 员工要仲裁我", "labour.wages", "employer"),
            ("我老公在看守所三个月了", "criminal.defence", "suspect_relative"),
            ("警察让我去做笔录", "criminal.defence", "suspect"),
            ("租客三个月没交租", "property.tenancy", "landlord"),
            ("房东不退押金", "property.tenancy", "tenant"),
            ("我替我妈问她八十了", "family.maintenance", "third_party"),
            ("网贷还不上了", "debt.financial", "borrower"),
            ("朋友借钱不还", "debt.private_loan", "lender"),
        ],
    )
    def test_are_told_by_words_and_matter(self, said: str, matter: str, role: str) -> None:
        assert Roles.load().of(said, [matter]) == role

    def test_stay_open_where_nothing_tells(self) -> None:
        assert Roles.load().of("怎么起诉", ["general.procedure"]) is None
