"""A manager destroys a conversation because the person asks; nobody else may, and no case file goes that way."""

import pytest

from api.domain.staff import Role
from tests.console.office import TheOffice

pytestmark = pytest.mark.http


class TestErase:
    async def test_leaves_nothing_but_the_record_that_it_was(self, office: TheOffice) -> None:
        thread = await office.conversation()
        address = f"/staff/conversations/{thread}"
        manager = await office.signed_in(Role.MANAGER)
        assert "来访人要求删除这次对话" in (await manager.get(address)).text
        gone = await manager.post(f"{address}/erase", page=address)
        assert (gone.status_code, gone.headers["location"]) == (303, "/staff?done=erased")
        assert "已按本人要求删除" in (await manager.get("/staff?done=erased")).text
        assert await office.transcript(thread) == ()
        (entry,) = await office.audit("conversation.destroyed")
        assert entry["why"] == "asked"
        page = (await manager.get(address)).text
        assert "销毁了对话内容" in page

    async def test_is_offered_to_managers_alone(self, office: TheOffice) -> None:
        address = f"/staff/conversations/{await office.conversation()}"
        lawyer = await office.signed_in(Role.DUTY_LAWYER)
        assert "来访人要求删除" not in (await lawyer.get(address)).text
        assert (await lawyer.post(f"{address}/erase", page=address)).status_code == 403

    async def test_of_a_case_file_or_of_somebody_who_waits_is_refused(self, office: TheOffice) -> None:
        filed, waiting = await office.conversation(), await office.conversation()
        await office.application(conversation_id=filed)
        await office.asks_for_a_person(waiting)
        manager = await office.signed_in(Role.MANAGER)
        for thread in (filed, waiting):
            before = await office.transcript(thread)
            address = f"/staff/conversations/{thread}"
            refused = await manager.post(f"{address}/erase", page="/staff")
            assert refused.status_code == 409
            assert "现在还不能删除" in refused.text
            assert await office.transcript(thread) == before
