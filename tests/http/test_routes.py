"""The public routes as a scripted caller meets them: real app, real database, nothing patched."""

import asyncio
from pathlib import Path

import pytest

from api.domain.application import Event
from api.domain.audit import Actor, ActorKind
from api.http.limits import Limiter
from api.services import applications, casework, preference
from tests.databases import sqlite_database
from tests.http.world import EVERYWHERE, NOON, PERSONAL, World, application_body, problem

pytestmark = pytest.mark.http

KEY = {"Idempotency-Key": "k1"}


class TestSearch:
    async def test_gives_passages_with_their_sources(self, world: World) -> None:
        answer = await world.client.get(
            "/api/v1/knowledge/search", params={"q": "免审查", "region": "140581", "on": "2026-11-01", "k": 2}
        )
        assert answer.status_code == 200
        national, local = answer.json()["results"]
        assert answer.json()["outcome"] == "answer"
        assert national["citation"] == {
            "document": "法律援助法",
            "clause": "第四十二条",
            "issued": "2021-08-20",
            "standing": "in_force",
            "source_id": "law",
        }
        assert local["citation"]["region"] == "140581"
        assert local["citation"]["standing"] == "plan_ended"
        assert (national["passage"], national["score"]) == ("第0段", 1.0)
        assert [(query, region, str(on)) for query, region, on in world.knowledge.asked] == [
            ("免审查", "140581", "2026-11-01")
        ]

    async def test_says_when_the_documents_do_not(self, world: World) -> None:
        answer = await world.client.get("/api/v1/knowledge/search", params={"q": "今天天气怎么样"})
        assert (answer.status_code, answer.json()) == (200, {"outcome": "no_answer", "results": []})

    async def test_says_otherwise_when_the_index_is_broken(self, world: World) -> None:
        world.knowledge.broken = True
        found = problem(
            await world.client.get("/api/v1/knowledge/search", params={"q": "x"}), 503, "knowledge_unavailable"
        )
        assert (found["outcome"], found["results"]) == ("unavailable", [])

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({}, "q"),
            ({"q": "  \0 "}, "q"),
            ({"q": "x" * 4001}, "q"),
            ({"q": "x", "k": "0"}, "k"),
            ({"q": "x", "k": "9" * 5000}, "k"),
            ({"q": "x", "region": "牡丹江"}, "region"),
            ({"q": "x", "on": "2026-02-30"}, "on"),
        ],
    )
    async def test_refuses_what_it_cannot_read(self, world: World, query: dict[str, str], field: str) -> None:
        answer = await world.client.get("/api/v1/knowledge/search", params=query)
        assert problem(answer, 422, answer.json()["code"])["field"] == field


class TestTriage:
    async def test_names_the_matter(self, world: World) -> None:
        answer = await world.client.post("/api/v1/triage", json={"text": "工资不给"})
        assert answer.json() == {
            "matters": [{"code": "labour.wages", "title": "欠薪", "confidence": 0.93}],
            "urgency": "s2",
            "safety": [],
            "entities": {},
        }

    async def test_lists_every_code(self, world: World) -> None:
        answer = await world.client.get("/api/v1/triage/taxonomy")
        assert answer.json()["matters"][1] == {"code": "labour.wages", "title": "欠薪", "parent": "labour"}
        assert answer.json()["matters"][0] == {"code": "labour", "title": "劳动"}


class TestEligibility:
    async def test_assesses_facts(self, world: World) -> None:
        answer = await world.client.post(
            "/api/v1/eligibility/assessments",
            json={
                "region": "231000",
                "on": "2026-11-21",
                "facts": {"applicant.migrant_worker": True, "applicant.age": None},
            },
        )
        assert answer.status_code == 200
        verdict = answer.json()
        assert verdict["outcome"] == "likely"
        assert verdict["basis"] == "means_check_waived"
        assert verdict["reasons"][0]["citation"]["clause"] == "第四十二条"
        assert verdict["on"] == "2026-11-21"
        assert "next_question" not in verdict
        assert world.law.seen[0][0] == {"applicant.migrant_worker": True, "applicant.age": None}

    async def test_takes_today_in_china_where_no_day_is_given(self, world: World) -> None:
        world.clock.now = NOON.replace(hour=17)
        await world.client.post("/api/v1/eligibility/assessments", json={})
        assert str(world.law.seen[0][2]) == "2026-11-21"

    async def test_describes_every_fact(self, world: World) -> None:
        facts = (await world.client.get("/api/v1/eligibility/facts")).json()["facts"]
        assert facts[4] == {
            "fact": "applicant.disability",
            "type": "enum",
            "text": "有残疾吗？",
            "why": "当天办。",
            "options": ["none", "visual"],
            "titles": ["没有", "视力"],
        }
        assert facts[2]["private"] is True


