"""A stage with a real Rasa server on it: the gateway over a real database, the actions and rules as they ship."""

import asyncio
import socket
import threading
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from fastapi import FastAPI, Request, Response

from actions.languages import language_of
from actions.router import PATH, build_router
from actions.services import Services
from api.db.engine import Database
from api.http.limits import Limiter
from api.services import conversations
from api.services.attachment_ports import Document
from api.services.records import ApplicationRecord, DialogueState, StoredMessage
from api.services.wake import Wake
from bot.channels.phrases import Phrases
from bot.channels.render import Renderer
from bot.danger import Danger
from bot.gateway import Gateway, Outcome
from bot.messages import Inbound, Media, Payload, read_payload
from bot.rasa_client import RasaDialogue
from knowledge_base.assess import Assessor
from knowledge_base.clarifications import Clarifications
from knowledge_base.dialect import Dialect
from knowledge_base.directory.asking import Asking
from knowledge_base.directory.book import Directory
from knowledge_base.feelings import Feelings
from knowledge_base.folding import Folder
from knowledge_base.handlers import Handlers
from knowledge_base.regions import Regions
from knowledge_base.short import ShortQuestions
from knowledge_base.taxonomy import Taxonomy
from knowledge_base.unasked import Unasked
from tests.dialogue.fakes import FakeKnowledge
from tests.dialogue.shelf import Shelf
from tests.fakes import FakeAnswers, FakeClock, numbers

SECRET = "a secret for one test run"
Result = TypeVar("Result")


def free_port(first: int) -> int:
    """Return the first port from here that nobody listens on."""
    for port in range(first, first + 90):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    msg = f"no free port from {first}"
    raise RuntimeError(msg)


class Loop:
    """An event loop in a thread of its own, where the action server and the database live."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stage", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=60)

    def spawn(self, work: Coroutine[Any, Any, None]) -> "Future[None]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()


@dataclass(slots=True)
class Stage:
    """Everything a conversation test drives and looks at."""

    loop: Loop
    database: Database
    port: int
    rasa_port: int
    folder: Path
    """Where the databases and Rasa's log are."""
    rasa_pid: int = 0
    calls: int = 0
    """How often Rasa has called an action."""
    shelf: Shelf = field(default_factory=Shelf)
    clock: FakeClock = field(default_factory=FakeClock)
    gateway: Gateway = field(init=False)
    dialogue: RasaDialogue = field(init=False)
    services: Services = field(init=False)
    _server: uvicorn.Server = field(init=False)
    _serving: "Future[None]" = field(init=False)

    def __post_init__(self) -> None:
        regions, taxonomy = Regions.load(), Taxonomy.load()
        titles, asking = taxonomy.titles, Asking.load(regions)
        directory = Directory.load(regions=regions)
        self.services = Services(
            unit_of_work=self.database.unit_of_work,
            reading=self.database.reading,
            clock=self.clock,
            limits=Limiter(),
            knowledge=self.shelf,
            classify=self.shelf.classify,
            screener=Assessor.load(),
            title_of=titles.get,
            region_in=regions.place_in,
            find_offices=directory.find,
            works=directory.works,
            sought_in=asking.wanted,
            place_in=asking.place,
            clarifications=Clarifications.load(),
            feelings=Feelings.load(),
            dialect=Dialect.load(),
            unasked=Unasked.load(),
            handlers_of=Handlers.load(taxonomy).of,
            short=ShortQuestions.load(),
            spelt=Folder.load().spelt,
        )
        app = FastAPI()
        app.include_router(build_router(self.services, secret=SECRET))

        @app.middleware("http")
        async def count(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
            self.calls += 1
            return await answer(request)

        self._server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="warning", lifespan="off")
        )
        self.dialogue = RasaDialogue(base_url=f"http://127.0.0.1:{self.rasa_port}")
        self.gateway = Gateway(
            database=self.database,
            dialogue=self.dialogue,
            danger=Danger.load(self.shelf.check, language_of=language_of, find_offices=directory.find),
            answers=FakeAnswers(),
            compose=Renderer(phrases=Phrases.load(), numbers=numbers),
            notify=Wake().notify,
            clock=self.clock,
            budgets={"web": 20.0},
        )

    @property
    def knowledge(self) -> FakeKnowledge:
        """What is known where no cards are on the shelf."""
        return self.shelf.fake

    @property
    def action_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PATH}"

    def start(self) -> None:
        self._serving = self.loop.spawn(self._server.serve())

    def stop(self) -> None:
        self._server.should_exit = True
        self._serving.result(timeout=30)
        self.loop.run(self.dialogue.aclose())

    def open(self, *, region: str | None) -> "Talk":
        opened = self.loop.run(self.gateway.open(channel="web", region=region, locale="zh-CN"))
        return Talk(stage=self, id=opened.id)


@dataclass(slots=True)
class Talk:
    """One conversation, as a citizen has it."""

    stage: Stage
    id: str
    last: Outcome | None = None
    _sent: dict[str, Any] = field(default_factory=dict)
    _external_id: str = ""

    def say(self, text: str) -> Outcome:
        return self._receive(text=text)

    def tap(self, payload: Payload) -> Outcome:
        return self._receive(payload=payload)

    def send(self, media: Media, *, document: Document | None = None, turned_down: str | None = None) -> Outcome:
        return self._receive(media=media, document=document, turned_down=turned_down)

    def tap_title(self, title: str) -> Outcome:
        for choice in self.choices:
            if choice["title"] == title:
                return self.tap(read_payload(choice["payload"]))
        msg = f"nobody offered «{title}», only {[choice['title'] for choice in self.choices]}"
        raise AssertionError(msg)

    @property
    def messages(self) -> tuple[StoredMessage, ...]:
        return self.last.messages if self.last is not None else ()

    @property
    def choices(self) -> list[Mapping[str, Any]]:
        return [choice for message in self.messages for choice in message.body.get("choices", [])]

    @property
    def question(self) -> Mapping[str, Any] | None:
        asked = [message.body["question"] for message in self.messages if "question" in message.body]
        return asked[-1] if asked else None

    @property
    def state(self) -> DialogueState:
        async def load() -> DialogueState:
            async with self.stage.database.reading() as uow:
                return await conversations.load_state(uow, conversation_id=self.id)

        return self.stage.loop.run(load())

    @property
    def applications(self) -> tuple[ApplicationRecord, ...]:
        async def load() -> tuple[ApplicationRecord, ...]:
            async with self.stage.database.reading() as uow:
                return await uow.applications.of_conversation(self.id)

        return self.stage.loop.run(load())

    def again(self) -> Outcome:
        """Send the last message once more, as a channel does that has heard no answer."""
        return self._receive(**self._sent, external_id=self._external_id)

    def _receive(self, *, external_id: str | None = None, **said: Any) -> Outcome:  # noqa: ANN401 - as Inbound takes it
        self._sent = said
        self._external_id = external_id or uuid.uuid4().hex
        inbound = Inbound(
            channel="web",
            conversation_id=self.id,
            external_id=self._external_id,
            received_at=self.stage.clock(),
            **said,
        )
        self.last = self.stage.loop.run(self.stage.gateway.receive(inbound))
        return self.last
