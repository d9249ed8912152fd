"""What staff see of danger: marked in the thread, counted, owned, reported by law; and whether the caller may be contacted."""

import re

import pytest

from api.domain.staff import Role
from api.services import conversations
from api.services.escalation import UNHEARD, called
from api.services.records import Care, Job, NewMessage, SafeToContact, Sender
from knowledge_base.types import SafetyKind
from tests.console.office import TheOffice

pytestmark = pytest.mark.http


async def alert_id(office: TheOffice, conversation_id: str) -> str:
    async with office.database.reading() as uow:
        (ticket,) = await uow.tickets.open_ones(conversation_id=conversation_id)
    return ticket.id


async def answers_about_contact(office: TheOffice, conversation_id: str, safe: SafeToContact) -> None:
    async with office.database.unit_of_work() as uow:
        care = Care(safe_to_contact=safe)
        await conversations.take_care(uow, conversation_id=conversation_id, care=care, now=office.clock())
        await uow.commit()


class TestWhoWasCalled:
    async def test_stands_on_the_page_with_who_was_reached_also_once_it_is_over(self, office: TheOffice) -> None:
        thread = await office.conversation()
        reference = await office.application(conversation_id=thread)
        await office.in_danger(thread, SafetyKind.SELF_HARM)
        ticket = await alert_id(office, thread)
        for step, reached in enumerate((False, True)):
            office.later(minutes=1)
            async with office.database.unit_of_work() as uow:
                job = Job(kind=UNHEARD, payload={"ticket": ticket, "step": step}, run_at=office.clock())
                await called(uow, job=job, people=("值班主任", "所长"), reached=reached, now=office.clock())
                await uow.commit()
        browser = await office.signed_in(Role.OPERATOR)
        pages = (f"/staff/conversations/{thread}", f"/staff/applications/{reference}")
        for page in pages:
            shown = (await browser.get(page)).text
            assert shown.index("叫了值班主任，没有叫到") < shown.index("叫了所长，叫到了")
        await browser.post(f"/staff/alerts/{ticket}/take", page=pages[0])
        await browser.post(f"{pages[0]}/release", page=pages[0], outcome="answered")
        assert "叫了所长，叫到了" in (await browser.get(pages[0])).text


class TestMandatoryReport:
    async def test_stands_in_queue_banner_and_case_until_it_was_made(self, office: TheOffice) -> None:
        thread = await office.conversation()
        await office.in_danger(thread, SafetyKind.CHILD_HARM)
        ticket, page = await alert_id(office, thread), f"/staff/conversations/{thread}"
        browser = await office.signed_in(Role.OPERATOR)
        queue = (await browser.get("/staff")).text
        assert queue.count("应当强制报告") == 3, "in the banner, wide and folded for a small screen, and in the row"
        office.later(minutes=20)
        case = (await browser.get(page)).text
        assert "应当强制报告" in case
        assert "已过 20 分钟" in case
        answer = await browser.post(f"/staff/alerts/{ticket}/report", page=page, to="police")
        assert (answer.status_code, answer.headers["location"]) == (
            303,
            f"{page}?done=reported#alert-{ticket}",
        )
        assert f'id="alert-{ticket}"' in (await browser.get(page)).text
        case = (await browser.get(page)).text
        assert "已报告公安机关（operator同志记录）" in case
        assert "应当强制报告" not in case
        assert "应当强制报告" not in (await browser.get("/staff")).text
        (entry,) = await office.audit("conversation.reported")
        assert (entry["by"], entry["to"], entry["waited_seconds"]) == ("idoperator", "police", 1200)

    async def test_is_no_matter_of_another_danger(self, office: TheOffice) -> None:
        thread = await office.conversation()
        await office.in_danger(thread, SafetyKind.SELF_HARM)
        browser = await office.signed_in(Role.OPERATOR)
        assert "强制报告" not in (await browser.get("/staff")).text
        page, ticket = f"/staff/conversations/{thread}", await alert_id(office, thread)
        assert (await browser.post(f"/staff/alerts/{ticket}/report", page=page, to="police")).status_code == 404

    async def test_takes_no_word_but_those_of_the_list(self, office: TheOffice) -> None:
        thread = await office.conversation()
        await office.in_danger(thread, SafetyKind.CHILD_HARM)
        page, ticket = f"/staff/conversations/{thread}", await alert_id(office, thread)
        browser = await office.signed_in(Role.OPERATOR)
        assert (await browser.post(f"/staff/alerts/{ticket}/report", page=page, to="nobody")).status_code == 400
        assert await office.audit("conversation.reported") == []

    async def test_is_read_and_not_made_by_an_auditor(self, office: TheOffice) -> None:
        thread = await office.conversation()
        await office.in_danger(thread, SafetyKind.CHILD_HARM)
        page, ticket = f"/staff/conversations/{thread}", await alert_id(office, thread)
        browser = await office.signed_in(Role.AUDITOR)
        html = (await browser.get(page)).text
        assert "应当强制报告" in html
        assert "记下报告" not in html
        assert (await browser.post(f"/staff/alerts/{ticket}/report", page=page, to="police")).status_code == 403


