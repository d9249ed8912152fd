"""Whatever the OpenAPI description lets a client send, and what it does not, is answered: nothing in it is an error of ours.

Schemathesis makes requests from the description of the whole app; every other one is about things that are really there.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.specs.openapi.schemas import OpenApiSchema

import bot.app
from api.app import open_database
from bot.app import assemble
from bot.knowledge import OpenedKnowledge
from bot.parts import Parts
from bot.rasa_client import RasaDialogue
from bot.settings import BotSettings
from knowledge_base.assess import PLACES, Assessor
from knowledge_base.danger import DangerGate
from knowledge_base.directory.asking import Asking
from knowledge_base.directory.book import Directory
from knowledge_base.regions import Regions
from knowledge_base.taxonomy import Taxonomy
from tests.fakes import FakeClassifier
from tests.http.world import application_body

pytestmark = pytest.mark.http

EXAMPLES = 12
"""Of every operation, each half as a citizen and as staff where it has both."""
DOWN = {"knowledge_unavailable"}
"""This app has no knowledge base, and says so."""
LEAST_LET_IN = 20
"""Operations of which at least one request was good."""
ROLES = ("reviewer", "manager")
_T = TypeVar("_T")


class Unhurried:
    """Lets everything through: limits are tested elsewhere."""

    def __init__(self, **_settings: object) -> None:
        pass

    async def allow(self, action: str, *, who: str) -> bool:  # noqa: ARG002 - the port's names
        return True


@dataclass(slots=True, kw_only=True)
class Running:
    """The whole app on a loop of its own, with somebody in it."""

    loop: asyncio.AbstractEventLoop
    app: Any
    schema: OpenApiSchema
    token: str
    known: Mapping[str, str]
    desks: Mapping[str, httpx.AsyncClient]
    passwords: Mapping[str, str]

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return self.loop.run_until_complete(asyncio.wait_for(work, 60))


def client(app: Any) -> httpx.AsyncClient:  # noqa: ANN401 - an ASGI app
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers={"Origin": "http://test"})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    patch = pytest.MonkeyPatch()
    patch.setattr(bot.app, "Limiter", Unhurried)
    var = tmp_path_factory.mktemp("var")
    settings = BotSettings(var=var, rasa_url="http://127.0.0.1:1", log_level="CRITICAL")
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
    doors.closing.set()  # streams end by themselves
    loop = asyncio.new_event_loop()
    lifespan = doors.front.router.lifespan_context(doors.front)
    loop.run_until_complete(lifespan.__aenter__())
    lines = (var / "secrets" / "demo-staff.txt").read_text().splitlines()
    passwords = dict(line.split("\t")[:2] for line in lines if not line.startswith("#"))
    here = loop.run_until_complete(peopled(doors, passwords))
    here.loop = loop
    yield here
    for each in here.desks.values():
        here.run(each.aclose())
    loop.run_until_complete(lifespan.__aexit__(None, None, None))
    loop.close()
    patch.undo()


async def peopled(app: Any, passwords: Mapping[str, str]) -> Running:  # noqa: ANN401 - an ASGI app
    """Bring a conversation, an application and signed-in staff about."""
    async with client(app) as citizen:
        opened = (await citizen.post("/api/v1/conversations", json={"region": "231000"})).json()
        own = {"Authorization": f"Bearer {opened['token']}"}
        said = {"client_id": "a", "payload": '{"act": "human"}'}
        await citizen.post(f"/api/v1/conversations/{opened['id']}/messages", json=said, headers=own)
        body = application_body()
        lodged = await citizen.post("/api/v1/applications", json=body, headers={**own, "Idempotency-Key": "k-1"})
        assert lodged.status_code == 201, lodged.text
        schema = (await citizen.get("/api/v1/openapi.json")).json()
    desks = {role: client(app) for role in ROLES}
    for role, desk in desks.items():
        await signed_in(desk, role, passwords)
    people = (await desks["manager"].get("/api/v1/staff/people")).json()["items"]
    return Running(
        loop=asyncio.get_running_loop(),
        app=app,
        schema=schemathesis.openapi.from_dict(schema),
        token=opened["token"],
        known={
            "conversation_id": opened["id"],
            "reference": lodged.json()["reference"],
            "staff_id": next(one["id"] for one in people if one["name"] == "operator"),
            "kind": "card",
            "region": "231000",
        },
        desks=desks,
        passwords=passwords,
    )


async def signed_in(desk: httpx.AsyncClient, role: str, passwords: Mapping[str, str]) -> None:
    """Sign in; whoever was signed out by a request signs in again."""
    answer = await desk.post("/api/v1/staff/session", json={"name": role, "password": passwords[role]})
    assert answer.is_success, answer.text


def sent(running: Running, case: Case, *, real: bool, role: str) -> httpx.Response:
    """Send one request, about what is really there where that is wanted, by whoever may."""
    if real:
        case.path_parameters = {
            name: running.known.get(name, value) for name, value in (case.path_parameters or {}).items()
        }
    kwargs = case.as_transport_kwargs(base_url="http://test")
    given = kwargs.pop("headers", None) or {}
    headers = {name: value for name, value in given.items() if name.lower() != "authorization"}
    headers["Authorization"] = f"Bearer {running.token}"
    if case.method.upper() == "POST":
        headers.setdefault("Idempotency-Key", "k-2")
    cookies = kwargs.pop("cookies", None)
    assume(not cookies)
    body = {"content": data} if isinstance(data := kwargs.pop("data", None), bytes | str) else {"data": data}
    known = {name: kwargs[name] for name in ("params", "json") if kwargs.get(name) is not None}
    desk = running.desks[role]

    async def ask() -> httpx.Response:
        answer = await desk.request(case.method, kwargs["url"], headers=headers, **known, **body)
        if case.path.startswith("/api/v1/staff/session"):
            await signed_in(desk, role, running.passwords)
        return answer

    try:
        return running.run(ask())
    except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeEncodeError, TypeError):
        assume(condition=False)  # nobody can send that over HTTP
        raise


def test_describes_every_door(running: Running) -> None:
    paths = set(running.schema.raw_schema["paths"])
    assert {
        "/api/v1/conversations/{conversation_id}/attachments",
        "/api/v1/staff/queue",
        "/api/v1/applications",
    } <= paths
    assert len(paths) > 40


@pytest.mark.parametrize("role", ROLES)
def test_is_never_an_error_of_ours(running: Running, role: str) -> None:
    failed: list[str] = []
    met: Counter[tuple[str, int]] = Counter()
    operations = [found.ok() for found in running.schema.get_all_operations()]
    for operation in operations:

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(), real=st.booleans())
        def whatever(case: Case, *, real: bool) -> None:
            answer = sent(running, case, real=real, role=role)
            met[case.path, answer.status_code] += 1
            down = answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
            if down and (case.path == "/readyz" or answer.json().get("code") in DOWN):
                return
            if answer.is_server_error:
                failed.append(f"{case.method} {answer.url} {answer.status_code}: {case.body!r} {answer.text[:300]}")

        whatever()
    assert failed == []
    let_in = {path for path, status in met if status < httpx.codes.BAD_REQUEST}
    assert len(let_in) >= LEAST_LET_IN, f"most of what is sent has to arrive: {sorted(met.items())}"
