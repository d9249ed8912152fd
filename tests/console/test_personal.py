"""A manager gives a person the copy of their data and puts it right; the record says that it was, and no value."""

import re
from io import BytesIO

import httpx
import pytest
from pdfminer.high_level import extract_text

from api.domain.staff import Role
from api.services import applications, auditing
from api.services.applications import ApplicationNotFound
from api.services.attachment_ports import Document, MediaType
from api.services.records import SafeToContact
from tests.console.office import Browser, TheOffice
from tests.console.test_speaking import SAID, spoken_for
from tests.http.world import World
from tests.papers import photograph

DONE = "application.data_corrected"
pytestmark = pytest.mark.http


async def asks(office: TheOffice, reference: str, *, kind: str, words: str) -> None:
    """Let the applicant ask something of their data, as a scripted caller does."""
    async with World.over(office.database) as world:
        asked = await world.client.post(
            f"/api/v1/applications/{reference}/data-requests",
            headers={"X-Phone-Tail": "5678"},
            json={"kind": kind, "words": words},
        )
    assert asked.status_code == 201


async def corrected(browser: Browser, reference: str, **fields: str) -> httpx.Response:
    page = f"/staff/applications/{reference}/personal"
    return await browser.post(page, page=page, **{"identity": "rang_back", **fields})


class TestPage:
    async def test_shows_what_was_asked_and_what_is_kept_and_why(self, office: TheOffice) -> None:
        reference = await office.application()
        await asks(office, reference, kind="erase", words="别让我男人看到。")
        manager = await office.signed_in(Role.MANAGER)
        case = (await manager.get(f"/staff/applications/{reference}")).text
        assert f'href="/staff/applications/{reference}/personal"' in case
        assert "本人要求删除个人信息，先确认是本人" in case
        page = (await manager.get(f"/staff/applications/{reference}/personal")).text
        for told in ("别让我男人看到。", "第四十七条第二款", "审计记录"):
            assert told in page
        assert len(await office.audit("application.data_request_read")) == 1

    async def test_is_for_managers_alone(self, office: TheOffice) -> None:
        reference = await office.application()
        reviewer = await office.signed_in(Role.REVIEWER)
        assert "/personal" not in (await reviewer.get(f"/staff/applications/{reference}")).text
        assert (await reviewer.get(f"/staff/applications/{reference}/personal")).status_code == 403


class TestCopy:
    async def test_has_all_that_is_the_persons_and_nothing_of_the_other_side(self, office: TheOffice) -> None:
        thread = await office.conversation()
        reference = await office.application(conversation_id=thread, opponents=("赵铁柱",))
        other = await office.application(name="赵铁柱", phone="13900000001")
        await office.hands_in(thread, Document(media_type=MediaType.PHOTOGRAPH, content=photograph()))
        manager = await office.signed_in(Role.MANAGER)
        case = f"/staff/applications/{reference}"
        await manager.post(f"{case}/notes", page=case, note="同事之间的话")
        page = f"{case}/personal"
        answer = await manager.post(f"{page}/copy", page=page, identity="in_person")
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.headers["cache-control"] == "no-store"
        text = re.sub(r"\s", "", extract_text(BytesIO(answer.content)))
        for told in (
            "王大山",
            "13812345678",
            "赵铁柱",
            "一共两万四",
            "老板不给钱仨月了",
            "可能符合",
            "1．照片",
            "提交申请",
            "第四十六条",
        ):
            assert told in text, told
        for kept in (other, "利害冲突", "同事之间的话", "您是从农村到城里打工的吗？可能"):
            assert kept not in text
        assert await office.audit("application.data_copied") == [
            {"by": "idmanager", "subject": reference, "identity": "in_person"}
        ]

    async def test_is_not_given_without_being_sure_of_the_person(self, office: TheOffice) -> None:
        page = f"/staff/applications/{await office.application()}/personal"
        manager = await office.signed_in(Role.MANAGER)
        for identity in ("", "he_said_so"):
            assert (await manager.post(f"{page}/copy", page=page, identity=identity)).status_code == 400
        assert await office.audit("application.data_copied") == []


