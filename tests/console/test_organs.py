"""What organs send is entered, assigned within three days and answered to them; what is not ours goes on with its file."""

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest

from api.domain.clocks import last_day
from api.domain.origin import Origin
from api.domain.staff import Role
from api.services import applications
from api.services.records import ApplicationDraft, Consent, ConsentKind, Contact, Delivery, SafeToContact
from knowledge_base.assess import Assessor
from tests.console.office import Browser, TheOffice
from tests.console.register import entered
from tests.console.route_table import NOTICE, NOTICE_JSON
from tests.console.test_staff_api import API, client
from tests.http.world import problem

pytestmark = pytest.mark.http

FORWARDED = {"kind": "forwarded", "organ": "custody", "organ_name": "牡丹江市看守所", "ground": ""}
TRANSFER = {
    "event": "transfer",
    "office": "银川市法律援助中心",
    "office_phone": "0951-12348",
    "ground": "handling_organ_place",
    "agreed": "by_phone",
    "verified_identity": "yes",
    "verified_means": "yes",
    "request_home_visit": "yes",
    "note": "申请人行动不便。",
}


async def registered(browser: Browser, **fields: str) -> str:
    """Fill the page in; return the reference, or what the refusal says."""
    answer = await browser.post("/staff/organs", page="/staff/organs", **{**NOTICE, "once": "", **fields})
    found = re.search(r"/staff/applications/(LA-[^?]+)\?done=registered", answer.headers.get("location", ""))
    return found[1] if found else answer.text


async def moved(browser: Browser, reference: str, **fields: str) -> str:
    """Record an event; return what a refusal says, or nothing."""
    answer = await browser.post(f"/staff/applications/{reference}/events", **fields)
    return "" if answer.status_code == 303 else answer.text


