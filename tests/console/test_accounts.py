"""Accounts: managers create and shut them, their owners keep password and second factor; nobody works before both are theirs."""

import asyncio
import base64
import re
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from api.__main__ import main
from api.domain.second_factor import code_at, step_of
from api.domain.staff import Role
from tests.console.office import PASSWORD, Browser, TheOffice
from tests.console.test_staff_api import API, client
from tests.databases import MASTER_KEY

pytestmark = pytest.mark.http

OWN = "four words of mine"
MINE = {"password": PASSWORD, "new": OWN, "again": OWN}


async def post(browser: Browser, path: str, *, page: str = "/staff/account", **fields: str) -> httpx.Response:
    return await browser.post(path, page=page, **fields)


async def hired(office: TheOffice, manager: Browser, *, name: str = "wang", **fields: str) -> str:
    """Create an account as a manager does; return the first password."""
    given = {"name": name, "display_name": "王律师", "role": "duty_lawyer", "regions": "231000", **fields}
    answer = await post(manager, "/staff/people", page="/staff/people", **given)
    assert answer.status_code == 200, answer.text
    shown = re.search(r'id="first-password">([^<]+)<', answer.text)
    assert shown
    assert shown[1] not in repr([await office.audit("staff.hired"), await office.audit("staff.added")])
    return shown[1]


async def id_of(office: TheOffice, name: str) -> str:
    async with office.database.reading() as uow:
        account = await uow.staff.by_name(name)
    assert account is not None
    return account.id


async def enrolled(office: TheOffice, role: Role) -> tuple[Browser, str]:
    """Sign in and switch the second factor on; return the browser and the secret."""
    browser = await office.signed_in(role)
    await post(browser, "/staff/account/second-factor/begin")
    shown = re.search(r'id="secret">([^<]+)<', (await browser.get("/staff/account")).text)
    assert shown
    secret = shown[1].replace(" ", "")
    answer = await post(browser, "/staff/account/second-factor", code=code_at(secret, step_of(office.clock())))
    assert answer.headers["location"] == "/staff/account?done=second_factor"
    return browser, secret


class TestHiring:
    async def test_leads_from_a_first_password_to_ones_own(self, office: TheOffice) -> None:
        first = await hired(office, await office.signed_in(Role.MANAGER))
        browser = office.browser()
        assert (await browser.sign_in("wang", first)).status_code == 303
        assert (await browser.get("/staff")).headers["location"] == "/staff/account"
        assert "初始密码别人也知道" in (await browser.get("/staff/account")).text
        changed = await post(browser, "/staff/account/password", password=first, new=OWN, again=OWN)
        assert changed.headers["location"] == "/staff/sign-in?done=password"
        assert (await browser.get("/staff")).headers["location"].startswith("/staff/sign-in")
        assert "密码或者验证码不对" in (await office.browser().sign_in("wang", first)).text
        assert (await browser.sign_in("wang", OWN)).status_code == 303
        assert "待办队列" in (await browser.get("/staff")).text

    async def test_is_for_managers_alone(self, office: TheOffice) -> None:
        for role in Role:
            browser = await office.signed_in(role)
            assert (await browser.get("/staff/people")).status_code == (200 if role is Role.MANAGER else 403)
            assert ("/staff/people" in (await browser.get("/staff")).text) is (role is Role.MANAGER)
            if role is not Role.MANAGER:
                given = {"name": "x", "display_name": "x", "role": "manager", "regions": ""}
                answer = await post(browser, "/staff/people", **given)
                assert answer.status_code == 403

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"name": " "}, "staff_name_unusable"),
            ({"name": "ＯＰＥＲＡＴＯＲ"}, "staff_name_taken"),
            ({"display_name": " "}, "display_name_unusable"),
            ({"role": "root"}, "form_malformed"),
            ({"regions": "231000 999999"}, "region_unknown"),
        ],
    )
    async def test_refuses_what_is_no_account(self, office: TheOffice, fields: dict[str, str], code: str) -> None:
        manager = await office.signed_in(Role.MANAGER)
        given = {"name": "wang", "display_name": "王", "role": "operator", "regions": "231000", **fields}
        answer = await post(manager, "/staff/people", page="/staff/people", **given)
        assert code in answer.text
        assert not await office.audit("staff.hired")

    async def test_stays_within_the_regions_of_the_manager(self, bare_office: TheOffice) -> None:
        office = bare_office
        office.regions = {Role.MANAGER: ("231000",), Role.OPERATOR: ("640100",), Role.REVIEWER: ("231000",)}
        await office.hire()
        manager = await office.signed_in(Role.MANAGER)
        page = (await manager.get("/staff/people")).text
        assert "reviewer同志" in page
        assert "operator同志" not in page  # another region
        assert "auditor同志" not in page  # all regions, which is more than this manager has
        for regions in ("640100", "", "231000 640100"):
            given = {"name": "x", "display_name": "x", "role": "operator", "regions": regions}
            answer = await post(manager, "/staff/people", page="/staff/people", **given)
            assert "region_beyond_yours" in answer.text
        for step in ("disable", "enable", "password"):
            answer = await post(manager, f"/staff/people/idoperator/{step}", page="/staff/people")
            assert answer.status_code == 404


