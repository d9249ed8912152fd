"""One card's whole life in a real browser: written, refused to its writer, approved, told, taken back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from api.domain.staff import Role
from knowledge_base.types import Answer
from tests.console.office import TheOffice
from tests.console.test_knowledge import ANSWER, QUESTION, publish, said
from tests.console.test_pages_in_chromium import DRESSES, Site, accessible, serving
from tests.library import TODAY, RealLibrary, real_library

pytestmark = pytest.mark.e2e


@pytest.fixture
def library(tmp_path: Path) -> RealLibrary:
    return real_library(tmp_path / "home")


@pytest.fixture
async def site(office: TheOffice, library: RealLibrary, chromium: dict[str, Any]) -> AsyncIterator[Site]:
    office.library = library.workbench()
    async with serving(office, chromium) as opened:
        yield opened


async def write(page: Page) -> None:
    await page.goto("/staff/knowledge")
    await page.get_by_role("link", name="写一张问答卡").click()
    await page.get_by_label("编号").fill("aid.wages")
    await page.get_by_label("大家会怎么问").fill(QUESTION)
    await page.get_by_label("答案").fill(ANSWER)
    await page.get_by_label("出处").fill("《援助法》第二条：请求支付劳动报酬")
    await page.get_by_role("button", name="存为草稿并校验").click()


class TestACard:
    async def test_lives_and_ends_by_two_people(self, site: Site, library: RealLibrary) -> None:
        async with site.page() as writer, site.page(javascript=False) as approver:
            await site.sign_in(writer, Role.REVIEWER)
            await write(writer)
            await expect(writer.get_by_text("都对得上")).to_be_visible()
            await expect(writer.get_by_text("请求支付劳动报酬的当事人")).to_be_visible()
            await writer.get_by_role("button", name="提交审核").click()
            await expect(writer.get_by_text("要另一位同事审核")).to_be_visible()
            await expect(writer.get_by_role("button", name="审核通过")).to_have_count(0)
            await site.sign_in(approver, Role.MANAGER)
            await approver.get_by_role("link", name="资料库").click()
            await approver.get_by_role("link", name=QUESTION).click()
            await approver.get_by_role("button", name="审核通过").click()
            await expect(approver.get_by_text("审核通过。资料库更新以后")).to_be_visible()
            await publish(site.office)
            library.build()
            assert said(library) == ANSWER
            await approver.get_by_text("停用，不再这样回答").click()
            await approver.get_by_label("停用的理由").fill("新规定出台")
            await approver.get_by_role("button", name="确认停用").click()
            await expect(approver.get_by_text("已停用", exact=True).first).to_be_visible()
            await publish(site.office)
            library.build()
            assert said(library) != ANSWER
        assert site.complaints == []

    async def test_is_found_changed_and_proposed_by_keyboard_alone(self, site: Site) -> None:
        async with site.page() as page:
            await site.sign_in(page, Role.DUTY_LAWYER)
            await reach(page, "资料库")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/staff/knowledge")
            await reach(page, "在用")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**?show=kept")
            await reach(page, "按问法、编号")
            await page.keyboard.type("要多长时间")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**q=*")
            await reach(page, "申请援助几天有结果")
            await page.keyboard.press("Enter")
            await expect(page.get_by_role("heading", name="申请援助几天有结果")).to_be_visible()
            await reach(page, "答案")
            await page.keyboard.press("Control+End")
            await page.keyboard.type("过了七日没消息，可以去问。")
            await reach(page, "存为新的一版")
            await page.keyboard.press("Enter")
            await expect(page.get_by_text("都对得上")).to_be_visible()
            await reach(page, "提交审核")
            await page.keyboard.press("Enter")
            await expect(page.get_by_text("已提交，等另一位同事审核")).to_be_visible()
        assert site.complaints == []


class TestEveryPage:
    @pytest.mark.parametrize(("width", "theme", "large"), DRESSES)
    async def test_is_accessible_and_fits_the_screen(self, site: Site, width: int, theme: str, *, large: bool) -> None:
        async with site.page(width=width) as page:
            await site.sign_in(page, Role.MANAGER)
            if theme == "dark":
                await page.get_by_role("button", name="深色").click()
            if large:
                await page.get_by_role("button", name="大字版").click()
            await write(page)
            await accessible(page, "draft")
            for path in (
                "",
                "?show=kept&q=援助",
                "?show=kept",
                "/card/gap.phone",
                "/questions",
                "/card/new",
                "/document/new",
                "/card/days",
            ):
                await page.goto(f"/staff/knowledge{path}")
                await accessible(page, path)
            await page.goto("/staff/knowledge/document/new")
            sheet = {"name": "坏.txt", "mimeType": "text/plain", "buffer": b" "}
            await page.get_by_label("文件", exact=True).set_input_files(sheet)  # type: ignore[arg-type]  # a payload
            await page.get_by_role("button", name="读取并核对").click()
            await expect(page.get_by_role("alert")).to_contain_text("这个文件不能收")
            await accessible(page, "refused file")
        assert {url.split("/staff")[0] for url in site.asked} == {site.address}
        assert site.complaints == []

    async def test_has_buttons_of_one_line_on_a_narrow_screen(self, site: Site) -> None:
        async with site.page(width=360, height=740) as page:
            await site.sign_in(page, Role.MANAGER)
            for large in (False, True):
                await page.goto("/staff/knowledge?show=kept")
                if large:
                    await page.get_by_role("button", name="大字版").click()
                button = page.get_by_role("button", name="查找")
                lines = await button.evaluate(
                    "node => { const all = document.createRange(); all.selectNodeContents(node);"
                    " return new Set([...all.getClientRects()].map(box => box.top)).size; }"
                )
                assert lines == 1
                field = await page.get_by_role("searchbox").bounding_box()
                assert field is not None
                assert field["width"] > 90


async def reach(page: Page, name: str) -> None:
    """Press Tab until the control of this name has the keyboard, and see that it shows."""
    said = (
        "node => (node.getAttribute('aria-label') ?? [...(node.labels ?? [])].map(each => each.innerText).join())"
        " || node.innerText"
    )
    for _ in range(60):
        await page.keyboard.press("Tab")
        held = page.locator(":focus")
        if await held.count() and (await held.evaluate(said)).strip().startswith(name):
            assert await held.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
            await expect(held).to_be_in_viewport()
            return
    pytest.fail(f"nobody gets to {name} by keyboard")


def test_the_question_is_new(library: RealLibrary) -> None:
    found = library.opened().ask(QUESTION, region=None, on=TODAY)
    assert not isinstance(found, Answer) or found.text != ANSWER