class TestNotice:
    async def test_goes_to_a_lawyer_and_back_to_the_organ(self, office: TheOffice) -> None:
        lawyer = await entered(office)
        browser = await office.signed_in(Role.REVIEWER)
        official = {"official": "钱法官", "official_phone": "0453-6651234"}
        reference = await registered(browser, once="1", in_custody="yes", number="（2026）黑10刑初7号", **official)
        page = (await browser.get(f"/staff/applications/{reference}")).text
        for words in (
            "办案机关已通知",
            "牡丹江市中级人民法院",
            "（2026）黑10刑初7号",
            "未成年人（第二十五条第一款）",
            "（第三十六条）",
            "还剩 3 天",
            "涉嫌盗窃",
        ):
            assert words in page
        assert "预筛结论</h2>" not in page
        for secret in ("赵小宝", "钱法官", "0453-6651234"):
            assert secret not in page
        assert "通过来件的机关或者监管场所联系" in page
        assert "联系会有危险" not in page
        assert "（本人）" in page
        opened = await browser.post(f"/staff/applications/{reference}/contact", purpose="notice", what="contact")
        for secret in ("赵小宝", "没有登记", "钱法官 0453-6651234"):
            assert secret in opened.text
        assert await moved(browser, reference, event="assign", provider=lawyer) == ""
        await office.run_jobs()
        assert "书面告知办案机关" in (await browser.get(f"/staff/applications/{reference}")).text
        async with office.database.reading() as uow:
            (task,) = [one for one in await uow.tickets.open_ones() if one.reason == "tell_organ:assign"]
        assert task.due is not None
        assert last_day(task.due) == last_day(office.clock.now) + timedelta(days=3)

    async def test_stands_in_the_queue_without_a_verdict(self, office: TheOffice) -> None:
        reference = await registered(await office.signed_in(Role.OPERATOR), once="1")
        items = (await (await client(office, Role.OPERATOR)).get(f"{API}/queue")).json()["items"]
        (item,) = [one for one in items if one["reference"] == reference]
        assert item["state"] == "notified"
        assert item["outcome"] is None
        assert [clock["kind"] for clock in item["clocks"]] == ["assignment"]

    async def test_of_a_possible_death_sentence_goes_to_nobody_without_three_years(self, office: TheOffice) -> None:
        young = await entered(office, since=date(2025, 5, 1))
        browser = await office.signed_in(Role.REVIEWER)
        reference = await registered(browser, once="1", ground="life_or_death")
        assert "第二十六条" in await moved(browser, reference, event="assign", provider=young)

    async def test_is_taken_back_with_a_reason(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        reference = await registered(browser, once="1")
        assert "办案机关撤回通知" in (await browser.get(f"/staff/applications/{reference}")).text
        assert "请写明理由" in await moved(browser, reference, event="withdraw")
        assert await moved(browser, reference, event="withdraw", reason="家属已委托律师") == ""

    @pytest.mark.parametrize(
        ("fields", "says"),
        [
            ({"ground": ""}, "请选择通知的情形"),
            ({"organ": "custody"}, "不能按这种情形通知"),
            ({"organ": "police", "ground": "may_notify"}, "不能按这种情形通知"),
            ({"organ_name": " "}, "来件有一项写得不对"),
            ({"words": " "}, "来件有一项写得不对"),
            ({"name": " "}, "请写明当事人姓名"),
            ({"phone": "12"}, "电话写得不对"),
            ({"region": "999999"}, "机关所在地写得不对"),
            ({"kind": "self"}, "来件有一项写得不对"),
            ({"kind": "gift"}, "读不出来"),
            ({"age": "十六"}, "读不出来"),
            ({**FORWARDED, "matter": "made.up"}, "没有这个事项"),
        ],
    )
    async def test_is_refused_with_what_to_do(self, office: TheOffice, fields: dict[str, str], says: str) -> None:
        refused = await registered(await office.signed_in(Role.OPERATOR), once="1", **fields)
        assert says in refused
        assert "赵小宝" not in refused
        async with office.database.reading() as uow:
            assert await uow.applications.open_ones() == ()

    async def test_of_another_region_is_not_entered_here(self, bare_office: TheOffice) -> None:
        bare_office.regions = {Role.OPERATOR: ("140581",)}
        await bare_office.hire()
        browser = await bare_office.signed_in(Role.OPERATOR)
        assert "机关所在地写得不对" in await registered(browser, once="1")

    async def test_entered_twice_by_a_double_click_is_one(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        assert await registered(browser, once="1") == await registered(browser, once="1")
        assert await registered(browser, once="1") != await registered(browser, once="2")

    async def test_says_for_the_pre_screen_what_its_ground_says(self, office: TheOffice) -> None:
        office.law = Assessor.load()
        reference = await registered(await office.signed_in(Role.OPERATOR), once="1", ground="in_absentia")
        found = (await (await client(office, Role.OPERATOR)).get(f"{API}/applications/{reference}")).json()
        assert found["facts"]["criminal.tried_in_absentia"] is True
        assert found["facts"]["criminal.role"] == "defendant"
        assert found["verdict"]["basis"] == "mandatory_defence"
        assert found["missing_documents"] == []

    async def test_of_two_people_without_a_telephone_has_nothing_in_common(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        first, second = await registered(browser, once="1"), await registered(browser, once="2", name="钱小宝")
        async with office.database.reading() as uow:
            record = await uow.applications.get(first, lock=False)
            again = await uow.applications.by_same_phone(first, since=office.clock.now, until=office.clock.now)
        assert record is not None
        assert record.application.origin is Origin.NOTIFIED
        assert again == ()
        assert first != second

    async def test_over_json_is_the_same(self, office: TheOffice) -> None:
        http = await client(office, Role.OPERATOR)
        body = {**NOTICE_JSON, "once": "0123456789abcdef", "phone": "13900000007"}
        made = await http.post(f"{API}/organ-papers", json=body)
        assert made.status_code == 201
        found = (await http.get(f"{API}/applications/{made.json()['reference']}")).json()
        assert found["origin"] == "notified"
        assert found["organ"]["name"] == "牡丹江市中级人民法院"
        assert found["organ"]["ground"] == "minor"
        refused = await http.post(f"{API}/organ-papers", json={**body, "once": "fedcba9876543210", "region": "999999"})
        assert problem(refused, 422, "region_malformed")["field"] == "region"


class TestForwarded:
    async def test_is_reviewed_like_any_other_without_a_clock_that_was_the_organs(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.REVIEWER)
        reference = await registered(browser, once="1", **FORWARDED)
        found = (await (await client(office, Role.REVIEWER)).get(f"{API}/applications/{reference}")).json()
        assert found["origin"] == "forwarded"
        assert found["state"] == "submitted"
        assert [clock["kind"] for clock in found["clocks"]] == ["review"]
        assert "begin_review" in found["events"]
        assert found["missing_documents"] != []
        page = (await browser.get(f"/staff/applications/{reference}")).text
        assert "转交（第三十九条）" in page
        assert "预筛结论</h2>" in page


class TestVenue:
    async def test_that_is_elsewhere_by_what_was_told_is_pointed_out(self, office: TheOffice) -> None:
        office.law = Assessor.load()
        http = await client(office, Role.REVIEWER)
        agreed = (ConsentKind.HANDOVER, ConsentKind.SENSITIVE)
        draft = ApplicationDraft(
            consents=tuple(Consent(kind=kind, version="2026-11") for kind in agreed),
            issues=("labour.wages",),
            words="在银川干活没给钱。",
            facts={"matter": "labour.wages", "place.event": "640100"},
            contact=Contact(name="王大山", phone="13812345678"),
            safe_to_contact=SafeToContact.YES,
            delivery=Delivery.PHONE,
        )
        async with office.database.unit_of_work() as uow:
            assess, now = office.law.examine, office.clock()
            there, here = [
                await applications.submit(
                    uow, idempotency_key=place, draft=replace(draft, region=place), assess=assess, now=now
                )
                for place in ("231000", "640000")
            ]
            await uow.commit()
        page = (await http.get(f"/staff/applications/{there.reference}")).text
        assert "第三十八条，不看户籍" in page
        assert "银川" in (await http.get(f"{API}/applications/{there.reference}")).json()["venue_elsewhere"]
        assert "第三十八条，不看户籍" not in (await http.get(f"/staff/applications/{here.reference}")).text
        assert (await http.get(f"{API}/applications/{here.reference}")).json()["venue_elsewhere"] is None


class TestOriginOfOthers:
    async def test_is_recorded(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.OPERATOR)
        assert "本人申请" in (await browser.get(f"/staff/applications/{reference}")).text


class TestTransfer:
    async def test_tells_the_applicant_where_it_goes_on_and_carries_the_file(self, office: TheOffice) -> None:
        thread = await office.conversation()
        reference = await office.application(conversation_id=thread, opponents=("宏达建筑有限公司",))
        browser = await office.signed_in(Role.REVIEWER)
        assert "您同意转过去吗" in (await browser.get(f"/staff/applications/{reference}")).text
        http = await client(office, Role.REVIEWER)
        early = await http.post(f"{API}/applications/{reference}/handing-on", json={"purpose": "移送"})
        problem(early, 409, "not_transferred")
        assert await moved(browser, reference, **TRANSFER) == ""
        await office.run_jobs()
        told = (await office.transcript(thread))[-1].text
        assert "银川市法律援助中心，电话 0951-12348" in told
        assert "不用再说一遍" in told
        after = (await browser.get(f"/staff/applications/{reference}")).text
        for words in (
            "银川市法律援助中心",
            "办案机关在那里",
            "在电话里同意",
            "身份、经济困难状况",
            "上门服务",
            "行动不便",
            "把移送函和案卷交给接收的机构",
        ):
            assert words in after
        carried = (await http.post(f"{API}/applications/{reference}/handing-on", json={"purpose": "移送"})).json()
        assert carried["contact"] == {"name": "王大山", "phone": "13812345678"}
        assert carried["opponents"] == ["宏达建筑有限公司"]
        assert carried["transfer"]["verified"] == ["identity", "means"]
        assert carried["transfer"]["consent"] == "2026-11.transfer"
        assert "messages" not in carried
        looked = {"by": "idreviewer", "subject": reference, "purpose": "移送"}
        assert looked in await office.audit("application.handed_on")

    async def test_without_consent_stays_here(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.REVIEWER)
        assert "移送要先得到本人同意" in await moved(browser, reference, **{**TRANSFER, "agreed": ""})

    async def test_says_nothing_of_where_to_somebody_who_is_not_safe(self, office: TheOffice) -> None:
        thread = await office.conversation()
        reference = await office.application(conversation_id=thread, safe=SafeToContact.NEUTRAL_ONLY)
        await moved(await office.signed_in(Role.REVIEWER), reference, **TRANSFER)
        await office.run_jobs()
        texts = [message.text for message in await office.transcript(thread)]
        assert any("新消息" in text for text in texts)
        assert not any("银川" in text for text in texts)
