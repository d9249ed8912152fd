"""The staff pages in a real browser: accessible in every dress, alive without reloading, usable by keyboard alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from api.console.canned import CANNED
from api.domain.mass import LEAST
from api.domain.staff import Role
from api.services.records import SafeToContact, Sender
from knowledge_base.types import SafetyKind, Urgency
from tests.console.office import PASSWORD, TheOffice
from tests.console.test_personal import asks
from tests.serving import served

pytestmark = pytest.mark.e2e
DRESSES = [(1280, "light", False), (1280, "dark", False), (390, "light", False), (390, "dark", True)]


@dataclass(slots=True)
class Site:
    """The office behind a real socket, and one browser in front of it."""

    office: TheOffice
    address: str
    browser: Browser
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def page(self, *, width: int = 1280, height: int = 900, javascript: bool = True) -> AsyncIterator[Page]:
        """Open a fresh window; every request and every complaint of the browser is kept."""
        context: BrowserContext = await self.browser.new_context(
            viewport={"width": width, "height": height}, base_url=self.address, java_script_enabled=javascript
        )
        page = await context.new_page()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        try:
            yield page
        finally:
            await context.close()

    async def sign_in(self, page: Page, role: Role) -> None:
        await page.goto("/staff")
        await page.get_by_label("用户名").fill(role.value)
        await page.get_by_label("密码").fill(PASSWORD)
        await page.get_by_role("button", name="登录", exact=True).click()
        await arrived_at_queue(page)


@asynccontextmanager
async def serving(office: TheOffice, chromium: dict[str, Any]) -> AsyncIterator[Site]:
    """Put the office behind a real socket, with a browser in front of it."""
    async with served(office.app()) as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(**chromium)
        yield Site(office=office, address=address, browser=browser)
        await browser.close()


@pytest.fixture
async def site(office: TheOffice, chromium: dict[str, Any]) -> AsyncIterator[Site]:
    async with serving(office, chromium) as opened:
        yield opened


async def full_house(office: TheOffice) -> dict[str, str]:
    """Fill the office with every kind of case; return the address of each page."""
    await office.application(issue="family.maintenance")
    office.later(days=6, hours=12)
    conversation_id = await office.conversation()
    for _ in range(LEAST):
        await office.application()
    reference = await office.application(
        conversation_id=conversation_id,
        flags=("same_day", "verify_local_rule"),
        urgency=Urgency.S1,
        opponents=("赵铁柱", "宏达建筑有限公司"),
    )
    await office.application(name="赵铁柱", issue="criminal.defence")
    await asks(office, reference, kind="correct", words="年纪写错了。")
    await office.asks_for_a_person(conversation_id)
    danger = await office.conversation(words="活着没意思 药都买好了", region="640100")
    await office.in_danger(danger, SafetyKind.SELF_HARM)
    return {
        "queue": "/staff",
        "nobody waits": "/staff?show=mine",
        "application": f"/staff/applications/{reference}",
        "search": "/staff/search",
        "papers of organs": "/staff/organs",
        "personal data": f"/staff/applications/{reference}/personal",
        "conversation": f"/staff/conversations/{danger}",
        "not found": "/staff/applications/LA-2026-2222-2",
    }


class TestEveryPage:
    @pytest.mark.parametrize(("width", "theme", "large"), DRESSES)
    async def test_is_accessible_and_fits_the_screen(self, site: Site, width: int, theme: str, *, large: bool) -> None:
        pages = await full_house(site.office)
        async with site.page(width=width) as page:
            await page.goto("/staff/sign-in")
            await accessible(page, "sign-in")
            await site.sign_in(page, Role.MANAGER)
            if theme == "dark":
                await page.get_by_role("button", name="深色").click()
            if large:
                await page.get_by_role("button", name="大字版").click()
            for name, path in pages.items():
                await page.goto(path)
                await accessible(page, name)
            await page.goto("/staff")
            await page.get_by_text("拖欠劳动报酬 · 黑龙江省牡丹江市：6 件").click()
            await accessible(page, "mass case")
            await page.goto(pages["application"])
            await page.get_by_role("button", name="由我接待").click()
            await page.get_by_text("先行提供援助", exact=True).click()
            await page.get_by_text("移交给同事", exact=True).click()
            await page.get_by_label("记一条备注").fill("只能白天联系。")
            await page.get_by_text("常用语", exact=True).click()
            await accessible(page, "claimed application")
            await page.goto(pages["application"])
            await page.get_by_text("说明用途，查看完整信息").click()
            await page.get_by_label("用途", exact=True).select_option("call_back")
            await page.get_by_role("button", name="查看").click()
            await expect(page.get_by_text("13812345678")).to_be_visible()
            await accessible(page, "opened contact")
        assert {url.split("/staff")[0] for url in site.asked} == {site.address}
        # The browser itself reports the 404 page's status; everything else it reports is ours to mend.
        assert [each for each in site.complaints if "404" not in each] == []


class TestOnAPhone:
    @staticmethod
    async def alarmed(site: Site, count: int) -> None:
        for _ in range(count):
            await site.office.in_danger(await site.office.conversation(), SafetyKind.VIOLENCE_NOW)

    async def test_danger_takes_one_line_that_opens(self, site: Site) -> None:
        await self.alarmed(site, 3)
        async with site.page(width=360, height=740) as page:
            await site.sign_in(page, Role.OPERATOR)
            banner = page.get_by_role("region", name="危险提醒")
            await expect(banner).to_be_visible()
            assert await page.evaluate("document.getElementById('alerts').offsetHeight") < 60
            await accessible(page, "folded banner")
            await expect(page.get_by_role("button", name="由我处理")).to_have_count(0)
            lines = await page.evaluate(
                "(() => { const all = document.createRange(); all.selectNodeContents(document.querySelector('summary'));"
                " return new Set([...all.getClientRects()].map(box => Math.round(box.top / 12))).size; })()"
            )
            assert lines <= 2, "the dot and one line of words"
            assert await page.evaluate("document.querySelector('.masthead').offsetHeight") < 110
            await banner.get_by_text("有人可能有危险（3）").click()
            await expect(page.get_by_role("button", name="由我处理")).to_have_count(3)
            await accessible(page, "unfolded banner")
            await page.get_by_role("button", name="由我处理").first.click()
            await expect(page.get_by_text("这条提醒由您处理")).to_be_visible()

    async def test_danger_stays_unfolded_and_keeps_the_keyboard_when_another_comes(self, site: Site) -> None:
        await self.alarmed(site, 1)
        async with site.page(width=360, height=740) as page:
            await site.sign_in(page, Role.OPERATOR)
            await expect(page.get_by_text("实时更新中")).to_be_visible()
            await page.get_by_text("有人可能有危险（1）").click()
            await page.keyboard.press("Tab")
            await page.keyboard.press("Tab")
            first = page.get_by_role("button", name="由我处理").first
            await expect(first).to_be_focused()
            await self.alarmed(site, 1)
            await expect(page.get_by_role("button", name="由我处理")).to_have_count(2)
            await expect(first).to_be_focused()

    async def test_a_saved_report_leaves_the_page_where_it_was(self, site: Site) -> None:
        thread = await site.office.conversation()
        await site.office.in_danger(thread, SafetyKind.CHILD_HARM)
        for number in range(8):
            await site.office.says(thread, f"还有一件事 {number}")
        async with site.page(width=360, height=740, javascript=False) as page:
            await site.sign_in(page, Role.OPERATOR)
            await page.goto(f"/staff/conversations/{thread}")
            await page.get_by_label("报告去向").select_option("police")
            await page.get_by_role("button", name="记下报告").click()
            await expect(page.get_by_text("强制报告 已报告公安机关")).to_be_in_viewport()
            assert await page.evaluate("scrollY") > 0

    async def test_a_sent_message_leaves_the_page_at_the_talk(self, site: Site) -> None:
        thread = await site.office.conversation()
        await site.office.asks_for_a_person(thread)
        async with site.page(width=360, height=740, javascript=False) as page:
            await site.sign_in(page, Role.DUTY_LAWYER)
            await page.goto(f"/staff/conversations/{thread}")
            await page.get_by_role("button", name="由我接待").click()
            await page.get_by_label("写给来访人").fill("您好，欠条还在吗？")
            await page.get_by_role("button", name="发送").click()
            await expect(page.get_by_role("heading", name="对话记录")).to_be_in_viewport()


class TestLive:
    async def test_brings_words_alerts_and_new_cases_without_reloading(self, site: Site) -> None:
        office = site.office
        conversation_id = await office.conversation()
        await office.asks_for_a_person(conversation_id)
        async with site.page() as queue, site.page() as case:
            await site.sign_in(queue, Role.MANAGER)
            await site.sign_in(case, Role.DUTY_LAWYER)
            await expect(queue.get_by_text("实时更新中")).to_be_visible()
            await case.goto(f"/staff/conversations/{conversation_id}")
            await case.get_by_role("button", name="由我接待").click()
            await expect(queue.get_by_role("cell", name="duty_lawyer同志")).to_be_visible()
            await case.get_by_label("写给来访人").fill("您好，欠条还在吗？")
            await case.keyboard.press("Control+Enter")
            await expect(case.locator(".said").last).to_contain_text("欠条还在吗")
            assert (await office.transcript(conversation_id))[-1].sender is Sender.PERSON
            await case.get_by_label("写给来访人").fill("写到一半")
            await office.says(conversation_id, "在的，我拍给您")
            await expect(case.locator(".said").last).to_contain_text("我拍给您")
            await expect(case.get_by_label("写给来访人")).to_have_value("写到一半")
            await office.in_danger(conversation_id, SafetyKind.VIOLENCE_NOW)
            for page in (queue, case):
                await expect(page.get_by_role("heading", name="有人可能正处在危险中")).to_be_visible()
            assert site.complaints == []

    async def test_leads_to_the_door_when_the_session_is_over(self, site: Site) -> None:
        async with site.page() as page:
            await site.sign_in(page, Role.OPERATOR)
            await expect(page.get_by_text("实时更新中")).to_be_visible()
            site.office.later(minutes=61)
            await site.office.asks_for_a_person(await site.office.conversation())
            await expect(page.get_by_role("heading", name="工作人员登录")).to_be_visible()


class TestWithoutJavaScript:
    async def test_a_case_goes_from_the_queue_to_a_recorded_step(self, site: Site) -> None:
        office = site.office
        conversation_id = await office.conversation()
        reference = await office.application(conversation_id=conversation_id, safe=SafeToContact.NEUTRAL_ONLY)
        async with site.page(javascript=False) as page:
            await site.sign_in(page, Role.REVIEWER)
            await page.get_by_role("link", name="拖欠劳动报酬").click()
            await page.get_by_role("button", name="由我接待").click()
            await page.get_by_label("写给来访人").fill("您好，材料收到了。")
            await page.get_by_role("button", name="发送").click()
            await expect(page.get_by_role("status").first).to_contain_text("已发送")
            await page.get_by_text("开始审查", exact=True).click()
            await page.get_by_role("button", name="确认开始审查").click()
            await expect(page.get_by_text("审查中", exact=True)).to_be_visible()
            await page.get_by_role("button", name="交还助手").click()
            await expect(page.get_by_text("已交还给自动助手")).to_be_visible()
            await page.get_by_role("button", name="退出登录").click()
            await expect(page.get_by_role("heading", name="工作人员登录")).to_be_visible()
        assert (await office.transcript(conversation_id))[-2].text == "您好，材料收到了。"
        assert len(await office.audit("application.begin_review")) == 1
        assert reference in str(await office.audit("application.read"))


class TestDailyWork:
    @pytest.mark.parametrize("javascript", [True, False])
    async def test_takes_a_canned_reply_notes_something_and_gives_back_with_its_outcome(
        self, site: Site, *, javascript: bool
    ) -> None:
        conversation_id = await site.office.conversation()
        await site.office.asks_for_a_person(conversation_id)
        async with site.page(javascript=javascript) as page:
            await site.sign_in(page, Role.DUTY_LAWYER)
            await page.goto(f"/staff/conversations/{conversation_id}")
            await page.get_by_role("button", name="由我接待").click()
            await page.get_by_text("常用语", exact=True).click()
            await page.get_by_role("link", name="法律援助不收任何费用").click()
            field = page.get_by_label("写给来访人")
            await expect(field).to_have_value(CANNED["no_fee"])
            await field.fill(f"{CANNED['no_fee']}您放心。")
            await page.get_by_role("button", name="发送").click()
            await expect(page.locator(".said").last).to_contain_text("您放心")
            await page.get_by_label("记一条备注").fill("只能白天联系。")
            await page.get_by_role("button", name="记下备注").click()
            await expect(page.locator("#notes")).to_contain_text("只能白天联系。")
            await page.get_by_label("接待结果").select_option("referred")
            await page.get_by_role("button", name="交还助手").click()
            await expect(page.get_by_text("已交还给自动助手")).to_be_visible()
        (entry,) = await site.office.audit("conversation.released")
        assert entry["outcome"] == "referred"
        assert site.complaints == []


class TestHandOver:
    async def test_goes_to_a_colleague_whose_open_page_says_so(self, site: Site) -> None:
        conversation_id = await site.office.conversation()
        await site.office.asks_for_a_person(conversation_id)
        async with site.page() as giver, site.page() as taker:
            await site.sign_in(giver, Role.OPERATOR)
            await site.sign_in(taker, Role.DUTY_LAWYER)
            await giver.goto(f"/staff/conversations/{conversation_id}")
            await giver.get_by_role("button", name="由我接待").click()
            await taker.goto(f"/staff/conversations/{conversation_id}")
            await expect(taker.get_by_text("现在不由您发言")).to_be_visible()
            await giver.get_by_text("移交给同事", exact=True).click()
            await giver.get_by_label("交给谁").select_option("iddutylawyer")
            await giver.get_by_role("button", name="移交", exact=True).click()
            await expect(giver.get_by_text("已移交给同事")).to_be_visible()
            await taker.get_by_label("写给来访人").fill("您好，我接着帮您。")
            await taker.get_by_role("button", name="发送").click()
            await expect(taker.locator(".said").last).to_contain_text("我接着帮您")
            assert site.complaints == []


class TestKeyboard:
    async def test_alone_signs_in_and_opens_the_first_case(self, site: Site) -> None:
        conversation_id = await site.office.conversation()
        await site.office.asks_for_a_person(conversation_id)
        async with site.page() as page:
            await page.goto("/staff")
            await page.keyboard.press("Tab")
            await expect(page.get_by_role("link", name="跳到主要内容")).to_be_focused()
            await page.keyboard.press("Enter")
            await expect(page.locator("#main")).to_be_focused()
            await page.keyboard.press("Tab")
            await expect(page.get_by_label("用户名")).to_be_focused()
            await page.keyboard.type("operator")
            await page.keyboard.press("Tab")
            await page.keyboard.type(PASSWORD)
            await page.keyboard.press("Enter")
            await arrived_at_queue(page)
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await expect(page.locator("#main")).to_be_focused()
            # The slots of call-backs, three tabs, then the first case.
            for _ in range(5):
                await page.keyboard.press("Tab")
            await expect(page.locator("a.what").first).to_be_focused()
            ring = await page.locator("a.what").first.evaluate("node => getComputedStyle(node).outlineStyle")
            assert ring == "solid"
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("heading", name="对话记录")).to_be_visible()

    async def test_stays_on_its_line_when_the_queue_moves_under_it(self, site: Site) -> None:
        await site.office.asks_for_a_person(await site.office.conversation())
        async with site.page() as page:
            await site.sign_in(page, Role.OPERATOR)
            await expect(page.get_by_text("实时更新中")).to_be_visible()
            line = page.locator("a.what").first
            address = await line.get_attribute("href")
            await line.focus()
            await site.office.in_danger(await site.office.conversation(), SafetyKind.VIOLENCE_NOW)
            await expect(page.locator("a.what")).to_have_count(2)
            await expect(page.locator(f'a.what[href="{address}"]')).to_be_focused()

    async def test_keeps_what_is_unfolded_while_the_queue_goes_on(self, site: Site) -> None:
        for _ in range(LEAST):
            await site.office.application()
        async with site.page() as page:
            await site.sign_in(page, Role.OPERATOR)
            await expect(page.get_by_text("实时更新中")).to_be_visible()
            await page.get_by_text("：5 件").click()
            await site.office.application()
            await expect(page.get_by_text("：6 件")).to_be_visible()
            await expect(page.locator("#queue details a.ref")).to_have_count(LEAST + 1)
            await expect(page.locator("#queue details a.ref").first).to_be_visible()

    async def test_finds_the_same_line_when_nothing_has_changed(self, site: Site) -> None:
        await site.office.asks_for_a_person(await site.office.conversation())
        async with site.page() as page:
            await site.sign_in(page, Role.OPERATOR)
            await page.evaluate("document.querySelector('a.what').mine = true")
            await expect(page.get_by_text("实时更新中")).to_be_visible()
            await page.evaluate("fetch(document.querySelector('#queue').dataset.url).then(answer => answer.json())")
            assert await page.evaluate("document.querySelector('a.what').mine === true")


async def arrived_at_queue(page: Page) -> None:
    """Wait until the whole page is there: its heading is painted while the table below is still being read."""
    await expect(page.get_by_role("heading", name="待办队列")).to_be_visible()
    await page.wait_for_load_state()


async def accessible(page: Page, name: str) -> None:
    results = await Axe().run(page)
    found = [
        f"{violation['id']}: {node['html'][:120]}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]
    assert found == [], f"{name}: {found}"
    assert len(results.response["passes"]) > 10, f"{name}: axe looked at nothing"
    wider = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0, f"{name} is {wider} px wider than the screen"
