"""Places, by code and by name."""

from pathlib import Path

import pytest
import yaml

import knowledge_base
from knowledge_base.regions import Regions

pytestmark = pytest.mark.unit

OVERLAY = Path(knowledge_base.__file__).with_name("places") / "regions.yml"


@pytest.fixture(scope="module")
def regions() -> Regions:
    return Regions.load()


class TestResolve:
    @pytest.mark.parametrize(
        ("said", "code"),
        [
            ("231000", "231000"),
            ("牡丹江", "231000"),
            ("牡丹江市", "231000"),
            ("高平", "140581"),
            ("晋城", "140500"),
            ("常州", "320400"),
            ("银川", "640100"),
            ("宁夏", "640000"),
            ("宁夏回族自治区", "640000"),
            ("黑龙江", "230000"),
            ("黑龙江省牡丹江市爱民区", "231004"),
            ("银川兴庆区", "640104"),
            ("兴庆区", "640104"),
            ("北京朝阳", "110105"),
            ("上海市浦东新区", "310115"),
            ("延边", "222400"),
            ("恩施", "422800"),
            ("内蒙古", "150000"),
            ("新疆", "650000"),
            ("吉林", "220000"),
            ("吉林市", "220200"),
            ("海南", "460000"),
            ("台湾", "710000"),
            ("香港", "810000"),
            ("神农架", "429021"),
            ("CN", "CN"),
            ("崇文区", "110101"),
            ("110103", "110101"),
            ("闸北区", "310106"),
            ("江干区", "330102"),
            ("渝北", "500157"),
            ("重庆江北区", "500157"),
            ("密云县", "110118"),
            ("110228", "110118"),
            ("即墨市", "370215"),
            ("林芝地区", "540400"),
            ("542600", "540400"),
            ("襄樊市", "420600"),
            ("呼伦贝尔盟", "150700"),
            ("恭城县", "450332"),
            ("景宁县", "331127"),
            ("三江县", "450226"),
            ("鄂温克", "150724"),
            ("前郭", "220721"),
            ("克州", "653000"),
            ("义乌市", "330782"),
            ("昆山", "320583"),
            ("仙桃", "429004"),
            ("东莞", "441900"),
            ("石河子", "659001"),
            ("新疆生产建设兵团", "650000"),
            ("新疆兵团", "650000"),
            ("苏州工业园区", "320500"),
            ("浦东", "310115"),
            ("滨海新区", "120116"),
            ("雄安新区", "130000"),
            ("横琴", "440402"),
            ("加格达奇", "232700"),
            ("旅顺", "210212"),
            ("澳门", "820000"),
            ("旺角", "810000"),
            ("中西区", "810000"),
            ("台北市", "710000"),
            ("高雄", "710000"),
        ],
    )
    def test_knows(self, regions: Regions, said: str, code: str) -> None:
        found = regions.resolve(said)
        assert found is not None
        assert found.code == code

    @pytest.mark.parametrize(
        "said",
        [
            "999999",
            "鼓楼区",
            "朝阳区",
            "西湖",
            "通州",
            "江北区",
            "巴州",
            "南山县",
            "朝阳",
            "亚特兰蒂斯",
            "",
            "12",
        ],
    )
    def test_does_not_guess(self, regions: Regions, said: str) -> None:
        assert regions.resolve(said) is None

    def test_lists_what_a_name_can_mean(self, regions: Regions) -> None:
        assert len(regions.candidates("鼓楼区")) > 1

    def test_resolves_every_code_and_every_full_path(self, regions: Regions) -> None:
        for region in regions:
            assert regions.resolve(region.code) == region
            path = "".join(each.name for code in reversed(region.chain[:-1]) if (each := regions.get(code)))
            if region.code != "CN":
                assert regions.resolve(path) == region, path

    def test_hangs_every_place_under_its_own(self, regions: Regions) -> None:
        assert regions.ancestors("231002") == ("231000", "230000", "CN")
        assert regions.ancestors("110105") == ("110000", "CN")
        assert regions.ancestors("000000") == ()

    def test_says_what_became_of_a_place_that_is_no_more(self, regions: Regions) -> None:
        assert regions.ancestors("110103") == ("110000", "CN")
        assert "110103" not in regions
        data = yaml.safe_load(OVERLAY.read_text(encoding="utf-8"))
        for gone in data["former"]:
            assert gone["code"] not in regions, gone
            assert gone["now"] in regions, gone
        assert all(code in regions for code in data["aliases"].values())


class TestFindIn:
    @pytest.mark.parametrize(
        ("sentence", "code"),
        [
            ("银川的八种情形是啥", "640100"),
            ("我在高平打工老板不给钱", "140581"),
            ("我是四川人在银川打工", "640100"),
            ("老家甘肃，在银川兴庆区干活", "640104"),
            ("牡丹江市爱民区的赡养费", "231004"),
            ("牡丹江西安区", "231005"),
            ("常州市收入多少算困难", "320400"),
            ("我在北京朝阳上班", "110105"),
            ("我是牡丹江人", "231000"),
            ("区划代码231000的规定", "231000"),
            ("开封市的事", "410200"),
            ("咱们常州这边", "320400"),
            ("在苏州干活 老家安徽", "320500"),
            ("河南老家 苏州打工", "320500"),
            ("从四川来银川打工", "640100"),
            ("我户口在四川 人在高平", "140581"),
            ("人在高平打工 老板是河南的", "140581"),
            ("我山东的 在牡丹江打工", "231000"),
            ("回河南老家了 工地在银川", "640100"),
            ("老家是牡丹江的", "231000"),
            ("黑龙江省牡丹江市西安区", "231005"),
            ("西安的厂", "610100"),
            ("海南藏族自治州", "632500"),
            ("青海海南州", "632500"),
            ("海南省三亚", "460200"),
            ("辽宁朝阳", "211300"),
            ("长春朝阳区", "220104"),
            ("吉林市", "220200"),
            ("在海口打工没给钱", "460100"),
            ("我在香港打工", "810000"),
            ("大兴安岭的林场", "232700"),
            ("在喀什干活", "653100"),
            ("景宁县的工地", "331127"),
            ("密云县城里的活 密云县的老板", "110118"),
            ("在中西区上班", "810000"),
            ("以前的闸北区", "310106"),
            ("高平县的老板", "140581"),
            ("公司在义乌", "330782"),
            ("兵团的人欠我工钱", "650000"),
        ],
    )
    def test_picks(self, regions: Regions, sentence: str, code: str) -> None:
        found = regions.find_in(sentence)
        assert found is not None
        assert found.code == code

    @pytest.mark.parametrize(
        "sentence",
        [
            "公安局不管",
            "他有大理由",
            "合作社欠我钱",
            "平安保险不赔",
            "我们县没律师",
            "北京和上海都去过",
            "人民币",
            "开封一封信",
            "老板跑了",
            "鼓楼区的事",
            "保定下来",
            "朝阳",
            "和平区",
            "我在苏州 公司在上海",
            "他夸下海口",
            "阿里巴巴欠我钱",
            "我在阿里上班",
            "在东城市场买菜",
            "新城市建设",
            "县市场监管局",
            "我们县城的厂",
            "我在巴州干活",
            "江北区的老板",
            "我在九龙坡上班",
            "沙田的厂",
        ],
    )
    def test_finds_no_place_where_none_is_meant(self, regions: Regions, sentence: str) -> None:
        assert regions.find_in(sentence) is None
