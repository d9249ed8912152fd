"""Curation as JSON: the same steps, the same refusals, for other tools of the institution."""

from pathlib import Path

import httpx
import pytest

from api.domain.staff import Role
from tests.console.office import PASSWORD, SITE, TheOffice
from tests.knowledge.homes import PLAN
from tests.library import RealLibrary, real_library

pytestmark = pytest.mark.http
API = "/api/v1/staff/knowledge"
CARD = f"{API}/items/card/aid.wages"
BODY = {
    "questions": ["讨要工资能不能申请援助"],
    "answer": "可以。请求支付劳动报酬的，可以申请援助。",
    "sources": [{"document": "援助法", "clause": "第二条", "words": ["请求支付劳动报酬"]}],
    "matters": ["labour.wages"],
}


@pytest.fixture
def library(tmp_path: Path) -> RealLibrary:
    return real_library(tmp_path / "home")


@pytest.fixture
def desk(office: TheOffice, library: RealLibrary) -> TheOffice:
    office.library = library.workbench()
    return office


async def client(office: TheOffice, role: Role) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=office.app())
    found = httpx.AsyncClient(transport=transport, base_url=SITE)
    opened = await found.post("/api/v1/staff/session", json={"name": role.value, "password": PASSWORD})
    assert opened.status_code == 200, opened.text
    return found


class TestACard:
    async def test_goes_from_a_draft_to_use_and_out_of_it(self, desk: TheOffice) -> None:
        lawyer, manager = await client(desk, Role.DUTY_LAWYER), await client(desk, Role.MANAGER)
        saved = await lawyer.post(f"{CARD}/versions", json=BODY)
        assert (saved.status_code, saved.json()["stage"]) == (201, "draft")
        read = (await lawyer.get(CARD)).json()
        assert read["review"]["passed"]
        assert "当事人" in read["review"]["sources"][0]["text"]
        for who, step, stage in ((lawyer, "propose", "proposed"), (manager, "approve", "approved")):
            done = await who.post(f"{CARD}/decisions", json={"step": step, "version": 1})
            assert (done.status_code, done.json()["stage"]) == (200, stage), done.text
        ended = await manager.post(f"{CARD}/decisions", json={"step": "expire", "version": 1, "note": "新规定"})
        assert (ended.json()["stage"], ended.json()["in_use"]) == ("expired", None)
        assert [one["step"] for one in ended.json()["decisions"]] == ["propose", "approve", "expire"]
        listed = (await lawyer.get(f"{API}/items")).json()["items"]
        assert [item["key"] for item in listed] == ["aid.wages"]

    async def test_is_refused_with_a_code_for_every_reason(self, desk: TheOffice) -> None:
        lawyer, manager = await client(desk, Role.DUTY_LAWYER), await client(desk, Role.MANAGER)
        seat = await client(desk, Role.OPERATOR)
        flawed = {**BODY, "answer": "可以，30日内有结果。"}

        async def code(who: httpx.AsyncClient, path: str, body: dict[str, object]) -> tuple[int, str]:
            answer = await who.post(path, json=body)
            return answer.status_code, answer.json()["code"]

        assert await code(seat, f"{CARD}/versions", BODY) == (403, "not_permitted")
        assert await code(lawyer, f"{CARD}/versions", {**BODY, "extra": 1}) == (422, "field_invalid")
        assert await code(lawyer, f"{CARD}/decisions", {"step": "propose", "version": 1}) == (404, "item_not_found")
        await manager.post(f"{CARD}/versions", json=flawed)
        refused = await manager.post(f"{CARD}/decisions", json={"step": "propose", "version": 1})
        assert (refused.status_code, refused.json()["code"]) == (422, "draft_flawed")
        assert [one["flaw"] for one in refused.json()["problems"]] == ["figure_not_in_source"]
        assert await code(manager, f"{CARD}/versions", BODY) == (409, "version_conflict")
        await manager.post(f"{CARD}/versions", json={**BODY, "base": 1})
        await manager.post(f"{CARD}/decisions", json={"step": "propose", "version": 2})
        own = await code(manager, f"{CARD}/decisions", {"step": "approve", "version": 2})
        assert own == (409, "second_person_required")
        assert await code(manager, f"{CARD}/decisions", {"step": "return", "version": 2}) == (422, "note_required")


class TestAText:
    async def test_is_taken_from_the_body_of_a_request(self, desk: TheOffice) -> None:
        lawyer = await client(desk, Role.DUTY_LAWYER)
        text = PLAN.replace("6号", "9号").encode()
        taken = await lawyer.post(f"{API}/documents", params={"name": "方案.txt"}, content=text)
        assert taken.status_code == 201, taken.text
        found = taken.json()
        assert found["body"]["number"] == "高司字〔2024〕9号"
        assert found["clauses"][0]["mark"] == "一(一)"
        path = f"{API}/items/document/{found['key']}"
        corrected = {"base": 1, "title": "更正的方案", "region": "140581", "issued": "2024-04-30"}
        assert (await lawyer.post(f"{path}/versions", json=corrected)).status_code == 201
        assert (await lawyer.get(path)).json()["body"]["title"] == "更正的方案"

    async def test_is_refused_with_its_reason(self, desk: TheOffice) -> None:
        lawyer = await client(desk, Role.DUTY_LAWYER)
        refused = await lawyer.post(f"{API}/documents", params={"name": "a.exe"}, content=b"MZ")
        assert (refused.status_code, refused.json()["code"], refused.json()["reason"]) == (422, "text_refused", "kind")

    async def test_that_is_here_already_is_named_not_kept_twice(self, desk: TheOffice) -> None:
        lawyer = await client(desk, Role.DUTY_LAWYER)
        text = PLAN.replace("6号", "9号").encode()
        first = (await lawyer.post(f"{API}/documents", params={"name": "方案.txt"}, content=text)).json()
        again = await lawyer.post(f"{API}/documents", params={"name": "另存.md"}, content=text)
        assert (again.status_code, again.json()["code"], again.json()["key"]) == (409, "text_known", first["key"])
        before = await lawyer.post(f"{API}/documents", params={"name": "方案.txt"}, content=PLAN.encode())
        assert (before.status_code, before.json()["document"]) == (409, "高司字〔2024〕6号")


class TestTheRest:
    async def test_tells_the_week_and_an_earlier_wording(self, desk: TheOffice, library: RealLibrary) -> None:
        seat = await client(desk, Role.OPERATOR)
        assert (await seat.get(f"{API}/questions")).json() == {"week": None, "weeks": []}
        told = library.opened().ask("申请援助几天有结果", region=None, on=desk.clock().date())
        version = told.provenance.version if told.provenance else ""  # type: ignore[union-attr]  # an answer, by set-up
        assert (await seat.get(f"{API}/wordings/{version}")).json()["answer"] == "七日内作出决定。"
        assert (await seat.get(f"{API}/wordings/{'0' * 16}")).status_code == 404

    async def test_wants_a_session(self, desk: TheOffice) -> None:
        transport = httpx.ASGITransport(app=desk.app())
        async with httpx.AsyncClient(transport=transport, base_url=SITE) as stranger:
            for path in ("/items", "/items/card/days", "/questions"):
                assert (await stranger.get(f"{API}{path}")).status_code == 401
