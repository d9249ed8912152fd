"""Typing and read marks on the page of whoever holds a conversation."""

from datetime import timedelta

import pytest

from api.domain.staff import Role
from api.services.sign_ports import Side, Sign
from tests.console.office import TheOffice

pytestmark = pytest.mark.http


async def given(office: TheOffice, conversation_id: str, side: Side) -> Sign:
    async with office.database.reading() as uow:
        return await uow.signs.get(conversation_id=conversation_id, side=side)


async def citizen(office: TheOffice, conversation_id: str, *, read: int = 0, typing: bool = False) -> None:
    until = office.clock() + timedelta(seconds=6) if typing else None
    async with office.database.unit_of_work() as uow:
        sign = Sign(read=read, typing_until=until)
        await uow.signs.put(conversation_id=conversation_id, side=Side.CITIZEN, sign=sign)
        await uow.commit()


class TestTheCitizens:
    async def test_are_shown_while_they_hold(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        browser = await office.signed_in(Role.OPERATOR)
        path = f"/staff/conversations/{conversation_id}"
        await browser.post(f"{path}/claim")
        assert (await browser.get(f"{path}/parts")).json()["signs"] == ""
        await browser.post(f"{path}/messages", text="您好。")
        assert "还没有看到" in (await browser.get(f"{path}/parts")).json()["signs"]
        last = (await office.transcript(conversation_id))[-1].seq
        await citizen(office, conversation_id, read=last)
        assert "已经看到" in (await browser.get(f"{path}/parts")).json()["signs"]
        await citizen(office, conversation_id, read=last, typing=True)
        assert "正在输入" in (await browser.get(path)).text
        office.later(seconds=7)
        assert "正在输入" not in (await browser.get(path)).text


class TestTheStaffs:
    async def test_are_told_of_whoever_holds_the_thread_alone(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        holder = await office.signed_in(Role.OPERATOR)
        other = await office.signed_in(Role.REVIEWER)
        path = f"/staff/conversations/{conversation_id}"
        await holder.post(f"{path}/claim")
        await other.post(f"{path}/signs", read="1", typing="yes")
        assert await given(office, conversation_id, Side.STAFF) == Sign()
        office.woken.clear()
        await holder.post(f"{path}/signs", read="2", typing="yes")
        sign = await given(office, conversation_id, Side.STAFF)
        assert (sign.read, sign.typing(now=office.clock())) == (2, True)
        assert office.woken == [conversation_id]

    async def test_are_nothing_that_was_not_said(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        browser = await office.signed_in(Role.OPERATOR)
        path = f"/staff/conversations/{conversation_id}"
        await browser.post(f"{path}/claim")
        for read in ("99", "x", "9" * 30, ""):
            assert (await browser.post(f"{path}/signs", read=read)).status_code == 204
        assert (await given(office, conversation_id, Side.STAFF)).read == 0
