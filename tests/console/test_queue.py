"""The queue and its alerts, as pages, and which interpreter a caller needs."""

import re
from urllib.parse import quote

import pytest

from api.console.lodged import LANGUAGE, UNVERIFIED
from api.domain.staff import Role
from api.services import conversations, lodging
from api.services.records import Assistance, DialogueState, TicketKind
from knowledge_base.types import SafetyKind, Urgency
from tests.console.office import Browser, TheOffice

pytestmark = pytest.mark.http

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

    @pytest.mark.parametrize(
        ("language", "about"), [("ug", f"需要翻译：维吾尔语{UNVERIFIED}"), ("ko", "需要翻译：朝鲜语")]
    )
    async def test_says_which_interpreter_is_needed_and_that_nobody_has_read_what_was_answered(
        self, office: TheOffice, language: str, about: str
    ) -> None:
        conversation_id = await office.conversation()
        await office.asks_for_a_person(conversation_id)
        async with office.database.unit_of_work() as uow:
            await conversations.need_interpreter(uow, conversation_id=conversation_id, language=language)
            await uow.commit()
        html = (await (await office.signed_in(Role.OPERATOR)).get("/staff")).text
        assert about in html
        assert (UNVERIFIED in html) is (UNVERIFIED in about)

    async def test_says_who_is_to_come_along_at_an_agreed_time(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        async with office.database.unit_of_work() as uow:
            await lodging.lodge(
                uow,
                conversation_id=conversation_id,
                kind=TicketKind.CALL_BACK,
                words="周四下午",
                assistance=(Assistance.SIGN_INTERPRETER, Assistance.COMPANION),
                now=office.clock(),
            )
            await uow.commit()
        browser = await office.signed_in(Role.OPERATOR)
        queue = (await browser.get("/staff")).text
        assert "需要手语翻译" in queue
        assert "有人陪同来访" in queue
        page = (await browser.get(f"/staff/conversations/{conversation_id}")).text
        assert "，需要手语翻译，有人陪同来访：周四下午" in page

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

    async def test_is_read_a_page_at_a_time(self, office: TheOffice, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("api.services.casework.PAGE", 2)
        cases = []
        for _ in range(5):
            cases.append(f"/staff/applications/{await office.application()}")
            office.later(minutes=1)
        browser = await office.signed_in(Role.OPERATOR)
        pages = [(await browser.get(f"/staff?show=all&page={number}")).text for number in (1, 2, 3)]
        assert [line for page in pages for line in order(page)] == cases
        assert [len(order(page)) for page in pages] == [2, 2, 1]
        assert "第 3–4 件，共 5 件" in pages[1]
        assert re.findall(r'href="([^"]+)" rel="(prev|next)"', pages[1]) == [
            ("/staff?show=all&amp;page=1", "prev"),
            ("/staff?show=all&amp;page=3", "next"),
        ]
        assert "全部（5）" in pages[2]
        live = (await browser.get("/staff/queue/parts?show=all&page=2")).json()["queue"]
        assert order(live) == cases[2:4]

    @pytest.mark.parametrize("page", ["0", "-1", "9" * 400, "二", "1.5", ""])
    async def test_of_no_such_page_shows_one_that_there_is(self, office: TheOffice, page: str) -> None:
        reference = await office.application()
        browser = await office.signed_in(Role.OPERATOR)
        answered = await browser.get(f"/staff?page={quote(page)}")
        assert answered.status_code == 200
        assert order(answered.text) == [f"/staff/applications/{reference}"]

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


async def _first_alert(browser: Browser) -> str:
    found = re.search(r'action="(/staff/alerts/[0-9a-z]+/take)"', (await browser.get("/staff")).text)
    assert found
    return found[1]


class TestAnotherLanguage:
    @pytest.mark.parametrize(("language", "unread"), [("ug", True), ("ko", False)])
    async def test_is_named_on_the_page_and_whether_anybody_has_read_what_is_answered(
        self,
        office: TheOffice,
        language: str,
        unread: bool,  # noqa: FBT001
    ) -> None:
        conversation_id = await office.conversation()
        reference = await office.application(conversation_id=conversation_id)
        async with office.database.unit_of_work() as uow:
            state = DialogueState(extra={conversations.LANGUAGE: language})
            await conversations.save_state(uow, conversation_id=conversation_id, state=state)
            await uow.commit()
        browser = await office.signed_in(Role.MANAGER)
        for path in (f"/staff/conversations/{conversation_id}", f"/staff/applications/{reference}"):
            page = (await browser.get(path)).text
            assert f"需要翻译：{LANGUAGE[language]}" in page
            assert (UNVERIFIED in page) is unread

    async def test_of_nobody_else_is_named(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        browser = await office.signed_in(Role.MANAGER)
        assert "需要翻译" not in (await browser.get(f"/staff/conversations/{conversation_id}")).text
