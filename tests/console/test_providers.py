"""The register of lawyers and legal workers, and what it decides about an assignment."""

import uuid
from datetime import date
from typing import Any

import httpx
import pytest

from api.domain.provider import ProviderKind
from api.domain.staff import Role
from api.services.records import SafeToContact, Ticket, TicketKind
from knowledge_base.types import Facts, Urgency
from tests.console.office import Browser, TheOffice
from tests.console.register import entered
from tests.console.test_staff_api import API, client

pytestmark = pytest.mark.http

FIELDS = {
    "name": "李律师",
    "credential": "12301201510000001",
    "kind": "lawyer",
    "organisation": "牡丹江律师事务所",
    "practising_since": "2015-05-01",
    "region": "231000",
    "languages": "朝鲜语、手语",
    "clients": "宏达建筑有限公司\r\n某物业",
}
ENTRY: dict[str, Any] = {**FIELDS, "languages": ["朝鲜语"], "clients": ["宏达建筑有限公司"]}
ACCOUNT = "宏达建筑有限公司欠我三个月工资。"


class TestRegister:
    async def test_is_kept_by_managers(self, office: TheOffice) -> None:
        manager = await office.signed_in(Role.MANAGER)
        assert "名册还是空的" in (await manager.get("/staff/providers")).text
        answer = await post(manager, "/staff/providers", **FIELDS)
        assert answer.headers["location"] == "/staff/providers?done=provider_entered"
        page = (await manager.get("/staff/providers?done=provider_entered")).text
        for shown in ("已登记到名册", "李律师", "12301201510000001", "会朝鲜语、手语", "0 件", "某物业"):
            assert shown in page
        async with office.database.reading() as uow:
            (listed,) = await uow.providers.all()
        changed = await post(manager, f"/staff/providers/{listed.id}", **FIELDS | {"active": "no"})
        assert changed.headers["location"] == "/staff/providers?done=provider_changed"
        assert "停止指派</span>" in (await manager.get("/staff/providers")).text
        (line,) = await office.audit("provider.changed")
        assert line == {"by": "idmanager", "subject": f"provider:{listed.id}", "kind": "lawyer", "active": False}

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"name": " "}, "provider_name_unusable"),
            ({"credential": ""}, "credential_unusable"),
            ({"practising_since": "2999-01-01"}, "practice_in_future"),
            ({"practising_since": ""}, "form_malformed"),
            ({"kind": "judge"}, "form_malformed"),
            ({"region": "999999"}, "region_unknown"),
            ({"clients": "某" * 101}, "entry_too_long"),
        ],
    )
    async def test_refuses_what_is_no_entry(self, office: TheOffice, fields: dict[str, str], code: str) -> None:
        manager = await office.signed_in(Role.MANAGER)
        assert code in (await post(manager, "/staff/providers", **FIELDS | fields)).text
        assert not await office.audit("provider.entered")

    async def test_has_a_credential_once(self, office: TheOffice) -> None:
        http = await client(office, Role.MANAGER)
        first = await http.post(f"{API}/providers", json=ENTRY)
        assert first.status_code == 201
        again = await http.post(f"{API}/providers", json=ENTRY)
        assert (again.status_code, again.json()["code"]) == (409, "credential_taken")
        other = await http.post(f"{API}/providers", json=ENTRY | {"credential": "2"})
        taken = await http.put(f"{API}/providers/{other.json()['id']}", json=ENTRY)
        assert (taken.status_code, taken.json()["code"]) == (409, "credential_taken")
        assert {one["credential"] for one in await items(http)} == {ENTRY["credential"], "2"}

    async def test_stays_within_the_regions_of_the_manager(self, bare_office: TheOffice) -> None:
        bare_office.regions = {Role.MANAGER: ("231000",)}
        await bare_office.hire()
        there, here = await entered(bare_office, region="640100"), await entered(bare_office)
        http = await client(bare_office, Role.MANAGER)
        assert [one["id"] for one in await items(http)] == [here]
        beyond = await http.post(f"{API}/providers", json=ENTRY | {"region": "640100"})
        assert beyond.json()["code"] == "region_beyond_yours"
        assert (await http.put(f"{API}/providers/{there}", json=ENTRY)).json()["code"] == "provider_not_found"
        moved = await http.put(f"{API}/providers/{here}", json=ENTRY | {"region": "640100"})
        assert moved.json()["code"] == "region_beyond_yours"


