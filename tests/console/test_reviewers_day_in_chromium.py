"""A reviewer's day in a real browser: the whole way of an application, a corrected pre-screen, a task that is done."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page, expect

from api.domain.staff import Role
from api.services.records import SafeToContact
from tests.console.office import TheOffice
from tests.console.register import entered
from tests.console.test_pages_in_chromium import Site, accessible, serving

pytestmark = pytest.mark.e2e


@pytest.fixture
async def site(office: TheOffice, chromium: dict[str, Any]) -> AsyncIterator[Site]:
    async with serving(office, chromium) as opened:
        yield opened


async def step(page: Page, title: str, **fields: str) -> None:
    """Unfold a step, fill in what the law wants written with it, and confirm it."""
    await page.locator(".moves").get_by_text(title, exact=True).click()
    for label, words in fields.items():
        field = page.get_by_label(label)
        if await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(words)
        else:
            await field.fill(words)
    await page.get_by_role("button", name=f"确认{title}").click()
    await expect(page.get_by_text("这一步已经记录")).to_be_visible()


class TestReviewer:
    async def test_takes_an_application_from_review_to_the_lawyer(self, site: Site) -> None:
        reference = await site.office.application()
        lawyer = await entered(site.office)
        async with site.page() as page:
            await site.sign_in(page, Role.REVIEWER)
            await page.get_by_role("link", name="拖欠劳动报酬").click()
            await step(page, "开始审查")
            await step(page, "通知补充材料", 要补充的全部材料="身份证\n工资条")
            await expect(page.locator("section", has_text="还缺的材料").last).to_contain_text("工资条")
            await accessible(page, "supplement requested")
            await step(page, "收到补充材料")
            await step(page, "决定给予援助")
            await page.reload()
            await accessible(page, "granted")
            await step(page, "指派承办人员", 承办人员=lawyer)
            await expect(page.locator(".steps")).to_contain_text("指派承办人员")
            assert site.complaints == []
        assert len(await site.office.audit("application.assign")) == 1
        async with site.office.database.reading() as uow:
            record = await uow.applications.get(reference)
        assert record is not None
        assert (record.application.provider, record.application.provider_id) == ("李律师", lawyer)

    async def test_refuses_only_with_a_reason(self, site: Site) -> None:
        await site.office.application()
        async with site.page() as page:
            await site.sign_in(page, Role.REVIEWER)
            await page.get_by_role("link", name="拖欠劳动报酬").click()
            await step(page, "开始审查")
            await page.locator(".moves").get_by_text("决定不予援助", exact=True).click()
            await page.get_by_role("button", name="确认决定不予援助").click()
            assert await site.office.audit("application.refuse") == []
            await page.get_by_label("理由", exact=True).fill("不属于法律援助事项。")
            await page.get_by_role("button", name="确认决定不予援助").click()
            await expect(page.get_by_text("这一步已经记录")).to_be_visible()
        assert len(await site.office.audit("application.refuse")) == 1

    async def test_finishes_the_task_to_tell_whom_nothing_may_be_sent_to(self, site: Site) -> None:
        await site.office.application(safe=SafeToContact.NO)
        async with site.page() as page:
            await site.sign_in(page, Role.REVIEWER)
            await page.get_by_role("link", name="拖欠劳动报酬").click()
            await step(page, "开始审查")
            await step(page, "决定给予援助")
            await site.office.run_jobs()
            await page.reload()
            done = page.get_by_role("button", name="已办完")
            await expect(done).to_have_count(1)
            await accessible(page, "task")
            await page.get_by_label("结果：").select_option("told_in_person")
            await done.click()
            await expect(page.get_by_text("任务已办完")).to_be_visible()
            await expect(done).to_have_count(0)
        assert [entry["by"] for entry in await site.office.audit("ticket.closed")] == ["idreviewer"]

    async def test_corrects_a_pre_screen(self, site: Site) -> None:
        await site.office.application()
        async with site.page() as page:
            await site.sign_in(page, Role.REVIEWER)
            await page.get_by_role("link", name="拖欠劳动报酬").click()
            await page.get_by_text("结论不对，改判").click()
            await page.get_by_label("应该是").select_option("needs_person")
            await page.get_by_label("哪里不对").select_option("rule_missing")
            await page.get_by_label("为什么", exact=True).fill("没有问有没有残疾。")
            await accessible(page, "correction")
            await page.get_by_role("button", name="记下改判").click()
            await expect(page.get_by_text("改判已经记下")).to_be_visible()
        assert len(await site.office.audit("application.verdict_corrected")) == 1


class TestManager:
    async def test_enters_a_lawyer_into_the_register(self, site: Site) -> None:
        async with site.page() as page:
            await site.sign_in(page, Role.MANAGER)
            await page.get_by_role("link", name="名册").click()
            for label, words in (
                ("姓名", "李律师"),
                ("执业证号", "12301201510000001"),
                ("相关执业从哪天起", "2015-05-01"),
                ("办哪里的案件", "231000"),
            ):
                await page.get_by_label(label, exact=True).fill(words)
            await page.get_by_role("button", name="登记到名册").click()
            await expect(page.get_by_text("已登记到名册")).to_be_visible()
            await page.locator("summary", has_text="修改").click()
            await accessible(page, "register")
            assert site.complaints == []
