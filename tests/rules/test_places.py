"""Places and who to turn to there."""

import re
from datetime import date
from pathlib import Path

import pytest

from knowledge_base.assess import PLACES
from knowledge_base.directory import Directory, DirectoryInvalid
from knowledge_base.regions import Regions

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def regions() -> Regions:
    return Regions.load()


@pytest.fixture(scope="module")
def directory(regions: Regions) -> Directory:
    return Directory.load(PLACES, regions)


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
        ],
    )
    def test_finds_no_place_where_none_is_meant(self, regions: Regions, sentence: str) -> None:
        assert regions.find_in(sentence) is None


class TestDirectory:
    def test_puts_the_nearest_office_first(self, directory: Directory) -> None:
        assert [office.region for office in directory.offices("140581", "legal_aid")] == ["140581", "CN"]
        assert [office.region for office in directory.offices("231002", "legal_aid")] == ["231000", "CN"]
        assert [office.region for office in directory.offices("440300", "legal_aid")] == ["CN"]
        assert [office.region for office in directory.offices(None, "legal_aid")] == ["CN"]

    def test_names_110_first_and_the_text_number_of_the_place(self, directory: Directory) -> None:
        numbers = directory.numbers("231002")
        assert [number.phone for number in numbers[:3]] == ["110", "12110453", "120"]
        assert {number.phone for number in numbers} >= {
            "119",
            "12348",
            "12356",
            "12338",
            "12333",
            "12368",
            "12345",
            "96110",
        }

    @pytest.mark.parametrize(
        ("region", "number"),
        [
            ("231000", "12110453"),
            ("140581", "12110356"),
            ("140500", "12110356"),
            ("640104", "12110951"),
            ("320400", "12110519"),
            ("440300", "12110"),
            (None, "12110"),
        ],
    )
    def test_gives_the_police_text_number_only_as_unverified(
        self, directory: Directory, region: str | None, number: str
    ) -> None:
        found = next(each for each in directory.numbers(region) if each.id == "hotline.sms_police")
        assert found.phone == number
        assert found.verified_on is None
        assert "核对" in (found.note or "")

    def test_never_claims_a_check_of_a_national_number(self, directory: Directory) -> None:
        assert all(number.verified_on is None and "核对" in (number.note or "") for number in directory.numbers(None))

    def test_gives_every_entry_a_source(self, directory: Directory) -> None:
        for office in directory:
            assert office.source
            assert office.verified_on is None or office.verified_on <= date(2026, 11, 21)

    def test_never_shows_a_contact_that_is_no_service_line(self) -> None:
        shipped = "".join(path.read_text(encoding="utf-8") for path in PLACES.rglob("*.yml"))
        for stale in ("89966011", "6888997", "ycflyz", "马璇", "马 璇", "江南开发区", "157022"):
            assert stale not in shipped

    def test_gives_no_clock_time_that_no_document_gives(self, directory: Directory) -> None:
        assert not [office for office in directory if re.search(r"\d{1,2}[:：]\d{2}", office.hours or "")]

    @pytest.mark.parametrize(
        "entry",
        [
            "- {id: a, name: 甲, kind: legal_aid, note: 未核对}",
            "- {id: a, name: 甲, kind: legal_aid, source: 乙}",
            "- {id: a, name: 甲, kind: legal_aid, source: 乙, verified_on: often}",
            "- {id: a, name: 甲, kind: legal_aid, source: 乙, note: 丙, fax: '1'}",
            "- {id: a, name: 甲, kind: legal_aid, source: 乙, note: 丙}\n- {id: a, name: 甲, kind: legal_aid, source: 乙, note: 丙}",
        ],
        ids=["no source", "verified by nobody", "no date", "unknown field", "twice"],
    )
    def test_refuses_a_broken_entry(self, tmp_path: Path, regions: Regions, entry: str) -> None:
        (tmp_path / "CN").mkdir()
        (tmp_path / "CN" / "offices.yml").write_text(entry, encoding="utf-8")
        with pytest.raises(DirectoryInvalid):
            Directory.load(tmp_path, regions)
