"""A conversation goes to a colleague, and what the machine gave up is tried again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.domain.conversation import LEASE, Holder
from api.domain.staff import Role
from api.services import conversations
from api.services.records import Conversation
from tests.console.office import TheOffice

pytestmark = pytest.mark.http


async def thread(office: TheOffice, conversation_id: str) -> Conversation:
    async with office.database.reading() as uow:
        found = await uow.conversations.get(conversation_id)
    assert found is not None
    return found


async def claimed(office: TheOffice, role: Role = Role.OPERATOR) -> str:
    conversation_id = await office.conversation()
    await office.asks_for_a_person(conversation_id)
    await (await office.signed_in(role)).post(f"/staff/conversations/{conversation_id}/claim")
    return conversation_id


class TestHandOver:
    async def test_makes_the_colleague_holder_and_owner_and_says_so_in_the_history(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        await office.asks_for_a_person(conversation_id)
        reference = await office.application(conversation_id=conversation_id)
        operator = await office.signed_in(Role.OPERATOR)
        await operator.post(f"/staff/applications/{reference}/claim")
        before = await office.transcript(conversation_id)
        answer = await operator.post(f"/staff/applications/{reference}/hand-over", to="iddutylawyer")
        assert answer.headers["location"] == f"/staff/applications/{reference}?done=handed_over"
        assert (await thread(office, conversation_id)).hold.staff == "iddutylawyer"
        async with office.database.reading() as uow:
            record = await uow.applications.get(reference)
            assert {ticket.owner for ticket in await uow.tickets.open_ones()} == {"iddutylawyer"}
        assert record is not None
        assert record.owner == "iddutylawyer"
        assert await office.transcript(conversation_id) == before, "to the citizen a colleague is no news"
        page = (await operator.get(f"/staff/applications/{reference}")).text
        assert "移交给同事" in page
        assert "交给duty_lawyer同志" in page
        assert await office.audit("conversation.handed_over") == [
            {"by": "idoperator", "subject": f"conversation:{conversation_id}", "to": "iddutylawyer"}
        ]

    async def test_lets_the_colleague_write_and_the_giver_no_more(self, office: TheOffice) -> None:
        conversation_id = await claimed(office)
        operator, lawyer = await office.signed_in(Role.OPERATOR), await office.signed_in(Role.DUTY_LAWYER)
        address = f"/staff/conversations/{conversation_id}"
        await operator.post(f"{address}/hand-over", to="iddutylawyer")
        assert (await operator.post(f"{address}/messages", text="还有一句")).status_code == 409
        assert (await lawyer.post(f"{address}/messages", text="我接着说")).status_code == 303
        assert (await office.transcript(conversation_id))[-1].text == "我接着说"

    async def test_returns_to_the_queue_when_the_colleague_does_not_take_it_up(self, office: TheOffice) -> None:
        conversation_id = await claimed(office)
        operator = await office.signed_in(Role.OPERATOR)
        await operator.post(f"/staff/conversations/{conversation_id}/hand-over", to="iddutylawyer")
        office.clock.pass_(LEASE + timedelta(seconds=1))
        async with office.database.unit_of_work() as uow:
            assert await conversations.return_expired(uow, now=office.clock()) == (conversation_id,)
            await uow.commit()
        assert (await thread(office, conversation_id)).holder is Holder.WAITING

    @pytest.mark.parametrize("to", ["", "nobody", "idoperator", "idauditor", "iddutylawyer", "idreviewer"])
    async def test_goes_to_nobody_who_could_not_answer(self, bare_office: TheOffice, to: str) -> None:
        bare_office.regions = {"reviewer": ("640000",)}
        await bare_office.hire()
        async with bare_office.database.unit_of_work() as uow:
            lawyer = await uow.staff.get("iddutylawyer")
            assert lawyer is not None
            await uow.staff.save(replace(lawyer, disabled=True))
            await uow.commit()
        conversation_id = await claimed(bare_office)
        operator = await bare_office.signed_in(Role.OPERATOR)
        address = f"/staff/conversations/{conversation_id}"
        answer = await operator.post(f"{address}/hand-over", to=to)
        assert answer.status_code == 422
        assert "不能移交给这位同事" in answer.text
        assert (await thread(bare_office, conversation_id)).hold.staff == "idoperator"
        page = (await operator.get(address)).text
        assert 'value="idmanager"' in page
        assert to == "" or f'value="{to}"' not in page

    async def test_of_what_somebody_else_holds_is_refused(self, office: TheOffice) -> None:
        conversation_id = await claimed(office, Role.DUTY_LAWYER)
        operator = await office.signed_in(Role.OPERATOR)
        answer = await operator.post(f"/staff/conversations/{conversation_id}/hand-over", to="idmanager")
        assert answer.status_code == 409
        assert (await thread(office, conversation_id)).hold.staff == "iddutylawyer"


class TestRetry:
    async def test_puts_a_dead_letter_back_into_the_outbox_from_the_beginning(self, office: TheOffice) -> None:
        number = await office.gives_up("notice", error="telegram_away")
        manager = await office.signed_in(Role.MANAGER)
        assert "再试一次" in (await manager.get("/staff")).text
        answer = await manager.post(f"/staff/failures/{number}/retry")
        assert answer.headers["location"] == "/staff?done=retried"
        async with office.database.unit_of_work() as uow:
            assert await uow.jobs.dead() == ()
            (job,) = await uow.jobs.take(now=office.clock(), lease=timedelta(minutes=1), limit=1)
        assert (job.id, job.attempts) == (number, 1)
        (entry,) = await office.audit("job.retried")
        assert entry == {"by": "idmanager", "subject": f"job:{number}", "kind": "notice", "error": "telegram_away"}

    async def test_happens_once(self, office: TheOffice) -> None:
        number = await office.gives_up("notice", error="telegram_away")
        manager = await office.signed_in(Role.MANAGER)
        await manager.post(f"/staff/failures/{number}/retry")
        assert (await manager.post(f"/staff/failures/{number}/retry")).status_code == 404

    @pytest.mark.parametrize("number", ["0", "-1", "x", "²", "99999999999999999999", "4" * 5000])
    async def test_of_what_is_no_number_of_ours_finds_nothing(self, office: TheOffice, number: str) -> None:
        manager = await office.signed_in(Role.MANAGER)
        assert (await manager.post(f"/staff/failures/{number}/retry")).status_code == 404

    async def test_is_not_offered_to_those_who_only_see_it(self, office: TheOffice) -> None:
        number = await office.gives_up("notice", error="telegram_away")
        lawyer = await office.signed_in(Role.DUTY_LAWYER)
        page = (await lawyer.get("/staff")).text
        assert "telegram_away" in page
        assert "再试一次" not in page
        assert (await lawyer.post(f"/staff/failures/{number}/retry")).status_code == 403
