"""Call-backs on the pages: booked, rung, and told in the queue."""

import re

import pytest

from api.domain.staff import Role
from api.services import lodging
from api.services.records import SafeToContact, TicketKind
from tests.console.office import TheOffice

pytestmark = pytest.mark.http


async def wished(office: TheOffice, *, safe: SafeToContact = SafeToContact.YES) -> tuple[str, str]:
    """Let somebody wish for a call; return the page and the ticket."""
    conversation_id = await office.conversation()
    async with office.database.unit_of_work() as uow:
        ticket = await lodging.lodge(
            uow,
            conversation_id=conversation_id,
            kind=TicketKind.CALL_BACK,
            words="明天上午",
            safe_to_contact=safe,
            now=office.clock(),
        )
        await uow.commit()
    return f"/staff/conversations/{conversation_id}", ticket.id


class TestACallBack:
    @pytest.mark.parametrize(
        ("safe", "says"), [(SafeToContact.YES, "能在对话里看到"), (SafeToContact.NO, "系统没有告诉来访人")]
    )
    async def test_that_is_booked_says_whether_the_caller_was_told(
        self, office: TheOffice, safe: SafeToContact, says: str
    ) -> None:
        page, ticket = await wished(office, safe=safe)
        browser = await office.signed_in(Role.OPERATOR)
        slot = re.search(r'<option value="([0-9-]+\.[ap]m)">', (await browser.get(page)).text)
        assert slot is not None
        booked = await browser.post(f"/staff/call-backs/{ticket}/slot", slot=slot[1])
        assert says in (await browser.get(booked.headers["location"])).text

    async def test_is_booked_rung_and_told_in_the_queue(self, office: TheOffice) -> None:
        page, ticket = await wished(office)
        browser = await office.signed_in(Role.OPERATOR)
        slot = re.search(r'<option value="([0-9-]+\.[ap]m)">', (await browser.get(page)).text)
        assert slot is not None
        booked = await browser.post(f"/staff/call-backs/{ticket}/slot", slot=slot[1])
        assert booked.headers["location"].startswith(page)
        assert "约在 <b>" in (await browser.get(page)).text
        assert "（第 1 次）" in (await browser.get("/staff")).text
        await browser.post(f"/staff/call-backs/{ticket}/attempts", outcome="engaged")
        assert "打过：占线" in (await browser.get(page)).text
        assert "（第 2 次）" in (await browser.get("/staff")).text
        done = await browser.post(f"/staff/call-backs/{ticket}/attempts", outcome="reached")
        assert "done=rung" in done.headers["location"]
        assert "回电：" not in (await browser.get("/staff")).text

    async def test_has_half_days_whose_number_the_manager_sets(self, office: TheOffice) -> None:
        page, _ = await wished(office)
        manager = await office.signed_in(Role.MANAGER)
        for half in ("am", "pm"):
            await manager.post("/staff/slots", region="231000", half=half, capacity="0")
        assert "约满" in (await manager.get("/staff/slots?region=231000")).text
        assert '<option value="2' not in (await manager.get(page)).text
        slot = re.search(r"2026-\d\d-\d\d\.[ap]m", (await manager.get("/staff/slots")).text)
        assert slot is None
        for region, capacity in (("231000", "-1"), ("231000", "100"), ("999999", "3"), ("231000", "六")):
            refused = await manager.post("/staff/slots", region=region, half="am", capacity=capacity)
            assert refused.status_code == 422