class TestShutting:
    async def test_ends_what_is_open_at_once(self, office: TheOffice) -> None:
        manager, operator = await office.signed_in(Role.MANAGER), await office.signed_in(Role.OPERATOR)
        await post(manager, "/staff/people/idoperator/disable", page="/staff/people")
        assert (await operator.get("/staff")).status_code == 303
        assert "不对" in (await office.browser().sign_in("operator")).text
        assert await office.audit("staff.disabled") == [{"by": "idmanager", "subject": "staff:idoperator"}]
        await post(manager, "/staff/people/idoperator/enable", page="/staff/people")
        assert (await office.browser().sign_in("operator")).status_code == 303

    async def test_leaves_a_manager_in_the_house(self, office: TheOffice) -> None:
        manager = await office.signed_in(Role.MANAGER)
        for step in ("disable", "password"):
            answer = await post(manager, f"/staff/people/idmanager/{step}", page="/staff/people")
            assert "account_your_own" in answer.text
        assert (await manager.get("/staff")).status_code == 200

    @pytest.mark.parametrize("who", ["0" * 32, "x" * 65, "%00", "..%2fetc"])
    async def test_knows_nobody_else(self, office: TheOffice, who: str) -> None:
        manager = await office.signed_in(Role.MANAGER)
        for step in ("disable", "enable", "password"):
            assert (await post(manager, f"/staff/people/{who}/{step}", page="/staff/people")).status_code == 404


class TestRenewing:
    async def test_gives_a_first_password_again_and_forgets_the_telephone(self, office: TheOffice) -> None:
        operator, secret = await enrolled(office, Role.OPERATOR)
        manager = await office.signed_in(Role.MANAGER)
        answer = await post(manager, "/staff/people/idoperator/password", page="/staff/people")
        shown = re.search(r'id="first-password">([^<]+)<', answer.text)
        assert shown
        assert secret not in answer.text
        assert (await operator.get("/staff")).status_code == 303
        again = office.browser()
        assert (await again.sign_in("operator", shown[1])).status_code == 303
        assert (await again.get("/staff")).headers["location"] == "/staff/account"


class TestPassword:
    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({**MINE, "password": "not it"}, "password_wrong"),
            ({**MINE, "again": "other words of mine"}, "passwords_differ"),
            ({**MINE, "new": "short", "again": "short"}, "password_short"),
            ({**MINE, "new": "x" * 129, "again": "x" * 129}, "password_long"),
            ({**MINE, "new": "aaaaaaaaaaaa", "again": "aaaaaaaaaaaa"}, "password_guessable"),
            ({**MINE, "new": PASSWORD, "again": PASSWORD}, "password_same"),
        ],
    )
    async def test_stays_where_the_new_one_will_not_do(
        self, office: TheOffice, fields: dict[str, str], code: str
    ) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        answer = await post(browser, "/staff/account/password", **fields)
        assert code in answer.text
        assert (await browser.get("/staff")).status_code == 200
        assert (await office.browser().sign_in("operator")).status_code == 303

    async def test_cannot_be_tried_without_end(self, office: TheOffice) -> None:
        browser = await office.signed_in(Role.OPERATOR)
        office.limits.open = False
        for path in ("/staff/account/password", "/staff/account/second-factor"):
            assert "tried_too_often" in (await post(browser, path, **MINE, code="1")).text


