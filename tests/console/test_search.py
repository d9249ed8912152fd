"""An application is found again by whatever is known of it, and nobody's name or number is left lying about on the way."""

import re

import httpx
import pytest

from api.domain.staff import Role
from api.services import parties
from api.services.searching import PAGE, SEARCHED
from tests.console.office import Browser, TheOffice
from tests.console.test_staff_api import API, client

pytestmark = pytest.mark.http

OTHER_PHONE, OTHER_NAME = "13900004321", "李小花"


async def searched(browser: Browser, **fields: str) -> httpx.Response:
    """Fill the form in and follow where it leads."""
    sent = await browser.post("/staff/search", page="/staff/search", **fields)
    if sent.status_code != 303:
        return sent
    where = sent.headers["location"]
    assert where.startswith("/staff/search")
    assert not any(value in where for name, value in fields.items() if name in {"phone", "name"})
    return await browser.get(where)


def hits(page: httpx.Response) -> list[str]:
    return re.findall(r'<a class="what" href="/staff/applications/([^"]+)"', page.text)


class TestPage:
    @pytest.mark.parametrize(
        "fields",
        [
            {"phone": "13900004321"},
            {"phone": " +86 139-0000-4321 "},
            {"phone": "４３２１"},
            {"name": OTHER_NAME},
            {"name": " 李 小花 "},
            {"name": "宏达建筑(有限)公司"},
            {"matter": "family"},
            {"matter": "family.maintenance"},
            {"region": "640100", "since": "2026-11-22", "until": "2026-12-30"},
            {"region": "640100"},
            {"since": "2026-11-25"},
            {"phone": "4321", "matter": "family", "region": "640100", "name": OTHER_NAME},
        ],
    )
    async def test_finds_the_one_by_what_is_known(self, office: TheOffice, fields: dict[str, str]) -> None:
        await office.application()
        office.later(days=30)
        wanted = await office.application(
            issue="family.maintenance",
            region="640100",
            phone=OTHER_PHONE,
            name=OTHER_NAME,
            opponents=("宏达建筑（有限）公司",),
        )
        assert hits(await searched(await office.signed_in(Role.OPERATOR), **fields)) == [wanted]

    async def test_reads_a_number_however_it_is_typed(self, office: TheOffice) -> None:
        wanted = await office.application()
        await office.application()
        typed = wanted.removeprefix("LA-").lower().replace("-", " ")
        assert hits(await searched(await office.signed_in(Role.OPERATOR), reference=typed)) == [wanted]

    async def test_follows_what_is_put_right_and_how_far_it_is(self, office: TheOffice) -> None:
        wanted = await office.application()
        browser = await office.signed_in(Role.OPERATOR)
        assert hits(await searched(browser, state="submitted")) == [wanted]
        assert hits(await searched(browser, state="in_review")) == []

    async def test_shows_what_came_last_where_nothing_is_asked_for(self, office: TheOffice) -> None:
        first = await office.application()
        office.later(minutes=1)
        second = await office.application()
        page = await (await office.signed_in(Role.AUDITOR)).get("/staff/search")
        assert hits(page) == [second, first]
        assert "最近收到的申请" in page.text
        assert not await office.audit(SEARCHED)

    async def test_leads_on_page_by_page_without_losing_one(self, office: TheOffice) -> None:
        every = [await office.application() for _ in range(PAGE + 2)]
        browser = await office.signed_in(Role.OPERATOR)
        first = await searched(browser, matter="labour")
        href = re.search(r'rel="next" href="([^"]+)"', first.text)
        assert href is not None
        second = await browser.get(href.group(1).replace("&amp;", "&"))
        assert 'rel="next"' not in second.text
        assert "回到最近的" in second.text
        assert sorted(hits(first) + hits(second)) == sorted(every)
        assert len(hits(first)) == PAGE

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"reference": "LA-2026-2222-2"}, "search_reference_unusable"),
            ({"phone": "139"}, "search_phone_unusable"),
            ({"phone": "一三九"}, "search_phone_unusable"),
            ({"name": "王"}, "search_name_unusable"),
            ({"region": "999999"}, "search_region_unknown"),
            ({"since": "2026-11-02", "until": "2026-11-01"}, "search_days_turned"),
            ({"state": "lost"}, "form_malformed"),
            ({"since": "yesterday"}, "form_malformed"),
        ],
    )
    async def test_says_what_nothing_can_be_found_by(
        self, office: TheOffice, fields: dict[str, str], code: str
    ) -> None:
        assert code in (await searched(await office.signed_in(Role.OPERATOR), **fields)).text

    @pytest.mark.parametrize(
        "query", ["phone=13812345678", "name=x", "reference=%00", "state=x", "since=x", "after=a/b"]
    )
    async def test_refuses_an_address_that_no_form_leads_to(self, office: TheOffice, query: str) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        assert "form_malformed" in (await browser.get(f"/staff/search?{query}")).text

    async def test_stays_within_the_regions_of_whoever_looks(self, bare_office: TheOffice) -> None:
        bare_office.regions = {Role.OPERATOR: ("640000",)}
        await bare_office.hire()
        elsewhere = await bare_office.application()
        here = await bare_office.application(region="640100")
        browser = await bare_office.signed_in(Role.OPERATOR)
        assert hits(await searched(browser, name="王大山")) == [here]
        assert hits(await searched(browser, reference=elsewhere)) == []
        assert hits(await searched(browser, region="231000")) == []


