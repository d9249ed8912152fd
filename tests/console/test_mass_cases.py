"""Five who come with the same thing from the same place within a week raise one line on the queue."""

import pytest

from api.domain.mass import LATEST, LEAST, Arrivals, alike, masses
from api.domain.staff import Role
from tests.console.office import TheOffice

pytestmark = pytest.mark.http
HEADING = "可能是群体性案件"


def came(region: str, *matters: str, count: int) -> Arrivals:
    """Return so many about the same."""
    kind = alike(region=region, matters=matters)
    assert kind is not None
    return Arrivals(alike=kind, region=region, matters=matters, count=count)


class TestMasses:
    def test_are_one_for_each_place_and_matter_the_largest_first(self) -> None:
        both = came("231000", "labour.wages", "contract", count=5)
        wages = came("231000", "labour.wages", count=4)
        found = masses([both, wages, came("640100", "labour.wages", count=12), came("231000", "consumer", count=1)])
        assert [(mass.region, mass.matter, mass.count) for mass in found] == [
            ("640100", "labour.wages", 12),
            ("231000", "labour.wages", 9),
            ("231000", "contract", 5),
        ]
        assert found[1].alike == (both.alike, wages.alike)
        assert found[2].alike == (both.alike,)

    def test_do_not_begin_with_four_nor_with_one_who_names_a_matter_twice(self) -> None:
        assert masses([came("231000", "labour.wages", "labour.wages", count=LEAST - 1)]) == ()


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

    async def test_names_the_latest_ten_and_counts_the_others(self, office: TheOffice) -> None:
        all_of_them = []
        for _ in range(LATEST + 2):
            all_of_them += await self.handed_in(office, 1)
            office.later(minutes=1)
        page = await self.shown(office)
        assert f"拖欠劳动报酬 · 黑龙江省牡丹江市：{LATEST + 2} 件" in page
        named = [one for one in all_of_them if f'<a class="ref" href="/staff/applications/{one}">' in page]
        assert named == all_of_them[2:]

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