class TestSubmit:
    async def test_gives_a_reference_that_opens_the_status(self, world: World) -> None:
        answer = await world.client.post("/api/v1/applications", json=application_body(), headers=KEY)
        assert answer.status_code == 201
        receipt = answer.json()
        assert receipt["missing_documents"] == ["身份证明", "欠薪证据"]
        assert receipt["status_url"] == f"/api/v1/applications/{receipt['reference']}"
        status = await world.client.get(receipt["status_url"], headers={"X-Phone-Tail": "1234"})
        assert status.status_code == 200
        found = status.json()
        assert (found["state"], found["waiting_on"], found["days_left"]) == ("submitted", "institution", 7)
        assert found["due"] == "2026-11-28T00:00:00+08:00"
        assert found["message"] == "您的申请：已收到。现在等法律援助机构。还有7天。"
        assert not any(personal in status.text for personal in PERSONAL)

    async def test_answers_the_same_key_alike(self, world: World) -> None:
        first, second = [
            await world.client.post("/api/v1/applications", json=application_body(), headers=KEY) for _ in range(2)
        ]
        assert (first.status_code, first.json()) == (second.status_code, second.json())
        other = await world.client.post("/api/v1/applications", json=application_body(words="别的"), headers=KEY)
        problem(other, 409, "idempotency_key_reused")

    async def test_makes_one_of_many_at_once(self, world: World) -> None:
        answers = await asyncio.gather(
            *(world.client.post("/api/v1/applications", json=application_body(), headers=KEY) for _ in range(6))
        )
        assert {answer.json()["reference"] for answer in answers} == {answers[0].json()["reference"]}

    async def test_computes_the_verdict_itself(self, world: World) -> None:
        forged = application_body(verdict={"outcome": "likely", "basis": "mandatory_defence"})
        answer = await world.client.post("/api/v1/applications", json=forged, headers=KEY)
        assert answer.status_code == 201
        assert len(world.law.seen) == 1
        async with world.database.reading() as uow:
            record = await uow.applications.get(answer.json()["reference"])
        assert record is not None
        assert record.basis == "means_check_waived"

    async def test_keeps_whom_the_citizen_would_like_to_have(self, world: World) -> None:
        bodies = application_body(), application_body(preferred_provider=" 李律师 ")
        found = []
        for number, body in enumerate(bodies):
            key = {"Idempotency-Key": f"wish-{number}"}
            answer = await world.client.post("/api/v1/applications", json=body, headers=key)
            again = await world.client.post("/api/v1/applications", json=body, headers=key)
            assert (answer.status_code, again.json()) == (201, answer.json())
            assert "李律师" not in answer.text
            async with world.database.unit_of_work() as uow:
                reference = answer.json()["reference"]
                found.append(await casework.detail(uow, reference=reference, viewer=EVERYWHERE, now=NOON))
        assert [detail.preference for detail in found] == [None, "李律师"]
        (noted,) = [one.entry for one in found[1].history if one.entry.action == preference.NOTED]
        assert noted.actor.kind is ActorKind.CITIZEN
        other = application_body(preferred_provider="张律师")
        refused = await world.client.post("/api/v1/applications", json=other, headers={"Idempotency-Key": "wish-1"})
        problem(refused, 409, "idempotency_key_reused")

    @pytest.mark.parametrize(
        ("changed", "code", "field"),
        [
            ({"consents": []}, "consent_required", "consents"),
            ({"consents": [{"kind": "everything", "version": "1"}]}, "field_invalid", "consents.0.kind"),
            ({"contact": {"name": "张三丰", "phone": "不记得电话号码了"}}, "phone_malformed", "contact.phone"),
            ({"contact": {"name": "张三丰"}}, "field_required", "contact.phone"),
            ({"contact": None}, "field_invalid", "contact"),
            ({"issues": ["labour.unknown"]}, "unknown_matter", "issues.0"),
            ({"delivery_mode": "pigeon"}, "field_invalid", "delivery_mode"),
            ({"safe_to_contact": True}, "field_invalid", "safe_to_contact"),
            ({"region": "231"}, "field_invalid", "region"),
            ({"words": ""}, "field_invalid", "words"),
            ({"words": "长" * 4001}, "field_invalid", "words"),
            ({"words": 7}, "field_invalid", "words"),
            ({"preferred_provider": "张" * 101}, "field_invalid", "preferred_provider"),
            ({"preferred_provider": "李律师\n王律师"}, "preference_unusable", "preferred_provider"),
            ({"facts": {"applicant.age": [1]}}, "field_invalid", "facts.applicant.age"),
            ({"facts": {"13904531234": 1}}, "field_invalid", "facts"),
            ({"13904531234": "张三"}, "field_invalid", "body"),
        ],
    )
    async def test_says_which_field_is_wrong_and_not_what_was_in_it(
        self, world: World, changed: dict[str, object], code: str, field: str
    ) -> None:
        answer = await world.client.post("/api/v1/applications", json=application_body(**changed), headers=KEY)
        assert problem(answer, 422, code)["field"] == field

    @pytest.mark.parametrize("key", [None, "", "x" * 201, "a b"])
    async def test_wants_a_key(self, world: World, key: str | None) -> None:
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = await world.client.post("/api/v1/applications", json=application_body(), headers=headers)
        assert problem(answer, 422, "idempotency_key_required")["field"] == "Idempotency-Key"

    async def test_is_limited(self, tmp_path: Path, template: Path) -> None:
        few = Limiter(limits={"application.submit": "2/hour"})
        async with sqlite_database(tmp_path, template=template) as database, World.over(database, limits=few) as world:
            answers = [
                await world.client.post("/api/v1/applications", json=application_body(), headers=KEY) for _ in range(3)
            ]
        assert [answer.status_code for answer in answers] == [201, 201, 429]
        assert problem(answers[2], 429, "too_many_requests")
        assert answers[2].headers["retry-after"] == "60"


