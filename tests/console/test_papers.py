"""Papers as PDF: what stands on them, on which paper, and who printed them."""

import re
from io import BytesIO

import pytest
from pdfminer.high_level import extract_pages, extract_text

from api.console.paper import Sheets
from api.domain.staff import Role
from tests.console.office import Browser, TheOffice
from tests.console.register import entered
from tests.console.test_organs import TRANSFER, moved, registered

pytestmark = pytest.mark.http


async def printed(browser: Browser, reference: str, paper: str) -> bytes:
    answer = await browser.post(f"/staff/applications/{reference}/paper", paper=paper, purpose="notice")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    return answer.content


def words(pdf: bytes) -> str:
    return re.sub(r"\s", "", extract_text(BytesIO(pdf)))


def a4(pdf: bytes) -> bool:
    return all((round(page.width), round(page.height)) == (595, 842) for page in extract_pages(BytesIO(pdf)))


class TestTheForm:
    async def test_has_what_was_told_on_a4(self, office: TheOffice) -> None:
        reference = await office.application()
        pdf = await printed(await office.signed_in(Role.REVIEWER), reference, "form")
        text = words(pdf)
        for told in (
            "法律援助申请表",
            "王大山",
            "13812345678",
            "拖欠劳动报酬",
            "一共两万四",
            "签名或按指印",
            reference,
        ):
            assert told in text
        assert a4(pdf)

    async def test_is_on_record_with_who_and_why(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.OPERATOR)
        await printed(browser, reference, "form")
        assert await office.audit("application.printed") == [
            {"by": "idoperator", "subject": reference, "paper": "form", "purpose": "notice"}
        ]
        assert len(await office.audit("application.contact_opened")) == 1
        assert "打印了文书" in (await browser.get(f"/staff/applications/{reference}")).text

    async def test_is_not_printed_without_a_purpose(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.OPERATOR)
        answer = await browser.post(f"/staff/applications/{reference}/paper", paper="form", purpose="curiosity")
        assert answer.status_code == 422
        assert await office.audit("application.contact_opened") == []


class TestTheNotice:
    async def test_names_every_paper_the_day_and_the_article(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.REVIEWER)
        path = f"/staff/applications/{reference}"
        for event, papers in (("begin_review", ""), ("request_supplement", "身份证复印件\n工资条或者工友证言")):
            version = re.search(r'name="version" value="(\d+)"', (await browser.get(path)).text)
            assert version is not None
            await browser.post(f"{path}/events", event=event, papers=papers, version=version[1])
        pdf = await printed(browser, reference, "supplement_notice")
        text = words(pdf)
        for told in (
            "王大山：",
            "1．身份证复印件",
            "2．工资条或者工友证言",
            "第四十三条",
            "含当天",
            "牡丹江市法律援助中心（印章）",
        ):
            assert told in text
        assert a4(pdf)

    async def test_of_nothing_missing_there_is_none(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.REVIEWER)
        answer = await browser.post(
            f"/staff/applications/{reference}/paper", paper="supplement_notice", purpose="notice"
        )
        assert answer.status_code == 409
        assert await office.audit("application.contact_opened") == []


class TestTheLetters:
    async def test_tell_the_organ_who_was_assigned_on_its_notice(self, office: TheOffice) -> None:
        lawyer = await entered(office, name="李律师")
        browser = await office.signed_in(Role.REVIEWER)
        reference = await registered(browser, once="1", number="（2026）黑10刑初7号")
        path = f"/staff/applications/{reference}"
        assert "打印文书" not in (await browser.get(path)).text
        early = await browser.post(f"{path}/paper", paper="assignment_letter", purpose="notice")
        assert early.status_code == 409
        assert await moved(browser, reference, event="assign", provider=lawyer) == ""
        assert "指派通知函（PDF）" in (await browser.get(path)).text
        pdf = await printed(browser, reference, "assignment_letter")
        text = words(pdf)
        for told in (
            "牡丹江市中级人民法院：",
            "你单位（2026）黑10刑初7号关于为赵小宝指派律师的通知已经收到",
            "第三十六条",
            "李律师",
            "牡丹江律师事务所",
            "一审",
        ):
            assert told in text
        assert a4(pdf)

    async def test_take_a_transferred_case_to_its_new_institution(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.REVIEWER)
        early = await browser.post(f"/staff/applications/{reference}/paper", paper="transfer_letter", purpose="notice")
        assert early.status_code == 409
        assert await moved(browser, reference, **TRANSFER) == ""
        pdf = await printed(browser, reference, "transfer_letter")
        text = words(pdf)
        for told in (
            "银川市法律援助中心：",
            "王大山",
            "13812345678",
            "在电话里同意",
            "身份、经济困难状况",
            "上门服务",
            "用工证明",
            "回执",
        ):
            assert told in text
        assert a4(pdf)


class TestTheSheets:
    def test_carry_a_long_story_over_pages_and_every_sign_as_it_is(self) -> None:
        sheets = Sheets(title="长", foot="受理编号")
        sheets.block("经过", ["<b>不是标签</b> & 老板" + "欠我工资。" * 800])
        pdf = sheets.pdf()
        assert "<b>不是标签</b>&老板" in words(pdf)
        assert words(pdf).count("欠我工资。") == 800
        assert len(list(extract_pages(BytesIO(pdf)))) > 1

    def test_leave_a_rare_character_to_the_pen(self) -> None:
        sheets = Sheets(title="生僻字", foot="")
        sheets.rows([["姓名", "王𠮷"]], widths=(0.2, 0.8))
        assert "王〓" in words(sheets.pdf())