class TestAssignment:
    async def test_goes_to_somebody_of_the_register_and_counts_as_theirs(self, office: TheOffice) -> None:
        busy, idle = await entered(office, name="忙律师"), await entered(office, name="闲律师")
        first, second = await granted(office), await granted(office)
        http = await client(office, Role.REVIEWER)
        answer = await http.post(f"{API}/applications/{first}/events", json={"event": "assign", "provider": busy})
        assert answer.json()["state"] == "assigned"
        case = (await http.get(f"{API}/applications/{first}")).json()
        assert (case["provider"], case["candidates"]) == ({"id": busy, "name": "忙律师"}, [])
        offered = (await http.get(f"{API}/applications/{second}")).json()["candidates"]
        assert [(one["id"], one["in_hand"]) for one in offered] == [(idle, 0), (busy, 1)]
        (line,) = await office.audit("application.assign")
        assert (line["provider"], line["life_or_death"], line["conflict_cleared"]) == (busy, False, False)
        browser = await office.signed_in(Role.REVIEWER)
        assert "忙律师</dd>" in (await browser.get(f"/staff/applications/{first}")).text
        page = (await browser.get(f"/staff/applications/{second}")).text
        assert page.index("闲律师（律师，牡丹江律师事务所，手上 0 件") < page.index("忙律师（律师，")

    @pytest.mark.parametrize(
        ("told", "ticked"),
        [
            ({"criminal.possible_life_or_death": True}, False),
            ({"criminal.death_review": True}, False),
            ({}, True),
        ],
    )
    async def test_wants_three_years_where_life_is_at_stake(
        self, office: TheOffice, told: Facts, *, ticked: bool
    ) -> None:
        today = office.clock().date()
        young = await entered(office, name="新律师", since=date(today.year - 3, today.month, today.day + 1))
        worker = await entered(office, kind=ProviderKind.LEGAL_WORKER)
        known = await entered(office, name="老律师", since=date(today.year - 3, today.month, today.day))
        reference = await granted(office, facts={"matter": "criminal.defence", **told})
        http = await client(office, Role.REVIEWER)
        path = f"{API}/applications/{reference}/events"
        for each in (young, worker):
            wish = {"event": "assign", "provider": each, "life_or_death": ticked}
            refused = await http.post(path, json=wish)
            assert (refused.status_code, refused.json()["code"]) == (409, "experience_required")
        wish = {"event": "assign", "provider": known, "life_or_death": ticked}
        assert (await http.post(path, json=wish)).status_code == 200
        (line,) = await office.audit("application.assign")
        assert line["life_or_death"] is True

    async def test_holds_for_advance_aid_too(self, office: TheOffice) -> None:
        young = await entered(office, since=office.clock().date())
        reference = await office.application(facts={"criminal.possible_life_or_death": True})
        http = await client(office, Role.REVIEWER)
        wish = {"event": "advance_aid", "advance": "other_urgent", "provider": young}
        refused = await http.post(f"{API}/applications/{reference}/events", json=wish)
        assert refused.json()["code"] == "experience_required"

    async def test_waits_until_somebody_has_looked_into_a_conflict(self, office: TheOffice) -> None:
        lawyer = await entered(office, clients=("宏达建筑有限公司",))
        reference = await granted(office, words=ACCOUNT)
        browser = await office.signed_in(Role.REVIEWER)
        path = f"/staff/applications/{reference}"
        page = (await browser.get(path)).text
        assert "李律师代理过或者常年服务于“宏达建筑有限公司”" in page
        wish = {"event": "assign", "provider": lawyer, "version": ""}
        assert "conflict_unresolved" in (await browser.post(f"{path}/events", **wish)).text
        assert (await browser.post(f"{path}/events", **wish, conflict_cleared="yes")).status_code == 303
        (line,) = await office.audit("application.assign")
        assert line["conflict_cleared"] is True
        assert "宏达" not in repr(line)

    @pytest.mark.parametrize("reason", ["region", "active", "unknown"])
    async def test_passes_over_whoever_takes_no_cases_here(self, office: TheOffice, reason: str) -> None:
        provider = {
            "region": await entered(office, region="140581"),
            "active": await entered(office, active=False),
            "unknown": "0" * 32,
        }[reason]
        reference = await granted(office)
        http = await client(office, Role.REVIEWER)
        assert (await http.get(f"{API}/applications/{reference}")).json()["candidates"] == []
        wish = {"event": "assign", "provider": provider}
        refused = await http.post(f"{API}/applications/{reference}/events", json=wish)
        assert (refused.status_code, refused.json()["code"]) == (409, "provider_unfit")


async def granted(
    office: TheOffice,
    *,
    words: str = "老板不给钱",
    facts: Facts | None = None,
    conversation_id: str | None = None,
    safe: SafeToContact = SafeToContact.YES,
) -> str:
    """Bring an application as far as its assignment."""
    reference = await office.application(words=words, facts=facts, conversation_id=conversation_id, safe=safe)
    http = await client(office, Role.REVIEWER)
    for event in ("begin_review", "grant"):
        answer = await http.post(f"{API}/applications/{reference}/events", json={"event": event})
        assert answer.status_code == 200
    return reference


async def items(http: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await http.get(f"{API}/providers")).json()["items"]
    return found


async def post(browser: Browser, path: str, **fields: str) -> httpx.Response:
    return await browser.post(path, page="/staff/providers", **fields)


