"""Intake and console as an app of their own, with the real law: no bot, no dialogue engine."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from api.app import create_app, open_database
from api.config import Settings
from api.console.router import console_router
from api.db.passwords import Argon2Passwords
from api.http.deps import ApiDeps
from api.http.limits import Limiter
from api.http.staff import staff_router
from api.observability import Metrics
from api.services.desk import StaffDesk
from api.services.wake import Wake
from api.worker import Worker, own_handlers
from knowledge_base.account import account_with
from knowledge_base.assess import Assessor
from knowledge_base.directory.book import Directory
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.unasked import Unasked
from tests.http.world import FakeKnowledge, MovedClock, application_body, fake_triage

pytestmark = pytest.mark.http


@pytest.fixture(scope="module")
def law() -> Assessor:
    return Assessor.load()


@pytest.fixture
async def client(tmp_path: Path, law: Assessor) -> AsyncIterator[httpx.AsyncClient]:
    """Compose the app from settings alone, start it, and stop it."""
    settings = Settings(var=tmp_path / "var", _env_file=None)
    database, wake, clock, metrics, limits = open_database(settings), Wake(), MovedClock(), Metrics(), Limiter()
    taxonomy = Taxonomy.load()
    deps = ApiDeps(
        database=database,
        knowledge=FakeKnowledge(),
        triage=fake_triage,
        topics=taxonomy.all,
        assess=law.assess,
        examine=law.examine,
        facts=law.facts,
        offices=Directory.load().find,
        clock=clock,
        limits=limits,
        checks={"database": database.check},
        metrics=metrics,
        lets_measure=settings.lets_measure,
    )
    desk = StaffDesk(
        database=database,
        clock=clock,
        passwords=Argon2Passwords(),
        limits=limits,
        notify=wake.notify,
        secure=False,
        cites=law.cites,
        read_account=account_with(Unasked.load(), place_in=lambda _: None),
        describe_facts=law.facts,
        matter_title=lambda code: taxonomy.get(code).title,
        region_name=lambda code: code,
        knows_region=lambda _: True,
        knows_matter=lambda _: True,
        examine=law.examine,
    )
    handlers = own_handlers(database, clock=clock, wake=wake)
    worker = Worker(database, handlers=handlers, clock=clock, wake=wake, metrics=metrics)
    app = create_app(
        settings,
        deps=deps,
        database=database,
        more=[staff_router(desk), console_router(desk)],
        background=[worker.run],
    )
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as found,
    ):
        yield found


class TestAlone:
    async def test_takes_an_application_and_does_what_follows(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/readyz")).json() == {"status": "ready", "parts": {"database": {"ready": True}}}
        answer = await client.post("/api/v1/applications", json=application_body(), headers={"Idempotency-Key": "1"})
        assert answer.status_code == 201, answer.text
        for _ in range(50):
            done = 'legal_aid_jobs_total{kind="application_notice",outcome="done"} 2.0'
            if done in (await client.get("/metrics")).text:
                break
            await asyncio.sleep(0.1)
        else:
            pytest.fail("the worker left the notices undone")

    async def test_lets_nobody_at_the_desk_unasked(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/staff")).status_code in {302, 303, 307}
        assert (await client.get("/api/v1/staff/queue")).status_code == 401

    async def test_waives_the_means_check_of_a_migrant_worker_s_wages(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(
            "/api/v1/eligibility/assessments",
            json={
                "region": "640100",
                "on": "2026-11-21",
                "facts": {"matter": "labour.wages", "applicant.migrant_worker": True},
            },
        )
        verdict = answer.json()
        assert (answer.status_code, verdict["outcome"], verdict["basis"]) == (200, "likely", "means_check_waived")
        assert "pivot" not in verdict, "what would turn a result is for staff"
        cited = [reason["citation"] for reason in verdict["reasons"] if "citation" in reason]
        assert any("四十二" in citation["clause"] and "region" not in citation for citation in cited)

    async def test_applies_nothing_of_the_mainland_s_where_another_law_holds(self, client: httpx.AsyncClient) -> None:
        facts = {"matter": "labour.wages", "applicant.migrant_worker": True, "employment.ended_on": "2026-06-01"}
        body = {"region": "231000", "on": "2026-11-21", "facts": {**facts, "place.event": "810000"}}
        verdict = (await client.post("/api/v1/eligibility/assessments", json=body)).json()
        assert (verdict["outcome"], verdict["settled"]) == ("needs_person", True)
        assert [reason["citation"]["region"] for reason in verdict["reasons"]] == ["810000"]
        assert not verdict.keys() & {"apply_at", "next_question", "sooner"}
        for told in ("missing", "deadlines", "documents", "alternatives", "tags"):
            assert verdict[told] == [], told

    async def test_names_both_facts_that_cannot_be_so(self, client: httpx.AsyncClient) -> None:
        facts = {"matter": "labour.wages", "applicant.kind": "company", "applicant.migrant_worker": True}
        verdict = (await client.post("/api/v1/eligibility/assessments", json={"facts": facts})).json()
        assert (verdict["outcome"], verdict["settled"]) == ("needs_person", True)
        assert "conflicting_facts" in verdict["flags"]
        assert [one["facts"] for one in verdict["conflicts"]] == [["applicant.kind", "applicant.migrant_worker"]]

    async def test_asks_what_it_does_not_know(self, client: httpx.AsyncClient) -> None:
        facts = (await client.get("/api/v1/eligibility/facts")).json()["facts"]
        answer = await client.post(
            "/api/v1/eligibility/assessments", json={"facts": {"matter": "family.maintenance"}, "on": "2026-11-21"}
        )
        verdict = answer.json()
        assert verdict["missing"]
        assert verdict["next_question"]["fact"] == verdict["missing"][0]
        assert verdict["next_question"]["fact"] in {question["fact"] for question in facts}

    @pytest.mark.parametrize(
        ("body", "code", "field"),
        [
            ({"facts": {"applicant.shoe_size": 42}}, "unknown_fact", "applicant.shoe_size"),
            ({"on": "9999-12-31", "facts": {"matter": "labour.wages"}}, "out_of_range", "on"),
            ({"on": "2126-11-21"}, "out_of_range", "on"),
            ({"facts": {"applicant.age": "old"}}, "wrong_type", "applicant.age"),
            ({"facts": {"applicant.age": True}}, "wrong_type", "applicant.age"),
            ({"facts": {"applicant.age": -1}}, "out_of_range", "applicant.age"),
            ({"facts": {"applicant.age": 9223372036854775807}}, "out_of_range", "applicant.age"),
            ({"facts": {"applicant.disability": "13904531234"}}, "unknown_option", "applicant.disability"),
            ({"facts": {"household.monthly_income_per_capita": "NaN"}}, "wrong_type", None),
            ({"facts": {"household.monthly_income_per_capita": "1e999999"}}, "wrong_type", None),
            ({"facts": {"limitation.expires_on": "2026-13-01"}}, "wrong_type", "limitation.expires_on"),
            (
                {"facts": {"matter": "injury.traffic", "event.happened_on": "9999-12-31"}},
                "out_of_range",
                "event.happened_on",
            ),
            ({"facts": {"document.received_on": "9999-12-30"}}, "out_of_range", "document.received_on"),
            ({"region": "999999"}, "unknown_region", "region"),
            ({"on": "1900-01-01"}, "date_before_rules", "on"),
        ],
    )
    async def test_says_which_fact_it_cannot_use(
        self, client: httpx.AsyncClient, body: dict[str, object], code: str, field: str | None
    ) -> None:
        answer = await client.post("/api/v1/eligibility/assessments", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
        assert answer.json()["field"] == (field or "household.monthly_income_per_capita")
        assert "13904531234" not in answer.text

    @pytest.mark.parametrize(
        "body", [b"{", b"\xff", b'{"facts": {"matter": NaN}}', b'{"on": "2026-11-21", "on": "2020-01-01"}']
    )
    async def test_says_that_the_body_is_no_json(self, client: httpx.AsyncClient, body: bytes) -> None:
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/api/v1/eligibility/assessments", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "malformed_json", "body")

    async def test_lists_the_whole_taxonomy(self, client: httpx.AsyncClient) -> None:
        matters = {topic["code"]: topic for topic in (await client.get("/api/v1/triage/taxonomy")).json()["matters"]}
        assert matters["labour.wages"]["parent"] == "labour"
        assert "parent" not in matters["labour"]