class TestCorrection:
    async def test_changes_name_and_phone_and_everything_found_by_them(self, office: TheOffice) -> None:
        reference = await office.application(name="王大三")
        against = await office.application(name="刘小梅", phone="13900000001", opponents=("王大山",))
        manager = await office.signed_in(Role.MANAGER)
        answer = await corrected(manager, reference, name="王大山", phone="139 0000 4321")
        assert answer.headers["location"] == f"/staff/applications/{reference}?done=data_corrected"
        async with office.database.reading() as uow:
            contact = await uow.applications.contact(reference)
            assert contact is not None
            assert (contact.name, contact.phone) == ("王大山", "13900004321")
            found = await applications.status(uow, reference=reference, phone_tail="4321", now=office.clock())
            assert found.reference == reference
            with pytest.raises(ApplicationNotFound):
                await applications.status(uow, reference=reference, phone_tail="5678", now=office.clock())
            assert (await auditing.verify(uow)).holds
        assert f"/staff/applications/{reference}" in (await manager.get(f"/staff/applications/{against}")).text
        (line,) = await office.audit("application.data_corrected")
        assert line == {
            "by": "idmanager",
            "subject": reference,
            "name": True,
            "phone": True,
            "statement": False,
            "pass_phrase": False,
            "third_party_ended": False,
            "identity": "rang_back",
        }

    async def test_agrees_on_another_phrase_or_lets_nobody_speak_any_more(self, office: TheOffice) -> None:
        reference, _ = await spoken_for(office)
        manager = await office.signed_in(Role.MANAGER)

        async def told(said: str | None) -> str:
            async with office.database.reading() as uow:
                found = await applications.status(
                    uow, reference=reference, phone_tail="1234", pass_phrase=said, now=office.clock()
                )
            return found.state

        assert "重新约定的暗语" in (await manager.get(f"/staff/applications/{reference}/personal")).text
        assert (await corrected(manager, reference, pass_phrase="！")).status_code == 422
        await corrected(manager, reference, pass_phrase="沙家浜")
        assert await told("沙家浜") == "submitted"
        with pytest.raises(ApplicationNotFound):
            await told(SAID)
        await corrected(manager, reference, no_third_party="yes")
        assert await told(None) == "submitted"
        page = f"/staff/applications/{reference}"
        opened = await manager.post(f"{page}/contact", page=page, purpose="call_back", what="contact")
        assert "李四" not in opened.text
        assert [(line["pass_phrase"], line["third_party_ended"]) for line in await office.audit(DONE)] == [
            (True, False),
            (False, True),
        ]

    async def test_stands_beside_what_was_told_and_changes_none_of_it(self, office: TheOffice) -> None:
        reference = await office.application()
        manager = await office.signed_in(Role.MANAGER)
        await corrected(manager, reference, statement="我五十三岁，\n不是五十二。")
        page = (await (await office.signed_in(Role.OPERATOR)).get(f"/staff/applications/{reference}")).text
        assert "来访人要求更正、补充的" in page
        assert "不是五十二。" in page
        async with office.database.reading() as uow:
            kept = await uow.applications.secrets(reference)
        assert kept is not None
        assert kept.facts["applicant.age"] == 52

    @pytest.mark.parametrize(
        ("safe", "told"), [(SafeToContact.YES, "已经按要求更正"), (SafeToContact.NEUTRAL_ONLY, "您有一条新消息")]
    )
    async def test_is_told_to_the_person_by_their_safe_way(
        self, office: TheOffice, safe: SafeToContact, told: str
    ) -> None:
        thread = await office.conversation()
        reference = await office.application(conversation_id=thread, safe=safe)
        await corrected(await office.signed_in(Role.MANAGER), reference, phone="13900004321")
        await office.run_jobs()
        last = (await office.transcript(thread))[-1].text
        assert told in last
        assert "13900004321" not in last

    async def test_is_a_task_where_nobody_reads_along(self, office: TheOffice) -> None:
        reference = await office.application()
        manager = await office.signed_in(Role.MANAGER)
        await corrected(manager, reference, name="王大川")
        await office.run_jobs()
        assert "告知申请人：登记的信息已经更正" in (await manager.get(f"/staff/applications/{reference}")).text

    @pytest.mark.parametrize(
        ("fields", "heading"),
        [
            ({}, "没有要改的"),
            ({"name": " 王大山 ", "phone": "138-1234-5678"}, "没有要改的"),
            ({"phone": "不知道"}, "电话写得不对"),
            ({"name": "某" * 61}, "有一项写得太长或者认不出"),
            ({"name": "王\t山"}, "有一项写得太长或者认不出"),
            ({"statement": "长" * 2001}, "有一项写得太长或者认不出"),
        ],
    )
    async def test_refuses_what_changes_nothing_or_cannot_be_kept(
        self, office: TheOffice, fields: dict[str, str], heading: str
    ) -> None:
        reference = await office.application()
        answer = await corrected(await office.signed_in(Role.MANAGER), reference, **fields)
        assert answer.status_code == 422
        assert heading in answer.text
        assert await office.audit("application.data_corrected") == []
