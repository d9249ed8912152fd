"""Bad input, health, logs and the description of the routes: what an operator and an attacker see."""

import base64
import io
import json
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from api.config import Settings
from tests.http.world import PERSONAL, World, application_body, problem

pytestmark = pytest.mark.http

KEY = {"Idempotency-Key": "k1"}
BAD_BODIES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"7",
    b'{"facts": NaN}',
    b'{"facts": {"applicant.age": ' + b"9" * 6000 + b"}}",
    b'{"facts": {"applicant.age": 1e400}}',
    b'{"text": "\\u0000"}',
    b'{"text": "\\ud800"}',
    b'{"text": {"a": 1}}',
    b'{"text": null}',
    b"\xff\xfe\x00",
    b"[" * 5000,
    b'{"region": "\xe7\x89\xa1"}',
    b'{"on": "2026-13-01"}',
    b'{"on": 99999999999999}',
]
POSTS = ["/api/v1/applications", "/api/v1/triage", "/api/v1/eligibility/assessments"]


class TestBadInput:
    @pytest.mark.parametrize("path", POSTS)
    @pytest.mark.parametrize("body", BAD_BODIES)
    async def test_is_a_problem_and_never_a_crash(self, world: World, path: str, body: bytes) -> None:
        answer = await world.client.post(path, content=body, headers={**KEY, "Content-Type": "application/json"})
        assert answer.status_code in {400, 422}, answer.text
        problem(answer, answer.status_code, answer.json()["code"])

    @pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "multipart/form-data", "\xff"])
    async def test_of_another_media_type_is_a_problem(self, world: World, kind: str | None) -> None:
        headers = [] if kind is None else [(b"content-type", kind.encode("latin-1"))]
        answer = await world.client.post("/api/v1/triage", content=b'{"text":"x"}', headers=headers)
        problem(answer, 422, "field_invalid")

    async def test_that_is_too_large_is_a_problem(self, world: World) -> None:
        large = b'{"text":"' + b"x" * 70_000 + b'"}'
        declared = await world.client.post(
            "/api/v1/triage", content=large, headers={"Content-Type": "application/json"}
        )
        problem(declared, 413, "body_too_large")

        async def chunks() -> Any:  # noqa: ANN401 - an async generator
            for place in range(0, len(large), 8192):
                yield large[place : place + 8192]

        streamed = await world.client.post(
            "/api/v1/triage", content=chunks(), headers={"Content-Type": "application/json"}
        )
        problem(streamed, 413, "body_too_large")

    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/nowhere", 404, "not_found"),
            ("GET", "/api/v1/applications/a/b/c", 404, "not_found"),
            ("DELETE", "/api/v1/triage", 405, "method_not_allowed"),
            ("BREW", "/api/v1/triage", 405, "method_not_allowed"),
        ],
    )
    async def test_of_address_or_method_is_a_problem(
        self, world: World, method: str, path: str, status: int, code: str
    ) -> None:
        problem(await world.client.request(method, path), status, code)

    async def test_that_meets_a_bug_of_ours_is_a_problem_too(self, world: World, log: io.StringIO) -> None:
        def bug(*_args: object, **_named: object) -> None:
            raise RuntimeError("13904531234")

        world.knowledge.embed = bug  # type: ignore[method-assign, assignment]
        answer = await world.client.get("/api/v1/knowledge/search", params={"q": "x"})
        problem(answer, 500, "internal_error")
        assert len(answer.headers["x-trace-id"]) == 16
        (line,) = [json.loads(line) for line in log.getvalue().splitlines() if "request failed" in line]
        assert line["error"][0]["type"] == "RuntimeError"
        assert line["trace"] == answer.headers["x-trace-id"]
        assert not any(personal in log.getvalue() for personal in PERSONAL)


