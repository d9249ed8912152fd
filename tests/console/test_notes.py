"""Notes for colleagues, canned replies, and what a contact came to."""

import re

import pytest
from sqlalchemy import text

from api.console.canned import CANNED
from api.domain.conversation import ContactOutcome
from api.domain.staff import Role
from tests.console.office import Browser, TheOffice

pytestmark = pytest.mark.http
WORDS = "来访人说丈夫晚上七点回家，只能白天联系。"


async def note(browser: Browser, address: str, words: str, **more: str) -> int:
    return (await browser.post(f"{address}/notes", page=address, note=words, **more)).status_code


class TestNote:
    async def test_stands_on_the_application_and_its_conversation_for_every_colleague(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        reference = await office.application(conversation_id=conversation_id)
        operator = await office.signed_in(Role.OPERATOR)
        assert await note(operator, f"/staff/applications/{reference}", WORDS) == 303
        office.later(minutes=1)
        assert await note(operator, f"/staff/conversations/{conversation_id}", "第二条") == 303
        lawyer = await office.signed_in(Role.DUTY_LAWYER)
        page = (await lawyer.get(f"/staff/applications/{reference}")).text
        assert page.index(WORDS) < page.index("第二条")
        assert "operator同志" in page
        assert "第二条" in (await lawyer.get(f"/staff/conversations/{conversation_id}")).text

    async def test_never_reaches_the_citizen(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        before = await office.transcript(conversation_id)
        operator = await office.signed_in(Role.OPERATOR)
        await note(operator, f"/staff/conversations/{conversation_id}", WORDS)
        assert await office.transcript(conversation_id) == before

    async def test_lies_sealed_and_its_words_stay_out_of_the_audit_chain(self, office: TheOffice) -> None:
        reference = await office.application()
        await note(await office.signed_in(Role.OPERATOR), f"/staff/applications/{reference}", WORDS)
        async with office.database.engine.connect() as connection:  # type: ignore[attr-defined]
            (sealed,) = (await connection.execute(text("SELECT text_sealed FROM notes"))).scalars()
        assert WORDS.encode() not in sealed
        assert await office.audit("note.added") == [{"by": "idoperator", "subject": reference}]

    async def test_sent_twice_by_the_same_form_is_one(self, office: TheOffice) -> None:
        address = f"/staff/applications/{await office.application()}"
        operator = await office.signed_in(Role.OPERATOR)
        for _ in range(2):
            assert await note(operator, address, WORDS, note_id="a" * 32) == 303
        assert (await operator.get(address)).text.count(WORDS) == 1
        assert len(await office.audit("note.added")) == 1

    @pytest.mark.parametrize(("words", "said"), [("  \r\n ", "还没有写内容"), ("长" * 2001, "2000 字")])
    async def test_is_refused_where_it_says_nothing_or_too_much(self, office: TheOffice, words: str, said: str) -> None:
        address = f"/staff/applications/{await office.application()}"
        operator = await office.signed_in(Role.OPERATOR)
        answer = await operator.post(f"{address}/notes", page=address, note=words)
        assert answer.status_code == 422
        assert said in answer.text

    async def test_is_read_by_an_auditor_who_writes_none(self, office: TheOffice) -> None:
        address = f"/staff/applications/{await office.application()}"
        await note(await office.signed_in(Role.OPERATOR), address, WORDS)
        auditor = await office.signed_in(Role.AUDITOR)
        page = (await auditor.get(address)).text
        assert WORDS in page
        assert "记一条备注" not in page
        assert (await auditor.post(f"{address}/notes", note="x")).status_code == 403

    async def test_on_a_case_of_another_region_finds_nothing(self, bare_office: TheOffice) -> None:
        bare_office.regions = {"operator": ("640000",)}
        await bare_office.hire()
        conversation_id = await bare_office.conversation()
        reference = await bare_office.application(conversation_id=conversation_id)
        operator = await bare_office.signed_in(Role.OPERATOR)
        for path in (f"applications/{reference}", f"conversations/{conversation_id}"):
            assert (await operator.post(f"/staff/{path}/notes", note="x")).status_code == 404


class TestCannedReplies:
    async def test_open_the_page_with_the_words_ready_to_change(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        operator = await office.signed_in(Role.OPERATOR)
        address = f"/staff/conversations/{conversation_id}"
        await operator.post(f"{address}/claim")
        page = (await operator.get(address)).text
        links = re.findall(r'href="([^"]*\?say=[a-z_]+)#thread"', page)
        assert links == [f"{address}?say={key}" for key in CANNED]
        assert f">{CANNED['papers']}</textarea>" in (await operator.get(f"{address}?say=papers")).text
        assert "></textarea>" in (await operator.get(f"{address}?say=<b>")).text

    @pytest.mark.parametrize("words", CANNED.values())
    def test_promise_nothing_and_fit_one_message(self, words: str) -> None:
        assert len(words) < 80
        assert not re.search(r"一定能|保证|肯定|包赢|绝对", words)


class TestOutcome:
    @pytest.mark.parametrize("outcome", ContactOutcome)
    async def test_is_written_down_when_the_conversation_is_given_back(
        self, office: TheOffice, outcome: ContactOutcome
    ) -> None:
        conversation_id = await office.conversation()
        await office.asks_for_a_person(conversation_id)
        operator = await office.signed_in(Role.OPERATOR)
        address = f"/staff/conversations/{conversation_id}"
        await operator.post(f"{address}/claim")
        assert f'value="{outcome}"' in (await operator.get(address)).text
        await operator.post(f"{address}/release", outcome=outcome.value)
        (entry,) = await office.audit("conversation.released")
        assert entry["outcome"] == outcome.value

    async def test_that_is_none_of_ours_is_refused(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        operator = await office.signed_in(Role.OPERATOR)
        address = f"/staff/conversations/{conversation_id}"
        await operator.post(f"{address}/claim")
        assert (await operator.post(f"{address}/release", outcome="won")).status_code == 400
