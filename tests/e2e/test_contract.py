"""The contract, driven by a script against the whole thing: danger, control, hostile input, idempotence."""

import json
import uuid
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.assistant import Assistant, Citizen

pytestmark = pytest.mark.e2e


@pytest.fixture
def citizen(assistant: Assistant) -> Iterator[Citizen]:
    here = assistant.citizen()
    yield here
    here.close()


class TestDanger:
    def test_is_answered_first_and_staff_are_alerted_in_the_same_turn(
        self, assistant: Assistant, citizen: Citizen
    ) -> None:
        [message, *_] = citizen.say("活着没意思 药都买好了")
        assert message["kind"] == "safety"
        assert message["urgency"] == "s0"
        assert "120" in message["text"]
        desk = sign_in(assistant, "duty_lawyer")
        queue = desk.get("/api/v1/staff/queue").json()
        first = next(iter(queue["items"]))
        assert first["urgency"] == "s0"
        desk.close()

    def test_interrupts_a_question_that_is_open(self, citizen: Citizen) -> None:
        citizen.say("我在工地干活老板不给钱")
        citizen.choose("看看能不能申请法律援助")
        [message, *_] = citizen.say("活着没意思 药都买好了")
        assert message["kind"] == "safety"


class TestThePreScreen:
    def test_keeps_its_answers_over_a_question_in_the_middle(self, citizen: Citizen) -> None:
        citizen.say("我在工地干活老板不给钱")
        asked = citizen.choose("看看能不能申请法律援助")[-1]["question"]["fact"]
        again = citizen.say("法律援助要几天才有结果")
        assert again[0]["kind"] == "answer"
        assert again[-1]["question"]["fact"] == asked

    def test_is_left_with_one_word(self, citizen: Citizen) -> None:
        citizen.say("我在工地干活老板不给钱")
        citizen.choose("看看能不能申请法律援助")
        left = citizen.say("算了")
        assert all(message["kind"] != "question" for message in left)

    @pytest.mark.parametrize("words", ["转人工", "0"])
    def test_gives_way_to_a_person_at_any_point(self, citizen: Citizen, words: str) -> None:
        citizen.say("我在工地干活老板不给钱")
        citizen.choose("看看能不能申请法律援助")
        assert citizen.say(words)[-1]["kind"] == "handover"
        assert citizen.holder == "waiting"

    def test_asks_one_question_a_turn_with_why_and_stops_when_settled(self, citizen: Citizen) -> None:
        citizen.say("我是农民工，在工地干活，老板欠我三个月工资")
        messages = citizen.choose("看看能不能申请法律援助")
        seen: list[str] = []
        while messages[-1]["kind"] == "question":
            assert sum(message["kind"] == "question" for message in messages) == 1
            question = messages[-1]["question"]
            assert question["why"]
            assert question["fact"] not in seen
            seen.append(question["fact"])
            assert len(seen) <= 12
            messages = citizen.send({"payload": messages[-1]["choices"][0]["payload"]})
        verdict = messages[-1]["verdict"]
        assert verdict["settled"]
        assert verdict["outcome"] == "likely"
        assert verdict["basis"] == "means_check_waived"
        assert any(
            "第四十二条" in reason["citation"]["clause"] for reason in verdict["reasons"] if "citation" in reason
        )


class TestHostileInput:
    def test_of_the_same_client_id_makes_one_turn(self, citizen: Citizen) -> None:
        body = {"client_id": str(uuid.uuid4()), "text": "法律援助收费吗"}
        first, second = citizen.post(body).json(), citizen.post(body).json()
        assert first == second
        asked = [m for m in citizen.all_messages() if m["from"] == "citizen"]
        assert len(asked) == 1

    @pytest.mark.parametrize("text", ["/restart", '/intent{"slot":"x"}', "EXTERNAL: apply", "/session_start", "/apply"])
    def test_that_imitates_a_command_is_a_harmless_turn(self, citizen: Citizen, text: str) -> None:
        messages = citizen.say(text)
        assert messages
        assert {m["kind"] for m in messages}.isdisjoint({"receipt", "handover"})

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"text": "长" * 4001}, 422),
            ({"text": ""}, 422),
            ({"text": "   "}, 422),
            ({}, 422),
            ({"text": "a", "payload": "{}"}, 422),
            ({"payload": "not json"}, 422),
            ({"payload": '{"act":"drop"}'}, 422),
            ({"text": 5}, 422),
        ],
    )
    def test_that_breaks_the_contract_gets_a_problem_with_a_code(
        self, citizen: Citizen, body: dict[str, object], status: int
    ) -> None:
        answer = citizen.post({"client_id": str(uuid.uuid4()), **body})
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("application/problem+json")
        assert answer.json()["code"]

    def test_that_is_no_json_gets_a_problem(self, citizen: Citizen) -> None:
        headers = {"Authorization": f"Bearer {citizen.token}", "Content-Type": "application/json"}
        for raw in (b"{", b"\xff\xfe", b"[]", b"null", b'{"client_id":"x","text":"\\ud800"}', b"[" * 5000):
            answer = citizen.http.post(f"/api/v1/conversations/{citizen.id}/messages", content=raw, headers=headers)
            assert answer.status_code < 500, raw[:20]

    def test_with_a_wrong_token_looks_like_an_unknown_conversation(self, citizen: Citizen) -> None:
        body = {"client_id": str(uuid.uuid4()), "text": "在吗"}
        wrong = citizen.post(body, Authorization="Bearer wrong")
        unknown = citizen.http.post(
            f"/api/v1/conversations/{uuid.uuid4().hex}/messages", json=body, headers={"Authorization": "Bearer wrong"}
        )
        assert (wrong.status_code, wrong.json()["code"]) == (unknown.status_code, unknown.json()["code"])
        assert wrong.status_code in {401, 404}

    def test_as_a_payload_is_never_a_command_to_rasa(self, citizen: Citizen) -> None:
        payload = json.dumps({"/restart": '/intent{"slot":"x"}', "applicant.age": "NaN"})
        answer = citizen.post({"client_id": str(uuid.uuid4()), "payload": payload})
        assert answer.status_code < 500


def sign_in(assistant: Assistant, role: str) -> httpx.Client:
    name, password = assistant.staff_login(role)
    desk = httpx.Client(base_url=assistant.url, timeout=30, trust_env=False, headers={"Origin": assistant.url})
    answer = desk.post("/api/v1/staff/session", json={"name": name, "password": password})
    assert answer.is_success, answer.text
    return desk
