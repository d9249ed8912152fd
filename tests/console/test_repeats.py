"""Whoever calls again finds staff who know of the first time."""

import pytest

from api.domain.staff import Role
from tests.console.office import TheOffice

pytestmark = pytest.mark.http
AGAIN = "同一电话 30 天内还提出过"


async def shown(office: TheOffice, reference: str, role: Role = Role.OPERATOR) -> str:
    return (await (await office.signed_in(role)).get(f"/staff/applications/{reference}")).text


class TestRepeat:
    async def test_leads_to_the_other_application_and_says_where_it_stands(self, office: TheOffice) -> None:
        first = await office.application(issue="family.maintenance")
        office.later(days=29)
        second = await office.application()
        page = await shown(office, second)
        assert AGAIN in page
        assert f"赡养费（{first}，已提交，待审查）" in page
        assert f'href="/staff/applications/{first}"' in page
        assert f'href="/staff/applications/{second}"' in await shown(office, first)

    @pytest.mark.parametrize(("days", "told"), [(30, True), (31, False)])
    async def test_counts_for_thirty_days(self, office: TheOffice, days: int, *, told: bool) -> None:
        await office.application()
        office.later(days=days)
        assert (AGAIN in await shown(office, await office.application())) is told

    async def test_of_another_telephone_is_none(self, office: TheOffice) -> None:
        await office.application()
        assert AGAIN not in await shown(office, await office.application(phone="13900000000"))

    async def test_in_another_region_stays_there(self, bare_office: TheOffice) -> None:
        bare_office.regions = {"operator": ("231000",)}
        await bare_office.hire()
        elsewhere = await bare_office.application(region="640100")
        here = await bare_office.application(region="231000")
        assert elsewhere not in await shown(bare_office, here)
        assert elsewhere in await shown(bare_office, here, Role.MANAGER)

    async def test_stands_on_an_open_page_too(self, office: TheOffice) -> None:
        first = await office.application()
        second = await office.application()
        parts = await (await office.signed_in(Role.OPERATOR)).get(f"/staff/applications/{first}/parts")
        assert second in parts.json()["head"]