class TestHealth:
    async def test_names_every_part(self, world: World) -> None:
        assert (await world.client.get("/healthz")).json() == {"status": "alive"}
        ready = await world.client.get("/readyz")
        assert (ready.status_code, ready.json()) == (
            200,
            {"status": "ready", "parts": {"database": {"ready": True}, "dialogue": {"ready": True}}},
        )
        world.down["dialogue"] = ConnectionError("http://secret:5005")
        broken = await world.client.get("/readyz")
        assert broken.status_code == 503
        assert broken.json()["parts"] == {
            "database": {"ready": True},
            "dialogue": {"ready": False, "code": "unavailable"},
        }
        assert "secret" not in broken.text

    async def test_tells_when_the_database_has_no_tables(self, world: World) -> None:
        async with world.database.engine.begin() as connection:
            await connection.execute(text("DROP TABLE data_keys"))
        assert (await world.client.get("/readyz")).json()["parts"]["database"]["ready"] is False

    async def test_counts_requests_by_route_and_never_by_path(self, world: World) -> None:
        await world.client.get("/api/v1/applications/LA-2026-7K4Q-3", headers={"X-Phone-Tail": "1234"})
        await world.client.get("/13904531234")
        text_form = (await world.client.get("/metrics")).text
        labels = {
            (sample.labels["route"], sample.labels["status"])
            for family in text_string_to_metric_families(text_form)
            for sample in family.samples
            if sample.name == "legal_aid_http_requests_total"
        }
        assert labels == {("/api/v1/applications/{reference}", "404"), ("-", "404")}


class TestMetrics:
    async def test_are_not_there_for_whom_they_are_none_of_their_business(self, world: World) -> None:
        refused = await world.client.get("/metrics", headers={"Authorization": "Bearer guess"})
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
        assert "legal_aid" not in refused.text
        assert (await world.client.get("/metrics", headers={"Authorization": "Bearer prometheus"})).status_code == 200

    @pytest.mark.parametrize(
        ("environment", "token", "sent", "there"),
        [
            ("development", None, None, True),
            ("development", "t0ken", None, False),
            ("production", None, None, False),
            ("production", None, "Bearer None", False),
            ("production", "t0ken", "Bearer t0ken", True),
            ("production", "t0ken", "bearer t0ken", False),
            ("production", "t0ken", "Bearer 令牌", False),
        ],
    )
    def test_are_for_whoever_has_the_token(
        self, environment: str, token: str | None, sent: str | None, *, there: bool
    ) -> None:
        key = base64.b64encode(bytes(range(32))).decode()
        settings = Settings(environment=environment, metrics_token=token, master_key=key, _env_file=None)
        assert settings.lets_measure(sent) is there


class TestLogs:
    async def test_know_nothing_of_the_caller(self, world: World, log: io.StringIO) -> None:
        receipt = (await world.client.post("/api/v1/applications", json=application_body(), headers=KEY)).json()
        await world.client.get(receipt["status_url"], headers={"X-Phone-Tail": "1234"})
        await world.client.get("/api/v1/knowledge/search", params={"q": "我叫张三丰 13904531234"})
        await world.client.post("/api/v1/triage", json={"text": "老板不给工资 13904531234"})
        written = log.getvalue()
        assert "/api/v1/applications/{reference}" in written
        for personal in (*PERSONAL, '1234"', receipt["reference"], "我叫"):
            assert personal not in written


class TestOpenApi:
    async def test_describes_the_routes(self, world: World) -> None:
        description = (await world.client.get("/api/v1/openapi.json")).json()
        assert {
            "/api/v1/knowledge/search",
            "/api/v1/triage",
            "/api/v1/triage/taxonomy",
            "/api/v1/eligibility/assessments",
            "/api/v1/eligibility/facts",
            "/api/v1/applications",
            "/api/v1/applications/{reference}",
            "/healthz",
            "/readyz",
        } <= set(description["paths"])
        body = description["components"]["schemas"]["ApplicationIn"]
        assert set(body["properties"]) >= {"consents", "words", "contact", "delivery_mode", "third_party"}
        assert "13904531234" not in json.dumps(description)