class TestSecondFactor:
    async def test_is_asked_for_once_its_owner_has_shown_a_code(self, office: TheOffice) -> None:
        _, secret = await enrolled(office, Role.OPERATOR)
        for code in ("", "000000", code_at(secret, step_of(office.clock()))):  # the last one was used to confirm
            answer = await office.browser().post(
                "/staff/sign-in", page="/staff/sign-in", name="operator", password=PASSWORD, code=code
            )
            assert "不对" in answer.text
        office.later(seconds=30)
        fresh = code_at(secret, step_of(office.clock()))
        answer = await office.browser().post(
            "/staff/sign-in", page="/staff/sign-in", name="operator", password=PASSWORD, code=fresh
        )
        assert answer.status_code == 303
        assert secret not in repr(await office.audit("staff.second_factor"))

    async def test_lets_one_of_two_in_who_type_the_same_code_at_once(self, office: TheOffice) -> None:
        _, secret = await enrolled(office, Role.OPERATOR)
        office.later(seconds=30)
        body = {"name": "operator", "password": PASSWORD, "totp": code_at(secret, step_of(office.clock()))}
        two = [await client(office) for _ in range(2)]
        answers = await asyncio.gather(*(http.post(f"{API}/session", json=body) for http in two))
        assert sorted(answer.status_code for answer in answers) == [200, 401]

    async def test_locks_the_name_of_whoever_guesses(self, office: TheOffice) -> None:
        _, secret = await enrolled(office, Role.OPERATOR)
        http = await client(office)
        for number in range(5):
            await http.post(f"{API}/session", json={"name": "operator", "password": PASSWORD, "totp": f"00000{number}"})
        office.later(seconds=30)
        body = {"name": "operator", "password": PASSWORD, "totp": code_at(secret, step_of(office.clock()))}
        assert (await http.post(f"{API}/session", json=body)).status_code == 401

    async def test_is_not_begun_twice_and_takes_no_wrong_code(self, office: TheOffice) -> None:
        browser, _ = await enrolled(office, Role.OPERATOR)
        for path in ("/staff/account/second-factor/begin", "/staff/account/second-factor"):
            assert "second_factor_enrolled" in (await post(browser, path, code="1")).text
        other = await office.signed_in(Role.REVIEWER)
        assert "second_factor_not_begun" in (await post(other, "/staff/account/second-factor", code="1")).text
        await post(other, "/staff/account/second-factor/begin")
        assert "code_wrong" in (await post(other, "/staff/account/second-factor", code="12345x")).text
        assert (await office.browser().sign_in("reviewer")).status_code == 303

    async def test_comes_before_any_work_where_the_house_asks_for_it(self, office: TheOffice) -> None:
        office.second_factor = True
        reference = await office.application()
        browser = await office.signed_in(Role.MANAGER)
        for path in ("/staff", f"/staff/applications/{reference}", "/staff/people", "/staff/queue/stream"):
            assert (await browser.get(path)).headers["location"] == "/staff/account"
        parts = await browser.http.get(f"/staff/applications/{reference}/parts", headers={"accept": "application/json"})
        assert parts.status_code == 401
        assert (await browser.post("/staff/people", page="/staff/account", name="x")).status_code == 303
        http = await client(office, Role.MANAGER)
        refused = await http.get(f"{API}/queue")
        assert (refused.status_code, refused.json()["code"]) == (403, "account_unready")
        ready, _ = await enrolled(office, Role.MANAGER)
        assert (await ready.get("/staff")).status_code == 200
        assert await office.audit("application.read") == []


