"""The whole as one app: every door is there, every part is named, and what is down is said, not hidden."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from actions.router import PATH, SECRET_HEADER
from api.app import open_database
from bot.app import Doors, assemble
from bot.knowledge import OpenedKnowledge
from bot.parts import Parts
from bot.rasa_client import RasaDialogue
from bot.settings import BotSettings, load_action_secret
from knowledge_base.assess import PLACES, Assessor
from knowledge_base.danger import DangerGate
from knowledge_base.directory.asking import Asking
from knowledge_base.directory.book import Directory
from knowledge_base.regions import Regions
from knowledge_base.taxonomy import Taxonomy
from tests.fakes import FakeClassifier

# One app for all of them: loading the law takes seconds, and no test changes it.
pytestmark = [pytest.mark.http, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> BotSettings:
    return BotSettings(
        var=tmp_path_factory.mktemp("var"),
        rasa_url="http://127.0.0.1:1",
        widget_origins=("https://office.example",),
        log_level="WARNING",
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(settings: BotSettings) -> AsyncIterator[Doors]:
    regions = Regions.load()
    parts = Parts(
        settings=settings,
        database=open_database(settings),
        knowledge=OpenedKnowledge(settings=settings),
        assessor=Assessor.load(regions=regions),
        directory=Directory.load(PLACES, regions),
        asking=Asking.load(regions),
        regions=regions,
        taxonomy=Taxonomy.load(),
        safety=DangerGate.load(),
        classifier=FakeClassifier(),
        dialogue=RasaDialogue(base_url=settings.rasa_url),
    )
    doors = assemble(parts)
    async with doors.front.router.lifespan_context(doors.front):
        yield doors


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(doors: Doors) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=doors, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


class TestReady:
    async def test_names_every_part_and_what_is_down(self, client: httpx.AsyncClient) -> None:
        response = await client.get("/readyz")
        parts = response.json()["parts"]
        assert response.status_code == 503
        assert {name: part["ready"] for name, part in parts.items()} == {
            "rasa": False,
            "database": True,
            "index": False,
            "actions": True,
        }
        assert parts["index"]["code"] == "knowledge_unavailable"
        assert parts["rasa"]["code"] == "rasa_unreachable"


class TestChannels:
    @pytest.mark.parametrize("path", ["/channels/twilio/voice", "/channels/twilio/voice/step", "/channels/telegram"])
    async def test_one_that_is_off_says_so(self, client: httpx.AsyncClient, path: str) -> None:
        response = await client.post(path, data={"CallSid": "x"})
        assert (response.status_code, response.json()["code"]) == (404, "channel_off")


class TestConversation:
    async def test_answers_while_dialogue_and_index_are_both_down(self, client: httpx.AsyncClient) -> None:
        opened = (await client.post("/api/v1/conversations", json={"channel": "web", "region": "231000"})).json()
        path = f"/api/v1/conversations/{opened['id']}/messages"
        headers = {"Authorization": f"Bearer {opened['token']}"}
        answers: dict[str, tuple[str, str, str]] = {}
        for text in ("老板不给工资", "他又拿刀了孩子也在屋里我锁厕所里呢", "转人工"):
            body = {"client_id": str(len(answers)), "text": text}
            answer = (await client.post(path, json=body, headers=headers)).json()
            answers[text] = (answer["messages"][0]["kind"], answer["messages"][0]["text"], answer["holder"])
        assert [kind for kind, _, _ in answers.values()] == ["text", "safety", "handover"]
        assert "故障" in answers["老板不给工资"][1]
        assert "12110453" in answers["他又拿刀了孩子也在屋里我锁厕所里呢"][1]
        assert answers["转人工"][2] == "waiting"

    async def test_finds_offices_and_numbers_meanwhile_as_in_the_ordinary_turn(self, client: httpx.AsyncClient) -> None:
        opened = (await client.post("/api/v1/conversations", json={"channel": "web", "region": "231000"})).json()
        path = f"/api/v1/conversations/{opened['id']}/messages"
        headers = {"Authorization": f"Bearer {opened['token']}"}
        told: dict[str, str] = {}
        for text in ("法援中心电话多少", "高平的法援中心在哪", "全国法律援助电话是多少", "法援中心几点开门"):
            body = {"client_id": f"office-{len(told)}", "text": text}
            answer = (await client.post(path, json=body, headers=headers)).json()
            # That the dialogue engine is away is said once.
            assert [message["kind"] for message in answer["messages"]] == ["text", *([] if told else ["menu"])]
            told[text] = answer["messages"][0]["text"]
        assert "牡丹江" in told["法援中心电话多少"]
        assert "高平" in told["高平的法援中心在哪"]
        assert all("12348" in text for text in told.values())


class TestDoors:
    async def test_serve_the_page_and_the_widget_and_nothing_foreign(self, client: httpx.AsyncClient) -> None:
        page, widget = await client.get("/"), await client.get("/widget/legal-aid-chat.js")
        assert "<legal-aid-chat" in page.text
        assert "noscript" in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "unsafe" not in page.headers["content-security-policy"]
        assert widget.headers["content-type"].startswith("text/javascript")
        assert widget.headers["cross-origin-resource-policy"] == "cross-origin"

    async def test_let_named_sites_embed_the_widget(self, client: httpx.AsyncClient) -> None:
        allowed = {}
        for origin in ("https://office.example", "https://elsewhere.example"):
            headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
            response = await client.options("/api/v1/conversations", headers=headers)
            allowed[origin] = response.headers.get("access-control-allow-origin")
        assert allowed == {"https://office.example": "https://office.example", "https://elsewhere.example": None}

    @pytest.mark.parametrize("path", ["/staff", "/staff/sign-in", "/healthz", "/metrics", "/api/v1/openapi.json"])
    async def test_lead_somewhere(self, client: httpx.AsyncClient, path: str) -> None:
        assert (await client.get(path)).status_code < 400

    async def test_ask_rasa_for_the_secret(self, client: httpx.AsyncClient, settings: BotSettings) -> None:
        call = {"next_action": "none", "tracker": {"sender_id": "x", "latest_message": {}}, "padding": "x" * 400_000}
        without = await client.post(PATH, json=call)
        secret = {SECRET_HEADER: load_action_secret(settings)}
        with_ = await client.post(PATH, json=call, headers=secret)
        assert (without.status_code, with_.status_code) == (401, 404)

    async def test_describe_the_conversation_in_openapi(self, client: httpx.AsyncClient) -> None:
        paths = (await client.get("/api/v1/openapi.json")).json()["paths"]
        assert {
            "/api/v1/conversations",
            "/api/v1/conversations/{conversation_id}/messages",
            "/api/v1/conversations/{conversation_id}/events",
        } <= set(paths)


class TestFirstRun:
    async def test_draws_secrets_and_staff_that_only_the_owner_can_read(
        self, doors: Doors, settings: BotSettings
    ) -> None:
        assert doors.closing is not None
        kept = {path.name: path.stat().st_mode & 0o777 for path in (settings.var / "secrets").iterdir()}
        assert kept == {"master.key": 0o600, "action.key": 0o600, "demo-staff.txt": 0o600}
