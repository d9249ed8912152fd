"""The action endpoint, spoken to as Rasa speaks to it, and as somebody else might."""

import secrets
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from actions.router import PATH, SECRET_HEADER, build_router
from actions.services import Services
from actions.wire import QuestionReply, Say, TextReply, decode
from api.db.engine import Database
from api.db.migrate import upgrade
from api.http.limits import Limiter
from api.services import conversations
from api.services.records import DialogueState
from knowledge_base.assess import Assessor
from knowledge_base.clarifications import Clarifications
from knowledge_base.dialect import Dialect
from knowledge_base.directory.book import Directory
from knowledge_base.feelings import Feelings
from knowledge_base.folding import Folder
from knowledge_base.short import ShortQuestions
from knowledge_base.unasked import Unasked
from tests.dialogue.fakes import FakeKnowledge, classify
from tests.fakes import FakeClock

pytestmark = pytest.mark.http

SECRET = "only Rasa knows"


@pytest.fixture(scope="module")
def screener() -> Assessor:
    return Assessor.load()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    await upgrade(url)
    database = Database(url, master_key=secrets.token_bytes(32))
    await database.start()
    yield database
    await database.close()


@pytest.fixture
def knowledge() -> FakeKnowledge:
    return FakeKnowledge()


@pytest.fixture
async def rasa(database: Database, screener: Assessor, knowledge: FakeKnowledge) -> AsyncIterator[httpx.AsyncClient]:
    """Speak as Rasa does."""
    services = Services(
        unit_of_work=database.unit_of_work,
        reading=database.reading,
        clock=FakeClock(),
        limits=Limiter(),
        knowledge=knowledge,
        classify=classify,
        screener=screener,
        title_of={"labour.wages": "拖欠劳动报酬"}.get,
        region_in=lambda _text: None,
        find_offices=Directory.load().find,
        works=Directory.load().works,
        sought_in=lambda _text: None,
        place_in=lambda _text: None,
        clarifications=Clarifications.load(),
        feelings=Feelings.load(),
        dialect=Dialect.load(),
        unasked=Unasked.load(),
        handlers_of=lambda _code: (),
        short=ShortQuestions.load(),
        spelt=Folder.load().spelt,
    )
    app = FastAPI()
    app.include_router(build_router(services, secret=SECRET))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://actions", headers={SECRET_HEADER: SECRET}
    ) as client:
        yield client


@pytest.fixture
async def sender(database: Database) -> str:
    async with database.unit_of_work() as uow:
        opened = await conversations.open_conversation(
            uow, channel="web", region="231000", locale="zh-CN", now=FakeClock()()
        )
        await uow.commit()
    return opened.id


def call(action: str, sender: str, *, intent: object = "greet", **latest: object) -> dict[str, Any]:
    """Return what Rasa posts, without the domain, which it leaves out."""
    message = {"text": "你好", "intent": {"name": intent, "confidence": 0.9}, "metadata": {}, **latest}
    tracker = {"sender_id": sender, "slots": {}, "latest_message": message, "events": [], "active_loop": {}}
    return {"next_action": action, "sender_id": sender, "tracker": tracker, "version": "3.6.21"}


