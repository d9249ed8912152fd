"""The queue, one case, the takeover, the opened contact, the recorded step: as pages."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import pytest

from api.console.cases import Pulse
from api.console.live import beats
from api.domain.conversation import LEASE, Holder
from api.domain.staff import Role
from api.services import conversations, vault
from api.services.records import SafeToContact, Sender
from api.services.staff import SignInRequired, seated
from knowledge_base.types import SafetyKind, Urgency
from tests.console.office import Browser, TheOffice

pytestmark = pytest.mark.http

WORDS = "我在工地干活老板不给钱，一共两万四，家里老人等着买药。"
PHONE = "13812345678"
NAME = "王大山"


def order(html: str) -> list[str]:
    return re.findall(r'<a class="what" href="([^"]+)"', html)


class TestQueue:
    async def test_puts_danger_first_then_the_statutory_clock_then_same_day_then_the_oldest(
        self, office: TheOffice
    ) -> None:
        old = await office.application()
        office.later(days=6, hours=12)
        pressing = old
        oldest = await office.application(issue="family.maintenance")
        office.later(minutes=1)
        ordinary = await office.application()
        office.later(minutes=1)
        same_day = await office.application(flags=("same_day",))
        office.later(minutes=1)
        today = await office.application(urgency=Urgency.S1)
        office.later(minutes=1)
        danger = await office.conversation()
        await office.in_danger(danger)
        browser = await office.signed_in(Role.OPERATOR)
        assert order((await browser.get("/staff")).text) == [
            f"/staff/conversations/{danger}",
            f"/staff/applications/{pressing}",
            f"/staff/applications/{same_day}",
            f"/staff/applications/{today}",
            f"/staff/applications/{oldest}",
            f"/staff/applications/{ordinary}",
        ]

    async def test_shows_one_line_for_one_person_whatever_they_wait_for(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        reference = await office.application(conversation_id=conversation_id)
        await office.asks_for_a_person(conversation_id)
        await office.in_danger(conversation_id)
        html = (await (await office.signed_in(Role.OPERATOR)).get("/staff")).text
        assert order(html) == [f"/staff/applications/{reference}"]
        assert "可能轻生" in html
        assert "拖欠劳动报酬" in html
        assert "请求人工" in html

    async def test_holds_nothing_personal(self, office: TheOffice) -> None:
        conversation_id = await office.conversation(words="我叫王大山 电话13812345678")
        await office.application(conversation_id=conversation_id)
        html = (await (await office.signed_in(Role.MANAGER)).get("/staff")).text
        assert NAME not in html
        assert PHONE not in html
        assert "5678" not in html

    async def test_filters_what_is_mine_and_what_is_free(self, office: TheOffice) -> None:
        mine = await office.conversation()
        free = await office.conversation()
        for each in (mine, free):
            await office.asks_for_a_person(each)
        browser = await office.signed_in(Role.OPERATOR)
        await browser.post(f"/staff/conversations/{mine}/claim")
        assert order((await browser.get("/staff?show=mine")).text) == [f"/staff/conversations/{mine}"]
        assert order((await browser.get("/staff?show=free")).text) == [f"/staff/conversations/{free}"]
        assert len(order((await browser.get("/staff?show=nonsense")).text)) == 2

    async def test_shows_only_the_regions_of_the_reader(self, bare_office: TheOffice) -> None:
        bare_office.regions = {"operator": ("640000",)}
        await bare_office.hire()
        there = await bare_office.application(region="640100")
        elsewhere = await bare_office.application(region="231000")
        browser = await bare_office.signed_in(Role.OPERATOR)
        assert order((await browser.get("/staff")).text) == [f"/staff/applications/{there}"]
        assert (await browser.get(f"/staff/applications/{elsewhere}")).status_code == 404
        manager = await bare_office.signed_in(Role.MANAGER)
        assert len(order((await manager.get("/staff")).text)) == 2

    async def test_says_so_when_nobody_waits(self, office: TheOffice) -> None:
        assert "现在没有人在等" in (await (await office.signed_in(Role.OPERATOR)).get("/staff")).text

    async def test_counts_days_left_and_shows_what_is_overdue(self, office: TheOffice) -> None:
        await office.application()
        browser = await office.signed_in(Role.REVIEWER)
        assert "还剩 7 天" in (await browser.get("/staff")).text
        office.later(days=9)
        html = (await (await office.signed_in(Role.REVIEWER)).get("/staff")).text
        assert "逾期 2 天" in html


class TestAlert:
    async def test_stands_on_every_page_until_somebody_takes_it(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        reference = await office.application()
        await office.in_danger(conversation_id, SafetyKind.VIOLENCE_NOW)
        browser = await office.signed_in(Role.OPERATOR)
        for path in ("/staff", f"/staff/applications/{reference}"):
            assert "有人可能正处在危险中" in (await browser.get(path)).text
        office.later(seconds=90)
        taken = await browser.post(await _first_alert(browser))
        assert taken.headers["location"] == f"/staff/conversations/{conversation_id}?done=taken"
        page = (await browser.get(taken.headers["location"])).text
        assert "有人可能正处在危险中" not in page
        assert "写给来访人" in page
        (entry,) = await office.audit("alert.taken")
        assert (entry["by"], entry["waited_seconds"]) == ("idoperator", 90)

    async def test_stays_in_the_queue_with_its_owner_after_it_was_taken(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        await office.in_danger(conversation_id)
        browser = await office.signed_in(Role.OPERATOR)
        await browser.post(await _first_alert(browser))
        assert order((await browser.get("/staff?show=mine")).text) == [f"/staff/conversations/{conversation_id}"]

    async def test_comes_back_for_every_new_danger_behind_one_that_was_taken(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        await office.in_danger(conversation_id, SafetyKind.DEADLINE)
        browser = await office.signed_in(Role.OPERATOR)
        await browser.post(await _first_alert(browser))
        assert "还没有人处理" not in (await browser.get("/staff")).text
        await office.in_danger(conversation_id, SafetyKind.SELF_HARM)
        html = (await browser.get("/staff")).text
        assert "还没有人处理" in html
        assert "可能轻生" in html

    async def test_of_a_conversation_a_colleague_holds_is_taken_without_taking_the_conversation(
        self, office: TheOffice
    ) -> None:
        conversation_id = await office.conversation()
        lawyer = await office.signed_in(Role.DUTY_LAWYER)
        await lawyer.post(f"/staff/conversations/{conversation_id}/claim")
        await office.in_danger(conversation_id)
        manager = await office.signed_in(Role.MANAGER)
        assert (await manager.post(await _first_alert(manager))).status_code == 303
        async with office.database.reading() as uow:
            found = await uow.conversations.get(conversation_id)
        assert found is not None
        assert found.hold.staff == "iddutylawyer"

    async def test_cannot_be_taken_by_an_auditor(self, office: TheOffice) -> None:
        await office.in_danger(await office.conversation())
        async with office.database.reading() as uow:
            (ticket,) = await uow.tickets.open_ones()
        browser = await office.signed_in(Role.AUDITOR)
        assert "由我处理" not in (await browser.get("/staff")).text
        assert (await browser.post(f"/staff/alerts/{ticket.id}/take")).status_code == 403


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
            version=await _version(browser, path),
        )
        page = (await browser.get(path)).text
        assert "待补充材料" in page
        assert "<li>欠条</li>" in page
        assert "reviewer同志" in page
        (entry,) = await office.audit("application.request_supplement")
        assert (entry["by"], entry["papers"]) == ("idreviewer", 2)

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
            ("advance_aid", {"provider": "李律师"}, "advance_ground_required"),
            ("transfer", {}, "office_required"),
            ("close", {}, "illegal_move"),
            ("fly", {}, "form_malformed"),
            ("advance_aid", {"ground": "因为"}, "form_malformed"),
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
            ("advance_aid", {"provider": "李律师", "ground": "other_urgent"}),
            ("start", {}),
            ("terminate", {"ground": "on_request", "reason": "受援人已和解"}),
            ("object", {}),
            ("overturn", {}),
            ("close", {}),
        ]
        for event, fields in steps:
            page = (await browser.get(path)).text
            assert f'name="event" value="{event}"' in page
            answer = await browser.post(f"{path}/events", page=path, event=event, version=_read_version(page), **fields)
            assert answer.status_code == 303, (event, answer.text)
        assert "已结案" in (await browser.get(path)).text


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
        assert set(fresh) == {"head", "compose", "progress", "alerts", "talk"}

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


class TestTask:
    async def test_stands_in_the_queue_and_on_the_case_until_somebody_has_done_it(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        reference = await office.application(conversation_id=conversation_id)
        browser = await office.signed_in(Role.REVIEWER)
        path = f"/staff/applications/{reference}"
        for event, fields in (("begin_review", {}), ("grant", {}), ("assign", {"provider": "李律师"})):
            await browser.post(f"{path}/events", event=event, version="", **fields)
        await office.run_jobs()
        assert order((await browser.get("/staff")).text) == [path]
        page = (await browser.get(path)).text
        assert "通知承办人员" in page
        done = re.search(r'action="(/staff/tasks/[0-9a-f]+/done)"', page)
        assert done
        assert (await browser.post(done[1])).headers["location"] == f"{path}?done=finished"
        assert 'action="/staff/tasks/' not in (await browser.get(path)).text
        assert (await browser.post(done[1])).status_code == 404
        assert [entry["outcome"] for entry in await office.audit("ticket.closed")] == ["done"]

    async def test_is_not_for_auditors_to_strike_off(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.AUDITOR)
        assert (await browser.post(f"/staff/tasks/{'0' * 32}/done")).status_code == 403


async def _holder(office: TheOffice, conversation_id: str) -> Holder:
    async with office.database.unit_of_work() as uow:
        return (await conversations.conversation(uow, conversation_id=conversation_id, now=office.clock())).holder


async def _first_alert(browser: Browser) -> str:
    found = re.search(r'action="(/staff/alerts/[0-9a-z]+/take)"', (await browser.get("/staff")).text)
    assert found
    return found[1]


async def _version(browser: Browser, path: str) -> str:
    return _read_version((await browser.get(path)).text)


def _read_version(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found
    return found[1]
