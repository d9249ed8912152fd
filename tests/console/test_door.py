"""Sign-in, sessions, lockout, CSRF."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.console.demo_staff import DemoStaffRefused, ensure_demo_staff
from api.domain.staff import LOCK_AFTER, Role
from api.services import staff
from tests.console.office import PASSWORD, SITE, TheOffice

pytestmark = pytest.mark.http

WRONG = "用户名、密码或者验证码不对"


class TestSignIn:
    async def test_opens_the_queue_and_sets_a_strict_cookie(self, office: TheOffice) -> None:
        browser = office.browser()
        answer = await browser.sign_in("operator")
        assert (answer.status_code, answer.headers["location"]) == (303, "/staff")
        cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(staff.COOKIE))
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        assert "待办队列" in (await browser.get("/staff")).text

    async def test_travels_only_over_https_outside_development(self, office: TheOffice) -> None:
        office.secure = True
        browser = office.browser()
        browser.http.base_url = "https://console.test"  # type: ignore[assignment]
        answer = await browser.sign_in("operator")
        cookie = next(line for line in answer.headers.get_list("set-cookie") if staff.SECURE_COOKIE in line)
        assert "Secure" in cookie
        assert "Path=/;" in cookie

    async def test_forgives_capitals_and_full_width_letters_in_the_name(self, office: TheOffice) -> None:
        assert (await office.browser().sign_in(" ＯＰＥＲＡＴＯＲ ")).status_code == 303

    async def test_leads_back_to_the_page_that_was_wanted(self, office: TheOffice) -> None:
        reference = await office.application()
        browser = office.browser()
        turned_away = await browser.get(f"/staff/applications/{reference}")
        assert turned_away.headers["location"] == f"/staff/sign-in?next=/staff/applications/{reference}"
        answer = await browser.post(
            "/staff/sign-in",
            page=turned_away.headers["location"],
            name="operator",
            password=PASSWORD,
            next=f"/staff/applications/{reference}",
        )
        assert answer.headers["location"] == f"/staff/applications/{reference}"

    @pytest.mark.parametrize(
        "elsewhere", ["https://evil.test", "//evil.test", "/staff/../x\\evil", "/staffevil", "/staff/\r\nx: y"]
    )
    async def test_never_leads_anywhere_else(self, office: TheOffice, elsewhere: str) -> None:
        browser = office.browser()
        answer = await browser.post(
            "/staff/sign-in", page="/staff/sign-in", name="operator", password=PASSWORD, next=elsewhere
        )
        assert answer.headers["location"] == "/staff"

    async def test_says_the_same_for_a_wrong_password_and_an_unknown_name(self, office: TheOffice) -> None:
        known = await office.browser().sign_in("operator", "wrong")
        unknown = await office.browser().sign_in("nobody", "wrong")
        assert known.status_code == unknown.status_code == 200
        assert WRONG in known.text
        assert WRONG in unknown.text

    async def test_compares_a_password_even_for_an_unknown_name(self, office: TheOffice) -> None:
        compared: list[str | None] = []
        real = office.passwords

        class Counting:
            async def digest(self, password: str) -> str:
                return await real.digest(password)

            async def matches(self, password_hash: str | None, password: str) -> bool:
                compared.append(password_hash)
                return await real.matches(password_hash, password)

        office.passwords = Counting()  # type: ignore[assignment]
        await office.browser().sign_in("nobody", "wrong")
        assert compared == [None]
        assert not await real.matches(None, "nobody's password")

    async def test_refuses_a_disabled_account(self, office: TheOffice) -> None:
        async with office.database.unit_of_work() as uow:
            account = await uow.staff.by_name("operator")
            assert account is not None
            await uow.staff.save(replace(account, disabled=True))
            await uow.commit()
        assert WRONG in (await office.browser().sign_in("operator")).text

    async def test_stops_an_address_that_tries_too_often(self, office: TheOffice) -> None:
        office.limits.open = False
        assert "太频繁" in (await office.browser().sign_in("operator")).text
        assert office.limits.asked[0][0] == staff.SIGN_IN_ACTION

    async def test_never_writes_the_password_or_the_token_into_the_audit_chain(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        async with office.database.reading() as uow:
            written = repr(await uow.audit.entries())
        assert "staff.signed_in" in written
        assert PASSWORD not in written
        assert browser.http.cookies[staff.COOKIE] not in written


class TestLockout:
    async def test_shuts_a_name_after_five_failures_and_opens_again_after_a_quarter_of_an_hour(
        self, office: TheOffice
    ) -> None:
        for _ in range(LOCK_AFTER):
            await office.browser().sign_in("operator", "wrong")
        assert WRONG in (await office.browser().sign_in("operator")).text
        office.later(minutes=14)
        assert WRONG in (await office.browser().sign_in("operator")).text
        office.later(minutes=2)
        assert (await office.browser().sign_in("operator")).status_code == 303
        assert len(await office.audit("staff.locked")) == 1

    async def test_leaves_colleagues_alone(self, office: TheOffice) -> None:
        for _ in range(LOCK_AFTER):
            await office.browser().sign_in("operator", "wrong")
        assert (await office.browser().sign_in("manager")).status_code == 303

    async def test_forgets_failures_after_a_success(self, office: TheOffice) -> None:
        for _ in range(3):
            for _ in range(LOCK_AFTER - 1):
                await office.browser().sign_in("operator", "wrong")
            assert (await office.browser().sign_in("operator")).status_code == 303


class TestSession:
    async def test_ends_after_an_idle_hour(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        office.later(minutes=59)
        assert (await browser.get("/staff")).status_code == 200
        office.later(minutes=59)
        assert (await browser.get("/staff")).status_code == 200
        office.later(minutes=61)
        assert (await browser.get("/staff")).headers["location"].startswith("/staff/sign-in")

    async def test_ends_with_the_shift_however_busy(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        for _ in range(14):
            office.later(minutes=50)
            assert (await browser.get("/staff")).status_code == 200
        office.later(minutes=50)
        assert (await browser.get("/staff")).status_code == 303

    async def test_is_not_kept_alive_by_a_page_that_only_refreshes_itself(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        office.later(minutes=59)
        assert (await browser.get("/staff/queue/parts")).status_code == 200
        office.later(minutes=2)
        answer = await browser.http.get("/staff/queue/parts", headers={"accept": "application/json"})
        assert answer.status_code == 401

    async def test_is_dead_on_the_server_after_signing_out(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        token = browser.http.cookies[staff.COOKIE]
        await browser.post("/staff/sign-out")
        thief = office.browser()
        thief.http.cookies.set(staff.COOKIE, token)
        assert (await thief.get("/staff")).status_code == 303

    async def test_is_stored_only_as_a_digest(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        async with office.database.reading() as uow:
            assert await uow.staff.session(browser.http.cookies[staff.COOKIE]) is None

    async def test_ends_when_the_account_is_disabled(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        async with office.database.unit_of_work() as uow:
            account = await uow.staff.by_name("operator")
            assert account is not None
            await uow.staff.save(replace(account, disabled=True))
            await uow.commit()
        assert (await browser.get("/staff")).status_code == 303


class TestForms:
    @pytest.mark.parametrize(
        "path", ["/staff/sign-out", "/staff/display", "/staff/alerts/x/take", "/staff/conversations/x/claim"]
    )
    @pytest.mark.parametrize("token", [None, "", "guess"])
    async def test_are_refused_without_the_right_token(self, office: TheOffice, path: str, token: str | None) -> None:
        browser = await office.signed_in(Role.MANAGER)
        answer = await browser.http.post(path, data={} if token is None else {"form_token": token})
        assert answer.status_code == (400 if token is None else 403), answer.text
        assert (await browser.get("/staff")).status_code == 200

    async def test_of_the_door_are_refused_without_the_doors_cookie(self, office: TheOffice) -> None:
        browser = office.browser()
        token = await browser.form_token("/staff/sign-in")
        stranger = office.browser()
        fields = {"form_token": token, "name": "operator", "password": PASSWORD}
        assert (await stranger.http.post("/staff/sign-in", data=fields)).status_code == 403

    async def test_of_a_colleague_do_not_fit(self, office: TheOffice) -> None:
        operator = await office.signed_in(Role.OPERATOR)
        manager = await office.signed_in(Role.MANAGER)
        token = await manager.form_token()
        assert (await operator.http.post("/staff/sign-out", data={"form_token": token})).status_code == 403

    async def test_larger_than_any_of_ours_are_refused(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        answer = await browser.post("/staff/display", large="on", back="x" * 70_000)
        assert answer.status_code == 413

    async def test_with_unreadable_bytes_are_refused(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        for body in (b"form_token=%ff%fe", b"form_token=%00", b"\xff\xfe", b"&".join([b"a=b"] * 99)):
            headers = {"content-type": "application/x-www-form-urlencoded"}
            answer = await browser.http.post("/staff/display", content=body, headers=headers)
            assert answer.status_code == 400


class TestEveryPage:
    @pytest.mark.parametrize(
        "path", ["/staff", "/staff/sign-in", "/staff/applications/LA-2026-2222-2", "/staff/static/x"]
    )
    async def test_carries_the_security_headers(self, office: TheOffice, path: str) -> None:
        browser = office.browser() if path.endswith("sign-in") else await office.signed_in(Role.OPERATOR)
        answer = await browser.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"

    async def test_has_no_inline_script_or_style_and_asks_nobody_else(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        await office.in_danger(conversation_id)
        reference = await office.application(conversation_id=conversation_id)
        browser = await office.signed_in(Role.REVIEWER)
        for path in ("/staff", f"/staff/applications/{reference}", f"/staff/conversations/{conversation_id}"):
            html = (await browser.get(path)).text
            assert " style=" not in html
            assert "<style" not in html
            assert " onclick=" not in html
            assert html.count("<script") == html.count('<script type="module" src="/staff/static/')
            assert "http://" not in html.replace(SITE, "")
            assert "https://" not in html

    async def test_serves_its_files_for_good_under_their_digest(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        html = (await browser.get("/staff")).text
        address = html.split('href="/staff/static/console.css')[1].split('"')[0]
        fresh = await browser.get(f"/staff/static/console.css{address}")
        assert "immutable" in fresh.headers["cache-control"]
        stale = await browser.get("/staff/static/console.css?v=old")
        assert stale.headers["cache-control"] == "no-cache"
        again = await browser.http.get("/staff/static/console.css", headers={"if-none-match": stale.headers["etag"]})
        assert again.status_code == 304

    async def test_remembers_large_print_and_the_dark_theme(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        await browser.post("/staff/display", large="on", back="/staff")
        await browser.post("/staff/display", theme="dark", back="/staff")
        assert '<html lang="zh-CN" data-theme="dark" data-size="large">' in (await browser.get("/staff")).text
        await browser.post("/staff/display", large="off", back="/staff")
        assert '<html lang="zh-CN" data-theme="dark">' in (await browser.get("/staff")).text


class TestDemoStaff:
    async def test_gets_fresh_passwords_in_a_file_of_the_owners(self, bare_office: TheOffice, tmp_path: Path) -> None:
        path = tmp_path / "var" / "staff-credentials.txt"
        assert await _ensure(bare_office, path) == path
        assert path.stat().st_mode & 0o777 == 0o600
        lines = [line.split("\t") for line in path.read_text().splitlines() if not line.startswith("#")]
        assert [name for name, _, _ in lines] == [role.value for role in Role]
        assert len({password for _, password, _ in lines}) == len(Role)
        for name, password, _ in lines:
            assert (await bare_office.browser().sign_in(name, password)).status_code == 303

    async def test_is_made_once(self, bare_office: TheOffice, tmp_path: Path) -> None:
        path = tmp_path / "staff-credentials.txt"
        await _ensure(bare_office, path)
        first = path.read_text()
        assert await _ensure(bare_office, path) == path
        assert path.read_text() == first
        path.unlink()
        assert await _ensure(bare_office, path) is None

    async def test_differs_from_one_installation_to_the_next(self, bare_office: TheOffice, tmp_path: Path) -> None:
        path = tmp_path / "staff-credentials.txt"
        await _ensure(bare_office, path)
        assert PASSWORD not in path.read_text()
        assert "operator\toperator" not in path.read_text()

    async def test_never_exists_outside_development(self, bare_office: TheOffice, tmp_path: Path) -> None:
        path = tmp_path / "staff-credentials.txt"
        with pytest.raises(DemoStaffRefused):
            await ensure_demo_staff(
                bare_office.database,
                passwords=bare_office.passwords,
                path=path,
                development=False,
                clock=bare_office.clock,
            )
        assert not path.exists()


async def _ensure(office: TheOffice, path: Path) -> Path | None:
    return await ensure_demo_staff(
        office.database, passwords=office.passwords, path=path, development=True, clock=office.clock
    )