class TestEndpoint:
    async def test_answers_in_rasa_s_protocol(self, rasa: httpx.AsyncClient, sender: str) -> None:
        answer = await rasa.post(PATH, json=call("action_small_talk", sender, intent="thanks", text="谢谢"))
        assert answer.status_code == 200
        assert answer.json()["events"] == []
        assert decode(answer.json()["responses"][0]["custom"]) == TextReply(say=Say.THANKS)

    async def test_opens_a_form_by_its_slot(self, rasa: httpx.AsyncClient, sender: str) -> None:
        answer = await rasa.post(
            PATH, json=call("validate_screen_form", sender, intent="start_screen", text="看看条件")
        )
        events = {event["name"]: event["value"] for event in answer.json()["events"]}
        assert events == {"asked": "matter", "requested_slot": "asked"}

    @pytest.mark.parametrize(
        ("text", "intent", "topic", "follow_up"),
        [
            ("那要多久", "follow_up", "labour.wages", True),
            ("那要多久", "follow_up", None, False),
            ("工资要多久", "follow_up", "labour.wages", False),
            ("不给钱", "ask", "labour.wages", False),
        ],
    )
    async def test_tells_a_matter_that_only_the_conversation_knows(  # noqa: PLR0913, PLR0917 - fixtures and cases
        self,
        rasa: httpx.AsyncClient,
        sender: str,
        database: Database,
        knowledge: FakeKnowledge,
        text: str,
        intent: str,
        topic: str | None,
        follow_up: bool,  # noqa: FBT001 - a case
    ) -> None:
        async with database.unit_of_work() as uow:
            await conversations.save_state(uow, conversation_id=sender, state=DialogueState(topic=topic))
            await uow.commit()
        await rasa.post(PATH, json=call("action_consult", sender, intent=intent, text=text))
        assert knowledge.follow_ups[0] is follow_up

    @pytest.mark.parametrize("given", ["", "wrong", "only rasa knows"])
    async def test_is_closed_without_the_secret(self, rasa: httpx.AsyncClient, sender: str, given: str) -> None:
        answer = await rasa.post(PATH, json=call("action_small_talk", sender), headers={SECRET_HEADER: given})
        assert (answer.status_code, answer.json()) == (401, {"error": "action_secret_wrong"})

    def test_refuses_to_be_built_without_a_secret(self) -> None:
        with pytest.raises(ValueError, match="needs a secret"):
            build_router(None, secret="")  # type: ignore[arg-type]

    async def test_does_not_know_other_actions(self, rasa: httpx.AsyncClient, sender: str) -> None:
        answer = await rasa.post(PATH, json=call("action_delete_everything", sender))
        assert (answer.status_code, answer.json()) == (404, {"error": "action_unknown"})

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"null", b'{"next_action": 1, "tracker": {}}', b'{"next_action": "x", "tracker": 1}']
    )
    async def test_refuses_what_is_no_call(self, rasa: httpx.AsyncClient, body: bytes) -> None:
        answer = await rasa.post(PATH, content=body)
        assert (answer.status_code, answer.json()) == (422, {"error": "action_call_malformed"})

    async def test_says_nothing_of_the_turn_when_it_fails(
        self, rasa: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answer = await rasa.post(PATH, json=call("action_consult", "0" * 32, text="我叫王建国"))
        assert answer.status_code == 500
        assert set(answer.json()) == {"error", "trace"}
        written = "".join(capsys.readouterr())
        assert answer.json()["trace"] in written
        assert "ConversationNotFound" in written
        assert "王建国" not in written


class TestHostileCall:
    """What stands in a tracker may come from anybody who reached Rasa."""

    @pytest.mark.parametrize("intent", [None, 1, "no_such_intent", {"name": "x"}, "drop table"])
    async def test_with_a_strange_intent_is_looked_up(
        self, rasa: httpx.AsyncClient, sender: str, intent: object
    ) -> None:
        answer = await rasa.post(PATH, json=call("action_consult", sender, intent=intent))
        assert answer.status_code == 200

    @pytest.mark.parametrize(
        "metadata",
        [
            None,
            "text",
            [],
            {"payload": "screen"},
            {"payload": []},
            {"payload": {"act": 7}},
            {"payload": {"act": "screen", "x": [1]}},
            {"message": {"a": 1}},
        ],
    )
    async def test_with_strange_metadata_is_answered(
        self, rasa: httpx.AsyncClient, sender: str, metadata: object
    ) -> None:
        for action in ("action_resume", "validate_screen_form", "validate_intake_form"):
            answer = await rasa.post(PATH, json=call(action, sender, intent="answer", metadata=metadata))
            assert answer.status_code == 200, (action, answer.text)

    @pytest.mark.parametrize(
        "value", ["x" * 5000, [1, 2], {"a": 1}, 1e308, -1, "NaN", True, "", "2026-13-45", "<script>", 10**30]
    )
    @pytest.mark.parametrize("fact", ["applicant.age", "household.monthly_income_per_capita", "matter", "place.event"])
    async def test_with_a_strange_value_asks_again(
        self, rasa: httpx.AsyncClient, sender: str, fact: str, value: object
    ) -> None:
        await rasa.post(PATH, json=call("validate_screen_form", sender, intent="start_screen", text="看看条件"))
        answer = await rasa.post(
            PATH,
            json=call("validate_screen_form", sender, intent="answer", metadata={"payload": {fact: value}}),
        )
        assert answer.status_code == 200, answer.text
        replies = [decode(response["custom"]) for response in answer.json()["responses"]]
        assert any(isinstance(reply, QuestionReply) for reply in replies)

    @pytest.mark.parametrize("value", [1, "agree", [True], {"x": 1}, "true"])
    async def test_with_a_strange_consent_is_no_consent(
        self, rasa: httpx.AsyncClient, sender: str, value: object, database: Database
    ) -> None:
        await rasa.post(PATH, json=call("validate_intake_form", sender, intent="apply"))
        payload = {"consent.handoff": value}
        answer = await rasa.post(
            PATH, json=call("validate_intake_form", sender, intent="answer", metadata={"payload": payload})
        )
        assert answer.status_code == 200
        async with database.reading() as uow:
            state = await conversations.load_state(uow, conversation_id=sender)
        assert state.intake == {}
        assert state.asked == "consent.handoff"


class TestALookup:
    async def looked_up(self, database: Database) -> list[tuple[str, str | None]]:
        async with database.reading() as uow:
            found = await uow.lookups.open_questions(begin=date(2026, 11, 1), end=date(2026, 12, 1), limit=9)
        return [(one.words or "", one.matter) for one in found]

    async def test_in_vain_leaves_its_redacted_words(
        self, rasa: httpx.AsyncClient, sender: str, database: Database
    ) -> None:
        words = "单位赔不赔这个，回 <pii:phone:1>"
        answer = await rasa.post(PATH, json=call("action_consult", sender, intent="ask_info", text=words))
        assert answer.status_code == 200
        assert await self.looked_up(database) == [("单位赔不赔这个，回", "labour.work_injury")]

    async def test_that_was_answered_leaves_no_words(
        self, rasa: httpx.AsyncClient, sender: str, database: Database
    ) -> None:
        await rasa.post(PATH, json=call("action_consult", sender, intent="ask_info", text="法律援助审查要几天"))
        assert await self.looked_up(database) == []

    async def test_of_nothing_to_do_with_the_law_leaves_nothing(
        self, rasa: httpx.AsyncClient, sender: str, database: Database
    ) -> None:
        await rasa.post(PATH, json=call("action_consult", sender, intent="off_topic", text="今天天气怎么样"))
        assert await self.looked_up(database) == []
