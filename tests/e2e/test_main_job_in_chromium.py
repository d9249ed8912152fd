"""The main job in a real browser: a citizen asks, is answered with a source, is pre-screened, and a person takes over."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from tests.e2e.assistant import Assistant

pytestmark = pytest.mark.e2e
SCREENSHOTS = os.environ.get("SCREENSHOTS")
"""A folder to look at the pages in; none are kept unless asked for."""


@pytest.fixture(scope="module")
def browser(chromium: dict[str, Any]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(**chromium)
        yield running
        running.close()


def look(page: Page, name: str) -> None:
    if SCREENSHOTS:
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)


class Visitor:
    """A citizen at the demo page, seeing only what is on it."""

    def __init__(self, browser: Browser, url: str, *, region: str = "") -> None:
        self.page = browser.new_page(locale="zh-CN", viewport={"width": 900, "height": 900})
        self.problems: list[str] = []
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: self._only_home(request.url, url))
        self.page.goto(url + (f"/?region={region}" if region else "/"))
        expect(self.log.get_by_role("listitem").first).to_be_visible()

    def _only_home(self, address: str, home: str) -> None:
        if not address.startswith((home, "data:", "blob:")):
            self.problems.append(f"asked a stranger: {address}")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def last(self) -> Locator:
        return self.log.get_by_role("listitem").last

    def say(self, text: str) -> None:
        self.page.get_by_role("textbox").fill(text)
        self.page.get_by_role("button", name="发送").click()

    def press(self, title: str) -> None:
        self.log.get_by_role("button", name=title, exact=True).last.click()

    def reads(self, text: str) -> None:
        expect(self.log).to_contain_text(text, timeout=15_000)


@pytest.fixture
def visitor(browser: Browser, assistant: Assistant) -> Iterator[Visitor]:
    here = Visitor(browser, assistant.url)
    yield here
    assert here.problems == []
    here.page.close()


class TestTheCitizen:
    def test_is_told_at_once_who_is_speaking_and_how_to_reach_a_person(self, visitor: Visitor) -> None:
        visitor.reads("自动助手")
        visitor.reads("不是律师")
        visitor.reads("转人工")
        look(visitor.page, "1-greeting")

    def test_gets_an_answer_with_document_clause_date_and_standing(
        self, browser: Browser, assistant: Assistant
    ) -> None:
        here = Visitor(browser, assistant.url, region="140581")
        here.say("高平乡镇法律服务站星期几有律师值班")
        for words in ("每周三", "高司字〔2024〕6号", "四(一)4", "2024", "计划期已过"):
            here.reads(words)
        look(here.page, "2-answer")
        assert here.problems == []
        here.page.close()

    def test_is_told_when_the_matter_is_not_ours_or_the_documents_are_silent(self, visitor: Visitor) -> None:
        visitor.say("今天天气怎么样")
        visitor.reads("帮不上")
        visitor.say("银川的八种免审查情形是哪八种")
        visitor.reads("没有写")
        expect(visitor.log.get_by_role("button", name="转人工").last).to_be_visible()
        look(visitor.page, "3-silence")

    def test_goes_from_unpaid_wages_to_a_person_who_writes_back(
        self, browser: Browser, assistant: Assistant, visitor: Visitor
    ) -> None:
        visitor.say("我在工地干活老板不给钱")
        visitor.reads("申请法律援助")
        visitor.reads("第二十三条")
        look(visitor.page, "4a-information")
        visitor.press("看看能不能申请法律援助")
        self._through_the_screen(visitor)
        look(visitor.page, "4c-verdict")
        visitor.press("请工作人员帮我申请")
        reference = self._through_the_intake(visitor)
        look(visitor.page, "6-receipt")
        self._a_person_takes_over(browser, assistant, visitor, reference)

    def _through_the_screen(self, visitor: Visitor) -> None:
        """Answer by button; ask something in the middle of it once."""
        digressed = False
        for _ in range(12):
            expect(visitor.last).not_to_have_class("citizen", timeout=15_000)
            visitor.page.wait_for_timeout(300)
            if visitor.log.get_by_text("初步看", exact=False).count():
                break
            if not digressed:
                question = visitor.last.inner_text()
                assert "为什么" in question, question
                visitor.say("法律援助要几天才有结果")
                visitor.reads("7")
                visitor.reads("我们接着刚才的问题")
                look(visitor.page, "4b-digression")
                digressed = True
            visitor.last.get_by_role("button").first.click()
            visitor.page.wait_for_timeout(700)
        visitor.reads("可能符合")
        visitor.reads("不是决定")

    def _through_the_intake(self, visitor: Visitor) -> str:
        visitor.press("同意")
        visitor.reads("这些敏感信息，您同意一起交吗")
        visitor.press("同意")
        visitor.reads("工作人员怎么称呼您")
        visitor.say("老周")
        visitor.reads("打哪个电话能找到您")
        visitor.say("13812345678")
        visitor.reads("您方便吗")
        visitor.press("方便，可以打")
        expect(visitor.last.get_by_role("button", name="电话", exact=False).first).to_be_visible(timeout=15_000)
        visitor.last.get_by_role("button", name="电话", exact=False).first.click()
        receipt = visitor.log.get_by_text("LA-", exact=False).first
        expect(receipt).to_be_visible(timeout=15_000)
        words = receipt.inner_text()
        start = words.index("LA-")
        return words[start : start + 14]

    def _a_person_takes_over(self, browser: Browser, assistant: Assistant, visitor: Visitor, reference: str) -> None:
        name, password = assistant.staff_login("duty_lawyer")
        desk = browser.new_page(locale="zh-CN", viewport={"width": 1280, "height": 900})
        desk.goto(f"{assistant.url}/staff")
        desk.get_by_label("用户名").fill(name)
        desk.get_by_label("密码").fill(password)
        desk.get_by_role("button", name="登录").click()
        look(desk, "7a-queue")
        desk.get_by_role("row").filter(has_text=reference).get_by_role("link").first.click()
        for words in ("我在工地干活老板不给钱", "可能符合", "第四十二条"):
            expect(desk.get_by_role("main")).to_contain_text(words)
        look(desk, "7b-case")
        desk.get_by_role("button", name="由我接待").first.click()
        desk.get_by_role("textbox").first.fill("您好，我是值班律师，您的材料我看到了。")
        desk.get_by_role("button", name="发送").click()
        visitor.reads("您好，我是值班律师，您的材料我看到了。")
        look(desk, "7c-claimed")

        before = visitor.log.get_by_role("listitem").count()
        visitor.say("谢谢，我还要准备什么")
        expect(desk.get_by_role("log")).to_contain_text("谢谢，我还要准备什么", timeout=15_000)
        visitor.page.wait_for_timeout(1500)
        assert visitor.log.get_by_role("listitem").count() == before + 1, (
            "the bot spoke while a person holds the thread"
        )

        desk.get_by_role("button", name="交还").first.click()
        visitor.page.wait_for_timeout(500)
        visitor.say("法律援助收费吗")
        visitor.reads("免费")
        look(visitor.page, "7d-given-back")
        desk.close()
