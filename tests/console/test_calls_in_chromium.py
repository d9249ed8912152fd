"""A whole call in a real browser, with and without JavaScript, in every dress."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from api.domain.staff import Role
from knowledge_base.assess import Assessor
from tests.console.office import TheOffice
from tests.console.test_pages_in_chromium import DRESSES, Site, accessible, serving

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def law() -> Assessor:
    return Assessor.load()


@pytest.fixture
async def site(office: TheOffice, law: Assessor, chromium: dict[str, Any]) -> AsyncIterator[Site]:
    office.law = law
    async with serving(office, chromium) as opened:
        yield opened


async def begin(page: Page) -> None:
    await page.get_by_role("link", name="接电话").click()
    await page.get_by_label("事情在哪里").fill("黑龙江省牡丹江市")
    await page.get_by_role("button", name="开始记录").click()
    await expect(page.get_by_label("通话记录")).to_be_visible()


async def hand_in(page: Page) -> None:
    await page.get_by_text("办成口头申请", exact=True).click()
    for label in (
        "把情况转交法律援助机构",
        "处理敏感个人信息",
        "按所留方式联系本人",
        "来电人作出承诺",
        "来电人说没有错",
    ):
        await page.get_by_label(label).check()
    await page.get_by_label("怎么称呼").fill("王大山")
    await page.get_by_label("电话", exact=True).fill("13812345678")
    await page.get_by_role("button", name="记下申请并办结").click()
    await expect(page.get_by_text("口头申请已经记下")).to_be_visible()


class TestAWholeCall:
    async def test_is_thought_along_with_while_it_is_typed(self, site: Site) -> None:
        async with site.page() as page:
            await site.sign_in(page, Role.OPERATOR)
            await begin(page)
            await page.get_by_label("通话记录").press_sequentially("老板欠我两万四工资，我老公拿刀在门外")
            await expect(page.get_by_text("已保存")).to_be_visible()
            await expect(page.locator("#hints mark")).to_have_text("老板欠我两万四工资，我老公拿刀在门外")
            await expect(page.locator("#hints .cite").first).to_contain_text("现行有效")
            await expect(page.get_by_label("这是哪类事")).to_have_value("labour.wages")
            await page.get_by_role("button", name="就是这类").click()
            legend = page.locator("#ask legend")
            asked = await legend.text_content()
            await page.locator("#ask").get_by_label("是", exact=True).check()
            await page.get_by_role("button", name="记下回答").click()
            await expect(page.locator("#ask .tasks")).to_contain_text(str(asked))
            await accessible(page, "a call")
            await hand_in(page)
            await expect(page.locator(".ref").first).to_contain_text("LA-")
            assert site.complaints == []
        assert len(await site.office.audit("application.taken_orally")) == 1

    async def test_leaves_alone_what_is_being_answered(self, site: Site) -> None:
        async with site.page() as page:
            await site.sign_in(page, Role.OPERATOR)
            await begin(page)
            await page.get_by_label("通话记录").fill("老板欠工资")
            await expect(page.get_by_text("已保存")).to_be_visible()
            await page.get_by_role("button", name="就是这类").click()
            await page.locator("#ask").get_by_label("不是", exact=True).check()
            await page.get_by_label("通话记录").fill("老板欠工资，他说下个月给")
            await expect(page.get_by_text("查的是：老板欠工资，他说下个月给")).to_be_visible()
            await expect(page.locator("#ask").get_by_label("不是", exact=True)).to_be_checked()

    async def test_goes_without_javascript_too(self, site: Site) -> None:
        async with site.page(javascript=False) as page:
            await site.sign_in(page, Role.OPERATOR)
            await begin(page)
            await page.get_by_label("通话记录").fill("老板欠工资")
            await page.get_by_role("button", name="保存并查资料").click()
            await expect(page.locator("#hints .cite").first).to_be_visible()
            await page.get_by_role("button", name="就是这类").click()
            await page.get_by_role("button", name="不知道").click()
            await expect(page.get_by_label("通话记录")).to_have_value("老板欠工资")
            await hand_in(page)

    @pytest.mark.parametrize(("width", "theme", "large"), DRESSES)
    async def test_is_accessible_and_fits_the_screen(self, site: Site, width: int, theme: str, *, large: bool) -> None:
        async with site.page(width=width) as page:
            await site.sign_in(page, Role.OPERATOR)
            if theme == "dark":
                await page.get_by_role("button", name="深色").click()
            if large:
                await page.get_by_role("button", name="大字版").click()
            await page.goto("/staff/seat")
            await accessible(page, "a new call")
            await begin(page)
            await page.get_by_label("通话记录").fill("老板欠工资\n我老公拿刀在门外")
            await page.get_by_role("button", name="保存并查资料").click()
            await page.get_by_role("button", name="就是这类").click()
            await page.get_by_text("办成口头申请", exact=True).click()
            await page.get_by_text("有人代为联系").click()
            await page.get_by_text("不办申请，直接办结").click()
            await accessible(page, "a call")
        assert site.complaints == []
