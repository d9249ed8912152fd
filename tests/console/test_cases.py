"""One case, the takeover, the opened contact, the recorded step: as pages."""

import re

import pytest

from api.domain.conversation import LEASE, Holder
from api.domain.staff import Role
from api.services import conversations, vault
from api.services.records import SafeToContact, Sender
from knowledge_base.types import Conflict
from tests.console.office import Browser, TheOffice
from tests.console.register import entered

pytestmark = pytest.mark.http

WORDS = "我在工地干活老板不给钱，一共两万四，家里老人等着买药。"
PHONE = "13812345678"
NAME = "王大山"


def order(html: str) -> list[str]:
    return re.findall(r'<a class="what" href="([^"]+)"', html)


class TestTakeover:
    async def test_carries_a_message_to_the_citizen_and_gives_the_thread_back(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        await office.asks_for_a_person(conversation_id)
        browser = await office.signed_in(Role.DUTY_LAWYER)
        path = f"/staff/conversations/{conversation_id}"
        assert "写给来访人" not in (await browser.get(path)).text
        claimed = await browser.post(f"{path}/claim")
        assert claimed.headers["location"] == f"{path}?done=claimed"
        assert await _holder(office, conversation_id) is Holder.PERSON
        await browser.post(f"{path}/messages", page=path, text="您好，我是值班律师。\r\n欠条还在吗？", message_id="m1")
        last = (await office.transcript(conversation_id))[-1]
        assert (last.sender, last.text) == (Sender.PERSON, "您好，我是值班律师。\n欠条还在吗？")
        assert office.woken[-1] == conversation_id
        await browser.post(f"{path}/release", page=path)
        assert await _holder(office, conversation_id) is Holder.BOT

    async def test_sends_a_message_once_however_often_the_form_is_posted(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        browser = await office.signed_in(Role.OPERATOR)
        path = f"/staff/conversations/{conversation_id}"
        await browser.post(f"{path}/claim")
        for _ in range(3):
            await browser.post(f"{path}/messages", page=path, text="请稍等。", message_id="same")
        said = [each for each in await office.transcript(conversation_id) if each.sender is Sender.PERSON]
        assert len(said) == 1

    @pytest.mark.parametrize(("text", "code"), [("  \n ", "message_empty"), ("长" * 2001, "message_too_long")])
    async def test_refuses_an_empty_or_endless_message(self, office: TheOffice, text: str, code: str) -> None:
        conversation_id = await office.conversation()
        browser = await office.signed_in(Role.OPERATOR)
        path = f"/staff/conversations/{conversation_id}"
        await browser.post(f"{path}/claim")
        answer = await browser.post(f"{path}/messages", page=path, text=text, message_id="m")
        assert answer.status_code == 422
        assert code in answer.text

    async def test_is_refused_while_a_colleague_holds_the_thread(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        path = f"/staff/conversations/{conversation_id}"
        await (await office.signed_in(Role.OPERATOR)).post(f"{path}/claim")
        late = await office.signed_in(Role.DUTY_LAWYER)
        answer = await late.post(f"{path}/claim")
        assert answer.status_code == 409
        assert "已经有同事在接待" in answer.text
        assert (await late.post(f"{path}/messages", text="插一句", message_id="m")).status_code == 409
        assert (await late.post(f"{path}/release")).status_code == 409

    async def test_lapses_into_the_queue_and_can_be_claimed_anew(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        path = f"/staff/conversations/{conversation_id}"
        first = await office.signed_in(Role.OPERATOR)
        await first.post(f"{path}/claim")
        office.clock.pass_(LEASE)
        answer = await first.post(f"{path}/messages", text="我回来了", message_id="m")
        assert answer.status_code == 409
        assert "十五分钟没有发言" in answer.text
        assert (await (await office.signed_in(Role.MANAGER)).post(f"{path}/claim")).status_code == 303

    async def test_names_whoever_answers_first_as_owner_of_the_application(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        reference = await office.application(conversation_id=conversation_id)
        await (await office.signed_in(Role.OPERATOR)).post(f"/staff/applications/{reference}/claim")
        async with office.database.reading() as uow:
            record = await uow.applications.get(reference)
        assert record is not None
        assert record.owner == "idoperator"

    @pytest.mark.parametrize("path", ["claim", "release", "messages"])
    async def test_is_not_for_auditors(self, office: TheOffice, path: str) -> None:
        conversation_id = await office.conversation()
        browser = await office.signed_in(Role.AUDITOR)
        answer = await browser.post(f"/staff/conversations/{conversation_id}/{path}", text="x", message_id="m")
        assert answer.status_code == 403
        assert await _holder(office, conversation_id) is Holder.BOT

    @pytest.mark.parametrize("bad", ["0" * 32, "x" * 65, "%00", "..%2fetc"])
    async def test_of_an_unknown_thread_finds_nothing(self, office: TheOffice, bad: str) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        assert (await browser.get(f"/staff/conversations/{bad}")).status_code == 404
        assert (await browser.post(f"/staff/conversations/{bad}/claim")).status_code == 404


class TestCase:
    async def test_shows_words_verdict_trace_facts_papers_and_history(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        reference = await office.application(conversation_id=conversation_id, flags=("same_day",))
        html = (await (await office.signed_in(Role.REVIEWER)).get(f"/staff/applications/{reference}")).text
        for shown in (
            WORDS,
            "可能符合",
            "免予核查经济困难状况",
            "《中华人民共和国法律援助法》第四十二条第三项",
            "CN.art42.migrant",
            "效力待核实",
            "您是从农村到城里打工的吗？",
            "不知道或不想说",
            "您有残疾吗？",
            "用工证明",
            "当日办结",
            "牡丹江市法律援助中心",
            "把情况转交法律援助机构",
            "提交申请",
            "当日受理审查",
            "老板不给钱 仨月了",
        ):
            assert shown in html, shown

    async def test_shows_the_fact_the_result_turns_on(self, office: TheOffice) -> None:
        reference = await office.application()
        html = (await (await office.signed_in(Role.REVIEWER)).get(f"/staff/applications/{reference}")).text
        assert "请先核对来访人答过的：您是从农村到城里打工的吗？要是“否”，结果会变成“需人工判断”。" in html

    @pytest.mark.parametrize(
        ("pivot", "shown"),
        [
            (
                {"fact": "applicant.age", "outcome": "likely", "told": False, "most": "17"},
                "请先问清：您多大年纪？要是“17或以下”，结果会变成“可能符合”。",
            ),
            (
                {"fact": "applicant.age", "outcome": "unlikely", "told": True, "least": "18", "most": "59"},
                "请先核对来访人答过的：您多大年纪？要是“18 到 59”，结果会变成“可能不符合”。",
            ),
        ],
    )
    async def test_shows_it_beside_a_conversation_as_its_memory_holds_it(
        self, office: TheOffice, pivot: dict[str, object], shown: str
    ) -> None:
        conversation_id = await office.conversation()
        await office.is_told_a_verdict(conversation_id, turning_on=pivot)
        html = (await (await office.signed_in(Role.OPERATOR)).get(f"/staff/conversations/{conversation_id}")).text
        assert shown in html

    async def test_shows_which_answers_cannot_both_be_so(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        conflict = Conflict(facts=("applicant.military", "applicant.age"), called=("军人", "年龄"))
        await office.is_told_a_verdict(conversation_id, conflicts=(conflict,))
        html = (await (await office.signed_in(Role.OPERATOR)).get(f"/staff/conversations/{conversation_id}")).text
        assert "对不上的回答" in html
        assert "“军人”和“年龄”" in html

    async def test_shows_name_and_phone_only_masked(self, office: TheOffice) -> None:
        reference = await office.application()
        html = (await (await office.signed_in(Role.MANAGER)).get(f"/staff/applications/{reference}")).text
        assert NAME not in html
        assert PHONE not in html
        assert "王**" in html
        assert "138****5678" in html

    async def test_puts_every_look_on_record(self, office: TheOffice) -> None:
        reference = await office.application()
        await (await office.signed_in(Role.AUDITOR)).get(f"/staff/applications/{reference}")
        (entry,) = await office.audit("application.read")
        assert (entry["by"], entry["subject"]) == ("idauditor", reference)

    async def test_escapes_whatever_the_citizen_typed(self, office: TheOffice) -> None:
        conversation_id = await office.conversation(words="<script>alert(1)</script><img src=x onerror=alert(2)>")
        html = (await (await office.signed_in(Role.OPERATOR)).get(f"/staff/conversations/{conversation_id}")).text
        assert "<script>alert" not in html
        assert "<img" not in html
        assert "&lt;script&gt;" in html

    @pytest.mark.parametrize("reference", ["LA-2026-2222-2", "nonsense", "%00"])
    async def test_of_an_unknown_reference_finds_nothing(self, office: TheOffice, reference: str) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        for path in ("", "/parts", "/stream"):
            assert (await browser.get(f"/staff/applications/{reference}{path}")).status_code == 404


class TestContact:
    async def test_opens_for_a_purpose_and_leaves_a_line_in_the_audit_chain(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.OPERATOR)
        path = f"/staff/applications/{reference}"
        answer = await browser.post(f"{path}/contact", page=path, what="contact", purpose="call_back")
        assert answer.status_code == 200
        assert PHONE in answer.text
        assert NAME in answer.text
        assert answer.headers["cache-control"] == "no-store"
        (entry,) = await office.audit("application.contact_opened")
        assert (entry["by"], entry["subject"], entry["purpose"]) == ("idoperator", reference, "call_back")
        assert "查看了联系方式" in (await browser.get(path)).text

    @pytest.mark.parametrize("purpose", ["", "好奇", "call_back "])
    async def test_stays_shut_without_a_purpose_from_the_list(self, office: TheOffice, purpose: str) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.OPERATOR)
        path = f"/staff/applications/{reference}/contact"
        answer = await browser.post(path, what="contact", purpose=purpose)
        assert answer.status_code == 422
        assert PHONE not in answer.text
        assert await office.audit("application.contact_opened") == []

    async def test_stays_shut_for_an_auditor(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.AUDITOR)
        answer = await browser.post(f"/staff/applications/{reference}/contact", what="contact", purpose="supervision")
        assert answer.status_code == 403
        assert PHONE not in answer.text

    @pytest.mark.parametrize(
        ("safe", "warning"), [(SafeToContact.NO, "不能主动联系"), (SafeToContact.NEUTRAL_ONLY, "只能用中性说法")]
    )
    async def test_warns_where_a_call_may_put_the_citizen_in_danger(
        self, office: TheOffice, safe: SafeToContact, warning: str
    ) -> None:
        reference = await office.application(safe=safe)
        browser = await office.signed_in(Role.OPERATOR)
        answer = await browser.post(f"/staff/applications/{reference}/contact", what="contact", purpose="call_back")
        assert warning in answer.text

    async def test_opens_a_value_hidden_in_the_conversation_the_same_way(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        async with office.database.unit_of_work() as uow:
            token = await vault.put(uow, conversation_id=conversation_id, kind="phone", value=PHONE, now=office.clock())
            await uow.commit()
        await office.says(conversation_id, f"打这个 {token}")
        browser = await office.signed_in(Role.OPERATOR)
        path = f"/staff/conversations/{conversation_id}"
        page = (await browser.get(path)).text
        assert "打这个 〔电话 1，已隐去〕" in page
        answer = await browser.post(f"{path}/contact", page=path, what=token, purpose="danger")
        assert PHONE in answer.text
        (entry,) = await office.audit("vault.revealed")
        assert (entry["by"], entry["purpose"]) == ("idoperator", "danger")
        other = await office.conversation()
        stolen = await browser.post(f"/staff/conversations/{other}/contact", what=token, purpose="danger")
        assert stolen.status_code == 404


class TestStep:
    async def test_moves_the_application_on_and_says_who_did_it(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.REVIEWER)
        path = f"/staff/applications/{reference}"
        assert "开始审查" in (await browser.get(path)).text
        await browser.post(f"{path}/events", page=path, event="begin_review", version=await _version(browser, path))
        await browser.post(
            f"{path}/events",
            page=path,
            event="request_supplement",
            papers="身份证明\r\n\r\n 欠条 ",
            papers_due="2026-12-01",
            version=await _version(browser, path),
        )
        page = (await browser.get(path)).text
        assert "待补充材料" in page
        assert "<li>欠条</li>" in page
        assert "最晚 2026 年 12 月 1 日补上（含当天）" in page
        assert "reviewer同志" in page
        (entry,) = await office.audit("application.request_supplement")
        assert (entry["by"], entry["papers"]) == ("idreviewer", 2)

    async def test_shows_the_reason_of_a_refusal(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.REVIEWER)
        path = f"/staff/applications/{reference}"
        for event, reason in (("begin_review", ""), ("refuse", "不在援助范围")):
            await browser.post(f"{path}/events", page=path, event=event, reason=reason, version="")
        assert '<li class="lines">不在援助范围</li>' in (await browser.get(path)).text

    async def test_is_refused_from_a_page_that_is_out_of_date(self, office: TheOffice) -> None:
        reference = await office.application()
        path = f"/staff/applications/{reference}"
        browser = await office.signed_in(Role.REVIEWER)
        stale = await _version(browser, path)
        await browser.post(f"{path}/events", event="begin_review", version=stale)
        answer = await browser.post(f"{path}/events", event="grant", version=stale)
        assert answer.status_code == 409
        assert "有人刚刚办理过" in answer.text

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.DUTY_LAWYER, Role.AUDITOR])
    async def test_that_decides_is_for_the_institution_alone(self, office: TheOffice, role: Role) -> None:
        reference = await office.application()
        browser = await office.signed_in(role)
        path = f"/staff/applications/{reference}"
        assert 'value="begin_review"' not in (await browser.get(path)).text
        assert (await browser.post(f"{path}/events", event="begin_review", version="")).status_code == 403

    @pytest.mark.parametrize(
        ("event", "fields", "code"),
        [
            ("refuse", {}, "reason_required"),
            ("request_supplement", {"papers": " \n "}, "papers_required"),
            ("advance_aid", {"ground": "other_urgent"}, "provider_required"),
            ("advance_aid", {"ground": "other_urgent", "provider": "李律师"}, "provider_unfit"),
            ("transfer", {}, "office_required"),
            ("close", {}, "illegal_move"),
            ("fly", {}, "form_malformed"),
            ("advance_aid", {"ground": "因为"}, "form_malformed"),
            ("request_supplement", {"papers": "欠条", "papers_due": "明天"}, "form_malformed"),
            ("request_supplement", {"papers": "欠条", "papers_due": "9999-12-31"}, "form_malformed"),
        ],
    )
    async def test_that_the_law_does_not_know_is_refused_with_its_reason(
        self, office: TheOffice, event: str, fields: dict[str, str], code: str
    ) -> None:
        reference = await office.application()
        path = f"/staff/applications/{reference}"
        browser = await office.signed_in(Role.MANAGER)
        await browser.post(f"{path}/events", event="begin_review", version="")
        answer = await browser.post(f"{path}/events", event=event, version="", **fields)
        assert answer.status_code in {400, 409, 422}
        assert code in answer.text

    async def test_offers_a_form_for_every_step_that_is_open(self, office: TheOffice) -> None:
        reference = await office.application()
        path = f"/staff/applications/{reference}"
        browser = await office.signed_in(Role.MANAGER)
        steps = [
            ("begin_review", {}),
            ("advance_aid", {"provider": await entered(office), "ground": "other_urgent"}),
            ("start", {}),
            ("terminate", {"ground": "on_request", "reason": "受援人已和解"}),
            ("object", {}),
            ("overturn", {}),
            ("close", {"outcome": "won", "report": "工资全部要回。"}),
        ]
        for event, fields in steps:
            page = (await browser.get(path)).text
            assert f'name="event" value="{event}"' in page
            answer = await browser.post(f"{path}/events", page=path, event=event, version=_read_version(page), **fields)
            assert answer.status_code == 303, (event, answer.text)
        assert "已结案" in (await browser.get(path)).text


class TestTask:
    async def test_stands_in_the_queue_and_on_the_case_until_somebody_has_done_it(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        reference = await office.application(conversation_id=conversation_id)
        browser = await office.signed_in(Role.REVIEWER)
        path = f"/staff/applications/{reference}"
        lawyer = await entered(office)
        for event, fields in (("begin_review", {}), ("grant", {}), ("assign", {"provider": lawyer})):
            await browser.post(f"{path}/events", event=event, version="", **fields)
        await office.run_jobs()
        assert order((await browser.get("/staff")).text) == [path]
        page = (await browser.get(path)).text
        assert "通知承办人员" in page
        done = re.search(r'action="(/staff/tasks/[0-9a-f]+/done)"', page)
        assert done
        for unsaid in ({}, {"outcome": "satisfied"}):
            assert "outcome_required" in (await browser.post(done[1], **unsaid)).text
        told = {"outcome": "told_by_phone"}
        assert (await browser.post(done[1], **told)).headers["location"] == f"{path}?done=finished#progress"
        assert 'action="/staff/tasks/' not in (await browser.get(path)).text
        assert (await browser.post(done[1], **told)).status_code == 404
        assert [entry["outcome"] for entry in await office.audit("ticket.closed")] == ["told_by_phone"]

    async def test_is_not_for_auditors_to_strike_off(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.AUDITOR)
        assert (await browser.post(f"/staff/tasks/{'0' * 32}/done")).status_code == 403


async def _holder(office: TheOffice, conversation_id: str) -> Holder:
    async with office.database.unit_of_work() as uow:
        return (await conversations.conversation(uow, conversation_id=conversation_id, now=office.clock())).holder


async def _version(browser: Browser, path: str) -> str:
    return _read_version((await browser.get(path)).text)


def _read_version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]
