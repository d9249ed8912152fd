"""A manager creates an account and its owner makes it theirs, in a real browser, in every dress."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import expect

from api.domain.second_factor import code_at, step_of
from api.domain.staff import Role
from tests.console.office import TheOffice
from tests.console.test_pages_in_chromium import DRESSES, Site, accessible, serving

pytestmark = pytest.mark.e2e
OWN = "four words of mine"


@pytest.fixture
async def site(office: TheOffice, chromium: dict[str, Any]) -> AsyncIterator[Site]:
    async with serving(office, chromium) as opened:
        yield opened


class TestANewColleague:
    async def test_comes_in_with_a_first_password_and_works_with_two_factors(self, site: Site) -> None:
        office = site.office
        async with site.page() as page:
            await site.sign_in(page, Role.MANAGER)
            await page.get_by_role("link", name="人员", exact=True).click()
            form = page.get_by_role("region", name="设立账号")
            await form.get_by_label("姓名").fill("王律师")
            await form.get_by_label("用户名").fill("wang")
            await form.get_by_label("岗位").select_option("duty_lawyer")
            await form.get_by_label("负责地区").fill("231000")
            await page.get_by_role("button", name="设立账号").click()
            first = await page.locator("#first-password").inner_text()
            await accessible(page, "first password")
        async with site.page() as page:
            await page.goto("/staff")
            await page.get_by_label("用户名").fill("wang")
            await page.get_by_label("密码", exact=True).fill(first)
            await page.get_by_role("button", name="登录", exact=True).click()
            await expect(page.get_by_role("alert")).to_contain_text("初始密码别人也知道")
            await page.get_by_label("现在的密码").fill(first)
            await page.get_by_label("新密码", exact=True).fill(OWN)
            await page.get_by_label("新密码再写一遍").fill(OWN)
            await page.get_by_role("button", name="改密码").click()
            await expect(page.get_by_role("status")).to_contain_text("密码已改")
            await page.get_by_label("用户名").fill("wang")
            await page.get_by_label("密码", exact=True).fill(OWN)
            await page.get_by_role("button", name="登录", exact=True).click()
            await expect(page.get_by_role("heading", name="待办队列")).to_be_visible()
            await page.get_by_role("link", name="王律师").click()
            await page.get_by_role("button", name="开通动态验证码").click()
            secret = (await page.locator("#secret").inner_text()).replace(" ", "")
            await page.get_by_label("手机上现在的六位数字").fill(code_at(secret, step_of(office.clock())))
            await page.get_by_role("button", name="确认开通").click()
            await expect(page.get_by_role("status")).to_contain_text("动态验证码已开通")
            await page.get_by_role("button", name="退出登录").click()
            office.later(seconds=30)
            await page.get_by_label("用户名").fill("wang")
            await page.get_by_label("密码", exact=True).fill(OWN)
            await page.get_by_label("动态验证码").fill(code_at(secret, step_of(office.clock())))
            await page.get_by_role("button", name="登录", exact=True).click()
            await expect(page.get_by_role("heading", name="待办队列")).to_be_visible()
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
            await page.goto("/staff/people")
            await accessible(page, "people")
            await page.goto("/staff/account")
            await accessible(page, "account")
            await page.get_by_role("button", name="开通动态验证码").click()
            await expect(page.locator("#secret")).to_be_visible()
            await accessible(page, "account with a secret")