class TestTheFirstManager:
    async def test_is_let_in_from_the_machine_and_again_when_nobody_else_can_help(
        self,
        bare_office: TheOffice,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("LEGAL_AID_DATABASE_URL", f"sqlite:///{bare_office.database.engine.url.database}")
        monkeypatch.setenv("LEGAL_AID_VAR", str(tmp_path))
        monkeypatch.setenv("LEGAL_AID_MASTER_KEY", base64.b64encode(MASTER_KEY).decode())

        async def called(*arguments: str) -> tuple[int, str]:
            status = await asyncio.to_thread(main, [*arguments])
            out = capsys.readouterr()
            return status, out.out or out.err

        status, line = await called("manager", "Zhang", "--called", "张主任")
        name, first = line.strip().split("\t")
        assert (status, name) == (0, "Zhang")
        browser = bare_office.browser()
        await browser.sign_in("zhang", first)
        await post(browser, "/staff/account/password", password=first, new=OWN, again=OWN)
        await browser.sign_in("zhang", OWN)
        assert "张主任" in (await browser.get("/staff/people")).text
        await hired(bare_office, browser)
        status, line = await called("manager", "zhang")
        assert (await browser.get("/staff")).status_code == 303
        assert (await bare_office.browser().sign_in("zhang", line.strip().split("\t")[1])).status_code == 303
        assert await called("manager", "wang") == (2, "wang: not_a_manager\n")
        assert await called("manager", " ") == (2, " : staff_name_unusable\n")
        assert len(await bare_office.audit("staff.appointed")) == 2


class TestTables:
    async def test_seal_the_secret(self, office: TheOffice) -> None:
        _, secret = await enrolled(office, Role.OPERATOR)
        async with office.database.unit_of_work() as uow:
            account = await uow.staff.by_name("operator")
            assert account is not None
            assert account.totp_secret == secret
            assert secret not in repr(replace(account))


class TestChange:
    async def test_gives_another_role_and_ends_what_is_open(self, office: TheOffice) -> None:
        manager, operator = await office.signed_in(Role.MANAGER), await office.signed_in(Role.OPERATOR)
        fields = {"display_name": "赵审查", "role": "reviewer", "regions": "231000，640100"}
        answer = await post(manager, "/staff/people/idoperator", page="/staff/people", **fields)
        assert answer.headers["location"] == "/staff/people?done=account_changed"
        assert (await operator.get("/staff")).headers["location"].startswith("/staff/sign-in")
        await operator.sign_in("operator")
        assert "赵审查<span>审查人员" in (await operator.get("/staff")).text
        (line,) = await office.audit("staff.changed")
        assert line == {
            "by": "idmanager",
            "subject": "staff:idoperator",
            "was": "operator",
            "role": "reviewer",
            "regions": "231000 640100",
        }

    @pytest.mark.parametrize(
        ("staff_id", "fields", "code"),
        [
            ("idmanager", {}, "account_your_own"),
            ("idoperator", {"display_name": " "}, "display_name_unusable"),
            ("idoperator", {"regions": ["999999"]}, "region_unknown"),
            ("0" * 32, {}, "staff_not_found"),
        ],
    )
    async def test_is_refused_as_json_too(
        self, office: TheOffice, staff_id: str, fields: dict[str, object], code: str
    ) -> None:
        http = await client(office, Role.MANAGER)
        given = {"display_name": "赵", "role": "operator", "regions": ["231000"], **fields}
        answer = await http.put(f"{API}/people/{staff_id}", json=given)
        assert answer.json()["code"] == code
        assert not await office.audit("staff.changed")

    async def test_and_all_else_can_be_done_as_json(self, office: TheOffice) -> None:
        http = await client(office, Role.MANAGER)
        given = {"name": "wang", "display_name": "王", "role": "operator", "regions": ["231000"]}
        hired_now = (await http.post(f"{API}/people", json=given)).json()
        assert (await office.browser().sign_in("wang", hired_now["first_password"])).status_code == 303
        path = f"{API}/people/{hired_now['id']}"
        assert (await http.put(path, json={"display_name": "王", "role": "auditor"})).json()["role"] == "auditor"
        assert (await http.post(f"{path}/disable")).status_code == 204
        shown = {one["name"]: one for one in (await http.get(f"{API}/people")).json()["items"]}
        assert (shown["wang"]["disabled"], shown["wang"]["regions"]) == (True, [])
        assert (await http.post(f"{path}/enable")).status_code == 204
        renewed = (await http.post(f"{path}/password")).json()
        assert (await office.browser().sign_in("wang", renewed["first_password"])).status_code == 303
        assert (await http.post(f"{API}/people", json=given)).json()["code"] == "staff_name_taken"
