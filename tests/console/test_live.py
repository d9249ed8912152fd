"""Pages that stay true without being loaded again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from api.console.cases import Pulse
from api.console.live import beats
from api.domain.staff import Role
from api.services.staff import SignInRequired, seated
from tests.console.office import TheOffice

pytestmark = pytest.mark.http


class TestLive:
    async def test_parts_bring_only_what_is_new(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        browser = await office.signed_in(Role.OPERATOR)
        path = f"/staff/conversations/{conversation_id}/parts"
        everything = (await browser.get(path)).json()
        assert everything["talk"].count('class="said"') == 2
        await office.says(conversation_id, "还在吗")
        fresh = (await browser.get(f"{path}?after=2")).json()
        assert "还在吗" in fresh["talk"]
        assert "老板不给钱" not in fresh["talk"]
        assert set(fresh) == {"head", "compose", "progress", "alerts", "attachments", "talk", "signs"}

    @pytest.mark.parametrize("after", [2**31, 10**30, -(10**30)])
    async def test_parts_may_be_asked_for_from_anywhere(self, office: TheOffice, after: int) -> None:
        conversation_id = await office.conversation()
        browser = await office.signed_in(Role.OPERATOR)
        answer = await browser.get(f"/staff/conversations/{conversation_id}/parts?after={after}")
        assert answer.status_code == 200
        assert bool(answer.json()["talk"]) is (after < 0)

    async def test_parts_leave_no_line_in_the_audit_chain(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.OPERATOR)
        await browser.get(f"/staff/applications/{reference}")
        await browser.get(f"/staff/applications/{reference}/parts")
        assert len(await office.audit("application.read")) == 1

    async def test_pulse_changes_with_every_message_claim_and_step(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        reference = await office.application(conversation_id=conversation_id)
        browser = await office.signed_in(Role.MANAGER)
        desk = office.desk()
        async with office.database.reading() as uow:
            seat = await seated(uow, token=browser.http.cookies["legal_aid_staff"], now=office.clock())
        pulse = Pulse(desk=desk, me=seat.member, reference=reference, conversation_id=None)
        seen = [await pulse()]
        assert await pulse() == seen[0]
        path = f"/staff/applications/{reference}"
        await office.says(conversation_id, "还在吗")
        seen.append(await pulse())
        await browser.post(f"{path}/claim")
        seen.append(await pulse())
        await browser.post(f"{path}/events", event="begin_review", version="")
        seen.append(await pulse())
        await office.in_danger(conversation_id)
        seen.append(await pulse())
        assert len(set(seen)) == len(seen)

    async def test_stream_says_changed_and_ends_with_the_session(self) -> None:
        states = iter(["a", "b"])
        looks = 0

        async def pulse() -> str:
            return next(states, "b")

        async def over() -> None:
            nonlocal looks
            looks += 1
            if looks == 2:
                raise SignInRequired

        stream: AsyncIterator[bytes] = beats(pulse=pulse, seated=over, closing=asyncio.Event(), every=0.001)
        async with asyncio.timeout(5), contextlib.aclosing(stream) as heard:  # type: ignore[type-var]
            lines = [line async for line in heard]
        assert lines[0].startswith(b":")
        assert lines.count(b"event: changed\ndata: {}\n\n") == 1
        assert lines[-1] == b"event: ended\ndata: {}\n\n"

    async def test_stream_ends_at_once_when_the_app_closes(self) -> None:
        closing = asyncio.Event()

        async def pulse() -> str:
            return "a"

        stream: AsyncIterator[bytes] = beats(pulse=pulse, seated=pulse, closing=closing, every=60)
        async with asyncio.timeout(5), contextlib.aclosing(stream) as heard:  # type: ignore[type-var]
            await anext(heard)
            asyncio.get_running_loop().call_later(0.01, closing.set)
            assert [line async for line in heard] == []
