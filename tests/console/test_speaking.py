"""Staff check the pass phrase of whoever speaks for a citizen before they say a word."""

import uuid

import pytest

from api.domain.staff import Role
from api.services import applications, lodging
from api.services.records import SafeToContact, ThirdParty, TicketKind
from tests.console.office import TheOffice
from tests.console.screen import assessed
from tests.http.world import draft

pytestmark = pytest.mark.http

SAID = "红灯记"


async def spoken_for(office: TheOffice) -> tuple[str, str]:
    """Hand in an application that a daughter speaks for; return its reference and its conversation."""
    conversation_id = await office.conversation()
    handed = draft(
        third_party=ThirdParty(name="李四", relationship="女儿"), pass_phrase=SAID, conversation_id=conversation_id
    )
    async with office.database.unit_of_work() as uow:
        submitted = await applications.submit(
            uow, idempotency_key=uuid.uuid4().hex, draft=handed, assess=assessed(flags=()), now=office.clock()
        )
        await uow.commit()
    return submitted.reference, conversation_id


class TestPassPhrase:
    async def test_is_checked_on_the_case_page_and_on_record(self, office: TheOffice) -> None:
        reference, _ = await spoken_for(office)
        browser = await office.signed_in(Role.OPERATOR)
        page = f"/staff/applications/{reference}"
        assert f"{page}/pass-phrase" in (await browser.get(page)).text
        for said, told in ((SAID, "暗语对上了"), ("白毛女", "暗语没有对上")):
            answer = await browser.post(f"{page}/pass-phrase", page=page, pass_phrase=said)
            assert answer.headers["location"].startswith(page)
            shown = (await browser.get(answer.headers["location"])).text
            assert told in shown
            assert said not in shown
        checked = await office.audit("application.pass_phrase_checked")
        assert [line["fits"] for line in checked] == [True, False]
        assert {line["by"] for line in checked} == {"idoperator"}

    async def test_is_asked_for_beside_a_call_back(self, office: TheOffice) -> None:
        reference, conversation_id = await spoken_for(office)
        async with office.database.unit_of_work() as uow:
            await lodging.lodge(
                uow,
                conversation_id=conversation_id,
                kind=TicketKind.CALL_BACK,
                words="明天上午",
                safe_to_contact=SafeToContact.YES,
                now=office.clock(),
            )
            await uow.commit()
        browser = await office.signed_in(Role.DUTY_LAWYER)
        page = f"/staff/conversations/{conversation_id}"
        form = f"/staff/applications/{reference}/pass-phrase"
        assert f'action="{form}"' in (await browser.get(page)).text
        answer = await browser.post(form, page=page, pass_phrase=SAID, thread="yes")
        assert answer.headers["location"].startswith(page)
        assert "暗语对上了" in (await browser.get(answer.headers["location"])).text

    async def test_is_not_guessed(self, office: TheOffice) -> None:
        reference, _ = await spoken_for(office)
        browser = await office.signed_in(Role.OPERATOR)
        office.limits.open = False
        answer = await browser.post(f"/staff/applications/{reference}/pass-phrase", pass_phrase=SAID)
        assert answer.status_code == 429
        assert "可能有人在猜" in answer.text
        assert ("application.pass_phrase", reference) in office.limits.asked
        assert await office.audit("application.pass_phrase_checked") == []

    async def test_is_no_question_where_nobody_speaks_for_the_citizen(self, office: TheOffice) -> None:
        page = f"/staff/applications/{await office.application()}"
        browser = await office.signed_in(Role.OPERATOR)
        assert "pass-phrase" not in (await browser.get(page)).text

    async def test_is_shown_to_nobody(self, office: TheOffice) -> None:
        reference, _ = await spoken_for(office)
        browser = await office.signed_in(Role.MANAGER)
        page = f"/staff/applications/{reference}"
        opened = await browser.post(f"{page}/contact", page=page, purpose="call_back", what="contact")
        assert "李四" in opened.text
        assert SAID not in opened.text
