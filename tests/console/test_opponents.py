"""Against whom somebody applies: sealed, found again by its index, and shown to staff alone."""

import logging

import pytest
from structlog.testing import capture_logs

from api.domain.mass import LEAST, Against, masses_against
from api.domain.staff import Role
from tests.console.office import Browser, TheOffice
from tests.console.register import entered
from tests.console.test_staff_api import API, client
from tests.http.world import NOON, World, application_body, problem

pytestmark = pytest.mark.http

WARNING = "可能有利害冲突"
FIRM = "牡丹江宏达建筑有限公司"


async def named(browser: Browser, reference: str, opponents: str) -> str:
    page = f"/staff/applications/{reference}"
    answer = await browser.post(f"{page}/opponents", page=page, opponents=opponents)
    return answer.headers.get("location") or answer.text


class TestConflict:
    async def test_is_flagged_on_both_sides_once_the_opponent_is_named(self, office: TheOffice) -> None:
        wife = await office.application(name="刘小梅", issue="family.maintenance")
        husband = await office.application(name="赵 铁柱", phone="13900000001")
        browser = await office.signed_in(Role.OPERATOR)
        assert WARNING not in (await browser.get(f"/staff/applications/{wife}")).text
        assert "done=opponents_named" in await named(browser, wife, "赵铁柱、宏达公司")
        for reference, other in ((wife, husband), (husband, wife)):
            page = (await browser.get(f"/staff/applications/{reference}")).text
            assert WARNING in page
            assert f'href="/staff/applications/{other}"' in page
            assert "赵铁柱" not in page
        head = (await browser.get(f"/staff/applications/{wife}/parts")).json()["head"]
        assert "可能有利害冲突" in head
        assert "赵**、宏***" in (await browser.get(f"/staff/applications/{wife}")).text
        detail = (await (await client(office, Role.REVIEWER)).get(f"{API}/applications/{wife}")).json()
        assert detail["facing"] == [{"reference": husband, "state": "submitted"}]
        assert detail["opponents"] == ["赵**", "宏***"]

    async def test_is_gone_when_it_was_somebody_else(self, office: TheOffice) -> None:
        wife = await office.application(name="刘小梅", opponents=("赵铁柱",))
        await office.application(name="赵铁柱", phone="13900000001")
        browser = await office.signed_in(Role.OPERATOR)
        assert WARNING in (await browser.get(f"/staff/applications/{wife}")).text
        await named(browser, wife, "赵铁桩")
        assert WARNING not in (await browser.get(f"/staff/applications/{wife}")).text
        await named(browser, wife, "")
        assert "还没有记下对方是谁" in (await browser.get(f"/staff/applications/{wife}")).text

    async def test_tells_nobody_of_another_region(self, bare_office: TheOffice) -> None:
        bare_office.regions = {Role.OPERATOR: ("231000",)}
        await bare_office.hire()
        wife = await bare_office.application(name="刘小梅", opponents=("赵铁柱",))
        await bare_office.application(name="赵铁柱", region="640100")
        path = f"/staff/applications/{wife}"
        assert WARNING not in (await (await bare_office.signed_in(Role.OPERATOR)).get(path)).text
        assert WARNING in (await (await bare_office.signed_in(Role.MANAGER)).get(path)).text

    async def test_says_nothing_to_the_citizen(self, office: TheOffice) -> None:
        thread = await office.conversation()
        alone = await office.application(name="刘小梅", conversation_id=thread)
        await office.run_jobs()
        before = [message.text for message in await office.transcript(thread)]
        await office.application(name="赵铁柱", phone="13900000001")
        await named(await office.signed_in(Role.OPERATOR), alone, "赵铁柱")
        await office.run_jobs()
        assert [message.text for message in await office.transcript(thread)] == before
        async with World.over(office.database) as world:
            status = await world.client.get(f"/api/v1/applications/{alone}", headers={"X-Phone-Tail": "5678"})
        assert status.status_code == 200
        assert "赵" not in status.text
        assert "facing" not in status.text

    async def test_of_either_of_two_merged_stays_with_the_one_that_goes_on(self, office: TheOffice) -> None:
        first = await office.application(name="刘小梅", opponents=("宏达公司",))
        office.later(hours=1)
        second = await office.application(name="刘小梅", opponents=("宏达 公司", "赵铁柱"))
        await office.application(name="赵铁柱", phone="13900000001")
        reviewer = await office.signed_in(Role.REVIEWER)
        assert WARNING not in (await reviewer.get(f"/staff/applications/{first}")).text
        assert (await reviewer.post(f"/staff/applications/{second}/merge", into=first)).status_code == 303
        page = (await reviewer.get(f"/staff/applications/{first}")).text
        assert WARNING in page
        assert "宏****、赵**" in page


