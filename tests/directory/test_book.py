"""The directory as it ships and as an operator changes it: nearest first, never more than is filed, nothing stale."""

import re
from datetime import date, datetime
from pathlib import Path

import pytest

from knowledge_base.directory.book import PLACES, Directory, PlaceUnknown
from knowledge_base.directory.files import DirectoryInvalid
from knowledge_base.directory.hours import CHINA
from knowledge_base.offices import Checked, Office, OfficeKind, Openness
from knowledge_base.regions import Regions

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 10, tzinfo=CHINA)
"""A Friday, and a working day."""
SEEDS = Path(__file__).resolve().parents[3] / "shared" / "policies" / "seeds"
STALE = ("89966011", "6888997", "ycflyz", "马璇", "马 璇", "江南开发区", "157022")
"""Contacts in the footers and annexes of the five documents, which are nobody's service line."""


@pytest.fixture(scope="module")
def regions() -> Regions:
    return Regions.load()


@pytest.fixture(scope="module")
def directory(regions: Regions) -> Directory:
    return Directory.load(PLACES, regions)


def filed(folder: Path, place: str, *entries: str, name: str = "offices.yml") -> Path:
    (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / place / name).write_text("\n".join(entries), encoding="utf-8")
    return folder


def names(directory: Directory, kind: OfficeKind, region: str | None, **asked: object) -> list[str]:
    found = directory.find(kind=kind, region=region, now=NOW, **asked)  # type: ignore[arg-type]
    return [one.office.name for one in found.offices]


class TestNumbers:
    def test_name_110_first_and_the_text_number_of_the_place(self, directory: Directory) -> None:
        numbers = [number.phone for number in directory.numbers("231002")]
        assert numbers[:3] == ["110", "12110453", "120"]
        assert set(numbers) >= {
            "119", "12348", "12356", "12338", "12355", "12333", "12351", "12368", "12309", "12345", "12315", "12329",
            "12385", "96110",
        }  # fmt: skip

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
    def test_give_the_police_text_number_only_as_unverified(
        self, directory: Directory, region: str | None, number: str
    ) -> None:
        found = next(each for each in directory.numbers(region) if each.id == "hotline.sms_police")
        assert (found.phone, found.verified_on, found.checked) == (number, None, Checked.UNVERIFIED)

    @pytest.mark.parametrize(
        ("kind", "first"),
        [
            (OfficeKind.POLICE, "110"),
            (OfficeKind.WOMENS_FEDERATION, "12338"),
            (OfficeKind.LABOUR_ARBITRATION, "12333"),
            (OfficeKind.COURT, "12368"),
            (OfficeKind.PROCURATORATE, "12309"),
            (OfficeKind.NOTARY, "12348"),
            (OfficeKind.CIRCUIT, "12348"),
        ],
    )
    def test_serve_for_every_kind_of_place(self, directory: Directory, kind: OfficeKind, first: str) -> None:
        assert directory.find(kind=kind, region="231000", now=NOW).numbers[0].office.phone == first

    def test_leave_nobody_without_one(self, directory: Directory) -> None:
        assert all(directory.find(kind=kind, region=None, now=NOW).numbers for kind in OfficeKind)

    def test_are_found_one_by_one(self, directory: Directory) -> None:
        found = directory.find(kind=OfficeKind.NUMBER, region=None, now=NOW, identity="hotline.12338")
        assert [one.office.phone for one in found.numbers] == ["12338"]
        assert found.offices == ()