class TestEnd:
    async def test_is_written_down_with_what_came_of_it(self, office: TheOffice) -> None:
        reference = await granted(office)
        http = await client(office, Role.REVIEWER)
        path = f"{API}/applications/{reference}/events"
        for body in ({"event": "assign", "provider": await entered(office)}, {"event": "start"}):
            assert (await http.post(path, json=body)).status_code == 200
        bare = await http.post(path, json={"event": "close"})
        assert (bare.status_code, bare.json()["code"]) == (409, "closing_report_required")
        report = {"outcome": "partly_won", "report": "仲裁支持了两个月工资。"}
        assert (await http.post(path, json={"event": "close", "closing": report})).json()["state"] == "closed"
        (line,) = await office.audit("application.close")
        assert line["outcome"] == "partly_won"
        assert "两个月" not in repr(line)
        assert (await http.get(f"{API}/applications/{reference}")).json()["closing_report"] == [report["report"]]
        page = (await (await office.signed_in(Role.REVIEWER)).get(f"/staff/applications/{reference}")).text
        assert "仲裁支持了两个月工资。" in page
        assert "部分得到支持" in page

    async def test_is_looked_into_by_somebody_else_where_the_citizen_was_not_satisfied(self, office: TheOffice) -> None:
        asked = Ticket(
            id=uuid.uuid4().hex,
            kind=TicketKind.TASK,
            reason="follow_up:after",
            urgency=Urgency.S2,
            region="231000",
            opened_at=office.clock(),
            reference=await office.application(),
            owner="idoperator",
        )
        async with office.database.unit_of_work() as uow:
            await uow.tickets.add(asked)
            await uow.commit()
        browser = await office.signed_in(Role.OPERATOR)
        page = (await browser.get(f"/staff/applications/{asked.reference}")).text
        assert '<option value="dissatisfied">联系上了，不满意</option>' in page
        assert "told_by_phone" not in page
        await browser.post(f"/staff/tasks/{asked.id}/done", outcome="dissatisfied")
        async with office.database.reading() as uow:
            (left,) = await uow.tickets.open_ones()
        assert (left.reason, left.reference, left.owner) == ("dissatisfied:after_call", asked.reference, None)
        assert "不满意，请另一位同事了解" in (await browser.get(f"/staff/applications/{asked.reference}")).text


class TestWish:
    async def test_for_a_lawyer_is_noted_sealed_and_stands_beside_the_assignment(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.OPERATOR)
        path = f"/staff/applications/{reference}"
        assert "没有提过想要哪位律师" in (await browser.get(path)).text
        for wish in ("李律师", "张律师", "李律师"):
            await browser.post(f"{path}/preference", preference=wish)
        assert "希望由 <b>李律师</b> 承办。指派时参考，不作承诺" in (await browser.get(path)).text
        assert "preference_unusable" in (await browser.post(f"{path}/preference", preference=" ")).text
        lines = await office.audit("application.preference")
        assert [line["subject"] for line in lines] == [reference] * 3
        assert "律师" not in repr(lines)
        http = await client(office, Role.REVIEWER)
        assert (await http.get(f"{API}/applications/{reference}")).json()["preferred_provider"] == "李律师"


class TestProgress:
    async def test_is_logged_and_told_once_each_where_it_is_wished(self, office: TheOffice) -> None:
        thread = await office.conversation()
        reference = await granted(office, conversation_id=thread)
        http = await client(office, Role.REVIEWER)
        browser = await office.signed_in(Role.OPERATOR)
        path = f"/staff/applications/{reference}"
        early = await browser.post(f"{path}/progress", kind="hearing", on="2026-12-03")
        assert "not_under_way" in early.text
        lawyer = await entered(office)
        await http.post(f"{API}/applications/{reference}/events", json={"event": "assign", "provider": lawyer})
        for kind, on, tell in (
            ("hearing", "2026-12-03", "yes"),
            ("hearing", "2026-12-03", "yes"),
            ("evidence", "2026-12-01", ""),
        ):
            answer = await browser.post(f"{path}/progress", kind=kind, on=on, tell=tell)
            assert answer.headers["location"] == f"{path}?done=logged#progress"
        await office.run_jobs()
        told = [message.text for message in await office.transcript(thread)]
        assert told.count(f"您的案件 {reference} 有新进展：开庭，2026年12月3日。") == 2
        assert not any("证据" in text for text in told)
        page = (await browser.get(path)).text
        assert "调查、收集证据，2026-12-01" in page
        for kind, on in (("party", "2026-12-01"), ("hearing", "soon"), ("hearing", "")):
            assert "form_malformed" in (await browser.post(f"{path}/progress", kind=kind, on=on)).text

    async def test_is_a_persons_to_tell_where_nothing_may_be_written(self, office: TheOffice) -> None:
        thread = await office.conversation()
        reference = await granted(office, conversation_id=thread, safe=SafeToContact.NO)
        http = await client(office, Role.REVIEWER)
        lawyer = await entered(office)
        await http.post(f"{API}/applications/{reference}/events", json={"event": "assign", "provider": lawyer})
        await office.run_jobs()
        browser = await office.signed_in(Role.OPERATOR)
        await browser.post(f"/staff/applications/{reference}/progress", kind="judgment", on="2026-12-03", tell="yes")
        await office.run_jobs()
        assert not any("判决" in message.text for message in await office.transcript(thread))
        async with office.database.reading() as uow:
            assert "tell_citizen:progress" in {ticket.reason for ticket in await uow.tickets.open_ones()}