class TestRecord:
    async def test_keeps_by_what_was_looked_and_never_what_it_was(self, office: TheOffice) -> None:
        await office.application()
        await searched(await office.signed_in(Role.OPERATOR), phone="13812345678", name="王大山", matter="labour")
        (entry,) = await office.audit(SEARCHED)
        assert entry == {"by": "phone,name", "subject": "staff:idoperator", "found": 1}

    async def test_is_not_for_whoever_may_not_open_a_contact(self, office: TheOffice) -> None:
        await office.application()
        auditor = await office.signed_in(Role.AUDITOR)
        for fields in ({"phone": "5678"}, {"name": "王大山"}):
            assert (await searched(auditor, **fields)).status_code == 403
        digest = await self.digest(office)
        assert (await auditor.get(f"/staff/search?tail={digest}")).status_code == 403

    @staticmethod
    async def digest(office: TheOffice) -> str:
        async with office.database.reading() as uow:
            return parties.tail_digest(uow, "13812345678")


class TestApi:
    async def test_finds_and_pages(self, office: TheOffice) -> None:
        every = [await office.application() for _ in range(PAGE + 1)]
        http = await client(office, Role.OPERATOR)
        first = (await http.post(f"{API}/search", json={"phone": "5678"})).json()
        assert len(first["items"]) == PAGE
        second = (await http.post(f"{API}/search", json={"phone": "5678", "after": first["after"]})).json()
        assert second["after"] is None
        assert sorted(one["reference"] for one in first["items"] + second["items"]) == sorted(every)
        assert set(first["items"][0]) == {
            *("reference", "state", "matters", "region", "urgency", "received_at", "owner"),
        }

    async def test_says_which_field_is_wrong(self, office: TheOffice) -> None:
        http = await client(office, Role.OPERATOR)
        refused = await http.post(f"{API}/search", json={"phone": "139"})
        assert (refused.status_code, refused.json()["code"]) == (422, "search_phone_unusable")
        assert refused.json()["field"] == "phone"
        assert "139" not in refused.text
        assert (await http.post(f"{API}/search", json={"region": "9"})).status_code == 422


class TestIndex:
    async def test_takes_in_what_is_older_than_it(self, office: TheOffice) -> None:
        wanted = await office.application()
        async with office.database.engine.begin() as connection:
            await connection.exec_driver_sql("UPDATE parties SET phone_tail = NULL")
        browser = await office.signed_in(Role.OPERATOR)
        assert hits(await searched(browser, phone="5678")) == []
        assert await parties.index_older(office.database) == 1
        assert hits(await searched(browser, phone="5678")) == [wanted]
        assert await parties.index_older(office.database) == 0