class TestOpponents:
    async def test_open_only_with_a_purpose_and_are_counted_in_the_record(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.OPERATOR)
        await named(browser, reference, f" {FIRM}；{FIRM} \n钱富贵 ")
        page = f"/staff/applications/{reference}"
        opened = await browser.post(f"{page}/contact", page=page, purpose="call_back", what="contact")
        assert FIRM in opened.text
        assert "钱富贵" in opened.text
        (line,) = await office.audit("application.opponents_named")
        assert line == {"by": "idoperator", "subject": reference, "count": 2}

    @pytest.mark.parametrize("given", ["甲", "某" * 101, "、".join(f"公司{n}号" for n in range(6)), "！！"])
    async def test_are_refused_where_nothing_could_be_found_by_them(self, office: TheOffice, given: str) -> None:
        reference = await office.application()
        assert "对方写得不对" in await named(await office.signed_in(Role.OPERATOR), reference, given)
        assert await office.audit("application.opponents_named") == []

    async def test_come_with_an_application_and_reach_no_log(
        self, office: TheOffice, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG), capture_logs() as logged:
            async with World.over(office.database) as world:
                body = application_body(opponents=[FIRM])
                taken = await world.client.post("/api/v1/applications", json=body, headers={"Idempotency-Key": "k"})
                again = await world.client.post("/api/v1/applications", json=body, headers={"Idempotency-Key": "k"})
                other = application_body(opponents=["钱富贵"])
                reused = await world.client.post("/api/v1/applications", json=other, headers={"Idempotency-Key": "k"})
                unusable = application_body(opponents=["。。"])
                refused = await world.client.post(
                    "/api/v1/applications", json=unusable, headers={"Idempotency-Key": "l"}
                )
        assert taken.json() == again.json()
        problem(reused, 409, "idempotency_key_reused")
        assert problem(refused, 422, "opponent_unusable")["field"] == "opponents"
        async with office.database.reading() as uow:
            assert await uow.parties.opponents(taken.json()["reference"]) == (FIRM,)
        assert "宏达" not in f"{caplog.text}{logged}"


class TestAssignment:
    async def test_to_whoever_acts_for_the_other_side_waits_for_a_look(self, office: TheOffice) -> None:
        lawyer, other = await entered(office, name="李律师"), await entered(office, name="孙律师")
        husband = await office.application(name="赵铁柱", phone="13900000001")
        wife = await office.application(name="刘小梅", opponents=("赵铁柱",))
        http = await client(office, Role.REVIEWER)

        async def goes(reference: str, **event: object) -> tuple[int, str]:
            answer = await http.post(f"{API}/applications/{reference}/events", json=event)
            return answer.status_code, answer.json().get("code", "")

        for reference in (husband, wife):
            for event in ("begin_review", "grant"):
                assert await goes(reference, event=event) == (200, "")
        assert await goes(husband, event="assign", provider=lawyer) == (200, "")
        page = (await (await office.signed_in(Role.REVIEWER)).get(f"/staff/applications/{wife}")).text
        assert "李律师正在办对方的法律援助案件" in page
        assert await goes(wife, event="assign", provider=lawyer) == (409, "conflict_unresolved")
        assert await goes(wife, event="assign", provider=other) == (200, "")

    async def test_to_whoever_acts_for_the_named_opponent_waits_too(self, office: TheOffice) -> None:
        lawyer = await entered(office, clients=("宏达建筑有限公司",))
        reference = await office.application(words="老板不给钱。", opponents=(FIRM,))
        http = await client(office, Role.REVIEWER)
        for event in ({"event": "begin_review"}, {"event": "grant"}):
            await http.post(f"{API}/applications/{reference}/events", json=event)
        wish = {"event": "assign", "provider": lawyer}
        assert (await http.post(f"{API}/applications/{reference}/events", json=wish)).json()["code"] == (
            "conflict_unresolved"
        )


class TestMassCases:
    def test_are_one_for_each_opponent_of_whatever_place(self) -> None:
        def against(region: str | None, opponent: str, count: int) -> Against:
            latest = tuple((NOON, f"LA-{opponent}{region}{number}") for number in range(count))
            return Against(region=region, opponent=opponent, count=count, latest=latest)

        found = masses_against(
            [against("231000", "a", 3), against(None, "a", 2), against("231000", "b", 6), against("231000", "c", 4)]
        )
        assert [(mass.region, mass.matter, mass.count) for mass in found] == [(None, None, 6), (None, None, 5)]

    async def test_stand_on_the_queue_however_the_name_was_written_and_whatever_the_matter(
        self, office: TheOffice
    ) -> None:
        issues = ["labour.wages", "family.maintenance", "criminal.defence", "labour.wages", "family.maintenance"]
        names = [FIRM, f" {FIRM}", "牡丹江 宏达建筑有限公司", FIRM, "「牡丹江宏达」建筑有限公司"]
        for number in range(LEAST - 1):
            await office.application(issue=issues[number], opponents=(names[number],), phone=f"1380000000{number}")
        browser = await office.signed_in(Role.OPERATOR)
        assert "同一个对方：" not in (await browser.get("/staff")).text
        await office.application(issue=issues[-1], opponents=(names[-1], "钱富贵"))
        page = (await browser.get("/staff")).text
        assert f"同一个对方：{LEAST} 件" in page
        assert "宏达" not in page
        office.later(days=7, seconds=1)
        assert "同一个对方：" not in (await browser.get("/staff")).text
