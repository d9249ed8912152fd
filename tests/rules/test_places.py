"""Places, by code and by name."""

import pytest

from knowledge_base.regions import Regions

pytestmark = pytest.mark.unit


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
        ],
    )
    def test_knows(self, regions: Regions, said: str, code: str) -> None:
        found = regions.resolve(said)
        assert found is not None
        assert found.code == code

    @pytest.mark.parametrize("said", ["999999", "鼓楼区", "朝阳", "亚特兰蒂斯", "", "12"])
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
        ],
    )
    def test_finds_no_place_where_none_is_meant(self, regions: Regions, sentence: str) -> None:
        assert regions.find_in(sentence) is None