class TestShippedFiles:
    def test_never_claim_a_check_that_nobody_made(self, directory: Directory) -> None:
        entries = directory.as_of(NOW.date())
        assert entries
        assert {(office.verified_on, office.checked is Checked.VERIFIED) for office in entries} == {(None, False)}

    def test_give_every_entry_a_source(self, directory: Directory) -> None:
        assert all(office.source for office in directory.as_of(NOW.date()))

    def test_show_no_contact_of_the_documents(self, directory: Directory) -> None:
        shipped = "".join(path.read_text(encoding="utf-8") for path in PLACES.rglob("*.yml"))
        places = ("231000", "140581", "320400", "640100", "230000", None)
        told = repr([directory.find(kind=kind, region=place, now=NOW) for kind in OfficeKind for place in places])
        assert [stale for stale in STALE if stale in shipped + told] == []

    def test_give_no_telephone_number_that_a_document_prints(self, directory: Directory) -> None:
        if not SEEDS.exists():
            pytest.skip("the five documents (../shared/policies/seeds) are not here")
        texts = "".join(path.read_text(encoding="utf-8") for path in SEEDS.glob("*.txt"))
        printed = set(re.findall(r"(?<!\d)(?:0\d{2,3}-?)?\d{7,8}(?!\d)", texts)) | set(re.findall(r"\S+@\S+", texts))
        assert any("89966011" in number for number in printed)
        told = "".join(f"{office.phone} {office.note} {office.address}" for office in directory.as_of(NOW.date()))
        assert {number for number in printed if number in told} == set()

    def test_give_no_clock_time_that_no_document_gives(self, directory: Directory) -> None:
        assert not [office for office in directory.as_of(NOW.date()) if re.search(r"\d:\d{2}", office.hours or "")]

    def test_tell_plans_that_have_ended_from_what_nobody_checked(self, directory: Directory) -> None:
        def checked(region: str) -> Checked:
            return directory.find(kind=OfficeKind.LEGAL_AID, region=region, now=NOW).offices[0].office.checked

        assert (checked("140581"), checked("231000")) == (Checked.STALE, Checked.UNVERIFIED)
        then = directory.find(kind=OfficeKind.LEGAL_AID, region="140581", now=NOW.replace(year=2024))
        assert then.offices[0].office.checked is Checked.UNVERIFIED


class TestFind:
    def test_says_what_is_missing_and_computes_the_next_wednesday(self, directory: Directory) -> None:
        found = directory.find(kind=OfficeKind.STATION, region="140581", now=NOW)
        station = found.offices[0]
        assert (found.place, station.missing) == ("高平市", ("address", "phone"))
        assert (station.opening.state, station.opening.opens_on) == (Openness.CLOSED, date(2026, 11, 25))

    def test_finds_nothing_rather_than_something_else(self, directory: Directory) -> None:
        assert names(directory, OfficeKind.POLICE, "231000") == []

    def test_refuses_a_place_that_does_not_exist(self, directory: Directory) -> None:
        with pytest.raises(PlaceUnknown):
            directory.find(kind=OfficeKind.COURT, region="999999", now=NOW)

    def test_keeps_what_the_nation_files_for_places_without_an_entry(self, directory: Directory) -> None:
        assert [one.region for one in directory.offices("440300", OfficeKind.LEGAL_AID, on=NOW.date())] == ["CN"]
        assert [one.region for one in directory.offices("231002", OfficeKind.LEGAL_AID, on=NOW.date())] == [
            "231000",
            "CN",
        ]
        assert names(directory, OfficeKind.LEGAL_AID, "231002") == ["牡丹江市法律援助机构"]

    @pytest.fixture
    def own(self, tmp_path: Path) -> Path:
        entry = "- {{id: {id}, kind: notary, name: {name}, source: 局里, point: [{point}], hours: {hours}}}"
        for place, identity, name, point, hours in (
            ("231002", "notary.a", "东安甲", "44.58, 129.63", "工作日 09:00-17:00"),
            ("231003", "notary.a", "阳明甲", "44.60, 129.64", "24小时"),
            ("231000", "notary.city", "市甲", "44.55, 129.60", "周日 09:00-12:00"),
            ("231005", "notary.a", "西安甲", "44.50, 129.50", "工作日"),
            ("230100", "notary.far", "哈尔滨甲", "45.80, 126.53", "24小时"),
        ):
            filed(tmp_path, place, entry.format(id=identity, name=name, point=point, hours=hours))
        return tmp_path

    def test_goes_from_the_county_to_its_city_to_its_neighbours(self, own: Path, regions: Regions) -> None:
        book = Directory.load(PLACES, regions, own=own)
        assert names(book, OfficeKind.NOTARY, "231002") == ["东安甲", "市甲", "阳明甲", "西安甲", "公证机构"]
        assert names(book, OfficeKind.NOTARY, "231000")[0] == "市甲"
        assert "哈尔滨甲" not in names(book, OfficeKind.NOTARY, "231000")

    def test_goes_by_distance_where_both_ends_are_known(self, own: Path, regions: Regions) -> None:
        book = Directory.load(PLACES, regions, own=own)
        found = book.find(kind=OfficeKind.NOTARY, region="231002", now=NOW, point=(44.60, 129.64))
        assert [one.office.name for one in found.offices] == ["阳明甲", "东安甲", "市甲", "西安甲", "公证机构"]
        assert [one.kilometres for one in found.offices] == [0.0, 2.4, 6.4, 15.7, None]
        anywhere = names(book, OfficeKind.NOTARY, None, point=(44.60, 129.64))
        assert anywhere == ["阳明甲", "东安甲", "市甲", "西安甲", "公证机构"]

    def test_names_the_place_of_what_lies_elsewhere(self, own: Path, regions: Regions) -> None:
        found = Directory.load(PLACES, regions, own=own).find(kind=OfficeKind.NOTARY, region="231002", now=NOW)
        assert [one.place for one in found.offices] == [None, "牡丹江市", "阳明区", "西安区", None]

    def test_leaves_out_what_is_surely_closed_and_keeps_what_nobody_knows(self, own: Path, regions: Regions) -> None:
        book = Directory.load(PLACES, regions, own=own)
        assert names(book, OfficeKind.NOTARY, "231002", open_now=True) == ["东安甲", "阳明甲", "西安甲", "公证机构"]


