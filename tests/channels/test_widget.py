"""The widget in a real browser: by keyboard, on a small screen, without a foreign request, accessible in every mode."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from fastapi import FastAPI
from playwright.async_api import Browser, FilePayload, Locator, Page, Route, async_playwright, expect

from api.services import conversations
from api.services.sign_ports import Side, Sign
from bot.channels import page as pages
from bot.messages import AnswerReply, Choice, DirectionsReply, QuestionReply, Say, TextReply
from knowledge_base.directory.book import Directory
from knowledge_base.directory.hours import CHINA
from knowledge_base.offices import OfficeKind
from knowledge_base.types import FactType, Question
from tests.channels.served import Site
from tests.fakes import PLAN, answer
from tests.papers import photograph

pytestmark = pytest.mark.e2e

SMALL = {"width": 320, "height": 640}
PHONE = {"width": 360, "height": 740}
ZOOMED = {"width": 640, "height": 400}
"""A window of 1280 by 800 at 200 %."""
QUESTION = Question(
    fact="applicant.migrant_worker", type=FactType.BOOL, text="您是进城打工的吗？", why="打工的人讨薪不查收入。"
)


@pytest.fixture
async def browser(chromium: dict[str, Any]) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**chromium)
        yield browser
        await browser.close()


@pytest.fixture
async def address(site: Site) -> AsyncIterator[str]:
    app = FastAPI()
    app.include_router(pages.build_router())
    app.mount("/widget", pages.widget_files())
    app.mount("/", site.app)
    async with Site(app=pages.SecurityHeaders(app), stage=site.stage).served() as address:
        yield address


async def opened(browser: Browser, address: str, **options: Any) -> tuple[Page, Locator]:  # noqa: ANN401 - the browser's own
    page = await browser.new_page(**options)
    await page.goto(address)
    chat = page.locator("legal-aid-chat")
    await expect(chat.locator("li")).to_have_count(1)
    return page, chat


async def violations(page: Page) -> list[tuple[str, str]]:
    found = (await Axe().run(page)).response["violations"]
    return [(each["id"], node["html"][:200]) for each in found for node in each["nodes"]]


class TestWidget:
    def test_is_one_small_file(self) -> None:
        source = (Path(pages.WIDGET) / "legal-aid-chat.js").read_bytes()
        assert len(gzip.compress(source)) < 15_000
        assert b"import " not in source
        assert b"innerHTML" not in source

    async def test_is_used_by_keyboard_alone(self, browser: Browser, address: str, site: Site) -> None:
        site.stage.dialogue.enqueue(
            AnswerReply(answer=answer(), right_to_apply=True, choices=(Choice(payload={"act": "screen"}),))
        )
        site.stage.dialogue.enqueue(QuestionReply(question=QUESTION))
        page, chat = await opened(browser, address)
        await chat.get_by_label("请说说").focus()
        await page.keyboard.type("高平星期几有律师")
        await page.keyboard.press("Enter")
        await expect(chat.locator("li.answer")).to_contain_text("计划期已过")
        await expect(chat.get_by_label("请说说")).to_be_focused()
        await chat.locator("li.answer summary").first.focus()
        await page.keyboard.press("Enter")
        await expect(chat.locator("li.answer blockquote").first).to_be_visible()
        await chat.get_by_role("button", name="看看能不能申请").focus()
        await page.keyboard.press("Enter")
        await expect(chat.locator("li.question")).to_contain_text("您是进城打工的吗？")
        await expect(chat.get_by_role("button", name="不清楚")).to_be_visible()
        await expect(chat.locator("li.question summary")).to_have_text("为什么问")
        await expect(chat.get_by_role("button", name="看看能不能申请")).to_have_count(0)

    async def test_unfolds_an_office_and_names_what_is_missing(
        self, browser: Browser, address: str, site: Site
    ) -> None:
        now = datetime(2026, 11, 22, 10, tzinfo=CHINA)
        found = Directory.load().find(kind=OfficeKind.LEGAL_AID, region="140581", now=now)
        site.stage.dialogue.enqueue(DirectionsReply(directions=found))
        page, chat = await opened(browser, address)
        await chat.get_by_label("请说说").fill("法律援助中心在哪")
        await page.keyboard.press("Enter")
        card = chat.locator("details.office")
        await card.locator("summary").click()
        await expect(card).to_contain_text("高平市社会治理中心大厅")
        await expect(card.locator("dd").nth(1)).to_have_text("资料里没有")
        await expect(chat.locator("a[href='tel:12348']").first).to_be_visible()
        assert await violations(page) == []

    async def test_shows_staff_messages_live_and_everything_once_after_a_reload(
        self, browser: Browser, address: str, site: Site
    ) -> None:
        stage = site.stage
        page, chat = await opened(browser, address)
        await chat.get_by_role("button", name="转人工").first.click()
        await expect(chat.locator("li.handover")).to_be_visible()
        kept = await page.evaluate("JSON.parse(sessionStorage.getItem('legal-aid-chat'))")
        stage.opened = type(stage.opened)(id=kept["id"], token=kept["token"])
        await stage.claim()
        async with stage.database.unit_of_work() as uow:
            await conversations.staff_message(
                uow, conversation_id=kept["id"], staff="staff-1", text="我是值班人员。", now=stage.clock()
            )
            await uow.commit()
        stage.wake.notify(kept["id"])
        await expect(chat.locator("li.person")).to_contain_text("我是值班人员。")
        await expect(chat.get_by_role("status")).to_have_text("工作人员正在接待您。")
        await expect(chat.locator("li")).to_have_count(5)
        await page.reload()
        await expect(chat.locator("li")).to_have_count(5)
        await expect(chat.get_by_role("status")).to_have_text("工作人员正在接待您。")

    async def test_shows_that_a_person_writes_and_has_read_and_tells_the_same_of_the_citizen(
        self, browser: Browser, address: str, site: Site
    ) -> None:
        stage = site.stage
        page, chat = await opened(browser, address)
        await chat.get_by_role("button", name="转人工").first.click()
        kept = await page.evaluate("JSON.parse(sessionStorage.getItem('legal-aid-chat'))")
        stage.opened = type(stage.opened)(id=kept["id"], token=kept["token"])
        await stage.claim()
        async with stage.database.unit_of_work() as uow:
            await conversations.staff_message(
                uow, conversation_id=kept["id"], staff="staff-1", text="您好。", now=stage.clock()
            )
            await uow.commit()
        stage.wake.notify(kept["id"])
        await expect(chat.locator("li.person")).to_be_visible()
        async with page.expect_request("**/signs") as typed:
            await chat.get_by_label("请说说").press_sequentially("在吗")
        assert (await typed.value).post_data_json == {"typing": True}
        await page.keyboard.press("Enter")
        await expect(chat.locator("li.citizen")).to_have_count(2)
        await expect(chat.get_by_role("status")).to_have_text("工作人员正在接待您。")
        async with stage.database.unit_of_work() as uow:
            said = await conversations.messages_after(uow, conversation_id=kept["id"], seq=0)
            await uow.signs.put(
                conversation_id=kept["id"],
                side=Side.STAFF,
                sign=Sign(read=said[-1].seq, typing_until=stage.clock() + timedelta(seconds=6)),
            )
            await uow.commit()
        stage.wake.notify(kept["id"])
        await expect(chat.get_by_role("status")).to_have_text("工作人员正在写……")
        await expect(chat.locator("li.citizen").last).to_contain_text("工作人员已看到")
        await expect(chat.locator(".read")).to_have_count(1)
        assert await violations(page) == []

    async def test_knows_that_a_person_came_before_the_answer_did(
        self, browser: Browser, address: str, site: Site
    ) -> None:
        stage = site.stage
        page, chat = await opened(browser, address)
        came = asyncio.Event()

        async def late(route: Route) -> None:
            answer = await route.fetch()
            await came.wait()
            await route.fulfill(response=answer)

        await page.route("**/messages", late)
        await chat.get_by_role("button", name="转人工").first.click()
        kept = await page.evaluate("JSON.parse(sessionStorage.getItem('legal-aid-chat'))")
        stage.opened = type(stage.opened)(id=kept["id"], token=kept["token"])
        await expect(chat.get_by_text("已经替您叫工作人员了")).to_be_visible()
        await stage.claim()
        async with stage.database.unit_of_work() as uow:
            await conversations.staff_message(
                uow, conversation_id=kept["id"], staff="staff-1", text="您好。", now=stage.clock()
            )
            await uow.commit()
        stage.wake.notify(kept["id"])
        await expect(chat.locator("li.person")).to_be_visible()
        came.set()
        await expect(chat.get_by_role("status")).to_have_text("工作人员正在接待您。")

    async def test_misses_no_staff_message_while_the_line_is_down(
        self, browser: Browser, address: str, site: Site
    ) -> None:
        stage = site.stage
        page = await browser.new_page()
        down = True

        async def listening(route: Route) -> None:
            await (route.abort() if down or route.request.url.endswith("/events") else route.continue_())

        await page.route("**/events", listening)
        await page.route("**/messages?after=*", listening)
        await page.goto(address)
        chat = page.locator("legal-aid-chat")
        await expect(chat.locator("li")).to_have_count(1)
        kept = await page.evaluate("JSON.parse(sessionStorage.getItem('legal-aid-chat'))")
        stage.opened = type(stage.opened)(id=kept["id"], token=kept["token"])
        await stage.claim()
        async with stage.database.unit_of_work() as uow:
            await conversations.staff_message(
                uow, conversation_id=kept["id"], staff="staff-1", text="请带上工资条。", now=stage.clock()
            )
            await uow.commit()
        await stage.release()
        await chat.get_by_label("请说说").fill("你好")
        await page.keyboard.press("Enter")
        await expect(chat.locator("li.bot")).to_have_count(2)
        down = False
        await expect(chat.locator("li.person")).to_contain_text("请带上工资条。", timeout=40_000)
        await expect(chat.locator("li.citizen")).to_have_count(1)
        await expect(chat.locator("li.bot")).to_have_count(2)

    async def test_offers_to_send_again_what_was_lost_on_the_way(self, browser: Browser, address: str) -> None:
        page, chat = await opened(browser, address)
        await page.route("**/messages", lambda route: route.abort())
        await chat.get_by_label("请说说").fill("在吗")
        await page.keyboard.press("Enter")
        await expect(chat.get_by_role("alert")).to_contain_text("12348")
        await page.unroute("**/messages")
        await chat.get_by_role("button", name="再发一次").click()
        await expect(chat.locator("li")).to_have_count(3)

    async def test_hands_in_a_photograph_and_shows_it_once_after_a_reload(
        self, browser: Browser, address: str, site: Site
    ) -> None:
        page, chat = await opened(browser, address)
        site.stage.dialogue.enqueue(TextReply(say=Say.PHOTOGRAPH_KEPT))
        async with page.expect_file_chooser() as choosing:
            await chat.get_by_role("button", name="发照片或文件").press("Enter")
        paper = FilePayload(name="我的身份证 王大山.jpg", mimeType="image/jpeg", buffer=photograph())
        await (await choosing.value).set_files(paper)
        await expect(chat.get_by_text("照片收到了")).to_be_visible()
        assert site.stage.dialogue.asked[0].payload == {"act": "media", "kind": "image", "kept": True, "days": []}
        await page.reload()
        await expect(chat.get_by_text("［发来一张图片］")).to_have_count(1)

    async def test_says_why_a_file_was_turned_down(self, browser: Browser, address: str) -> None:
        _, chat = await opened(browser, address)
        film = FilePayload(name="a.mp4", mimeType="video/mp4", buffer=b"\x00\x00\x00 ftypisom")
        await chat.locator("input[type=file]").set_input_files(film)
        await expect(chat.get_by_text("请拍成照片，或者存成 PDF 再发")).to_be_visible()

    async def test_leaves_nothing_behind_on_a_quick_exit(self, browser: Browser, address: str) -> None:
        page, chat = await opened(browser, address)
        await chat.get_by_role("button", name="快速离开").click()
        await page.wait_for_url("about:blank")
        await page.goto(address + "/healthz")
        assert await page.evaluate("sessionStorage.length") == 0

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    async def test_fits_a_small_screen_and_is_accessible_in_every_mode(
        self, browser: Browser, address: str, site: Site, scheme: str
    ) -> None:
        site.stage.dialogue.enqueue(AnswerReply(answer=answer(), right_to_apply=True))
        page, chat = await opened(browser, address, viewport=SMALL, color_scheme=scheme, reduced_motion="reduce")
        hosts: set[str] = set()
        page.on("request", lambda request: hosts.add(httpx.URL(request.url).host))
        for text in ("高平星期几有律师", "活着没意思"):
            await chat.get_by_label("请说说").fill(text)
            await page.keyboard.press("Enter")
        await expect(chat.locator("li.safety").first).to_be_visible()
        await expect(chat.locator("li.safety a[href='tel:120']").first).to_be_visible()
        assert await violations(page) == []
        for mode in ("大字", "高对比"):
            await chat.get_by_role("button", name=mode).click()
            assert await violations(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]
            for button in await chat.locator(".tools button").all():
                shown = await button.bounding_box()
                assert shown is not None
                assert 0 <= shown["x"] < shown["x"] + shown["width"] <= SMALL["width"], await button.inner_text()
        assert hosts <= {"127.0.0.1"}

    async def test_is_covered_by_nothing_on_half_a_screen(self, browser: Browser, address: str) -> None:
        page, chat = await opened(browser, address, viewport=ZOOMED, device_scale_factor=2)
        box, below = await chat.locator(".box").bounding_box(), await page.locator(".can").bounding_box()
        assert box is not None
        assert below is not None
        assert box["y"] + box["height"] <= below["y"]
        await chat.get_by_label("请说说").fill("高平星期几有律师")
        await chat.get_by_role("button", name="发送").click()
        await expect(chat.locator("li")).to_have_count(3)

    @pytest.mark.parametrize("more", [0, 1, 3])
    async def test_shows_the_first_line_of_an_answer_however_long_it_is(
        self, browser: Browser, address: str, site: Site, more: int
    ) -> None:
        long = "每个星期三有律师值班。" * 18
        told = AnswerReply(answer=answer(long), right_to_apply=True, choices=(Choice(payload={"act": "screen"}),))
        site.stage.dialogue.enqueue(told, *(QuestionReply(question=QUESTION) for _ in range(more)))
        page, chat = await opened(browser, address, viewport=PHONE, has_touch=True, is_mobile=True)
        field = chat.get_by_label("请说说")
        await field.fill("高平星期几有律师")
        await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        await field.evaluate("node => node.scrollIntoView({ block: 'center' })")
        await page.keyboard.press("Enter")
        await expect(chat.locator("li.question")).to_have_count(more)
        await expect(chat.locator("li.answer")).to_be_visible()
        await page.wait_for_timeout(1000)  # a smooth scroll comes to rest
        log, line = await chat.locator(".log").bounding_box(), await chat.locator("li.answer p").first.bounding_box()
        assert log is not None
        assert line is not None
        assert log["y"] <= line["y"] < log["y"] + log["height"] / 2
        assert 0 <= line["y"] < PHONE["height"] / 2
        await expect(field).not_to_be_focused()  # the keyboard on the glass is gone
        await expect(chat.locator(".log")).to_be_focused()

    async def test_shows_the_newest_words_of_staff_under_an_old_answer(
        self, browser: Browser, address: str, site: Site
    ) -> None:
        stage = site.stage
        stage.dialogue.enqueue(AnswerReply(answer=answer("每个星期三有律师值班。" * 18)))
        page, chat = await opened(browser, address, viewport=PHONE)
        await chat.get_by_label("请说说").fill("高平星期几有律师")
        await page.keyboard.press("Enter")
        await expect(chat.locator("li.answer")).to_be_visible()
        await page.wait_for_timeout(2000)
        kept = await page.evaluate("JSON.parse(sessionStorage.getItem('legal-aid-chat'))")
        async with stage.database.unit_of_work() as uow:
            await conversations.request_person(uow, conversation_id=kept["id"], reason="asked", now=stage.clock())
            await uow.commit()
        stage.opened = type(stage.opened)(id=kept["id"], token=kept["token"])
        await stage.claim()
        for number in range(6):
            async with stage.database.unit_of_work() as uow:
                await conversations.staff_message(
                    uow, conversation_id=kept["id"], staff="staff-1", text=f"第{number}句。" * 9, now=stage.clock()
                )
                await uow.commit()
        stage.wake.notify(kept["id"])
        await expect(chat.locator("li.person")).to_have_count(6)
        await expect(chat.locator("li.person").first).to_be_in_viewport()

    async def test_names_text_clause_day_and_standing_of_a_source_before_it_is_unfolded(
        self, browser: Browser, address: str, site: Site
    ) -> None:
        site.stage.dialogue.enqueue(AnswerReply(answer=answer()))
        page, chat = await opened(browser, address)
        await chat.get_by_label("请说说").fill("高平星期几有律师")
        await page.keyboard.press("Enter")
        words = await chat.locator("li.answer summary").first.inner_text()
        assert words.startswith("看原文：《")
        assert PLAN.clause in words
        assert f"{PLAN.issued} 成文，计划期已过" in words


class TestPage:
    async def test_names_whom_to_call_without_scripts(self, browser: Browser, address: str) -> None:
        context = await browser.new_context(java_script_enabled=False)
        page = await context.new_page()
        await page.goto(address)
        for number in ("12348", "110", "120"):
            await expect(page.locator(f".noscript a[href='tel:{number}']")).to_be_visible()
        await context.close()

    async def test_opens_in_the_place_its_address_names(self, browser: Browser, address: str, site: Site) -> None:
        page, chat = await opened(browser, address + "/?region=231000")
        await chat.get_by_label("请说说").fill("他又拿刀了")
        await page.keyboard.press("Enter")
        await expect(chat.locator("a[href='sms:12110453']")).to_be_visible()
        await page.get_by_label("您的事情在哪里").select_option("640100")
        await expect(chat.locator("li")).to_have_count(1)
        assert page.url.endswith("?region=640100")
        assert site.stage.dialogue.asked == []
