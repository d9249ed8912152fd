"""The desk as JSON: sessions, the table of roles, the takeover, and what other sites cannot do."""

from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from api.domain.clocks import CHINA
from api.domain.staff import Role
from api.services import staff
from api.services.records import Sender
from api.services.tickets import DELIVER
from knowledge_base.types import Urgency
from tests.console.office import PASSWORD, SITE, TheOffice

pytestmark = pytest.mark.http

API = "/api/v1/staff"
PHONE = "13812345678"
DESK = frozenset({Role.OPERATOR, Role.DUTY_LAWYER, Role.REVIEWER, Role.MANAGER})
READERS = DESK | {Role.AUDITOR}
DECIDERS = frozenset({Role.REVIEWER, Role.MANAGER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One route of the table: who may, and what success looks like."""

    method: str
    path: str
    allowed: frozenset[Role]
    status: int = 200
    body: dict[str, object] | None = None
    after: str | None = None


TABLE = (
    Line(method="GET", path="/session", allowed=READERS),
    Line(method="DELETE", path="/session", allowed=READERS, status=204),
    Line(method="GET", path="/queue", allowed=READERS),
    Line(method="GET", path="/applications/{reference}", allowed=READERS),
    Line(method="GET", path="/conversations/{conversation}", allowed=READERS),
    Line(method="POST", path="/conversations/{conversation}/claim", allowed=DESK),
    Line(
        method="POST",
        path="/conversations/{conversation}/messages",
        allowed=DESK,
        status=201,
        body={"text": "您好。"},
        after="claim",
    ),
    Line(
        method="POST",
        path="/conversations/{conversation}/hand-over",
        allowed=DESK,
        body={"to": "{colleague}"},
        after="claim",
    ),
    Line(method="POST", path="/failures/{failure}/retry", allowed=frozenset({Role.MANAGER}), status=204),
    Line(method="POST", path="/conversations/{conversation}/release", allowed=DESK, after="claim"),
    Line(method="POST", path="/applications/{reference}/events", allowed=DECIDERS, body={"event": "begin_review"}),
    Line(method="POST", path="/applications/{reference}/events", allowed=DESK, body={"event": "withdraw"}),
    Line(
        method="POST",
        path="/applications/{reference}/correction",
        allowed=DESK,
        status=201,
        body={"outcome": "needs_person", "ground": "rule_missing", "why": "没问到。"},
    ),
)


async def client(office: TheOffice, role: Role | None = None) -> httpx.AsyncClient:
    """Return a scripted caller, signed in where a role is given."""
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=office.app()), base_url=SITE)
    if role is not None:
        answer = await http.post(f"{API}/session", json={"name": role.value, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
    return http


class TestEveryRouteForEveryRole:
    @pytest.mark.parametrize("line", TABLE, ids=lambda line: f"{line.method} {line.path} {line.body or ''}")
    async def test_is_open_to_whom_the_table_says(self, office: TheOffice, line: Line) -> None:
        found = {role: await self._outcome(office, line, role) for role in (*Role, None)}
        expected: dict[Role | None, tuple[int, str]] = {
            role: (line.status, "") if role in line.allowed else (403, "not_permitted") for role in Role
        }
        assert found == {**expected, None: (401, "sign_in_required")}

    async def _outcome(self, office: TheOffice, line: Line, role: Role | None) -> tuple[int, str]:
        """Try the line on a case nobody touched before."""
        conversation_id = await office.conversation()
        reference = await office.application(conversation_id=conversation_id)
        http = await client(office, role)
        if line.after and role in line.allowed:
            await http.post(f"{API}/conversations/{conversation_id}/{line.after}")
        failure = await office.gives_up("notice", error="telegram_away") if "{failure}" in line.path else 0
        path = API + line.path.format(reference=reference, conversation=conversation_id, failure=failure)
        colleague = "idoperator" if role is not Role.OPERATOR else "idreviewer"
        body = {key: colleague if value == "{colleague}" else value for key, value in (line.body or {}).items()}
        answer = await http.request(line.method, path, json=body or None)
        problem = answer.headers.get("content-type") == "application/problem+json"
        return answer.status_code, answer.json()["code"] if problem else ""

    @pytest.mark.parametrize(
        "line",
        [line for line in TABLE if "{reference}" in line.path or "{conversation}" in line.path],
        ids=lambda line: line.path,
    )
    async def test_is_shut_for_another_region(self, bare_office: TheOffice, line: Line) -> None:
        bare_office.regions = {"manager": ("640000",)}
        await bare_office.hire()
        conversation_id = await bare_office.conversation(region="231000")
        reference = await bare_office.application(region="231000", conversation_id=conversation_id)
        http = await client(bare_office, Role.MANAGER)
        path = API + line.path.format(reference=reference, conversation=conversation_id)
        answer = await http.request(line.method, path, json=line.body)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


class TestSession:
    async def test_answers_with_who_it_is_and_a_cookie_scripts_cannot_read(self, office: TheOffice) -> None:
        http = await client(office)
        answer = await http.post(f"{API}/session", json={"name": "reviewer", "password": PASSWORD})
        assert answer.json() == {
            "id": "idreviewer",
            "name": "reviewer",
            "display_name": "reviewer同志",
            "role": "reviewer",
            "regions": [],
        }
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith(f"{staff.COOKIE}=")
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert answer.headers["cache-control"] == "no-store"

    async def test_opens_the_pages_too(self, office: TheOffice) -> None:
        http = await client(office, Role.OPERATOR)
        assert (await http.get("/staff")).status_code == 200

    @pytest.mark.parametrize("name", ["operator", "nobody", "", "x" * 64, "a\nb"])
    async def test_refuses_a_wrong_password_and_an_unknown_name_alike(self, office: TheOffice, name: str) -> None:
        http = await client(office)
        answer = await http.post(f"{API}/session", json={"name": name, "password": "wrong"})
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_refused")
        assert "set-cookie" not in answer.headers

    async def test_locks_a_name_without_saying_so(self, office: TheOffice) -> None:
        http = await client(office)
        for _ in range(5):
            await http.post(f"{API}/session", json={"name": "operator", "password": "wrong"})
        answer = await http.post(f"{API}/session", json={"name": "operator", "password": PASSWORD})
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_refused")

    async def test_is_limited_by_address(self, office: TheOffice) -> None:
        office.limits.open = False
        http = await client(office)
        answer = await http.post(f"{API}/session", json={"name": "operator", "password": PASSWORD})
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")

    async def test_ends_on_the_server(self, office: TheOffice) -> None:
        http = await client(office, Role.OPERATOR)
        token = http.cookies[staff.COOKIE]
        assert (await http.delete(f"{API}/session")).status_code == 204
        http.cookies.set(staff.COOKIE, token)
        assert (await http.get(f"{API}/session")).status_code == 401

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"name": "operator"}, "field_required"),
            ({"name": "operator", "password": 5}, "field_invalid"),
            ({"name": "operator", "password": PASSWORD, "role": "manager"}, "field_invalid"),
            ([], "field_invalid"),
        ],
    )
    async def test_wants_exactly_name_and_password(self, office: TheOffice, body: object, code: str) -> None:
        answer = await (await client(office)).post(f"{API}/session", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert PASSWORD not in answer.text


class TestOtherSites:
    @pytest.mark.parametrize(
        "headers",
        [
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site", "origin": SITE},
            {"origin": "https://evil.test"},
            {"origin": "null"},
        ],
    )
    async def test_cannot_drive_a_signed_in_browser(self, office: TheOffice, headers: dict[str, str]) -> None:
        conversation_id = await office.conversation()
        http = await client(office, Role.OPERATOR)
        answer = await http.post(f"{API}/conversations/{conversation_id}/claim", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_request")

    @pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "same-origin", "origin": SITE}, {"origin": SITE}])
    async def test_are_told_from_our_own_pages_and_from_scripts(
        self, office: TheOffice, headers: dict[str, str]
    ) -> None:
        conversation_id = await office.conversation()
        http = await client(office, Role.OPERATOR)
        assert (await http.post(f"{API}/conversations/{conversation_id}/claim", headers=headers)).status_code == 200

    async def test_cannot_read_the_pages_forms_into_a_json_route(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        http = await client(office, Role.OPERATOR)
        answer = await http.post(f"{API}/conversations/{conversation_id}/messages", data={"text": "x"})
        assert answer.status_code in {400, 415, 422}


class TestQueue:
    async def test_gives_the_order_the_clock_and_the_owner_and_nothing_personal(self, office: TheOffice) -> None:
        late = await office.application()
        office.later(days=6, hours=12)
        today = await office.application(urgency=Urgency.S1)
        conversation_id = await office.conversation()
        await office.in_danger(conversation_id)
        answer = await (await client(office, Role.AUDITOR)).get(f"{API}/queue")
        items = answer.json()["items"]
        assert [item["rank"] for item in items] == ["danger", "statutory_clock", "same_day"]
        assert [item["reference"] for item in items[1:]] == [late, today]
        assert items[0]["conversation_id"] == conversation_id
        assert items[0]["owner"] is None
        assert (items[1]["clocks"][0]["kind"], items[1]["clocks"][0]["days_left"]) == ("review", 0)
        assert PHONE not in answer.text

    async def test_tells_what_the_machine_gave_up_to_whom_it_concerns_and_nothing_personal(
        self, office: TheOffice
    ) -> None:
        await office.gives_up(DELIVER, error="ConnectionError", conversation="c0ffee")
        seen = {}
        for role in Role:
            http = await client(office, role)
            api, page = (await http.get(f"{API}/queue")), (await http.get("/staff")).text
            seen[role] = "系统没有办成的事（1）" in page
            assert ("failures" in api.json()) is seen[role]
            assert "c0ffee" not in page + api.text
        assert {role for role, found in seen.items() if found} == {Role.DUTY_LAWYER, Role.MANAGER}
        http = await client(office, Role.MANAGER)
        (failure,) = (await http.get(f"{API}/queue")).json()["failures"]
        assert (failure["kind"], failure["error"], failure["at"]) == (
            DELIVER,
            "ConnectionError",
            office.clock().isoformat(),
        )
        page = (await http.get("/staff")).text
        assert "把工作人员的话送到来访人" in page
        assert "ConnectionError" in page

    async def test_says_nothing_of_failures_where_there_are_none(self, office: TheOffice) -> None:
        http = await client(office, Role.MANAGER)
        assert (await http.get(f"{API}/queue")).json()["failures"] == []
        assert "没有办成" not in (await http.get("/staff")).text


class TestTakeover:
    async def test_reaches_the_citizen_once_and_is_given_back(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        http = await client(office, Role.DUTY_LAWYER)
        path = f"{API}/conversations/{conversation_id}"
        held = (await http.post(f"{path}/claim")).json()
        assert (held["holder"], held["staff"]["id"]) == ("person", "iddutylawyer")
        for _ in range(2):
            sent = await http.post(f"{path}/messages", json={"text": " 您好。 ", "client_id": "c-1"})
            assert sent.status_code == 201
            assert sent.json()["message"]["from"] == "person"
        said = [each.text for each in await office.transcript(conversation_id) if each.sender is Sender.PERSON]
        assert said == ["您好。"]
        assert office.woken[-1] == conversation_id
        assert (await http.post(f"{path}/release")).json()["holder"] == "bot"

    async def test_refuses_other_words_under_an_id_already_used(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        http = await client(office, Role.DUTY_LAWYER)
        path = f"{API}/conversations/{conversation_id}"
        await http.post(f"{path}/claim")
        await http.post(f"{path}/messages", json={"text": "您好。", "client_id": "c-1"})
        other = await http.post(f"{path}/messages", json={"text": "请马上拨打 110。", "client_id": "c-1"})
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
        said = [each.text for each in await office.transcript(conversation_id) if each.sender is Sender.PERSON]
        assert said == ["您好。"]

    async def test_needs_a_claim_before_words(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        http = await client(office, Role.OPERATOR)
        answer = await http.post(f"{API}/conversations/{conversation_id}/messages", json={"text": "您好。"})
        assert (answer.status_code, answer.json()["code"]) == (409, "not_the_holder")

    @pytest.mark.parametrize(
        ("text", "code"), [("", "message_empty"), (" ", "message_empty"), ("长" * 2001, "message_too_long")]
    )
    async def test_refuses_nothing_and_too_much(self, office: TheOffice, text: str, code: str) -> None:
        conversation_id = await office.conversation()
        http = await client(office, Role.OPERATOR)
        await http.post(f"{API}/conversations/{conversation_id}/claim")
        answer = await http.post(f"{API}/conversations/{conversation_id}/messages", json={"text": text})
        assert (answer.status_code, answer.json()["code"]) == (422, code)

    @pytest.mark.parametrize("bad", ["0" * 32, "x" * 65, "%00", "a%2Fb"])
    async def test_of_an_unknown_thread_is_a_problem(self, office: TheOffice, bad: str) -> None:
        answer = await (await client(office, Role.OPERATOR)).post(f"{API}/conversations/{bad}/claim")
        assert answer.status_code in {404, 422}
        assert answer.headers["content-type"] == "application/problem+json"


class TestCase:
    async def test_gives_everything_but_name_and_phone_in_clear(self, office: TheOffice) -> None:
        conversation_id = await office.conversation()
        reference = await office.application(conversation_id=conversation_id)
        answer = await (await client(office, Role.REVIEWER)).get(f"{API}/applications/{reference}")
        case = answer.json()
        assert case["contact"] == {"name": "王**", "phone": "138****5678"}
        assert PHONE not in answer.text
        assert case["verdict"]["outcome"] == "likely"
        turns_on = {"fact": "applicant.migrant_worker", "outcome": "needs_person", "told": True, "values": [False]}
        assert case["verdict"]["pivot"] == turns_on
        assert case["verdict"]["reasons"][0]["citation"]["clause"] == "第四十二条第三项"
        assert case["conversation"]["id"] == conversation_id
        assert [message["from"] for message in case["transcript"]] == ["citizen", "bot"]
        assert "begin_review" in case["events"]
        assert [entry["action"] for entry in case["history"]] == ["application.submit"]

    async def test_offers_only_the_steps_of_the_readers_role(self, office: TheOffice) -> None:
        reference = await office.application()
        lawyer = await (await client(office, Role.DUTY_LAWYER)).get(f"{API}/applications/{reference}")
        assert set(lawyer.json()["events"]) == {"supply", "withdraw"}
        auditor = await (await client(office, Role.AUDITOR)).get(f"{API}/applications/{reference}")
        assert auditor.json()["events"] == []


class TestEvents:
    async def test_follow_the_law_and_refuse_a_stale_version(self, office: TheOffice) -> None:
        reference = await office.application()
        http = await client(office, Role.REVIEWER)
        path = f"{API}/applications/{reference}/events"
        begun = (await http.post(path, json={"event": "begin_review", "version": 1})).json()
        assert begun == {"reference": reference, "state": "in_review", "version": 2}
        stale = await http.post(path, json={"event": "grant", "version": 1})
        assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
        again = await http.post(path, json={"event": "begin_review"})
        assert (again.status_code, again.json()["code"]) == (409, "illegal_move")
        bare = await http.post(path, json={"event": "refuse"})
        assert bare.json()["code"] == "reason_required"
        granted = await http.post(path, json={"event": "grant", "version": 2})
        assert granted.json()["state"] == "granted"

    async def test_name_the_last_day_for_papers(self, office: TheOffice) -> None:
        reference = await office.application()
        http = await client(office, Role.REVIEWER)
        path = f"{API}/applications/{reference}/events"
        await http.post(path, json={"event": "begin_review"})
        asked = {"event": "request_supplement", "papers": ["身份证明"], "papers_due": "2020-01-01"}
        late = await http.post(path, json=asked)
        assert (late.status_code, late.json()["code"]) == (409, "papers_due_too_soon")
        day = (office.clock() + timedelta(days=9)).astimezone(CHINA).date().isoformat()
        assert (await http.post(path, json=asked | {"papers_due": day})).status_code == 200
        (clock,) = (await http.get(f"{API}/applications/{reference}")).json()["clocks"]
        assert (clock["kind"], clock["days_left"]) == ("supplement", 9)
        early = await http.post(path, json={"event": "deem_withdrawn"})
        assert (early.status_code, early.json()["code"]) == (409, "papers_not_due")

    @pytest.mark.parametrize(
        "body",
        [
            {"event": "fly"},
            {},
            {"event": "grant", "version": -1},
            {"event": "grant", "papers": ["x" * 201]},
            {"event": "request_supplement", "papers": ["x"], "papers_due": "9999-12-31"},
            {"event": "request_supplement", "papers": ["x"], "papers_due": "明天"},
        ],
    )
    async def test_that_nobody_knows_are_refused(self, office: TheOffice, body: dict[str, object]) -> None:
        reference = await office.application()
        http = await client(office, Role.MANAGER)
        answer = await http.post(f"{API}/applications/{reference}/events", json=body)
        assert answer.status_code == 422
