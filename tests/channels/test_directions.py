"""What a citizen reads and hears of the directory."""

from datetime import date, datetime, timedelta

import pytest

from actions.wire import DirectionsReply, decode, encode
from api.domain.clocks import CHINA
from bot.channels.directions import spoken, written
from bot.channels.phrases import Phrases
from bot.channels.render import Renderer
from knowledge_base.directory.book import Directory
from knowledge_base.offices import (
    Accessibility,
    Checked,
    Directions,
    Listing,
    Office,
    OfficeKind,
    Opening,
    Openness,
)
from tests.fakes import numbers

pytestmark = pytest.mark.unit

NOW = datetime(2026, 11, 20, 10, tzinfo=CHINA)
WORDS = Phrases.load().directory
HOTLINE = Office(id="h", name="公共法律服务热线", kind=OfficeKind.NUMBER, region="CN", phone="12348", source="甲")


def listing(opening: Opening, **fields: object) -> Listing:
    office = Office(id="o", name="某中心", kind=OfficeKind.LEGAL_AID, region="231000", source="乙", **fields)  # type: ignore[arg-type]
    missing = tuple(fact for fact in ("address", "phone", "hours") if getattr(office, fact) is None)
    return Listing(office=office, opening=opening, missing=missing)


def directions(*offices: Listing) -> Directions:
    unknown = Opening(state=Openness.UNKNOWN)
    return Directions(
        kind=OfficeKind.LEGAL_AID,
        at=NOW,
        region="231000",
        place="牡丹江市",
        offices=offices,
        numbers=(Listing(office=HOTLINE, opening=unknown, missing=("hours",)),),
    )


@pytest.fixture(scope="module")
def directory() -> Directory:
    return Directory.load()


class TestWritten:
    def test_names_what_is_missing_and_a_number_that_knows(self) -> None:
        text = written(directions(listing(Opening(state=Openness.UNKNOWN))), WORDS)
        assert "地址、电话、几点开门：我的资料里没有。" in text
        assert "未核实，去之前请先打 12348 问清楚。来源：乙" in text
        assert "· 12348 公共法律服务热线" in text

    def test_sends_to_the_own_telephone_where_there_is_one(self) -> None:
        text = written(directions(listing(Opening(state=Openness.UNKNOWN), phone="0453-0000000")), WORDS)
        assert "未核实，请先打电话。" in text

    def test_gives_what_is_filed(self) -> None:
        whole = listing(
            Opening(state=Openness.OPEN, closes_at=NOW + timedelta(hours=1, minutes=30)),
            address="某路1号",
            phone="0453-0000000",
            hours="工作日 08:30-11:30",
            accessibility=(Accessibility.WHEELCHAIR,),
            languages=("朝鲜语",),
            checked=Checked.VERIFIED,
            verified_on=date(2026, 11, 1),
        )
        text = written(directions(whole), WORDS)
        for said in (
            "地址：某路1号。",
            "电话：0453-0000000。",
            "现在开着，到今天 11:30。",
            "轮椅能进、朝鲜语",
            "2026-11-01 核实过",
        ):
            assert said in text
        assert "没有。" not in text

    @pytest.mark.parametrize(
        ("opening", "said"),
        [
            (Opening(state=Openness.CLOSED, opens_at=NOW + timedelta(days=1)), "现在没开，明天 10:00开"),
            (Opening(state=Openness.CLOSED, opens_on=date(2026, 11, 25)), "下次是11月25日（周三），几点没有写"),
            (Opening(state=Openness.CLOSED), "现在没开。"),
            (Opening(state=Openness.OPEN), "现在开着。"),
            (Opening(state=Openness.BY_APPOINTMENT), "要先打电话预约"),
            (Opening(state=Openness.UNKNOWN), "说不准"),
            (Opening(state=Openness.OPEN, sure_of_holidays=False), "节假日可能不一样"),
        ],
    )
    def test_says_when_it_opens(self, opening: Opening, said: str) -> None:
        assert said in written(directions(listing(opening, hours="周三")), WORDS)

    def test_says_that_there_is_none_on_file(self) -> None:
        text = written(directions(), WORDS)
        assert text.startswith("牡丹江市的法律援助中心在哪里、电话多少，我的资料里没有，我不能猜。")
        assert "12348" in text


class TestSpoken:
    def test_is_two_short_sentences_with_the_number_digit_by_digit(self) -> None:
        heard = spoken(directions(listing(Opening(state=Openness.UNKNOWN))), WORDS)
        assert heard == "某中心的地址，我的资料里没有。请先打幺二三四八问一问。"

    def test_gives_the_address_and_the_own_number(self) -> None:
        heard = spoken(directions(listing(Opening(state=Openness.UNKNOWN), address="某路1号", phone="0453")), WORDS)
        assert heard == "某中心在某路1号。请先打零四五三问一问。"


class TestEverythingOnFile:
    @pytest.mark.parametrize("region", ["231000", "140581", "320400", "640104", "230000", "440300", None])
    @pytest.mark.parametrize("kind", list(OfficeKind))
    def test_reads_well_and_travels_whole(self, directory: Directory, kind: OfficeKind, region: str | None) -> None:
        found = directory.find(kind=kind, region=region, now=NOW)
        reply = DirectionsReply(directions=found)
        assert decode(encode(reply)) == reply
        message = Renderer(phrases=Phrases.load(), numbers=numbers).message(reply, region=region)
        assert message.kind == "text"
        assert message.body["directions"]["kind"] == kind.value
        for unsaid in ("{", "}", "None", "。。", "，，", "6888997", "89966011"):
            assert unsaid not in message.text + spoken(found, WORDS)
        assert "未核实" in message.text or not found.offices
        assert spoken(found, WORDS).count("。") <= 3
