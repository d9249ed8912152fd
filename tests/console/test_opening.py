"""What citizens handed in, on the page of its case: listed without being opened, opened on record, and unable to do anything."""

import pytest

from api.domain.staff import Role
from api.services.attachment_ports import Document, MediaType
from tests.console.office import TheOffice
from tests.console.test_staff_api import API
from tests.papers import pdf, photograph

pytestmark = pytest.mark.http

PHOTOGRAPH = Document(media_type=MediaType.PHOTOGRAPH, content=photograph())
PDF = Document(media_type=MediaType.PDF, content=pdf(["仲裁裁决书"]))


class TestPage:
    async def test_lists_what_was_handed_in_for_conversation_and_application(self, office: TheOffice) -> None:
        thread = await office.conversation()
        reference = await office.application(conversation_id=thread)
        await office.hands_in(thread, PHOTOGRAPH)
        await office.hands_in(thread, PDF, seq=2)
        browser = await office.signed_in(Role.REVIEWER)
        for page in (f"/staff/conversations/{thread}", f"/staff/applications/{reference}"):
            html = (await browser.get(page)).text
            assert "1．照片" in html
            assert "2．PDF 文件" in html
            assert "打开第 2 份" in html
        assert await office.audit("attachment.opened") == []

    async def test_of_an_auditor_lists_and_does_not_open(self, office: TheOffice) -> None:
        thread = await office.conversation()
        await office.hands_in(thread, PHOTOGRAPH)
        html = (await (await office.signed_in(Role.AUDITOR)).get(f"/staff/conversations/{thread}")).text
        assert "1．照片" in html
        assert "打开第 1 份" not in html

    async def test_that_is_open_learns_of_a_new_one(self, office: TheOffice) -> None:
        thread = await office.conversation()
        browser = await office.signed_in(Role.OPERATOR)
        before = (await browser.get(f"/staff/conversations/{thread}/parts")).json()
        await office.hands_in(thread, PHOTOGRAPH)
        after = (await browser.get(f"/staff/conversations/{thread}/parts")).json()
        assert "照片" not in before["attachments"]
        assert "1．照片" in after["attachments"]


class TestOpen:
    async def test_shows_a_photograph_that_can_do_nothing_and_notes_who_looked(self, office: TheOffice) -> None:
        thread = await office.conversation()
        handed_in = await office.hands_in(thread, PHOTOGRAPH)
        browser = await office.signed_in(Role.OPERATOR)
        answer = await browser.post(f"/staff/conversations/{thread}/attachments/{handed_in}", purpose="notice")
        assert (answer.status_code, answer.content) == (200, PHOTOGRAPH.content)
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert "script" not in answer.headers["content-security-policy"]
        [entry] = await office.audit("attachment.opened")
        assert (entry["by"], entry["purpose"], entry["attachment"]) == ("idoperator", "notice", handed_in)
        assert "打开了来访人交来的材料" in (await browser.get(f"/staff/conversations/{thread}")).text

    async def test_only_ever_saves_a_pdf(self, office: TheOffice) -> None:
        thread = await office.conversation()
        reference = await office.application(conversation_id=thread)
        handed_in = await office.hands_in(thread, PDF)
        browser = await office.signed_in(Role.REVIEWER)
        answer = await browser.post(f"/staff/applications/{reference}/attachments/{handed_in}", purpose="notice")
        assert (answer.status_code, answer.content) == (200, PDF.content)
        assert answer.headers["content-disposition"] == 'attachment; filename="attachment-1.pdf"'
        assert [entry["subject"] for entry in await office.audit("attachment.opened")] == [reference]

    @pytest.mark.parametrize("purpose", ["", "<script>", "curiosity"])
    async def test_wants_a_purpose_of_the_list(self, office: TheOffice, purpose: str) -> None:
        thread = await office.conversation()
        handed_in = await office.hands_in(thread, PDF)
        browser = await office.signed_in(Role.OPERATOR)
        path = f"/staff/conversations/{thread}/attachments/{handed_in}"
        assert (await browser.post(path, purpose=purpose)).status_code == 422
        assert await office.audit("attachment.opened") == []

    async def test_of_another_conversation_is_not_found(self, office: TheOffice) -> None:
        handed_in = await office.hands_in(await office.conversation(), PDF)
        other = await office.conversation()
        browser = await office.signed_in(Role.OPERATOR)
        path = f"/staff/conversations/{other}/attachments/{handed_in}"
        assert (await browser.post(path, purpose="notice")).status_code == 404
        answer = await browser.http.post(
            f"{API}/conversations/{other}/attachments/{handed_in}/open", json={"purpose": "review"}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "attachment_not_found")

    async def test_goes_over_the_api_too(self, office: TheOffice) -> None:
        thread = await office.conversation()
        handed_in = await office.hands_in(thread, PDF)
        http = (await office.signed_in(Role.DUTY_LAWYER)).http
        [listed] = (await http.get(f"{API}/conversations/{thread}/attachments")).json()["attachments"]
        assert (listed["id"], listed["media_type"], listed["bytes"]) == (handed_in, "application/pdf", len(PDF.content))
        answer = await http.post(
            f"{API}/conversations/{thread}/attachments/{handed_in}/open", json={"purpose": "review"}
        )
        assert (answer.status_code, answer.content) == (200, PDF.content)
        assert answer.headers["x-content-type-options"] == "nosniff"
        for purpose in ("", "他电话是13812345678", "a b"):
            refused = await http.post(
                f"{API}/conversations/{thread}/attachments/{handed_in}/open", json={"purpose": purpose}
            )
            assert refused.status_code == 422
