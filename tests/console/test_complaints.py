"""A complaint on its page: its subject sees that it is not theirs, a colleague takes and closes it, and tells the result."""

import re

import pytest

from api.domain.staff import Role
from api.services import complaints, conversations, lodging, tickets
from api.services.records import TicketKind
from tests.console.office import TheOffice

pytestmark = pytest.mark.http


async def lodged(office: TheOffice) -> str:
    conversation_id = await office.conversation()
    served = await office.signed_in(Role.OPERATOR)
    await served.post(f"/staff/conversations/{conversation_id}/claim")
    async with office.database.unit_of_work() as uow:
        await lodging.lodge(
            uow, conversation_id=conversation_id, kind=TicketKind.COMPLAINT, words="他骂我", now=office.clock()
        )
        await uow.commit()
    return conversation_id


class TestItsPage:
    async def test_offers_nothing_to_whom_it_may_be_about(self, office: TheOffice) -> None:
        conversation_id = await lodged(office)
        browser = await office.signed_in(Role.OPERATOR)
        page = (await browser.get(f"/staff/conversations/{conversation_id}")).text
        assert "这件投诉可能和您有关" in page
        assert "/staff/complaints/" not in page

    async def test_is_taken_and_closed_by_a_colleague(self, office: TheOffice) -> None:
        conversation_id = await lodged(office)
        browser = await office.signed_in(Role.REVIEWER)
        path = f"/staff/conversations/{conversation_id}"
        page = (await browser.get(path)).text
        take, close = (re.search(rf'"(/staff/complaints/[0-9a-f]+/{step})"', page) for step in ("take", "close"))
        assert take
        assert close
        assert (await browser.post(take[1])).headers["location"] == f"{path}?done=complaint_taken#progress"
        assert take[1] not in (await browser.get(path)).text
        assert "complaint_result_required" in (await browser.post(close[1], outcome="upheld")).text
        done = await browser.post(close[1], outcome="upheld", result="已经换人。")
        assert done.headers["location"] == f"{path}?done=complaint_closed#progress"
        page = (await browser.get(path)).text
        assert "已经换人。" in page
        assert "/staff/complaints/" not in page

    async def test_shows_what_is_still_to_be_told(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        async with office.database.unit_of_work() as uow:
            found = await conversations.conversation(uow, conversation_id=conversation_id, now=office.clock())
            task = tickets.fresh(
                found, TicketKind.TASK, reason=complaints.RESULT, urgency=found.urgency, now=office.clock()
            )
            await uow.tickets.add(task, words="TS-2026-ABCD 情况属实")
            await uow.commit()
        browser = await office.signed_in(Role.REVIEWER)
        path = f"/staff/conversations/{conversation_id}"
        page = (await browser.get(path)).text
        assert "把投诉的处理结果告诉来访人：TS-2026-ABCD 情况属实" in page
        done = await browser.post(f"/staff/tasks/{task.id}/done", outcome="told_by_phone")
        assert done.headers["location"] == f"{path}?done=finished#progress"
