"""Five who come with the same thing from the same place within a week raise one line on the queue."""

from datetime import timedelta

import pytest

from api.domain.mass import LATEST, LEAST, Arrivals, masses
from api.domain.staff import Role
from tests.console.office import TheOffice
from tests.http.world import NOON

pytestmark = pytest.mark.http
HEADING = "可能是群体性案件"


def came(region: str, *matters: str, hours: range) -> Arrivals:
    """Return one application an hour about the same."""
    latest = tuple((NOON + timedelta(hours=hour), f"LA-{hour}") for hour in hours)
    return Arrivals(region=region, matters=matters, count=len(hours), latest=latest[-LATEST:])


class TestMasses:
    def test_are_one_for_each_place_and_matter_the_largest_first(self) -> None:
        both = came("231000", "labour.wages", "contract", hours=range(0, 9, 2))
        wages = came("231000", "labour.wages", hours=range(1, 8, 2))
        found = masses(
            [both, wages, came("640100", "labour.wages", hours=range(12)), came("231000", "consumer", hours=range(1))]
        )
        assert [(mass.region, mass.matter, mass.count) for mass in found] == [
            ("640100", "labour.wages", 12),
            ("231000", "labour.wages", 9),
            ("231000", "contract", 5),
        ]
        assert found[1].references == tuple(f"LA-{hour}" for hour in range(9))
        assert found[0].references == tuple(f"LA-{hour}" for hour in range(2, 12))

    def test_do_not_begin_with_four_nor_with_one_who_names_a_matter_twice(self) -> None:
        assert masses([came("231000", "labour.wages", "labour.wages", hours=range(LEAST - 1))]) == ()


class TestQueue:
    @staticmethod
    async def handed_in(office: TheOffice, count: int, *, region: str = "231000") -> list[str]:
        return [await office.application(region=region, phone=f"138{number:08}") for number in range(count)]

    async def shown(self, office: TheOffice, role: Role = Role.OPERATOR) -> str:
        return (await (await office.signed_in(role)).get("/staff")).text

    async def test_says_once_that_five_came_with_the_same(self, office: TheOffice) -> None:
        four = await self.handed_in(office, LEAST - 1)
        assert HEADING not in await self.shown(office)
        five = [*four, await office.application()]
        page = await self.shown(office)
        assert f"{HEADING}（1）" in page
        assert "拖欠劳动报酬 · 黑龙江省牡丹江市：5 件" in page
        assert all(f'<a class="ref" href="/staff/applications/{reference}">' in page for reference in five)

    async def test_forgets_after_a_week(self, office: TheOffice) -> None:
        await self.handed_in(office, LEAST)
        office.later(days=7)
        assert HEADING in await self.shown(office)
        office.later(seconds=1)
        assert HEADING not in await self.shown(office)

    async def test_adds_no_place_to_another_and_tells_nobody_of_another_region(self, bare_office: TheOffice) -> None:
        bare_office.regions = {"operator": ("231000",)}
        await bare_office.hire()
        await self.handed_in(bare_office, LEAST - 1)
        await self.handed_in(bare_office, LEAST, region="640100")
        assert HEADING not in await self.shown(bare_office)
        assert "宁夏回族自治区银川市：5 件" in await self.shown(bare_office, Role.MANAGER)
