"""The other roads of a verdict: whether anybody is there at the moment they are told."""

from datetime import date, datetime

import pytest

from api.services.verdicts import verdict_json
from knowledge_base.assess import PLACES, Assessor
from knowledge_base.directory.book import Directory
from knowledge_base.directory.hours import CHINA
from knowledge_base.offices import Openness
from knowledge_base.regions import Regions
from knowledge_base.types import Alternative

pytestmark = pytest.mark.unit

TUESDAY_NOON = datetime(2026, 11, 24, 11, tzinfo=CHINA)
SATURDAY_NIGHT = datetime(2026, 11, 21, 23, tzinfo=CHINA)
ON = date(2026, 11, 24)
FACTS = {"matter": "labour.wages"}
LABOUR, COURT = "12333", "12368"


@pytest.fixture(scope="module")
def assessor(tmp_path_factory: pytest.TempPathFactory) -> Assessor:
    """Let one city file the hours of its labour line."""
    own = tmp_path_factory.mktemp("own")
    (own / "231000").mkdir()
    line = (
        '- {id: hotline.12333, kind: number, name: 劳动热线, phone: "12333", hours: "工作日 08:30-17:00", source: 窗口}'
    )
    (own / "231000" / "offices.yml").write_text(line, encoding="utf-8")
    regions = Regions.load()
    return Assessor.load(regions=regions, directory=Directory.load(PLACES, regions, own=own))


def road(assessor: Assessor, contact: str, *, now: datetime | None, region: str | None = "231000") -> Alternative:
    verdict = assessor.assess(FACTS, region=region, on=ON, now=now)
    return next(one for one in verdict.alternatives if one.contact == contact)


class TestRoad:
    def test_is_open_in_the_hours_on_file(self, assessor: Assessor) -> None:
        opening = road(assessor, LABOUR, now=TUESDAY_NOON).opening
        assert opening is not None
        assert (opening.state, opening.closes_at) == (Openness.OPEN, datetime(2026, 11, 24, 17, tzinfo=CHINA))

    def test_is_closed_at_night_and_says_when_it_opens(self, assessor: Assessor) -> None:
        opening = road(assessor, LABOUR, now=SATURDAY_NIGHT).opening
        assert opening is not None
        assert (opening.state, opening.opens_at) == (Openness.CLOSED, datetime(2026, 11, 23, 8, 30, tzinfo=CHINA))

    @pytest.mark.parametrize("now", [TUESDAY_NOON, SATURDAY_NIGHT])
    def test_is_unknown_where_nobody_filed_hours(self, assessor: Assessor, now: datetime) -> None:
        for contact, region in ((COURT, "231000"), (LABOUR, None)):
            found = road(assessor, contact, now=now, region=region)
            assert found.hours is None
            assert found.opening is not None
            assert found.opening.state is Openness.UNKNOWN

    def test_is_told_for_no_moment_without_a_clock(self, assessor: Assessor) -> None:
        assert road(assessor, LABOUR, now=None).opening is None
        assert assessor.assess(FACTS, region="231000", on=ON).at is None

    def test_stands_in_the_public_form(self, assessor: Assessor) -> None:
        told = verdict_json(assessor.assess(FACTS, region="231000", on=ON, now=SATURDAY_NIGHT))["alternatives"]
        (labour,) = (one for one in told if one["contact"] == LABOUR)
        assert (labour["open"], labour["opens_at"]) == ("closed", "2026-11-23T08:30:00+08:00")
        (court,) = (one for one in told if one["contact"] == COURT)
        assert court["open"] == "unknown"
        assert "opens_at" not in court