class TestOwnFolder:
    def test_adds_and_replaces_by_id(self, tmp_path: Path, regions: Regions) -> None:
        filed(
            tmp_path,
            "231000",
            "- {id: office.legal_aid, kind: legal_aid, name: 新中心, phone: '0453-0000000', source: 局里, verified_on: 2026-11-01}",
            "- {id: police.a, kind: police, name: 甲派出所, source: 局里}",
        )
        book = Directory.load(PLACES, regions, own=tmp_path)
        assert names(book, OfficeKind.LEGAL_AID, "231000") == ["新中心"]
        assert names(book, OfficeKind.POLICE, "231000") == ["甲派出所"]
        assert names(book, OfficeKind.STATION, "231000") == ["村、社区的法律援助工作站"]

    @pytest.mark.parametrize(
        ("on", "checked"),
        [(date(2026, 5, 3), Checked.VERIFIED), (date(2026, 11, 2), Checked.STALE)],
        ids=["half a year later", "a day after"],
    )
    def test_wears_a_check_out_after_half_a_year(
        self, tmp_path: Path, regions: Regions, on: date, checked: Checked
    ) -> None:
        filed(tmp_path, "231000", "- {id: a.b, kind: court, name: 甲, source: 乙, verified_on: 2026-05-02}")
        book = Directory.load(PLACES, regions, own=tmp_path)
        assert book.offices("231000", OfficeKind.COURT, on=on)[0].checked is checked

    def test_takes_away_what_has_closed(self, tmp_path: Path, regions: Regions) -> None:
        line = "- {id: office.legal_aid, kind: legal_aid, name: 旧中心, source: 局里, closed_on: 2026-11-20}"
        book = Directory.load(PLACES, regions, own=filed(tmp_path, "231000", line))
        assert names(book, OfficeKind.LEGAL_AID, "231000") == ["当地法律援助机构"]
        assert book.by_id("office.legal_aid", "231000") == book.by_id("office.legal_aid")
        before = book.offices("231000", OfficeKind.LEGAL_AID, on=date(2026, 11, 19))
        assert before[0].name == "旧中心"

    def test_may_be_missing(self, tmp_path: Path, regions: Regions) -> None:
        assert Directory.load(PLACES, regions, own=tmp_path / "none").numbers(None)

    def test_files_the_holidays_of_another_year(self, tmp_path: Path, regions: Regions) -> None:
        filed(tmp_path, "CN", "2027:", "  source: 通知", "  rest: [2027-01-01]", name="workdays.yml")
        book = Directory.load(PLACES, regions, own=tmp_path)
        assert (book.knows_holidays(date(2027, 3, 1)), book.knows_holidays(date(2026, 3, 1))) == (True, True)


