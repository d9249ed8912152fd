"""Numbers are read the way people say them."""

from datetime import date
from decimal import Decimal

import pytest

from knowledge_base.folding import Folder
from knowledge_base.numerals import amounts, parse_number
from knowledge_base.particulars import Role, Roles, entities

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
            ("15,000元", 15000),
            ("两三万块", 20000),
            ("十七八万", 170000),
            ("借了5万5千", 55000),
            ("欠款壹万贰仟元", 12000),
            ("五千五百五", 5550),
            ("三十万零五千", 305000),
            ("从三楼摔下来要赔五万", 50000),
            ("二审判了三万块", 30000),
            ("第一医院花了八千", 8000),
            ("一次性补偿两万", 20000),
            ("工资4500一个月", 4500),
            ("二手房卖了八十万", 800000),
        ],
    )
    def test_reads_what_was_said(self, said: str, value: object) -> None:
        assert [one.value for one in amounts(said)] == [Decimal(str(value))]

    @pytest.mark.parametrize(
        "said",
        [
            "我63岁",
            "我们三个人",
            "住三楼",
            "第二天",
            "一家五口",
            "五险一金都没交",
            "车牌黑c12345撞的我",
            "打13812345678",
            "打110没人接",
            "打12348",
            "给2025年的",
            "两块地被征",
            "我们一块干活",
            "付了百分之三十",
            "一千多人",
            "好几万",
        ],
    )
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

    def test_tells_the_days_that_are_meant_and_keeps_the_callers_words(self) -> None:
        said = "琴日佢打我 上礼拜三报的警"
        folded = Folder.load().fold(said)
        found = entities(
            folded.spaced, on=date(2026, 11, 22), own=lambda start, end: said[slice(*folded.origin(start, end))]
        )
        assert found == {
            "dates": ["琴日", "上礼拜三"],
            "date_ranges": [["2026-11-21", "2026-11-22"], ["2026-11-11", "2026-11-12"]],
        }

    def test_tells_without_today_only_days_that_name_their_year(self) -> None:
        assert entities("2025年3月进厂 上个月辞的")["date_ranges"] == [["2025-03-01", "2025-04-01"]]

    @pytest.mark.parametrize(
        ("said", "months"),
        [
            ("进厂八个月,拖欠三个月工资", 3),
            ("我在厂里干了三年 欠两个月", 2),
            ("试用期三个月没给工资 欠两个月", 2),
            ("工资三个月没发 租房押了一个月", 3),
            ("两年没给抚养费了", 24),
            ("怀孕五个月公司不发工资", None),
            ("车祸住院两个月 误工", None),
            ("判了三年 没给抚养费", None),
            ("工资8月份没发", None),
            ("从六月拖到十月的工资都没给", 5),
            ("看大门干了一年零两个月一分没给", 14),
            ("拖欠工资两个季度", 6),
            ("九月十号被机器压了手一分钱不赔", None),
            ("不是三个月工资,是四个月", 4),
        ],
    )
    def test_counts_only_the_months_that_are_owed(self, said: str, months: float | None) -> None:
        assert entities(said).get("months_owed") == months

    @pytest.mark.parametrize(
        ("said", "people"),
        [
            ("我们二十来号人没拿到工钱", 20),
            ("拖欠我们十二个工友半年工资", 12),
            ("30多户业主", 30),
            ("两口子吵架", None),
            ("两口子都没拿到钱", 2),
            ("欠我们一家三口工钱", 3),
            ("我和另外四个工友被欠工资", 5),
            ("七个人,不对,八个人", 8),
            ("第三人撞的", None),
            ("我们几十个人", None),
            ("六个月人工费没给", None),
            ("20人以上", None),
        ],
    )
    def test_counts_people(self, said: str, people: int | None) -> None:
        assert entities(said).get("people") == people

    @pytest.mark.parametrize(
        ("said", "age"),
        [
            ("我女儿13岁被人打", 13),
            ("八十多岁老母亲没人养", 80),
            ("俺爹80了仨儿子没一个管", 80),
            ("我快七十了", 70),
            ("她今年四十五", 45),
            ("18岁以上的才行", None),
            ("我80多块一天", None),
            ("我今年六十五,儿子不养", 65),
            ("我七十有三", 73),
            ("我今年虚岁六十九,周岁六十八", 68),
            ("姑妈70整被撞了", 70),
            ("我老公十一被抓了", None),
            ("我十多个工友", None),
        ],
    )
    def test_reads_an_age(self, said: str, age: int | None) -> None:
        assert entities(said).get("age") == age

    @pytest.mark.parametrize(
        ("said", "amount"),
        [
            ("欠了我一万,还了三千", 7000),
            ("老板说给我三千,其实欠我九千六", 9600),
            ("说好六千就给了一千五,差四千五", 4500),
            ("一个月四千五,一共13500", 13500),
            ("我有退休金两千块", None),
            ("一个月一千八,干了一年", None),
            ("每人一万多", None),
        ],
    )
    def test_reads_the_sum_at_stake(self, said: str, amount: float | None) -> None:
        assert entities(said).get("amount") == amount

    def test_takes_an_age_for_no_year(self) -> None:
        assert "dates" not in entities("我今年六十五,儿子不养我", on=date(2026, 11, 22))
        assert "dates" not in entities("今年虚岁八十", on=date(2026, 11, 22))

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

    @pytest.mark.parametrize(
        ("said", "matter", "role"),
        [
            ("我老板不给钱", "labour.wages", "worker"),
            ("我们公司员工都没发工资", "labour.wages", "worker"),
            ("我家请的保姆摔了", "labour.work_injury", "employer"),
            ("我老公在工地摔死了", "labour.work_injury", "injured_relative"),
            ("被车撞了腿断了", "injury.traffic", "injured"),
            ("我女儿被老师打了", "criminal.victim", "parent"),
            ("我女儿被人打 对方抓了", "criminal.victim", "parent"),
            ("我被偷了手机", "criminal.victim", "victim"),
            ("我是租客 房东要涨租", "property.tenancy", "tenant"),
            ("我是房东 他不搬走", "property.tenancy", "landlord"),
            ("我把房子租给他了", "property.tenancy", "landlord"),
            ("我给他担保 银行找我", "guarantee.surety", "guarantor"),
            ("他欠我五万", "debt.private_loan", "lender"),
            ("我欠银行钱还不上", "debt.financial", "borrower"),
            ("俺爹八十了没人管", "family.maintenance", "child"),
            ("三个儿子都不养我", "family.maintenance", "parent"),
            ("前夫不给抚养费", "family.maintenance", "parent"),
            ("我爸不给我抚养费", "family.maintenance", "child"),
            ("我妈老年痴呆不认人", "capacity.declaration", "carer"),
            ("开发商不交房", "property.house_sale", "buyer"),
            ("买家反悔不要了", "property.house_sale", "seller"),
            ("村里占我家的地", "property.land", "villager"),
            ("物业乱收费", "property.management", "owner"),
            ("帮邻居打听一下", "labour.wages", "third_party"),
            ("帮我问一下工资的事", "labour.wages", "worker"),
        ],
    )
    def test_are_told_apart(self, said: str, matter: str, role: str) -> None:
        assert Roles.load().of(said, [matter]) == role

    def test_are_a_closed_list_each_of_which_can_be_shown(self) -> None:
        assert {one.role for one in Roles.load().signs} == set(Role)

    def test_stay_open_where_nothing_tells(self) -> None:
        assert Roles.load().of("怎么起诉", ["general.procedure"]) is None