class TestStatus:
    async def test_tells_a_wrong_tail_and_an_unknown_reference_alike(self, world: World) -> None:
        receipt = (await world.client.post("/api/v1/applications", json=application_body(), headers=KEY)).json()
        wrong = await world.client.get(receipt["status_url"], headers={"X-Phone-Tail": "9999"})
        unknown = await world.client.get("/api/v1/applications/LA-2026-2222-2", headers={"X-Phone-Tail": "1234"})
        none = await world.client.get("/api/v1/applications/%00%FF", headers={"X-Phone-Tail": "1234"})
        problem(wrong, 404, "application_not_found")
        assert wrong.json() == unknown.json() == none.json()
        dropped = {"x-trace-id", "content-length"}
        assert {k: v for k, v in wrong.headers.items() if k not in dropped} == {
            k: v for k, v in unknown.headers.items() if k not in dropped
        }

    @pytest.mark.parametrize("tail", [None, "", "123", "12345", "abcd"])
    async def test_wants_four_digits(self, world: World, tail: str | None) -> None:
        headers = {} if tail is None else {"X-Phone-Tail": tail}
        answer = await world.client.get("/api/v1/applications/LA-2026-7K4Q-3", headers=headers)
        assert problem(answer, 422, "phone_tail_required")["field"] == "X-Phone-Tail"

    async def test_cannot_be_guessed(self, world: World) -> None:
        receipt = (await world.client.post("/api/v1/applications", json=application_body(), headers=KEY)).json()
        seen = [
            (await world.client.get(receipt["status_url"], headers={"X-Phone-Tail": f"{tail:04}"})).status_code
            for tail in range(25)
        ]
        assert seen == [404] * 20 + [429] * 5

    async def test_cannot_be_guessed_by_writing_the_reference_otherwise(self, tmp_path: Path, template: Path) -> None:
        few = Limiter(limits={"application.status": "100/hour", "application.status.reference": "3/hour"})
        async with sqlite_database(tmp_path, template=template) as database, World.over(database, limits=few) as world:
            reference = (await world.client.post("/api/v1/applications", json=application_body(), headers=KEY)).json()[
                "reference"
            ]
            spellings = [
                reference,
                reference.lower(),
                reference.replace("-", ""),
                reference.replace("-", "%20"),
                reference[3:],
            ]
            seen = [
                (await world.client.get(f"/api/v1/applications/{one}", headers={"X-Phone-Tail": "0000"})).status_code
                for one in spellings
            ]
        assert seen == [404, 404, 404, 429, 429]

    async def test_follows_the_case(self, world: World) -> None:
        receipt = (await world.client.post("/api/v1/applications", json=application_body(), headers=KEY)).json()
        async with world.database.unit_of_work() as uow:
            await applications.apply_event(
                uow,
                reference=receipt["reference"],
                event=Event.BEGIN_REVIEW,
                by=Actor(kind=ActorKind.STAFF, id="s1"),
                now=world.clock.move(days=8),
            )
            await uow.commit()
        found = (await world.client.get(receipt["status_url"], headers={"X-Phone-Tail": "1234"})).json()
        assert (found["state"], found["days_left"]) == ("in_review", -1)
        assert "已经超过期限" in found["message"]
