"""The same person asking twice for the same: one case, with the history of both."""

import pytest

from api.domain.application import State
from api.domain.staff import Role
from api.services.records import ApplicationRecord, SafeToContact
from knowledge_base.types import Urgency
from tests.console.office import Browser, TheOffice

pytestmark = pytest.mark.http


async def stored(office: TheOffice, reference: str) -> ApplicationRecord:
    async with office.database.reading() as uow:
        record = await uow.applications.get(reference)
    assert record is not None
    return record


async def two(office: TheOffice) -> tuple[str, str]:
    """Let one telephone ask twice, the second time in more need."""
    first = await office.application()
    office.later(hours=2)
    thread = await office.conversation()
    second = await office.application(
        conversation_id=thread, issue="family.maintenance", urgency=Urgency.S1, safe=SafeToContact.NEUTRAL_ONLY
    )
    return first, second


async def merged(browser: Browser, later: str, into: str) -> int:
    return (await browser.post(f"/staff/applications/{later}/merge", into=into)).status_code


class TestMerging:
    async def test_keeps_the_earlier_with_the_greater_need_of_both(self, office: TheOffice) -> None:
        first, second = await two(office)
        browser = await office.signed_in(Role.REVIEWER)
        assert first in (await browser.get(f"/staff/applications/{second}")).text
        assert await merged(browser, second, first) == 303
        kept, gone = await stored(office, first), await stored(office, second)
        assert gone.application.state is State.MERGED
        assert kept.application.state is State.SUBMITTED
        assert (kept.urgency, kept.safe_to_contact) == (Urgency.S1, SafeToContact.NEUTRAL_ONLY)
        assert kept.matters == ("labour.wages", "family.maintenance")

    async def test_shows_the_history_of_both_and_the_ways_between(self, office: TheOffice) -> None:
        first, second = await two(office)
        browser = await office.signed_in(Role.REVIEWER)
        await browser.post(f"/staff/applications/{second}/notes", note="家里只有一部电话。")
        await merged(browser, second, first)
        html = (await browser.get(f"/staff/applications/{first}")).text
        assert "并入了后来的一件申请" in html
        assert html.count("<b>提交申请</b>") == 2
        assert f'href="/staff/applications/{second}"' in html
        other = (await browser.get(f"/staff/applications/{second}")).text
        assert f'已经并入 <a class="ref" href="/staff/applications/{first}"' in other
        assert "家里只有一部电话。" in other
        queue = (await browser.get("/staff")).text
        assert first in queue
        assert second not in queue

    async def test_tells_the_citizen(self, office: TheOffice) -> None:
        first = await office.application()
        office.later(hours=2)
        thread = await office.conversation()
        second = await office.application(conversation_id=thread)
        browser = await office.signed_in(Role.REVIEWER)
        await merged(browser, second, first)
        await office.run_jobs()
        assert "并在一起办" in (await office.transcript(thread))[-1].text

    async def test_goes_no_other_way(self, office: TheOffice) -> None:
        first, second = await two(office)
        other = await office.application(phone="13900000000")
        browser = await office.signed_in(Role.REVIEWER)
        for later, into in ((first, second), (other, first), (second, second), (second, other), (second, "")):
            assert await merged(browser, later, into) == 409
        assert await merged(await office.signed_in(Role.OPERATOR), second, first) == 403
        office.later(days=31)
        late = await office.application()
        assert await merged(await office.signed_in(Role.REVIEWER), late, first) == 409
        assert await office.audit("application.merge") == []

    async def test_is_nothing_that_the_page_or_the_api_offers_without_a_target(self, office: TheOffice) -> None:
        first, second = await two(office)
        browser = await office.signed_in(Role.REVIEWER)
        assert 'name="event" value="merge"' not in (await browser.get(f"/staff/applications/{second}")).text

        answer = await browser.post(f"/staff/applications/{second}/events", event="merge", version="1")
        assert answer.status_code == 422
        assert (await stored(office, first)).application.state is State.SUBMITTED