GOOD = "- id: a.b\n  kind: court\n  name: 甲\n  source: 乙\n"


class TestBrokenFiles:
    @pytest.mark.parametrize(
        ("text", "line", "words"),
        [
            ("- {id: a.b, kind: court, name: 甲}", 1, "source"),
            (GOOD + "  fax: '1'", 5, "fax"),
            (GOOD + "  phone: 110", 5, "phone"),
            (GOOD + "  phone: call me", 5, "phone"),
            (GOOD + "  verified_on: often", 5, "verified_on"),
            (GOOD + "  verified_on: 2026-13-01", 5, "2026-13-01"),
            (GOOD + "  hours: 上班时间", 5, "hours：看不懂“上班时间”"),
            (GOOD + "  point: [129.6, 44.5]", 5, "point"),
            (GOOD + "  accessibility: [lift]", 5, "accessibility"),
            (GOOD + "  serves: [police]", 1, "serves"),
            (GOOD + "  name: 丙", 5, "name"),
            (GOOD + GOOD, 5, "a.b"),
            (GOOD.replace("court", "bank"), 2, "kind"),
            ("- id: a.b\n  kind: number\n  name: 甲\n  source: 乙", 1, "phone"),
            ("a: 1\nb: 2", 1, "tuple"),
            ("- [1, 2", 1, "YAML"),
        ],
    )
    def test_name_file_line_and_field(self, tmp_path: Path, regions: Regions, text: str, line: int, words: str) -> None:
        path = filed(tmp_path, "231000", text) / "231000" / "offices.yml"
        with pytest.raises(DirectoryInvalid) as refused:
            Directory.load(tmp_path, regions)
        assert str(refused.value).startswith(f"{path}:{line}: ")
        assert words in str(refused.value)

    def test_name_a_folder_that_is_no_place(self, tmp_path: Path, regions: Regions) -> None:
        with pytest.raises(DirectoryInvalid, match="999999"):
            Directory.load(filed(tmp_path, "999999", GOOD), regions)

    def test_name_a_holiday_of_another_year(self, tmp_path: Path, regions: Regions) -> None:
        filed(tmp_path, "CN", "2027:\n  source: 通知\n  rest: [2026-01-01]", name="workdays.yml")
        with pytest.raises(DirectoryInvalid, match="2026-01-01"):
            Directory.load(tmp_path, regions)

    def test_are_refused_in_another_encoding(self, tmp_path: Path, regions: Regions) -> None:
        path = filed(tmp_path, "231000", GOOD) / "231000" / "offices.yml"
        path.write_bytes(GOOD.encode("gb18030"))
        with pytest.raises(DirectoryInvalid, match="UTF-8"):
            Directory.load(tmp_path, regions)


def test_an_empty_file_files_nothing(tmp_path: Path, regions: Regions) -> None:
    assert Directory.load(filed(tmp_path, "231000", ""), regions).as_of(NOW.date()) == ()


def test_what_is_filed_comes_out_whole(tmp_path: Path, regions: Regions) -> None:
    filed(
        tmp_path,
        "231000",
        GOOD
        + "  phone: '0453-0000000'\n  address: 某路1号\n  hours: 工作日 9:00-17:00\n  hours_note: 可能调整\n  note: 丁\n"
        + "  accessibility: [wheelchair]\n  languages: [朝鲜语]\n  point: [44.5, 129.6]\n  verified_on: 2026-11-01\n",
    )
    office: Office = Directory.load(tmp_path, regions).as_of(NOW.date())[0]
    assert (office.hours, office.checked) == ("工作日 09:00-17:00，可能调整", Checked.VERIFIED)
    assert (office.accessibility, office.languages, office.point) == (("wheelchair",), ("朝鲜语",), (44.5, 129.6))