class TestAlert:
    async def test_counts_what_was_said_again_and_names_who_took_it(self, office: TheOffice) -> None:
        thread = await office.conversation()
        await office.in_danger(thread, SafetyKind.VIOLENCE_NOW)
        office.later(minutes=3)
        await office.in_danger(thread, SafetyKind.VIOLENCE_NOW)
        browser = await office.signed_in(Role.OPERATOR)
        assert "后来又说了 1 次" in (await browser.get("/staff")).text
        page = f"/staff/conversations/{thread}"
        assert "还没有人处理" in (await browser.get(page)).text
        await browser.post(f"/staff/alerts/{await alert_id(office, thread)}/take", page=page)
        html = (await browser.get(page)).text
        assert re.search(r"operator同志 \d+ 月 \d+ 日 \d\d:\d\d 开始处理", html)

    async def test_marks_the_message_it_was_heard_in(self, office: TheOffice) -> None:
        thread = await office.conversation()
        async with office.database.unit_of_work() as uow:
            await uow.conversations.append(
                thread,
                NewMessage(
                    sender=Sender.CITIZEN,
                    kind="text",
                    text="他又来了",
                    body={"safety": ["violence_now"], "urgency": "s0"},
                ),
                now=office.clock(),
            )
            await uow.commit()
        browser = await office.signed_in(Role.OPERATOR)
        html = (await browser.get(f"/staff/conversations/{thread}")).text
        assert html.count("听到：正在遭受暴力") == 1
        parts = (await browser.get(f"/staff/conversations/{thread}/parts?after=0")).json()
        assert "听到：正在遭受暴力" in parts["talk"]


class TestContact:
    @pytest.mark.parametrize(
        ("safe", "words"),
        [
            (SafeToContact.UNKNOWN, "还没有问清"),
            (SafeToContact.MESSAGE_ONLY, "只能发消息"),
            (SafeToContact.NO, "不能主动联系"),
        ],
    )
    async def test_stands_on_the_case_and_before_every_number(
        self, office: TheOffice, safe: SafeToContact, words: str
    ) -> None:
        thread = await office.conversation()
        reference = await office.application(conversation_id=thread)
        await answers_about_contact(office, thread, safe)
        browser = await office.signed_in(Role.OPERATOR)
        for page in (f"/staff/conversations/{thread}", f"/staff/applications/{reference}"):
            assert words in (await browser.get(page)).text
        page = f"/staff/applications/{reference}"
        opened = await browser.post(f"{page}/contact", page=page, what="contact", purpose="call_back")
        assert words in opened.text

    async def test_is_not_spoken_of_where_nothing_was_told(self, office: TheOffice) -> None:
        thread = await office.conversation()
        browser = await office.signed_in(Role.OPERATOR)
        assert "能否联系" not in (await browser.get(f"/staff/conversations/{thread}")).text

    async def test_silences_the_notices_of_an_application_that_came_of_it(self, office: TheOffice) -> None:
        thread = await office.conversation()
        reference = await office.application(conversation_id=thread)
        await answers_about_contact(office, thread, SafeToContact.UNKNOWN)
        reviewer = await office.signed_in(Role.REVIEWER)
        page = f"/staff/applications/{reference}"
        before = await office.transcript(thread)
        await reviewer.post(f"{page}/events", page=page, event="begin_review", version="0")
        await reviewer.post(f"{page}/events", page=page, event="grant", version="1")
        await office.run_jobs()
        assert await office.transcript(thread) == before


class TestApi:
    async def test_tells_of_alert_report_and_contact_without_a_word_of_the_caller(self, office: TheOffice) -> None:
        thread = await office.conversation(words="我爸打我")
        await office.in_danger(thread, SafetyKind.CHILD_HARM)
        await answers_about_contact(office, thread, SafeToContact.NO)
        browser = await office.signed_in(Role.OPERATOR)
        (item,) = (await browser.get("/api/v1/staff/queue")).json()["items"]
        assert (item["report_due"], item["reason"]) == (True, "child_harm")
        found = (await browser.get(f"/api/v1/staff/conversations/{thread}")).json()
        (alert,) = found["alerts"]
        assert (alert["kinds"], alert["times"], alert["owner"]) == (["child_harm"], 1, None)
        assert alert["mandatory_report"]["raised_at"] == office.clock().isoformat()
        assert found["safe_to_contact"] == "no"
        assert "我爸" not in str(alert)
        taken = (await browser.http.post(f"/api/v1/staff/alerts/{alert['id']}/take")).json()
        assert (taken["owner"]["id"], taken["acknowledged_at"]) == ("idoperator", office.clock().isoformat())
        made = await browser.http.post(f"/api/v1/staff/alerts/{alert['id']}/report", json={"to": "education"})
        report = made.json()["mandatory_report"]
        assert (report["to"], report["reported_by"]["id"]) == ("education", "idoperator")
        refused = await browser.http.post(f"/api/v1/staff/alerts/{alert['id']}/report", json={"to": "x"})
        assert refused.status_code == 422
